/* What the files of cases share. Not for other folders. */
#ifndef CV_CASEWORK_INCIDENT_INTERNAL_H
#define CV_CASEWORK_INCIDENT_INTERNAL_H

#include "casework/incident.h"
#include "casework/internal.h"

/* ---- incident_row.c ---- */

/* A case as its row has it, for the acts. */
typedef struct {
    gint64 id, account, unit, reporter;
    IncidentState state;
    IncidentResult result;
    char *kind, *what, *handler;
} IncidentRow;
void incident_row_clear(IncidentRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IncidentRow, incident_row_clear)
/* NOT_FOUND. Clear *out in any case. */
gboolean incident_row_read(DbConn *conn, gint64 id, IncidentRow *out, GError **error);

/* A new case, with its audit record ("incident.open"). */
typedef struct {
    const char *kind, *what, *about; /* about "": nothing in particular */
    IncidentSource source;
    gint64 happened, account, unit, reporter; /* 0: none */
} IncidentOpening;
gboolean incident_open_in(DbConn *conn, const IncidentOpening *opening, const AuditAct *act,
                          gint64 *id, GError **error);
/* The open case about the same message (about), or of this kind and account; *id 0: none. */
gboolean incident_about_in(DbConn *conn, const char *about, gint64 *id, GError **error);
gboolean incident_concerning_in(DbConn *conn, const char *kind, gint64 account, gint64 *id,
                                GError **error);
/* How many cases the account has opened by reports within a day; *last: the latest that is open,
 * 0: none. */
gboolean incident_reported_in(DbConn *conn, gint64 reporter, gint64 *count, gint64 *last,
                              GError **error);
/* Something that is added to a case; record: number in the trail, 0: none. */
gboolean incident_event_in(DbConn *conn, gint64 id, gint64 record, const char *text,
                           GError **error);
/* An audit record under the case's name; before, after: JSON or NULL. */
gboolean incident_audit(DbConn *conn, const AuditAct *act, const char *what, gint64 id,
                        const char *before, const char *after, GError **error);
/* The unit of an account; 0: it has none. */
gboolean incident_unit_of(Directory *directory, DbConn *conn, gint64 account, gint64 *unit,
                          GError **error);

#endif
