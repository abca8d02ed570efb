/* Log: one structured line (logfmt: key=value) for each event, to standard error or a file that
 * may be rotated under us (log_reopen on SIGHUP loses nothing). Passwords, message contents and
 * identity numbers never go in. Any thread; a line is written with one write(2).
 *
 *   time=2026-11-24T08:05:00.123456Z level=info event=smtp.accepted session=a1b2c3 size=4096 */
#ifndef CV_BASE_LOG_H
#define CV_BASE_LOG_H

#include "base/bytes.h"

typedef enum { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR } LogLevel;

/* path NULL: standard error. FALSE when the file cannot be opened (then the old one stays). */
gboolean log_open(const char *path, GError **error);
gboolean log_reopen(GError **error);
void log_set_level(LogLevel least);
gboolean log_enabled(LogLevel level);

/* Pairs of const char *key, const char *value, ended by NULL. A NULL value leaves the pair out;
 * values are quoted and escaped as needed, so bytes from outside cannot forge a line. */
void log_event(LogLevel level, const char *event, ...) G_GNUC_NULL_TERMINATED;

/* Formats an integer for log_event into a small rotating per-thread buffer: valid until 16 further
 * calls on this thread. */
const char *log_number(gint64 value);

#endif
