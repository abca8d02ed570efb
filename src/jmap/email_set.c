/* Email/set (RFC 8621 4.6). Updates that ask for the same of e-mails of the same mailbox are one
 * change of the store: to read fifty e-mails is one transaction. */
#include "jmap/email_set.h"

#include "jmap/arguments.h"
#include "jmap/email.h"
#include "jmap/methods.h"

#include "directory/usage.h"

#include <string.h>

/* What is to become of some e-mails of one mailbox. */
typedef struct {
    gint64 mailbox, target; /* target 0: they stay */
    StoreRights rights, target_rights;
    gboolean destroy;
    StoreFlags add, remove;
    GPtrArray *add_words, *remove_words; /* char * */
    StoreUids *uids;
    GHashTable *ids; /* uid → the client's key (borrowed) */
} Group;

typedef struct {
    JmapCall *call;
    JmapAccount account;
    JmapOutcome outcome;
    GHashTable *groups; /* what it does, as text → Group */
    GPtrArray *order;   /* Group */
} Set;

static void group_free(gpointer data) {
    Group *group = data;
    g_ptr_array_unref(group->add_words);
    g_ptr_array_unref(group->remove_words);
    store_uids_free(group->uids);
    g_hash_table_unref(group->ids);
    g_free(group);
}

static void set_clear(Set *set) {
    jmap_account_clear(&set->account);
    jmap_outcome_clear(&set->outcome);
    g_clear_pointer(&set->groups, g_hash_table_unref);
    g_clear_pointer(&set->order, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Set, set_clear)

static json_t *forbidden(void) {
    return jmap_set_error("forbidden",
                          "Bạn không có quyền làm việc này trong thư mục này; you have "
                          "not the right to do this here");
}

/* ---- Sorting into groups ---- */

static Group *group_new(const JmapBox *box) {
    Group *group = g_new0(Group, 1);
    group->mailbox = box->mailbox->id;
    group->rights = box->rights;
    group->add_words = g_ptr_array_new_with_free_func(g_free);
    group->remove_words = g_ptr_array_new_with_free_func(g_free);
    group->uids = store_uids_new();
    group->ids = g_hash_table_new(NULL, NULL);
    return group;
}

static char *name_of(const Group *group) {
    GString *name = g_string_new(NULL);
    g_string_append_printf(
        name,
        "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
        group->mailbox, group->target, group->destroy, group->add, group->remove);
    for (guint i = 0; i < group->add_words->len; i++)
        g_string_append_printf(name, " +%s", (char *)group->add_words->pdata[i]);
    for (guint i = 0; i < group->remove_words->len; i++)
        g_string_append_printf(name, " -%s", (char *)group->remove_words->pdata[i]);
    return g_string_free(name, FALSE);
}

/* Takes the group, or adds the e-mail to the one that does the same. */
static void join(Set *set, Group *group, guint32 uid, const char *key) {
    char *name = name_of(group);
    Group *same = g_hash_table_lookup(set->groups, name);
    if (same == NULL) {
        g_hash_table_insert(set->groups, name, group);
        g_ptr_array_add(set->order, group);
        same = group;
    } else {
        g_free(name);
        group_free(group);
    }
    store_uids_add(same->uids, uid);
    g_hash_table_insert(same->ids, GUINT_TO_POINTER(uid), (gpointer)key);
}

/* ---- One update ---- */

typedef struct {
    StoreFlags flags;
    gboolean found;
} Now;

static gboolean on_email(const StoreEmail *email, gpointer data) {
    *(Now *)data = (Now){email->flags, TRUE};
    return TRUE;
}

/* RFC 8621 4.6: nothing else of an e-mail can change; sent back as it is, it is no change. */
static json_t *check_patch(json_t *patch) {
    const char *name;
    json_t *value;
    json_object_foreach(
        patch, name,
        value) if (!g_str_equal(name, "keywords") && !g_str_equal(name, "mailboxIds") &&
                   !g_str_has_prefix(name, "keywords/") &&
                   !g_str_has_prefix(name, "mailboxIds/")) return jmap_set_invalid(name, NULL);
    return NULL;
}

/* Creation ids in a patch of mailboxIds stand for what was made. */
static json_t *lower_keys(JmapCall *call, json_t *patch) {
    json_t *lower = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(patch, name, value) {
        g_autofree char *key =
            g_str_has_prefix(name, "keywords/") ? g_ascii_strdown(name, -1) : g_strdup(name);
        const char *prefix = "mailboxIds/#";
        if (g_str_has_prefix(name, prefix)) {
            const char *id = jmap_id_of(call, name + strlen(prefix) - 1);
            g_free(key);
            key = g_strconcat("mailboxIds/", id == NULL ? "#" : id, NULL);
        }
        if (json_is_false(value)) /* as null: to be taken away */
            json_object_set_new(lower, key, json_null());
        else
            json_object_set(lower, key, value);
    }
    return lower;
}

static gboolean has_word(const GPtrArray *words, const char *word) {
    for (guint i = 0; i < words->len; i++)
        if (g_str_equal(words->pdata[i], word))
            return TRUE;
    return FALSE;
}

static void add_missing(GPtrArray *to, const GPtrArray *of, const GPtrArray *in) {
    for (guint i = 0; i < of->len; i++)
        if (!has_word(in, of->pdata[i]))
            g_ptr_array_add(to, g_strdup(of->pdata[i]));
}

/* What the wanted keywords change of those that are there. */
static json_t *compare_keywords(Group *group, json_t *before, json_t *after) {
    g_autoptr(GPtrArray) had = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) wants = g_ptr_array_new_with_free_func(g_free);
    StoreFlags had_flags = 0, wants_flags = 0;
    json_decref(jmap_filing_keywords(before, &had_flags, had));
    json_t *problem = jmap_filing_keywords(after, &wants_flags, wants);
    if (problem != NULL)
        return problem;
    group->add = wants_flags & ~had_flags;
    group->remove = had_flags & ~wants_flags;
    add_missing(group->add_words, wants, had);
    add_missing(group->remove_words, had, wants);
    StoreFlags settable = jmap_settable(group->rights);
    gboolean words = group->add_words->len > 0 || group->remove_words->len > 0;
    if (((group->add | group->remove) & ~settable) != 0 ||
        (words && (group->rights & STORE_RIGHT_WRITE) == 0))
        return forbidden();
    return NULL;
}

static json_t *compare_mailboxes(Set *set, Group *group, json_t *after) {
    static const StoreRights removing = STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    const JmapBox *box;
    json_t *problem = jmap_filing_mailboxes(set->call, &set->account, after, &box);
    if (problem != NULL || box->mailbox->id == group->mailbox)
        return problem;
    if ((group->rights & removing) != removing || (box->rights & STORE_RIGHT_INSERT) == 0)
        return forbidden();
    group->target = box->mailbox->id;
    group->target_rights = box->rights;
    return NULL;
}

static json_t *plan_update(Set *set, DbConn *conn, const char *key, json_t *patch) {
    g_autoptr(GError) error = NULL;
    const char *id = jmap_id_of(set->call, key);
    const JmapBox *box = NULL;
    StoreBirth birth;
    guint32 uid = 0;
    Now now = {0};
    if (id != NULL && jmap_email_of(id, &birth))
        box = jmap_email_find(jmap_store(set->call), conn, &set->account, birth, &uid, &error);
    if (box != NULL)
        store_email_each(jmap_store(set->call), conn, box->mailbox->id, box->mailbox->uidvalidity,
                         uid, uid, on_email, &now, &error);
    if (error != NULL)
        return jmap_set_error_of(set->call, error);
    if (!now.found)
        return jmap_set_error("notFound", NULL);
    json_t *problem = check_patch(patch);
    if (problem != NULL)
        return problem;
    g_autoptr(json_t) keywords = jmap_keywords(&set->account, now.flags);
    g_autoptr(json_t) before = json_pack("{sOso}", "keywords", keywords, "mailboxIds",
                                         jmap_mailbox_ids(box->mailbox->uidvalidity));
    g_autoptr(json_t) wanted = lower_keys(set->call, patch);
    g_autoptr(json_t) after = jmap_patch(before, wanted);
    if (after == NULL)
        return jmap_set_error("invalidPatch", NULL);
    Group *group = group_new(box);
    problem = compare_keywords(group, keywords, json_object_get(after, "keywords"));
    if (problem == NULL)
        problem = compare_mailboxes(set, group, json_object_get(after, "mailboxIds"));
    if (problem == NULL)
        join(set, group, uid, key);
    else
        group_free(group);
    return problem;
}

static json_t *plan_destroy(Set *set, DbConn *conn, const char *id) {
    static const StoreRights removing = STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    g_autoptr(GError) error = NULL;
    const JmapBox *box = NULL;
    StoreBirth birth;
    guint32 uid = 0;
    if (jmap_email_of(id, &birth))
        box = jmap_email_find(jmap_store(set->call), conn, &set->account, birth, &uid, &error);
    if (error != NULL)
        return jmap_set_error_of(set->call, error);
    if (box == NULL)
        return jmap_set_error("notFound", NULL);
    if ((box->rights & removing) != removing)
        return forbidden();
    Group *group = group_new(box);
    group->destroy = TRUE;
    join(set, group, uid, id);
    return NULL;
}

/* ---- Doing it ---- */

static void note_uid(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed,
                     gpointer data) {
    store_uids_add(data, uid);
}

static gboolean change_flags(Set *set, const Group *group, StoreFlagsMode mode, StoreFlags flags,
                             GPtrArray *words, StoreUids *seen, GError **error) {
    if (flags == 0 && words->len == 0)
        return TRUE;
    g_autofree const char **names = g_new0(const char *, words->len + 1);
    for (guint i = 0; i < words->len; i++)
        names[i] = words->pdata[i];
    StoreFlagsChange change = {.mailbox = group->mailbox,
                               .uids = group->uids,
                               .mode = mode,
                               .flags = flags,
                               .keywords = names,
                               .settable = jmap_settable(group->rights),
                               .each = note_uid,
                               .data = seen};
    return store_flags_change(jmap_store(set->call), &change, error);
}

static gboolean move(Set *set, const Group *group, StoreUids *seen, GError **error) {
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    gboolean good =
        store_copy(jmap_store(set->call), group->mailbox, group->uids, group->target, TRUE,
                   jmap_settable(group->target_rights), &uidvalidity, from, to, error);
    for (guint i = 0; i < from->len; i++)
        store_uids_add(seen, g_array_index(from, guint32, i));
    return good;
}

/* *seen: those that were there. */
static gboolean run(Set *set, const Group *group, StoreUids *seen, GError **error) {
    if (group->destroy) {
        gboolean good =
            store_email_destroy(jmap_store(set->call), group->mailbox, group->uids, error);
        for (guint32 i = 1; good && i <= store_uids_count(group->uids); i++)
            store_uids_add(seen, store_uids_at(group->uids, i));
        return good;
    }
    if (!change_flags(set, group, STORE_FLAGS_ADD, group->add, group->add_words, seen, error) ||
        !change_flags(set, group, STORE_FLAGS_REMOVE, group->remove, group->remove_words, seen,
                      error))
        return FALSE;
    if (group->add & STORE_SEEN)
        directory_used(jmap_service(set->call)->directory,
                       jmap_caller(set->call)->id); /* [Điều 11.2] */
    if (group->target != 0)
        return move(set, group, seen, error);
    gboolean nothing = group->add == 0 && group->remove == 0 && group->add_words->len == 0 &&
                       group->remove_words->len == 0;
    for (guint32 i = 1; nothing && i <= store_uids_count(group->uids); i++)
        store_uids_add(seen, store_uids_at(group->uids, i));
    return TRUE;
}

static void tell(Set *set, const Group *group, const StoreUids *seen, const GError *error) {
    GHashTableIter iter;
    gpointer uid, key;
    g_hash_table_iter_init(&iter, group->ids);
    while (g_hash_table_iter_next(&iter, &uid, &key)) {
        json_t *problem = NULL;
        if (store_uids_sequence(seen, GPOINTER_TO_UINT(uid)) == 0)
            problem = error != NULL ? jmap_set_error_of(set->call, error)
                                    : jmap_set_error("notFound", NULL);
        if (problem != NULL)
            json_object_set_new(group->destroy ? set->outcome.not_destroyed
                                               : set->outcome.not_updated,
                                key, problem);
        else if (group->destroy)
            json_array_append_new(set->outcome.destroyed, json_string(key));
        else
            json_object_set_new(set->outcome.updated, key, json_null());
    }
}

static void run_all(Set *set) {
    for (guint i = 0; i < set->order->len; i++) {
        const Group *group = set->order->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreUids) seen = store_uids_new();
        run(set, group, seen, &error);
        tell(set, group, seen, error);
    }
    g_hash_table_remove_all(set->groups);
    g_ptr_array_set_size(set->order, 0);
}

/* ---- All ---- */

static void create_all(Set *set, json_t *create) {
    const char *key;
    json_t *object;
    json_object_foreach(create, key, object) {
        json_t *made = NULL;
        json_t *problem = jmap_email_create(set->call, &set->account, object, &made);
        if (problem != NULL) {
            json_object_set_new(set->outcome.not_created, key, problem);
            continue;
        }
        jmap_created(set->call, key, json_string_value(json_object_get(made, "id")));
        json_object_set_new(set->outcome.created, key, made);
    }
}

/* Plans in one read transaction, which ends before anything is written. */
static gboolean plan(Set *set, json_t *update, const GPtrArray *destroy, GError **error) {
    const char *key;
    json_t *patch;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(set->call)), error);
    if (conn == NULL)
        return FALSE;
    json_object_foreach(update, key, patch) {
        json_t *problem = plan_update(set, conn, key, patch);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_updated, key, problem);
    }
    for (guint i = 0; destroy != NULL && i < destroy->len; i++) {
        json_t *problem = plan_destroy(set, conn, destroy->pdata[i]);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_destroyed, destroy->pdata[i], problem);
    }
    return TRUE;
}

static gboolean reload(Set *set, GError **error) {
    gint64 id = set->account.id;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(set->call)), error);
    jmap_account_clear(&set->account);
    return conn != NULL && jmap_account_load(set->call, conn, id, &set->account, error);
}

JmapVerdict jmap_email_set(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapSet) wanted = {0};
    g_auto(Set) set = {.call = call};
    if (!jmap_take_set(call, &wanted) || !jmap_account_begin(call, &conn, &set.account))
        return JMAP_DONE;
    g_clear_pointer(&conn, db_read_end);
    if (!jmap_if_in_state(call, &set.account))
        return JMAP_DONE;
    jmap_outcome_init(&set.outcome);
    set.groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, group_free);
    set.order = g_ptr_array_new();
    json_t *before = jmap_state(&set.account);
    create_all(&set, wanted.create);
    /* What destroy names is not changed first; both may name one e-mail. */
    gboolean good = plan(&set, wanted.update, NULL, &error);
    if (good) {
        run_all(&set);
        good = plan(&set, NULL, wanted.destroy, &error);
    }
    if (good)
        run_all(&set);
    if (!good || !reload(&set, &error)) {
        json_decref(before);
        return jmap_fail_error(call, error);
    }
    return jmap_answer(
        call, jmap_outcome_answer(&set.outcome,
                                  json_string_value(json_object_get(call->arguments, "accountId")),
                                  before, jmap_state(&set.account)));
}
