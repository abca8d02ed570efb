/* Incidents: reports that came by mail become cases, and whoever reported and the head of the unit
 * are told [Điều 12.3]. */
#ifndef CV_SERVE_INCIDENTS_H
#define CV_SERVE_INCIDENTS_H

#include "casework/incident.h"
#include "serve/instance.h"

/* The address for reports that the regulation names reaches somebody: an alias of postmaster, made
 * where it was never given. One that somebody else has is told in the log. */
void incidents_address(Instance *instance);
/* Puts what waits into cases, and opens those that the audit trail tells of. Each report becomes
 * one case and one answer, however often it is tried. STORAGE, BUSY: it goes on later. */
gboolean incidents_take(Instance *instance, GError **error);
/* The same for the housekeeping: a failure goes to the log. */
void incidents_keep(Instance *instance);
/* By a thread of its own, returns at once; for instance->incidents, while serving. data: Instance.
 */
void incidents_take_later(gpointer data);
GThreadPool *incidents_lane(void);

#endif
