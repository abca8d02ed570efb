/* Modified UTF-7; see utf7.h. '&' begins base64 of UTF-16 (with ',' for '/' and without padding),
 * '-' ends it, "&-" is '&' itself. */
#include "text/utf7.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int base64_value(int c) {
    if (c <= 0 || c > 0x7f)
        return -1;
    const char *at = strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

typedef struct {
    guint32 bits;
    guint count;    /* bits that wait, 0 … 15 */
    guint32 high;   /* a first half of a surrogate pair, or 0 */
    gboolean empty; /* no unit came yet */
} Shifted;

static gboolean append_char(Buffer *out, gunichar c) {
    char utf8[6];
    int n = g_unichar_to_utf8(c, utf8);
    return buffer_append(out, utf8, (gsize)n);
}

static gboolean take_unit(Shifted *s, guint32 unit, Buffer *out) {
    s->empty = FALSE;
    if (s->high != 0) {
        if (unit < 0xdc00 || unit > 0xdfff)
            return FALSE;
        gunichar c = 0x10000 + ((s->high - 0xd800) << 10) + (unit - 0xdc00);
        s->high = 0;
        return append_char(out, c);
    }
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return FALSE;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        s->high = unit;
        return TRUE;
    }
    /* What ASCII can write is not written in base64 (RFC 3501 5.1.3): one name, one spelling. */
    if (unit >= 0x20 && unit <= 0x7e)
        return FALSE;
    if (unit == 0) /* would end the name before its end */
        return FALSE;
    return append_char(out, unit);
}

static gboolean decode_shifted(Reader *r, Buffer *out) {
    if (reader_skip_byte(r, '-'))
        return buffer_append_byte(out, '&');
    Shifted s = {.empty = TRUE};
    for (;;) {
        int c = reader_byte(r);
        if (c == '-')
            break;
        int value = base64_value(c);
        if (value < 0)
            return FALSE;
        s.bits = (s.bits << 6 | (guint32)value) & 0x3fffff;
        s.count += 6;
        if (s.count >= 16) {
            s.count -= 16;
            if (!take_unit(&s, s.bits >> s.count & 0xffff, out))
                return FALSE;
        }
    }
    gboolean clean = s.count < 6 && (s.bits & ((1u << s.count) - 1)) == 0;
    /* "&…-&…-" could have been one shift: only one spelling of a name is taken. */
    gboolean again = reader_peek(r) == '&' && reader_peek_at(r, 1) != '-';
    return clean && !s.empty && s.high == 0 && !again;
}

gboolean text_utf7_decode(Bytes in, Buffer *out) {
    Reader r = reader_of(in);
    while (!reader_done(&r)) {
        int c = reader_byte(&r);
        if (c < 0x20 || c > 0x7e)
            return FALSE;
        if (c == '&' ? !decode_shifted(&r, out) : !buffer_append_byte(out, (guint8)c))
            return FALSE;
    }
    return TRUE;
}

static gboolean put_unit(Shifted *s, guint32 unit, Buffer *out) {
    s->bits = s->bits << 16 | unit;
    s->count += 16;
    gboolean good = TRUE;
    while (s->count >= 6) {
        s->count -= 6;
        good = buffer_append_byte(out, (guint8)alphabet[s->bits >> s->count & 0x3f]) && good;
    }
    s->bits &= (1u << s->count) - 1;
    return good;
}

static gboolean end_shift(Shifted *s, Buffer *out) {
    if (s->count > 0)
        buffer_append_byte(out, (guint8)alphabet[s->bits << (6 - s->count) & 0x3f]);
    *s = (Shifted){.empty = TRUE};
    return buffer_append_byte(out, '-');
}

gboolean text_utf7_encode(Bytes utf8, Buffer *out) {
    if (utf8.n == 0) /* p may be NULL */
        return TRUE;
    if (!g_utf8_validate_len((const char *)utf8.p, utf8.n, NULL))
        return FALSE;
    Shifted s = {.empty = TRUE};
    const char *p = (const char *)utf8.p, *end = p + utf8.n;
    for (; p < end; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c >= 0x20 && c <= 0x7e) {
            if (!s.empty)
                end_shift(&s, out);
            buffer_append_byte(out, (guint8)c);
            if (c == '&')
                buffer_append_byte(out, '-');
            continue;
        }
        if (s.empty)
            buffer_append_byte(out, '&');
        s.empty = FALSE;
        if (c > 0xffff) {
            put_unit(&s, 0xd800 + ((c - 0x10000) >> 10), out);
            put_unit(&s, 0xdc00 + ((c - 0x10000) & 0x3ff), out);
        } else {
            put_unit(&s, c, out);
        }
    }
    if (!s.empty)
        end_shift(&s, out);
    return !out->overflow;
}
