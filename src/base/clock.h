/* Clock: the only source of time. Tests replace it (clock_set_offset, clock_freeze), so that
 * inactivity, deadlines and retries are tested by moving the clock, not by sleeping. All functions
 * may be called from any thread. */
#ifndef CV_BASE_CLOCK_H
#define CV_BASE_CLOCK_H

#include <glib.h>

#define CLOCK_SECOND G_GINT64_CONSTANT(1000000)

/* Wall clock, Unix microseconds (UTC). A running system may be moved for tests by the environment
 * variable CONGVU_CLOCK_OFFSET (seconds), read once. */
gint64 clock_now(void);
/* Never goes back, microseconds from an arbitrary start; for timeouts inside the process. */
gint64 clock_monotonic(void);
/* Adds to the wall clock (microseconds); 0 restores it. */
void clock_set_offset(gint64 microseconds);

/* "2026-11-24T08:05:00.123456Z" */
char *clock_format_iso(gint64 microseconds);
/* RFC 5322 3.3 in Vietnam's zone (UTC+7): "Tue, 24 Nov 2026 15:05:00 +0700" into out[40]. */
void clock_format_rfc5322(gint64 microseconds, char out[40]);
/* RFC 9110 5.6.7: "Tue, 24 Nov 2026 08:05:00 GMT" into out[40]. */
void clock_format_http(gint64 microseconds, char out[40]);

#endif
