/* Email: a message as JMAP knows it, by one name however often it is moved (RFC 8621 4.1.1).
 *
 * The name is the place where the message first lay, its birth: no other message ever lies there,
 * and it costs nothing to know as long as the message stays. A move inside of an account leaves a
 * row in `place` that leads from the new place back to the birth; it outlives the message until the
 * change log's horizon, so that what vanished from a mailbox can be told from what was moved.
 *
 * A message's conversation, as IMAP's THREADID has it, stands in its narrow row. */
#ifndef CV_STORE_EMAIL_H
#define CV_STORE_EMAIL_H

#include "store/store.h"

typedef guint64 StoreBirth; /* UIDVALIDITY << 32 | UID */

static inline StoreBirth store_birth(guint32 uidvalidity, guint32 uid) {
    return (StoreBirth)uidvalidity << 32 | uid;
}

#define STORE_TRAIT_ATTACHMENT (1u << 0) /* has an attachment, see message.h */

typedef struct {
    StoreBirth birth;
    gint64 received; /* Unix microseconds */
    StoreFlags flags;
    guint64 thread; /* hash of the conversation's first Message-ID; 0: it is one of its own */
    guint64 size;   /* bytes, prefix included */
    guint32 uid;
    guint traits;
} StoreEmail;

/* Where it lies now; *mailbox 0: nowhere in this account. */
gboolean store_email_find(Store *store, DbConn *conn, gint64 account, StoreBirth birth,
                          gint64 *mailbox, guint32 *uid, GError **error);
/* The name of the message that lies there. */
gboolean store_email_birth(DbConn *conn, gint64 mailbox, guint32 uidvalidity, guint32 uid,
                           StoreBirth *birth, GError **error);

/* FALSE stops the walk (which is no error). Must not begin another walk on this connection. */
typedef gboolean (*StoreEmailEach)(const StoreEmail *email, gpointer data);
/* All of a mailbox with from <= uid <= to, in order of UID. */
gboolean store_email_each(Store *store, DbConn *conn, gint64 mailbox, guint32 uidvalidity,
                          guint32 from, guint32 to, StoreEmailEach each, gpointer data,
                          GError **error);
/* The same number of a message with its meta, for those that do not walk. */
gboolean store_email_thread(Store *store, DbConn *conn, const StoreMessage *message,
                            guint64 *thread, GError **error);

/* Takes the messages out for good, whatever their flags, in slices. */
gboolean store_email_destroy(Store *store, gint64 mailbox, const StoreUids *uids, GError **error);

/* ---- What changed (RFC 8620 5.2) ---- */

typedef enum { STORE_CREATED, STORE_UPDATED, STORE_DESTROYED } StoreChangeKind;
typedef struct {
    StoreChangeKind kind;
    guint64 modseq; /* when it happened last */
    StoreBirth birth;
    gint64 mailbox; /* where it lies, or lay */
} StoreEmailChange;
/* Everything in the account after `since`, each e-mail once, in order of (modseq, birth). What came
 * and went since is left out where that can be known. *complete FALSE: it cannot be told. */
gboolean store_email_changes(Store *store, DbConn *conn, gint64 account, guint64 since, GArray *out,
                             gboolean *complete, GError **error);

typedef struct {
    StoreChangeKind kind;
    guint32 uidvalidity;
    gboolean named; /* updated: more than its counts */
} StoreMailboxChange;
/* The same of mailboxes, in no order. */
gboolean store_mailbox_changes(Store *store, DbConn *conn, gint64 account, guint64 since,
                               GArray *out, gboolean *complete, GError **error);

#endif
