/* Duties: what waits for the Centre and has a last day [Điều 4.2.b]. */
#ifndef CV_SERVE_DUTIES_H
#define CV_SERVE_DUTIES_H

#include "serve/instance.h"

/* For the housekeeping: due days follow the calendar, what is over is deleted, and what is overdue
 * is told in the log (event request.overdue) once a day, and when it becomes more. */
void duties_keep(Instance *instance);
/* Right after the start: goes on with what was cut short, and tells what could not be told. */
void duties_resume(Instance *instance);
/* For `check`, beside a running server too: what is overdue, in words; g_free. NULL: nothing is, or
 * the data cannot be looked at. */
char *duties_warning(const char *data_directory);

#endif
