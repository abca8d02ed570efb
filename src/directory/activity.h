/* Activity: when each account last sent, last received and last signed in, and who lies idle by it
 * [Điều 4.2.c].
 *
 * What is seen is kept in memory and written with everybody else's, in one transaction a minute: a
 * message costs no flush of its own, and a crash loses a few minutes. Not seen are notices of the
 * system, the warning before a lock among them, and mail judged spam. The record begins when the
 * directory is first opened by a version that has it; nobody is idle for what came before. */
#ifndef CV_DIRECTORY_ACTIVITY_H
#define CV_DIRECTORY_ACTIVITY_H

#include "audit/audit.h"
#include "directory/directory.h"
#include "regulation/idle.h"

typedef enum {
    ACTIVITY_SENT,
    ACTIVITY_RECEIVED,
    ACTIVITY_SIGNED_IN,
    ACTIVITIES,
} DirectoryActivity;

/* Any thread; memory only. */
void directory_saw(Directory *directory, gint64 account, DirectoryActivity what);
/* Writes what was seen since it was last called; on an error it is kept for the next time. Waits
 * for the flush. */
gboolean directory_activity_write(Directory *directory, GError **error);

/* Reasons that exempt from a lock for idleness. */
typedef enum {
    EXEMPT_MATERNITY,
    EXEMPT_ILLNESS,
    EXEMPT_STUDY,
    EXEMPT_SECONDMENT,
    EXEMPT_OTHER, /* needs a text */
    EXEMPTIONS,
} DirectoryExemption;
/* "maternity", "thai sản" …; FALSE: none of them. */
gboolean directory_exemption_find(const char *text, DirectoryExemption *kind);
const char *directory_exemption_name(DirectoryExemption kind); /* "maternity" */
const char *directory_exemption_word(DirectoryExemption kind); /* "nghỉ thai sản" */

typedef struct {
    const char *address;
    DirectoryExemption kind;
    const char *text;        /* NULL or "": none */
    CalendarDay from, until; /* both included */
} DirectoryNewExemption;
/* On act's ground. INPUT (no text for OTHER, ends before it begins), NOT_FOUND. */
gboolean directory_exempt(Directory *directory, const DirectoryNewExemption *exemption,
                          const AuditAct *act, GError **error);
/* Ends what runs on this day or later; NOT_FOUND when nothing does. */
gboolean directory_exempt_end(Directory *directory, const char *address, CalendarDay today,
                              const AuditAct *act, GError **error);

typedef struct {
    gint64 account;
    const char *address, *name;           /* as in a listing */
    const char *unit_address, *unit_name; /* full address of the unit's mailbox */
    DirectoryKind kind;
    gint64 times[ACTIVITIES]; /* Unix microseconds; 0: never seen */
    gint64 warned;            /* the last letter; 0: none since the account was last used */
    IdleJudgement judgement;
    const char *reason; /* EXEMPT: "nghỉ thai sản, …"; else "" */
    CalendarDay exempt_until;
    CalendarDay no_sign_in; /* the day since which nobody signed in */
} DirectoryIdleRow;

typedef struct {
    const char *unit;    /* key; NULL: all */
    const char *address; /* only this account; NULL: all. Then also one that is in use. */
    CalendarDay today;
    gint64 no_sign_in_days; /* not 0: instead, those without signing in for so many days */
} DirectoryIdleFilter;
/* Calls each with every active account of a person or unit that is a candidate or exempt, by unit;
 * strings are valid during the call. FALSE from each stops. One pass over all accounts. */
gboolean directory_idle_each(Directory *directory, const Regulation *regulation,
                             const DirectoryIdleFilter *filter,
                             gboolean (*each)(const DirectoryIdleRow *row, gpointer data),
                             gpointer data, GError **error);
/* The letter went to these accounts (gint64): one audit record each, in one transaction. */
gboolean directory_idle_warned(Directory *directory, const GArray *accounts, const AuditAct *act,
                               GError **error);

#endif
