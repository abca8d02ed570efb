/* Email/get (RFC 8621 4.2). What a list shows comes out of two rows of each e-mail; no message is
 * opened for it. */
#include "jmap/arguments.h"
#include "jmap/email.h"
#include "jmap/methods.h"

#include "base/clock.h"

typedef struct {
    JmapAccount account;
    JmapWanted wanted;
    GPtrArray *ids;
    guint next;
    json_t *list, *missing, *state;
} Get;

static void get_free(gpointer data) {
    Get *get = data;
    jmap_account_clear(&get->account);
    jmap_wanted_clear(&get->wanted);
    g_clear_pointer(&get->ids, g_ptr_array_unref);
    json_decref(get->list);
    json_decref(get->missing);
    json_decref(get->state);
    g_free(get);
}

/* ---- One e-mail ---- */

typedef struct {
    JmapCall *call;
    DbConn *conn;
    const JmapAccount *account;
    const JmapWanted *wanted;
    const JmapBox *box;
    StoreEmail email;
    json_t *object;
    gboolean good;
    GError **error;
} One;

#define ROW                                                                                        \
    (JMAP_EMAIL_BIT(JMAP_EMAIL_ID) | JMAP_EMAIL_BIT(JMAP_EMAIL_BLOB) |                             \
     JMAP_EMAIL_BIT(JMAP_EMAIL_THREAD) | JMAP_EMAIL_BIT(JMAP_EMAIL_MAILBOXES) |                    \
     JMAP_EMAIL_BIT(JMAP_EMAIL_KEYWORDS) | JMAP_EMAIL_BIT(JMAP_EMAIL_SIZE) |                       \
     JMAP_EMAIL_BIT(JMAP_EMAIL_RECEIVED) | JMAP_EMAIL_BIT(JMAP_EMAIL_HAS_ATTACHMENT))

static json_t *row_property(const One *one, JmapEmailProperty property) {
    char id[JMAP_ID_BYTES];
    const StoreEmail *email = &one->email;
    switch (property) {
    case JMAP_EMAIL_ID:
        jmap_email_id(email->birth, id);
        return json_string(id);
    case JMAP_EMAIL_BLOB:
        jmap_email_blob(email->birth, id);
        return json_string(id);
    case JMAP_EMAIL_THREAD:
        jmap_thread_id(email->thread, email->birth, id);
        return json_string(id);
    case JMAP_EMAIL_MAILBOXES:
        return jmap_mailbox_ids(one->box->mailbox->uidvalidity);
    case JMAP_EMAIL_KEYWORDS:
        return jmap_keywords(one->account, email->flags);
    case JMAP_EMAIL_SIZE:
        return json_integer((json_int_t)email->size);
    case JMAP_EMAIL_RECEIVED:
        return jmap_date(email->received, 0, TRUE);
    case JMAP_EMAIL_HAS_ATTACHMENT:
        return json_boolean((email->traits & STORE_TRAIT_ATTACHMENT) != 0);
    default:
        return NULL;
    }
}

static void put_row(One *one) {
    one->object = json_object();
    for (guint i = 0; i < JMAP_EMAIL_PROPERTIES; i++)
        if ((one->wanted->mask & ROW) >> i & 1)
            json_object_set_new(one->object, jmap_email_properties[i], row_property(one, i));
}

static gboolean on_email(const StoreEmail *email, gpointer data) {
    One *one = data;
    one->email = *email;
    put_row(one);
    return TRUE;
}

static json_t *preview_of(Bytes preview) {
    json_t *text = json_stringn((const char *)preview.p, preview.n);
    return text == NULL ? json_string("") : text;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    One *one = data;
    JmapSource source;
    char blob[JMAP_ID_BYTES];
    jmap_email_blob(one->email.birth, blob);
    jmap_source_of_message(&source, jmap_store(one->call), one->conn, message, blob);
    one->good = jmap_email_put_header(one->object, &source, one->wanted, one->error) &&
                jmap_email_put_body(one->object, &source, one->wanted, one->error);
    if (one->wanted->mask & JMAP_EMAIL_BIT(JMAP_EMAIL_PREVIEW))
        json_object_set_new(one->object, "preview", preview_of(message->preview));
    jmap_source_clear(&source);
    return TRUE;
}

/* NULL without error: it is not there. */
static json_t *make(Get *get, JmapCall *call, DbConn *conn, const char *id, GError **error) {
    One one = {.call = call,
               .conn = conn,
               .account = &get->account,
               .wanted = &get->wanted,
               .good = TRUE,
               .error = error};
    StoreBirth birth;
    guint32 uid;
    if (!jmap_email_of(id, &birth) ||
        (one.box = jmap_email_find(jmap_store(call), conn, &get->account, birth, &uid, error)) ==
            NULL)
        return NULL;
    const StoreMailbox *mailbox = one.box->mailbox;
    gboolean wide = (get->wanted.mask & ~ROW & (JMAP_EMAIL_BIT(JMAP_EMAIL_PROPERTIES) - 1)) != 0 ||
                    get->wanted.headers->len > 0;
    gboolean good = store_email_each(jmap_store(call), conn, mailbox->id, mailbox->uidvalidity, uid,
                                     uid, on_email, &one, error) &&
                    (one.object == NULL || !wide ||
                     store_message_each(jmap_store(call), conn, mailbox->id, uid, uid,
                                        STORE_WANT_META, on_message, &one, error));
    if (good && one.good)
        return one.object;
    json_decref(one.object);
    return NULL;
}

/* ---- All ---- */

static JmapVerdict finish(JmapCall *call, Get *get) {
    return jmap_answer(call, json_pack("{sOsOsOsO}", "accountId",
                                       json_object_get(call->arguments, "accountId"), "state",
                                       get->state, "list", get->list, "notFound", get->missing));
}

static JmapVerdict go_on(JmapCall *call, Get *get, DbConn *conn) {
    while (get->next < get->ids->len) {
        g_autoptr(GError) error = NULL;
        const char *id = get->ids->pdata[get->next++];
        json_t *object = make(get, call, conn, id, &error);
        if (error != NULL)
            return jmap_fail_error(call, error);
        if (object != NULL)
            json_array_append_new(get->list, object);
        else
            json_array_append_new(get->missing, json_string(id));
        if (get->next < get->ids->len && clock_monotonic() >= call->until)
            return JMAP_AGAIN;
    }
    return finish(call, get);
}

static JmapVerdict begin(JmapCall *call) {
    g_autoptr(DbConn) conn = NULL;
    Get *get = g_new0(Get, 1);
    call->state = get;
    call->state_free = get_free;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &get->ids) ||
        !jmap_take_wanted(call, FALSE, &get->wanted) ||
        !jmap_account_begin(call, &conn, &get->account))
        return JMAP_DONE;
    get->list = json_array();
    get->missing = json_array();
    get->state = jmap_state(&get->account);
    /* RFC 8621 4.2: all e-mails at once are more than is given. */
    if (get->ids == NULL)
        return jmap_fail(call, "requestTooLarge", "ids");
    return go_on(call, get, conn);
}

JmapVerdict jmap_email_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    if (call->state == NULL)
        return begin(call);
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    return conn == NULL ? jmap_fail_error(call, error) : go_on(call, call->state, conn);
}
