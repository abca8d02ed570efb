/* Suspect: accounts that sent more than they may, brought from the queue's record (queue/limit.h)
 * into the audit trail [Điều 8.3, 4.2.c]. */
#ifndef CV_SERVE_SUSPECT_H
#define CV_SERVE_SUSPECT_H

#include "serve/instance.h"

/* Puts those on record that are not yet. Twice only after a crash in between. Once a minute, and
 * before anybody asks. */
gboolean suspects_record(Instance *instance, GError **error);

#endif
