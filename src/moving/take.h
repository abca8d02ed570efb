/* Take: a batch into an account's mailboxes. Each message comes in exactly once however often its
 * batch is sent: what was taken is marked in the transaction that inserts it (store/taken.h).
 * Waits for the flush: never on the writer thread. */
#ifndef CV_MOVING_TAKE_H
#define CV_MOVING_TAKE_H

#include "moving/batch.h"

/* What became of a message: one letter each in MovingTaken.codes, in the order of the batch. */
enum {
    MOVING_TAKEN = 't',
    MOVING_TAKEN_PARTLY = 'k', /* without keywords: the account has STORE_KEYWORD_COUNT others */
    MOVING_HAD = 'h',          /* taken in an earlier run, or twice in the batch's history */
    MOVING_REFUSED = 's',      /* a state secret [Điều 6.1]; nothing of it was kept */
    MOVING_FULL = 'q',         /* the account's quota; everything behind it has this too */
};

typedef struct {
    GString *codes;                 /* the caller makes it */
    gint64 quota_used, quota_limit; /* out, where there is a MOVING_FULL */
} MovingTaken;

/* INPUT: the batch is broken; LIMIT: a mailbox cannot be made; BUSY, STORAGE. Messages before the
 * one that failed may have been taken; sending the batch again is always right. */
gboolean moving_take(Store *store, gint64 account, Bytes batch, MovingTaken *taken, GError **error);

#endif
