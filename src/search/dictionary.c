/* Looking a term up: the dictionary of one kind of text in one segment is one string, run through
 * from hit to hit; the marks lead from a hit to its forms and lists. */
#include "search/query.h"

void search_dictionary_clear(Dictionary *d) {
    buffer_release(&d->strings);
    buffer_release(&d->marks);
    buffer_release(&d->entries);
}

gboolean search_dictionary_open(Dictionary *d, Look *look, guint kind, GError **error) {
    const Segment *s = look->segment;
    *d = (Dictionary){.look = look, .kind = kind, .block = G_MAXUINT64};
    buffer_init(&d->strings, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&d->marks, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&d->entries, 4 * (gsize)SEGMENT_BYTES);
    return search_segment_read(look->conn, s, search_stream(kind, IN_STRINGS), 0,
                               s->length[search_stream(kind, IN_STRINGS)], &d->strings, error) &&
           search_segment_read(look->conn, s, search_stream(kind, IN_MARKS), 0,
                               s->length[search_stream(kind, IN_MARKS)], &d->marks, error);
}

typedef struct {
    guint32 strings, entries;
    guint64 docs, places;
} Mark;

static Mark mark_at(const Dictionary *d, gsize i) {
    Mark m = {0};
    Reader r = reader_of(bytes_slice(buffer_bytes(&d->marks), i * MARK_BYTES, MARK_BYTES));
    (void)(reader_be32(&r, &m.strings) && reader_be32(&r, &m.entries) && reader_be64(&r, &m.docs) &&
           reader_be64(&r, &m.places));
    return m;
}

/* The last mark whose strings begin at or before `at`. */
static gsize mark_before(const Dictionary *d, gsize at) {
    gsize low = 0, high = d->marks.n / MARK_BYTES;
    while (high - low > 1) {
        gsize middle = (low + high) / 2;
        if (mark_at(d, middle).strings <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static gboolean load_block(Dictionary *d, gsize block, GError **error) {
    if (d->block == block)
        return TRUE;
    const Segment *s = d->look->segment;
    guint64 from = mark_at(d, block).entries;
    guint64 to = (block + 1) * MARK_BYTES < d->marks.n
                     ? mark_at(d, block + 1).entries
                     : s->length[search_stream(d->kind, IN_ENTRIES)];
    buffer_clear(&d->entries);
    d->block = G_MAXUINT64;
    if (to < from)
        return search_fail_corrupt(error);
    if (!search_segment_read(d->look->conn, s, search_stream(d->kind, IN_ENTRIES), from, to - from,
                             &d->entries, error))
        return FALSE;
    d->block = block;
    return TRUE;
}

static gboolean meets(Bytes text, Bytes term, Meet meet) {
    if (term.n > text.n || (meet == MEET_EXACT && term.n != text.n))
        return FALSE;
    if (meet & MEET_BEGIN)
        return memcmp(text.p, term.p, term.n) == 0;
    if (meet & MEET_END)
        return memcmp(text.p + text.n - term.n, term.p, term.n) == 0;
    return bytes_find(text, term) >= 0;
}

/* Adds the lists of the forms of one plain form, the number `skip` of its block. */
static gboolean take_forms(Dictionary *d, gsize block, guint skip, Bytes plain,
                           const QueryTerm *term, GError **error) {
    if (!load_block(d, block, error))
        return FALSE;
    Mark mark = mark_at(d, block);
    Varints in = varints_of(buffer_bytes(&d->entries));
    Hit hit = {.docs = mark.docs, .places = mark.places};
    for (guint i = 0; i <= skip && !in.bad;) {
        guint64 form_n = varints_next(&in);
        if (form_n == 0) {
            i++;
            continue;
        }
        if (--form_n > (guint64)(in.end - in.at))
            return search_fail_corrupt(error);
        Bytes form = form_n == 0 ? plain : bytes_of(in.at, form_n);
        in.at += form_n;
        varints_next(&in);
        hit.docs_len = varints_next(&in);
        hit.places_len = varints_next(&in);
        if (i == skip && (d->look->query->plain || meets(form, term->form, term->meet)))
            g_array_append_val(d->look->hits, hit);
        hit.docs += hit.docs_len;
        hit.places += hit.places_len;
    }
    return !in.bad || search_fail_corrupt(error);
}

gboolean search_dictionary_find(Dictionary *d, const QueryTerm *term, GError **error) {
    g_array_set_size(d->look->hits, 0);
    g_auto(Buffer) wanted;
    buffer_init(&wanted, 4096);
    if (term->meet & MEET_BEGIN)
        buffer_append_byte(&wanted, 0);
    buffer_append_bytes(&wanted, term->plain);
    if (term->meet & MEET_END)
        buffer_append_byte(&wanted, 0);
    Bytes all = buffer_bytes(&d->strings);
    for (gsize at = 0; at < all.n;) {
        gssize found = bytes_find(bytes_slice(all, at, all.n), buffer_bytes(&wanted));
        if (found < 0)
            return TRUE;
        gsize hit = at + (gsize)found + ((term->meet & MEET_BEGIN) ? 1 : 0);
        gsize block = mark_before(d, hit), start = mark_at(d, block).strings;
        guint skip = 0;
        if (hit < start) { /* the NUL before the first, found by an empty term */
            at = hit + 1;
            continue;
        }
        /* From the mark to the plain form that holds the hit. */
        for (;;) {
            const guint8 *end = start < all.n ? memchr(all.p + start, 0, all.n - start) : NULL;
            if (end == NULL)
                return search_fail_corrupt(error);
            gsize next = (gsize)(end - all.p) + 1;
            if (hit < next) {
                if (!take_forms(d, block, skip, bytes_slice(all, start, next - 1 - start), term,
                                error))
                    return FALSE;
                at = (term->meet & MEET_BEGIN) ? next - 1
                                               : next; /* one's end is the next's beginning */
                break;
            }
            start = next;
            skip++;
        }
    }
    return TRUE;
}
