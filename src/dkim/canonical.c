/* RFC 6376 3.4.2 and 3.4.4; see canonical.h. One pass, memory for one piece. */
#include "dkim/canonical.h"

enum { PIECE = 8192 };

static gboolean is_blank(guint8 c) {
    return c == ' ' || c == '\t';
}

gboolean canonical_header(Bytes name, Bytes value, gboolean crlf, Buffer *out) {
    for (gsize i = 0; i < name.n; i++)
        buffer_append_byte(out, (guint8)g_ascii_tolower((char)name.p[i]));
    buffer_append_byte(out, ':');
    gboolean blank = FALSE, any = FALSE;
    for (gsize i = 0; i < value.n; i++) {
        guint8 c = value.p[i];
        if (c == '\r' || c == '\n')
            continue;
        if (is_blank(c)) {
            blank = TRUE;
            continue;
        }
        if (blank && any)
            buffer_append_byte(out, ' ');
        buffer_append_byte(out, c);
        blank = FALSE;
        any = TRUE;
    }
    if (crlf)
        buffer_append_string(out, "\r\n");
    return !out->overflow;
}

typedef struct {
    CryptoSha256 *hash;
    guint8 piece[PIECE];
    gsize n;
} Sink;

static void flush(Sink *sink) {
    crypto_sha256_update(sink->hash, bytes_of(sink->piece, sink->n));
    sink->n = 0;
}

static void put(Sink *sink, guint8 c) {
    if (sink->n == PIECE)
        flush(sink);
    sink->piece[sink->n++] = c;
}

static void put_line(Sink *sink, Bytes line) {
    gboolean blank = FALSE;
    for (gsize i = 0; i < line.n; i++) {
        if (is_blank(line.p[i])) {
            blank = TRUE;
            continue;
        }
        if (blank)
            put(sink, ' ');
        blank = FALSE;
        put(sink, line.p[i]);
    }
    put(sink, '\r');
    put(sink, '\n');
}

static gboolean is_empty(Bytes line) {
    for (gsize i = 0; i < line.n; i++)
        if (!is_blank(line.p[i]))
            return FALSE;
    return TRUE;
}

void canonical_body(Bytes body, CryptoSha256 *hash) {
    Sink sink = {.hash = hash};
    gsize empty = 0; /* lines that count only when another follows */
    for (gsize at = 0; at < body.n;) {
        Bytes rest = bytes_slice(body, at, body.n);
        gssize end = bytes_find(rest, BYTES_LITERAL("\r\n"));
        Bytes line = end < 0 ? rest : bytes_slice(rest, 0, (gsize)end);
        at += line.n + (end < 0 ? 0 : 2);
        if (is_empty(line)) {
            empty++;
            continue;
        }
        for (; empty > 0; empty--) {
            put(&sink, '\r');
            put(&sink, '\n');
        }
        put_line(&sink, line);
    }
    flush(&sink);
}
