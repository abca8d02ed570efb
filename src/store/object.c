/* Objects; see object.h. What was removed stays as a row without a value, so that it can be told;
 * of more than STORE_OBJECT_COUNT rows the oldest go, and their number becomes the horizon. */
#include "store/object.h"

#include "store/internal.h"

const char store_object_schema[] =
    "CREATE TABLE object("
    " account INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " born INTEGER NOT NULL,"    /* when it was made, in the sequence of the kind */
    " changed INTEGER NOT NULL," /* the last change */
    " value TEXT,"               /* NULL: removed */
    " PRIMARY KEY(account, kind, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX object_changed ON object(account, kind, changed);"
    "CREATE TABLE object_kind("
    " account INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " changed INTEGER NOT NULL," /* the last number given */
    " horizon INTEGER NOT NULL,"
    " PRIMARY KEY(account, kind)) STRICT, WITHOUT ROWID;";

static gboolean next_number(DbConn *conn, gint64 account, const char *kind, gint64 *number,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO object_kind(account, kind, changed, horizon)"
                                    " VALUES(?,?,1,0) ON CONFLICT DO UPDATE SET"
                                    " changed = changed + 1 RETURNING changed");
    db_bind(stmt, "it", account, kind);
    DbStep step = db_step(stmt, error);
    *number = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step == DB_ROW;
}

static gboolean drop_oldest(DbConn *conn, gint64 account, const char *kind, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT changed FROM object WHERE account = ? AND kind = ?"
                                    " ORDER BY changed DESC LIMIT 1 OFFSET ?");
    db_bind(stmt, "iti", account, kind, (gint64)STORE_OBJECT_COUNT);
    DbStep step = db_step(stmt, error);
    gint64 last = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    if (step != DB_ROW)
        return step == DB_DONE;
    stmt = db_prepare(conn, "DELETE FROM object WHERE account = ? AND kind = ? AND changed <= ?");
    db_bind(stmt, "iti", account, kind, last);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE object_kind SET horizon = ? WHERE account = ? AND kind = ?");
    db_bind(stmt, "iit", last, account, kind);
    return db_run(stmt, error);
}

gboolean store_object_write(DbConn *conn, gint64 account, const char *kind, const char *id,
                            const char *value, GError **error) {
    gint64 number;
    if (value != NULL && strlen(value) > STORE_OBJECT_BYTES)
        return cv_fail(error, CV_ERROR_LIMIT, "it is larger than %d bytes", STORE_OBJECT_BYTES);
    if (!next_number(conn, account, kind, &number, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO object(account, kind, id, born, changed, value)"
                                    " VALUES(?1,?2,?3,?4,?4,?5) ON CONFLICT DO UPDATE SET"
                                    " born = iif(value IS NULL, ?4, born), changed = ?4,"
                                    " value = ?5");
    db_bind(stmt, "ittit", account, kind, id, number, value);
    return db_run(stmt, error) && drop_oldest(conn, account, kind, error);
}

typedef struct {
    gint64 account;
    const char *kind, *id, *value;
} Put;

static gboolean put_work(DbConn *conn, gpointer data, GError **error) {
    const Put *put = data;
    return store_object_write(conn, put->account, put->kind, put->id, put->value, error);
}

gboolean store_object_put(Store *store, gint64 account, const char *kind, const char *id,
                          const char *value, GError **error) {
    Put put = {account, kind, id, value};
    return db_write(store->db, put_work, &put, error);
}

char *store_object_get(DbConn *conn, gint64 account, const char *kind, const char *id,
                       GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT value FROM object WHERE account = ? AND kind = ?"
                                    " AND id = ? AND value IS NOT NULL");
    db_bind(stmt, "itt", account, kind, id);
    char *value = db_step(stmt, error) == DB_ROW ? g_strdup(db_column_text(stmt, 0)) : NULL;
    db_reset(stmt);
    return value;
}

gboolean store_object_each(DbConn *conn, gint64 account, const char *kind, guint64 since,
                           StoreObjectEach each, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, value, changed, born FROM object WHERE account = ?"
                                    " AND kind = ? AND changed > ?3 AND (?3 > 0 OR value IS NOT"
                                    " NULL) ORDER BY changed");
    db_bind(stmt, "iti", account, kind, (gint64)MIN(since, G_MAXINT64));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreObject object = {
            db_column_text(stmt, 0), db_column_is_null(stmt, 1) ? NULL : db_column_text(stmt, 1),
            (guint64)db_column_int(stmt, 2), (guint64)db_column_int(stmt, 3) > since};
        each(&object, data);
    }
    return step == DB_DONE;
}

gboolean store_object_state(DbConn *conn, gint64 account, const char *kind, guint64 *state,
                            guint64 *horizon, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT changed, horizon FROM object_kind WHERE account = ?"
                                    " AND kind = ?");
    db_bind(stmt, "it", account, kind);
    DbStep step = db_step(stmt, error);
    *state = step == DB_ROW ? (guint64)db_column_int(stmt, 0) : 0;
    *horizon = step == DB_ROW ? (guint64)db_column_int(stmt, 1) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}
