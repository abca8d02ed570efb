/* One accepted message becomes its local copies and queue entries in a single transaction; see
 * delivery.h. The slow work (parsing, judging, flushing a large blob) runs on the worker that
 * called; the transaction runs on mail.db's writer, where many deliveries share one flush. */
#include "delivery/delivery.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

enum { OUTCOME_MAX_BYTES = 64 * 1024, PREFIX_MAX_BYTES = 4096 };

struct Delivery {
    Store *store;
    GMutex lock; /* guards regulation */
    Regulation *regulation;
};

struct DeliveryRequest {
    Delivery *delivery;
    BlobWriter *writer;
    char *session, *door, *sender, *dsn, *body;
    gboolean smtputf8;
    gint64 submitter;
    GArray *recipients; /* DeliveryRecipient */

    MessageParsed *parsed;
    guint64 size;
    gint64 started; /* monotonic, for the latency metric */
    void (*done)(gpointer data);
    gpointer done_data;

    gint64 intake; /* set by the transaction */
    int code;
    char *text;
};

METRIC_COUNTER(delivered_total, "congvu_delivered_copies_total", "Copies put into local mailboxes");
METRIC_COUNTER(queued_total, "congvu_queued_entries_total", "Entries put into the outbound queue");
METRIC_HISTOGRAM(delivery_seconds, "congvu_delivery_seconds",
                 "Time from the end of a message's data to its durable copies");

Delivery *delivery_new(Store *store) {
    Delivery *delivery = g_new0(Delivery, 1);
    delivery->store = store;
    g_mutex_init(&delivery->lock);
    return delivery;
}

void delivery_free(Delivery *delivery) {
    if (delivery == NULL)
        return;
    g_clear_pointer(&delivery->regulation, regulation_unref);
    g_mutex_clear(&delivery->lock);
    g_free(delivery);
}

void delivery_set_regulation(Delivery *delivery, Regulation *regulation) {
    g_mutex_lock(&delivery->lock);
    Regulation *before = delivery->regulation;
    delivery->regulation = regulation_ref(regulation);
    g_mutex_unlock(&delivery->lock);
    if (before != NULL)
        regulation_unref(before);
}

static Regulation *current_regulation(Delivery *delivery) {
    g_mutex_lock(&delivery->lock);
    Regulation *regulation =
        delivery->regulation == NULL ? NULL : regulation_ref(delivery->regulation);
    g_mutex_unlock(&delivery->lock);
    return regulation;
}

static void clear_recipient(gpointer data) {
    DeliveryRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->dsn);
}

DeliveryRequest *delivery_request_new(Delivery *delivery, BlobWriter *writer) {
    DeliveryRequest *request = g_new0(DeliveryRequest, 1);
    request->delivery = delivery;
    request->writer = writer;
    request->sender = g_strdup("");
    request->recipients = g_array_new(FALSE, FALSE, sizeof(DeliveryRecipient));
    g_array_set_clear_func(request->recipients, clear_recipient);
    return request;
}

void delivery_request_free(DeliveryRequest *request) {
    if (request == NULL)
        return;
    blob_writer_free(request->writer);
    g_clear_pointer(&request->parsed, message_parsed_free);
    g_array_unref(request->recipients);
    g_free(request->session);
    g_free(request->door);
    g_free(request->sender);
    g_free(request->dsn);
    g_free(request->body);
    g_free(request->text);
    g_free(request);
}

static void replace(char **field, const char *value) {
    g_free(*field);
    *field = g_strdup(value);
}

void delivery_request_set_session(DeliveryRequest *request, const char *session, const char *door,
                                  gint64 submitter) {
    replace(&request->session, session);
    replace(&request->door, door);
    request->submitter = submitter;
}

void delivery_request_set_sender(DeliveryRequest *request, const char *sender, const char *dsn,
                                 const char *body, gboolean smtputf8) {
    replace(&request->sender, sender);
    replace(&request->dsn, dsn);
    replace(&request->body, body);
    request->smtputf8 = smtputf8;
}

/* Two recipients that are one account (an alias beside the address) get one copy. */
void delivery_request_add(DeliveryRequest *request, const char *address, gint64 account,
                          const char *dsn) {
    for (guint i = 0; account != 0 && i < request->recipients->len; i++)
        if (g_array_index(request->recipients, DeliveryRecipient, i).account == account)
            return;
    DeliveryRecipient recipient = {g_strdup(address), account, g_strdup(dsn)};
    g_array_append_val(request->recipients, recipient);
}

/* An address on its way into a header line: whatever could end the line is left out. */
static void append_header_text(Buffer *out, const char *text) {
    for (; *text != '\0'; text++)
        if ((guint8)*text >= ' ' && *text != 0x7f)
            buffer_append_byte(out, (guint8)*text);
}

/* Final delivery puts the envelope sender on top as Return-Path (RFC 5321 4.4). */
static void write_prefix(Buffer *out, const char *sender, const char *recipient) {
    buffer_append_string(out, "Return-Path: <");
    append_header_text(out, sender);
    buffer_append_string(out, ">\r\nDelivered-To: ");
    append_header_text(out, recipient);
    buffer_append_string(out, "\r\n");
}

static const char *domain_of(const char *address) {
    const char *at = strrchr(address, '@');
    return at == NULL ? "" : at + 1;
}

/* ---- The transaction ---- */

typedef struct {
    DeliveryRequest *request;
    DbConn *conn;
    BlobId blob;
    Buffer outcome;
    guint local, domains;
    gint64 first_entry, last_entry; /* of the queue; 0: none */
} Work;

static gboolean deliver_local(Work *work, const DeliveryRecipient *recipient, GError **error) {
    DeliveryRequest *request = work->request;
    Store *store = request->delivery->store;
    g_autoptr(StoreMailbox) inbox =
        store_mailbox_find(store, work->conn, recipient->account, "INBOX", error);
    if (inbox == NULL)
        return FALSE;
    g_auto(Buffer) prefix;
    buffer_init(&prefix, PREFIX_MAX_BYTES);
    write_prefix(&prefix, request->sender, recipient->address);
    StoreNewMessage message = {
        .mailbox = inbox->id,
        .blob = work->blob,
        .blob_size = request->size,
        .parsed = request->parsed,
        .share_meta = work->local > 1,
        .received = clock_now(),
        .prefix = buffer_bytes(&prefix),
    };
    guint32 uid;
    if (!store_message_insert(store, work->conn, &message, &uid, error))
        return FALSE;
    buffer_printf(&work->outcome, "%s account=%" G_GINT64_FORMAT " mailbox=INBOX uid=%u\n",
                  recipient->address, recipient->account, uid);
    return TRUE;
}

/* One entry takes all recipients of one destination, so that the far end gets the bytes once. */
static gboolean enqueue_domain(Work *work, guint first, const char *domain, GError **error) {
    DeliveryRequest *request = work->request;
    g_autoptr(GString) recipients = g_string_new(NULL);
    g_autoptr(GString) dsn = g_string_new(request->dsn == NULL ? "" : request->dsn);
    for (guint i = first; i < request->recipients->len; i++) {
        DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        if (r->account != 0 || g_ascii_strcasecmp(domain_of(r->address), domain) != 0)
            continue;
        g_string_append_printf(recipients, "%s%s", recipients->len > 0 ? " " : "", r->address);
        if (r->dsn != NULL)
            g_string_append_printf(dsn, "%s<%s> %s", dsn->len > 0 ? "\n" : "", r->address, r->dsn);
    }
    g_autofree char *lower = g_ascii_strdown(domain, -1);
    QueueEntry entry = {
        .account = request->submitter,
        .sender = request->sender,
        .domain = lower,
        .recipients = recipients->str,
        .dsn = dsn->str,
        .body = request->body,
        .smtputf8 = request->smtputf8,
        .blob = work->blob,
        .size = request->size,
        .state = QUEUE_WAITING,
        .received = clock_now(),
        .next = clock_now(),
    };
    gint64 id;
    if (!queue_insert(work->conn, &entry, &id, error))
        return FALSE;
    if (work->first_entry == 0)
        work->first_entry = id;
    work->last_entry = id;
    buffer_printf(&work->outcome, "%s queue=%" G_GINT64_FORMAT "\n", recipients->str, id);
    return TRUE;
}

static gboolean first_of_its_domain(const DeliveryRequest *request, guint index) {
    const char *domain =
        domain_of(g_array_index(request->recipients, DeliveryRecipient, index).address);
    for (guint i = 0; i < index; i++) {
        const DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        if (r->account == 0 && g_ascii_strcasecmp(domain_of(r->address), domain) == 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean add_intake(Work *work, GError **error) {
    DeliveryRequest *request = work->request;
    g_autoptr(GString) recipients = g_string_new(NULL);
    for (guint i = 0; i < request->recipients->len && recipients->len < 4096; i++)
        g_string_append_printf(recipients, "%s%s", i > 0 ? " " : "",
                               g_array_index(request->recipients, DeliveryRecipient, i).address);
    buffer_append_byte(&work->outcome, '\0');
    StoreIntake intake = {
        .session = request->session,
        .door = request->door,
        .sender = request->sender,
        .recipients = recipients->str,
        .message_id = request->parsed->message_id,
        .outcome = (const char *)buffer_bytes(&work->outcome).p,
        .size = request->size,
        .received = clock_now(),
        .submitter = request->submitter,
    };
    if (!store_intake_add(request->delivery->store, work->conn, &intake, &request->intake, error))
        return FALSE;
    return work->first_entry == 0 || queue_set_intake(work->conn, work->first_entry,
                                                      work->last_entry, request->intake, error);
}

static gboolean deliver_all(Work *work, GError **error) {
    DeliveryRequest *request = work->request;
    GArray *recipients = request->recipients;
    g_autofree gboolean *heads = g_new0(gboolean, recipients->len + 1);
    for (guint i = 0; i < recipients->len; i++) {
        if (g_array_index(recipients, DeliveryRecipient, i).account != 0)
            work->local++;
        else if ((heads[i] = first_of_its_domain(request, i)))
            work->domains++;
    }
    Bytes all;
    if (!blob_writer_view(request->writer, &all, error))
        return FALSE;
    if (!blob_insert(work->conn, request->writer,
                     bytes_slice(all, 0, request->parsed->header_bytes),
                     (gint64)work->local + work->domains, &work->blob, error))
        return FALSE;
    for (guint i = 0; i < recipients->len; i++) {
        const DeliveryRecipient *r = &g_array_index(recipients, DeliveryRecipient, i);
        if (r->account != 0 ? !deliver_local(work, r, error)
                            : heads[i] && !enqueue_domain(work, i, domain_of(r->address), error))
            return FALSE;
    }
    return add_intake(work, error);
}

static gboolean delivery_work(DbConn *conn, gpointer data, GError **error) {
    Work work = {.request = data, .conn = conn};
    buffer_init(&work.outcome, OUTCOME_MAX_BYTES);
    gboolean ok = deliver_all(&work, error);
    if (ok) {
        metric_add(&delivered_total, work.local);
        metric_add(&queued_total, work.domains);
    }
    buffer_release(&work.outcome);
    return ok;
}

/* ---- The ends ---- */

static void finish(DeliveryRequest *request, int code, char *text) {
    g_free(request->text);
    request->text = text;
    request->code = code;
    g_clear_pointer(&request->parsed, message_parsed_free);
    request->done(request->done_data);
}

static void fail_with(DeliveryRequest *request, const GError *error) {
    log_event(LOG_LEVEL_WARNING, "delivery.failed", "session", request->session, "sender",
              request->sender, "error", error->message, NULL);
    if (cv_error_is(error, CV_ERROR_QUOTA))
        finish(request, 452, g_strdup("4.2.2 Hop thu day / Mailbox full"));
    else
        finish(request, 451, g_strdup("4.3.0 Not stored; please try again later"));
}

static void delivery_done(gpointer data, const GError *error) {
    DeliveryRequest *request = data;
    if (error != NULL) {
        fail_with(request, error);
        return;
    }
    metric_observe(&delivery_seconds, clock_monotonic() - request->started);
    log_event(LOG_LEVEL_INFO, "delivery.done", "session", request->session, "intake",
              log_number(request->intake), "sender", request->sender, "recipients",
              log_number(request->recipients->len), "size", log_number((gint64)request->size),
              NULL);
    finish(request, 0, g_strdup_printf("2.0.0 Accepted as %" G_GINT64_FORMAT, request->intake));
}

/* [Điều 5.1] The sum of the decoded attachments, nested messages and uuencoded text included. */
static gboolean attachments_allowed(DeliveryRequest *request) {
    g_autoptr(Regulation) regulation = current_regulation(request->delivery);
    if (regulation == NULL)
        return TRUE;
    g_autoptr(Verdict) verdict = regulation_check_attachments(
        regulation, request->parsed->attachment_bytes, request->submitter == 0);
    if (verdict->allowed)
        return TRUE;
    finish(request, 552, g_strdup_printf("5.3.4 %s / %s", verdict->text_vi, verdict->text_en));
    return FALSE;
}

void delivery_submit(DeliveryRequest *request, void (*done)(gpointer data), gpointer data) {
    request->done = done;
    request->done_data = data;
    request->started = clock_monotonic();
    g_autoptr(GError) error = NULL;
    Bytes all;
    if (!blob_writer_view(request->writer, &all, &error)) {
        fail_with(request, error);
        return;
    }
    request->size = all.n;
    request->parsed = message_parse(all);
    if (!attachments_allowed(request))
        return;
    if (!blob_writer_finish(request->writer, &error)) {
        fail_with(request, error);
        return;
    }
    db_submit(store_db(request->delivery->store), delivery_work, delivery_done, request);
}

int delivery_code(const DeliveryRequest *request) {
    return request->code;
}

const char *delivery_text(const DeliveryRequest *request) {
    return request->text;
}
