/* Trail: the audit trail written out for somebody else: one JSON document a line, the oldest first,
 * each with its number and hash, so that the chain can be computed again elsewhere [Điều 10.1.c].
 */
#ifndef CV_ADMIN_TRAIL_H
#define CV_ADMIN_TRAIL_H

#include "audit/audit.h"
#include "base/buffer.h"

/* filter->oldest and limit are not looked at. The taking out is itself on record, on act->ground
 * (INPUT without one), after what is given. LIMIT: more than most bytes; ask for a shorter time. */
GBytes *trail_export(Db *admin, const AuditFilter *filter, const AuditAct *act, gsize most,
                     gint64 *records, GError **error);

#endif
