/* The rows: making one for a finished writer and counting references. Inside a DbWork. */
#include "blob/internal.h"

#include "base/clock.h"

static gboolean insert_row(DbConn *conn, const BlobWriter *writer, guint64 kept, gint64 references,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO blob (refs, size, kept, hash, name, gone_us)"
                                    " VALUES (?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iiibt", references, (gint64)blob_writer_size(writer), (gint64)kept,
            bytes_of(writer->hash, sizeof writer->hash), writer->name);
    if (references == 0)
        db_bind_int(stmt, 6, clock_now());
    return db_run(stmt, error);
}

static gboolean insert_data(DbConn *conn, BlobId id, Bytes bytes, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO blob_data (id, data) VALUES (?, ?)");
    db_bind(stmt, "ib", (gint64)id, bytes);
    return db_run(stmt, error);
}

static void mark_spent(gpointer data) {
    BlobWriter *writer = data;
    writer->spent = TRUE;
}

gboolean blob_insert(DbConn *conn, BlobWriter *writer, Bytes head, gint64 references, BlobId *id,
                     GError **error) {
    if (!writer->finished || references < 0)
        return cv_fail(error, CV_ERROR_INTERNAL, "a message that is not finished is kept");
    Bytes kept = bytes_slice(head, 0, BLOB_HEAD_LIMIT);
    gboolean is_file = writer->name != NULL;
    if (!is_file && !blob_writer_view(writer, &kept, error))
        return FALSE;
    if (kept.p == NULL)
        kept.p = (const guint8 *)"";
    if (!insert_row(conn, writer, kept.n, references, error))
        return FALSE;
    BlobId made = db_last_insert_id(conn);
    if (!insert_data(conn, made, kept, error))
        return FALSE;
    if (is_file)
        db_after_commit(conn, mark_spent, writer, NULL);
    *id = made;
    return TRUE;
}

gboolean blob_reference(DbConn *conn, BlobId id, gint64 change, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE blob SET refs = refs + ?1,"
                                    " gone_us = CASE WHEN refs + ?1 = 0 THEN ?2 END"
                                    " WHERE id = ?3 AND refs + ?1 >= 0");
    db_bind(stmt, "iii", change, clock_now(), (gint64)id);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 1)
        return TRUE;
    return cv_fail(error, CV_ERROR_CORRUPT,
                   "the references of blob %" G_GINT64_FORMAT " cannot change by %" G_GINT64_FORMAT
                   "; run doctor",
                   (gint64)id, change);
}

gboolean blob_digest(DbConn *conn, BlobId id, guint8 out[CRYPTO_DIGEST_BYTES], GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT hash FROM blob WHERE id = ?");
    db_bind_int(stmt, 1, id);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    Bytes hash = step == DB_ROW ? db_column_bytes(stmt, 0) : (Bytes){NULL, 0};
    gboolean sane = hash.n == CRYPTO_DIGEST_BYTES;
    if (sane)
        memcpy(out, hash.p, CRYPTO_DIGEST_BYTES);
    db_reset(stmt);
    return sane || cv_fail(error, CV_ERROR_CORRUPT,
                           "blob %" G_GINT64_FORMAT " has lost its hash; run doctor", (gint64)id);
}

gboolean blob_row_get(DbConn *conn, BlobId id, BlobRow *row, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT size, kept, name FROM blob WHERE id = ?");
    db_bind_int(stmt, 1, id);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    if (step == DB_DONE)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "blob %" G_GINT64_FORMAT " does not exist; run doctor", (gint64)id);
    row->size = (guint64)db_column_int(stmt, 0);
    row->kept = (guint64)db_column_int(stmt, 1);
    const char *name = db_column_text(stmt, 2);
    gboolean sane = name == NULL ? row->kept == row->size && row->size <= BLOB_INLINE_LIMIT
                                 : blob_name_is_ours(name) && row->kept <= BLOB_HEAD_LIMIT;
    if (sane)
        g_strlcpy(row->name, name == NULL ? "" : name, sizeof row->name);
    db_reset(stmt);
    return sane ||
           cv_fail(error, CV_ERROR_CORRUPT,
                   "the row of blob %" G_GINT64_FORMAT " is damaged; run doctor", (gint64)id);
}

gboolean blob_is_named(DbConn *conn, const char *name, gboolean *named, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM blob WHERE name = ?");
    db_bind_text(stmt, 1, name);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *named = step == DB_ROW;
    return step != DB_FAILED;
}
