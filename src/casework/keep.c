/* What time alone asks for: due days follow the calendar [Điều 4.2.b], and what was kept only for
 * the work is deleted when its time is over. */
#include "casework/internal.h"

/* ---- Due days ---- */

typedef struct {
    gint64 id, unit;
    char before[11], after[11];
} Moved;

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    gint64 until; /* answered before: the file's time is over */
} Keep;

static GArray *find_moved(DbConn *conn, const Regulation *regulation, GError **error) {
    g_autoptr(GArray) moved = g_array_new(FALSE, TRUE, sizeof(Moved));
    DbStmt *stmt =
        db_prepare(conn, "SELECT id, unit, received, due FROM request WHERE state BETWEEN 1 AND 3");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Moved m = {.id = db_column_int(stmt, 0), .unit = db_column_int(stmt, 1)};
        CalendarDay received = calendar_day_of(db_column_int(stmt, 2));
        calendar_format(calendar_due(regulation, received), m.after);
        g_strlcpy(m.before, db_column_text(stmt, 3), sizeof m.before);
        if (!g_str_equal(m.before, m.after))
            g_array_append_val(moved, m);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&moved);
}

static char *json_of_due(gint64 id, const char *due) {
    return g_strdup_printf("{\"request\":%" G_GINT64_FORMAT ",\"due\":\"%s\"}", id, due);
}

static gboolean move_due(const Keep *c, DbConn *conn, const Moved *m, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET due = ? WHERE id = ?");
    db_bind(stmt, "ti", m->after, m->id);
    g_autofree char *before = json_of_due(m->id, m->before);
    g_autofree char *after = json_of_due(m->id, m->after);
    AuditAct act = {"congvu", "lịch ngày làm việc thay đổi"};
    return db_run(stmt, error) &&
           request_audit(c->directory, conn, m->unit, &act, "request.due", before, after, error);
}

static gboolean move_all(DbConn *conn, gpointer data, GError **error) {
    Keep *c = data;
    g_autoptr(GArray) moved = find_moved(conn, c->regulation, error);
    if (moved == NULL)
        return FALSE;
    for (guint i = 0; i < moved->len; i++)
        if (!move_due(c, conn, &g_array_index(moved, Moved, i), error))
            return FALSE;
    return TRUE;
}

/* ---- What is deleted ---- */

/* A legal hold keeps it (directory/hold.h). */
#define OVER                                                                                       \
    "state = 4 AND wiped = 0 AND replied < ?1 AND NOT EXISTS(SELECT 1 FROM legal_hold h"           \
    " WHERE h.ended = 0 AND h.what = 'request ' || request.id)"

static gboolean wipe_one(const Keep *c, DbConn *conn, gint64 id, gint64 unit, GError **error) {
    DbStmt *lines =
        db_prepare(conn, "UPDATE request_line SET birth = NULL, identity = NULL WHERE request = ?");
    db_bind(lines, "i", id);
    if (!db_run(lines, error))
        return FALSE;
    DbStmt *file = db_prepare(conn, "UPDATE request SET file = NULL, wiped = ? WHERE id = ?");
    db_bind(file, "ii", clock_now(), id);
    g_autofree char *after = g_strdup_printf("{\"request\":%" G_GINT64_FORMAT "}", id);
    AuditAct act = {"congvu", "hết thời hạn lưu biểu mẫu"};
    return db_run(file, error) &&
           request_audit(c->directory, conn, unit, &act, "request.wipe", NULL, after, error);
}

static gboolean wipe_all(DbConn *conn, gpointer data, GError **error) {
    const Keep *c = data;
    for (;;) {
        DbStmt *stmt = db_prepare(conn, "SELECT id, unit FROM request WHERE " OVER " LIMIT 1");
        db_bind(stmt, "i", c->until);
        DbStep step = db_step(stmt, error);
        if (step != DB_ROW)
            return step == DB_DONE;
        gint64 id = db_column_int(stmt, 0), unit = db_column_int(stmt, 1);
        db_reset(stmt);
        if (!wipe_one(c, conn, id, unit, error))
            return FALSE;
    }
}

static gboolean any_over(DbConn *conn, gint64 until, gboolean *over, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM request WHERE " OVER " LIMIT 1");
    db_bind(stmt, "i", until);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *over = step == DB_ROW;
    return step != DB_FAILED;
}

/* ---- Both ---- */

gboolean request_keep(Directory *d, const Regulation *regulation, GError **error) {
    gint64 days = regulation_figure(regulation, FIGURE_KEEP_FORM_DAYS);
    Keep c = {.directory = d,
              .regulation = regulation,
              .until = clock_now() - days * 86400 * CLOCK_SECOND};
    gboolean over = FALSE;
    g_autoptr(DbConn) conn = db_read_begin(directory_db(d), error);
    g_autoptr(GArray) moved = conn == NULL ? NULL : find_moved(conn, regulation, error);
    if (moved == NULL || !any_over(conn, c.until, &over, error))
        return FALSE;
    g_clear_pointer(&conn, db_read_end);
    return (moved->len == 0 || db_write(directory_db(d), move_all, &c, error)) &&
           (!over || db_write(directory_db(d), wipe_all, &c, error));
}
