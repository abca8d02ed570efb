/* The rows of cases, for the acts: reading one, opening one, adding to one. */
#include "casework/incident_internal.h"

void incident_row_clear(IncidentRow *row) {
    g_clear_pointer(&row->kind, g_free);
    g_clear_pointer(&row->what, g_free);
    g_clear_pointer(&row->handler, g_free);
}

gboolean incident_row_read(DbConn *conn, gint64 id, IncidentRow *out, GError **error) {
    *out = (IncidentRow){0};
    DbStmt *stmt = db_prepare(conn, "SELECT account, unit, reporter, state, result, kind, what,"
                                    " handler FROM incident WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_FAILED ? FALSE
                                 : cv_fail(error, CV_ERROR_NOT_FOUND,
                                           "không có hồ sơ SC-%" G_GINT64_FORMAT
                                           "; there is no such case (incident list shows them)",
                                           id);
    *out = (IncidentRow){.id = id,
                         .account = db_column_int(stmt, 0),
                         .unit = db_column_int(stmt, 1),
                         .reporter = db_column_int(stmt, 2),
                         .state = (IncidentState)db_column_int(stmt, 3),
                         .result = (IncidentResult)db_column_int(stmt, 4),
                         .kind = g_strdup(db_column_text(stmt, 5)),
                         .what = g_strdup(db_column_text(stmt, 6)),
                         .handler = g_strdup(db_column_text(stmt, 7))};
    db_reset(stmt);
    return TRUE;
}

gboolean incident_audit(DbConn *conn, const AuditAct *act, const char *what, gint64 id,
                        const char *before, const char *after, GError **error) {
    g_autofree char *name = incident_name(id);
    AuditChange change = {what, name, before, after};
    return audit_append(conn, act, &change, NULL, error);
}

static char *opening_json(const IncidentOpening *o) {
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "kind", o->kind);
    json_text(&w, "source", incident_source_name(o->source));
    json_text(&w, "what", o->what);
    if (o->account != 0)
        json_int(&w, "account", o->account);
    if (o->reporter != 0)
        json_int(&w, "reporter", o->reporter);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

gboolean incident_open_in(DbConn *conn, const IncidentOpening *o, const AuditAct *act, gint64 *id,
                          GError **error) {
    gint64 now = clock_now();
    DbStmt *stmt = db_prepare(conn, "INSERT INTO incident(kind, state, source, opened, happened,"
                                    " account, unit, reporter, what, about)"
                                    " VALUES(?, 0, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "tiiiiiitt", o->kind, (gint64)o->source, now,
            o->happened == 0 ? now : o->happened, o->account, o->unit, o->reporter, o->what,
            o->about == NULL ? "" : o->about);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    g_autofree char *after = opening_json(o);
    return incident_audit(conn, act, "incident.open", *id, NULL, after, error);
}

/* The first column of the first row; 0: there is none. */
static gboolean take_id(DbStmt *stmt, gint64 *id, GError **error) {
    DbStep step = db_step(stmt, error);
    *id = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean incident_about_in(DbConn *conn, const char *about, gint64 *id, GError **error) {
    *id = 0;
    if (*about == '\0')
        return TRUE;
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM incident WHERE about = ? AND about <> ''"
                                    " AND state <> 3 ORDER BY id LIMIT 1");
    db_bind(stmt, "t", about);
    return take_id(stmt, id, error);
}

gboolean incident_concerning_in(DbConn *conn, const char *kind, gint64 account, gint64 *id,
                                GError **error) {
    *id = 0;
    if (account == 0)
        return TRUE;
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM incident WHERE account = ? AND kind = ?"
                                    " AND state <> 3 ORDER BY id LIMIT 1");
    db_bind(stmt, "it", account, kind);
    return take_id(stmt, id, error);
}

gboolean incident_reported_in(DbConn *conn, gint64 reporter, gint64 *count, gint64 *last,
                              GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT count(*), ifnull(max(iif(state <> 3, id, 0)), 0)"
                                    " FROM incident WHERE reporter = ? AND opened > ?");
    db_bind(stmt, "ii", reporter, clock_now() - G_GINT64_CONSTANT(86400) * CLOCK_SECOND);
    DbStep step = db_step(stmt, error);
    *count = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    *last = step == DB_ROW ? db_column_int(stmt, 1) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean incident_event_in(DbConn *conn, gint64 id, gint64 record, const char *text,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO incident_event(incident, moment, record, text)"
                                    " VALUES(?, ?, ?, ?)");
    db_bind(stmt, "iiit", id, clock_now(), record, text);
    return db_run(stmt, error);
}

gboolean incident_unit_of(Directory *directory, DbConn *conn, gint64 account, gint64 *unit,
                          GError **error) {
    *unit = 0;
    if (account == 0)
        return TRUE;
    g_autoptr(DirectoryAccount) found = directory_account_in(directory, conn, account, error);
    if (found == NULL)
        return FALSE;
    *unit = found->unit;
    return TRUE;
}
