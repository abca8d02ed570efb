/* Views of bytes and the bounded cursor over them; see bytes.h for the rules. */
#include "base/bytes.h"

gboolean bytes_equal(Bytes a, Bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline guint8 lower(guint8 c) {
    return (guint8)(c - 'A') < 26 ? c | 0x20 : c;
}

static gboolean equal_nocase(const guint8 *a, const guint8 *b, gsize n) {
    for (gsize i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return FALSE;
    return TRUE;
}

gboolean bytes_equal_nocase(Bytes a, Bytes b) {
    return a.n == b.n && equal_nocase(a.p, b.p, a.n);
}

gboolean bytes_is(Bytes a, const char *text) {
    return bytes_equal(a, bytes_of_string(text));
}

gboolean bytes_is_nocase(Bytes a, const char *text) {
    return bytes_equal_nocase(a, bytes_of_string(text));
}

gboolean bytes_starts_nocase(Bytes a, const char *prefix) {
    gsize n = strlen(prefix);
    return a.n >= n && equal_nocase(a.p, (const guint8 *)prefix, n);
}

gssize bytes_find_byte(Bytes b, guint8 c) {
    const guint8 *hit = b.n == 0 ? NULL : memchr(b.p, c, b.n);
    return hit == NULL ? -1 : (gssize)(hit - b.p);
}

gssize bytes_find(Bytes b, Bytes needle) {
    if (needle.n == 0)
        return 0;
    if (b.n == 0)
        return -1;
    const guint8 *hit = memmem(b.p, b.n, needle.p, needle.n);
    return hit == NULL ? -1 : (gssize)(hit - b.p);
}

static gboolean is_blank(guint8 c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Bytes bytes_strip(Bytes b) {
    while (b.n > 0 && is_blank(b.p[0])) {
        b.p++;
        b.n--;
    }
    while (b.n > 0 && is_blank(b.p[b.n - 1]))
        b.n--;
    return b;
}

char *bytes_dup_string(Bytes b) {
    char *copy = g_malloc(b.n + 1);
    if (b.n > 0)
        memcpy(copy, b.p, b.n);
    copy[b.n] = '\0';
    return copy;
}

gboolean bytes_has_nul(Bytes b) {
    return bytes_find_byte(b, 0) >= 0;
}

gboolean bytes_parse_u64(Bytes b, guint64 *out) {
    Reader r = reader_of(b);
    guint64 value;
    if (!reader_u64(&r, &value) || !reader_done(&r))
        return FALSE;
    *out = value;
    return TRUE;
}

gboolean reader_skip(Reader *r, const char *text) {
    gsize n = strlen(text);
    if (reader_left(r) < n || memcmp(r->at, text, n) != 0)
        return FALSE;
    r->at += n;
    return TRUE;
}

gboolean reader_skip_nocase(Reader *r, const char *text) {
    gsize n = strlen(text);
    if (reader_left(r) < n || !equal_nocase(r->at, (const guint8 *)text, n))
        return FALSE;
    r->at += n;
    return TRUE;
}

gboolean reader_take(Reader *r, gsize n, Bytes *out) {
    if (reader_left(r) < n)
        return FALSE;
    *out = bytes_of(r->at, n);
    r->at += n;
    return TRUE;
}

Bytes reader_while(Reader *r, const guint8 accept[256]) {
    const guint8 *start = r->at;
    while (r->at < r->end && accept[*r->at])
        r->at++;
    return bytes_of(start, (gsize)(r->at - start));
}

gboolean reader_until(Reader *r, guint8 c, Bytes *out) {
    gssize n = bytes_find_byte(reader_rest(r), c);
    if (n < 0)
        return FALSE;
    *out = bytes_of(r->at, (gsize)n);
    r->at += n;
    return TRUE;
}

gboolean reader_u64(Reader *r, guint64 *out) {
    const guint8 *at = r->at;
    guint64 value = 0;
    while (at < r->end && g_ascii_isdigit(*at)) {
        if (__builtin_mul_overflow(value, (guint64)10, &value) ||
            __builtin_add_overflow(value, (guint64)(*at - '0'), &value) || at - r->at >= 20)
            return FALSE;
        at++;
    }
    if (at == r->at)
        return FALSE;
    r->at = at;
    *out = value;
    return TRUE;
}

static gboolean big_endian(Reader *r, gsize width, guint64 *out) {
    Bytes b;
    if (!reader_take(r, width, &b))
        return FALSE;
    guint64 value = 0;
    for (gsize i = 0; i < width; i++)
        value = value << 8 | b.p[i];
    *out = value;
    return TRUE;
}

gboolean reader_be16(Reader *r, guint16 *out) {
    guint64 value;
    if (!big_endian(r, 2, &value))
        return FALSE;
    *out = (guint16)value;
    return TRUE;
}

gboolean reader_be32(Reader *r, guint32 *out) {
    guint64 value;
    if (!big_endian(r, 4, &value))
        return FALSE;
    *out = (guint32)value;
    return TRUE;
}

gboolean reader_be64(Reader *r, guint64 *out) {
    return big_endian(r, 8, out);
}

gboolean reader_varint(Reader *r, guint64 *out) {
    const guint8 *at = r->at;
    guint64 value = 0;
    for (unsigned shift = 0; shift < 64 && at < r->end; shift += 7) {
        guint8 c = *at++;
        if (shift == 63 && c > 1)
            return FALSE;
        value |= (guint64)(c & 0x7f) << shift;
        if ((c & 0x80) == 0) {
            r->at = at;
            *out = value;
            return TRUE;
        }
    }
    return FALSE;
}
