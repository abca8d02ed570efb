/* Handing an e-mail to delivery; see submit.h. */
#include "jmap/submit.h"

#include "jmap/arguments.h"
#include "jmap/blob.h"
#include "jmap/stored.h"

#include "base/clock.h"
#include "base/log.h"
#include "delivery/sender.h"

#include <string.h>

enum { WAITING, DONE, ABANDONED };
enum { LINE_MAXIMUM = 998 }; /* RFC 5322 2.1.1 */

struct JmapSubmit {
    gint state; /* atomic */
    DeliveryRequest *request;
    NetSession *net; /* referenced */
    json_t *envelope;
    char thread[JMAP_ID_BYTES];
};

static void release(JmapSubmit *submit) {
    delivery_request_free(submit->request);
    net_session_unref(submit->net);
    json_decref(submit->envelope);
    g_free(submit);
}

static gboolean move(JmapSubmit *submit, gint to) {
    return g_atomic_int_compare_and_exchange(&submit->state, WAITING, to);
}

void jmap_submit_free(JmapSubmit *submit) {
    if (submit != NULL && !move(submit, ABANDONED))
        release(submit);
}

static void on_delivered(gpointer data) {
    JmapSubmit *submit = data;
    NetSession *net = net_session_ref(submit->net);
    if (move(submit, DONE))
        net_wake(net); /* from here on the call may free it */
    else
        release(submit);
    net_session_unref(net);
}

json_t *jmap_submit_envelope(const JmapSubmit *submit) {
    return submit->envelope;
}

const char *jmap_submit_thread(const JmapSubmit *submit) {
    return submit->thread;
}

/* ---- The e-mail ---- */

typedef struct {
    JmapCall *call;
    const JmapAccount *account;
    Buffer message; /* as it is stored */
    Buffer wire;    /* as it is sent */
    json_t *to;     /* addresses of To, Cc and Bcc */
    char thread[JMAP_ID_BYTES];
    const char *mail_from;
    gint64 sent_as;
    json_t *rcpt_to;
    gboolean forwards, utf8;
    json_t *problem;
} Judging;

static gboolean refuse(Judging *j, json_t *problem) {
    j->problem = problem;
    return FALSE;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    static const JmapEnvelopeItem items[] = {JMAP_ENVELOPE_TO, JMAP_ENVELOPE_CC, JMAP_ENVELOPE_BCC};
    Judging *j = data;
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autoptr(json_t) list = jmap_stored_addresses(message->envelope, items[i], FALSE);
        if (json_is_array(list))
            json_array_extend(j->to, list);
    }
    return TRUE;
}

static gboolean on_email(const StoreEmail *email, gpointer data) {
    Judging *j = data;
    jmap_thread_id(email->thread, email->birth, j->thread);
    return TRUE;
}

static gboolean read_email(Judging *j, DbConn *conn, const char *id) {
    g_autoptr(GError) error = NULL;
    Store *store = jmap_store(j->call);
    StoreBirth birth;
    guint32 uid;
    char blob[JMAP_ID_BYTES];
    const JmapBox *box = NULL;
    if (jmap_email_of(id, &birth))
        box = jmap_email_find(store, conn, j->account, birth, &uid, &error);
    if (box == NULL && error == NULL)
        return refuse(j, jmap_set_invalid("emailId", "Không có thư này; there is no such e-mail"));
    if (box != NULL)
        jmap_email_blob(birth, blob);
    if (box == NULL || !jmap_blob_read(store, conn, j->account, blob, &j->message, NULL, &error) ||
        !store_email_each(store, conn, box->mailbox->id, box->mailbox->uidvalidity, uid, uid,
                          on_email, j, &error) ||
        !store_message_each(store, conn, box->mailbox->id, uid, uid, STORE_WANT_META, on_message, j,
                            &error))
        return refuse(j, jmap_set_error_of(j->call, error));
    return TRUE;
}

/* ---- Sender ---- */

static gboolean check_sender(Judging *j) {
    g_autoptr(GError) error = NULL;
    const JmapService *service = jmap_service(j->call);
    const char *text = NULL;
    if (!directory_may_send_as(service->directory, jmap_caller(j->call)->id,
                               bytes_of_string(j->mail_from), &j->sent_as, &error))
        return refuse(j, error != NULL
                             ? jmap_set_error_of(j->call, error)
                             : jmap_set_error("forbiddenMailFrom",
                                              "Địa chỉ gửi không thuộc tài khoản này (Điều 6 Quy "
                                              "chế); the sender's address is not this account's"));
    int code = delivery_check_from(service->directory, jmap_caller(j->call)->id, j->mail_from,
                                   buffer_bytes(&j->message), &text);
    if (code == 0)
        return TRUE;
    const char *type = code < 500                        ? "serverFail"
                       : g_str_has_prefix(text, "5.7.1") ? "forbiddenFrom"
                                                         : "invalidEmail";
    json_t *problem = jmap_set_error(type, "%s", text + strcspn(text, " ") + 1);
    if (g_str_equal(type, "invalidEmail"))
        json_object_set_new(problem, "properties", json_pack("[s]", "from"));
    return refuse(j, problem);
}

/* ---- Recipients ---- */

/* 0: another domain; -1: not deliverable, with *why. */
static gint64 resolve(Judging *j, const char *email, const char **why, GError **error) {
    g_autoptr(DirectoryAccount) found = NULL;
    StoreAccount quota;
    *why = "Địa chỉ không tồn tại; no such mailbox here";
    switch (directory_resolve(jmap_service(j->call)->directory, bytes_of_string(email), &found,
                              error)) {
    case DIRECTORY_FOUND:
        break;
    case DIRECTORY_NOT_OURS:
        return 0;
    case DIRECTORY_ADDRESS_BAD:
        *why = "Không phải là địa chỉ thư; not an address";
        return -1;
    default:
        return -1;
    }
    j->forwards = j->forwards || found->forwards != 0;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(j->call)), error);
    if (conn == NULL || !store_account_get(jmap_store(j->call), conn, found->id, &quota, error))
        return -1;
    if (quota.quota_limit == 0 || quota.quota_used < quota.quota_limit)
        return found->id;
    *why = "Hộp thư đã đầy; the mailbox is full";
    return -1;
}

static gboolean add_recipients(Judging *j, DeliveryRequest *request) {
    json_t *wrong = json_array();
    const char *said = NULL;
    for (size_t i = 0; i < json_array_size(j->rcpt_to); i++) {
        g_autoptr(GError) error = NULL;
        const char *why,
            *email = json_string_value(json_object_get(json_array_get(j->rcpt_to, i), "email"));
        gint64 account = resolve(j, email, &why, &error);
        if (error != NULL && !cv_error_is(error, CV_ERROR_NOT_FOUND)) {
            json_decref(wrong);
            return refuse(j, jmap_set_error_of(j->call, error));
        }
        if (account < 0) {
            json_array_append_new(wrong, json_string(email));
            said = said == NULL ? why : said;
        } else {
            delivery_request_add(request, email, account, NULL);
        }
    }
    if (json_array_size(wrong) == 0) {
        json_decref(wrong);
        return TRUE;
    }
    json_t *problem = jmap_set_error("invalidRecipients", "%s", said);
    json_object_set_new(problem, "invalidRecipients", wrong);
    return refuse(j, problem);
}

static gboolean is_email(const char *email) {
    const char *at = strrchr(email, '@');
    if (at == NULL || at == email || at[1] == '\0' || strlen(email) > 320)
        return FALSE;
    for (; *email != '\0'; email++)
        if ((guint8)*email <= ' ' || *email == 0x7f || strchr("<>,;", *email) != NULL)
            return FALSE;
    return TRUE;
}

/* One address of a list, if it was not in before. */
static gboolean add_address(Judging *j, const char *email, GHashTable *seen) {
    if (email == NULL || !is_email(email)) {
        json_t *problem =
            jmap_set_error("invalidRecipients", "Không phải là địa chỉ thư; not an address");
        json_object_set_new(problem, "invalidRecipients",
                            json_pack("[s]", email == NULL ? "" : email));
        return refuse(j, problem);
    }
    if (g_hash_table_add(seen, g_ascii_strdown(email, -1)))
        json_array_append_new(j->rcpt_to,
                              json_pack("{ssso}", "email", email, "parameters", json_null()));
    for (const char *p = email; *p != '\0'; p++)
        j->utf8 = j->utf8 || ((guint8)*p & 0x80) != 0;
    return TRUE;
}

static gboolean take_recipients(Judging *j, json_t *envelope) {
    json_t *list = envelope == NULL ? j->to : json_object_get(envelope, "rcptTo");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 most = jmap_service(j->call)->limits.recipients;
    if (!json_is_array(list))
        return refuse(j, jmap_set_invalid("envelope", NULL));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!add_address(j, json_string_value(json_object_get(json_array_get(list, i), "email")),
                         seen))
            return FALSE;
    gint64 count = (gint64)json_array_size(j->rcpt_to);
    if (count == 0)
        return refuse(j, jmap_set_error("noRecipients", "Thư chưa có người nhận; there is nobody "
                                                        "to send it to"));
    if (count <= most)
        return TRUE;
    json_t *problem =
        jmap_set_error("tooManyRecipients", "Quá nhiều người nhận; too many recipients");
    json_object_set_new(problem, "maxRecipients", json_integer((json_int_t)most));
    return refuse(j, problem);
}

/* ---- What goes over the wire ---- */

/* RFC 5322 3.6.3: Bcc is not sent on; what our own store wrote at delivery goes neither. */
static gboolean is_dropped(Bytes name) {
    static const char *const names[] = {"bcc", "resent-bcc", "return-path", "delivered-to"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (bytes_is_nocase(bytes_strip(name), names[i]))
            return TRUE;
    return FALSE;
}

static gboolean lines_are_good(Bytes message, gboolean *eight_bit) {
    gsize line = 0;
    for (gsize i = 0; i < message.n; i++) {
        guint8 c = message.p[i];
        gboolean crlf = c == '\r' && i + 1 < message.n && message.p[i + 1] == '\n';
        if (c == 0 || (c == '\r' && !crlf) || (c == '\n' && (i == 0 || message.p[i - 1] != '\r')))
            return FALSE;
        line = c == '\n' ? 0 : line + (c != '\r');
        if (line > LINE_MAXIMUM)
            return FALSE;
        *eight_bit = *eight_bit || (c & 0x80) != 0;
    }
    return TRUE;
}

/* RFC 5321 4.4: where it came in, and how. */
static void put_received(Judging *j) {
    char date[40];
    NetSession *session = jmap_session(j->call);
    const char *peer = net_session_peer(session);
    const char *domain = strchr(jmap_caller(j->call)->address, '@');
    clock_format_rfc5322(clock_now(), date);
    buffer_printf(&j->wire, "Received: from [%s%s]\r\n\tby %s with HTTPS\r\n\tid %s;\r\n\t%s\r\n",
                  strchr(peer, ':') != NULL ? "IPv6:" : "", peer,
                  domain == NULL ? "localhost" : domain + 1, net_session_id(session), date);
}

static gboolean make_wire(Judging *j, gboolean *eight_bit) {
    Bytes message = buffer_bytes(&j->message);
    MessageHeaderIter iter = message_header_iter(message);
    MessageHeaderField field;
    if (!lines_are_good(message, eight_bit))
        return refuse(j, jmap_set_error("invalidEmail",
                                        "Thư có dòng không đúng chuẩn, không gửi được; the message "
                                        "has lines that cannot be sent"));
    put_received(j);
    while (message_header_next(&iter, &field)) {
        gboolean ascii = TRUE;
        for (gsize i = 0; i < field.raw.n; i++)
            ascii = ascii && (field.raw.p[i] & 0x80) == 0;
        j->utf8 = j->utf8 || !ascii;
        if (!is_dropped(field.name))
            buffer_append_bytes(&j->wire, field.raw);
    }
    buffer_append_bytes(&j->wire, bytes_slice(message, iter.at, message.n));
    return !j->wire.overflow || refuse(j, jmap_set_error("tooLarge", NULL));
}

static DeliveryRequest *hand_over(Judging *j) {
    g_autoptr(GError) error = NULL;
    const JmapService *service = jmap_service(j->call);
    gboolean eight_bit = FALSE;
    if (service->disk_low != NULL && service->disk_low(service->disk_low_data)) {
        refuse(j, jmap_set_error("rateLimit", "Máy chủ sắp hết chỗ trống; little space is left"));
        return NULL;
    }
    if (!make_wire(j, &eight_bit))
        return NULL;
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(service->store));
    if (!blob_writer_append(writer, buffer_bytes(&j->wire), &error)) {
        refuse(j, jmap_set_error_of(j->call, error));
        return NULL;
    }
    g_autoptr(DeliveryRequest) request =
        delivery_request_new(service->delivery, g_steal_pointer(&writer));
    delivery_request_set_session(request, net_session_id(jmap_session(j->call)), "jmap",
                                 jmap_caller(j->call)->id);
    delivery_request_set_sender(request, j->mail_from, NULL, eight_bit ? "8BITMIME" : "7BIT",
                                j->utf8);
    delivery_request_set_sent_as(request, j->sent_as);
    delivery_request_set_look(request);
    if (!add_recipients(j, request))
        return NULL;
    if (j->forwards)
        delivery_request_set_forwards(request);
    return g_steal_pointer(&request);
}

/* ---- Together ---- */

static json_t *envelope_of(const Judging *j) {
    return json_pack("{s{ssso}sO}", "mailFrom", "email", j->mail_from, "parameters", json_null(),
                     "rcptTo", j->rcpt_to);
}

JmapSubmit *jmap_submit_begin(JmapCall *call, DbConn **conn, const JmapAccount *account,
                              const char *email, const char *identity_email, json_t *envelope,
                              json_t **problem) {
    Judging j = {.call = call, .account = account, .to = json_array(), .rcpt_to = json_array()};
    const char *said =
        json_string_value(json_object_get(json_object_get(envelope, "mailFrom"), "email"));
    DeliveryRequest *request = NULL;
    JmapSubmit *submit = NULL;
    buffer_init(&j.message, JMAP_BLOB_BYTES);
    buffer_init(&j.wire, JMAP_BLOB_BYTES);
    j.mail_from = said != NULL ? said : identity_email;
    gboolean good = read_email(&j, *conn, email);
    g_clear_pointer(conn, db_read_end); /* what follows reads and writes by itself */
    if (good && check_sender(&j) && take_recipients(&j, envelope))
        request = hand_over(&j);
    if (request != NULL) {
        submit = g_new0(JmapSubmit, 1);
        submit->request = request;
        submit->net = net_session_ref(jmap_session(call));
        submit->envelope = envelope_of(&j);
        memcpy(submit->thread, j.thread, sizeof submit->thread);
        log_event(LOG_LEVEL_INFO, "jmap.submitted", "session", net_session_id(submit->net),
                  "sender", j.mail_from, "recipients",
                  log_number((gint64)json_array_size(j.rcpt_to)), "size",
                  log_number((gint64)j.wire.n), NULL);
        delivery_submit(request, on_delivered, submit);
    }
    *problem = j.problem;
    buffer_release(&j.message);
    buffer_release(&j.wire);
    json_decref(j.to);
    json_decref(j.rcpt_to);
    return submit;
}

/* "5.3.4 Tệp đính kèm …": the code decides the type, the sentence is the person's. */
static json_t *problem_of(int code, const char *text) {
    const char *type = code < 500                        ? "rateLimit"
                       : g_str_has_prefix(text, "5.3.4") ? "tooLarge"
                                                         : "forbiddenToSend";
    return jmap_set_error(type, "%s", text + strcspn(text, " ") + 1);
}

gboolean jmap_submit_ended(JmapSubmit *submit, json_t **problem) {
    *problem = NULL;
    if (g_atomic_int_get(&submit->state) != DONE)
        return FALSE;
    int code = delivery_code(submit->request);
    if (code != 0)
        *problem = problem_of(code, delivery_text(submit->request));
    return TRUE;
}
