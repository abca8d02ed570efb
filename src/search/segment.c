/* Segments and their chunks: rows to bytes. Each chunk carries a sum of its bytes, because a wrong
 * byte in a list would be a wrong answer and nothing else. */
#include "search/internal.h"

/* Not against malice, which could as well change the sum. */
static gint64 sum_of(Bytes b, gint64 key) {
    guint64 h = (guint64)key * 0x9E3779B97F4A7C15u + b.n, word;
    gsize i = 0;
    for (; i + 8 <= b.n; i += 8) {
        memcpy(&word, b.p + i, 8);
        h = (h ^ word) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    for (; i < b.n; i++)
        h = (h ^ b.p[i]) * 0x100000001B3u;
    return (gint64)(h ^ (h >> 29));
}

static gint64 chunk_key(gint64 segment, guint stream, guint64 number) {
    return (segment << 32) | ((gint64)stream << 24) | (gint64)number;
}

static gboolean segment_of(DbStmt *stmt, Segment *out) {
    Segment s = {.id = db_column_int(stmt, 0),
                 .first = (guint32)db_column_int(stmt, 1),
                 .last = (guint32)db_column_int(stmt, 2),
                 .messages = (guint32)db_column_int(stmt, 3),
                 .places = (guint64)db_column_int(stmt, 4)};
    Reader lengths = reader_of(db_column_bytes(stmt, 5));
    guint64 all = 0;
    for (guint i = 0; i < STREAMS; i++) {
        if (!reader_be64(&lengths, &s.length[i]) || s.length[i] > 4 * (guint64)SEGMENT_BYTES)
            return FALSE;
        all += s.length[i];
    }
    *out = s;
    return reader_done(&lengths) && s.messages <= 2 * SEGMENT_MESSAGES &&
           s.places <= 2 * (guint64)SEGMENT_PLACES && all > 0;
}

gboolean search_fail_corrupt(GError **error) {
    return cv_fail(error, CV_ERROR_CORRUPT,
                   "the search index contradicts itself; the mailbox is indexed again");
}

GArray *search_segments(DbConn *conn, gint64 mailbox, GError **error) {
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    DbStmt *stmt = db_prepare(conn, "SELECT id, first, last, messages, places, lengths"
                                    " FROM segment WHERE mailbox = ? ORDER BY first");
    db_bind_int(stmt, 1, mailbox);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Segment segment;
        if (!segment_of(stmt, &segment)) {
            db_reset(stmt);
            search_fail_corrupt(error);
            return NULL;
        }
        g_array_append_val(segments, segment);
    }
    return step == DB_DONE ? g_steal_pointer(&segments) : NULL;
}

static gboolean read_chunk(DbConn *conn, gint64 key, guint64 from, guint64 n, Buffer *out,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT sum, bytes FROM chunk WHERE key = ?");
    db_bind_int(stmt, 1, key);
    DbStep step = db_step(stmt, error);
    gboolean good = FALSE;
    if (step == DB_ROW) {
        Bytes bytes = db_column_bytes(stmt, 1);
        good = from + n <= bytes.n && sum_of(bytes, key) == db_column_int(stmt, 0) &&
               buffer_append_bytes(out, bytes_slice(bytes, from, n));
        if (!good)
            search_fail_corrupt(error);
    } else if (step == DB_DONE) {
        cv_fail(error, CV_ERROR_NOT_FOUND, "a piece of the search index is gone");
    }
    db_reset(stmt);
    return good;
}

gboolean search_segment_read(DbConn *conn, const Segment *segment, guint stream, guint64 offset,
                             guint64 n, Buffer *out, GError **error) {
    guint64 length = segment->length[stream];
    if (offset > length || n > length - offset)
        return search_fail_corrupt(error);
    while (n > 0) {
        guint64 from = offset % CHUNK, take = MIN(n, CHUNK - from);
        if (!read_chunk(conn, chunk_key(segment->id, stream, offset / CHUNK), from, take, out,
                        error))
            return FALSE;
        offset += take;
        n -= take;
    }
    return TRUE;
}

gboolean search_segment_remove(DbConn *conn, gint64 id, GError **error) {
    DbStmt *chunks = db_prepare(conn, "DELETE FROM chunk WHERE key BETWEEN ? AND ?");
    db_bind(chunks, "ii", id << 32, (id << 32) | G_MAXUINT32);
    DbStmt *segment = db_prepare(conn, "DELETE FROM segment WHERE id = ?");
    db_bind_int(segment, 1, id);
    return db_run(chunks, error) && db_run(segment, error);
}

static gboolean store_stream(DbConn *conn, gint64 id, guint stream, Bytes bytes, GError **error) {
    for (gsize at = 0; at < bytes.n; at += CHUNK) {
        Bytes chunk = bytes_slice(bytes, at, CHUNK);
        gint64 key = chunk_key(id, stream, at / CHUNK);
        DbStmt *stmt = db_prepare(conn, "INSERT INTO chunk VALUES (?, ?, ?)");
        db_bind(stmt, "iib", key, sum_of(chunk, key), chunk);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

gboolean search_writer_store(DbConn *conn, const SegmentWriter *writer, gint64 mailbox,
                             GError **error) {
    g_auto(Buffer) lengths;
    buffer_init(&lengths, STREAMS * 8);
    for (guint i = 0; i < STREAMS; i++) {
        if (writer->stream[i].overflow)
            return cv_fail(error, CV_ERROR_LIMIT, "a piece of the search index is too large");
        buffer_append_be64(&lengths, writer->stream[i].n);
    }
    DbStmt *stmt = db_prepare(conn, "INSERT INTO segment(mailbox, first, last, messages, places,"
                                    " lengths) VALUES (?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iiiiib", mailbox, (gint64)writer->first, (gint64)writer->last,
            (gint64)writer->messages, (gint64)writer->places, buffer_bytes(&lengths));
    if (!db_run(stmt, error))
        return FALSE;
    gint64 id = db_last_insert_id(conn);
    for (guint i = 0; i < STREAMS; i++)
        if (!store_stream(conn, id, i, buffer_bytes(&writer->stream[i]), error))
            return FALSE;
    return TRUE;
}
