/* Brings a file to the version that this program knows. The name and version stand in a table of
 * their own, one row; each step and the new version are one transaction, so an upgrade that is
 * stopped anywhere is either before or after a step, never inside. */
#include "db/internal.h"

#include "base/log.h"

gboolean db_schema_version(DbConn *conn, const DbSchema *schema, gint64 *version, GError **error) {
    DbStmt *there = db_prepare(conn, "SELECT 1 FROM sqlite_schema WHERE name = 'db_schema'");
    DbStep step = db_step(there, error);
    db_reset(there);
    if (step == DB_FAILED)
        return FALSE;
    if (step == DB_DONE) {
        DbStmt *any = db_prepare(conn, "SELECT name FROM sqlite_schema LIMIT 1");
        step = db_step(any, error);
        db_reset(any);
        if (step == DB_FAILED)
            return FALSE;
        if (step == DB_ROW)
            return cv_fail(error, CV_ERROR_INPUT, "%s is a database of another program",
                           conn->db->path);
        *version = -1;
        return TRUE;
    }
    DbStmt *stmt = db_prepare(conn, "SELECT name, version FROM db_schema");
    step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    if (step == DB_DONE)
        return cv_fail(error, CV_ERROR_CORRUPT, "%s has lost its version; restore a backup",
                       conn->db->path);
    g_autofree char *name = g_strdup(db_column_text(stmt, 0));
    gint64 found = db_column_int(stmt, 1);
    db_reset(stmt);
    if (g_strcmp0(name, schema->name) != 0)
        return cv_fail(error, CV_ERROR_INPUT, "%s holds \"%s\", not \"%s\": is it the right file?",
                       conn->db->path, name, schema->name);
    *version = found;
    return TRUE;
}

static gboolean set_version(DbConn *conn, const char *name, gint64 version, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR REPLACE INTO db_schema (id, name, version)"
                                    " VALUES (1, ?, ?)");
    db_bind(stmt, "ti", name, version);
    return db_run(stmt, error);
}

static gboolean run_script(DbConn *conn, const char *sql, GError **error) {
    int code = db_conn_exec(conn, sql);
    return code == SQLITE_OK || db_fail(conn, code, "upgrade of the format", error);
}

/* Runs a script and stores the version, all or nothing. */
static gboolean one_step(DbConn *conn, const DbSchema *schema, const char *sql, gint64 version,
                         GError **error) {
    int code = db_conn_control(conn->begin);
    if (code != SQLITE_OK)
        return db_fail(conn, code, "upgrade of the format", error);
    if (run_script(conn, sql, error) && set_version(conn, schema->name, version, error)) {
        code = db_conn_control(conn->commit);
        if (code == SQLITE_OK)
            return TRUE;
        db_fail(conn, code, "upgrade of the format", error);
    }
    if (sqlite3_get_autocommit(conn->handle) == 0)
        db_conn_control(conn->rollback);
    return FALSE;
}

gboolean db_schema_bring_up(DbConn *conn, const DbSchema *schema, GError **error) {
    gint64 version = -1;
    if (!db_schema_version(conn, schema, &version, error))
        return FALSE;
    if (version > (gint64)schema->count)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s has format %" G_GINT64_FORMAT
                       " of a newer congvu; this one knows up to %u. Run the newer program, or "
                       "restore a backup made before the upgrade",
                       conn->db->path, version, schema->count);
    if (!conn->writing) {
        if (version == (gint64)schema->count)
            return TRUE;
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s has an older format; start the server once, it upgrades the file",
                       conn->db->path);
    }
    if (version < 0) {
        static const char first[] = "CREATE TABLE db_schema (id INTEGER PRIMARY KEY CHECK (id = 1),"
                                    " name TEXT NOT NULL, version INTEGER NOT NULL)";
        if (!one_step(conn, schema, first, 0, error))
            return FALSE;
        version = 0;
    }
    for (gint64 i = version; i < (gint64)schema->count; i++) {
        if (!one_step(conn, schema, schema->steps[i], i + 1, error))
            return FALSE;
        if (version > 0)
            log_event(LOG_LEVEL_INFO, "db.upgraded", "file", conn->db->path, "version",
                      log_number(i + 1), NULL);
    }
    return TRUE;
}
