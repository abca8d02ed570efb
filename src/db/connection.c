/* One connection to the file, set up for its part: the writer with full synchronisation and the
 * larger cache, a reader that cannot write and never checkpoints. The statements that begin and end
 * transactions are prepared once. */
#include "db/internal.h"

static sqlite3_stmt *control(sqlite3 *handle, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return NULL;
    return statement;
}

int db_conn_control(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    int again = sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : again != SQLITE_OK ? again : code;
}

int db_conn_exec(DbConn *conn, const char *sql) {
    return sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
}

static void statement_free(gpointer data) {
    DbStmt *stmt = data;
    sqlite3_finalize(stmt->handle);
    g_free(stmt);
}

/* Readers are short, so the wait for them is short too: ask often at first, then less. */
static int wait_a_little(void *data, int tries) {
    const DbConn *conn = data;
    static const int pauses[] = {100, 100, 200, 200, 500, 500, 1000, 1000, 2000, 5000};
    int waited = 0;
    for (int i = 0; i < tries; i++) {
        waited += pauses[MIN(i, (int)G_N_ELEMENTS(pauses) - 1)];
        if (waited > conn->patience)
            return 0;
    }
    g_usleep((gulong)pauses[MIN(tries, (int)G_N_ELEMENTS(pauses) - 1)]);
    return 1;
}

static const char writer_setup[] = "PRAGMA page_size = 4096;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA journal_size_limit = 67108864;"
                                   "PRAGMA cache_size = -8192;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA mmap_size = 0;"
                                   "PRAGMA secure_delete = FAST;";
static const char reader_setup[] = "PRAGMA query_only = 1;"
                                   "PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA cache_size = -1024;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA mmap_size = 0;";

/* The engine answers with another journal mode, not with an error, where it cannot use the log. */
static gboolean has_log(DbConn *conn) {
    DbStmt *stmt = db_prepare(conn, "PRAGMA journal_mode");
    gboolean has = db_step(stmt, NULL) == DB_ROW && g_strcmp0(db_column_text(stmt, 0), "wal") == 0;
    db_reset(stmt);
    return has;
}

static gboolean set_up(DbConn *conn, GError **error) {
    sqlite3 *handle = conn->handle;
    sqlite3_extended_result_codes(handle, 1);
    conn->patience = DB_BUSY_MICROSECONDS;
    sqlite3_busy_handler(handle, wait_a_little, conn);
    int code = db_conn_exec(conn, conn->writing ? writer_setup : reader_setup);
    if (code != SQLITE_OK)
        return db_fail(conn, sqlite3_extended_errcode(handle), "cannot open", error);
    if (conn->writing && (conn->db->flags & DB_OPEN_REBUILDABLE) != 0 &&
        db_conn_exec(conn, "PRAGMA synchronous = NORMAL") != SQLITE_OK)
        return db_fail(conn, sqlite3_extended_errcode(handle), "cannot open", error);
    if (conn->writing && !has_log(conn))
        return cv_fail(error, CV_ERROR_STORAGE,
                       "%s cannot keep a write-ahead log here (shared memory is missing); put the "
                       "data directory on a local disk",
                       conn->db->path);
    if (!conn->writing)
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    conn->begin = control(handle, conn->writing ? "BEGIN IMMEDIATE" : "BEGIN");
    conn->commit = control(handle, "COMMIT");
    conn->rollback = control(handle, "ROLLBACK");
    conn->savepoint = control(handle, "SAVEPOINT request");
    conn->release = control(handle, "RELEASE request");
    conn->rollback_to = control(handle, "ROLLBACK TO request");
    if (conn->begin == NULL || conn->commit == NULL || conn->rollback == NULL ||
        conn->savepoint == NULL || conn->release == NULL || conn->rollback_to == NULL)
        return db_fail(conn, sqlite3_extended_errcode(handle), "cannot open", error);
    return TRUE;
}

/* A copy is opened as unchanging, so that the engine takes no locks and makes no log beside it. */
static char *name_for_engine(const Db *db) {
    if ((db->flags & DB_OPEN_COPY) == 0)
        return g_strdup(db->path);
    g_autofree char *escaped = g_uri_escape_string(db->path, "/", TRUE);
    return g_strdup_printf("file:%s?immutable=1", escaped);
}

DbConn *db_conn_open(Db *db, DbConnKind kind, GError **error) {
    DbConn *conn = g_new0(DbConn, 1);
    conn->db = db;
    conn->writing = kind == DB_CONN_WRITER;
    conn->statements = g_hash_table_new_full(NULL, NULL, NULL, statement_free);
    conn->publish = g_array_new(FALSE, FALSE, sizeof(Publication));
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
        ((db->flags & DB_OPEN_READ_ONLY) != 0 ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if ((db->flags & DB_OPEN_COPY) != 0)
        flags |= SQLITE_OPEN_URI;
    g_autofree char *name = name_for_engine(db);
    /* Only with a flush at each commit may writes be kept back until it. */
    gboolean flushes = conn->writing && (db->flags & DB_OPEN_REBUILDABLE) == 0;
    int code = sqlite3_open_v2(name, &conn->handle, flags, flushes ? DB_GATHER : NULL);
    if (code != SQLITE_OK) {
        db_fail(conn, code, "cannot open", error);
        db_conn_close(conn);
        return NULL;
    }
    if (!set_up(conn, error)) {
        db_conn_close(conn);
        return NULL;
    }
    return conn;
}

void db_conn_close(DbConn *conn) {
    if (conn == NULL)
        return;
    g_hash_table_unref(conn->statements);
    g_array_unref(conn->publish);
    sqlite3_stmt *own[] = {conn->begin,     conn->commit,  conn->rollback,
                           conn->savepoint, conn->release, conn->rollback_to};
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        sqlite3_finalize(own[i]);
    sqlite3_close(conn->handle);
    g_free(conn);
}

void db_conn_reset_all(DbConn *conn) {
    while (conn->active != NULL)
        db_reset(conn->active);
    db_conn_close_value(conn);
}
