/* Limit: how much an account and its unit send in a time, counted at submission [Điều 8.3]. Whoever
 * crosses is a suspect: the account's mail for other domains is held in the queue until an operator
 * releases it or locks the account [Điều 4.2.c]. Mail inside the domain is counted, never held; no
 * other account is slowed, not even of the same unit.
 *
 * Each figure is a bucket that may be filled at once and empties evenly over the window. What was
 * counted lies in mail.db, one row for an account and one for a unit, written with the message:
 * nothing is kept in memory and a restart changes nothing. */
#ifndef CV_QUEUE_LIMIT_H
#define CV_QUEUE_LIMIT_H

#include "db/db.h"

typedef enum { LIMIT_MESSAGES, LIMIT_RECIPIENTS, LIMIT_OUTSIDE, LIMIT_MEASURES } QueueMeasure;
/* "messages", "recipients", "outside" */
const char *queue_measure_name(QueueMeasure measure);

typedef struct {
    gint64 window;                                        /* microseconds */
    gint64 account[LIMIT_MEASURES], unit[LIMIT_MEASURES]; /* in the window; 0: no limit */
} QueueLimits;

typedef struct {
    gint64 account, unit; /* unit 0: none */
    gint64 count[LIMIT_MEASURES];
    const char *session; /* for the evidence */
} QueueSent;

typedef enum {
    LIMIT_WITHIN,
    LIMIT_CROSSED, /* by this message: what the account has waiting was held */
    LIMIT_SUSPECT, /* before */
} QueueLimitState;

/* Inside a DbWork, before the message's entries: counts it and judges. now: Unix microseconds. */
gboolean queue_limit_count(DbConn *conn, const QueueLimits *limits, const QueueSent *sent,
                           gint64 now, QueueLimitState *state, GError **error);
/* Why such entries are held (their last_answer). */
extern const char queue_held_by_limit[];

typedef struct {
    gint64 account, since;
    const char *evidence; /* JSON: what was crossed, by how much, in which session */
    gint64 held;          /* entries in the queue */
    gboolean recorded;    /* in the audit trail */
} QueueSuspect;
typedef void (*QueueEachSuspect)(const QueueSuspect *suspect, gpointer data);
/* account 0: all. */
gboolean queue_each_suspect(DbConn *conn, gint64 account, QueueEachSuspect each, gpointer data,
                            GError **error);
/* It is in the audit trail now. */
gboolean queue_suspect_recorded(Db *mail, gint64 account, GError **error);
/* The account is no suspect any more and begins anew; what was held goes on, or is dropped.
 * may_send: the account is active (else the entries stay held as a locked account's). NOT_FOUND: it
 * is none.
 */
gboolean queue_suspect_release(Db *mail, gint64 account, gboolean drop, gboolean may_send,
                               gint64 *entries, GError **error);

#endif
