/* Reads the whole index back: every chunk against its sum, every list to its end. */
#include "search/internal.h"

typedef struct {
    GArray *mailboxes; /* gint64 */
} Boxes;

static void add_mailbox(gint64 mailbox, const SearchBox *box, gpointer data) {
    const Boxes *boxes = data;
    g_array_append_val(boxes->mailboxes, mailbox);
}

static gboolean check_kind(DbConn *conn, const Segment *segment, guint kind, TermWalk *walk,
                           GError **error) {
    gboolean bad = FALSE;
    if (!search_walk_begin(walk, conn, segment, kind, error))
        return FALSE;
    while (search_walk_next(walk, &bad))
        ;
    return (!bad && walk->docs_at <= segment->length[STREAM_DOCS] &&
            walk->places_at <= segment->length[STREAM_PLACES]) ||
           cv_fail(error, CV_ERROR_CORRUPT, "a list of the search index breaks off");
}

static gboolean check_segment(DbConn *conn, const Segment *segment, GError **error) {
    g_auto(Buffer) bytes;
    TermWalk walk = {0};
    gboolean good = TRUE;
    buffer_init(&bytes, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&walk.strings, 4 * (gsize)SEGMENT_BYTES);
    buffer_init(&walk.entries, 4 * (gsize)SEGMENT_BYTES);
    for (guint stream = 0; good && stream < STREAMS; stream++) {
        buffer_clear(&bytes);
        good =
            search_segment_read(conn, segment, stream, 0, segment->length[stream], &bytes, error);
    }
    for (guint kind = 0; good && kind < SEARCH_KINDS; kind++)
        good = check_kind(conn, segment, kind, &walk, error);
    search_walk_clear(&walk);
    return good;
}

static gboolean check_mailbox(Db *db, gint64 mailbox, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(db, error);
    g_autoptr(GArray) segments = conn == NULL ? NULL : search_segments(conn, mailbox, error);
    if (segments == NULL)
        return FALSE;
    for (guint i = 0; i < segments->len; i++)
        if (!check_segment(conn, &g_array_index(segments, Segment, i), error))
            return FALSE;
    return TRUE;
}

gboolean search_verify(SearchIndex *index, void (*finding)(const char *text, gpointer data),
                       gpointer data, GError **error) {
    g_autoptr(GArray) mailboxes = g_array_new(FALSE, FALSE, sizeof(gint64));
    Boxes boxes = {mailboxes};
    if (!search_box_each(index, add_mailbox, &boxes, error))
        return FALSE;
    Db *db = search_enter(index, error);
    if (db == NULL)
        return FALSE;
    for (guint i = 0; i < mailboxes->len; i++) {
        g_autoptr(GError) wrong = NULL;
        gint64 mailbox = g_array_index(mailboxes, gint64, i);
        if (check_mailbox(db, mailbox, &wrong))
            continue;
        g_autofree char *text =
            g_strdup_printf("search.db: mailbox %" G_GINT64_FORMAT ": %s", mailbox, wrong->message);
        finding(text, data);
    }
    search_leave(index);
    return TRUE;
}
