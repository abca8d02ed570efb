/* The pool of reading connections. The one returned last is given out first, because its cache is
 * warm and the others may stay cold; when all are out the next caller waits. */
#include "base/blocking.h"
#include "db/internal.h"

static DbConn *take(Db *db, gboolean *make) {
    g_mutex_lock(&db->pool_lock);
    while (db->idle == NULL && db->opened >= DB_READERS) {
        blocking_begin();
        g_cond_wait(&db->pool_wake, &db->pool_lock);
        blocking_end();
    }
    DbConn *conn = db->idle;
    if (conn != NULL)
        db->idle = conn->next_idle;
    else
        db->opened++;
    *make = conn == NULL;
    g_mutex_unlock(&db->pool_lock);
    return conn;
}

/* conn NULL: the connection is gone, its place is free. */
static void give_back(Db *db, DbConn *conn) {
    g_mutex_lock(&db->pool_lock);
    if (conn != NULL) {
        conn->next_idle = db->idle;
        db->idle = conn;
    } else {
        db->opened--;
    }
    g_cond_signal(&db->pool_wake);
    g_mutex_unlock(&db->pool_lock);
}

DbConn *db_read_begin(Db *db, GError **error) {
    gboolean make;
    DbConn *conn = take(db, &make);
    if (make && (conn = db_conn_open(db, DB_CONN_READER, error)) == NULL) {
        give_back(db, NULL);
        return NULL;
    }
    int code = db_conn_control(conn->begin);
    if (code != SQLITE_OK) {
        db_fail(conn, code, "cannot begin reading", error);
        db_conn_close(conn);
        give_back(db, NULL);
        return NULL;
    }
    return conn;
}

void db_read_end(DbConn *conn) {
    if (conn == NULL)
        return;
    g_assert(!conn->writing);
    Db *db = conn->db;
    db_conn_reset_all(conn);
    /* A failed read may have ended the transaction already. */
    if (sqlite3_get_autocommit(conn->handle) == 0 && db_conn_control(conn->commit) != SQLITE_OK &&
        db_conn_control(conn->rollback) != SQLITE_OK) {
        db_conn_close(conn);
        conn = NULL;
    }
    give_back(db, conn);
}
