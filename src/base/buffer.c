/* The growing buffer with a maximum; see buffer.h. Growth doubles, consumed bytes at the front are
 * reclaimed before new memory is asked for. */
#include "base/buffer.h"

#include <stdarg.h>

enum { FIRST_CAPACITY = 256 };

void buffer_init(Buffer *b, gsize maximum) {
    *b = (Buffer){.maximum = maximum};
}

void buffer_release(Buffer *b) {
    g_free(b->p);
    *b = (Buffer){.maximum = b->maximum};
}

void buffer_clear(Buffer *b) {
    b->n = 0;
    b->start = 0;
    b->overflow = FALSE;
}

static void make_room(Buffer *b, gsize n) {
    if (b->start + b->n + n <= b->capacity)
        return;
    if (b->start > 0 && b->start >= b->n) { /* cheap: moves no more than was consumed */
        memmove(b->p, b->p + b->start, b->n);
        b->start = 0;
        if (b->n + n <= b->capacity)
            return;
    }
    gsize wanted = MAX(b->capacity, FIRST_CAPACITY);
    while (wanted < b->start + b->n + n)
        wanted *= 2;
    if (b->start > 0) {
        guint8 *fresh = g_malloc(wanted);
        memcpy(fresh, b->p + b->start, b->n);
        g_free(b->p);
        b->p = fresh;
        b->start = 0;
    } else {
        b->p = g_realloc(b->p, wanted);
    }
    b->capacity = wanted;
}

guint8 *buffer_reserve(Buffer *b, gsize n) {
    if (n > b->maximum || b->n > b->maximum - n) {
        b->overflow = TRUE;
        return NULL;
    }
    make_room(b, n);
    return b->p == NULL ? (guint8 *)"" : b->p + b->start + b->n;
}

void buffer_commit(Buffer *b, gsize n) {
    b->n += n;
}

gboolean buffer_append(Buffer *b, const void *p, gsize n) {
    if (n == 0)
        return !b->overflow;
    guint8 *to = buffer_reserve(b, n);
    if (to == NULL)
        return FALSE;
    memcpy(to, p, n);
    b->n += n;
    return TRUE;
}

gboolean buffer_append_string(Buffer *b, const char *text) {
    return buffer_append(b, text, strlen(text));
}

gboolean buffer_printf(Buffer *b, const char *format, ...) {
    char small[512];
    va_list args;
    va_start(args, format);
    int n = g_vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0)
        return FALSE;
    if ((gsize)n < sizeof small)
        return buffer_append(b, small, (gsize)n);
    va_start(args, format);
    g_autofree char *large = g_strdup_vprintf(format, args);
    va_end(args);
    return buffer_append(b, large, (gsize)n);
}

gboolean buffer_append_u64(Buffer *b, guint64 value) {
    char digits[20];
    gsize at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return buffer_append(b, digits + at, sizeof digits - at);
}

static gboolean append_big_endian(Buffer *b, guint64 value, gsize width) {
    guint8 out[8];
    for (gsize i = 0; i < width; i++)
        out[i] = (guint8)(value >> (8 * (width - 1 - i)));
    return buffer_append(b, out, width);
}

gboolean buffer_append_be16(Buffer *b, guint16 value) {
    return append_big_endian(b, value, 2);
}
gboolean buffer_append_be32(Buffer *b, guint32 value) {
    return append_big_endian(b, value, 4);
}
gboolean buffer_append_be64(Buffer *b, guint64 value) {
    return append_big_endian(b, value, 8);
}

gboolean buffer_append_varint(Buffer *b, guint64 value) {
    guint8 out[10];
    gsize n = 0;
    do {
        guint8 low = value & 0x7f;
        value >>= 7;
        out[n++] = (guint8)(low | (value != 0 ? 0x80 : 0));
    } while (value != 0);
    return buffer_append(b, out, n);
}

void buffer_consume(Buffer *b, gsize n) {
    g_assert(n <= b->n);
    b->n -= n;
    b->start = b->n == 0 ? 0 : b->start + n;
}

void buffer_truncate(Buffer *b, gsize n) {
    g_assert(n <= b->n);
    b->n = n;
}

char *buffer_steal_string(Buffer *b) {
    char *text = bytes_dup_string(buffer_bytes(b));
    buffer_release(b);
    return text;
}
