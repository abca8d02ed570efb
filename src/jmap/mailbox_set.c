/* Mailbox/set (RFC 8621 2.5). A mailbox has its place in the tree by its name, so another name and
 * another parent are one renaming. Each object is a transaction of its own. */
#include "jmap/arguments.h"
#include "jmap/mailbox.h"
#include "jmap/methods.h"

#include <string.h>

typedef struct {
    JmapCall *call;
    gint64 id;           /* of the account */
    JmapAccount account; /* as it is before each object */
    JmapOutcome outcome;
    gboolean remove_emails;
} Set;

/* What a create or an update asks for; NULL: nothing. */
typedef struct {
    const char *name;
    const JmapBox *parent; /* NULL: at the top */
    gboolean moves, subscribes, subscribed;
    StoreUse use;
} Wish;

static void set_clear(Set *set) {
    jmap_account_clear(&set->account);
    jmap_outcome_clear(&set->outcome);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Set, set_clear)

static gboolean reload(Set *set, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(set->call)), error);
    jmap_account_clear(&set->account);
    return conn != NULL && jmap_account_load(set->call, conn, set->id, &set->account, error);
}

/* ---- What is asked for ---- */

static gboolean use_of_role(const char *role, StoreUse *use) {
    for (StoreUse one = STORE_USE_DRAFTS; one <= STORE_USE_ALL; one++) {
        StoreMailbox mailbox = {.name = (char *)"", .use = one};
        if (g_strcmp0(jmap_box_role(&mailbox), role) == 0) {
            *use = one;
            return TRUE;
        }
    }
    return FALSE;
}

static json_t *take_parent(Set *set, const json_t *value, Wish *wish) {
    const char *id = json_string_value(value), *real;
    wish->moves = TRUE;
    wish->parent = NULL;
    if (json_is_null(value))
        return NULL;
    real = id == NULL ? NULL : jmap_id_of(set->call, id);
    wish->parent = real == NULL ? NULL : jmap_box_of_id(&set->account, real);
    return wish->parent != NULL
               ? NULL
               : jmap_set_invalid("parentId", "Không có thư mục này; there is no such mailbox");
}

static json_t *take_name(const json_t *value, Wish *wish) {
    const char *name = json_string_value(value);
    if (name == NULL || *name == '\0' || strchr(name, '/') != NULL)
        return jmap_set_invalid("name", "Tên thư mục không được để trống hay có dấu \"/\"; a name "
                                        "is not empty and has no slash");
    wish->name = name;
    return NULL;
}

/* RFC 8621 2: a role stands once in an account. It is given at the beginning only. */
static json_t *take_role(Set *set, const json_t *value, const JmapBox *old, Wish *wish) {
    const char *role = json_string_value(value);
    if (old != NULL)
        return g_strcmp0(jmap_box_role(old->mailbox), role) == 0
                   ? NULL
                   : jmap_set_invalid("role",
                                      "Không đổi được vai trò của thư mục; a role cannot be "
                                      "changed");
    if (json_is_null(value))
        return NULL;
    if (role == NULL || !use_of_role(role, &wish->use) ||
        jmap_box_of_use(&set->account, wish->use) != NULL)
        return jmap_set_invalid("role", "Vai trò này không có hoặc đã có thư mục khác; the role is "
                                        "not known, or another mailbox has it");
    return NULL;
}

/* The properties that the server sets: a client may send them back as they are. */
static json_t *check_server_set(Set *set, const char *name, json_t *value, const JmapBox *old) {
    for (guint i = 0; jmap_box_properties[i] != NULL; i++) {
        if (!g_str_equal(jmap_box_properties[i], name))
            continue;
        if (i == JMAP_BOX_SORT_ORDER && old == NULL && json_is_integer(value))
            return NULL; /* everybody's order is by role, then by name */
        if (old == NULL || (1u << i & JMAP_BOX_NEEDS_LISTING) != 0)
            break;
        g_autoptr(json_t) now = jmap_box_json(&set->account, old, NULL, NULL, (guint64)1 << i);
        if (json_equal(json_object_get(now, name), value))
            return NULL;
        break;
    }
    return jmap_set_invalid(name, NULL);
}

static json_t *take_property(Set *set, const char *name, json_t *value, const JmapBox *old,
                             Wish *wish) {
    if (g_str_equal(name, "name"))
        return take_name(value, wish);
    if (g_str_equal(name, "parentId"))
        return take_parent(set, value, wish);
    if (g_str_equal(name, "role"))
        return take_role(set, value, old, wish);
    if (!g_str_equal(name, "isSubscribed"))
        return check_server_set(set, name, value, old);
    if (!json_is_boolean(value))
        return jmap_set_invalid("isSubscribed", NULL);
    wish->subscribes = TRUE;
    wish->subscribed = json_is_true(value);
    return NULL;
}

static json_t *take_wish(Set *set, json_t *object, const JmapBox *old, Wish *wish) {
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        json_t *problem = take_property(set, name, value, old, wish);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

static json_t *forbidden(void) {
    return jmap_set_error("forbidden", "Bạn không có quyền với thư mục này; you have not the right "
                                       "to do this here");
}

static gboolean may_make_below(const Set *set, const JmapBox *parent) {
    return parent == NULL ? set->account.own : (parent->rights & STORE_RIGHT_CREATE) != 0;
}

static char *full_name(const JmapBox *parent, const char *name) {
    return parent == NULL ? g_strdup(name) : g_strconcat(parent->mailbox->name, "/", name, NULL);
}

/* ---- One object each ---- */

static gboolean subscribe(Set *set, const char *name, gboolean on, GError **error) {
    g_autofree char *full = jmap_box_full_name(set->call, &set->account, name);
    return full == NULL ||
           store_subscribe(jmap_store(set->call), jmap_caller(set->call)->id, full, on, error);
}

/* The store's word for a name that is taken or cannot be. */
static json_t *name_error(Set *set, const GError *error) {
    if (cv_error_is(error, CV_ERROR_EXISTS) || cv_error_is(error, CV_ERROR_INPUT) ||
        cv_error_is(error, CV_ERROR_LIMIT))
        return jmap_set_invalid("name", "%s", error->message);
    return jmap_set_error_of(set->call, error);
}

static json_t *create(Set *set, const char *key, json_t *object) {
    g_autoptr(GError) error = NULL;
    Wish wish = {0};
    gint64 number;
    json_t *problem = take_wish(set, object, NULL, &wish);
    if (problem != NULL)
        return problem;
    if (wish.name == NULL)
        return jmap_set_invalid("name", NULL);
    if (!may_make_below(set, wish.parent))
        return forbidden();
    g_autofree char *name = full_name(wish.parent, wish.name);
    if (!store_mailbox_create(jmap_store(set->call), set->id, name, wish.use, &number, &error))
        return name_error(set, error);
    if (wish.subscribed && !subscribe(set, name, TRUE, &error))
        return jmap_set_error_of(set->call, error);
    if (!reload(set, &error))
        return jmap_set_error_of(set->call, error);
    const JmapBox *box = jmap_box_of(&set->account, number);
    if (box == NULL)
        return forbidden();
    static const guint64 told = 1u << JMAP_BOX_ID | 1u << JMAP_BOX_SORT_ORDER |
                                1u << JMAP_BOX_TOTAL_EMAILS | 1u << JMAP_BOX_UNREAD_EMAILS |
                                1u << JMAP_BOX_TOTAL_THREADS | 1u << JMAP_BOX_UNREAD_THREADS |
                                1u << JMAP_BOX_RIGHTS;
    json_t *made = jmap_box_json(&set->account, box, NULL, NULL, told);
    if (!wish.subscribes)
        json_object_set_new(made, "isSubscribed", json_false());
    jmap_created(set->call, key, json_string_value(json_object_get(made, "id")));
    json_object_set_new(set->outcome.created, key, made);
    return NULL;
}

/* RFC 9051 6.3.6 by RFC 4314 4: "x" on what is renamed, "k" where it goes. */
static json_t *rename_box(Set *set, const JmapBox *box, const Wish *wish) {
    g_autoptr(GError) error = NULL;
    const char *name;
    const JmapBox *parent = jmap_box_parent(&set->account, box->mailbox, &name);
    if (wish->moves)
        parent = wish->parent;
    g_autofree char *full = full_name(parent, wish->name != NULL ? wish->name : name);
    if (g_str_equal(full, box->mailbox->name))
        return NULL;
    if (g_str_equal(box->mailbox->name, "INBOX") || (box->rights & STORE_RIGHT_DELETE) == 0 ||
        (wish->moves && !may_make_below(set, parent)))
        return forbidden();
    if (!store_mailbox_rename(jmap_store(set->call), set->id, box->mailbox->name, full, &error))
        return name_error(set, error);
    return NULL;
}

static json_t *update(Set *set, const JmapBox *box, json_t *patch) {
    g_autoptr(GError) error = NULL;
    Wish wish = {0};
    json_t *problem = take_wish(set, patch, box, &wish);
    if (problem == NULL && (wish.name != NULL || wish.moves))
        problem = rename_box(set, box, &wish);
    if (problem != NULL || !wish.subscribes)
        return problem;
    guint32 uidvalidity = box->mailbox->uidvalidity;
    if (!reload(set, &error)) /* it may have another name now */
        return jmap_set_error_of(set->call, error);
    box = jmap_box_of_validity(&set->account, uidvalidity);
    if (box != NULL && !subscribe(set, box->mailbox->name, wish.subscribed, &error))
        return jmap_set_error_of(set->call, error);
    return NULL;
}

static gboolean has_child(const Set *set, const JmapBox *box) {
    gsize n = strlen(box->mailbox->name);
    for (guint i = 0; i < set->account.mailboxes->len; i++) {
        const StoreMailbox *other = set->account.mailboxes->pdata[i];
        if (strncmp(other->name, box->mailbox->name, n) == 0 && other->name[n] == '/')
            return TRUE;
    }
    return FALSE;
}

/* The messages go one by one before the mailbox, so that the log names each. */
static gboolean empty(Set *set, const JmapBox *box, GError **error) {
    Store *store = jmap_store(set->call);
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    g_autoptr(StoreUids) uids =
        conn == NULL ? NULL : store_uids_load(store, conn, box->mailbox->id, error);
    g_clear_pointer(&conn, db_read_end);
    return uids != NULL && (store_uids_count(uids) == 0 ||
                            store_email_destroy(store, box->mailbox->id, uids, error));
}

static json_t *destroy(Set *set, const JmapBox *box) {
    g_autoptr(GError) error = NULL;
    if (g_str_equal(box->mailbox->name, "INBOX") || (box->rights & STORE_RIGHT_DELETE) == 0)
        return forbidden();
    if (has_child(set, box))
        return jmap_set_error("mailboxHasChild", "Thư mục còn thư mục con; it has mailboxes below");
    if (box->mailbox->exists > 0 && !set->remove_emails)
        return jmap_set_error("mailboxHasEmail", "Thư mục còn thư; it still has mail");
    if (!empty(set, box, &error) ||
        !store_mailbox_delete(jmap_store(set->call), set->id, box->mailbox->name, &error))
        return jmap_set_error_of(set->call, error);
    return NULL;
}

/* ---- All ---- */

/* A parent that is made in the same call must be made first; what refers to nothing that can be
 * made is refused by take_parent. */
static gboolean waits_for_another(const Set *set, json_t *object, json_t *create) {
    const char *parent = json_string_value(json_object_get(object, "parentId"));
    return parent != NULL && parent[0] == '#' && jmap_id_of(set->call, parent) == NULL &&
           json_object_get(create, parent + 1) != NULL &&
           json_object_get(set->outcome.not_created, parent + 1) == NULL;
}

static gboolean create_pass(Set *set, json_t *wanted, gboolean last, GError **error) {
    const char *key;
    json_t *object;
    gboolean any = FALSE;
    json_object_foreach(wanted, key, object) {
        if (json_object_get(set->outcome.created, key) != NULL ||
            json_object_get(set->outcome.not_created, key) != NULL ||
            (!last && waits_for_another(set, object, wanted)))
            continue;
        if (!reload(set, error))
            return FALSE;
        json_t *problem = create(set, key, object);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_created, key, problem);
        any = TRUE;
    }
    return any;
}

static void update_all(Set *set, json_t *wanted, GError **error) {
    const char *key;
    json_t *patch;
    json_object_foreach(wanted, key, patch) {
        if (!reload(set, error))
            return;
        const char *id = jmap_id_of(set->call, key);
        const JmapBox *box = id == NULL ? NULL : jmap_box_of_id(&set->account, id);
        json_t *problem = box == NULL ? jmap_set_error("notFound", NULL) : update(set, box, patch);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_updated, key, problem);
        else
            json_object_set_new(set->outcome.updated, key, json_null());
    }
}

/* Children first: who destroys a tree may name it in any order. */
static gint deeper_first(gconstpointer a, gconstpointer b) {
    return (gint)strlen((*(const JmapBox *const *)b)->mailbox->name) -
           (gint)strlen((*(const JmapBox *const *)a)->mailbox->name);
}

static void destroy_all(Set *set, const GPtrArray *ids, GError **error) {
    g_autoptr(GPtrArray) boxes = g_ptr_array_new();
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!reload(set, error))
        return;
    for (guint i = 0; i < ids->len; i++) {
        const JmapBox *box = jmap_box_of_id(&set->account, ids->pdata[i]);
        if (box != NULL)
            g_ptr_array_add(boxes, (gpointer)box);
        else
            json_object_set_new(set->outcome.not_destroyed, ids->pdata[i],
                                jmap_set_error("notFound", NULL));
    }
    g_ptr_array_sort(boxes, deeper_first);
    for (guint i = 0; i < boxes->len; i++)
        g_array_append_val(numbers, ((const JmapBox *)boxes->pdata[i])->mailbox->uidvalidity);
    for (guint i = 0; i < numbers->len && reload(set, error); i++) {
        guint32 uidvalidity = g_array_index(numbers, guint32, i);
        const JmapBox *box = jmap_box_of_validity(&set->account, uidvalidity);
        char id[JMAP_ID_BYTES];
        jmap_mailbox_id(uidvalidity, id);
        json_t *problem = box == NULL ? jmap_set_error("notFound", NULL) : destroy(set, box);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_destroyed, id, problem);
        else
            json_array_append_new(set->outcome.destroyed, json_string(id));
    }
}

JmapVerdict jmap_mailbox_set(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapSet) wanted = {0};
    g_auto(Set) set = {.call = call};
    if (!jmap_take_set(call, &wanted) ||
        !jmap_take_flag(call, "onDestroyRemoveEmails", &set.remove_emails) ||
        !jmap_account_begin(call, &conn, &set.account))
        return JMAP_DONE;
    g_clear_pointer(&conn, db_read_end);
    if (!jmap_if_in_state(call, &set.account))
        return JMAP_DONE;
    set.id = set.account.id;
    jmap_outcome_init(&set.outcome);
    json_t *before = jmap_state(&set.account);
    while (error == NULL && create_pass(&set, wanted.create, FALSE, &error))
        ;
    if (error == NULL)
        create_pass(&set, wanted.create, TRUE, &error);
    if (error == NULL)
        update_all(&set, wanted.update, &error);
    if (error == NULL && wanted.destroy != NULL)
        destroy_all(&set, wanted.destroy, &error);
    if (error != NULL || !reload(&set, &error)) {
        json_decref(before);
        return jmap_fail_error(call, error);
    }
    return jmap_answer(
        call, jmap_outcome_answer(&set.outcome,
                                  json_string_value(json_object_get(call->arguments, "accountId")),
                                  before, jmap_state(&set.account)));
}
