/* The engine's own check of a file. It reads everything in one read transaction, which holds the
 * write-ahead log of a running server; so it looks at the length of the log as it goes (the first
 * words of the shared index beside the file say it, also to another process) and stops when too
 * much has come. Then each table is checked apart: that misses only pages that belong to none.
 *
 * The index is read through the engine's own mapping. Opening the file again would be wrong: the
 * kernel drops all locks of a process on a file when any of its descriptors is closed. */
#include "db/internal.h"

enum {
    FRAME = DB_PAGE + 24,
    REGION_BYTES = 32768,
    FRAMES_OFFSET = 16,            /* of the count of frames in the shared index */
    LOOK_MICROSECONDS = 10 * 1000, /* between two looks at the log */
    TRIES = 3,
    PAUSE_MICROSECONDS = 100 * 1000,
};

/* Stop beyond this many frames, or after this many more where the log was long before. Tests lower
 * them. */
gint db_check_long = 24 * 1024 * 1024 / FRAME;
gint db_check_grown = 4 * 1024 * 1024 / FRAME;

typedef struct {
    DbConn *conn;
    const volatile void *shared; /* the shared index, or NULL: nobody writes */
    GString *findings;
    /* The watcher of one PRAGMA; lock guards over and stopped. */
    GMutex lock;
    GCond cond;
    guint32 limit;
    gboolean over, stopped;
} Check;

typedef enum { CHECK_DONE, CHECK_STOPPED, CHECK_FAILED } CheckEnd;

/* The first region of the shared index, mapped by the connection once it has read something. */
static const volatile void *shared_index(DbConn *conn) {
    sqlite3_file *file = NULL;
    void volatile *region = NULL;
    if (sqlite3_exec(conn->handle, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_file_control(conn->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region) != SQLITE_OK)
        return NULL;
    return region;
}

static guint32 frames_in_log(const Check *check) {
    if (check->shared == NULL)
        return 0;
    return *(const volatile guint32 *)((const volatile guint8 *)check->shared + FRAMES_OFFSET);
}

/* One step of the engine's machine checks a whole tree, so it cannot look at the log itself: a
 * thread beside it looks and interrupts. */
static gpointer watch_log(gpointer data) {
    Check *check = data;
    g_mutex_lock(&check->lock);
    while (!check->over) {
        if (frames_in_log(check) > check->limit) {
            check->stopped = TRUE;
            sqlite3_interrupt(check->conn->handle);
        }
        g_cond_wait_until(&check->cond, &check->lock, g_get_monotonic_time() + LOOK_MICROSECONDS);
    }
    g_mutex_unlock(&check->lock);
    return NULL;
}

static void add_finding(Check *check, const char *text) {
    g_string_append_printf(check->findings, "%s%s", check->findings->len > 0 ? "\n" : "", text);
}

/* Runs one PRAGMA and takes its rows, except "ok"; the engine's last code. */
static int take_findings(Check *check, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(check->conn->handle, sql, -1, &statement, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (g_strcmp0(text, "ok") != 0)
            add_finding(check, text == NULL ? "(no text)" : text);
        code = SQLITE_OK;
    }
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
        /* So damaged that the check itself stumbles. */
        add_finding(check, sqlite3_errmsg(check->conn->handle));
        code = SQLITE_DONE;
    }
    sqlite3_finalize(statement);
    return code;
}

static CheckEnd run(Check *check, const char *sql, GError **error) {
    gsize before = check->findings->len;
    check->limit = MAX((guint32)db_check_long, frames_in_log(check) + (guint32)db_check_grown);
    check->over = check->stopped = FALSE;
    GThread *watcher = g_thread_new("check-log", watch_log, check);
    int code = take_findings(check, sql);
    g_mutex_lock(&check->lock);
    check->over = TRUE;
    g_cond_signal(&check->cond);
    g_mutex_unlock(&check->lock);
    g_thread_join(watcher);
    if (check->stopped) {
        g_string_truncate(check->findings, before); /* pages that it did not come to */
        return CHECK_STOPPED;
    }
    if (code == SQLITE_DONE)
        return CHECK_DONE;
    db_fail(check->conn, code, "checking", error);
    return CHECK_FAILED;
}

static CheckEnd run_again(Check *check, const char *sql, GError **error) {
    CheckEnd end = CHECK_STOPPED;
    for (int i = 0; i < TRIES && end == CHECK_STOPPED; i++) {
        if (i > 0)
            g_usleep(PAUSE_MICROSECONDS); /* the writer shortens the log meanwhile */
        end = run(check, sql, error);
    }
    return end;
}

static GPtrArray *table_names(DbConn *conn, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    DbStmt *stmt = db_prepare(conn, "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                    " AND sql NOT LIKE 'CREATE VIRTUAL%'");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(names, g_strdup(db_column_text(stmt, 0)));
    return step == DB_FAILED ? NULL : g_steal_pointer(&names);
}

static gboolean check_tables(Check *check, GError **error) {
    g_autoptr(GPtrArray) names = table_names(check->conn, error);
    if (names == NULL)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *sql = sqlite3_mprintf("PRAGMA integrity_check(%Q)", name);
        CheckEnd end = run_again(check, sql, error);
        sqlite3_free(sql);
        if (end == CHECK_FAILED)
            return FALSE;
        if (end == CHECK_STOPPED)
            return cv_fail(error, CV_ERROR_BUSY,
                           "too much is written just now to check the table %s of %s; try again "
                           "later, or check a backup",
                           name, check->conn->db->path);
    }
    return TRUE;
}

/* A connection of its own: each PRAGMA is a transaction of its own, and the check may take long. */
char *db_integrity_check(Db *db, GError **error) {
    Check check = {.conn = db_conn_open(db, DB_CONN_READER, error)};
    if (check.conn == NULL)
        return NULL;
    if ((db->flags & DB_OPEN_COPY) == 0)
        check.shared = shared_index(check.conn);
    check.findings = g_string_new(NULL);
    g_mutex_init(&check.lock);
    g_cond_init(&check.cond);
    CheckEnd end = run(&check, "PRAGMA integrity_check", error);
    gboolean looked = end == CHECK_STOPPED ? check_tables(&check, error) : end == CHECK_DONE;
    db_conn_close(check.conn);
    g_mutex_clear(&check.lock);
    g_cond_clear(&check.cond);
    char *text = g_string_free(check.findings, FALSE);
    if (!looked || text[0] == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}
