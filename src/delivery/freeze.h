/* Freeze: a message with a state secret stays where it is, open to nobody, and a notice stands in
 * its place [Điều 6.1]. What it is and who may decide of it is another office's; here it is only
 * kept from being read, copied and searched, until an operator lets it go by a recorded decision
 * (store/withdraw.h). */
#ifndef CV_DELIVERY_FREEZE_H
#define CV_DELIVERY_FREEZE_H

#include "delivery/delivery.h"
#include "message/message.h"
#include "store/withdraw.h"

typedef struct {
    Delivery *delivery;
    gint64 withdrawal;
    /* The notice, once for all copies; made with the first. */
    BlobId notice;
    guint64 notice_size;
    MessageParsed *parsed;
} Freeze;
void freeze_clear(Freeze *freeze);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Freeze, freeze_clear)

/* Inside the DbWork of a delivery: makes the record, freezes one copy that was just inserted (call
 * it for each), ends. */
gboolean freeze_begin(Freeze *freeze, DbConn *conn, BlobId blob, const char *evidence,
                      GError **error);
gboolean freeze_copy(Freeze *freeze, DbConn *conn, gint64 mailbox, guint32 uid, GError **error);
gboolean freeze_end(Freeze *freeze, DbConn *conn, GError **error);

/* Freezes all copies of messages that were delivered before; *id: of the record. Goes on with one
 * that a crash cut short when resume is its number (then the rest is not looked at). Waits for
 * flushes: not on the writer thread. */
gboolean delivery_freeze(Delivery *delivery, const BlobId *blobs, guint count,
                         const StoreWithdrawal *record, gint64 resume, gint64 *id, GError **error);

#endif
