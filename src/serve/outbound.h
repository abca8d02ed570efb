/* Outbound: the sender with what it needs of the rest: its own sessions, its settings, and notices
 * that go through delivery. */
#ifndef CV_SERVE_OUTBOUND_H
#define CV_SERVE_OUTBOUND_H

#include "serve/instance.h"

typedef struct Outbound Outbound;

/* NULL without error: this installation does not send (sending.enabled). */
Outbound *outbound_start(Instance *instance, GError **error);
/* Lets what is in hand come to its end, for `patience` microseconds at most. */
void outbound_stop(Outbound *outbound, gint64 patience);

#endif
