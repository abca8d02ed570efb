/* Idle: the letters before a lock for idleness, to the person and to the unit [Điều 4.2.c]. */
#ifndef CV_SERVE_IDLE_H
#define CV_SERVE_IDLE_H

#include "directory/activity.h"
#include "serve/instance.h"

typedef struct {
    guint accounts; /* candidates that were warned now */
    guint before;   /* that had been warned before, since they were last used */
    guint letters, failed;
} IdleWarned;
/* Writes to every candidate that no letter has warned since it was last used, and one letter to
 * each unit with all of its own; then puts it on record. filter->unit narrows it. Waits for
 * flushes. A letter that does not go in (a full mailbox) is counted and in the log; the unit's
 * still goes.
 */
gboolean idle_warn(Instance *instance, const DirectoryIdleFilter *filter, const AuditAct *act,
                   IdleWarned *out, GError **error);

#endif
