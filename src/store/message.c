/* Reading messages: a walk over the narrow rows of a range of UIDs, with the wide ones (envelope,
 * structure) in step when they are asked for. Both tables have the same key, so two cursors that
 * advance together replace a lookup by row. */
#include "store/internal.h"

#include "message/references.h"

typedef struct {
    DbConn *conn;
    DbStmt *meta;    /* NULL: not asked for */
    gboolean on_row; /* meta stands on a row */
    gint64 key;      /* of that row */
} MetaCursor;

static gboolean meta_step(MetaCursor *cursor, GError **error) {
    DbStep step = db_step(cursor->meta, error);
    cursor->on_row = step == DB_ROW;
    if (cursor->on_row)
        cursor->key = db_column_int(cursor->meta, 0);
    return step != DB_FAILED;
}

static gboolean meta_open(MetaCursor *cursor, DbConn *conn, gint64 from, gint64 to,
                          GError **error) {
    *cursor = (MetaCursor){.conn = conn};
    cursor->meta = db_prepare(
        conn, "SELECT key, header_size, prefix, envelope, structure,"
              " preview, ancestry FROM message_meta WHERE key BETWEEN ? AND ? ORDER BY key");
    db_bind(cursor->meta, "ii", from, to);
    return meta_step(cursor, error);
}

/* What several recipients share. */
static gboolean fill_shared(DbConn *conn, StoreMessage *message, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT envelope, structure, preview, ancestry FROM blob_meta"
                                    " WHERE blob = ?");
    db_bind_int(stmt, 1, message->blob);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_FAILED ? FALSE
                                 : cv_fail(error, CV_ERROR_CORRUPT,
                                           "the shared envelope of blob %" G_GINT64_FORMAT
                                           " is lost; run `congvu doctor`",
                                           message->blob);
    message->envelope = db_column_bytes(stmt, 0);
    message->structure = db_column_bytes(stmt, 1);
    message->preview = db_column_bytes(stmt, 2);
    message->ancestry = db_column_bytes(stmt, 3);
    return TRUE; /* not reset: the views live until the next message */
}

static gboolean meta_fill(MetaCursor *cursor, gint64 key, StoreMessage *message, GError **error) {
    if (cursor->meta == NULL)
        return TRUE;
    /* Rows of expunged messages stay until they are swept: step over them. */
    while (cursor->on_row && cursor->key < key)
        if (!meta_step(cursor, error))
            return FALSE;
    if (!cursor->on_row || cursor->key != key)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "message %u of mailbox %" G_GINT64_FORMAT
                       " has lost its envelope; run `congvu doctor`",
                       message->uid, store_key_mailbox(key));
    message->header_size = (guint64)db_column_int(cursor->meta, 1);
    message->prefix = db_column_bytes(cursor->meta, 2);
    if (db_column_is_null(cursor->meta, 3))
        return fill_shared(cursor->conn, message, error);
    message->envelope = db_column_bytes(cursor->meta, 3);
    message->structure = db_column_bytes(cursor->meta, 4);
    message->preview = db_column_bytes(cursor->meta, 5);
    message->ancestry = db_column_bytes(cursor->meta, 6);
    return TRUE;
}

static StoreMessage message_of_row(DbStmt *stmt) {
    return (StoreMessage){
        .uid = store_key_uid(db_column_int(stmt, 0)),
        .flags = (StoreFlags)db_column_int(stmt, 1),
        .modseq = (guint64)db_column_int(stmt, 2),
        .id = db_column_int(stmt, 3),
        .received = db_column_int(stmt, 4),
        .saved = db_column_int(stmt, 5),
        .size = (guint64)db_column_int(stmt, 6),
        .blob = db_column_int(stmt, 7),
    };
}

/* *given: at least one row was there. */
static gboolean walk(DbStmt *stmt, MetaCursor *meta, gboolean expunged, StoreEach each,
                     gpointer data, gboolean *given, GError **error) {
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreMessage message = message_of_row(stmt);
        message.expunged = expunged;
        *given = TRUE;
        if (!meta_fill(meta, db_column_int(stmt, 0), &message, error)) {
            db_reset(stmt);
            return FALSE;
        }
        if (!each(&message, data)) {
            db_reset(stmt);
            return TRUE;
        }
    }
    return step == DB_DONE;
}

gboolean store_message_each(Store *store, DbConn *conn, gint64 mailbox, guint32 from, guint32 to,
                            StoreWant want, StoreEach each, gpointer data, GError **error) {
    gint64 first = store_key(mailbox, from), last = store_key(mailbox, to);
    MetaCursor meta = {.conn = conn};
    if ((want & STORE_WANT_META) != 0 && !meta_open(&meta, conn, first, last, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT key, flags, modseq, id, received, saved, size, blob"
                                    " FROM message WHERE key BETWEEN ? AND ? ORDER BY key");
    db_bind(stmt, "ii", first, last);
    gboolean given = FALSE;
    gboolean ok = walk(stmt, &meta, FALSE, each, data, &given, error);
    if (ok && !given && from == to) {
        /* What was withdrawn is nobody's any more. */
        stmt = db_prepare(conn, "SELECT key, flags, modseq, id, received, saved, size, blob"
                                " FROM expunged e WHERE key = ? AND NOT EXISTS"
                                "(SELECT 1 FROM withdrawn w WHERE w.key = e.key)");
        db_bind_int(stmt, 1, first);
        ok = walk(stmt, &meta, TRUE, each, data, &given, error);
    }
    if (meta.meta != NULL)
        db_reset(meta.meta);
    return ok;
}

gboolean store_message_read(Store *store, DbConn *conn, const StoreMessage *message, guint64 offset,
                            guint64 length, Buffer *out, GError **error) {
    if (offset >= message->size)
        return TRUE;
    length = MIN(length, message->size - offset);
    gsize before = out->n;
    guint64 prefix = message->prefix.n;
    if (offset < prefix) {
        Bytes part = bytes_slice(message->prefix, offset, length);
        if (!buffer_append_bytes(out, part))
            return cv_fail(error, CV_ERROR_LIMIT, "a part of a message is too large to be read");
        length -= part.n;
        offset = prefix;
    }
    if (length == 0 ||
        blob_read_range(store->blobs, conn, message->blob, offset - prefix, length, out, error))
        return TRUE;
    buffer_truncate(out, before);
    return FALSE;
}

gboolean store_message_ancestry(Store *store, DbConn *conn, const StoreMessage *message,
                                Buffer *scratch, Bytes *out, GError **error) {
    if (message->ancestry.n > 0) {
        *out = message->ancestry;
        return TRUE;
    }
    g_auto(Buffer) header;
    buffer_init(&header, BLOB_HEAD_LIMIT);
    buffer_clear(scratch);
    if (!store_message_read(store, conn, message, message->prefix.n,
                            MIN(message->header_size, BLOB_HEAD_LIMIT), &header, error))
        return FALSE;
    message_references_scan(buffer_bytes(&header), scratch);
    *out = buffer_bytes(scratch);
    return TRUE;
}
