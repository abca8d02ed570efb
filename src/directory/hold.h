/* Hold: a legal hold on an account or on a case: nothing of it is deleted until it ends, whatever
 * its user, the housekeeping or the end of a retention would do [Điều 10.1.c, 12.4].
 *
 * A hold on an account reaches the store by the pending mark (store/hold.h); one on a request keeps
 * its file and its personal data (casework/keep.c); other kinds of case ask directory_case_held. */
#ifndef CV_DIRECTORY_HOLD_H
#define CV_DIRECTORY_HOLD_H

#include "audit/audit.h"
#include "directory/directory.h"

extern const char directory_schema_holds[];

typedef struct {
    const char *account; /* address or local part; or */
    const char *what;    /* a case: "request 12", as directory_case_name makes it */
    const char *reason;
    gint64 until; /* first moment without, Unix microseconds; 0: until it is ended */
} DirectoryNewHold;
/* INPUT (neither or both, no reason, in the past), NOT_FOUND. */
gboolean directory_hold_begin(Directory *directory, const DirectoryNewHold *hold,
                              const AuditAct *act, gint64 *id, GError **error);
/* NOT_FOUND; EXISTS: it has ended. */
gboolean directory_hold_end(Directory *directory, gint64 id, const AuditAct *act, GError **error);
/* Ends those whose time is over. For directory_pending. */
gboolean directory_holds_turn(Directory *directory, GError **error);

typedef struct {
    gint64 id;
    const char *subject; /* the account's address, or the case */
    gint64 account;      /* 0: a case */
    const char *reason, *ground, *who;
    gint64 since, until; /* 0: open */
    gint64 ended;        /* 0: in force */
    const char *ended_by, *ended_why;
} DirectoryHold;
typedef gboolean (*DirectoryHoldEach)(const DirectoryHold *hold, gpointer data);
/* The newest first; id 0: all. */
gboolean directory_hold_each(Directory *directory, gint64 id, DirectoryHoldEach each, gpointer data,
                             GError **error);

gboolean directory_account_held(Directory *directory, gint64 account, gboolean *held,
                                GError **error);
/* "request 12"; g_free. */
char *directory_case_name(const char *kind, gint64 number);
/* Inside a transaction. */
gboolean directory_case_held(DbConn *conn, const char *name, gboolean *held, GError **error);

#endif
