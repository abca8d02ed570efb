/* Joining segments. Four neighbours of about one size become one, so that a message is written
 * anew a few times in its life and a mailbox has a dozen segments, not hundreds. Numbers of
 * messages are counted on, lists are put behind one another; messages that are gone are left out.
 */
#include "search/internal.h"

enum { INPUTS = FAN };

typedef struct {
    const Segment *segment;
    Buffer docs, places;
    TermWalk walk;
    gboolean there;  /* the walk stands on a term */
    guint32 *number; /* in the result, by number in the segment; G_MAXUINT32: left out */
} Input;

typedef struct {
    SearchIndex *index;
    gint64 mailbox;
    gboolean (*alive)(guint32 uid, gpointer data);
    gpointer data;
    GArray *segments; /* Segment, those that are joined */
    Input input[INPUTS];
    SegmentWriter writer;
    Buffer docs, places;
} Merge;

static guint level_of(const Segment *s) {
    guint level = 0;
    for (guint32 n = s->messages / LEVEL_MESSAGES; n >= FAN; n /= FAN)
        level++;
    return level;
}

static guint64 bytes_of_segment(const Segment *s) {
    guint64 all = 0;
    for (guint i = 0; i < STREAMS; i++)
        all += s->length[i];
    return all;
}

/* The first FAN neighbours that are all of one level or below and fit into one, from the end. */
static gboolean choose(const GArray *all, GArray *chosen) {
    for (guint end = all->len; end >= FAN; end--) {
        guint level = level_of(&g_array_index(all, Segment, end - FAN));
        guint64 messages = 0, places = 0, bytes = 0;
        gboolean fits = TRUE;
        for (guint i = end - FAN; i < end; i++) {
            const Segment *s = &g_array_index(all, Segment, i);
            messages += s->messages;
            places += s->places;
            bytes += bytes_of_segment(s);
            fits = fits && level_of(s) <= level;
        }
        if (!fits || messages > SEGMENT_MESSAGES || places > SEGMENT_PLACES ||
            bytes > SEGMENT_BYTES)
            continue;
        g_array_append_vals(chosen, &g_array_index(all, Segment, end - FAN), FAN);
        return TRUE;
    }
    return FALSE;
}

/* ---- Messages ---- */

static gboolean take_messages(Merge *m, DbConn *conn, Input *in, GError **error) {
    const Segment *s = in->segment;
    g_auto(Buffer) uids, doubt;
    buffer_init(&uids, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&doubt, 4 * (gsize)SEGMENT_BYTES);
    if (!search_segment_read(conn, s, STREAM_UIDS, 0, s->length[STREAM_UIDS], &uids, error) ||
        !search_segment_read(conn, s, STREAM_DOUBT, 0, s->length[STREAM_DOUBT], &doubt, error))
        return FALSE;
    Varints at = varints_of(buffer_bytes(&uids)), doubts = varints_of(buffer_bytes(&doubt));
    guint64 uid = s->first, doubted = doubts.at < doubts.end ? varints_next(&doubts) : G_MAXUINT64;
    in->number = g_new(guint32, s->messages + 1);
    for (guint32 i = 0; i < s->messages; i++) {
        uid += varints_next(&at);
        guint64 places = varints_next(&at);
        if (at.bad || doubts.bad || uid > s->last || places > s->places)
            return search_fail_corrupt(error);
        gboolean in_doubt = i == doubted;
        if (in_doubt)
            doubted = doubts.at < doubts.end ? doubted + varints_next(&doubts) : G_MAXUINT64;
        in->number[i] = G_MAXUINT32;
        if (m->alive == NULL || m->alive((guint32)uid, m->data)) {
            in->number[i] = m->writer.messages;
            search_writer_message(&m->writer, (guint32)uid, places, in_doubt);
        }
    }
    return TRUE;
}

/* ---- Terms ---- */

static int compare_bytes(Bytes a, Bytes b) {
    int order = memcmp(a.p, b.p, MIN(a.n, b.n));
    return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int compare(const TermWalk *a, const TermWalk *b) {
    int order = compare_bytes(a->plain, b->plain);
    return order != 0 ? order : compare_bytes(a->form, b->form);
}

typedef struct {
    guint64 messages;
    guint32 last;
} Joined;

/* Puts the list on which the input's walk stands behind what is joined already. */
static gboolean join_list(Merge *m, Input *in, gboolean has_places, Joined *joined,
                          GError **error) {
    const TermWalk *w = &in->walk;
    if (w->docs_from + w->docs_len > in->docs.n || w->places_from + w->places_len > in->places.n)
        return search_fail_corrupt(error);
    Varints docs = varints_of(bytes_slice(buffer_bytes(&in->docs), w->docs_from, w->docs_len));
    Varints places =
        varints_of(bytes_slice(buffer_bytes(&in->places), w->places_from, w->places_len));
    guint64 number = 0;
    while (docs.at < docs.end) {
        guint64 word = varints_next(&docs);
        guint64 count = word & 1 ? 1 : varints_next(&docs);
        number += word >> 1;
        if (docs.bad || number >= in->segment->messages)
            return search_fail_corrupt(error);
        const guint8 *from = places.at;
        for (guint64 i = 0; has_places && i < count && !places.bad; i++)
            varints_next(&places);
        if (places.bad)
            return search_fail_corrupt(error);
        guint32 now = in->number[number];
        if (now == G_MAXUINT32)
            continue;
        buffer_append_varint(&m->docs, (guint64)(now - joined->last) << 1 | (count == 1));
        if (count != 1)
            buffer_append_varint(&m->docs, count);
        buffer_append(&m->places, from, (gsize)(places.at - from));
        joined->last = now;
        joined->messages++;
    }
    return TRUE;
}

static gboolean join_term(Merge *m, guint kind, Input *first, GError **error) {
    g_autofree char *plain = bytes_dup_string(first->walk.plain);
    g_autofree char *form = bytes_dup_string(first->walk.form);
    TermWalk key = {.plain = bytes_of(plain, first->walk.plain.n),
                    .form = bytes_of(form, first->walk.form.n)};
    Joined joined = {0, 0};
    buffer_clear(&m->docs);
    buffer_clear(&m->places);
    for (guint i = 0; i < INPUTS; i++) {
        Input *in = &m->input[i];
        gboolean bad = FALSE;
        if (!in->there || compare(&in->walk, &key) != 0)
            continue;
        if (!join_list(m, in, kind < SEARCH_ALL, &joined, error))
            return FALSE;
        in->there = search_walk_next(&in->walk, &bad);
        if (bad)
            return search_fail_corrupt(error);
    }
    if (joined.messages > 0)
        search_writer_term(&m->writer, kind, key.plain, key.form, joined.messages,
                           buffer_bytes(&m->docs), buffer_bytes(&m->places));
    return TRUE;
}

static gboolean join_kind(Merge *m, DbConn *conn, guint kind, GError **error) {
    for (guint i = 0; i < INPUTS; i++) {
        gboolean bad = FALSE;
        if (!search_walk_begin(&m->input[i].walk, conn, m->input[i].segment, kind, error))
            return FALSE;
        m->input[i].there = search_walk_next(&m->input[i].walk, &bad);
        if (bad)
            return search_fail_corrupt(error);
    }
    for (;;) {
        Input *first = NULL;
        for (guint i = 0; i < INPUTS; i++)
            if (m->input[i].there &&
                (first == NULL || compare(&m->input[i].walk, &first->walk) < 0))
                first = &m->input[i];
        if (first == NULL)
            return TRUE;
        if (!join_term(m, kind, first, error))
            return FALSE;
    }
}

static gboolean join(Merge *m, DbConn *conn, GError **error) {
    for (guint i = 0; i < INPUTS; i++) {
        Input *in = &m->input[i];
        const Segment *s = in->segment = &g_array_index(m->segments, Segment, i);
        if (!search_segment_read(conn, s, STREAM_DOCS, 0, s->length[STREAM_DOCS], &in->docs,
                                 error) ||
            !search_segment_read(conn, s, STREAM_PLACES, 0, s->length[STREAM_PLACES], &in->places,
                                 error) ||
            !take_messages(m, conn, in, error))
            return FALSE;
    }
    for (guint kind = 0; kind < SEARCH_KINDS; kind++)
        if (!join_kind(m, conn, kind, error))
            return FALSE;
    search_writer_end(&m->writer);
    return TRUE;
}

/* ---- Writing ---- */

static gboolean is_there(DbConn *conn, gint64 id, gboolean *there, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM segment WHERE id = ?");
    db_bind_int(stmt, 1, id);
    DbStep step = db_step(stmt, error);
    *there = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean store_work(DbConn *conn, gpointer data, GError **error) {
    const Merge *m = data;
    SearchBox box;
    guint32 before = 0;
    if (!search_box_read(conn, m->mailbox, &box, error))
        return FALSE;
    for (guint i = 0; i < INPUTS; i++) {
        const Segment *s = &g_array_index(m->segments, Segment, i);
        gboolean there;
        if (!is_there(conn, s->id, &there, error) ||
            (!there && !cv_fail(error, CV_ERROR_EXISTS, "the mailbox was indexed meanwhile")) ||
            !search_segment_remove(conn, s->id, error))
            return FALSE;
        before += s->messages;
    }
    box.messages -= before - m->writer.messages;
    return (m->writer.messages == 0 || search_writer_store(conn, &m->writer, m->mailbox, error)) &&
           search_box_write(conn, m->mailbox, &box, error);
}

static gboolean merge_in(Merge *m, Db *db, gboolean *more, GError **error) {
    DbConn *conn = db_read_begin(db, error);
    GArray *all = conn == NULL ? NULL : search_segments(conn, m->mailbox, error);
    *more = all != NULL && choose(all, m->segments);
    gboolean good = all != NULL && (!*more || join(m, conn, error));
    db_read_end(conn);
    if (all != NULL)
        g_array_unref(all);
    return good && (!*more || db_write(db, store_work, m, error));
}

gboolean search_merge(SearchIndex *index, gint64 mailbox,
                      gboolean (*alive)(guint32 uid, gpointer data), gpointer data, gboolean *more,
                      GError **error) {
    Merge *m = g_new0(Merge, 1);
    *m = (Merge){.index = index, .mailbox = mailbox, .alive = alive, .data = data};
    m->segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    search_writer_init(&m->writer);
    buffer_init(&m->docs, 2 * (gsize)SEGMENT_BYTES);
    buffer_init(&m->places, 2 * (gsize)SEGMENT_BYTES);
    for (guint i = 0; i < INPUTS; i++) {
        Buffer *own[] = {&m->input[i].docs, &m->input[i].places, &m->input[i].walk.strings,
                         &m->input[i].walk.entries};
        for (guint j = 0; j < G_N_ELEMENTS(own); j++)
            buffer_init(own[j], 4 * (gsize)SEGMENT_BYTES);
    }
    Db *db = search_enter(index, error);
    gboolean good = db != NULL && merge_in(m, db, more, error);
    if (db != NULL)
        search_leave(index);
    for (guint i = 0; i < INPUTS; i++) {
        buffer_release(&m->input[i].docs);
        buffer_release(&m->input[i].places);
        search_walk_clear(&m->input[i].walk);
        g_free(m->input[i].number);
    }
    search_writer_release(&m->writer);
    buffer_release(&m->docs);
    buffer_release(&m->places);
    g_array_unref(m->segments);
    g_free(m);
    return good;
}
