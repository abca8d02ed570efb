/* Idle: which accounts lie unused for so long that the regulation lets them be locked
 * [Điều 4.2.c]. Pure; any thread. */
#ifndef CV_REGULATION_IDLE_H
#define CV_REGULATION_IDLE_H

#include "regulation/calendar.h"

/* Days in Vietnam; CALENDAR_NONE: never, none. */
typedef struct {
    CalendarDay sent, received, signed_in; /* the last ones */
    CalendarDay since;        /* the account was given, or the record of activity begins */
    CalendarDay exempt_until; /* last day of the latest reason that was recorded */
} IdleFacts;

typedef enum {
    IDLE_IN_USE,
    IDLE_EXEMPT,    /* would be a candidate, but for a recorded reason */
    IDLE_CANDIDATE, /* may be locked, on decision */
} IdleState;

typedef struct {
    IdleState state;
    const char *rule;    /* "idle" (neither sent nor received) or "signin"; NULL in use */
    const char *article; /* "Điều 4.2.c" */
    CalendarDay last;    /* the day from which the months count */
    CalendarDay from;    /* the first day on which it is a candidate */
} IdleJudgement;

/* The time under a recorded reason does not count: the months begin again behind its last day. */
IdleJudgement regulation_idle(const Regulation *regulation, const IdleFacts *facts,
                              CalendarDay today);
/* What the letter before a lock says of one account, a sentence in Vietnamese and one in English.
 * judgement: a candidate's. */
Verdict *regulation_idle_verdict(const Regulation *regulation, const IdleJudgement *judgement,
                                 const char *address, CalendarDay answer);
/* The last day for the unit to tell a reason, when it is warned today. */
CalendarDay regulation_idle_answer(const Regulation *regulation, CalendarDay today);

/* The ground of a lock for idleness, allowed with its words; or why not yet: it is in use, a reason
 * is on record (reason, "" none), no letter has warned, the unit may still answer. warned: the day
 * of the letter, CALENDAR_NONE when there was none. */
Verdict *regulation_lock_idle(const Regulation *regulation, const IdleJudgement *judgement,
                              const char *reason, CalendarDay warned, CalendarDay today);

#endif
