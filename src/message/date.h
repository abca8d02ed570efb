/* Date: the Date field. RFC 5322 3.3 and 4.3 (obsolete forms: two-digit years, named zones,
 * comments anywhere), and what is met in the wild: no seconds, no weekday, asctime order. Any
 * thread. */
#ifndef CV_MESSAGE_DATE_H
#define CV_MESSAGE_DATE_H

#include "base/bytes.h"

/* *us is Unix microseconds, *zone minutes east of UTC (0 for "-0000" and unknown names). FALSE,
 * leaving both, when there is no such date; years 1900 to 9999. */
gboolean message_date_parse(Bytes value, gint64 *us, gint *zone);

#endif
