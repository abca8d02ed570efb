/* Incident: what the operations on cases share. Not for other folders. */
#ifndef CV_ADMIN_INCIDENT_H
#define CV_ADMIN_INCIDENT_H

#include "admin/view.h"
#include "casework/incident.h"

/* The case of the path, which the caller may see or handle. NULL: NOT_FOUND, DENIED, STORAGE. */
Incident *admin_incident_of_path(AdminCall *call, const Regulation *regulation, GError **error);
/* Writes the case as it is now. */
gboolean admin_incident_answer(AdminCall *call, const Regulation *regulation, gint64 id,
                               GError **error);
/* incident_acts.c: opening a case; in the table of incidents.c, because a path stands in one. */
extern const AdminField admin_incident_new_fields[];
gboolean admin_incident_open(AdminCall *call, GError **error);
Regulation *admin_regulation(const AdminCall *call);

#endif
