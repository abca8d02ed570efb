/* Sequence sets; see sequence.h. */
#include "imap/sequence.h"

void imap_set_clear(ImapSet *set) {
    g_clear_pointer(&set->ranges, g_array_unref);
    set->saved = FALSE;
}

static gboolean take_number(ImapParser *parser, guint32 *out) {
    if (imap_try_byte(parser, '*')) {
        *out = 0;
        return TRUE;
    }
    return imap_take_nz_number(parser, out);
}

gboolean imap_take_set(ImapParser *parser, ImapSet *set) {
    /* RFC 9051 6.4.4.1: "$" stands for the saved result, alone. */
    set->ranges = g_array_new(FALSE, FALSE, sizeof(ImapRange));
    if (imap_try_byte(parser, '$')) {
        set->saved = TRUE;
        return TRUE;
    }
    do {
        ImapRange range = {0};
        if (!take_number(parser, &range.low))
            return FALSE;
        range.high = range.low;
        if (imap_try_byte(parser, ':') && !take_number(parser, &range.high))
            return FALSE;
        g_array_append_val(set->ranges, range);
    } while (imap_try_byte(parser, ','));
    return TRUE;
}

static gint by_low(gconstpointer a, gconstpointer b) {
    const ImapRange *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

void imap_set_resolve(ImapSet *set, guint32 largest) {
    GArray *ranges = set->ranges;
    for (guint i = 0; i < ranges->len; i++) {
        ImapRange *r = &g_array_index(ranges, ImapRange, i);
        guint32 a = r->low == 0 ? largest : r->low, b = r->high == 0 ? largest : r->high;
        *r = (ImapRange){MIN(a, b), MAX(a, b)};
    }
    g_array_sort(ranges, by_low);
    guint kept = 0;
    for (guint i = 0; i < ranges->len; i++) {
        ImapRange r = g_array_index(ranges, ImapRange, i);
        ImapRange *last = kept == 0 ? NULL : &g_array_index(ranges, ImapRange, kept - 1);
        if (last != NULL && (r.low <= last->high || r.low - 1 == last->high))
            last->high = MAX(last->high, r.high);
        else
            g_array_index(ranges, ImapRange, kept++) = r;
    }
    g_array_set_size(ranges, kept);
}

void imap_set_bound(ImapSet *set, guint32 most) {
    guint kept = 0;
    imap_set_resolve(set, most);
    for (guint i = 0; i < set->ranges->len; i++) {
        ImapRange r = g_array_index(set->ranges, ImapRange, i);
        r = (ImapRange){MAX(r.low, 1), MIN(r.high, most)};
        if (r.low <= r.high)
            g_array_index(set->ranges, ImapRange, kept++) = r;
    }
    g_array_set_size(set->ranges, kept);
}

guint32 imap_set_highest(const ImapSet *set) {
    guint n = set->ranges == NULL ? 0 : set->ranges->len;
    return n == 0 ? 0 : g_array_index(set->ranges, ImapRange, n - 1).high;
}

gboolean imap_set_contains(const ImapSet *set, guint32 number) {
    guint from = 0, to = set->ranges->len;
    while (from < to) {
        guint middle = from + (to - from) / 2;
        ImapRange r = g_array_index(set->ranges, ImapRange, middle);
        if (number < r.low)
            to = middle;
        else if (number > r.high)
            from = middle + 1;
        else
            return TRUE;
    }
    return FALSE;
}
