/* Cases that the system raises, from what other parts have put on record. Every record is looked at
 * once: how far it has come changes in the transaction that opens the cases. */
#include "casework/incident_internal.h"

#include <jansson.h>

enum { SLICE = 500, SHOWN_CHARACTERS = 200 };

typedef struct {
    gint64 seq, time;
    char *act, *subject, *after;
} Record;

static void record_clear(gpointer data) {
    Record *r = data;
    g_free(r->act);
    g_free(r->subject);
    g_free(r->after);
}

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    GArray *records; /* Record */
    gint64 from, to; /* records behind from, up to to */
} Work;

/* ---- What a record means ---- */

/* A member of the record's JSON as text, not endless; "" when there is none. g_free. */
static char *member(const json_t *after, const char *name) {
    const json_t *value = json_object_get(after, name);
    const char *text = json_string_value(value);
    if (json_is_integer(value))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (text == NULL)
        return g_strdup("");
    char *cut = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), SHOWN_CHARACTERS));
    for (char *p = cut; *p != '\0'; p++)
        if ((guint8)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return cut;
}

/* Each gives the kind (NULL: no case) and what was seen, g_free. */
static const char *of_suspect(const json_t *after, char **what) {
    g_autofree char *messages = member(after, "messages");
    g_autofree char *recipients = member(after, "recipients");
    g_autofree char *minutes = member(after, "window_minutes");
    *what = g_strdup_printf("gửi quá mức: %s thư, %s người nhận trong %s phút; thư ra ngoài đang "
                            "được giữ",
                            messages, recipients, minutes);
    return "outgoing";
}

static const char *of_forward(const json_t *after, char **what) {
    g_autofree char *to = member(after, "to");
    *what = g_strdup_printf("đặt chuyển thư tự động đến %s, hệ thống đã từ chối", to);
    return "forwarding";
}

static const char *of_emergency(const json_t *after, char **what) {
    g_autofree char *reason = member(after, "reason");
    g_autofree char *emergency = member(after, "emergency");
    *what = g_strdup_printf("tạm ngừng dịch vụ không báo trước: %s (%s)", reason, emergency);
    return "stop";
}

/* The kind of a khoản; NULL: none is of it. */
static const char *kind_of_clause(const Regulation *regulation, const char *clause) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(regulation, &kinds);
    for (gsize i = 0; i < n; i++)
        if (g_str_has_prefix(kinds[i].article, "Điều ") &&
            g_str_equal(kinds[i].article + strlen("Điều "), clause))
            return kinds[i].id;
    return NULL;
}

/* A lock that a case asked for names it in its evidence: nothing new. */
static const char *of_lock(const Regulation *regulation, const json_t *after, char **what) {
    g_autofree char *cause = member(after, "cause");
    g_autofree char *clause = member(after, "clause");
    g_autofree char *evidence = member(after, "evidence");
    gboolean takeover = g_str_equal(cause, "takeover");
    if ((!takeover && !g_str_equal(cause, "forbidden")) || g_str_has_prefix(evidence, "hồ sơ SC-"))
        return NULL;
    *what = g_strdup_printf("tài khoản bị tạm khóa, chứng cứ: %s", evidence);
    if (takeover)
        return "takeover";
    const char *kind = kind_of_clause(regulation, clause);
    return kind == NULL ? REGULATION_INCIDENT_OTHER : kind;
}

static const char *kind_of(const Work *w, const Record *r, const json_t *after, char **what) {
    if (g_str_equal(r->act, "outgoing.suspect"))
        return of_suspect(after, what);
    if (g_str_equal(r->act, "forward.refused"))
        return of_forward(after, what);
    if (g_str_equal(r->act, "notice.emergency"))
        return of_emergency(after, what);
    return of_lock(w->regulation, after, what);
}

/* ---- Into cases ---- */

/* The account that the record is about, and its unit; 0: none. */
static gboolean find_subject(const Work *w, DbConn *conn, const Record *r, gint64 *account,
                             gint64 *unit, GError **error) {
    g_autoptr(GError) failure = NULL;
    *account = *unit = 0;
    if (strchr(r->subject, '@') == NULL)
        return TRUE;
    g_autoptr(DirectoryAccount) found =
        directory_account_find_in(w->directory, conn, r->subject, &failure);
    if (found != NULL) {
        *account = found->id;
        *unit = found->unit;
        return TRUE;
    }
    if (cv_error_is(failure, CV_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* A lock for takeover is often the answer to mail that was held: the same case. */
static gboolean find_open(DbConn *conn, const Record *r, const char *kind, gint64 account,
                          gint64 *id, GError **error) {
    if (!incident_concerning_in(conn, kind, account, id, error))
        return FALSE;
    return *id != 0 || !g_str_equal(r->act, "account.lock") ||
           incident_concerning_in(conn, "outgoing", account, id, error);
}

static gboolean raise_case(const Work *w, DbConn *conn, const Record *r, GError **error) {
    json_t *after = r->after == NULL ? NULL : json_loads(r->after, 0, NULL);
    g_autofree char *what = NULL;
    const char *id = kind_of(w, r, after, &what);
    json_decref(after);
    if (id == NULL)
        return TRUE;
    if (regulation_incident(w->regulation, id) == NULL)
        id = REGULATION_INCIDENT_OTHER;
    IncidentOpening opening = {
        .kind = id, .what = what, .source = INCIDENT_SYSTEM, .happened = r->time};
    gint64 found;
    if (!find_subject(w, conn, r, &opening.account, &opening.unit, error) ||
        !find_open(conn, r, id, opening.account, &found, error))
        return FALSE;
    const AuditAct act = {"congvu", "Điều 12.3"};
    return (found != 0 || incident_open_in(conn, &opening, &act, &found, error)) &&
           incident_event_in(conn, found, r->seq, what, error);
}

static gboolean scan_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE incident_begin SET record = ? WHERE record = ?");
    db_bind(stmt, "ii", w->to, w->from);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0)
        return TRUE; /* another caller was faster */
    for (guint i = 0; i < w->records->len; i++)
        if (!raise_case(w, conn, &g_array_index(w->records, Record, i), error))
            return FALSE;
    return TRUE;
}

/* ---- What is new in the trail ---- */

static gboolean read_bounds(DbConn *conn, Work *w, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT b.record, ifnull((SELECT max(seq) FROM audit), 0)"
                                    " FROM incident_begin b");
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW) {
        w->from = db_column_int(stmt, 0);
        w->to = db_column_int(stmt, 1);
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* The next that may matter; to: up to where it was looked. */
static gboolean read_new(Work *w, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(w->directory), error);
    if (conn == NULL || !read_bounds(conn, w, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT seq, time, act, subject, after FROM audit"
                                    " WHERE seq > ? AND act IN ('outgoing.suspect',"
                                    " 'forward.refused', 'notice.emergency', 'account.lock')"
                                    " ORDER BY seq LIMIT ?");
    db_bind(stmt, "ii", w->from, (gint64)SLICE);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Record r = {.seq = db_column_int(stmt, 0),
                    .time = db_column_int(stmt, 1),
                    .act = g_strdup(db_column_text(stmt, 2)),
                    .subject = g_strdup(db_column_text(stmt, 3)),
                    .after = g_strdup(db_column_text(stmt, 4))};
        g_array_append_val(w->records, r);
    }
    if (w->records->len == SLICE)
        w->to = g_array_index(w->records, Record, SLICE - 1).seq;
    return step == DB_DONE;
}

gboolean incident_scan(Directory *directory, const Regulation *regulation, GError **error) {
    for (;;) {
        g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(Record));
        g_array_set_clear_func(records, record_clear);
        Work w = {.directory = directory, .regulation = regulation, .records = records};
        if (!read_new(&w, error))
            return FALSE;
        if (w.to <= w.from)
            return TRUE;
        if (!db_write(directory_db(directory), scan_work, &w, error))
            return FALSE;
        if (records->len < SLICE)
            return TRUE;
    }
}
