/* Bytes and Reader: how data from outside travels and is taken apart.
 *
 * Bytes is a view {pointer, length}; it owns nothing and is not NUL-terminated. Reader is a cursor
 * that cannot step past its end: every take either succeeds and moves, or fails and leaves the
 * cursor where it was. Safe for any input, including NUL bytes. No function here allocates unless
 * its name says dup. */
#ifndef CV_BASE_BYTES_H
#define CV_BASE_BYTES_H

#include <glib.h>
#include <string.h>

typedef struct {
    const guint8 *p; /* may be NULL only when n == 0 */
    gsize n;
} Bytes;

#define BYTES_LITERAL(text) ((Bytes){(const guint8 *)(text), sizeof(text) - 1})

static inline Bytes bytes_of(const void *p, gsize n) {
    return (Bytes){(const guint8 *)p, n};
}
static inline Bytes bytes_of_string(const char *text) {
    return (Bytes){(const guint8 *)text, text == NULL ? 0 : strlen(text)};
}
/* The part [offset, offset + length) cut to what exists. */
static inline Bytes bytes_slice(Bytes b, gsize offset, gsize length) {
    if (offset > b.n)
        offset = b.n;
    if (length > b.n - offset)
        length = b.n - offset;
    return (Bytes){b.p == NULL ? NULL : b.p + offset, length};
}

gboolean bytes_equal(Bytes a, Bytes b);
/* ASCII letters compare without case; all other bytes exactly. */
gboolean bytes_equal_nocase(Bytes a, Bytes b);
gboolean bytes_is(Bytes a, const char *text);        /* exact */
gboolean bytes_is_nocase(Bytes a, const char *text); /* ASCII case folded */
gboolean bytes_starts_nocase(Bytes a, const char *prefix);
/* Offset of the first byte c, or -1. */
gssize bytes_find_byte(Bytes b, guint8 c);
/* Offset of the first occurrence of needle, or -1; an empty needle is found at 0. Linear time. */
gssize bytes_find(Bytes b, Bytes needle);
/* Without ASCII spaces and tabs (and CR, LF) at both ends. */
Bytes bytes_strip(Bytes b);
/* NUL-terminated copy; embedded NULs are kept, so use only where they were refused before. Free
 * with g_free. */
char *bytes_dup_string(Bytes b);
gboolean bytes_has_nul(Bytes b);
/* All digits, no sign, no overflow, at least one digit and nothing else. FALSE leaves *out. */
gboolean bytes_parse_u64(Bytes b, guint64 *out);

typedef struct {
    const guint8 *at;
    const guint8 *end;
} Reader;

static inline Reader reader_of(Bytes b) {
    return (Reader){b.p, b.p == NULL ? NULL : b.p + b.n};
}
static inline gsize reader_left(const Reader *r) {
    return (gsize)(r->end - r->at);
}
static inline gboolean reader_done(const Reader *r) {
    return r->at == r->end;
}
static inline Bytes reader_rest(const Reader *r) {
    return (Bytes){r->at, reader_left(r)};
}
/* The next byte without taking it, or -1 at the end. */
static inline int reader_peek(const Reader *r) {
    return r->at == r->end ? -1 : *r->at;
}
/* The byte `ahead` places further, or -1. */
static inline int reader_peek_at(const Reader *r, gsize ahead) {
    return ahead < reader_left(r) ? r->at[ahead] : -1;
}
/* Takes one byte, or -1 at the end. */
static inline int reader_byte(Reader *r) {
    return r->at == r->end ? -1 : *r->at++;
}
/* Takes c if it is next. */
static inline gboolean reader_skip_byte(Reader *r, guint8 c) {
    if (r->at == r->end || *r->at != c)
        return FALSE;
    r->at++;
    return TRUE;
}
gboolean reader_skip(Reader *r, const char *text);        /* exact */
gboolean reader_skip_nocase(Reader *r, const char *text); /* ASCII case folded */
/* Takes exactly n bytes, or fails. */
gboolean reader_take(Reader *r, gsize n, Bytes *out);
/* Takes the longest run of bytes for which accept[c] is non-zero (may be empty). */
Bytes reader_while(Reader *r, const guint8 accept[256]);
/* Takes up to (not including) c; fails and moves nothing when c does not come. */
gboolean reader_until(Reader *r, guint8 c, Bytes *out);
/* Takes a decimal number of at most 20 digits; fails on none or on overflow. */
gboolean reader_u64(Reader *r, guint64 *out);
/* Fixed-width big-endian integers, as our own packed formats store them. */
gboolean reader_be16(Reader *r, guint16 *out);
gboolean reader_be32(Reader *r, guint32 *out);
gboolean reader_be64(Reader *r, guint64 *out);
/* LEB128, at most 10 bytes: the packed formats' variable-length unsigned integer. */
gboolean reader_varint(Reader *r, guint64 *out);

#endif
