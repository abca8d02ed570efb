/* Queue: mail for other domains, durable in mail.db (its tables are steps of the store's schema).
 * An entry is one message for one destination domain. Sending runs
 * elsewhere (smtp/client) and knows this folder only by these calls. */
#ifndef CV_QUEUE_QUEUE_H
#define CV_QUEUE_QUEUE_H

#include "blob/blob.h"
#include "db/db.h"

extern const char queue_schema_v1[], queue_schema_v3[]; /* v3: limit.c */

typedef enum { QUEUE_WAITING, QUEUE_HELD, QUEUE_SENDING } QueueState;

typedef struct {
    gint64 id;
    gint64 account;         /* submitter, 0 for our own notices */
    const char *sender;     /* envelope, "" for the null sender */
    const char *domain;     /* destination, ASCII lower case */
    const char *recipients; /* one a line: an address may have blanks in quotation marks */
    /* RFC 3461, as asked for: "RET=HDRS ENVID=…" in the first line if there is any, then a line for
     * each recipient that has them: address, tab, "NOTIFY=… ORCPT=…". "" for none. */
    const char *dsn;
    const char *body; /* "7BIT", "8BITMIME", "BINARYMIME" */
    gboolean smtputf8;
    BlobId blob;
    guint64 size;  /* bytes */
    gint64 intake; /* id of the reception record */
    QueueState state;
    gint64 received, next; /* Unix microseconds: entered, next attempt */
    guint attempts;
    const char *last_answer; /* what the far end said last, or why we hold it */
    gboolean warned;         /* the sender was told of the delay */
} QueueEntry;

/* Told on the writer thread, after the commit, that entries came in or may go on (id 0: several).
 * One listener, because a process has one queue; set it before the first change. */
void queue_set_listener(void (*listener)(gint64 id, gpointer data), gpointer data);

/* Inside a DbWork: one reference of the blob is the entry's (the caller counted it). */
gboolean queue_insert(DbConn *conn, const QueueEntry *entry, gint64 *id, GError **error);
/* Inside the same DbWork: names the reception record of the entries first … last, which is written
 * after them because it names them. */
gboolean queue_set_intake(DbConn *conn, gint64 first, gint64 last, gint64 intake, GError **error);
typedef gboolean (*QueueEach)(const QueueEntry *entry, gpointer data);
gboolean queue_each(DbConn *conn, QueueEach each, gpointer data, GError **error);
/* What waits with a number above `after`, by number, at most `limit`. */
gboolean queue_each_waiting(DbConn *conn, gint64 after, guint limit, QueueEach each, gpointer data,
                            GError **error);
/* How many there are, by QueueState. */
gboolean queue_count(DbConn *conn, gint64 counts[QUEUE_SENDING + 1], GError **error);
/* The entry; strings are valid during each only. NOT_FOUND. */
gboolean queue_get(DbConn *conn, gint64 id, QueueEach each, gpointer data, GError **error);
/* Hold or release one entry. */
gboolean queue_hold(Db *mail, gint64 id, gboolean hold, const char *why, GError **error);
/* [Điều 4.2.c] Inside a DbWork: what a locked or closed account has waiting is held; what is held
 * for that reason alone waits again when the account is active again. */
gboolean queue_follow_account(DbConn *conn, gint64 account, gboolean may_send, GError **error);
/* Inside a DbWork: what is held of this account for exactly this reason is dropped; or waits again
 * (may_send), or stays held as a locked account's. *entries: how many there were. */
gboolean queue_drop_held(DbConn *conn, gint64 account, const char *why, gint64 *entries,
                         GError **error);
gboolean queue_release_held(DbConn *conn, gint64 account, const char *why, gboolean may_send,
                            gint64 *entries, GError **error);
/* Holds everything that is not held yet: after a restore, when it may have been sent before. */
gboolean queue_hold_all(Db *mail, const char *why, GError **error);
/* Makes it due now. */
gboolean queue_retry(Db *mail, gint64 id, GError **error);
/* Removes it without a notice to the sender; gives the blob's reference back. */
gboolean queue_drop(Db *mail, gint64 id, GError **error);

#endif
