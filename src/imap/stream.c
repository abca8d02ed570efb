/* Streams; see stream.h. */
#include "imap/stream.h"

enum { PIECE = 128 * 1024 };

void imap_stream_clear(ImapStream *stream) {
    g_clear_pointer(&stream->blob, blob_reader_free);
    g_free(stream->prefix);
    *stream = (ImapStream){.failed = stream->failed};
}

static gboolean open_blob(ImapStream *stream, Store *store, DbConn *conn,
                          const StoreMessage *message, GError **error) {
    *stream = (ImapStream){0};
    stream->blob = blob_open(store_blobs(store), conn, message->blob, error);
    if (stream->blob == NULL)
        return FALSE;
    stream->prefix_n = message->prefix.n;
    stream->prefix = g_memdup2(message->prefix.p, message->prefix.n);
    if (stream->prefix_n + blob_reader_bytes(stream->blob).n != message->size) {
        imap_stream_clear(stream);
        return cv_fail(error, CV_ERROR_CORRUPT, "the message is shorter than its row says");
    }
    stream->open = TRUE;
    return TRUE;
}

gboolean imap_stream_begin(ImapStream *stream, Store *store, DbConn *conn,
                           const StoreMessage *message, ImapPart part, GError **error) {
    if (!open_blob(stream, store, conn, message, error))
        return FALSE;
    stream->at = part.start;
    stream->end = part.end;
    return TRUE;
}

gboolean imap_stream_begin_decoded(ImapStream *stream, Store *store, DbConn *conn,
                                   const StoreMessage *message, ImapPart part,
                                   MessageEncoding encoding, ImapPart cut, GError **error) {
    if (!open_blob(stream, store, conn, message, error))
        return FALSE;
    if (part.start < stream->prefix_n) { /* a part's body always lies behind the header */
        imap_stream_clear(stream);
        return cv_fail(error, CV_ERROR_CORRUPT, "the message's structure is damaged");
    }
    Bytes body = bytes_slice(blob_reader_bytes(stream->blob), part.start - stream->prefix_n,
                             part.end - part.start);
    stream->decoding = TRUE;
    stream->skip = cut.start;
    stream->left = cut.end - cut.start;
    message_decoder_init(&stream->decoder, encoding, body);
    return TRUE;
}

/* The next bytes as they stand; empty at the end. */
static Bytes next_piece(const ImapStream *stream) {
    guint64 most = MIN(stream->end - stream->at, PIECE);
    if (stream->at < stream->prefix_n)
        return bytes_slice(bytes_of(stream->prefix, stream->prefix_n), stream->at, most);
    return bytes_slice(blob_reader_bytes(stream->blob), stream->at - stream->prefix_n, most);
}

static gboolean send_raw(ImapStream *stream, Buffer *out) {
    Bytes piece = next_piece(stream);
    if (piece.n == 0)
        return FALSE;
    stream->at += piece.n;
    return buffer_append_bytes(out, piece);
}

static gboolean send_decoded(ImapStream *stream, Buffer *out) {
    guint8 scratch[4096];
    while (stream->skip > 0) {
        gsize n =
            message_decoder_read(&stream->decoder, scratch, MIN(stream->skip, sizeof scratch));
        if (n == 0)
            return FALSE;
        stream->skip -= n;
    }
    gsize want = MIN(stream->left, PIECE);
    guint8 *to = buffer_reserve(out, want);
    gsize n = to == NULL ? 0 : message_decoder_read(&stream->decoder, to, want);
    buffer_commit(out, n);
    stream->left -= n;
    return n > 0;
}

gboolean imap_stream_send(ImapStream *stream, NetSession *net) {
    Buffer *out = net_output(net);
    while (stream->decoding ? stream->left > 0 : stream->at < stream->end) {
        if (net_output_full(net) && !net_flush(net))
            return FALSE;
        if (!(stream->decoding ? send_decoded(stream, out) : send_raw(stream, out))) {
            /* The length was told already: the connection cannot go on. */
            stream->failed = TRUE;
            return FALSE;
        }
    }
    imap_stream_clear(stream);
    return TRUE;
}

gboolean imap_stream_pour(ImapStream *stream, BlobWriter *writer, GError **error) {
    while (stream->at < stream->end) {
        Bytes piece = next_piece(stream);
        if (piece.n == 0)
            return cv_fail(error, CV_ERROR_CORRUPT, "the message is shorter than its row says");
        if (!blob_writer_append(writer, piece, error))
            return FALSE;
        stream->at += piece.n;
    }
    return TRUE;
}
