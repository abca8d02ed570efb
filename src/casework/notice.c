/* The acts on stops: schedule, cancel, done, told; see notice.h. */
#include "casework/notice.h"

#include "casework/internal.h"

enum { TEXT_CHARACTERS = 500, EMERGENCY_DAYS = 7 };

#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const NewNotice *new;
    const AuditAct *act;
    gint64 id;
    NoticeState state; /* it becomes */
    const char *reason;
    gboolean end;
    gint64 delivered, refused;
} Work;

static gboolean is_fit(const char *text, const char *vi, const char *en, GError **error) {
    return casework_is_line(text, TEXT_CHARACTERS, vi, en, error);
}

static char *json_of(const NewNotice *new) {
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "from", new->from);
    json_int(&w, "until", new->until);
    json_text(&w, "reason", new->reason);
    if (new->emergency != NULL)
        json_text(&w, "emergency", new->emergency);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean put_on_record(DbConn *conn, const AuditAct *act, const char *what, gint64 id,
                              const char *before, const char *after, GError **error) {
    g_autofree char *subject = notice_name(id);
    AuditChange change = {what, subject, before, after};
    return audit_append(conn, act, &change, NULL, error);
}

/* ---- Scheduling ---- */

/* [R056] [R057] The last moment that belongs to the stop is the one before its end: a stop until
 * Sunday 24:00 is one on Sunday. */
static gboolean check_calendar(const Work *w, GError **error) {
    g_autoptr(Verdict) verdict =
        calendar_check_stop(w->regulation, calendar_day_of(w->new->from),
                            calendar_day_of(w->new->until - 1), calendar_day_of(clock_now()));
    return verdict->allowed || verdict_fail(verdict, error);
}

static gboolean check_emergency(const Work *w, GError **error) {
    if (!is_fit(w->new->emergency, "lý do khẩn cấp", "the reason of the emergency", error))
        return FALSE;
    gint64 now = clock_now(), near = EMERGENCY_DAYS * DAY;
    gint64 from = CLAMP(w->new->from, now - near, now + near);
    return (from == w->new->from && w->new->until <= from + near) ||
           cv_fail(error, CV_ERROR_INPUT,
                   "việc tạm ngừng khẩn cấp bắt đầu trước hoặc sau hiện tại không quá %d ngày và "
                   "kéo dài không quá %d ngày; an emergency is within %d days of now and lasts no "
                   "longer",
                   EMERGENCY_DAYS, EMERGENCY_DAYS, EMERGENCY_DAYS);
}

static gboolean overlaps(DbConn *conn, const NewNotice *new, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM notice WHERE state = 0 AND since < ? AND"
                                    " until > ? LIMIT 1");
    db_bind(stmt, "ii", new->until, new->from);
    DbStep step = db_step(stmt, error);
    *id = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean schedule_work(DbConn *conn, gpointer data, GError **error) {
    Work *w = data;
    const NewNotice *new = w->new;
    gint64 other;
    if (!overlaps(conn, new, &other, error))
        return FALSE;
    if (other != 0)
        return cv_fail(error, CV_ERROR_EXISTS,
                       "trùng thời gian với thông báo %" G_GINT64_FORMAT
                       "; it overlaps notice %" G_GINT64_FORMAT ": cancel or end that one first",
                       other, other);
    DbStmt *stmt = db_prepare(conn, "INSERT INTO notice(since, until, reason, emergency, state,"
                                    " made, made_by) VALUES(?, ?, ?, ?, 0, ?, ?)");
    db_bind(stmt, "iittit", new->from, new->until, new->reason,
            new->emergency == NULL ? "" : new->emergency, clock_now(), w->act->who);
    if (!db_run(stmt, error))
        return FALSE;
    w->id = db_last_insert_id(conn);
    g_autofree char *after = json_of(new);
    return put_on_record(conn, w->act,
                         new->emergency == NULL ? "notice.schedule" : "notice.emergency", w->id,
                         NULL, after, error);
}

Notice *notice_schedule(Directory *directory, const Regulation *regulation, const NewNotice *new,
                        const AuditAct *act, GError **error) {
    Work w = {.directory = directory, .regulation = regulation, .new = new, .act = act};
    if (!is_fit(new->reason, "lý do tạm ngừng", "the reason of the stop", error))
        return NULL;
    if (new->until <= new->from) {
        cv_fail(error, CV_ERROR_INPUT,
                "thời điểm kết thúc không sau thời điểm bắt đầu; the stop ends before it begins");
        return NULL;
    }
    if (!(new->emergency == NULL ? check_calendar(&w, error) : check_emergency(&w, error)) ||
        !db_write(directory_db(directory), schedule_work, &w, error))
        return NULL;
    return notice_find(directory, w.id, error);
}

/* ---- Its end ---- */

/* The state it is in, and when it begins. */
static gboolean load_open(DbConn *conn, gint64 id, gint64 *from, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT state, since FROM notice WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    NoticeState state = step == DB_ROW ? (NoticeState)db_column_int(stmt, 0) : NOTICE_STATES;
    *from = step == DB_ROW ? db_column_int(stmt, 1) : 0;
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    if (step != DB_ROW)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có thông báo số %" G_GINT64_FORMAT
                       "; there is no such notice (notice list)",
                       id);
    return state == NOTICE_ANNOUNCED ||
           cv_fail(error, CV_ERROR_REFUSED, "thông báo này %s; the notice is %s already",
                   notice_state_text(state), notice_state_name(state));
}

static gboolean fits_time(const Work *w, gint64 from, GError **error) {
    gboolean begun = clock_now() >= from;
    if (w->state == NOTICE_CANCELLED && begun)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "việc tạm ngừng đã bắt đầu, không hủy được; the stop has begun: tell its "
                       "end with notice done");
    if (w->state == NOTICE_DONE && !begun)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "việc tạm ngừng chưa bắt đầu; the stop has not begun: notice cancel takes "
                       "it back");
    return TRUE;
}

static gboolean end_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    gint64 from;
    if (!load_open(conn, w->id, &from, error) || !fits_time(w, from, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "UPDATE notice SET state = ?, ended = ?, ended_by = ?,"
                                    " ended_why = ? WHERE id = ?");
    db_bind(stmt, "iitti", (gint64)w->state, clock_now(), w->act->who, w->reason, w->id);
    if (!db_run(stmt, error))
        return FALSE;
    gboolean done = w->state == NOTICE_DONE;
    g_auto(Buffer) after;
    buffer_init(&after, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&after);
    json_open(&json, NULL, '{');
    json_text(&json, "state", notice_state_name(w->state));
    if (!done)
        json_text(&json, "reason", w->reason);
    json_close(&json, '}');
    g_autofree char *text = buffer_steal_string(&after);
    return put_on_record(conn, w->act, done ? "notice.done" : "notice.cancel", w->id,
                         "{\"state\":\"announced\"}", text, error);
}

gboolean notice_cancel(Directory *directory, gint64 id, const char *reason, const AuditAct *act,
                       GError **error) {
    Work w = {.act = act, .id = id, .state = NOTICE_CANCELLED, .reason = reason};
    return is_fit(reason, "lý do hủy", "the reason for cancelling it", error) &&
           db_write(directory_db(directory), end_work, &w, error);
}

gboolean notice_done(Directory *directory, gint64 id, const AuditAct *act, GError **error) {
    Work w = {.act = act, .id = id, .state = NOTICE_DONE, .reason = ""};
    return db_write(directory_db(directory), end_work, &w, error);
}

/* ---- Everybody was told ---- */

static gboolean told_work(DbConn *conn, gpointer data, GError **error) {
    const Work *w = data;
    DbStmt *stmt =
        w->end ? db_prepare(conn, "UPDATE notice SET told_end = ? WHERE id = ? AND told_end = 0")
               : db_prepare(conn, "UPDATE notice SET told = ?, delivered = ?3, refused = ?4"
                                  " WHERE id = ?2 AND told = 0");
    db_bind(stmt, "ii", clock_now(), w->id);
    if (!w->end) {
        db_bind_int(stmt, 3, w->delivered);
        db_bind_int(stmt, 4, w->refused);
    }
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0)
        return TRUE; /* another caller was faster */
    g_autofree char *after = g_strdup_printf("{\"mail\":\"%s\",\"delivered\":%" G_GINT64_FORMAT
                                             ",\"refused\":%" G_GINT64_FORMAT "}",
                                             w->end ? "end" : "begin", w->delivered, w->refused);
    const AuditAct act = {"congvu", ""};
    return put_on_record(conn, &act, "notice.told", w->id, NULL, after, error);
}

gboolean notice_told(Directory *directory, gint64 id, gboolean end, gint64 delivered,
                     gint64 refused, GError **error) {
    Work w = {.id = id, .end = end, .delivered = delivered, .refused = refused};
    return db_write(directory_db(directory), told_work, &w, error);
}
