/* One pass over the value decides: plain bytes go out as they are between quotes; anything else is
 * first unfolded into a scratch buffer and then quoted with escapes, or sent as a literal when it
 * holds 8-bit bytes (RFC 3501 allows those in literals only) or is long. */
#include "message/imap_string.h"

#include "message/header.h"

enum { LONGEST_QUOTED = 1000 };

/* 1: stands for itself between quotes; 2: needs a backslash; 0: needs more. */
static inline int quoting(guint8 c) {
    if (c == '"' || c == '\\')
        return 2;
    return (c >= ' ' && c < 127) || c == '\t';
}

static gboolean write_quoted(Buffer *out, Bytes value, gsize escapes) {
    guint8 *to = buffer_reserve(out, value.n + escapes + 2);
    if (to == NULL)
        return FALSE;
    gsize n = 0;
    to[n++] = '"';
    if (escapes == 0 && value.n > 0) {
        memcpy(to + n, value.p, value.n);
        n += value.n;
    } else {
        for (gsize i = 0; i < value.n; i++) {
            if (quoting(value.p[i]) == 2)
                to[n++] = '\\';
            to[n++] = value.p[i];
        }
    }
    to[n++] = '"';
    buffer_commit(out, n);
    return TRUE;
}

static gboolean write_literal(Buffer *out, Bytes value) {
    return buffer_append_byte(out, '{') && buffer_append_u64(out, value.n) &&
           buffer_append_string(out, "}\r\n") && buffer_append_bytes(out, value);
}

/* Counts what must be escaped; FALSE when the value cannot be quoted as it stands. */
static gboolean can_quote(Bytes value, gsize *escapes) {
    *escapes = 0;
    if (value.n > LONGEST_QUOTED)
        return FALSE;
    for (gsize i = 0; i < value.n; i++) {
        int q = quoting(value.p[i]);
        if (q == 0)
            return FALSE;
        *escapes += q == 2;
    }
    return TRUE;
}

gboolean message_imap_string(Buffer *out, Bytes value) {
    value = bytes_strip(value);
    gsize escapes;
    if (can_quote(value, &escapes))
        return write_quoted(out, value, escapes);
    g_auto(Buffer) line;
    buffer_init(&line, value.n + 1);
    if (!message_header_unfold(value, &line))
        return FALSE;
    Bytes unfolded = buffer_bytes(&line);
    if (can_quote(unfolded, &escapes))
        return write_quoted(out, unfolded, escapes);
    return write_literal(out, unfolded);
}
