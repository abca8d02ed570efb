/* A segment under construction, and the walk over a finished one; see internal.h for the form. */
#include "search/internal.h"

void search_writer_init(SegmentWriter *w) {
    memset(w, 0, sizeof *w);
    for (guint i = 0; i < STREAMS; i++)
        buffer_init(&w->stream[i], 3 * (gsize)SEGMENT_BYTES);
    buffer_init(&w->plain, 4096);
    w->kind = -1;
}

void search_writer_release(SegmentWriter *w) {
    for (guint i = 0; i < STREAMS; i++)
        buffer_release(&w->stream[i]);
    buffer_release(&w->plain);
}

void search_writer_message(SegmentWriter *w, guint32 uid, guint64 places, gboolean doubt) {
    if (w->messages == 0)
        w->first = w->last = uid;
    buffer_append_varint(&w->stream[STREAM_UIDS], uid - w->last);
    buffer_append_varint(&w->stream[STREAM_UIDS], places);
    if (doubt) {
        buffer_append_varint(&w->stream[STREAM_DOUBT], w->messages - w->doubted);
        w->doubted = w->messages;
    }
    w->last = uid;
    w->places += places;
    w->messages++;
}

static void end_plain(SegmentWriter *w) {
    if (w->kind < 0)
        return;
    buffer_append_byte(&w->stream[search_stream((guint)w->kind, IN_ENTRIES)], 0);
    buffer_append_byte(&w->stream[search_stream((guint)w->kind, IN_STRINGS)], 0);
}

static void begin_plain(SegmentWriter *w, guint kind, Bytes plain) {
    Buffer *strings = &w->stream[search_stream(kind, IN_STRINGS)];
    if (w->kind != (gint)kind) {
        w->kind = (gint)kind;
        w->terms = 0;
        buffer_append_byte(strings, 0);
    }
    if (w->terms++ % MARK_EVERY == 0) {
        Buffer *marks = &w->stream[search_stream(kind, IN_MARKS)];
        buffer_append_be32(marks, (guint32)strings->n);
        buffer_append_be32(marks, (guint32)w->stream[search_stream(kind, IN_ENTRIES)].n);
        buffer_append_be64(marks, w->stream[STREAM_DOCS].n);
        buffer_append_be64(marks, w->stream[STREAM_PLACES].n);
    }
    buffer_append_bytes(strings, plain);
    buffer_clear(&w->plain);
    buffer_append_bytes(&w->plain, plain);
}

void search_writer_term(SegmentWriter *w, guint kind, Bytes plain, Bytes form, guint64 docs_n,
                        Bytes docs, Bytes places) {
    if (w->kind != (gint)kind || !bytes_equal(buffer_bytes(&w->plain), plain)) {
        end_plain(w);
        begin_plain(w, kind, plain);
    }
    Buffer *entries = &w->stream[search_stream(kind, IN_ENTRIES)];
    gboolean same = bytes_equal(plain, form);
    buffer_append_varint(entries, same ? 1 : form.n + 1);
    if (!same)
        buffer_append_bytes(entries, form);
    buffer_append_varint(entries, docs_n);
    buffer_append_varint(entries, docs.n);
    buffer_append_varint(entries, places.n);
    buffer_append_bytes(&w->stream[STREAM_DOCS], docs);
    buffer_append_bytes(&w->stream[STREAM_PLACES], places);
}

void search_writer_end(SegmentWriter *w) {
    end_plain(w);
    w->kind = -1;
}

gsize search_writer_bytes(const SegmentWriter *w) {
    gsize all = 0;
    for (guint i = 0; i < STREAMS; i++)
        all += w->stream[i].n;
    return all;
}

/* ---- The walk ---- */

gboolean search_walk_begin(TermWalk *walk, DbConn *conn, const Segment *segment, guint kind,
                           GError **error) {
    guint64 strings = segment->length[search_stream(kind, IN_STRINGS)];
    guint64 entries = segment->length[search_stream(kind, IN_ENTRIES)];
    buffer_clear(&walk->strings);
    buffer_clear(&walk->entries);
    if (!search_segment_read(conn, segment, search_stream(kind, IN_STRINGS), 0, strings,
                             &walk->strings, error) ||
        !search_segment_read(conn, segment, search_stream(kind, IN_ENTRIES), 0, entries,
                             &walk->entries, error))
        return FALSE;
    walk->strings_at = strings > 0;
    walk->inside = FALSE;
    walk->in = varints_of(buffer_bytes(&walk->entries));
    return TRUE;
}

static gboolean next_plain(TermWalk *walk, gboolean *bad) {
    Bytes all = buffer_bytes(&walk->strings);
    Bytes rest = bytes_slice(all, walk->strings_at, all.n);
    if (rest.n == 0) {
        *bad = *bad || walk->in.at != walk->in.end;
        return FALSE;
    }
    gssize n = bytes_find_byte(rest, 0);
    if (n < 0) {
        *bad = TRUE;
        return FALSE;
    }
    walk->plain = bytes_slice(rest, 0, (gsize)n);
    walk->strings_at += (gsize)n + 1;
    walk->inside = TRUE;
    return TRUE;
}

gboolean search_walk_next(TermWalk *walk, gboolean *bad) {
    guint64 form = 0;
    for (;;) {
        if (!walk->inside && !next_plain(walk, bad))
            return FALSE;
        form = varints_next(&walk->in);
        if (walk->in.bad || form != 0)
            break;
        walk->inside = FALSE;
    }
    walk->form = walk->plain;
    if (form > 1) {
        if (form - 1 > (guint64)(walk->in.end - walk->in.at)) {
            *bad = TRUE;
            return FALSE;
        }
        walk->form = bytes_of(walk->in.at, form - 1);
        walk->in.at += form - 1;
    }
    walk->docs_n = varints_next(&walk->in);
    walk->docs_len = varints_next(&walk->in);
    walk->places_len = varints_next(&walk->in);
    walk->docs_from = walk->docs_at;
    walk->places_from = walk->places_at;
    if (walk->in.bad || __builtin_add_overflow(walk->docs_at, walk->docs_len, &walk->docs_at) ||
        __builtin_add_overflow(walk->places_at, walk->places_len, &walk->places_at)) {
        *bad = TRUE;
        return FALSE;
    }
    return TRUE;
}

void search_walk_clear(TermWalk *walk) {
    buffer_release(&walk->strings);
    buffer_release(&walk->entries);
}
