/* Stops: everybody is told of a stop of the service and of its end, by mail and, while it runs or
 * begins within a day, by a line in clients [Điều 10.2.b]. */
#ifndef CV_SERVE_STOPS_H
#define CV_SERVE_STOPS_H

#include "casework/notice.h"
#include "serve/instance.h"

/* Sends what is still to be sent; each account gets each mail once, however often it is tried.
 * Waits until all is sent. STORAGE, BUSY: what was sent stays, the housekeeping goes on with it. */
gboolean stops_tell(Instance *instance, GError **error);

/* For instance->stops, while serving. Frees wait for what was begun. tell: what clients are to be
 * shown has changed. */
Stops *stops_new(void (*tell)(gpointer data), gpointer data);
void stops_free(Stops *stops);
/* After an act, and now and then. */
void stops_refresh(Instance *instance);
/* Both of them by a thread of its own: returns at once. Only while serving. */
void stops_tell_later(Instance *instance);
/* For the housekeeping and the start: both of them; a failure goes to the log. */
void stops_keep(Instance *instance);
/* The line to show now; g_free. NULL: none, or *mark says that it was shown. stops: Stops. Any
 * thread. */
char *stops_line(gpointer stops, gboolean utf8, gint64 *mark);

#endif
