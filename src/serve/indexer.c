/* The lane; see indexer.h. What it has to do is never written down: a mailbox's next UID against
 * the UID up to which it is indexed says it. So a lane that was killed goes on where the last
 * commit was, and an index that was thrown away is built from the first message on. */
#include "serve/indexer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "imap/addresses.h"
#include "message/texts.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SLICE = 15 * 1000,       /* microseconds in one read transaction */
    BUSY_EVENTS = 16,        /* events in a mailbox after which it is looked at soon */
    REST = 30 * 1000 * 1000, /* microseconds, after a failure of the disk or while it is low */
    SOON = 200 * 1000,       /* microseconds */
    LATE = 5 * 1000 * 1000,  /* then whatever something happened in is looked at */
    NICENESS = 15,
    MANY_CHANGES = 200, /* a second, of the mail: then the index gives way … */
    GIVE_WAY = 12,      /* … and rests that many times as long as it worked */
    GONE_FLOOR = 64,    /* fewer messages are not worth a rebuild */
};

METRIC_COUNTER(indexed, "congvu_search_indexed_total", "Messages put into the search index");
METRIC_COUNTER(dropped, "congvu_search_dropped_total", "Mailboxes dropped from the search index");

struct Indexer {
    Store *store;
    SearchIndex *search;
    GThread *thread;
    GMutex lock;
    GCond wake;
    GHashTable *touched; /* mailbox (gint64 *) → count of events */
    gint64 first;        /* monotonic, of the oldest event in it */
    gboolean busy;       /* a mailbox has BUSY_EVENTS */
    gboolean all;        /* look at every mailbox */
    gboolean worked;     /* lane: something was indexed since memory was given back */
    gint64 rest;         /* monotonic: nothing is done before, because the disk failed */
    gint stopping;       /* lock; the lane also looks at it in the middle of a message */
    gboolean (*disk_low)(gpointer data);
    gpointer disk_data;
};

/* One mailbox under work. */
typedef struct {
    const Indexer *lane; /* NULL: a command's */
    Store *store;
    SearchIndex *search;
    gint64 mailbox;
    StoreMailboxState state;
    SearchBox box;
    DbConn *conn;
    SearchBatch *batch;
    guint32 done; /* UID */
    gint64 until;
    guint waiting;
    guint64 waiting_bytes;
    StoreUids *there;
    Buffer bytes;
    gboolean stopped, gone, ended; /* ended: the program is, and the batch is thrown away */
} Work;

/* ---- One message ---- */

G_STATIC_ASSERT((int)MESSAGE_TEXT_BODY == (int)SEARCH_BODY &&
                (int)MESSAGE_TEXT_KINDS == (int)SEARCH_TEXTS &&
                (int)MESSAGE_TEXT_FIELD == (int)SEARCH_FIELD);

typedef struct {
    Work *work;
    const StoreMessage *message;
} Reading;

/* MessageRead. */
static gboolean read_piece(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    const Reading *reading = data;
    Work *w = reading->work;
    buffer_clear(&w->bytes);
    if (!store_message_read(w->store, w->conn, reading->message,
                            reading->message->prefix.n + offset, n, &w->bytes, NULL))
        return FALSE;
    *out = buffer_bytes(&w->bytes);
    return TRUE;
}

static gboolean on_text(const MessageText *text, gpointer data) {
    const Reading *reading = data;
    search_batch_text(reading->work->batch, (SearchKind)text->kind, text->name, text->utf8,
                      text->last);
    Work *w = reading->work;
    w->ended = w->lane != NULL && g_atomic_int_get(&w->lane->stopping);
    return !w->ended;
}

static void on_address(const char *field, const char *address, gpointer data) {
    static const char *const fields[] = {"From", "To", "Cc", "Bcc"};
    Work *w = data;
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_str_equal(field, fields[i])) {
            g_autofree char *valid = g_utf8_make_valid(address, -1);
            search_batch_text(w->batch, (SearchKind)(SEARCH_FROM_ADDRESS + i), bytes_of(NULL, 0),
                              bytes_of_string(valid), TRUE);
        }
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    Work *w = data;
    Reading reading = {w, message};
    MessageSource source = {message->prefix, message->structure, read_piece, &reading};
    search_batch_message(w->batch, message->uid);
    imap_envelope_addresses(message->envelope, on_address, w);
    search_batch_end(w->batch, message_texts(&source, MESSAGE_TEXT_ALL, on_text, &reading));
    w->done = message->uid;
    w->stopped = !w->ended && (search_batch_is_full(w->batch) || clock_monotonic() >= w->until);
    return !w->stopped && !w->ended;
}

/* ---- One mailbox ---- */

static gboolean take_state(const StoreMailboxState *state, gpointer data) {
    Work *w = data;
    w->gone = state->id != w->mailbox;
    w->state = *state;
    return FALSE;
}

static gboolean count_waiting(const StoreMessage *message, gpointer data) {
    Work *w = data;
    w->waiting++;
    w->waiting_bytes += message->size;
    return w->waiting < INDEXER_TAIL && w->waiting_bytes < INDEXER_TAIL_BYTES;
}

static gboolean look(Work *w, GError **error) {
    w->gone = TRUE;
    if (!search_box(w->search, w->mailbox, &w->box, error))
        return FALSE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(w->store), error);
    return conn != NULL && store_mailbox_states(conn, w->mailbox - 1, take_state, w, error) &&
           (w->gone || store_message_each(w->store, conn, w->mailbox, w->box.upto + 1, G_MAXUINT32,
                                          STORE_WANT_FLAGS, count_waiting, w, error));
}

/* Another mailbox than the one that was indexed, or one that has lost half of its messages. */
static gboolean is_stale(const Work *w) {
    return w->box.uidvalidity != 0 && (w->gone || w->box.uidvalidity != w->state.uidvalidity ||
                                       w->box.upto >= MAX(w->state.uidnext, 1) ||
                                       w->box.messages > 2 * (gint64)w->state.exists + GONE_FLOOR);
}

static gboolean fill(Work *w, GError **error) {
    w->stopped = TRUE;
    w->done = w->box.upto;
    while (w->stopped && !search_batch_is_full(w->batch) && w->done < w->state.uidnext - 1) {
        w->until = clock_monotonic() + SLICE;
        w->stopped = FALSE;
        g_autoptr(DbConn) conn = db_read_begin(store_db(w->store), error);
        w->conn = conn;
        if (conn == NULL ||
            !store_message_each(w->store, conn, w->mailbox, w->done + 1, w->state.uidnext - 1,
                                STORE_WANT_META, on_message, w, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_there(guint32 uid, gpointer data) {
    const Work *w = data;
    return store_uids_sequence(w->there, uid) != 0;
}

static gboolean merge(Work *w, GError **error) {
    gboolean more = TRUE;
    {
        g_autoptr(DbConn) conn = db_read_begin(store_db(w->store), error);
        w->there = conn == NULL ? NULL : store_uids_load(w->store, conn, w->mailbox, error);
    }
    gboolean good = w->there != NULL;
    while (good && more)
        good = search_merge(w->search, w->mailbox, is_there, w, &more, error);
    g_clear_pointer(&w->there, store_uids_free);
    return good;
}

/* One batch of the mailbox. *more: another waits. least: how many messages are worth it. */
static gboolean index_once(Work *w, guint least, gboolean *more, GError **error) {
    *more = FALSE;
    w->waiting = 0;
    w->waiting_bytes = 0;
    if (!look(w, error))
        return FALSE;
    if (is_stale(w)) {
        metric_add(&dropped, 1);
        if (!search_drop(w->search, w->mailbox, error))
            return FALSE;
        w->box = (SearchBox){0};
        *more = !w->gone;
        return TRUE;
    }
    if (w->gone || (w->waiting < least && w->waiting_bytes < INDEXER_TAIL_BYTES) || w->waiting == 0)
        return TRUE;
    w->batch = search_batch_new(w->search, w->mailbox, w->state.uidvalidity);
    buffer_init(&w->bytes, G_MAXUINT32);
    gboolean good = fill(w, error);
    buffer_release(&w->bytes);
    guint count = search_batch_count(w->batch);
    *more = w->stopped;
    good = good && (w->ended || search_batch_commit(
                                    w->batch, w->stopped ? w->done : w->state.uidnext - 1, error));
    g_clear_pointer(&w->batch, search_batch_free);
    if (!good || w->ended)
        return good;
    metric_add(&indexed, count);
    return merge(w, error);
}

/* ---- All mailboxes ---- */

typedef struct {
    GHashTable *upto; /* mailbox → SearchBox * */
    GArray *behind;   /* gint64: to be looked at */
    guint least;
    gint64 last;
    guint seen;
} Survey;

static void survey_box(gint64 mailbox, const SearchBox *box, gpointer data) {
    Survey *survey = data;
    gint64 *key = g_new(gint64, 1);
    *key = mailbox;
    g_hash_table_insert(survey->upto, key, g_memdup2(box, sizeof *box));
}

static gboolean survey_state(const StoreMailboxState *state, gpointer data) {
    enum { ROWS = 2000 }; /* in one read transaction */
    Survey *survey = data;
    const SearchBox *box = g_hash_table_lookup(survey->upto, &state->id);
    guint32 upto = box == NULL ? 0 : box->upto;
    gboolean stale = box != NULL && (box->uidvalidity != state->uidvalidity ||
                                     box->upto >= MAX(state->uidnext, 1) ||
                                     box->messages > 2 * (gint64)state->exists + GONE_FLOOR);
    if (stale || (state->exists > 0 && state->uidnext - 1 > upto))
        g_array_append_val(survey->behind, state->id);
    if (box != NULL)
        g_hash_table_remove(survey->upto, &state->id);
    survey->last = state->id;
    return ++survey->seen < ROWS;
}

static gboolean survey(Store *store, SearchIndex *search, GArray *behind, GError **error) {
    g_autoptr(GHashTable) upto = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    Survey s = {.upto = upto, .behind = behind};
    if (!search_box_each(search, survey_box, &s, error))
        return FALSE;
    do {
        s.seen = 0;
        g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
        if (conn == NULL || !store_mailbox_states(conn, s.last, survey_state, &s, error))
            return FALSE;
    } while (s.seen > 0);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, upto);
    while (g_hash_table_iter_next(&iter, &key, NULL)) /* of mailboxes that are gone */
        g_array_append_val(behind, *(gint64 *)key);
    return TRUE;
}

gboolean indexer_run(Store *store, SearchIndex *search,
                     void (*progress)(gint64 done, gint64 all, gpointer data), gpointer data,
                     GError **error) {
    g_autoptr(GArray) behind = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!survey(store, search, behind, error))
        return FALSE;
    for (guint i = 0; i < behind->len; i++) {
        gboolean more = TRUE;
        while (more) {
            Work work = {
                .store = store, .search = search, .mailbox = g_array_index(behind, gint64, i)};
            g_autoptr(GError) failed = NULL;
            if (index_once(&work, 1, &more, &failed))
                continue;
            more = cv_error_is(failed, CV_ERROR_EXISTS); /* the lane was there meanwhile */
            if (!more) {
                g_propagate_error(error, g_steal_pointer(&failed));
                return FALSE;
            }
        }
        if (progress != NULL)
            progress(i + 1, behind->len, data);
    }
    return TRUE;
}

gboolean indexer_waiting(Store *store, SearchIndex *search, gint64 *mailboxes, GError **error) {
    g_autoptr(GArray) behind = g_array_new(FALSE, FALSE, sizeof(gint64));
    if (!survey(store, search, behind, error))
        return FALSE;
    *mailboxes = behind->len;
    return TRUE;
}

/* ---- The lane ---- */

static gboolean is_stopping(Indexer *indexer) {
    gboolean low = indexer->disk_low != NULL && indexer->disk_low(indexer->disk_data);
    g_mutex_lock(&indexer->lock);
    if (low)
        indexer->rest = g_get_monotonic_time() + REST;
    gboolean stopping = indexer->stopping || g_get_monotonic_time() < indexer->rest;
    g_mutex_unlock(&indexer->lock);
    return stopping;
}

/* A mailbox that cannot be indexed never stops the next: its part is dropped where it contradicts
 * itself, and it is looked at again when something happens in it. */
static gboolean index_mailbox(Indexer *indexer, gint64 mailbox) {
    Work work = {indexer, .store = indexer->store, .search = indexer->search, .mailbox = mailbox};
    g_autoptr(GError) error = NULL;
    gboolean more;
    gboolean good = index_once(&work, INDEXER_TAIL, &more, &error);
    indexer->worked = indexer->worked || work.done > 0;
    if (good)
        return more;
    log_event(LOG_LEVEL_WARNING, "search.index", "mailbox", log_number(mailbox), "error",
              error->message, NULL);
    if (cv_error_is(error, CV_ERROR_CORRUPT) || cv_error_is(error, CV_ERROR_NOT_FOUND))
        return search_drop(indexer->search, mailbox, NULL);
    if (cv_error_is(error, CV_ERROR_STORAGE) || cv_error_is(error, CV_ERROR_BUSY)) {
        if (cv_error_is(error, CV_ERROR_STORAGE))
            search_reset(indexer->search, NULL);
        g_mutex_lock(&indexer->lock);
        indexer->rest = g_get_monotonic_time() + REST;
        g_mutex_unlock(&indexer->lock);
    }
    return FALSE;
}

/* Mail first: while many changes are made, most of the time is theirs. What waits meanwhile is read
 * by the search itself. The end of the program does not wait for it. */
static void give_way(Indexer *indexer, gint64 began, guint64 requests) {
    gint64 took = MAX(g_get_monotonic_time() - began, 1);
    gint64 changes = (gint64)(db_stats(store_db(indexer->store)).requests - requests);
    if (changes * CLOCK_SECOND / took < MANY_CHANGES)
        return;
    gint64 until = began + took * (1 + GIVE_WAY);
    g_mutex_lock(&indexer->lock);
    while (!indexer->stopping && g_get_monotonic_time() < until)
        g_cond_wait_until(&indexer->wake, &indexer->lock, until);
    g_mutex_unlock(&indexer->lock);
}

/* In turns, one batch each, so that a mailbox of a million does not keep the others waiting. */
static void index_all(Indexer *indexer, GArray *mailboxes) {
    g_autoptr(GArray) next = g_array_new(FALSE, FALSE, sizeof(gint64));
    while (mailboxes->len > 0) {
        g_array_set_size(next, 0);
        for (guint i = 0; i < mailboxes->len; i++) {
            gint64 mailbox = g_array_index(mailboxes, gint64, i);
            if (is_stopping(indexer)) {
                indexer_look_again(indexer); /* what is left is found again */
                return;
            }
            gint64 began = g_get_monotonic_time();
            guint64 requests = db_stats(store_db(indexer->store)).requests;
            if (index_mailbox(indexer, mailbox))
                g_array_append_val(next, mailbox);
            give_way(indexer, began, requests);
        }
        g_array_set_size(mailboxes, 0);
        g_array_append_vals(mailboxes, next->data, next->len);
    }
}

/* When there is something to do; G_MAXINT64: not before something happens. */
static gint64 due(const Indexer *indexer) {
    gint64 when = g_hash_table_size(indexer->touched) > 0
                      ? indexer->first + (indexer->busy ? SOON : LATE)
                      : G_MAXINT64;
    return MAX(indexer->all ? 0 : when, indexer->rest);
}

/* Waits for work. FALSE: the end. */
static gboolean await(Indexer *indexer, GArray *mailboxes, gboolean *all) {
    g_mutex_lock(&indexer->lock);
    while (!indexer->stopping && due(indexer) > g_get_monotonic_time()) {
        if (due(indexer) == G_MAXINT64)
            g_cond_wait(&indexer->wake, &indexer->lock);
        else
            g_cond_wait_until(&indexer->wake, &indexer->lock, due(indexer));
    }
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, indexer->touched);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_array_append_val(mailboxes, *(gint64 *)key);
    g_hash_table_remove_all(indexer->touched);
    *all = indexer->all;
    indexer->busy = indexer->all = FALSE;
    gboolean goes_on = !indexer->stopping;
    g_mutex_unlock(&indexer->lock);
    return goes_on;
}

static gpointer lane(gpointer data) {
    Indexer *indexer = data;
    g_autoptr(GArray) mailboxes = g_array_new(FALSE, FALSE, sizeof(gint64));
    gboolean all;
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    while (await(indexer, mailboxes, &all)) {
        g_autoptr(GError) error = NULL;
        if (all && !survey(indexer->store, indexer->search, mailboxes, &error))
            log_event(LOG_LEVEL_WARNING, "search.index", "error", error->message, NULL);
        index_all(indexer, mailboxes);
        g_array_set_size(mailboxes, 0);
        if (indexer->worked) /* a batch is many small pieces, which would stay with the process */
            malloc_trim(0);
        indexer->worked = FALSE;
    }
    return NULL;
}

/* StoreNotify. */
static void on_event(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    Indexer *indexer = data;
    if ((events & (STORE_EVENT_MAILBOX | STORE_EVENT_DELETED)) == 0)
        return;
    g_mutex_lock(&indexer->lock);
    gint64 *key = NULL;
    gpointer count = NULL;
    if (g_hash_table_size(indexer->touched) == 0)
        indexer->first = g_get_monotonic_time();
    g_hash_table_lookup_extended(indexer->touched, &mailbox, (gpointer *)&key, &count);
    guint events_now = GPOINTER_TO_UINT(count) + 1;
    g_hash_table_replace(indexer->touched, g_memdup2(&mailbox, sizeof mailbox),
                         GUINT_TO_POINTER(events_now));
    gboolean woke = g_hash_table_size(indexer->touched) == 1 && events_now == 1;
    if (events_now >= BUSY_EVENTS && !indexer->busy)
        woke = indexer->busy = TRUE;
    if (woke)
        g_cond_signal(&indexer->wake);
    g_mutex_unlock(&indexer->lock);
}

static void on_lost(gpointer data) {
    indexer_look_again(data);
}

Indexer *indexer_start(Store *store, SearchIndex *search, gboolean (*disk_low)(gpointer data),
                       gpointer data) {
    Indexer *indexer = g_new0(Indexer, 1);
    indexer->store = store;
    indexer->search = search;
    indexer->all = TRUE;
    indexer->disk_low = disk_low;
    indexer->disk_data = data;
    g_mutex_init(&indexer->lock);
    g_cond_init(&indexer->wake);
    indexer->touched = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    store_listen(store, on_event, indexer);
    search_listen(search, on_lost, indexer);
    indexer->thread = g_thread_new("indexer", lane, indexer);
    return indexer;
}

void indexer_look_again(Indexer *indexer) {
    g_mutex_lock(&indexer->lock);
    indexer->all = TRUE;
    g_cond_signal(&indexer->wake);
    g_mutex_unlock(&indexer->lock);
}

void indexer_stop(Indexer *indexer) {
    if (indexer == NULL)
        return;
    store_listen(indexer->store, NULL, NULL);
    search_listen(indexer->search, NULL, NULL);
    g_mutex_lock(&indexer->lock);
    g_atomic_int_set(&indexer->stopping, TRUE);
    g_cond_signal(&indexer->wake);
    g_mutex_unlock(&indexer->lock);
    g_thread_join(indexer->thread);
    g_hash_table_unref(indexer->touched);
    g_cond_clear(&indexer->wake);
    g_mutex_clear(&indexer->lock);
    g_free(indexer);
}
