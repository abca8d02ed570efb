/* Stops, read; see notice.h. */
#include "casework/notice.h"

#include "casework/internal.h"

static const struct {
    const char *name, *text;
} states[NOTICE_STATES] = {
    [NOTICE_ANNOUNCED] = {"announced", "đã thông báo"},
    [NOTICE_CANCELLED] = {"cancelled", "đã hủy"},
    [NOTICE_DONE] = {"done", "đã hoạt động trở lại"},
};

const char *notice_state_name(NoticeState state) {
    return states[state].name;
}

const char *notice_state_text(NoticeState state) {
    return states[state].text;
}

void notice_free(Notice *notice) {
    if (notice == NULL)
        return;
    g_free(notice->reason);
    g_free(notice->emergency);
    g_free(notice->made_by);
    g_free(notice->ended_by);
    g_free(notice->ended_why);
    g_free(notice);
}

static void free_notice(gpointer notice) {
    notice_free(notice);
}

#define NOTICE_ROWS                                                                                \
    "SELECT id, since, until, reason, emergency, state, made, made_by, ended, ended_by,"           \
    " ended_why, told, told_end, delivered, refused FROM notice "

static Notice *notice_of_row(DbStmt *stmt) {
    Notice *n = g_new0(Notice, 1);
    *n = (Notice){.id = db_column_int(stmt, 0),
                  .from = db_column_int(stmt, 1),
                  .until = db_column_int(stmt, 2),
                  .reason = g_strdup(db_column_text(stmt, 3)),
                  .emergency = g_strdup(db_column_text(stmt, 4)),
                  .state = (NoticeState)db_column_int(stmt, 5),
                  .made = db_column_int(stmt, 6),
                  .made_by = g_strdup(db_column_text(stmt, 7)),
                  .ended = db_column_int(stmt, 8),
                  .ended_by = g_strdup(db_column_text(stmt, 9)),
                  .ended_why = g_strdup(db_column_text(stmt, 10)),
                  .told = db_column_int(stmt, 11),
                  .told_end = db_column_int(stmt, 12),
                  .delivered = db_column_int(stmt, 13),
                  .refused = db_column_int(stmt, 14)};
    return n;
}

Notice *notice_find(Directory *directory, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    DbStmt *stmt = db_prepare(conn, NOTICE_ROWS "WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    Notice *found = step == DB_ROW ? notice_of_row(stmt) : NULL;
    db_reset(stmt);
    if (step == DB_DONE)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "không có thông báo số %" G_GINT64_FORMAT "; there is no such notice (notice list)",
                id);
    return found;
}

static DbStmt *rows_of(DbConn *conn, NoticeFilter filter) {
    switch (filter) {
    case NOTICE_OPEN:
        return db_prepare(conn, NOTICE_ROWS "WHERE state = 0 ORDER BY since DESC");
    case NOTICE_UNTOLD:
        return db_prepare(conn, NOTICE_ROWS "WHERE told = 0 OR (state <> 0 AND told_end = 0)"
                                            " ORDER BY id");
    default:
        return db_prepare(conn, NOTICE_ROWS "ORDER BY since DESC, id DESC");
    }
}

GPtrArray *notice_list(Directory *directory, NoticeFilter filter, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_notice);
    DbStmt *stmt = rows_of(conn, filter);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(list, notice_of_row(stmt));
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}
