/* Texts of some messages of one mailbox turned inside out: for each term the messages and
 * positions where it stands. All in memory, until it is written as a segment. */
#include "search/internal.h"

#include "text/term.h"

typedef struct {
    guint kind;
    Bytes form, plain; /* in the batch's strings */
    Buffer docs, places;
    guint32 messages; /* in docs, the open one included */
    guint32 open;     /* number of the message that it occurs in last */
    guint32 closed;   /* of the last one written to docs */
    guint32 count;    /* occurrences in the open one */
    guint32 place;    /* the last of them */
} Entry;

struct SearchBatch {
    SearchIndex *index;
    gint64 mailbox;
    guint32 uidvalidity;
    GHashTable *entries; /* Entry, by kind and form */
    GStringChunk *strings;
    SegmentWriter writer;
    TextStream stream;
    gsize bytes;
    /* Of the message under way. */
    guint32 uid;
    guint kind;
    guint32 places, terms;
    gboolean inside, doubt;
    guint32 upto;
};

static guint entry_hash(gconstpointer p) {
    const Entry *e = p;
    guint64 h = e->kind + 1;
    for (gsize i = 0; i < e->form.n; i++)
        h = (h ^ e->form.p[i]) * 0x9E3779B97F4A7C15u;
    return (guint)(h >> 32);
}

static gboolean entry_equal(gconstpointer a, gconstpointer b) {
    const Entry *x = a, *y = b;
    return x->kind == y->kind && bytes_equal(x->form, y->form);
}

static void entry_free(gpointer p) {
    Entry *e = p;
    buffer_release(&e->docs);
    buffer_release(&e->places);
    g_free(e);
}

SearchBatch *search_batch_new(SearchIndex *index, gint64 mailbox, guint32 uidvalidity) {
    SearchBatch *batch = g_new0(SearchBatch, 1);
    batch->index = index;
    batch->mailbox = mailbox;
    batch->uidvalidity = uidvalidity;
    batch->entries = g_hash_table_new_full(entry_hash, entry_equal, entry_free, NULL);
    batch->strings = g_string_chunk_new(64 * 1024);
    search_writer_init(&batch->writer);
    return batch;
}

void search_batch_free(SearchBatch *batch) {
    if (batch == NULL)
        return;
    g_hash_table_unref(batch->entries);
    g_string_chunk_free(batch->strings);
    search_writer_release(&batch->writer);
    g_free(batch);
}

static Bytes keep(SearchBatch *batch, Bytes b) {
    return bytes_of(g_string_chunk_insert_len(batch->strings, (const char *)b.p, (gssize)b.n), b.n);
}

static Entry *entry_of(SearchBatch *batch, guint kind, Bytes form, Bytes plain) {
    Entry key = {.kind = kind, .form = form};
    Entry *e = g_hash_table_lookup(batch->entries, &key);
    if (e != NULL)
        return e;
    if (++batch->terms > SEARCH_MESSAGE_TERMS)
        return NULL;
    e = g_new0(Entry, 1);
    e->kind = kind;
    e->form = keep(batch, form);
    e->plain = bytes_equal(form, plain) ? e->form : keep(batch, plain);
    e->open = G_MAXUINT32;
    buffer_init(&e->docs, SEGMENT_BYTES);
    buffer_init(&e->places, SEGMENT_BYTES);
    batch->bytes += sizeof *e + 64 + form.n + plain.n;
    g_hash_table_add(batch->entries, e);
    return e;
}

static void close_open(SearchBatch *batch, Entry *e) {
    if (e->open == G_MAXUINT32)
        return;
    gsize before = e->docs.n;
    buffer_append_varint(&e->docs, (guint64)(e->open - e->closed) << 1 | (e->count == 1));
    if (e->count != 1)
        buffer_append_varint(&e->docs, e->count);
    batch->bytes += e->docs.n - before;
    e->closed = e->open;
    e->open = G_MAXUINT32;
}

static void add(SearchBatch *batch, guint kind, Bytes form, Bytes plain, guint32 place) {
    Entry *e = entry_of(batch, kind, form, plain);
    if (e == NULL) {
        batch->doubt = TRUE;
        return;
    }
    guint32 number = batch->writer.messages;
    if (e->open != number) {
        close_open(batch, e);
        e->open = number;
        e->count = 0;
        e->place = 0;
        e->messages++;
    }
    e->count++;
    gsize before = e->places.n;
    buffer_append_varint(&e->places, place - e->place);
    batch->bytes += e->places.n - before;
    e->place = place;
}

static void on_term(const TextTerm *term, gpointer data) {
    SearchBatch *batch = data;
    if (batch->places >= SEARCH_MESSAGE_PLACES || term->cut || term->plain.n == 0) {
        batch->doubt = TRUE;
        return;
    }
    batch->places = MAX(batch->places, term->position + 1);
    add(batch, batch->kind, term->form, term->plain, term->position);
}

void search_batch_message(SearchBatch *batch, guint32 uid) {
    batch->uid = uid;
    batch->places = batch->terms = 0;
    batch->inside = batch->doubt = FALSE;
    text_stream_terms(&batch->stream, 0, on_term, batch);
}

/* A name is printable ASCII (RFC 5322 3.6.8); one that is not has no place in the index. */
static void add_name(SearchBatch *batch, guint kind, Bytes name) {
    char lower[128];
    gboolean plain = name.n <= sizeof lower;
    for (gsize i = 0; i < name.n && plain; i++) {
        plain = name.p[i] > ' ' && name.p[i] < 0x7f;
        lower[i] = g_ascii_tolower((char)name.p[i]);
    }
    if (!plain) {
        batch->doubt = TRUE;
        return;
    }
    Entry key = {.kind = kind, .form = bytes_of(lower, name.n)};
    const Entry *e = g_hash_table_lookup(batch->entries, &key);
    if (e == NULL || e->open != batch->writer.messages)
        add(batch, kind, key.form, key.form, 0);
}

void search_batch_text(SearchBatch *batch, SearchKind kind, Bytes name, Bytes utf8, gboolean last) {
    if (!batch->inside && name.n > 0)
        add_name(batch, kind <= SEARCH_FIELD ? SEARCH_NAME : SEARCH_PART_NAME, name);
    batch->kind = kind;
    if (batch->places < SEARCH_MESSAGE_PLACES)
        text_stream_feed(&batch->stream, utf8);
    else
        batch->doubt = batch->doubt || utf8.n > 0;
    batch->inside = !last;
    if (last)
        text_stream_end(&batch->stream);
}

void search_batch_end(SearchBatch *batch, gboolean whole) {
    if (batch->inside)
        text_stream_end(&batch->stream);
    search_writer_message(&batch->writer, batch->uid, batch->places, !whole || batch->doubt);
}

guint search_batch_count(const SearchBatch *batch) {
    return batch->writer.messages;
}

gboolean search_batch_is_full(const SearchBatch *batch) {
    return batch->bytes >= BATCH_BYTES || batch->writer.messages >= BATCH_MESSAGES ||
           batch->writer.places >= BATCH_PLACES;
}

static int compare(gconstpointer a, gconstpointer b) {
    const Entry *x = *(Entry *const *)a, *y = *(Entry *const *)b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = memcmp(x->plain.p, y->plain.p, MIN(x->plain.n, y->plain.n));
    if (order == 0 && x->plain.n != y->plain.n)
        order = x->plain.n < y->plain.n ? -1 : 1;
    if (order == 0)
        order = memcmp(x->form.p, y->form.p, MIN(x->form.n, y->form.n));
    return order != 0 ? order : x->form.n < y->form.n ? -1 : x->form.n > y->form.n;
}

static void write_terms(SearchBatch *batch) {
    guint n = 0;
    g_autofree gpointer *all = g_hash_table_get_keys_as_array(batch->entries, &n);
    qsort(all, n, sizeof *all, compare);
    for (guint i = 0; i < n; i++) {
        Entry *e = all[i];
        close_open(batch, e);
        search_writer_term(&batch->writer, e->kind, e->plain, e->form, e->messages,
                           buffer_bytes(&e->docs),
                           e->kind < SEARCH_ALL ? buffer_bytes(&e->places) : bytes_of(NULL, 0));
    }
    search_writer_end(&batch->writer);
}

static gboolean commit_work(DbConn *conn, gpointer data, GError **error) {
    const SearchBatch *batch = data;
    SearchBox box;
    if (!search_box_read(conn, batch->mailbox, &box, error))
        return FALSE;
    if (box.uidvalidity != 0 && (box.uidvalidity != batch->uidvalidity ||
                                 (batch->writer.messages > 0 && box.upto >= batch->writer.first)))
        return cv_fail(error, CV_ERROR_EXISTS, "the mailbox was indexed meanwhile");
    if (batch->writer.messages > 0 &&
        !search_writer_store(conn, &batch->writer, batch->mailbox, error))
        return FALSE;
    box.uidvalidity = batch->uidvalidity;
    box.upto = MAX(box.upto, batch->upto);
    box.messages += batch->writer.messages;
    return search_box_write(conn, batch->mailbox, &box, error);
}

gboolean search_batch_commit(SearchBatch *batch, guint32 upto, GError **error) {
    batch->upto = MAX(upto, batch->writer.last);
    write_terms(batch);
    Db *db = search_enter(batch->index, error);
    gboolean done = db != NULL && db_write(db, commit_work, batch, error);
    if (db != NULL)
        search_leave(batch->index);
    return done;
}
