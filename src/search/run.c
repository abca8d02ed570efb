/* A query put to a mailbox, segment by segment. In each: the query's terms are found in the
 * dictionary, their lists give messages and positions, and a bit for each position of the segment
 * says where the phrase has come so far. */
#include "search/query.h"

#include "base/clock.h"
#include "base/log.h"

enum { TRIES = 3 };

struct SearchRun {
    SearchIndex *index;
    const SearchQuery *query;
    gint64 mailbox;
    guint32 uidvalidity;
    GArray *segments; /* Segment; NULL: not begun */
    guint next, tries;
    SearchAnswer answer;
    gboolean done;
};

/* ---- Bits ---- */

static guint64 *bits_new(guint64 n) {
    return g_malloc0_n(n / 64 + 1, 8);
}
static inline void bit_set(guint64 *bits, guint64 i) {
    bits[i / 64] |= 1ull << (i % 64);
}
static inline gboolean bit_is(const guint64 *bits, guint64 i) {
    return (bits[i / 64] >> (i % 64)) & 1;
}

/* ---- Lists ---- */

static gboolean read_docs(Look *look, const Hit *hit, GError **error) {
    buffer_clear(&look->lists);
    return search_segment_read(look->conn, look->segment, STREAM_DOCS, hit->docs, hit->docs_len,
                               &look->lists, error);
}

/* A bit for each message in any of the hits. */
static gboolean gather_docs(Look *look, guint64 *docs, GError **error) {
    for (guint i = 0; i < look->hits->len; i++) {
        if (!read_docs(look, &g_array_index(look->hits, Hit, i), error))
            return FALSE;
        Varints in = varints_of(buffer_bytes(&look->lists));
        guint64 number = 0;
        while (in.at < in.end) {
            guint64 word = varints_next(&in);
            number += word >> 1;
            if (!(word & 1))
                varints_next(&in);
            if (in.bad || number >= look->segment->messages)
                return search_fail_corrupt(error);
            bit_set(docs, number);
        }
    }
    return TRUE;
}

/* Where the phrase stands: `before` has the bits of the places where it has come up to the term
 * before this one (NULL for the first); `after` gets those of this one (NULL for the last, then the
 * messages go to `docs`). */
static gboolean follow_list(Look *look, const Hit *hit, const guint64 *before, guint64 *after,
                            guint64 *docs, GError **error) {
    buffer_clear(&look->places);
    if (!read_docs(look, hit, error) ||
        !search_segment_read(look->conn, look->segment, STREAM_PLACES, hit->places, hit->places_len,
                             &look->places, error))
        return FALSE;
    Varints in = varints_of(buffer_bytes(&look->lists));
    Varints places = varints_of(buffer_bytes(&look->places));
    guint64 number = 0;
    while (in.at < in.end) {
        guint64 word = varints_next(&in);
        guint64 count = word & 1 ? 1 : varints_next(&in);
        number += word >> 1;
        if (in.bad || number >= look->segment->messages)
            return search_fail_corrupt(error);
        guint64 at = look->base[number], end = look->base[number + 1];
        for (guint64 i = 0; i < count && !places.bad; i++) {
            at += varints_next(&places);
            if (at >= end)
                return search_fail_corrupt(error);
            if (before != NULL && (at == look->base[number] || !bit_is(before, at - 1)))
                continue;
            if (after != NULL)
                bit_set(after, at);
            else
                bit_set(docs, number);
        }
        if (places.bad)
            return search_fail_corrupt(error);
    }
    return TRUE;
}

/* Messages with the phrase in texts of this kind are added to `docs`. */
static gboolean find_phrase(Look *look, guint kind, const Phrase *phrase, guint64 *docs,
                            GError **error) {
    if (phrase->n == 0 || look->segment->length[search_stream(kind, IN_STRINGS)] == 0)
        return TRUE;
    g_auto(Dictionary) dictionary;
    if (!search_dictionary_open(&dictionary, look, kind, error))
        return FALSE;
    g_autofree guint64 *before = NULL;
    for (guint i = 0; i < phrase->n; i++) {
        if (!search_dictionary_find(&dictionary, &phrase->term[i], error))
            return FALSE;
        if (phrase->n == 1)
            return gather_docs(look, docs, error);
        if (look->hits->len == 0)
            return TRUE;
        gboolean last = i == phrase->n - 1;
        g_autofree guint64 *after = last ? NULL : bits_new(look->segment->places);
        for (guint hit = 0; hit < look->hits->len; hit++)
            if (!follow_list(look, &g_array_index(look->hits, Hit, hit), before, after, docs,
                             error))
                return FALSE;
        g_free(before);
        before = g_steal_pointer(&after);
    }
    return TRUE;
}

static gboolean find_in(Look *look, guint kinds, const Phrase *phrase, guint64 *docs,
                        GError **error) {
    for (guint kind = 0; kind < SEARCH_ALL; kind++)
        if ((kinds & (1u << kind)) != 0 && !find_phrase(look, kind, phrase, docs, error))
            return FALSE;
    return TRUE;
}

static gboolean find_name(Look *look, guint kind, Bytes name, Meet meet, guint64 *docs,
                          GError **error) {
    Phrase phrase = {.n = 1, .term = {{name, name, meet}}};
    return find_phrase(look, kind, &phrase, docs, error);
}

/* TEXT: names of fields, and what begins in a name and ends in the value. */
static gboolean find_names(Look *look, guint64 *yes, guint64 *perhaps, GError **error) {
    const SearchQuery *q = look->query;
    gsize words = look->segment->messages / 64 + 1;
    for (guint kind = SEARCH_NAME; kind <= SEARCH_PART_NAME; kind++) {
        if (!find_name(look, kind, bytes_of_string(q->flat), MEET_INSIDE, yes, error))
            return FALSE;
        for (guint i = 0; i < q->across->len; i++) {
            const Across *across = &g_array_index(q->across, Across, i);
            g_autofree guint64 *named = bits_new(look->segment->messages);
            g_autofree guint64 *valued = bits_new(look->segment->messages);
            if (!find_name(look, kind, across->name, MEET_END, named, error) ||
                !find_in(look, q->kinds, &across->rest, valued, error))
                return FALSE;
            gboolean any = across->rest.n == 0 || across->rest.lonely || across->rest.cut;
            for (gsize w = 0; w < words; w++)
                perhaps[w] |= any ? named[w] : named[w] & valued[w];
        }
    }
    return TRUE;
}

static gboolean find_all(Look *look, guint64 *yes, guint64 *perhaps, GError **error) {
    const SearchQuery *q = look->query;
    if (q->empty)
        return find_name(look, SEARCH_NAME, bytes_of_string(q->name), MEET_EXACT, yes, error);
    gboolean certain = q->certain && !q->phrase.more;
    if (!q->phrase.cut && !find_in(look, q->kinds, &q->phrase, certain ? yes : perhaps, error))
        return FALSE;
    if (q->kinds == 1u << SEARCH_FIELD) {
        g_autofree guint64 *named = bits_new(look->segment->messages);
        if (!find_name(look, SEARCH_NAME, bytes_of_string(q->name), MEET_EXACT, named, error))
            return FALSE;
        for (gsize w = 0; w <= look->segment->messages / 64; w++)
            perhaps[w] &= named[w];
    }
    return !q->names || find_names(look, yes, perhaps, error);
}

/* ---- A segment ---- */

static gboolean load_uids(Look *look, GError **error) {
    const Segment *s = look->segment;
    guint64 uid = s->first, base = 0;
    buffer_clear(&look->text);
    if (!search_segment_read(look->conn, s, STREAM_UIDS, 0, s->length[STREAM_UIDS], &look->text,
                             error))
        return FALSE;
    Varints in = varints_of(buffer_bytes(&look->text));
    for (guint32 i = 0; i < s->messages; i++) {
        uid += varints_next(&in);
        look->uids[i] = (guint32)uid;
        look->base[i] = base;
        base += varints_next(&in);
        if (in.bad || uid > s->last || base > s->places)
            return search_fail_corrupt(error);
    }
    look->base[s->messages] = base;
    return TRUE;
}

static gboolean load_doubt(Look *look, guint64 *perhaps, GError **error) {
    const Segment *s = look->segment;
    buffer_clear(&look->text);
    if (!search_segment_read(look->conn, s, STREAM_DOUBT, 0, s->length[STREAM_DOUBT], &look->text,
                             error))
        return FALSE;
    Varints in = varints_of(buffer_bytes(&look->text));
    guint64 number = 0;
    while (in.at < in.end) {
        number += varints_next(&in);
        if (in.bad || number >= s->messages)
            return search_fail_corrupt(error);
        bit_set(perhaps, number);
    }
    return TRUE;
}

static gboolean look_in(Look *look, SearchAnswer *answer, GError **error) {
    g_autofree guint64 *yes = bits_new(look->segment->messages);
    g_autofree guint64 *perhaps = bits_new(look->segment->messages);
    if (!load_uids(look, error) || !find_all(look, yes, perhaps, error) ||
        !load_doubt(look, perhaps, error))
        return FALSE;
    for (guint32 i = 0; i < look->segment->messages; i++) {
        if (bit_is(yes, i))
            g_array_append_val(answer->yes, look->uids[i]);
        else if (bit_is(perhaps, i))
            g_array_append_val(answer->perhaps, look->uids[i]);
    }
    return TRUE;
}

static gboolean run_segment(SearchRun *run, DbConn *conn, const Segment *segment, GError **error) {
    Look look = {.conn = conn, .segment = segment, .query = run->query};
    look.uids = g_new(guint32, segment->messages + 1);
    look.base = g_new(guint64, segment->messages + 1);
    look.hits = g_array_new(FALSE, FALSE, sizeof(Hit));
    buffer_init(&look.text, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&look.lists, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&look.places, 4 * (gsize)SEGMENT_BYTES);
    gboolean good = look_in(&look, &run->answer, error);
    g_free(look.uids);
    g_free(look.base);
    g_array_unref(look.hits);
    buffer_release(&look.text);
    buffer_release(&look.lists);
    buffer_release(&look.places);
    return good;
}

/* ---- The run ---- */

SearchRun *search_run_new(SearchIndex *index, const SearchQuery *query, gint64 mailbox,
                          guint32 uidvalidity) {
    SearchRun *run = g_new0(SearchRun, 1);
    *run = (SearchRun){.index = index,
                       .query = query,
                       .mailbox = mailbox,
                       .uidvalidity = uidvalidity,
                       .done = index == NULL || !search_query_is_useful(query)};
    run->answer.yes = g_array_new(FALSE, FALSE, sizeof(guint32));
    run->answer.perhaps = g_array_new(FALSE, FALSE, sizeof(guint32));
    return run;
}

void search_run_free(SearchRun *run) {
    if (run == NULL)
        return;
    if (run->segments != NULL)
        g_array_unref(run->segments);
    g_array_unref(run->answer.yes);
    g_array_unref(run->answer.perhaps);
    g_free(run);
}

static void start_over(SearchRun *run) {
    g_clear_pointer(&run->segments, g_array_unref);
    g_array_set_size(run->answer.yes, 0);
    g_array_set_size(run->answer.perhaps, 0);
    run->answer.upto = 0;
    run->next = 0;
}

static gboolean begin(SearchRun *run, DbConn *conn, GError **error) {
    SearchBox box;
    if (!search_box_read(conn, run->mailbox, &box, error))
        return FALSE;
    run->segments = box.uidvalidity == run->uidvalidity
                        ? search_segments(conn, run->mailbox, error)
                        : g_array_new(FALSE, FALSE, sizeof(Segment));
    run->answer.upto = box.uidvalidity == run->uidvalidity ? box.upto : 0;
    return run->segments != NULL;
}

static gboolean work(SearchRun *run, Db *db, gint64 until, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(db, error);
    if (conn == NULL || (run->segments == NULL && !begin(run, conn, error)))
        return FALSE;
    while (run->next < run->segments->len && clock_monotonic() < until) {
        if (!run_segment(run, conn, &g_array_index(run->segments, Segment, run->next), error))
            return FALSE;
        run->next++;
    }
    run->done = run->next >= run->segments->len;
    return TRUE;
}

/* What is gone was joined by the lane meanwhile: once more from the start. What is damaged is
 * dropped, and built again by the lane. */
static void recover(SearchRun *run, const GError *error) {
    start_over(run);
    if (cv_error_is(error, CV_ERROR_NOT_FOUND) && ++run->tries < TRIES)
        return;
    run->done = TRUE;
    log_event(LOG_LEVEL_WARNING, "search.unusable", "mailbox", log_number(run->mailbox), "error",
              error->message, NULL);
    if (cv_error_is(error, CV_ERROR_STORAGE) || cv_error_is(error, CV_ERROR_BUSY))
        return;
    search_drop(run->index, run->mailbox, NULL);
    search_tell_lost(run->index);
}

gboolean search_run_step(SearchRun *run, gint64 until) {
    while (!run->done && clock_monotonic() < until) {
        g_autoptr(GError) error = NULL;
        Db *db = search_enter(run->index, &error);
        gboolean good = db != NULL && work(run, db, until, &error);
        if (db != NULL)
            search_leave(run->index);
        if (!good)
            recover(run, error);
    }
    return run->done;
}

const SearchAnswer *search_run_answer(const SearchRun *run) {
    return &run->answer;
}
