/* The transaction of a delivery: it runs on mail.db's writer, where many deliveries share one
 * flush, so everything that can be prepared was prepared by the worker (delivery.c). */
#include "base/clock.h"
#include "base/metrics.h"
#include "delivery/internal.h"
#include "regulation/calendar.h"
#include "store/forwarded.h"
#include "store/signup.h"

enum { PREFIX_MAX_BYTES = 4096, OUTCOME_LINE_BYTES = 128, INTAKE_RECIPIENTS_BYTES = 4096 };

METRIC_COUNTER(delivered_total, "congvu_delivered_copies_total", "Copies put into local mailboxes");
METRIC_COUNTER(queued_total, "congvu_queued_entries_total", "Entries put into the outbound queue");

void delivery_count_copies(gint64 copies) {
    metric_add(&delivered_total, (guint64)copies);
}

/* An address on its way into a header line: whatever could end the line is left out. */
static void append_header_text(Buffer *out, const char *text) {
    for (; *text != '\0'; text++)
        if ((guint8)*text >= ' ' && *text != 0x7f)
            buffer_append_byte(out, (guint8)*text);
}

/* Final delivery puts the envelope sender on top as Return-Path (RFC 5321 4.4). */
static void write_prefix(Buffer *out, const DeliveryRequest *request,
                         const DeliveryRecipient *recipient) {
    buffer_append_string(out, "Return-Path: <");
    append_header_text(out, request->sender);
    buffer_append_string(out, ">\r\nDelivered-To: ");
    append_header_text(out, recipient->address);
    if (recipient->via != NULL) {
        buffer_append_string(out, "\r\nX-Original-To: ");
        append_header_text(out, recipient->via);
    }
    buffer_append_string(out, "\r\n");
    if (request->sign == NULL)
        return;
    buffer_append_string(out, "X-Congvu-Auto-Forwarded: <");
    append_header_text(out, request->forwarder);
    buffer_printf(out, ">; sign=\"%s\"\r\n", request->sign);
}

typedef struct {
    DeliveryRequest *request;
    DbConn *conn;
    BlobId blob;
    Freeze *freeze; /* NULL: the message stays where it is put */
    Buffer outcome; /* one line for each recipient: what became of the message there */
} Work;

/* [Điều 8.5] It was forwarded into the system: the reader sees it, and the account's row counts it.
 */
static gboolean mark_forwarded(Work *work, const DeliveryRecipient *recipient, StoreFlags *flags,
                               GError **error) {
    static const char *const keywords[] = {"$AutoForwarded", NULL};
    const DeliveryRequest *request = work->request;
    g_autoptr(GError) full = NULL; /* an account that has used up its keywords does without */
    if (!store_keyword_bits(request->delivery->store, work->conn, recipient->account, keywords,
                            flags, &full)) {
        if (!cv_error_is(full, CV_ERROR_LIMIT)) {
            g_propagate_error(error, g_steal_pointer(&full));
            return FALSE;
        }
        *flags = 0;
    }
    StoreForwarded seen = {.account = recipient->account,
                           .last = clock_now(),
                           .forwarder = request->forwarder,
                           .sign = request->sign};
    return store_forwarded_count(work->conn, &seen, error);
}

/* [Điều 8.4] */
static gboolean count_signup(const Work *work, gint64 account, GError **error) {
    char day[11];
    gint64 now = clock_now();
    guint64 year = 0, month = 0;
    calendar_format(calendar_day_of(now), day);
    bytes_parse_u64(bytes_of(day, 4), &year);
    bytes_parse_u64(bytes_of(day + 5, 2), &month);
    StoreSignup seen = {.account = account,
                        .service = work->request->service,
                        .month = (gint64)(year * 100 + month),
                        .confirmations = work->request->confirms ? 1 : 0,
                        .last = now};
    return store_signup_count(work->conn, &seen, error);
}

/* [Điều 12.3] What is reported goes to the case. */
static gboolean deliver_report(Work *work, const DeliveryRecipient *recipient, GError **error) {
    g_auto(Buffer) prefix;
    buffer_init(&prefix, PREFIX_MAX_BYTES);
    write_prefix(&prefix, work->request, recipient);
    gint64 id;
    if (!delivery_keep_report(work->conn, work->request, recipient, work->blob,
                              buffer_bytes(&prefix), &id, error))
        return FALSE;
    buffer_printf(&work->outcome, "%s evidence=%" G_GINT64_FORMAT "\n", recipient->address, id);
    return TRUE;
}

static gboolean deliver_local(Work *work, const DeliveryRecipient *recipient, GError **error) {
    DeliveryRequest *request = work->request;
    if (recipient->report)
        return deliver_report(work, recipient, error);
    Store *store = request->delivery->store;
    g_autoptr(StoreMailbox) inbox =
        store_mailbox_find(store, work->conn, recipient->account, "INBOX", error);
    if (inbox == NULL)
        return FALSE;
    g_auto(Buffer) prefix;
    buffer_init(&prefix, PREFIX_MAX_BYTES);
    write_prefix(&prefix, request, recipient);
    StoreNewMessage message = {
        .mailbox = inbox->id,
        .blob = work->blob,
        .blob_size = request->size,
        .parsed = request->parsed,
        .share_meta = request->recipients->len > 1,
        .received = clock_now(),
        .prefix = buffer_bytes(&prefix),
    };
    guint32 uid;
    if (request->sign != NULL && !mark_forwarded(work, recipient, &message.flags, error))
        return FALSE;
    if (!store_message_insert(store, work->conn, &message, &uid, error) ||
        (request->service != NULL && !count_signup(work, recipient->account, error)) ||
        (work->freeze != NULL && !freeze_copy(work->freeze, work->conn, inbox->id, uid, error)))
        return FALSE;
    buffer_printf(&work->outcome, "%s account=%" G_GINT64_FORMAT " mailbox=INBOX uid=%u\n",
                  recipient->address, recipient->account, uid);
    return TRUE;
}

static gboolean enqueue(Work *work, DeliveryDestination *destination, GError **error) {
    DeliveryRequest *request = work->request;
    gboolean held = destination->sender == NULL && request->limit != LIMIT_WITHIN;
    QueueEntry entry = {
        .account = destination->account,
        .sender = destination->sender != NULL ? destination->sender : request->sender,
        .domain = destination->domain,
        .recipients = destination->recipients->str,
        .dsn = destination->dsn->str,
        .body = request->body,
        .smtputf8 = request->smtputf8,
        .blob = work->blob,
        .size = request->size,
        .state = held ? QUEUE_HELD : QUEUE_WAITING,
        .last_answer = held ? queue_held_by_limit : "",
        .received = clock_now(),
        .next = clock_now(),
    };
    if (!queue_insert(work->conn, &entry, &destination->entry, error))
        return FALSE;
    for (guint i = 0; i < destination->addresses->len; i++)
        buffer_printf(&work->outcome, "%s queue=%" G_GINT64_FORMAT "\n",
                      (const char *)destination->addresses->pdata[i], destination->entry);
    return TRUE;
}

/* The first of them, for a listing; `outcome` has all. */
static char *some_recipients(const DeliveryRequest *request) {
    GString *some = g_string_new(NULL);
    for (guint i = 0; i < request->passed->len && some->len < INTAKE_RECIPIENTS_BYTES; i++)
        g_string_append_printf(some, "%s%s", some->len > 0 ? " " : "",
                               g_array_index(request->passed, DeliveryRecipient, i).address);
    for (guint i = 0; i < request->recipients->len && some->len < INTAKE_RECIPIENTS_BYTES; i++)
        g_string_append_printf(some, "%s%s", some->len > 0 ? " " : "",
                               g_array_index(request->recipients, DeliveryRecipient, i).address);
    for (guint i = 0; i < request->destinations->len; i++) {
        const DeliveryDestination *d = request->destinations->pdata[i];
        for (guint j = 0; j < d->addresses->len && some->len < INTAKE_RECIPIENTS_BYTES; j++)
            g_string_append_printf(some, "%s%s", some->len > 0 ? " " : "",
                                   (const char *)d->addresses->pdata[j]);
    }
    return g_string_free(some, FALSE);
}

static gboolean add_intake(Work *work, GError **error) {
    DeliveryRequest *request = work->request;
    g_autofree char *recipients = some_recipients(request);
    g_autofree char *outcome = buffer_steal_string(&work->outcome);
    StoreIntake intake = {
        .session = request->session,
        .door = request->door,
        .sender = request->sender,
        .recipients = recipients,
        .message_id = request->parsed->message_id,
        .outcome = outcome,
        .size = request->size,
        .received = clock_now(),
        .submitter = request->submitter,
        .blob = work->blob,
    };
    if (!store_intake_add(request->delivery->store, work->conn, &intake, &request->intake, error))
        return FALSE;
    GPtrArray *destinations = request->destinations;
    if (destinations->len == 0)
        return TRUE;
    const DeliveryDestination *first = destinations->pdata[0];
    const DeliveryDestination *last = destinations->pdata[destinations->len - 1];
    return queue_set_intake(work->conn, first->entry, last->entry, request->intake, error);
}

static gboolean deliver_all(Work *work, GError **error) {
    DeliveryRequest *request = work->request;
    Bytes all;
    if (request->counted && !queue_limit_count(work->conn, &request->limits, &request->sent,
                                               clock_now(), &request->limit, error))
        return FALSE;
    gint64 references = (gint64)request->recipients->len + request->destinations->len;
    if (!blob_writer_view(request->writer, &all, error) ||
        !blob_insert(work->conn, request->writer,
                     bytes_slice(all, 0, request->parsed->header_bytes), references, &work->blob,
                     error))
        return FALSE;
    for (guint i = 0; i < request->passed->len; i++) {
        const DeliveryRecipient *r = &g_array_index(request->passed, DeliveryRecipient, i);
        buffer_printf(&work->outcome, "%s account=%" G_GINT64_FORMAT " forwarded\n", r->address,
                      r->account);
    }
    g_auto(Freeze) freeze = {.delivery = request->delivery};
    if (request->secret.place != SECRET_NOWHERE) {
        if (!freeze_begin(&freeze, work->conn, work->blob, request->evidence, error))
            return FALSE;
        work->freeze = &freeze;
    }
    for (guint i = 0; i < request->recipients->len; i++)
        if (!deliver_local(work, &g_array_index(request->recipients, DeliveryRecipient, i), error))
            return FALSE;
    if (work->freeze != NULL && !freeze_end(&freeze, work->conn, error))
        return FALSE;
    work->freeze = NULL;
    for (guint i = 0; i < request->destinations->len; i++)
        if (!enqueue(work, request->destinations->pdata[i], error))
            return FALSE;
    return add_intake(work, error);
}

/* Bytes that the lines of outcome take at most. */
static gsize outcome_bytes(const DeliveryRequest *request) {
    gsize bytes = 1;
    for (guint i = 0; i < request->passed->len; i++)
        bytes += OUTCOME_LINE_BYTES +
                 strlen(g_array_index(request->passed, DeliveryRecipient, i).address);
    for (guint i = 0; i < request->recipients->len; i++)
        bytes += OUTCOME_LINE_BYTES +
                 strlen(g_array_index(request->recipients, DeliveryRecipient, i).address);
    for (guint i = 0; i < request->destinations->len; i++) {
        const DeliveryDestination *d = request->destinations->pdata[i];
        bytes += d->recipients->len + (gsize)d->addresses->len * OUTCOME_LINE_BYTES;
    }
    return bytes;
}

gboolean delivery_commit(DbConn *conn, gpointer data, GError **error) {
    DeliveryRequest *request = data;
    Work work = {.request = request, .conn = conn};
    buffer_init(&work.outcome, outcome_bytes(request));
    gboolean ok = deliver_all(&work, error);
    if (ok) {
        metric_add(&delivered_total, request->recipients->len);
        metric_add(&queued_total, request->destinations->len);
    }
    buffer_release(&work.outcome);
    return ok;
}
