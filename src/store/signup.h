/* Signup: mail of social networks, shops and the like to official addresses, counted by account,
 * service and month [Điều 8.4]. Written with the message; nothing else is kept of it. */
#ifndef CV_STORE_SIGNUP_H
#define CV_STORE_SIGNUP_H

#include "db/db.h"

typedef struct {
    gint64 account;
    const char *service;            /* domain, as the regulation lists it */
    gint64 month;                   /* 202211 */
    gint64 messages, confirmations; /* all; those that confirm a sign-up */
    gint64 first, last;             /* Unix microseconds */
} StoreSignup;
/* Inside a DbWork: one more message at `last`, which confirms a sign-up or not (confirmations); the
 * rest of the figures are the row's. */
gboolean store_signup_count(DbConn *conn, const StoreSignup *seen, GError **error);
typedef void (*StoreSignupEach)(const StoreSignup *seen, gpointer data);
/* Months from..until, both included; the newest first. */
gboolean store_signup_each(DbConn *conn, gint64 from, gint64 until, StoreSignupEach each,
                           gpointer data, GError **error);

#endif
