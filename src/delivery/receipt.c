/* "It is in the mailbox": the notice for recipients of ours whose sender asked with NOTIFY=SUCCESS
 * (RFC 3461 5.2.3). It is made before the message's transaction and delivered in one of its own
 * behind it: a full mailbox of the sender must not keep the message from its recipients. A crash
 * between the two loses the notice, never the message. */
#include "base/clock.h"
#include "base/log.h"
#include "delivery/internal.h"
#include "queue/notice.h"

enum { NOTICE_MOST_BYTES = 1024 * 1024 };

void delivery_set_notify(Delivery *delivery, const char *hostname, const char *domain,
                         DeliveryNotify notify, gpointer data) {
    delivery->hostname = g_strdup(hostname);
    delivery->domain = g_strdup(domain);
    delivery->notify = notify;
    delivery->notify_data = data;
}

static gboolean asked(const DeliveryRecipient *recipient) {
    return recipient->dsn != NULL && (queue_notify_of(recipient->dsn) & QUEUE_NOTIFY_SUCCESS) != 0;
}

static DeliveryRequest *make_receipt(const DeliveryRequest *request, const QueueNotice *notice) {
    const Delivery *delivery = request->delivery;
    g_auto(Buffer) text;
    buffer_init(&text, NOTICE_MOST_BYTES);
    if (queue_notice_write(notice, &text))
        return delivery->notify(request->sender, buffer_bytes(&text), delivery->notify_data);
    log_event(LOG_LEVEL_WARNING, "delivery.receipt", "session", request->session, "error",
              "the notice does not fit", NULL);
    return NULL;
}

void delivery_prepare_receipt(DeliveryRequest *request, Bytes message) {
    const Delivery *delivery = request->delivery;
    if (delivery->notify == NULL || *request->sender == '\0') /* RFC 3461 6.1: none about notices */
        return;
    g_autofree QueueFate *fates = g_new0(QueueFate, request->recipients->len);
    g_autofree QueueNoticeRecipient *told = g_new0(QueueNoticeRecipient, request->recipients->len);
    QueueNotice notice = {
        .kind = QUEUE_NOTICE_DELIVERED,
        .hostname = delivery->hostname,
        .domain = delivery->domain,
        .sender = request->sender,
        .parameters = request->dsn == NULL ? "" : request->dsn,
        .received = clock_now(),
        .now = clock_now(),
        .until = clock_now(),
        .recipients = told,
        .message = message,
    };
    for (guint i = 0; i < request->recipients->len; i++) {
        const DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        if (!asked(r))
            continue;
        fates[notice.count] = (QueueFate){r->address, QUEUE_DELIVERED, "2.1.5", "", ""};
        told[notice.count] = (QueueNoticeRecipient){&fates[notice.count], r->dsn};
        notice.count++;
    }
    if (notice.count > 0)
        request->receipt = make_receipt(request, &notice);
}

static void receipt_done(gpointer data, const GError *error) {
    DeliveryRequest *receipt = data;
    if (error != NULL)
        log_event(LOG_LEVEL_WARNING, "delivery.receipt", "error", error->message, NULL);
    delivery_request_free(receipt);
}

void delivery_send_receipt(DeliveryRequest *request) {
    DeliveryRequest *receipt = g_steal_pointer(&request->receipt);
    if (receipt != NULL)
        db_submit(store_db(request->delivery->store), delivery_commit, receipt_done, receipt);
}
