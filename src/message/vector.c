/* Sixteen bytes at a time: comparisons give 0xff a byte, which subtracted counts one. Sums of bytes
 * are collected at least every 255 steps, before they could wrap. */
#include "message/vector.h"

typedef guint8 Vector __attribute__((vector_size(16)));
enum { WIDTH = 16, MOST_STEPS = 255 };

static inline Vector load(const guint8 *p) {
    Vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline gsize sum(Vector v) {
    gsize total = 0;
    for (int i = 0; i < WIDTH; i++)
        total += v[i];
    return total;
}

static inline gboolean any(Vector v) {
    guint64 half[2];
    memcpy(half, &v, sizeof half);
    return (half[0] | half[1]) != 0;
}

gsize vector_count_byte(Bytes b, guint8 c) {
    gsize total = 0, i = 0;
    while (b.n - i >= WIDTH) {
        Vector counts = {0};
        for (int step = 0; step < MOST_STEPS && b.n - i >= WIDTH; step++, i += WIDTH)
            counts -= (Vector)(load(b.p + i) == c);
        total += sum(counts);
    }
    for (; i < b.n; i++)
        total += b.p[i] == c;
    return total;
}

static inline gboolean is_base64(guint8 c) {
    return (guint8)((c | 0x20) - 'a') < 26 || (guint8)(c - '/') < 11 || c == '+';
}

gsize vector_count_base64(Bytes b) {
    gsize total = 0, i = 0;
    while (b.n - i >= WIDTH) {
        Vector counts = {0};
        for (int step = 0; step < MOST_STEPS && b.n - i >= WIDTH; step++, i += WIDTH) {
            Vector v = load(b.p + i);
            Vector letter = (Vector)(((v | 0x20) - 'a') < 26);
            Vector digit_or_slash = (Vector)((v - '/') < 11);
            counts -= letter | digit_or_slash | (Vector)(v == '+');
        }
        total += sum(counts);
    }
    for (; i < b.n; i++)
        total += is_base64(b.p[i]);
    return total;
}

gsize vector_find_dashes(Bytes b, gsize from) {
    gsize i = from;
    while (i + WIDTH + 2 <= b.n) {
        Vector hit = (Vector)(load(b.p + i) == '\n') & (Vector)(load(b.p + i + 1) == '-') &
                     (Vector)(load(b.p + i + 2) == '-');
        if (any(hit))
            break;
        i += WIDTH;
    }
    for (; i + 2 < b.n; i++)
        if (b.p[i] == '\n' && b.p[i + 1] == '-' && b.p[i + 2] == '-')
            return i;
    return b.n;
}
