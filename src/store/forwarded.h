/* Forwarded: mail that outside providers forwarded into mailboxes automatically, counted by account
 * [Điều 8.5]. One row for an account, written with the message. */
#ifndef CV_STORE_FORWARDED_H
#define CV_STORE_FORWARDED_H

#include "db/db.h"

typedef struct {
    gint64 account, messages;
    gint64 first, last;    /* Unix microseconds */
    const char *forwarder; /* of the last: the account that forwards, as far as it can be told */
    const char *sign;      /* of the last: what showed it */
} StoreForwarded;
/* Inside a DbWork: one more; messages and first are the row's. */
gboolean store_forwarded_count(DbConn *conn, const StoreForwarded *seen, GError **error);
typedef void (*StoreForwardedEach)(const StoreForwarded *seen, gpointer data);
/* Most first. */
gboolean store_forwarded_each(DbConn *conn, StoreForwardedEach each, gpointer data, GError **error);

#endif
