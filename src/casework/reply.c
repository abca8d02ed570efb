/* The reply [Điều 4.2.b]: its number and date are recorded, and only then the request is closed. */
#include "casework/internal.h"

typedef struct {
    Directory *directory;
    gint64 id;
    const char *number;
    char dated[11];
    const AuditAct *act;
} Reply;

static gboolean may_reply(const Reply *c, const RequestRow *row, gboolean *done, GError **error) {
    *done = row->state == REQUEST_CLOSED && g_str_equal(row->reply_number, c->number) &&
            g_str_equal(row->reply_dated, c->dated);
    if (*done || row->state == REQUEST_DECIDED)
        return TRUE;
    if (row->state == REQUEST_CLOSED)
        return cv_fail(error, CV_ERROR_DENIED,
                       "đã trả lời bằng văn bản số %s ngày %s; it was answered by that document",
                       row->reply_number, row->reply_dated);
    return cv_fail(error, CV_ERROR_DENIED,
                   "còn mục chưa thực hiện và chưa trả lại nên chưa trả lời được (điểm b khoản 2 "
                   "Điều 4 Quy chế); lines are neither done nor returned yet");
}

static gboolean write_reply(const Reply *c, DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET state = ?, reply_number = ?,"
                                    " reply_dated = ?, replied_by = ?, replied = ? WHERE id = ?");
    db_bind(stmt, "itttii", (gint64)REQUEST_CLOSED, c->number, c->dated, c->act->who, clock_now(),
            c->id);
    return db_run(stmt, error);
}

static gboolean reply(DbConn *conn, gpointer data, GError **error) {
    const Reply *c = data;
    g_auto(RequestRow) row = {0};
    gboolean done = FALSE;
    if (!request_row_read(conn, c->id, &row, error) || !may_reply(c, &row, &done, error))
        return FALSE;
    if (done)
        return TRUE;
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "request", c->id);
    json_text(&w, "reply", c->number);
    json_text(&w, "date", c->dated);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    g_autofree char *ground = request_ground(c->id, 0, row.number, row.dated);
    AuditAct act = {c->act->who, ground};
    return write_reply(c, conn, error) &&
           request_audit(c->directory, conn, row.unit, &act, "request.reply", NULL, after, error);
}

gboolean request_reply(Directory *d, gint64 id, const char *number, const char *dated,
                       const AuditAct *act, GError **error) {
    g_autofree char *text = g_strstrip(g_strdup(number == NULL ? "" : number));
    Reply c = {.directory = d, .id = id, .number = text, .act = act};
    if (*text == '\0' || strlen(text) > REQUEST_TEXT_MAXIMUM)
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần số, ký hiệu văn bản trả lời; the reply's number is needed");
    if (dated == NULL || !request_date_read(dated, c.dated))
        return cv_fail(error, CV_ERROR_INPUT,
                       "ngày văn bản trả lời \"%s\" không phải một ngày có thật; it is no such "
                       "day: YYYY-MM-DD or DD/MM/YYYY",
                       dated == NULL ? "" : dated);
    return db_write(directory_db(d), reply, &c, error);
}
