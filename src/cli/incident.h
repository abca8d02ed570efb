/* Incident: what the commands about cases share. Not for other folders. */
#ifndef CV_CLI_INCIDENT_H
#define CV_CLI_INCIDENT_H

#include "casework/incident.h"
#include "cli/letter.h"

enum { INCIDENT_LISTING_BYTES = 64 * 1024 * 1024 };

/* The number of a case, "SC-12" or "12". FALSE: said why. */
gboolean cli_incident_id(CliCall *call, const char *said, gint64 *id);
/* Writes the case with everything that belongs to it. Returns the exit status. */
int cli_incident_show_one(CliCall *call, gint64 id);
/* What was reported, and what the trail tells, becomes cases. FALSE with *error. */
gboolean cli_incident_refresh(CliCall *call, GError **error);

#endif
