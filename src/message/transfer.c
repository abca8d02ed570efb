/* Decoding of base64, quoted-printable and uuencode. The decoder holds a cursor on the encoded body
 * and a few decoded bytes that did not fit, so a caller may take the text in pieces of any size.
 * The size functions count with the same rules without producing the bytes; a test holds the two
 * together. Base64: '=' ends a group wherever it stands, as when two encoded texts were joined;
 * other foreign bytes are skipped (RFC 2045 6.8). */
#include "message/transfer.h"

#include "message/vector.h"

static const struct {
    const char *name;
    MessageEncoding encoding;
} encodings[] = {
    {"7bit", MESSAGE_ENCODING_7BIT},
    {"8bit", MESSAGE_ENCODING_8BIT},
    {"binary", MESSAGE_ENCODING_BINARY},
    {"quoted-printable", MESSAGE_ENCODING_QUOTED_PRINTABLE},
    {"base64", MESSAGE_ENCODING_BASE64},
    {"uuencode", MESSAGE_ENCODING_UUENCODE},
    {"x-uuencode", MESSAGE_ENCODING_UUENCODE},
    {"x-uue", MESSAGE_ENCODING_UUENCODE},
};

MessageEncoding message_encoding_parse(Bytes name) {
    name = bytes_strip(name);
    if (name.n == 0)
        return MESSAGE_ENCODING_7BIT;
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++)
        if (bytes_is_nocase(name, encodings[i].name))
            return encodings[i].encoding;
    return MESSAGE_ENCODING_OTHER;
}

void message_decoder_init(MessageDecoder *d, MessageEncoding encoding, Bytes body) {
    *d = (MessageDecoder){.encoding = encoding, .in = reader_of(body)};
}

/* --- base64 --- */

enum { SKIP = 64, PAD = 65 };

static const guint8 *base64_values(void) {
    static guint8 table[256];
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        memset(table, SKIP, sizeof table);
        const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (guint8 i = 0; i < 64; i++)
            table[(guint8)alphabet[i]] = i;
        table['='] = PAD;
        g_once_init_leave(&ready, 1);
    }
    return table;
}

/* Decodes groups while there is room for three bytes; a last incomplete group is written too. */
static gsize read_base64(MessageDecoder *d, guint8 *out, gsize room) {
    const guint8 *value = base64_values();
    gsize n = 0;
    while (room - n >= 3 && !reader_done(&d->in)) {
        const guint8 *p = d->in.at;
        if (reader_left(&d->in) >= 4 &&
            (value[p[0]] | value[p[1]] | value[p[2]] | value[p[3]]) < SKIP) {
            guint32 group = (guint32)value[p[0]] << 18 | (guint32)value[p[1]] << 12 |
                            (guint32)value[p[2]] << 6 | value[p[3]];
            out[n++] = (guint8)(group >> 16);
            out[n++] = (guint8)(group >> 8);
            out[n++] = (guint8)group;
            d->in.at += 4;
            continue;
        }
        guint32 group = 0;
        guint have = 0;
        while (have < 4 && !reader_done(&d->in)) {
            guint8 v = value[*d->in.at++];
            if (v == PAD)
                break;
            if (v != SKIP) {
                group = group << 6 | v;
                have++;
            }
        }
        group <<= 6 * (4 - have);
        for (guint i = 0; i + 1 < have; i++)
            out[n++] = (guint8)(group >> (16 - 8 * i));
    }
    return n;
}

static guint64 base64_size(Bytes body) {
    guint64 total = 0;
    while (body.n > 0) {
        gssize pad = bytes_find_byte(body, '=');
        Bytes run = pad < 0 ? body : bytes_slice(body, 0, (gsize)pad);
        gsize digits = vector_count_base64(run);
        gsize over = digits % 4;
        total += digits / 4 * 3 + (over > 1 ? over - 1 : 0);
        body = bytes_slice(body, run.n + 1, body.n);
    }
    return total;
}

/* --- quoted-printable --- */

/* What '=' at p stands for: length taken, and the byte in *c or -1 for a soft line break. */
static gsize quoted_at(Bytes at, int *c) {
    if (at.n >= 3) {
        int high = g_ascii_xdigit_value((gchar)at.p[1]), low = g_ascii_xdigit_value((gchar)at.p[2]);
        if (high >= 0 && low >= 0) {
            *c = high << 4 | low;
            return 3;
        }
    }
    gsize i = 1;
    while (i < at.n && (at.p[i] == ' ' || at.p[i] == '\t'))
        i++;
    *c = -1;
    if (i == at.n)
        return i;
    if (at.p[i] == '\n')
        return i + 1;
    if (at.p[i] == '\r' && i + 1 < at.n && at.p[i + 1] == '\n')
        return i + 2;
    *c = '=';
    return 1;
}

static gboolean is_blank(guint8 c) {
    return c == ' ' || c == '\t';
}

/* The next piece of a body that is not empty: the length it takes, of which the first *plain bytes
 * stand for themselves; then comes the byte *c, or -1. Blanks at the end of a line were added on
 * the way: they fall away (RFC 2045 6.7 (3)). At most `most` ordinary bytes are looked at. */
static gsize quoted_piece(Bytes at, gsize most, gsize *plain, int *c) {
    static const guint8 special[256] = {['='] = 1, [' '] = 1, ['\t'] = 1};
    gsize i = 0;
    *c = -1;
    *plain = 0;
    if (at.p[0] == '=')
        return quoted_at(at, c);
    if (is_blank(at.p[0])) {
        while (i < at.n && is_blank(at.p[i]))
            i++;
        gboolean ends = i == at.n || at.p[i] == '\n' ||
                        (at.p[i] == '\r' && i + 1 < at.n && at.p[i + 1] == '\n');
        *plain = ends ? 0 : i;
        return i;
    }
    most = MIN(most, at.n);
    while (i < most && !special[at.p[i]])
        i++;
    *plain = i;
    return i;
}

static gsize copy_plain(MessageDecoder *d, guint8 *out, gsize room) {
    gsize n = MIN(d->plain, room);
    memcpy(out, d->in.at, n);
    d->in.at += n;
    d->plain -= n;
    return n;
}

static gsize read_quoted(MessageDecoder *d, guint8 *out, gsize room) {
    gsize n = copy_plain(d, out, room);
    while (n < room && !reader_done(&d->in)) {
        int c;
        gsize taken = quoted_piece(reader_rest(&d->in), room - n, &d->plain, &c);
        if (d->plain == 0)
            d->in.at += taken;
        else
            n += copy_plain(d, out + n, room - n);
        if (c >= 0)
            out[n++] = (guint8)c;
    }
    return n;
}

static guint64 quoted_size(Bytes body) {
    guint64 total = 0;
    while (body.n > 0) {
        int c;
        gsize plain, taken = quoted_piece(body, body.n, &plain, &c);
        total += plain + (c >= 0);
        body = bytes_slice(body, taken, body.n);
    }
    return total;
}

/* --- uuencode --- */

static Bytes take_line(Reader *in) {
    Bytes rest = reader_rest(in);
    gssize end = bytes_find_byte(rest, '\n');
    Bytes line = end < 0 ? rest : bytes_slice(rest, 0, (gsize)end);
    in->at += end < 0 ? rest.n : (gsize)end + 1;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* "begin 644 name" */
static gboolean is_begin(Bytes line) {
    Reader r = reader_of(line);
    if (!reader_skip(&r, "begin "))
        return FALSE;
    guint digits = 0;
    while (reader_peek(&r) >= '0' && reader_peek(&r) <= '7') {
        reader_byte(&r);
        digits++;
    }
    return (digits == 3 || digits == 4) && reader_skip_byte(&r, ' ') && !reader_done(&r);
}

/* How many bytes this line of a block holds, or -1 when it cannot be one: encoders leave out
 * trailing blanks or add a check character, but no more. */
static int uu_line_bytes(Bytes line) {
    if (line.n == 0 || line.p[0] == '`')
        return 0;
    if (line.p[0] < ' ' || line.p[0] > '_')
        return -1;
    guint bytes = line.p[0] - ' ';
    gsize wanted = (bytes + 2) / 3 * 4, have = line.n - 1;
    if (have > wanted + 2 || have + 3 < wanted)
        return -1;
    return (int)bytes;
}

static void uu_decode_line(MessageDecoder *d, Bytes line, guint bytes) {
    for (guint i = 0; i < bytes; i++) {
        gsize at = 1 + i / 3 * 4 + i % 3;
        guint8 a = at < line.n ? (guint8)((line.p[at] - ' ') & 63) : 0;
        guint8 b = at + 1 < line.n ? (guint8)((line.p[at + 1] - ' ') & 63) : 0;
        static const guint8 left[3] = {2, 4, 6}, right[3] = {4, 2, 0};
        d->pending[i] = (guint8)(a << left[i % 3] | b >> right[i % 3]);
    }
    d->pending_n = (guint8)bytes;
    d->pending_at = 0;
}

/* Moves over one line and returns what it holds in a block, 0 outside. */
static guint uu_step(Reader *in, gboolean *inside, Bytes *line) {
    *line = take_line(in);
    if (!*inside) {
        *inside = is_begin(*line);
        return 0;
    }
    int bytes = bytes_is(*line, "end") ? -1 : uu_line_bytes(*line);
    if (bytes < 0)
        *inside = FALSE;
    return bytes < 0 ? 0 : (guint)bytes;
}

static guint64 uu_size(Bytes body) {
    Reader in = reader_of(body);
    guint64 total = 0;
    gboolean inside = FALSE;
    Bytes line;
    while (!reader_done(&in))
        total += uu_step(&in, &inside, &line);
    return total;
}

static gsize read_uu(MessageDecoder *d, guint8 *out, gsize room) {
    gsize n = 0;
    while (n < room) {
        if (d->pending_at < d->pending_n) {
            out[n++] = d->pending[d->pending_at++];
            continue;
        }
        if (reader_done(&d->in))
            break;
        Bytes line;
        guint bytes = uu_step(&d->in, &d->inside, &line);
        uu_decode_line(d, line, bytes);
    }
    return n;
}

/* --- all --- */

static gsize read_plain(MessageDecoder *d, guint8 *out, gsize room) {
    gsize n = MIN(room, reader_left(&d->in));
    if (n > 0)
        memcpy(out, d->in.at, n);
    d->in.at += n;
    return n;
}

static gsize hand_out(MessageDecoder *d, guint8 *out, gsize room) {
    gsize n = MIN(room, (gsize)(d->pending_n - d->pending_at));
    memcpy(out, d->pending + d->pending_at, n);
    d->pending_at += (guint8)n;
    return n;
}

gsize message_decoder_read(MessageDecoder *d, guint8 *out, gsize room) {
    if (d->in.at == NULL)
        return 0;
    switch (d->encoding) {
    case MESSAGE_ENCODING_QUOTED_PRINTABLE:
        return read_quoted(d, out, room);
    case MESSAGE_ENCODING_UUENCODE:
        return read_uu(d, out, room);
    case MESSAGE_ENCODING_BASE64:
        break;
    default:
        return read_plain(d, out, room);
    }
    gsize n = hand_out(d, out, room);
    if (n == room)
        return n;
    n += read_base64(d, out + n, room - n);
    if (room - n < 3 && n < room && !reader_done(&d->in)) {
        d->pending_n = (guint8)read_base64(d, d->pending, 3);
        d->pending_at = 0;
        n += hand_out(d, out + n, room - n);
    }
    return n;
}

guint64 message_decoded_size(MessageEncoding encoding, Bytes body) {
    switch (encoding) {
    case MESSAGE_ENCODING_BASE64:
        return base64_size(body);
    case MESSAGE_ENCODING_QUOTED_PRINTABLE:
        return quoted_size(body);
    case MESSAGE_ENCODING_UUENCODE:
        return uu_size(body);
    default:
        return body.n;
    }
}

/* In encoded text a file's lines are to be looked for after decoding. The text passes through a
 * window: what is left of an unfinished line moves to its front. A line longer than the window is
 * no line of a block, so cutting it does no harm. */
static guint64 uu_size_decoded(MessageEncoding encoding, Bytes body) {
    MessageDecoder d;
    message_decoder_init(&d, encoding, body);
    guint8 window[8192];
    gsize have = 0, got;
    guint64 total = 0;
    gboolean inside = FALSE;
    do {
        got = message_decoder_read(&d, window + have, sizeof window - have);
        have += got;
        const guint8 *last = memrchr(window, '\n', have);
        gsize whole = got == 0 || (last == NULL && have == sizeof window) ? have
                      : last == NULL                                      ? 0
                                     : (gsize)(last - window) + 1;
        Reader in = reader_of(bytes_of(window, whole));
        Bytes line;
        while (!reader_done(&in))
            total += uu_step(&in, &inside, &line);
        memmove(window, window + whole, have - whole);
        have -= whole;
    } while (got > 0);
    return total;
}

guint64 message_uuencoded_size(MessageEncoding encoding, Bytes body) {
    if (encoding == MESSAGE_ENCODING_BASE64 || encoding == MESSAGE_ENCODING_QUOTED_PRINTABLE)
        return uu_size_decoded(encoding, body);
    gssize first = bytes_find(body, BYTES_LITERAL("begin "));
    if (first < 0)
        return 0;
    /* From the start of that line on. */
    while (first > 0 && body.p[first - 1] != '\n')
        first--;
    return uu_size(bytes_slice(body, (gsize)first, body.n));
}
