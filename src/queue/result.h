/* Results: how an attempt to send an entry ended, for each recipient, and what is left to do. What
 * became final is kept beside the reception record for `trace`, as long as that is kept. */
#ifndef CV_QUEUE_RESULT_H
#define CV_QUEUE_RESULT_H

#include "queue/queue.h"

extern const char queue_schema_v2[];

typedef enum {
    QUEUE_STAYS,     /* nothing final: it is tried again */
    QUEUE_DELIVERED, /* the far end took it */
    QUEUE_RELAYED,   /* likewise, and it knows nothing of RFC 3461: no more will be heard */
    QUEUE_FAILED,    /* the far end refused it for good, or it cannot be sent */
    QUEUE_EXPIRED,   /* tried for its whole life */
    QUEUE_DROPPED,   /* by an operator */
} QueueAction;
const char *queue_action_name(QueueAction action);

typedef struct {
    const char *recipient;
    QueueAction action;
    const char *status; /* RFC 3463: "2.0.0" */
    const char *answer; /* of the far end, one line; "" when it said nothing */
    const char *remote; /* "mx.example.org [192.0.2.1]:25"; "" when none was reached */
} QueueFate;

typedef struct {
    gint64 entry, intake;
    const QueueFate *fates; /* the final ones are kept, QUEUE_STAYS is passed over */
    gsize count;
    const char *recipients, *dsn; /* what stays, in the forms of QueueEntry; "" and "": nothing */
    gint64 next;                  /* Unix microseconds */
    const char *last_answer;
    gboolean warned; /* its sender was told of the delay */
} QueueSettlement;
/* Inside a DbWork. An entry that was dropped meanwhile is no error: the fates are kept. */
gboolean queue_settle(DbConn *conn, const QueueSettlement *settlement, GError **error);
/* Inside a DbWork: entries (gint64) that were not even tried, because their destination could not
 * be reached, get the reason and the time of the next attempt. */
gboolean queue_postpone(DbConn *conn, const gint64 *entries, gsize count, gint64 next,
                        const char *why, GError **error);

typedef void (*QueueEachFate)(gint64 entry, gint64 at, const QueueFate *fate, gpointer data);
/* What became final of a reception, in the order in which it did. */
gboolean queue_each_fate(DbConn *conn, gint64 intake, QueueEachFate each, gpointer data,
                         GError **error);
/* The entries of a reception that still wait. */
gboolean queue_each_of_intake(DbConn *conn, gint64 intake, QueueEach each, gpointer data,
                              GError **error);
/* Removes the fates of receptions that are no longer recorded. In slices; now and then. */
gboolean queue_sweep(Db *mail, GError **error);

#endif
