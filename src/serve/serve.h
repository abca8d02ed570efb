/* Serve: the running system. Opens the instance, binds the doors, drops privileges, prints
 * "congvu: ready", and runs until SIGTERM or SIGINT; SIGHUP reloads certificate, log level and
 * regulation, and opens the log file anew, which SIGUSR1 does alone. */
#ifndef CV_SERVE_SERVE_H
#define CV_SERVE_SERVE_H

#include <glib.h>

/* Exit status: 0 after an orderly end, 1 when it could not start (the reason is on standard
 * error). */
int serve_run(const char *data_directory);

#endif
