/* Uploads; see upload.h. */
#include "store/upload.h"

#include "base/clock.h"
#include "store/internal.h"

const char store_upload_schema[] = "CREATE TABLE upload("
                                   " id INTEGER PRIMARY KEY,"
                                   " account INTEGER NOT NULL,"
                                   " name TEXT NOT NULL,"
                                   " blob INTEGER NOT NULL,"
                                   " size INTEGER NOT NULL," /* bytes */
                                   " type TEXT NOT NULL,"
                                   " at INTEGER NOT NULL," /* Unix microseconds */
                                   " UNIQUE(account, name)) STRICT;"
                                   "CREATE INDEX upload_at ON upload(at);";

typedef struct {
    gint64 account;
    BlobWriter *writer;
    const char *type, *name;
    gint64 size;
} Add;

static gboolean check_room(DbConn *conn, const Add *add, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT count(*), coalesce(sum(size), 0) FROM upload"
                                    " WHERE account = ?");
    db_bind_int(stmt, 1, add->account);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    gint64 count = db_column_int(stmt, 0), bytes = db_column_int(stmt, 1);
    db_reset(stmt);
    return (count < STORE_UPLOAD_COUNT && add->size <= STORE_UPLOAD_BYTES - bytes) ||
           cv_fail(error, CV_ERROR_LIMIT,
                   "Đã tải lên quá nhiều tệp chưa dùng, hãy thử lại sau một ngày; too many uploads "
                   "wait to be used");
}

static gboolean add_work(DbConn *conn, gpointer data, GError **error) {
    Add *add = data;
    BlobId blob;
    Bytes none = {0};
    if (!check_room(conn, add, error) || !blob_insert(conn, add->writer, none, 1, &blob, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO upload(account, name, blob, size, type, at)"
                                    " VALUES(?,?,?,?,?,?)");
    db_bind(stmt, "itiiti", add->account, add->name, (gint64)blob, add->size, add->type,
            clock_now());
    return db_run(stmt, error);
}

gboolean store_upload_add(Store *store, gint64 account, BlobWriter *writer, const char *type,
                          char **name, GError **error) {
    g_autofree char *chosen = crypto_random_hex(16);
    Add add = {account, writer, type, chosen, (gint64)blob_writer_size(writer)};
    if (!blob_writer_finish(writer, error) || !db_write(store->db, add_work, &add, error))
        return FALSE;
    *name = g_steal_pointer(&chosen);
    return TRUE;
}

gboolean store_upload_find(DbConn *conn, gint64 account, const char *name, BlobId *blob,
                           guint64 *size, char **type, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT blob, size, type FROM upload WHERE account = ?"
                                    " AND name = ?");
    db_bind(stmt, "it", account, name);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW) {
        *blob = db_column_int(stmt, 0);
        *size = (guint64)db_column_int(stmt, 1);
        *type = g_strdup(db_column_text(stmt, 2));
    }
    db_reset(stmt);
    return step == DB_ROW ||
           (step == DB_DONE && cv_fail(error, CV_ERROR_NOT_FOUND, "there is no such upload"));
}

/* ---- Forgetting ---- */

typedef struct {
    gint64 before;
    gboolean more;
} Sweep;

static gboolean sweep_work(DbConn *conn, gpointer data, GError **error) {
    Sweep *sweep = data;
    g_autoptr(GArray) blobs = g_array_new(FALSE, FALSE, sizeof(gint64));
    DbStmt *stmt = db_prepare(conn, "DELETE FROM upload WHERE id IN (SELECT id FROM upload"
                                    " WHERE at < ? ORDER BY at LIMIT ?) RETURNING blob");
    db_bind(stmt, "ii", sweep->before, (gint64)STORE_SLICE);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 blob = db_column_int(stmt, 0);
        g_array_append_val(blobs, blob);
    }
    for (guint i = 0; step == DB_DONE && i < blobs->len; i++)
        if (!blob_reference(conn, g_array_index(blobs, gint64, i), -1, error))
            return FALSE;
    sweep->more = blobs->len == STORE_SLICE;
    return step == DB_DONE;
}

/* Is anything to do? Asked by a reader, so that a sweep that finds nothing writes nothing. */
static gboolean is_old(Store *store, gint64 before, gboolean *old, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM upload WHERE at < ? LIMIT 1");
    db_bind_int(stmt, 1, before);
    DbStep step = db_step(stmt, error);
    *old = step == DB_ROW;
    return step != DB_FAILED;
}

gboolean store_upload_sweep(Store *store, gint64 before, GError **error) {
    Sweep sweep = {before, TRUE};
    if (!is_old(store, before, &sweep.more, error))
        return FALSE;
    while (sweep.more)
        if (!db_write(store->db, sweep_work, &sweep, error))
            return FALSE;
    return TRUE;
}
