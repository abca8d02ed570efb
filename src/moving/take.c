/* Taking a batch in. Messages are cut into slices of which each is one request to the writer: while
 * one is being committed, the next is parsed. A slice is small, so that a delivery in between waits
 * milliseconds. */
#include "moving/take.h"

#include "message/message.h"
#include "store/taken.h"

enum {
    SLICE_MESSAGES = 64,
    SLICE_BYTES = 4 * 1024 * 1024,
    IN_FLIGHT = 2,
};

typedef struct {
    BatchMessage in;
    BlobWriter *writer; /* NULL: it was had already before it was parsed, or is refused */
    MessageParsed *parsed;
    gboolean refused;
    char code;
} Item;

typedef struct Take Take;

typedef struct {
    Take *take;
    gint64 mailbox;
    char *source, *content;
    guint32 uidvalidity;
    gboolean by_uid;
    GPtrArray *items; /* Item */
    gsize bytes;
    /* By the writer; `ended` under take->lock. */
    gboolean ended;
    GError *error;
    gint64 used, limit;
} Slice;

struct Take {
    Store *store;
    gint64 account;
    MovingTaken *taken;
    Slice *open;          /* being filled */
    GQueue flying;        /* Slice, oldest first */
    gboolean full;        /* a message did not fit: nothing more is tried */
    gboolean writer_full; /* the same, as the writer's thread knows it; only for that thread */
    GMutex lock;
    GCond ended;
    /* What the next messages belong to. */
    gint64 mailbox;
    char *source, *content;
    guint32 uidvalidity;
    gboolean by_uid;
};

static void item_free(Item *item) {
    blob_writer_free(item->writer);
    message_parsed_free(item->parsed);
    g_clear_pointer(&item->in.message.keywords, g_ptr_array_unref);
    g_free(item);
}

static void slice_free(Slice *slice) {
    if (slice == NULL)
        return;
    g_ptr_array_unref(slice->items);
    g_clear_error(&slice->error);
    g_free(slice->source);
    g_free(slice->content);
    g_free(slice);
}

/* ---- On the writer ---- */

typedef struct {
    Slice *slice;
    DbConn *conn;
    gint64 source, content; /* rows of what was taken */
    StoreAccount account;
} Work;

/* *had: nothing is to be done. */
static gboolean was_taken(const Work *work, const Item *item, gboolean *had, GError **error) {
    if (work->slice->by_uid)
        return store_taken_has_uid(work->conn, work->source, item->in.message.uid, had, error);
    gint64 copies;
    if (!store_taken_copies(work->conn, work->content, item->in.digest, &copies, error))
        return FALSE;
    *had = copies >= (gint64)item->in.seen;
    return TRUE;
}

/* A message known by content now has a UID by which the next run knows it. */
static gboolean mark(const Work *work, const Item *item, gboolean copy, GError **error) {
    guint32 uid = item->in.message.uid;
    return (work->slice->uidvalidity == 0 || uid == 0 ||
            store_taken_add_uid(work->conn, work->source, uid, error)) &&
           (!copy || store_taken_add_copy(work->conn, work->content, item->in.digest, error));
}

/* Without the keywords where there is no room for more of them. */
static gboolean keyword_bits(const Work *work, Item *item, StoreFlags *bits, GError **error) {
    GPtrArray *names = item->in.message.keywords;
    *bits = 0;
    if (names->len == 0)
        return TRUE;
    g_autoptr(GError) failed = NULL;
    g_ptr_array_add(names, NULL);
    gboolean good =
        store_keyword_bits(work->slice->take->store, work->conn, work->slice->take->account,
                           (const char *const *)names->pdata, bits, &failed);
    g_ptr_array_set_size(names, (gint)names->len - 1);
    if (good)
        return TRUE;
    if (cv_error_is(failed, CV_ERROR_LIMIT)) {
        item->code = MOVING_TAKEN_PARTLY;
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

static gboolean insert(Work *work, Item *item, GError **error) {
    Slice *slice = work->slice;
    Bytes all;
    StoreFlags keywords;
    if (!keyword_bits(work, item, &keywords, error) || !blob_writer_view(item->writer, &all, error))
        return FALSE;
    StoreNewMessage message = {
        .mailbox = slice->mailbox,
        .blob_size = all.n,
        .parsed = item->parsed,
        .flags = item->in.message.flags | keywords,
        .received = item->in.message.received,
        .quota_strict = TRUE,
    };
    guint32 uid;
    if (!blob_insert(work->conn, item->writer, bytes_slice(all, 0, item->parsed->header_bytes), 1,
                     &message.blob, error) ||
        !store_message_insert(slice->take->store, work->conn, &message, &uid, error))
        return FALSE;
    work->account.quota_used += (gint64)all.n;
    return mark(work, item, TRUE, error);
}

static gboolean take_item(Work *work, Item *item, gboolean *full, GError **error) {
    if (item->refused) {
        item->code = MOVING_REFUSED;
        return TRUE;
    }
    gboolean had = item->writer == NULL;
    if (!had && !was_taken(work, item, &had, error))
        return FALSE;
    if (had) {
        item->code = MOVING_HAD;
        return mark(work, item, FALSE, error);
    }
    gint64 room = work->account.quota_limit == 0
                      ? G_MAXINT64
                      : work->account.quota_limit - work->account.quota_used;
    *full = *full || (gint64)item->in.message.content.n > room;
    item->code = *full ? MOVING_FULL : MOVING_TAKEN;
    return *full || insert(work, item, error);
}

static gboolean slice_work(DbConn *conn, gpointer data, GError **error) {
    Slice *slice = data;
    Work work = {.slice = slice, .conn = conn};
    gboolean full = slice->take->writer_full;
    if (!store_account_get(slice->take->store, conn, slice->take->account, &work.account, error) ||
        !store_taken_source(conn, slice->take->account, slice->content, 0, &work.content, error) ||
        !store_taken_source(conn, slice->take->account, slice->source, slice->uidvalidity,
                            &work.source, error))
        return FALSE;
    for (guint i = 0; i < slice->items->len; i++)
        if (!take_item(&work, slice->items->pdata[i], &full, error))
            return FALSE;
    slice->take->writer_full = full;
    slice->used = work.account.quota_used;
    slice->limit = work.account.quota_limit;
    return TRUE;
}

static void slice_done(gpointer data, const GError *error) {
    Slice *slice = data;
    Take *take = slice->take;
    g_mutex_lock(&take->lock);
    slice->error = error == NULL ? NULL : g_error_copy(error);
    slice->ended = TRUE;
    g_cond_signal(&take->ended);
    g_mutex_unlock(&take->lock);
}

/* ---- Slices on their way ---- */

/* Waits for the oldest. */
static gboolean land_one(Take *take, GError **error) {
    Slice *slice = g_queue_pop_head(&take->flying);
    g_mutex_lock(&take->lock);
    while (!slice->ended)
        g_cond_wait(&take->ended, &take->lock);
    g_mutex_unlock(&take->lock);
    gboolean good = slice->error == NULL;
    for (guint i = 0; good && i < slice->items->len; i++) {
        char code = ((const Item *)slice->items->pdata[i])->code;
        g_string_append_c(take->taken->codes, code);
        if (code == MOVING_FULL && !take->full) {
            take->full = TRUE;
            take->taken->quota_used = slice->used;
            take->taken->quota_limit = slice->limit;
        }
    }
    if (!good)
        g_propagate_error(error, g_steal_pointer(&slice->error));
    slice_free(slice);
    return good;
}

static gboolean land_all(Take *take, GError **error) {
    while (!g_queue_is_empty(&take->flying))
        if (!land_one(take, error))
            return FALSE;
    return TRUE;
}

static gboolean launch(Take *take, GError **error) {
    if (take->open == NULL)
        return TRUE;
    while (g_queue_get_length(&take->flying) >= IN_FLIGHT)
        if (!land_one(take, error))
            return FALSE;
    Slice *slice = g_steal_pointer(&take->open);
    g_queue_push_tail(&take->flying, slice);
    db_submit(store_db(take->store), slice_work, slice_done, slice);
    return TRUE;
}

/* ---- Reading the batch ---- */

/* The mailbox with the use, else the one with the name. *id 0: there is none. *name (g_free): what
 * it is called here. */
static gboolean find_mailbox(Take *take, const BatchMailbox *wanted, gint64 *id, char **name,
                             GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(take->store), error);
    g_autoptr(GPtrArray) list =
        conn == NULL ? NULL : store_mailbox_list(take->store, conn, take->account, error);
    if (list == NULL)
        return FALSE;
    g_autoptr(StoreMailbox) named =
        store_mailbox_find(take->store, conn, take->account, wanted->name, NULL);
    const StoreMailbox *found = named;
    for (guint i = 0; wanted->use != STORE_USE_NONE && i < list->len; i++) {
        const StoreMailbox *mailbox = list->pdata[i];
        if (mailbox->use == wanted->use) {
            found = mailbox;
            break;
        }
    }
    *id = found == NULL ? 0 : found->id;
    *name = g_strdup(found == NULL ? wanted->name : found->name);
    return TRUE;
}

static gboolean use_mailbox(Take *take, const BatchMailbox *wanted, GError **error) {
    g_autofree char *name = NULL;
    gint64 id;
    if (!find_mailbox(take, wanted, &id, &name, error) ||
        (id == 0 &&
         !store_mailbox_create(take->store, take->account, name, wanted->use, &id, error)))
        return FALSE;
    take->mailbox = id;
    return !wanted->subscribed || store_subscribe(take->store, take->account, name, TRUE, error);
}

static Slice *new_slice(Take *take) {
    Slice *slice = g_new0(Slice, 1);
    *slice = (Slice){.take = take,
                     .mailbox = take->mailbox,
                     .source = g_strdup(take->source),
                     .content = g_strdup(take->content),
                     .uidvalidity = take->uidvalidity,
                     .by_uid = take->by_uid,
                     .items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free)};
    return slice;
}

/* A look before the work of parsing; the transaction decides. */
static gboolean seems_taken(Take *take, const BatchMessage *message, gboolean *had,
                            GError **error) {
    *had = FALSE;
    if (take->by_uid)
        return TRUE; /* the sender left out what it could */
    gint64 source, copies = 0;
    g_autoptr(DbConn) conn = db_read_begin(store_db(take->store), error);
    if (conn == NULL ||
        !store_taken_find(conn, take->account, take->content, &source, NULL, error) ||
        (source != 0 && !store_taken_copies(conn, source, message->digest, &copies, error)))
        return FALSE;
    *had = copies >= (gint64)message->seen;
    return TRUE;
}

static gboolean prepare(Take *take, Item *item, GError **error) {
    gboolean had;
    Bytes all;
    if (!seems_taken(take, &item->in, &had, error))
        return FALSE;
    if (had)
        return TRUE;
    item->writer = blob_writer_new(store_blobs(take->store));
    if (!blob_writer_append(item->writer, item->in.message.content, error) ||
        !blob_writer_view(item->writer, &all, error))
        return FALSE;
    item->parsed = message_parse(all);
    const StoreJudged judged = {all, item->parsed, take->account, "import"};
    g_autoptr(GError) refusal = NULL;
    if (store_judge(take->store, &judged, &refusal))
        return blob_writer_finish(item->writer, error);
    blob_writer_wipe(item->writer);
    if (!cv_error_is(refusal, CV_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return FALSE;
    }
    g_clear_pointer(&item->writer, blob_writer_free);
    item->refused = TRUE;
    return TRUE;
}

static gboolean add_message(Take *take, Bytes payload, GError **error) {
    Item *item = g_new0(Item, 1);
    if (take->open == NULL)
        take->open = new_slice(take);
    g_ptr_array_add(take->open->items, item);
    if (take->mailbox == 0 || take->source == NULL || take->content == NULL ||
        !batch_read_message(payload, &item->in))
        return cv_fail(error, CV_ERROR_INPUT, "the batch holds a broken message");
    if (!prepare(take, item, error))
        return FALSE;
    take->open->bytes += item->in.message.content.n;
    return (take->open->items->len < SLICE_MESSAGES && take->open->bytes < SLICE_BYTES) ||
           launch(take, error);
}

static gboolean set_mailbox(Take *take, Bytes payload, GError **error) {
    g_autofree char *name = NULL;
    BatchMailbox mailbox;
    if (!batch_read_mailbox(payload, &mailbox, &name))
        return cv_fail(error, CV_ERROR_INPUT, "the batch names no mailbox");
    return launch(take, error) && use_mailbox(take, &mailbox, error);
}

static gboolean set_source(Take *take, Bytes payload, GError **error) {
    g_autofree char *name = NULL;
    BatchSource source;
    if (!batch_read_source(payload, &source, &name))
        return cv_fail(error, CV_ERROR_INPUT, "the batch names no source");
    if (!launch(take, error))
        return FALSE;
    g_free(take->source);
    take->source = g_steal_pointer(&name);
    take->uidvalidity = source.uidvalidity;
    take->by_uid = source.by_uid;
    return TRUE;
}

static gboolean set_content(Take *take, Bytes payload, GError **error) {
    if (payload.n == 0 || bytes_has_nul(payload))
        return cv_fail(error, CV_ERROR_INPUT, "the batch names no content source");
    if (!launch(take, error))
        return FALSE;
    g_free(take->content);
    take->content = bytes_dup_string(payload);
    return TRUE;
}

static gboolean take_record(Take *take, const BatchRecord *record, GError **error) {
    switch (record->kind) {
    case 'B':
        return set_mailbox(take, record->payload, error);
    case 'S':
        return set_source(take, record->payload, error);
    case 'C':
        return set_content(take, record->payload, error);
    case 'M':
        return add_message(take, record->payload, error);
    default:
        return cv_fail(error, CV_ERROR_INPUT, "the batch holds what only goes out");
    }
}

static gboolean take_all(Take *take, Bytes batch, GError **error) {
    Reader r;
    if (!batch_open(batch, &r))
        return cv_fail(error, CV_ERROR_INPUT,
                       "lô thư không đúng phiên bản; the batch is of another version of congvu: "
                       "start the server with the program that runs this command");
    BatchRecord record;
    while (batch_next(&r, &record))
        if (!take_record(take, &record, error))
            return FALSE;
    if (!reader_done(&r))
        return cv_fail(error, CV_ERROR_INPUT, "the batch is broken");
    return launch(take, error) && land_all(take, error);
}

gboolean moving_take(Store *store, gint64 account, Bytes batch, MovingTaken *taken,
                     GError **error) {
    Take take = {.store = store, .account = account, .taken = taken};
    g_queue_init(&take.flying);
    g_mutex_init(&take.lock);
    g_cond_init(&take.ended);
    gboolean good = take_all(&take, batch, error);
    while (!g_queue_is_empty(&take.flying)) /* after a failure: the writer still has them */
        land_one(&take, NULL);
    slice_free(take.open);
    g_free(take.source);
    g_free(take.content);
    g_mutex_clear(&take.lock);
    g_cond_clear(&take.ended);
    return good;
}
