/* Taken: what was moved in from other systems, so that moving in may be interrupted and repeated
 * without doubling or losing a message. A message is marked in the transaction that inserts it.
 *
 * A source is a name of the caller's for one account: a folder of another server, or what goes into
 * one of our mailboxes. In a source a message is known in one of two ways, and may be in both:
 *  - by its UID, as long as the source's UIDVALIDITY is the same (RFC 9051 2.3.1.1);
 *  - by its content: a digest, and how many of it were taken. The n-th message of a run with this
 *    digest is new when fewer than n were taken, so that copies that are truly there stay copies.
 *
 * What was deleted here after it was moved in stays taken: a second run does not bring it back.
 * Inside a transaction of the caller; those that change run in a DbWork. */
#ifndef CV_STORE_TAKEN_H
#define CV_STORE_TAKEN_H

#include "store/store.h"

#define STORE_TAKEN_DIGEST_BYTES 16

/* The source's number; 0 when it is not known. *uidvalidity (may be NULL): the one it had. */
gboolean store_taken_find(DbConn *conn, gint64 account, const char *source, gint64 *id,
                          guint32 *uidvalidity, GError **error);
/* Writing: makes it when it is not known. Another UIDVALIDITY than before forgets its UIDs;
 * uidvalidity 0 (it has none) changes nothing. */
gboolean store_taken_source(DbConn *conn, gint64 account, const char *source, guint32 uidvalidity,
                            gint64 *id, GError **error);
/* Adds the UIDs that were taken from it. */
gboolean store_taken_uids(DbConn *conn, gint64 source, StoreUids *uids, GError **error);
gboolean store_taken_has_uid(DbConn *conn, gint64 source, guint32 uid, gboolean *has,
                             GError **error);
gboolean store_taken_add_uid(DbConn *conn, gint64 source, guint32 uid, GError **error);
/* How many messages with this digest were taken. */
gboolean store_taken_copies(DbConn *conn, gint64 source,
                            const guint8 digest[STORE_TAKEN_DIGEST_BYTES], gint64 *copies,
                            GError **error);
/* One more. */
gboolean store_taken_add_copy(DbConn *conn, gint64 source,
                              const guint8 digest[STORE_TAKEN_DIGEST_BYTES], GError **error);
/* Forgets everything about an account (0: about all); in slices. *forgotten: how many messages. A
 * later run would take all of them again. */
gboolean store_taken_forget(Store *store, gint64 account, gint64 *forgotten, GError **error);

#endif
