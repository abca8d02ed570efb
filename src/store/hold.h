/* Hold: accounts of which nothing is deleted for good (a legal hold, directory/hold.h). Their users
 * may delete as ever and see it gone; the rows and bytes stay, reachable for nobody, until the hold
 * ends and the sweep comes by. */
#ifndef CV_STORE_HOLD_H
#define CV_STORE_HOLD_H

#include "store/store.h"

extern const char store_hold_schema[];

/* Inside a DbWork; idempotent. */
gboolean store_hold_put(DbConn *conn, gint64 account, gboolean on, GError **error);
gboolean store_is_held(DbConn *conn, gint64 account, gboolean *held, GError **error);
/* Is the account of this mailbox, deleted or not, held? */
gboolean store_is_mailbox_held(DbConn *conn, gint64 mailbox, gboolean *held, GError **error);

/* All that are held. */
gboolean store_hold_each(DbConn *conn, void (*each)(gint64 account, gpointer data), gpointer data,
                         GError **error);

/* What is kept of an account only because of the hold. */
typedef struct {
    gint64 messages, bytes;
} StoreKept;
gboolean store_hold_kept(DbConn *conn, gint64 account, StoreKept *out, GError **error);

#endif
