/* The report address [Điều 12.3]: what a signed-in person of ours forwards there is kept as
 * evidence of a case. Mail from outside to it is ordinary mail, to the mailbox behind the address:
 * a stranger opens no cases. */
#include "base/clock.h"
#include "delivery/internal.h"
#include "store/evidence.h"

gboolean delivery_is_report(DeliveryRequest *request, const char *address) {
    Delivery *delivery = request->delivery;
    if (request->submitter == 0)
        return FALSE;
    g_mutex_lock(&delivery->lock);
    gsize n = delivery->report == NULL ? 0 : strlen(delivery->report);
    gboolean is = n > 0 && g_ascii_strncasecmp(address, delivery->report, n) == 0 &&
                  (address[n] == '@' || address[n] == '+');
    g_mutex_unlock(&delivery->lock);
    return is;
}

/* "spam" of "baosuco+spam@…"; "" when it has none. g_free. */
static char *tag_of(const char *address) {
    const char *plus = strchr(address, '+'), *at = strrchr(address, '@');
    if (plus == NULL || at == NULL || plus > at)
        return g_strdup("");
    return g_strndup(plus + 1, (gsize)(at - plus - 1));
}

gboolean delivery_keep_report(DbConn *conn, const DeliveryRequest *request,
                              const DeliveryRecipient *recipient, BlobId blob, Bytes prefix,
                              gint64 *id, GError **error) {
    g_autofree char *kind = tag_of(recipient->address);
    const StoreEvidence evidence = {.blob = blob,
                                    .size = request->size + prefix.n,
                                    .prefix = prefix,
                                    .reporter = request->submitter,
                                    .address = request->sender,
                                    .kind = kind,
                                    .received = clock_now()};
    return store_evidence_add(conn, &evidence, id, error);
}
