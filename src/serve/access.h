/* Access: the letter to the owner of a mailbox that others were let read [Điều 10.1.c]. */
#ifndef CV_SERVE_ACCESS_H
#define CV_SERVE_ACCESS_H

#include "serve/instance.h"

/* For the housekeeping: whoever's time to read is over is told to the owner, once. */
void access_keep(Instance *instance);

#endif
