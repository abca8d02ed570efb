/* Cases, read, with the names of the people and units that they concern. */
#include "casework/incident_internal.h"

void incident_free(Incident *i) {
    if (i == NULL)
        return;
    char *const strings[] = {
        i->name,          i->kind,        i->kind_text,    i->article,          i->address,
        i->person,        i->unit_name,   i->unit_address, i->reporter_address, i->reporter_name,
        i->what,          i->about,       i->handler,      i->closed_by,        i->closed_why,
        i->letter_number, i->letter_dated};
    for (guint at = 0; at < G_N_ELEMENTS(strings); at++)
        g_free(strings[at]);
    g_free(i);
}

static void free_incident(gpointer incident) {
    incident_free(incident);
}

#define INCIDENT_ROWS                                                                              \
    "SELECT i.id, i.kind, i.state, i.source, i.opened, i.happened, i.account, i.unit,"             \
    " i.reporter, ifnull(a.local, ''), iif(a.kind = 1, a.name, ''), ifnull(u.name, ''),"           \
    " ifnull(u.address, ''), ifnull(r.local, ''), ifnull(r.name, ''), i.what, i.about,"            \
    " i.handler, i.handled, i.result, i.closed, i.closed_by, i.closed_why, i.letter_number,"       \
    " i.letter_dated,"                                                                             \
    " (SELECT count(*) FROM incident_event e WHERE e.incident = i.id),"                            \
    " (SELECT count(*) FROM incident_evidence e WHERE e.incident = i.id),"                         \
    " (SELECT count(*) FROM incident_measure m WHERE m.incident = i.id)"                           \
    " FROM incident i LEFT JOIN account a ON a.id = i.account"                                     \
    " LEFT JOIN unit u ON u.id = i.unit LEFT JOIN account r ON r.id = i.reporter "

static char *full(Directory *directory, const char *local) {
    return *local == '\0' ? g_strdup("")
                          : g_strconcat(local, "@", directory_domain(directory), NULL);
}

static Incident *incident_of_row(Directory *directory, const Regulation *regulation, DbStmt *stmt) {
    Incident *i = g_new0(Incident, 1);
    const char *kind = db_column_text(stmt, 1);
    const RegulationIncident *known = regulation_incident(regulation, kind);
    *i = (Incident){.id = db_column_int(stmt, 0),
                    .name = incident_name(db_column_int(stmt, 0)),
                    .kind = g_strdup(kind),
                    .kind_text = g_strdup(known == NULL ? kind : known->name),
                    .article = g_strdup(known == NULL ? "" : known->article),
                    .state = (IncidentState)db_column_int(stmt, 2),
                    .source = (IncidentSource)db_column_int(stmt, 3),
                    .opened = db_column_int(stmt, 4),
                    .happened = db_column_int(stmt, 5),
                    .account = db_column_int(stmt, 6),
                    .unit = db_column_int(stmt, 7),
                    .reporter = db_column_int(stmt, 8),
                    .address = full(directory, db_column_text(stmt, 9)),
                    .person = g_strdup(db_column_text(stmt, 10)),
                    .unit_name = g_strdup(db_column_text(stmt, 11)),
                    .unit_address = g_strdup(db_column_text(stmt, 12)),
                    .reporter_address = full(directory, db_column_text(stmt, 13)),
                    .reporter_name = g_strdup(db_column_text(stmt, 14)),
                    .what = g_strdup(db_column_text(stmt, 15)),
                    .about = g_strdup(db_column_text(stmt, 16)),
                    .handler = g_strdup(db_column_text(stmt, 17)),
                    .handled = db_column_int(stmt, 18),
                    .result = (IncidentResult)db_column_int(stmt, 19),
                    .closed = db_column_int(stmt, 20),
                    .closed_by = g_strdup(db_column_text(stmt, 21)),
                    .closed_why = g_strdup(db_column_text(stmt, 22)),
                    .letter_number = g_strdup(db_column_text(stmt, 23)),
                    .letter_dated = g_strdup(db_column_text(stmt, 24)),
                    .events = db_column_int(stmt, 25),
                    .evidence = db_column_int(stmt, 26),
                    .measures = db_column_int(stmt, 27)};
    if (i->person == NULL) /* no account is concerned */
        i->person = g_strdup("");
    return i;
}

Incident *incident_find(Directory *directory, const Regulation *regulation, gint64 id,
                        GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    DbStmt *stmt = db_prepare(conn, INCIDENT_ROWS "WHERE i.id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    Incident *found = step == DB_ROW ? incident_of_row(directory, regulation, stmt) : NULL;
    db_reset(stmt);
    if (step == DB_DONE)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "không có hồ sơ SC-%" G_GINT64_FORMAT
                "; there is no such case (incident list shows them)",
                id);
    return found;
}

Incident *incident_with_evidence(Directory *directory, const Regulation *regulation,
                                 gint64 evidence, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    DbStmt *stmt =
        db_prepare(conn, INCIDENT_ROWS "WHERE i.id = (SELECT incident FROM incident_evidence"
                                       " WHERE evidence = ?)");
    db_bind(stmt, "i", evidence);
    DbStep step = db_step(stmt, error);
    Incident *found = step == DB_ROW ? incident_of_row(directory, regulation, stmt) : NULL;
    db_reset(stmt);
    if (step == DB_DONE)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "báo cáo đã được nhận nhưng chưa lập xong hồ sơ, sẽ lập trong ít phút; the report "
                "was received, its case is not made yet: it goes on within a minute");
    return found;
}

GPtrArray *incident_list(Directory *directory, const Regulation *regulation,
                         const IncidentFilter *filter, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_incident);
    DbStmt *stmt = db_prepare(
        conn, INCIDENT_ROWS
        "WHERE (?7 = 0 OR i.reporter = ?7 OR EXISTS(SELECT 1 FROM incident_evidence e"
        " JOIN account x ON x.id = ?7 WHERE e.incident = i.id"
        " AND e.added_by = x.local || '@' || ?8)) AND (?1 IS NULL OR i.kind = ?1)"
        " AND (?2 = 4 OR i.state = ?2)"
        " AND (?3 = 0 OR i.state <> 3) AND i.opened >= ?4 AND (?5 = 0 OR i.opened < ?5)"
        " AND (?6 = 0 OR i.unit IN (WITH RECURSIVE below(id, depth) AS (SELECT ?6, 0 UNION ALL"
        " SELECT u.id, depth + 1 FROM unit u JOIN below ON u.parent = below.id WHERE depth < 32)"
        " SELECT id FROM below)) ORDER BY i.id DESC");
    G_STATIC_ASSERT(INCIDENT_STATES == 4 && INCIDENT_CLOSED == 3);
    db_bind(stmt, "tiiiiiit", filter->kind, (gint64)filter->state, (gint64)filter->open,
            filter->from, filter->until, filter->unit, filter->reporter,
            directory_domain(directory));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(list, incident_of_row(directory, regulation, stmt));
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}

/* ---- What belongs to one ---- */

static void free_event(gpointer data) {
    IncidentEvent *event = data;
    g_free(event->text);
    g_free(event);
}

GPtrArray *incident_events(Directory *directory, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_event);
    DbStmt *stmt = db_prepare(conn, "SELECT moment, record, text FROM incident_event"
                                    " WHERE incident = ? ORDER BY id");
    db_bind(stmt, "i", id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        IncidentEvent *event = g_new0(IncidentEvent, 1);
        *event = (IncidentEvent){db_column_int(stmt, 0), db_column_int(stmt, 1),
                                 g_strdup(db_column_text(stmt, 2))};
        g_ptr_array_add(list, event);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}

static void free_evidence(gpointer data) {
    IncidentEvidence *evidence = data;
    g_free(evidence->added_by);
    g_free(evidence->sha256);
    g_free(evidence->name);
    g_free(evidence->sender);
    g_free(evidence->subject);
    g_free(evidence);
}

GPtrArray *incident_evidence(Directory *directory, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_evidence);
    DbStmt *stmt = db_prepare(conn, "SELECT evidence, added, size, added_by, sha256, name, sender,"
                                    " subject FROM incident_evidence WHERE incident = ?"
                                    " ORDER BY id");
    db_bind(stmt, "i", id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        IncidentEvidence *e = g_new0(IncidentEvidence, 1);
        *e = (IncidentEvidence){.evidence = db_column_int(stmt, 0),
                                .added = db_column_int(stmt, 1),
                                .size = db_column_int(stmt, 2),
                                .added_by = g_strdup(db_column_text(stmt, 3)),
                                .sha256 = g_strdup(db_column_text(stmt, 4)),
                                .name = g_strdup(db_column_text(stmt, 5)),
                                .sender = g_strdup(db_column_text(stmt, 6)),
                                .subject = g_strdup(db_column_text(stmt, 7))};
        g_ptr_array_add(list, e);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}

static void free_measure(gpointer data) {
    IncidentMeasureRow *measure = data;
    g_free(measure->address);
    g_free(measure->person);
    g_free(measure->unit_name);
    g_free(measure->article);
    g_free(measure->text);
    g_free(measure->decided_by);
    g_free(measure->document);
    g_free(measure->made_by);
    g_free(measure);
}

static IncidentMeasureRow *measure_of_row(Directory *directory, DbStmt *stmt) {
    IncidentMeasureRow *m = g_new0(IncidentMeasureRow, 1);
    *m = (IncidentMeasureRow){.incident = db_column_int(stmt, 0),
                              .kind = (IncidentMeasure)db_column_int(stmt, 1),
                              .made = db_column_int(stmt, 2),
                              .address = full(directory, db_column_text(stmt, 3)),
                              .person = g_strdup(db_column_text(stmt, 4)),
                              .unit_name = g_strdup(db_column_text(stmt, 5)),
                              .article = g_strdup(db_column_text(stmt, 6)),
                              .text = g_strdup(db_column_text(stmt, 7)),
                              .decided_by = g_strdup(db_column_text(stmt, 8)),
                              .document = g_strdup(db_column_text(stmt, 9)),
                              .made_by = g_strdup(db_column_text(stmt, 10))};
    return m;
}

GPtrArray *incident_measures(Directory *directory, gint64 id, gint64 from, gint64 until,
                             GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_measure);
    DbStmt *stmt = db_prepare(
        conn, "SELECT m.incident, m.kind, m.made, ifnull(a.local, ''),"
              " ifnull(iif(a.kind = 1, a.name, ''), ''), ifnull(u.name, ''), m.article, m.text,"
              " m.decided_by, m.document, m.made_by FROM incident_measure m"
              " JOIN incident i ON i.id = m.incident LEFT JOIN account a ON a.id = m.account"
              " LEFT JOIN unit u ON u.id = a.unit"
              " WHERE iif(?1 <> 0, m.incident = ?1, i.result = 1 AND i.closed >= ?2"
              " AND i.closed < ?3) ORDER BY m.incident, m.id");
    G_STATIC_ASSERT(INCIDENT_VIOLATION == 1 && DIRECTORY_PERSON == 1);
    db_bind(stmt, "iii", id, from, until == 0 ? G_MAXINT64 : until);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(list, measure_of_row(directory, stmt));
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}

/* ---- Counting [Điều 11.2] ---- */

gboolean incident_states(Directory *directory, gint64 counts[INCIDENT_STATES], GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return FALSE;
    memset(counts, 0, INCIDENT_STATES * sizeof *counts);
    DbStmt *stmt = db_prepare(conn, "SELECT state, count(*) FROM incident GROUP BY state");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        counts[db_column_int(stmt, 0)] = db_column_int(stmt, 1);
    return step == DB_DONE;
}

gboolean incident_count(Directory *directory, gint64 from, gint64 until, gint64 *began,
                        IncidentCount each, gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT moment FROM incident_begin");
    DbStep step = db_step(stmt, error);
    *began = step == DB_ROW ? db_column_int(stmt, 0) : G_MAXINT64;
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    stmt = db_prepare(conn, "SELECT unit, kind, count(*) FROM incident WHERE opened >= ?"
                            " AND opened < ? AND result <> 3 GROUP BY unit, kind");
    G_STATIC_ASSERT(INCIDENT_UNFOUNDED == 3);
    db_bind(stmt, "ii", from, until);
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), db_column_text(stmt, 1), db_column_int(stmt, 2), data);
    return step == DB_DONE;
}
