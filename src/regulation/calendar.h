/* Calendar: working days and the regulation's questions about days, in Vietnam's time.
 *
 * Working days are Monday to Friday, less holidays and days off in compensation, plus make-up
 * Saturdays. Announced years stand in the regulation's data; for other years they are made from the
 * law's holidays and the table of Tết and Hùng Vương days. Pure; any thread. */
#ifndef CV_REGULATION_CALENDAR_H
#define CV_REGULATION_CALENDAR_H

#include "regulation/regulation.h"

typedef gint32 CalendarDay; /* days since 1970-01-01 */
#define CALENDAR_NONE G_MININT32

/* Exactly YYYY-MM-DD, a day that exists, years 1900 to 2199. */
gboolean calendar_parse(Bytes text, CalendarDay *out);
/* "2022-06-17" */
void calendar_format(CalendarDay day, char out[11]);
/* The day in Vietnam (UTC+7) of a time in Unix microseconds. */
CalendarDay calendar_day_of(gint64 microseconds);
/* The same day some months later, the last of the month where it does not exist. */
CalendarDay calendar_add_months(CalendarDay day, gint64 months);
/* 1 Monday to 7 Sunday. */
int calendar_weekday(CalendarDay day);

gboolean calendar_is_working_day(const Regulation *regulation, CalendarDay day);
/* The last day for answering what was received on this day [Điều 4.2.b]. */
CalendarDay calendar_due(const Regulation *regulation, CalendarDay receipt);
/* Working days after `due` up to and with today; 0 when not overdue. */
gint64 calendar_overdue(const Regulation *regulation, CalendarDay due, CalendarDay today);
/* The latest day of notice for a stop on this day [Điều 10.2.b]. */
CalendarDay calendar_notice(const Regulation *regulation, CalendarDay stop);
/* May the service stop from this day to that one? today CALENDAR_NONE: the notice is not judged. */
Verdict *calendar_check_stop(const Regulation *regulation, CalendarDay first, CalendarDay last,
                             CalendarDay today);
/* TRUE: a candidate for locking; last is the last day with mail sent or received [Điều 4.2.c]. */
gboolean calendar_is_inactive(const Regulation *regulation, CalendarDay last, CalendarDay today);
/* The last day of the year for the yearly report [Điều 11.2]. */
CalendarDay calendar_report_deadline(const Regulation *regulation, int year);
/* Is the regulation in force on this day? The refusal is a warning. */
Verdict *calendar_check_in_force(const Regulation *regulation, CalendarDay day);

#endif
