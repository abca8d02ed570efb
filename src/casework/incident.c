/* The acts on a case: report, take, measure, close; see incident.h. */
#include "casework/incident_internal.h"

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const AuditAct *act;
    gint64 id;
    const NewIncident *new;
    const IncidentTake *take;
    const NewMeasure *measure;
    IncidentResult result;
    const char *why, *number;
    char dated[11];
} Work;

static gboolean is_text(const char *text, const char *vi, const char *en, GError **error) {
    return casework_is_line(text, INCIDENT_TEXT_CHARACTERS, vi, en, error);
}

/* Of who decided, of a document: not needed, but a line when it is given. */
static gboolean is_name(const char *text, const char *vi, const char *en, GError **error) {
    return text == NULL || *text == '\0' ||
           casework_is_line(text, INCIDENT_NAME_CHARACTERS, vi, en, error);
}

static gboolean check_kind(const Regulation *regulation, const char *kind, GError **error) {
    if (kind != NULL && regulation_incident(regulation, kind) != NULL)
        return TRUE;
    g_autofree char *kinds = regulation_incident_ids(regulation);
    return cv_fail(error, CV_ERROR_INPUT,
                   "không có loại sự cố \"%s\"; there is no such kind of incident: one of %s",
                   kind == NULL ? "" : kind, kinds);
}

/* *account 0 when none is named. */
static gboolean find_account(const Work *w, DbConn *conn, const char *address, gint64 *account,
                             gint64 *unit, GError **error) {
    *account = 0;
    if (address == NULL || *address == '\0')
        return TRUE;
    g_autoptr(DirectoryAccount) found =
        directory_account_find_in(w->directory, conn, address, error);
    if (found == NULL)
        return FALSE;
    *account = found->id;
    *unit = found->unit;
    return TRUE;
}

/* ---- Report ---- */

static gboolean report_unit(const Work *w, DbConn *conn, gint64 *unit, GError **error) {
    if (w->new->unit == NULL)
        return incident_unit_of(w->directory, conn, w->new->reporter, unit, error);
    g_autoptr(DirectoryUnit) found =
        directory_unit_find_in(w->directory, conn, w->new->unit, error);
    if (found == NULL)
        return FALSE;
    *unit = found->id;
    return TRUE;
}

static gboolean may_report(DbConn *conn, gint64 reporter, GError **error) {
    gint64 count = 0, last;
    if (reporter != 0 && !incident_reported_in(conn, reporter, &count, &last, error))
        return FALSE;
    return count < INCIDENT_REPORTER_MOST ||
           cv_fail(
               error, CV_ERROR_LIMIT,
               "đã báo cáo %d vụ việc trong 24 giờ; that many cases were reported within a day: "
               "call the Centre",
               INCIDENT_REPORTER_MOST);
}

static gboolean report_work(DbConn *conn, gpointer data, GError **error) {
    Work *w = data;
    IncidentOpening opening = {.kind = w->new->kind,
                               .what = w->new->what,
                               .source = w->new->source,
                               .happened = w->new->happened,
                               .reporter = w->new->reporter};
    if (!may_report(conn, w->new->reporter, error) ||
        !find_account(w, conn, w->new->account, &opening.account, &opening.unit, error) ||
        (opening.account == 0 && !report_unit(w, conn, &opening.unit, error)))
        return FALSE;
    return incident_open_in(conn, &opening, w->act, &w->id, error);
}

gboolean incident_check(const Regulation *regulation, const char *kind, const char *what,
                        GError **error) {
    return check_kind(regulation, kind, error) &&
           is_text(what, "nội dung sự cố", "what was seen", error);
}

Incident *incident_report(Directory *directory, const Regulation *regulation,
                          const NewIncident *new, const AuditAct *act, GError **error) {
    Work w = {.directory = directory, .regulation = regulation, .act = act, .new = new};
    if (!incident_check(regulation, new->kind, new->what, error))
        return NULL;
    if (new->happened < 0 || new->happened > clock_now() + 60 * CLOCK_SECOND) {
        cv_fail(error, CV_ERROR_INPUT,
                "thời điểm xảy ra ở sau hiện tại; what happened cannot be in the future");
        return NULL;
    }
    if (!db_write(directory_db(directory), report_work, &w, error))
        return NULL;
    return incident_find(directory, regulation, w.id, error);
}

/* ---- Take ---- */

static gboolean may_take(const IncidentRow *row, const IncidentTake *take, GError **error) {
    if (row->state == INCIDENT_CLOSED && (take->reason == NULL || *take->reason == '\0'))
        return cv_fail(error, CV_ERROR_REFUSED,
                       "hồ sơ SC-%" G_GINT64_FORMAT
                       " đã kết thúc; the case is closed: give a reason to take it up again",
                       row->id);
    return take->reason == NULL || *take->reason == '\0' ||
           is_text(take->reason, "lý do", "the reason", error);
}

static char *take_json(const Work *w, const char *kind, gint64 account) {
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    json_text(&json, "state", incident_state_name(INCIDENT_TAKEN));
    json_text(&json, "handler", w->act->who);
    json_text(&json, "kind", kind);
    if (account != 0)
        json_int(&json, "account", account);
    if (w->take->reason != NULL && *w->take->reason != '\0')
        json_text(&json, "reason", w->take->reason);
    json_close(&json, '}');
    return buffer_steal_string(&out);
}

static char *state_json(const IncidentRow *row) {
    return g_strdup_printf("{\"state\":\"%s\",\"kind\":\"%s\"}", incident_state_name(row->state),
                           row->kind);
}

static gboolean take_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    g_auto(IncidentRow) row = {0};
    gint64 account, unit;
    if (!incident_row_read(conn, w->id, &row, error) || !may_take(&row, w->take, error))
        return FALSE;
    unit = row.unit;
    if (!find_account(w, conn, w->take->account, &account, &unit, error))
        return FALSE;
    const char *kind = w->take->kind != NULL ? w->take->kind : row.kind;
    gint64 concerned = account != 0 ? account : row.account;
    /* What was measured stays so. */
    IncidentState state = row.state == INCIDENT_MEASURED ? INCIDENT_MEASURED : INCIDENT_TAKEN;
    DbStmt *stmt =
        db_prepare(conn, "UPDATE incident SET state = ?, kind = ?, account = ?, unit = ?,"
                         " handler = ?, handled = ?, result = 0, closed = 0,"
                         " closed_by = '', closed_why = '' WHERE id = ?");
    db_bind(stmt, "itiitii", (gint64)state, kind, concerned, unit, w->act->who, clock_now(), w->id);
    g_autofree char *before = state_json(&row);
    g_autofree char *after = take_json(w, kind, concerned);
    return db_run(stmt, error) &&
           incident_audit(conn, w->act,
                          row.state == INCIDENT_CLOSED ? "incident.reopen" : "incident.take", w->id,
                          before, after, error);
}

gboolean incident_take(Directory *directory, const Regulation *regulation, gint64 id,
                       const IncidentTake *take, const AuditAct *act, GError **error) {
    Work w = {.directory = directory, .act = act, .id = id, .take = take};
    return (take->kind == NULL || check_kind(regulation, take->kind, error)) &&
           db_write(directory_db(directory), take_work, &w, error);
}

/* ---- Measure ---- */

static gboolean check_measure(const NewMeasure *m, GError **error) {
    if (m->kind != MEASURE_LOCK || (m->text != NULL && *m->text != '\0'))
        if (!is_text(m->text, "nội dung biện pháp", "the measure", error))
            return FALSE;
    if (m->kind == MEASURE_DISCIPLINE && (m->decided_by == NULL || *m->decided_by == '\0' ||
                                          m->document == NULL || *m->document == '\0'))
        return cv_fail(
            error, CV_ERROR_INPUT,
            "xử lý vi phạm cần ghi người quyết định và số, ngày văn bản (khoản 2 Điều 13 "
            "Quy chế); say who decided, by which document");
    return is_name(m->decided_by, "người quyết định", "who decided", error) &&
           is_name(m->document, "số, ngày văn bản", "the document", error) &&
           is_name(m->article, "điều khoản", "the article", error) &&
           is_name(m->law, "văn bản pháp luật", "the law", error);
}

/* "Điều 8.3" and "8.3" alike. */
static const char *plain_article(const char *article) {
    static const char word[] = "Điều ";
    return g_str_has_prefix(article, word) ? article + strlen(word) : article;
}

static gboolean lock_account(const Work *w, DbConn *conn, const IncidentRow *row, gint64 account,
                             const char *article, GError **error) {
    g_autoptr(DirectoryAccount) found = directory_account_in(w->directory, conn, account, error);
    if (found == NULL)
        return FALSE;
    const RegulationIncident *kind = regulation_incident(w->regulation, row->kind);
    const NewMeasure *m = w->measure;
    gboolean law = m->law != NULL && *m->law != '\0';
    gboolean takeover = kind != NULL && kind->takeover && m->article == NULL && !law;
    g_autofree char *evidence =
        g_strdup_printf("hồ sơ SC-%" G_GINT64_FORMAT ": %s", row->id, row->what);
    const DirectoryLock lock = {.address = found->address,
                                .cause = takeover ? LOCK_TAKEOVER : LOCK_FORBIDDEN,
                                .clause = takeover || law ? NULL : article,
                                .law = law ? m->law : NULL,
                                .evidence = evidence};
    return directory_account_lock_in(w->directory, conn, w->regulation, &lock, w->act, error);
}

static char *measure_json(const Work *w, gint64 account, const char *article) {
    const NewMeasure *m = w->measure;
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    json_text(&json, "state", incident_state_name(INCIDENT_MEASURED));
    json_text(&json, "measure", incident_measure_name(m->kind));
    if (account != 0)
        json_int(&json, "account", account);
    json_text(&json, "article", article);
    if (m->law != NULL)
        json_text(&json, "law", m->law);
    if (m->text != NULL)
        json_text(&json, "text", m->text);
    if (m->decided_by != NULL)
        json_text(&json, "decided_by", m->decided_by);
    if (m->document != NULL)
        json_text(&json, "document", m->document);
    json_close(&json, '}');
    return buffer_steal_string(&out);
}

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

static gboolean insert_measure(const Work *w, DbConn *conn, gint64 account, const char *article,
                               GError **error) {
    const NewMeasure *m = w->measure;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO incident_measure(incident, kind, account, article,"
                                    " text, decided_by, document, made, made_by)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iiittttit", w->id, (gint64)m->kind, account,
            m->law != NULL && *m->law != '\0' ? m->law : article, or_empty(m->text),
            or_empty(m->decided_by), or_empty(m->document), clock_now(), w->act->who);
    return db_run(stmt, error);
}

static gboolean may_measure(const IncidentRow *row, GError **error) {
    if (row->state == INCIDENT_TAKEN || row->state == INCIDENT_MEASURED)
        return TRUE;
    return cv_fail(error, CV_ERROR_REFUSED,
                   "hồ sơ SC-%" G_GINT64_FORMAT " %s; the case is %s: take it first (incident "
                   "take)",
                   row->id, incident_state_text(row->state), incident_state_name(row->state));
}

static gboolean measure_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    g_auto(IncidentRow) row = {0};
    gint64 account, unit = 0;
    if (!incident_row_read(conn, w->id, &row, error) || !may_measure(&row, error) ||
        !find_account(w, conn, w->measure->account, &account, &unit, error))
        return FALSE;
    account = account != 0 ? account : row.account;
    const RegulationIncident *kind = regulation_incident(w->regulation, row.kind);
    const char *article = plain_article(w->measure->article != NULL ? w->measure->article
                                        : kind != NULL              ? kind->article
                                                                    : "");
    if (w->measure->kind == MEASURE_LOCK && account == 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "hồ sơ chưa ghi tài khoản liên quan; the case names no account to lock: "
                       "give it");
    DbStmt *stmt = db_prepare(conn, "UPDATE incident SET state = 2, account = iif(account = 0, ?1,"
                                    " account), unit = iif(account = 0 AND ?1 <> 0, ?2, unit)"
                                    " WHERE id = ?3");
    db_bind(stmt, "iii", account, unit, w->id);
    g_autofree char *before = state_json(&row);
    g_autofree char *after = measure_json(w, account, article);
    return db_run(stmt, error) && insert_measure(w, conn, account, article, error) &&
           incident_audit(conn, w->act, "incident.measure", w->id, before, after, error) &&
           (w->measure->kind != MEASURE_LOCK ||
            lock_account(w, conn, &row, account, article, error));
}

gboolean incident_measure(Directory *directory, const Regulation *regulation, gint64 id,
                          const NewMeasure *measure, const AuditAct *act, GError **error) {
    Work w = {
        .directory = directory, .regulation = regulation, .act = act, .id = id, .measure = measure};
    return check_measure(measure, error) &&
           db_write(directory_db(directory), measure_work, &w, error);
}

/* ---- Close ---- */

static gboolean may_close(const Work *w, const IncidentRow *row, GError **error) {
    if (row->state == INCIDENT_NEW)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "hồ sơ SC-%" G_GINT64_FORMAT " chưa có người xử lý; nobody has taken the "
                       "case yet (incident take)",
                       row->id);
    if (row->state == INCIDENT_CLOSED)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "hồ sơ SC-%" G_GINT64_FORMAT " đã kết thúc; the case is closed already",
                       row->id);
    if (w->result == INCIDENT_VIOLATION && row->state != INCIDENT_MEASURED)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "kết luận có vi phạm thì phải ghi biện pháp trước (incident measure); a "
                       "violation needs a measure first");
    return TRUE;
}

static gboolean close_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    g_auto(IncidentRow) row = {0};
    if (!incident_row_read(conn, w->id, &row, error) || !may_close(w, &row, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "UPDATE incident SET state = 3, result = ?, closed = ?,"
                                    " closed_by = ?, closed_why = ? WHERE id = ?");
    db_bind(stmt, "iitti", (gint64)w->result, clock_now(), w->act->who, w->why, w->id);
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    json_text(&json, "state", incident_state_name(INCIDENT_CLOSED));
    json_text(&json, "result", incident_result_name(w->result));
    json_text(&json, "why", w->why);
    json_close(&json, '}');
    g_autofree char *before = state_json(&row);
    g_autofree char *after = buffer_steal_string(&out);
    return db_run(stmt, error) &&
           incident_audit(conn, w->act, "incident.close", w->id, before, after, error);
}

gboolean incident_close(Directory *directory, gint64 id, IncidentResult result, const char *why,
                        const AuditAct *act, GError **error) {
    Work w = {.directory = directory, .act = act, .id = id, .result = result, .why = why};
    if (result == INCIDENT_OPEN || result >= INCIDENT_RESULTS)
        return cv_fail(error, CV_ERROR_INPUT,
                       "kết luận là violation, no-blame hoặc unfounded; the result is one of them");
    return is_text(why, "kết luận", "the conclusion", error) &&
           db_write(directory_db(directory), close_work, &w, error);
}

/* ---- The letter ---- */

static gboolean letter_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    g_auto(IncidentRow) row = {0};
    if (!incident_row_read(conn, w->id, &row, error))
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "UPDATE incident SET letter_number = ?, letter_dated = ? WHERE id = ?");
    db_bind(stmt, "tti", w->number, w->dated, w->id);
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    json_text(&json, "number", w->number);
    json_text(&json, "dated", w->dated);
    json_close(&json, '}');
    g_autofree char *after = buffer_steal_string(&out);
    return db_run(stmt, error) &&
           incident_audit(conn, w->act, "incident.letter", w->id, NULL, after, error);
}

gboolean incident_letter_sent(Directory *directory, gint64 id, const char *number, CalendarDay day,
                              const AuditAct *act, GError **error) {
    Work w = {.directory = directory, .act = act, .id = id, .number = number};
    if (day == CALENDAR_NONE)
        return cv_fail(error, CV_ERROR_INPUT, "cần ngày của văn bản; the letter's date is needed");
    calendar_format(day, w.dated);
    return casework_is_line(number, INCIDENT_NAME_CHARACTERS, "số, ký hiệu văn bản", "the number",
                            error) &&
           db_write(directory_db(directory), letter_work, &w, error);
}
