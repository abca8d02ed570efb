/* Inside of search/: segments. A segment covers some messages of one mailbox, in order of their
 * UIDs; it is written once and never changed. Messages are numbered from 0 within it.
 *
 * It is a handful of streams of bytes, cut into chunks that are rows of their own:
 *   uids     a message each: varint UID (difference), varint count of its positions
 *   doubt    varint number (difference) of messages that always have to be read
 *   docs     for each term: a message each: varint (difference << 1 | occurs once), else varint
 *            count of occurrences
 *   places   for each term: a message each: varint position (differences)
 * and for each kind of text the dictionary:
 *   strings  NUL, plain form, NUL, plain form, NUL …, rising bytewise
 *   entries  for each of them its forms: varint length + 1 (1: as the plain form), form, varint
 *            count of messages, bytes in docs, bytes in places; a 0 byte ends them
 *   marks    for each 32nd: where it stands in the other streams
 * A plain form, its forms and their lists follow one another in the same order everywhere. */
#ifndef CV_SEARCH_INTERNAL_H
#define CV_SEARCH_INTERNAL_H

#include "search/search.h"

#include "base/buffer.h"
#include "db/db.h"

enum {
    SEARCH_NAME = SEARCH_ALL, /* names of the message's own fields, each one term */
    SEARCH_PART_NAME,         /* of others */
    SEARCH_KINDS,
};
enum { STREAM_UIDS, STREAM_DOUBT, STREAM_DOCS, STREAM_PLACES, STREAM_KIND };
enum { IN_STRINGS, IN_ENTRIES, IN_MARKS, IN_KIND };
enum {
    STREAMS = STREAM_KIND + IN_KIND * SEARCH_KINDS,
    CHUNK = 16 * 1024,
    MARK_EVERY = 32,
    MARK_BYTES = 4 + 4 + 8 + 8,
    FAN = 4,                   /* pieces of one level that are joined */
    LEVEL_MESSAGES = 32,       /* of the lowest level */
    SEGMENT_MESSAGES = 8192,   /* above it nothing is joined */
    SEGMENT_PLACES = 64 << 20, /* positions of all its messages */
    SEGMENT_BYTES = 48 << 20,  /* of all its streams */
    BATCH_BYTES = 24 << 20,    /* memory of a batch */
    BATCH_MESSAGES = 2048,
    BATCH_PLACES = 16 << 20,
};

static inline guint search_stream(guint kind, guint of) {
    return STREAM_KIND + IN_KIND * kind + of;
}

typedef struct {
    gint64 id;
    guint32 first, last; /* UIDs */
    guint32 messages;
    guint64 places;
    guint64 length[STREAMS];
} Segment;

struct SearchIndex {
    char *path;
    GRWLock lock;         /* read: who uses db; write: search_reset */
    Db *db;               /* NULL after a reset that failed */
    GMutex listener_lock; /* guards these two and is held while `lost` runs */
    void (*lost)(gpointer data);
    gpointer lost_data;
};

/* index.c: between them `db` stays. NULL with *error: there is none. */
Db *search_enter(SearchIndex *index, GError **error);
void search_leave(SearchIndex *index);
void search_tell_lost(SearchIndex *index);
gboolean search_box_read(DbConn *conn, gint64 mailbox, SearchBox *out, GError **error);
gboolean search_box_write(DbConn *conn, gint64 mailbox, const SearchBox *box, GError **error);

/* segment.c: reading */
gboolean search_fail_corrupt(GError **error); /* FALSE */
/* Segments of the mailbox in order of their UIDs. */
GArray *search_segments(DbConn *conn, gint64 mailbox, GError **error);
/* Appends bytes [offset, offset + n) of a stream. CORRUPT when they are not there or not what was
 * written; NOT_FOUND when the segment is gone. */
gboolean search_segment_read(DbConn *conn, const Segment *segment, guint stream, guint64 offset,
                             guint64 n, Buffer *out, GError **error);
gboolean search_segment_remove(DbConn *conn, gint64 id, GError **error);

/* Walks varints quickly; at the end or where they break off it gives 0 and `bad`. */
typedef struct {
    const guint8 *at, *end;
    gboolean bad;
} Varints;
static inline Varints varints_of(Bytes b) {
    return (Varints){b.p, b.p == NULL ? NULL : b.p + b.n, FALSE};
}
static inline guint64 varints_next(Varints *v) {
    if (G_LIKELY(v->at < v->end && *v->at < 0x80))
        return *v->at++;
    guint64 value = 0;
    for (guint shift = 0; shift < 63 && v->at < v->end; shift += 7) {
        guint8 c = *v->at++;
        value |= (guint64)(c & 0x7f) << shift;
        if (c < 0x80)
            return value;
    }
    v->bad = TRUE;
    return 0;
}

/* writer.c: a segment under construction, in memory; terms come in order of kind, plain, form. */
typedef struct {
    Buffer stream[STREAMS];
    gint kind; /* of the last term, -1: none */
    Buffer plain;
    guint32 terms; /* plain forms of this kind */
    guint32 messages;
    guint32 first, last;
    guint64 places;
    guint32 doubted; /* the last that was */
} SegmentWriter;
void search_writer_init(SegmentWriter *writer);
void search_writer_release(SegmentWriter *writer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SegmentWriter, search_writer_release)
void search_writer_message(SegmentWriter *writer, guint32 uid, guint64 places, gboolean doubt);
void search_writer_term(SegmentWriter *writer, guint kind, Bytes plain, Bytes form, guint64 docs_n,
                        Bytes docs, Bytes places);
void search_writer_end(SegmentWriter *writer);
gsize search_writer_bytes(const SegmentWriter *writer);
/* Inside a DbWork. */
gboolean search_writer_store(DbConn *conn, const SegmentWriter *writer, gint64 mailbox,
                             GError **error);

/* term.c: a walk over all terms of a kind, for merging and verifying. */
typedef struct {
    Buffer strings, entries;
    guint64 docs_at, places_at; /* of the next list */
    gsize strings_at;
    Varints in;
    gboolean inside; /* forms of the same plain form follow */
    Bytes plain, form;
    guint64 docs_n, docs_len, places_len;
    guint64 docs_from, places_from;
} TermWalk;
gboolean search_walk_begin(TermWalk *walk, DbConn *conn, const Segment *segment, guint kind,
                           GError **error);
/* FALSE: the end, or *bad. */
gboolean search_walk_next(TermWalk *walk, gboolean *bad);
void search_walk_clear(TermWalk *walk);

#endif
