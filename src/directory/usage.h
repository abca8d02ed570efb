/* Usage: in which weeks a person read or sent mail [Điều 11.2, Phụ lục 1], row R084.
 *
 * Reading is that a message becomes seen, sending that one is submitted; both count for the person
 * who acts, also when it is in the mailbox of a unit. A program that only looks whether mail came
 * counts for nobody. What is seen is kept in memory, a week once for each account, and written with
 * the record of activity (activity.h); a crash loses at most the last minutes of it. The record
 * begins when the directory is first opened by a version that has it. */
#ifndef CV_DIRECTORY_USAGE_H
#define CV_DIRECTORY_USAGE_H

#include "directory/directory.h"
#include "regulation/calendar.h"

/* Any thread; memory only. */
void directory_used(Directory *directory, gint64 account);
/* Writes what was seen; on an error it is kept for the next time. Waits for the flush. */
gboolean directory_usage_write(Directory *directory, GError **error);

/* The Monday of the week of a day. */
CalendarDay directory_usage_week(CalendarDay day);
/* The first day of the record. */
gboolean directory_usage_begin(Directory *directory, CalendarDay *day, GError **error);
/* Calls each with every week (its Monday) from and until these days in which an account was used.
 */
gboolean directory_usage_each(Directory *directory, CalendarDay from, CalendarDay until,
                              void (*each)(gint64 account, CalendarDay week, gpointer data),
                              gpointer data, GError **error);
/* Recorded leave that touches the period: first and last day. */
gboolean directory_leave_each(Directory *directory, CalendarDay from, CalendarDay until,
                              void (*each)(gint64 account, CalendarDay first, CalendarDay last,
                                           gpointer data),
                              gpointer data, GError **error);

#endif
