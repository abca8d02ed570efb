/* Withdraw: one message out of all mailboxes that have it, and back: a phishing mail, a mistake
 * (taken back), or a state secret that came in (frozen) [Điều 6.1, 8.1].
 *
 * A copy that is withdrawn leaves its mailbox as an expunged one does (UIDs, counts and quota
 * follow), but nobody can read it any more, not even who still has it in view, and the sweep lets
 * it lie: its row and its bytes are the evidence, and what an undo puts back, with its flags and
 * under a new UID. Everything goes in slices; what a crash cuts short goes on with store_withdraw
 * and store_withdrawal_return. */
#ifndef CV_STORE_WITHDRAW_H
#define CV_STORE_WITHDRAW_H

#include "store/store.h"

extern const char store_withdraw_schema[];

typedef enum { STORE_TAKEN_BACK, STORE_FROZEN } StoreWithdrawalKind;
typedef enum {
    STORE_WITHDRAWING, /* under way */
    STORE_WITHDRAWN,
    STORE_RETURNING,
    STORE_RETURNED,
} StoreWithdrawalState;

typedef struct {
    gint64 id;
    StoreWithdrawalKind kind;
    StoreWithdrawalState state;
    const char *message_id;                 /* "" when it is not to be told */
    const char *ground;                     /* document or reason */
    const char *who;                        /* of the audit trail */
    const char *evidence;                   /* JSON for the trail, or "" */
    gint64 at;                              /* Unix microseconds */
    const char *return_ground, *return_who; /* "" until then */
    gint64 return_at;                       /* 0: not returned */
    gboolean recorded;                      /* the trail has what the state says */
    gint64 copies, seen, returned;          /* counted */
} StoreWithdrawal;

/* Inside a DbWork: makes the record; id, state, counts of `new` are not looked at. */
gboolean store_withdrawal_add(DbConn *conn, const StoreWithdrawal *new, const BlobId *blobs,
                              guint count, gint64 *id, GError **error);
/* Inside a DbWork: one copy. NOT_FOUND: it is not in the mailbox. */
gboolean store_withdraw_copy(Store *store, DbConn *conn, gint64 withdrawal, gint64 mailbox,
                             guint32 uid, GError **error);
/* Called in the transaction that withdraws a copy: may put something in its place. */
typedef gboolean (*StoreReplace)(DbConn *conn, gint64 mailbox, gpointer data, GError **error);
/* All copies that there are, and those that are made while it runs; then the state is WITHDRAWN.
 * replace may be NULL. Not on the writer thread. */
gboolean store_withdraw(Store *store, gint64 withdrawal, StoreReplace replace, gpointer data,
                        GError **error);
/* Puts everything back, into the INBOX where a mailbox is gone. REFUSED: it is not withdrawn. Not
 * on the writer thread. */
gboolean store_withdrawal_return(Store *store, gint64 withdrawal, const char *ground,
                                 const char *who, GError **error);
/* That the trail has the present state. */
gboolean store_withdrawal_recorded(Store *store, gint64 withdrawal, GError **error);
/* Inside a DbWork: a state to go on from. */
gboolean store_withdrawal_set_state(DbConn *conn, gint64 withdrawal, StoreWithdrawalState state,
                                    GError **error);

/* The newest first; id 0: all. FALSE from `each` stops. */
typedef gboolean (*StoreWithdrawalEach)(const StoreWithdrawal *withdrawal, gpointer data);
gboolean store_withdrawal_each(DbConn *conn, gint64 id, StoreWithdrawalEach each, gpointer data,
                               GError **error);

typedef struct {
    gint64 account, mailbox;
    guint32 uid;
    gboolean seen; /* was read when it was found */
    BlobId blob;
} StoreCopyFound;
/* Every copy of the blobs, by a walk over all messages in slices. Not on the writer thread. */
gboolean store_copies_find(Store *store, const BlobId *blobs, guint count, GArray *found,
                           GError **error); /* StoreCopyFound */
/* The copies of a withdrawal, as they were. */
gboolean store_withdrawn_list(DbConn *conn, gint64 withdrawal, GArray *found, GError **error);
/* The blobs of a withdrawal (gint64). */
GArray *store_withdrawal_blobs(DbConn *conn, gint64 withdrawal, GError **error);

/* For store_verify. */
gboolean store_withdraw_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                               gpointer data, GError **error);

#endif
