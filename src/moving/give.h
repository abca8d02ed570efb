/* Give: everything in an account's mailboxes as batches, for export. */
#ifndef CV_MOVING_GIVE_H
#define CV_MOVING_GIVE_H

#include "moving/batch.h"

/* Hands on a batch; FALSE: nobody wants more. */
typedef gboolean (*MovingGive)(Bytes batch, gpointer data);
/* Mailbox by mailbox in the order of their names, messages in the order of UIDs, in slices that are
 * a read transaction each: what arrives or goes meanwhile may be in it or not. A message has its
 * prefix (Return-Path, Delivered-To) in its content, as clients see it. Memory: one slice (4 MiB)
 * and one message. Errors: NOT_FOUND, BUSY (give said no), LIMIT (a message larger than a batch),
 * STORAGE, CORRUPT. */
gboolean moving_give(Store *store, gint64 account, MovingGive give, gpointer data, GError **error);

#endif
