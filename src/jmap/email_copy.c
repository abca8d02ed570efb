/* Email/copy (RFC 8621 4.7): from one account to another; the bytes are shared. */
#include "jmap/arguments.h"
#include "jmap/email_set.h"
#include "jmap/methods.h"

typedef struct {
    JmapCall *call;
    JmapAccount from, to;
    JmapOutcome outcome;
    json_t *done; /* ids of originals that were copied */
} Copy;

static void copy_clear(Copy *copy) {
    jmap_account_clear(&copy->from);
    jmap_account_clear(&copy->to);
    jmap_outcome_clear(&copy->outcome);
    json_decref(copy->done);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

static json_t *check_names(json_t *object) {
    static const char *const names[] = {"id", "mailboxIds", "keywords", "receivedAt", NULL};
    const char *name;
    json_t *value;
    json_object_foreach(
        object, name, value) if (!g_strv_contains(names, name)) return jmap_set_invalid(name, NULL);
    return NULL;
}

typedef struct {
    StoreEmail email;
    gboolean found;
} Original;

static gboolean on_original(const StoreEmail *email, gpointer data) {
    *(Original *)data = (Original){*email, TRUE};
    return TRUE;
}

static const JmapBox *find(Copy *copy, const char *id, Original *out, GError **error) {
    StoreBirth birth;
    guint32 uid;
    Store *store = jmap_store(copy->call);
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    if (conn == NULL || !jmap_email_of(id, &birth))
        return NULL;
    const JmapBox *box = jmap_email_find(store, conn, &copy->from, birth, &uid, error);
    if (box == NULL || !store_email_each(store, conn, box->mailbox->id, box->mailbox->uidvalidity,
                                         uid, uid, on_original, out, error))
        return NULL;
    return out->found ? box : NULL;
}

/* The keywords that were asked for, in place of the original's. */
static gboolean set_keywords(Copy *copy, const JmapFiling *filing, guint32 uid, GError **error) {
    g_autoptr(StoreUids) uids = store_uids_new();
    store_uids_append(uids, uid);
    StoreFlagsChange change = {.mailbox = filing->box->mailbox->id,
                               .uids = uids,
                               .mode = STORE_FLAGS_SET,
                               .flags = filing->flags,
                               .keywords = (const char *const *)filing->keywords->pdata,
                               .settable =
                                   jmap_settable(filing->box->rights) & ~(StoreFlags)STORE_DELETED};
    return store_flags_change(jmap_store(copy->call), &change, error);
}

static json_t *made_of(const JmapFiling *filing, guint32 uid, const StoreEmail *email) {
    char id[JMAP_ID_BYTES], blob[JMAP_ID_BYTES], thread[JMAP_ID_BYTES];
    StoreBirth birth = store_birth(filing->box->mailbox->uidvalidity, uid);
    jmap_email_id(birth, id);
    jmap_email_blob(birth, blob);
    jmap_thread_id(email->thread, birth, thread);
    return json_pack("{sssssssI}", "id", id, "blobId", blob, "threadId", thread, "size",
                     (json_int_t)email->size);
}

static json_t *copy_one(Copy *copy, json_t *object, json_t **made) {
    g_autoptr(GError) error = NULL;
    g_auto(JmapFiling) filing = {0};
    Original original = {0};
    const char *id = json_string_value(json_object_get(object, "id"));
    json_t *problem = check_names(object);
    if (problem == NULL && id == NULL)
        problem = jmap_set_invalid("id", NULL);
    if (problem == NULL)
        problem = jmap_filing_take(copy->call, &copy->to, object, &filing);
    if (problem != NULL)
        return problem;
    const char *real = jmap_id_of(copy->call, id);
    const JmapBox *box = real == NULL ? NULL : find(copy, real, &original, &error);
    if (error != NULL)
        return jmap_set_error_of(copy->call, error);
    if (box == NULL)
        return jmap_set_error("notFound", NULL);
    /* A copy has the time of its original: another would need other bytes beside it. */
    if (filing.received != 0 &&
        filing.received / G_USEC_PER_SEC != original.email.received / G_USEC_PER_SEC)
        return jmap_set_invalid("receivedAt",
                                "Bản sao giữ thời điểm nhận của thư gốc; a copy keeps "
                                "the time of its original");
    g_autoptr(StoreUids) uids = store_uids_new();
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    store_uids_append(uids, original.email.uid);
    if (!store_copy(jmap_store(copy->call), box->mailbox->id, uids, filing.box->mailbox->id, FALSE,
                    jmap_settable(filing.box->rights), &uidvalidity, from, to, &error))
        return jmap_set_error_of(copy->call, error);
    if (to->len == 0)
        return jmap_set_error("notFound", NULL);
    guint32 uid = g_array_index(to, guint32, 0);
    json_t *keywords = json_object_get(object, "keywords");
    if (keywords != NULL && !json_is_null(keywords) && !set_keywords(copy, &filing, uid, &error))
        return jmap_set_error_of(copy->call, error);
    *made = made_of(&filing, uid, &original.email);
    json_array_append_new(copy->done, json_string(real));
    return NULL;
}

/* FALSE: the call has ended. */
static gboolean begin(Copy *copy) {
    JmapCall *call = copy->call;
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    gint64 from;
    if (!jmap_take_account(call, "fromAccountId", &from) ||
        !jmap_account_begin(call, &conn, &copy->to))
        return FALSE;
    if (from == copy->to.id) {
        jmap_fail(call, "invalidArguments", "fromAccountId");
        return FALSE;
    }
    if (jmap_account_load(call, conn, from, &copy->from, &error))
        return TRUE;
    if (cv_error_is(error, CV_ERROR_NOT_FOUND))
        jmap_fail(call, "fromAccountNotFound", NULL);
    else
        jmap_fail_error(call, error);
    return FALSE;
}

static gboolean states_hold(Copy *copy) {
    const char *wanted;
    char now[JMAP_STATE_BYTES];
    if (!jmap_if_in_state(copy->call, &copy->to) ||
        !jmap_take_text(copy->call, "ifFromInState", &wanted))
        return FALSE;
    jmap_state_now(&copy->from, now);
    if (wanted == NULL || g_str_equal(wanted, now))
        return TRUE;
    jmap_fail(copy->call, "stateMismatch", "ifFromInState");
    return FALSE;
}

static void imply_destroy(Copy *copy) {
    json_t *state = json_object_get(copy->call->arguments, "destroyFromIfInState");
    json_t *arguments =
        json_pack("{sOsO}", "accountId", json_object_get(copy->call->arguments, "fromAccountId"),
                  "destroy", copy->done);
    if (state != NULL)
        json_object_set(arguments, "ifInState", state);
    jmap_imply(copy->call, "Email/set", arguments);
}

JmapVerdict jmap_email_copy(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_auto(Copy) copy = {.call = call};
    g_auto(JmapAccount) after = {0};
    json_t *create, *object;
    const char *key;
    gboolean destroy = FALSE;
    if (!jmap_take_object(call, "create", &create) ||
        !jmap_take_flag(call, "onSuccessDestroyOriginal", &destroy))
        return JMAP_DONE;
    if (create == NULL)
        return jmap_fail(call, "invalidArguments", "create");
    if ((gint64)json_object_size(create) > jmap_service(call)->limits.objects_set)
        return jmap_fail(call, "requestTooLarge", "maxObjectsInSet");
    if (!begin(&copy) || !states_hold(&copy))
        return JMAP_DONE;
    jmap_outcome_init(&copy.outcome);
    copy.done = json_array();
    json_object_foreach(create, key, object) {
        json_t *made = NULL;
        json_t *problem = json_is_object(object) ? copy_one(&copy, object, &made)
                                                 : jmap_set_error("invalidProperties", NULL);
        if (problem != NULL) {
            json_object_set_new(copy.outcome.not_created, key, problem);
            continue;
        }
        jmap_created(call, key, json_string_value(json_object_get(made, "id")));
        json_object_set_new(copy.outcome.created, key, made);
    }
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    if (conn == NULL || !jmap_account_load(call, conn, copy.to.id, &after, &error))
        return jmap_fail_error(call, error);
    if (destroy && json_array_size(copy.done) > 0)
        imply_destroy(&copy);
    json_t *answer = jmap_outcome_answer(
        &copy.outcome, json_string_value(json_object_get(call->arguments, "accountId")),
        jmap_state(&copy.to), jmap_state(&after));
    json_object_set(answer, "fromAccountId", json_object_get(call->arguments, "fromAccountId"));
    for (guint i = 0; i < 4; i++)
        json_object_del(
            answer, ((const char *[]){"updated", "notUpdated", "destroyed", "notDestroyed"})[i]);
    return jmap_answer(call, answer);
}
