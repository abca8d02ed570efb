/* Statements: prepared once per connection, found again by the address of their literal, bound by
 * position. A statement that has given a row is remembered by its connection, so that the end of
 * the transaction can end it. */
#include "db/internal.h"

#include <stdarg.h>

DbStmt *db_prepare(DbConn *conn, const char *sql) {
    DbStmt *stmt = g_hash_table_lookup(conn->statements, sql);
    if (G_LIKELY(stmt != NULL && stmt->handle != NULL)) {
        if (stmt->active)
            db_reset(stmt);
        sqlite3_clear_bindings(stmt->handle);
        return stmt;
    }
    if (stmt == NULL) {
        stmt = g_new0(DbStmt, 1);
        stmt->conn = conn;
        g_hash_table_insert(conn->statements, (gpointer)sql, stmt);
    }
    int code =
        sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL);
    if (code == SQLITE_ERROR || (code == SQLITE_OK && stmt->handle == NULL))
        g_error("broken SQL: %s: %s", sql, sqlite3_errmsg(conn->handle));
    /* Otherwise the file could not be read (no memory, a bad disk): the first step says so, and the
     * next db_prepare tries again. */
    return stmt;
}

void db_bind_int(DbStmt *stmt, int index, gint64 value) {
    sqlite3_bind_int64(stmt->handle, index, value);
}

void db_bind_text(DbStmt *stmt, int index, const char *text) {
    if (text == NULL) {
        sqlite3_bind_null(stmt->handle, index);
        return;
    }
    gsize n = strlen(text);
    stmt->conn->bytes += (gint64)n;
    sqlite3_bind_text64(stmt->handle, index, text, n, SQLITE_STATIC, SQLITE_UTF8);
}

void db_bind_bytes(DbStmt *stmt, int index, Bytes bytes) {
    if (bytes.p == NULL) {
        sqlite3_bind_null(stmt->handle, index);
        return;
    }
    stmt->conn->bytes += (gint64)bytes.n;
    sqlite3_bind_blob64(stmt->handle, index, bytes.p, bytes.n, SQLITE_STATIC);
}

void db_bind_null(DbStmt *stmt, int index) {
    sqlite3_bind_null(stmt->handle, index);
}

void db_bind(DbStmt *stmt, const char *format, ...) {
    va_list args;
    va_start(args, format);
    for (int i = 1; *format != '\0'; format++, i++) {
        switch (*format) {
        case 'i':
            db_bind_int(stmt, i, va_arg(args, gint64));
            break;
        case 't':
            db_bind_text(stmt, i, va_arg(args, const char *));
            break;
        case 'b':
            db_bind_bytes(stmt, i, va_arg(args, Bytes));
            break;
        case 'n':
            db_bind_null(stmt, i);
            break;
        default:
            g_error("db_bind: no such letter: %c", *format);
        }
    }
    va_end(args);
}

static void activate(DbStmt *stmt) {
    stmt->active = TRUE;
    stmt->previous = NULL;
    stmt->next = stmt->conn->active;
    if (stmt->next != NULL)
        stmt->next->previous = stmt;
    stmt->conn->active = stmt;
}

void db_reset(DbStmt *stmt) {
    if (stmt->active) {
        stmt->active = FALSE;
        if (stmt->previous != NULL)
            stmt->previous->next = stmt->next;
        else
            stmt->conn->active = stmt->next;
        if (stmt->next != NULL)
            stmt->next->previous = stmt->previous;
        stmt->previous = stmt->next = NULL;
    }
    sqlite3_reset(stmt->handle);
}

DbStep db_step(DbStmt *stmt, GError **error) {
    int code = stmt->handle == NULL ? SQLITE_IOERR_READ : sqlite3_step(stmt->handle);
    if (code == SQLITE_ROW) {
        if (!stmt->active)
            activate(stmt);
        return DB_ROW;
    }
    if (code != SQLITE_DONE)
        db_fail(stmt->conn, code, stmt->handle == NULL ? "prepare" : sqlite3_sql(stmt->handle),
                error);
    db_reset(stmt);
    return code == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

gboolean db_run(DbStmt *stmt, GError **error) {
    DbStep step = DB_ROW;
    while (step == DB_ROW)
        step = db_step(stmt, error);
    return step == DB_DONE;
}

gint64 db_column_int(DbStmt *stmt, int column) {
    return sqlite3_column_int64(stmt->handle, column);
}

gboolean db_column_is_null(DbStmt *stmt, int column) {
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

const char *db_column_text(DbStmt *stmt, int column) {
    return (const char *)sqlite3_column_text(stmt->handle, column);
}

Bytes db_column_bytes(DbStmt *stmt, int column) {
    const void *p = sqlite3_column_blob(stmt->handle, column);
    int n = sqlite3_column_bytes(stmt->handle, column);
    /* An empty value has no address in the engine; NULL stays what means "no value" here. */
    if (p == NULL && sqlite3_column_type(stmt->handle, column) != SQLITE_NULL)
        p = "";
    return bytes_of(p, (gsize)n);
}

gint64 db_last_insert_id(DbConn *conn) {
    return sqlite3_last_insert_rowid(conn->handle);
}

gint64 db_changes(DbConn *conn) {
    return sqlite3_changes64(conn->handle);
}

void db_conn_close_value(DbConn *conn) {
    sqlite3_blob_close(g_steal_pointer(&conn->value));
}

/* An open handle moves to another row of the same column at the cost of a look-up; opening one
 * costs a parse. A handle whose row was changed is dead, so a failed move opens anew. */
static int open_value(DbConn *conn, const char *table, const char *column, gint64 rowid) {
    if (conn->value != NULL && conn->value_table == table && conn->value_column == column &&
        sqlite3_blob_reopen(conn->value, rowid) == SQLITE_OK)
        return SQLITE_OK;
    db_conn_close_value(conn);
    int code = sqlite3_blob_open(conn->handle, "main", table, column, rowid, 0, &conn->value);
    conn->value_table = table;
    conn->value_column = column;
    return code;
}

gboolean db_read_value(DbConn *conn, const char *table, const char *column, gint64 rowid,
                       guint64 offset, gsize n, void *to, GError **error) {
    int code = open_value(conn, table, column, rowid);
    if (code == SQLITE_OK) {
        guint64 size = (guint64)sqlite3_blob_bytes(conn->value);
        if (offset > size || n > size - offset)
            code = SQLITE_ERROR;
        else if (n > 0)
            code = sqlite3_blob_read(conn->value, to, (int)n, (int)offset);
    }
    if (code == SQLITE_OK)
        return TRUE;
    if (code != SQLITE_ERROR)
        return db_fail(conn, code, "reading a value", error);
    return cv_fail(error, CV_ERROR_CORRUPT,
                   "%s: %s.%s of row %" G_GINT64_FORMAT " is missing or too short; run doctor",
                   conn->db->path, table, column, rowid);
}
