/* DEFLATE between a session's buffers and its wire (RFC 1951, RFC 4978); see internal.h.
 *
 * What it costs: while there is something to say, 64 KiB for the compressor; while something comes
 * in, 7 KiB and up to 32 KiB for the decompressor, whose window is the peer's choice. A session
 * that parks gives both back (net_filter_rest): the compressor whole, since after a flush a new one
 * may go on where it stopped, in blocks that refer to nothing before them; of the decompressor only
 * what the peer may still refer to is kept, in as many bytes as it has sent, 32 KiB at most. */
#include "net/internal.h"

#include <zlib.h>

enum {
    LEVEL = 3,
    WINDOW_BITS = 13, /* 8 KiB: together with MEMORY 64 KiB (zconf.h) */
    MEMORY = 6,
    HISTORY = 32 * 1024, /* bytes that a peer's DEFLATE may refer back */
    PEER_WINDOW_BITS = 15,
    PACKED_PIECE = 16 * 1024, /* bytes made in one go */
};

struct NetFilter {
    z_stream in, out;
    gboolean in_ready, out_ready;
    gboolean more;    /* in holds decompressed bytes for which there was no room */
    gboolean flushed; /* out has given everything that was put in */
    Buffer raw;       /* from the wire, not decompressed yet */
    Buffer packed;    /* for the wire */
    guint8 *history;  /* of a decompressor that rests */
    guint history_n;
};

NetFilter *net_filter_new(Bytes plain) {
    NetFilter *filter = g_new0(NetFilter, 1);
    buffer_init(&filter->raw, NET_READ_PIECE);
    buffer_init(&filter->packed, NET_OUTPUT_LIMIT);
    buffer_append_bytes(&filter->packed, plain);
    filter->flushed = TRUE;
    return filter;
}

static void end_out(NetFilter *filter) {
    if (filter->out_ready)
        deflateEnd(&filter->out);
    filter->out_ready = FALSE;
}

static void end_in(NetFilter *filter) {
    if (filter->in_ready)
        inflateEnd(&filter->in);
    filter->in_ready = FALSE;
}

void net_filter_free(NetFilter *filter) {
    if (filter == NULL)
        return;
    end_in(filter);
    end_out(filter);
    buffer_release(&filter->raw);
    buffer_release(&filter->packed);
    g_free(filter->history);
    g_free(filter);
}

Buffer *net_filter_raw(NetFilter *filter) {
    return &filter->raw;
}

Buffer *net_filter_packed(NetFilter *filter) {
    return &filter->packed;
}

/* ---- In ---- */

static gboolean begin_in(NetFilter *filter) {
    if (filter->in_ready)
        return TRUE;
    filter->in = (z_stream){0};
    if (inflateInit2(&filter->in, -PEER_WINDOW_BITS) != Z_OK)
        return FALSE;
    filter->in_ready = TRUE;
    gboolean good = filter->history_n == 0 ||
                    inflateSetDictionary(&filter->in, filter->history, filter->history_n) == Z_OK;
    g_clear_pointer(&filter->history, g_free);
    filter->history_n = 0;
    return good;
}

gboolean net_filter_has_input(const NetFilter *filter) {
    return filter->raw.n > 0 || filter->more;
}

gboolean net_filter_inflate(NetFilter *filter, Buffer *to, gboolean *got) {
    while (net_filter_has_input(filter) && to->n < to->maximum) {
        /* However much it becomes, no more is made than there is room for. */
        gsize room = MIN(to->maximum - to->n, NET_READ_PIECE);
        Bytes raw = buffer_bytes(&filter->raw);
        if (!begin_in(filter))
            return FALSE;
        filter->in.next_in = (guint8 *)raw.p; /* zlib reads it only */
        filter->in.avail_in = (guint)raw.n;
        filter->in.next_out = buffer_reserve(to, room);
        filter->in.avail_out = (guint)room;
        int result = inflate(&filter->in, Z_SYNC_FLUSH);
        gsize made = room - filter->in.avail_out;
        buffer_commit(to, made);
        buffer_consume(&filter->raw, raw.n - filter->in.avail_in);
        *got |= made > 0;
        filter->more = filter->in.avail_out == 0;
        /* An end of the peer's stream is none of IMAP's: nothing could follow it. */
        if (result != Z_OK && result != Z_BUF_ERROR)
            return FALSE;
        if (result == Z_BUF_ERROR && made == 0 && filter->in.avail_in == raw.n) {
            filter->more = FALSE;
            return filter->in.avail_in == 0; /* else it would never go on */
        }
    }
    return TRUE;
}

/* ---- Out ---- */

static gboolean begin_out(NetFilter *filter) {
    if (filter->out_ready)
        return TRUE;
    filter->out = (z_stream){0};
    filter->out_ready = deflateInit2(&filter->out, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEMORY,
                                     Z_DEFAULT_STRATEGY) == Z_OK;
    return filter->out_ready;
}

gboolean net_filter_has_output(const NetFilter *filter, const Buffer *from) {
    return from->n > 0 || !filter->flushed;
}

gboolean net_filter_deflate(NetFilter *filter, Buffer *from) {
    Bytes bytes = bytes_slice(buffer_bytes(from), 0, G_MAXINT32);
    if (!begin_out(filter))
        return FALSE;
    guint8 *room = buffer_reserve(&filter->packed, PACKED_PIECE);
    if (room == NULL)
        return FALSE;
    filter->out.next_in = (guint8 *)bytes.p; /* zlib reads it only */
    filter->out.avail_in = (guint)bytes.n;
    filter->out.next_out = room;
    filter->out.avail_out = PACKED_PIECE;
    int result = deflate(&filter->out, Z_SYNC_FLUSH);
    buffer_commit(&filter->packed, PACKED_PIECE - filter->out.avail_out);
    buffer_consume(from, bytes.n - filter->out.avail_in);
    filter->flushed = filter->out.avail_out > 0;
    return result == Z_OK || result == Z_BUF_ERROR;
}

/* ---- Between ---- */

/* Is the decompressor between two blocks, at the end of a byte? Then its history is all its state
 * (zlib.h, inflate: data_type). */
static gboolean at_boundary(const NetFilter *filter) {
    enum { BETWEEN_BLOCKS = 128 };
    return filter->in_ready && !net_filter_has_input(filter) &&
           filter->in.data_type == BETWEEN_BLOCKS;
}

void net_filter_rest(NetFilter *filter) {
    if (filter->raw.n == 0)
        buffer_release(&filter->raw);
    if (filter->packed.n == 0)
        buffer_release(&filter->packed);
    if (filter->packed.n == 0 && filter->flushed)
        end_out(filter);
    if (!at_boundary(filter))
        return;
    guint8 window[HISTORY];
    guint n = 0;
    if (inflateGetDictionary(&filter->in, window, &n) != Z_OK || n > HISTORY)
        return;
    filter->history = g_memdup2(window, n);
    filter->history_n = n;
    end_in(filter);
}
