/* Buffer: a growing byte buffer that was told its maximum when it was made.
 *
 * Appending never writes past the maximum: the append fails, the buffer keeps what it had and
 * `overflow` stays TRUE until buffer_clear, so that a writer may append many pieces and check once
 * at the end. Not for use from two threads at once. Memory is taken as needed and given back by
 * buffer_release. */
#ifndef CV_BASE_BUFFER_H
#define CV_BASE_BUFFER_H

#include "base/bytes.h"

typedef struct {
    guint8 *p;
    gsize n;        /* bytes in use, from p + start */
    gsize start;    /* bytes already consumed at the front */
    gsize capacity; /* bytes allocated at p */
    gsize maximum;  /* n never exceeds this */
    gboolean overflow;
} Buffer;

/* maximum in bytes. */
void buffer_init(Buffer *b, gsize maximum);
void buffer_release(Buffer *b); /* frees the memory; the buffer is empty and usable again */
void buffer_clear(Buffer *b);   /* empties, keeps the memory, forgets an overflow */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Buffer, buffer_release)

static inline Bytes buffer_bytes(const Buffer *b) {
    return (Bytes){b->p == NULL ? NULL : b->p + b->start, b->n};
}

gboolean buffer_append(Buffer *b, const void *p, gsize n);
static inline gboolean buffer_append_bytes(Buffer *b, Bytes bytes) {
    return buffer_append(b, bytes.p, bytes.n);
}
gboolean buffer_append_string(Buffer *b, const char *text);
static inline gboolean buffer_append_byte(Buffer *b, guint8 c) {
    if (b->n == b->maximum || b->start + b->n >= b->capacity)
        return buffer_append(b, &c, 1);
    b->p[b->start + b->n++] = c;
    return TRUE;
}
gboolean buffer_printf(Buffer *b, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Decimal, without printf's cost. */
gboolean buffer_append_u64(Buffer *b, guint64 value);
gboolean buffer_append_be16(Buffer *b, guint16 value);
gboolean buffer_append_be32(Buffer *b, guint32 value);
gboolean buffer_append_be64(Buffer *b, guint64 value);
gboolean buffer_append_varint(Buffer *b, guint64 value);

/* Room for n more bytes at the end, to be filled and then counted with buffer_commit; NULL when
 * that would pass the maximum (overflow is then set). */
guint8 *buffer_reserve(Buffer *b, gsize n);
void buffer_commit(Buffer *b, gsize n);
/* Drops n bytes at the front (n <= b->n). */
void buffer_consume(Buffer *b, gsize n);
/* Cuts the buffer to its first n bytes (n <= b->n). */
void buffer_truncate(Buffer *b, gsize n);
/* Gives the content away as a NUL-terminated string (g_free) and leaves the buffer empty. */
char *buffer_steal_string(Buffer *b);

#endif
