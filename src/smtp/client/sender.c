/* The sender's own thread: it reads what came into the queue, waits for what is due later, and
 * settles what no session will take. Everything else happens where an event is: a session that is
 * ready takes its next entry itself. See sender.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/client/internal.h"

enum { LOAD_ROWS = 500, SWEEP_SECONDS = 60, DESTINATION_KEPT_SECONDS = 600 };

METRIC_GAUGE(known_entries, "congvu_sending_entries", "Entries that the sender knows of");
METRIC_GAUGE(known_destinations, "congvu_sending_destinations", "Destinations it knows of");

void sender_options_init(SenderOptions *options) {
    *options = (SenderOptions){
        .hostname = "localhost",
        .domain = "localhost",
        .port = 25,
        .connections = 20,
        .connections_all = 2000,
        .messages = 100,
        .retry_first = 120 * CLOCK_SECOND,
        .retry_most = 7200 * CLOCK_SECOND,
        .life = 5 * 86400 * CLOCK_SECOND,
        .warn_after = 4 * 3600 * CLOCK_SECOND,
        .connect_time = 30 * CLOCK_SECOND,
        .reply_time = 300 * CLOCK_SECOND,
        .data_time = 600 * CLOCK_SECOND,
        .idle_time = 5 * CLOCK_SECOND,
    };
}

/* ---- Timers ---- */

static gint by_due(gconstpointer a, gconstpointer b, gpointer unused) {
    const Timer *one = a, *other = b;
    return one->due < other->due ? -1 : one->due > other->due;
}

void timer_clear_locked(Timer *timer) {
    if (timer->at != NULL)
        g_sequence_remove(timer->at);
    timer->at = NULL;
}

void timer_set_locked(Sender *sender, Timer *timer, gint64 due) {
    timer_clear_locked(timer);
    timer->due = due;
    timer->at = g_sequence_insert_sorted(sender->timers, timer, by_due, NULL);
    if (g_sequence_iter_is_begin(timer->at))
        g_cond_signal(&sender->changed);
}

void sender_wake_locked(Sender *sender) {
    g_cond_signal(&sender->changed);
}

/* ---- Entries ---- */

static void entry_free(gpointer data) {
    Entry *entry = data;
    timer_clear_locked(&entry->timer);
    g_free(entry);
}

void sender_forget_locked(Entry *entry) {
    Destination *d = entry->destination;
    if (entry->place == ENTRY_READY)
        destination_take_back_locked(entry);
    d->entries--;
    d->used = clock_now();
    g_hash_table_remove(d->sender->entries, &entry->id);
}

void sender_later_locked(Entry *entry, gint64 due) {
    if (entry->place == ENTRY_READY)
        destination_take_back_locked(entry);
    entry->place = ENTRY_LATER;
    timer_set_locked(entry->destination->sender, &entry->timer, due);
}

static void make_ready_locked(Entry *entry) {
    timer_clear_locked(&entry->timer);
    destination_add_locked(entry->destination, entry);
}

static void add_entry_locked(Sender *sender, const QueueEntry *e, gint64 now) {
    Entry *known = g_hash_table_lookup(sender->entries, &e->id);
    sender->last_id = MAX(sender->last_id, e->id);
    if (known != NULL && known->place == ENTRY_BUSY)
        return;
    if (known == NULL) {
        known = g_new0(Entry, 1);
        *known = (Entry){.id = e->id,
                         .account = e->account,
                         .received = e->received,
                         .warned = e->warned,
                         .place = ENTRY_LATER};
        known->timer.owner = known;
        known->lane.data = known;
        known->destination = destination_for_locked(sender, e->domain);
        known->destination->entries++;
        g_hash_table_insert(sender->entries, &known->id, known);
    }
    if (e->next > now)
        sender_later_locked(known, e->next);
    else if (known->place != ENTRY_READY)
        make_ready_locked(known);
}

/* ---- Reading the queue ---- */

typedef struct {
    GArray *rows; /* QueueEntry; of the texts only domain is kept */
    GPtrArray *domains;
} Loaded;

static gboolean note_row(const QueueEntry *e, gpointer data) {
    Loaded *loaded = data;
    QueueEntry kept = {.id = e->id,
                       .account = e->account,
                       .received = e->received,
                       .next = e->next,
                       .state = e->state,
                       .warned = e->warned,
                       .domain = g_strdup(e->domain)};
    g_ptr_array_add(loaded->domains, (gpointer)kept.domain);
    g_array_append_val(loaded->rows, kept);
    return TRUE;
}

static Loaded loaded_new(void) {
    return (Loaded){g_array_new(FALSE, FALSE, sizeof(QueueEntry)),
                    g_ptr_array_new_with_free_func(g_free)};
}

static void loaded_clear(Loaded *loaded) {
    g_array_unref(loaded->rows);
    g_ptr_array_unref(loaded->domains);
}

static void pump_all_locked(Sender *sender, const Loaded *loaded) {
    for (guint i = 0; i < loaded->rows->len; i++) {
        const Entry *entry =
            g_hash_table_lookup(sender->entries, &g_array_index(loaded->rows, QueueEntry, i).id);
        if (entry != NULL && entry->place == ENTRY_READY)
            destination_pump_locked(entry->destination);
    }
}

/* The next slice of what waits behind `after`. FALSE: there is no more, or it cannot be read. */
static gboolean load_slice(Sender *sender, gint64 *after) {
    g_autoptr(GError) error = NULL;
    Loaded loaded = loaded_new();
    DbConn *conn = db_read_begin(sender->options.mail, &error);
    gboolean read =
        conn != NULL && queue_each_waiting(conn, *after, LOAD_ROWS, note_row, &loaded, &error);
    g_clear_pointer(&conn, db_read_end);
    if (!read)
        log_event(LOG_LEVEL_ERROR, "sending.load", "error", error->message, NULL);
    gint64 now = clock_now();
    g_mutex_lock(&sender->lock);
    for (guint i = 0; i < loaded.rows->len; i++) {
        const QueueEntry *e = &g_array_index(loaded.rows, QueueEntry, i);
        *after = e->id;
        add_entry_locked(sender, e, now);
    }
    if (!sender->stop)
        pump_all_locked(sender, &loaded);
    gboolean more = read && loaded.rows->len == LOAD_ROWS && !sender->stop;
    g_mutex_unlock(&sender->lock);
    loaded_clear(&loaded);
    return more;
}

static void load(Sender *sender, gint64 after) {
    while (load_slice(sender, &after)) {
    }
}

/* Entries that were changed by hand: due now, released, held or dropped. */
static void reload(Sender *sender, const GArray *ids) {
    for (guint i = 0; i < ids->len; i++) {
        gint64 id = g_array_index(ids, gint64, i);
        Loaded loaded = loaded_new();
        g_autoptr(DbConn) conn = db_read_begin(sender->options.mail, NULL);
        if (conn != NULL)
            queue_get(conn, id, note_row, &loaded, NULL);
        g_mutex_lock(&sender->lock);
        Entry *known = g_hash_table_lookup(sender->entries, &id);
        const QueueEntry *e =
            loaded.rows->len == 0 ? NULL : &g_array_index(loaded.rows, QueueEntry, 0);
        if (e != NULL && e->state == QUEUE_WAITING) {
            add_entry_locked(sender, e, clock_now());
            known = g_hash_table_lookup(sender->entries, &id);
            if (known->place == ENTRY_READY && e->next == 0)
                destination_unblock_locked(known->destination);
            destination_pump_locked(known->destination);
        } else if (known != NULL && known->place != ENTRY_BUSY) {
            sender_forget_locked(known);
        }
        g_mutex_unlock(&sender->lock);
        loaded_clear(&loaded);
    }
}

/* The queue's listener: on the database's writer thread. */
static void queue_changed(gint64 id, gpointer data) {
    Sender *sender = data;
    g_mutex_lock(&sender->lock);
    if (id == 0)
        sender->rescan = TRUE;
    else if (id > sender->last_id)
        sender->news = TRUE;
    else
        g_array_append_val(sender->touched, id);
    sender_wake_locked(sender);
    g_mutex_unlock(&sender->lock);
}

/* ---- The thread ---- */

static void overdue_free(Overdue *overdue) {
    g_free(overdue->status);
    g_free(overdue->answer);
    g_free(overdue);
}

static void settle_overdue(Sender *sender, Overdue *overdue) {
    Job *job = job_load(overdue->entry);
    if (job != NULL) {
        job_set(job, RCPT_OPEN, overdue->final ? RCPT_FAILED : RCPT_DEFERRED, overdue->status,
                overdue->answer, "");
        job_settle(job);
    }
    overdue_free(overdue);
}

static void destinations_sweep_locked(Sender *sender) {
    gint64 before = clock_now() - DESTINATION_KEPT_SECONDS * CLOCK_SECOND;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, sender->destinations);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Destination *d = value;
        if (d->entries == 0 && d->clients == 0 && !d->resolving && !d->starving && d->used < before)
            g_hash_table_iter_remove(&iter);
    }
    metric_set(&known_entries, g_hash_table_size(sender->entries));
    metric_set(&known_destinations, g_hash_table_size(sender->destinations));
}

static void timers_run_locked(Sender *sender) {
    gint64 now = clock_now();
    for (;;) {
        GSequenceIter *first = g_sequence_get_begin_iter(sender->timers);
        if (g_sequence_iter_is_end(first))
            return;
        Timer *timer = g_sequence_get(first);
        if (timer->due > now)
            return;
        timer_clear_locked(timer);
        if (!timer->of_destination)
            make_ready_locked(timer->owner);
        destination_pump_locked(timer->of_destination ? timer->owner
                                                      : ((Entry *)timer->owner)->destination);
    }
}

/* Monotonic time until which the thread may sleep. */
static gint64 sleep_until_locked(Sender *sender) {
    gint64 wait = SWEEP_SECONDS * CLOCK_SECOND;
    GSequenceIter *first = g_sequence_get_begin_iter(sender->timers);
    if (!g_sequence_iter_is_end(first))
        wait = MIN(wait, ((Timer *)g_sequence_get(first))->due - clock_now());
    if (sender->again.length > 0)
        wait = MIN(wait, CLOCK_SECOND);
    return clock_monotonic() + MAX(wait, 0);
}

/* One thing to do without the lock; FALSE: there was none. */
static gboolean work_locked(Sender *sender) {
    Overdue *overdue = g_queue_pop_head(&sender->overdue);
    if (overdue != NULL) {
        g_mutex_unlock(&sender->lock);
        settle_overdue(sender, overdue);
    } else if (sender->news || sender->rescan) {
        gint64 after = sender->rescan ? 0 : sender->last_id;
        sender->news = sender->rescan = FALSE;
        g_mutex_unlock(&sender->lock);
        load(sender, after);
    } else if (sender->touched->len > 0) {
        g_autoptr(GArray) ids = sender->touched;
        sender->touched = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_mutex_unlock(&sender->lock);
        reload(sender, ids);
    } else {
        return FALSE;
    }
    g_mutex_lock(&sender->lock);
    return TRUE;
}

static gpointer sender_main(gpointer data) {
    Sender *sender = data;
    gint64 swept = 0, tried = 0;
    g_mutex_lock(&sender->lock);
    while (!sender->stop) {
        if (work_locked(sender))
            continue;
        timers_run_locked(sender);
        if (sender->overdue.length > 0)
            continue;
        gint64 now = clock_monotonic();
        if (now - swept > SWEEP_SECONDS * CLOCK_SECOND) {
            destinations_sweep_locked(sender);
            swept = now;
        }
        if (sender->again.length > 0 && now - tried > CLOCK_SECOND) {
            tried = now;
            g_mutex_unlock(&sender->lock);
            settle_again(sender);
            g_mutex_lock(&sender->lock);
        }
        g_cond_wait_until(&sender->changed, &sender->lock, sleep_until_locked(sender));
    }
    g_mutex_unlock(&sender->lock);
    return NULL;
}

/* ---- Life ---- */

Sender *sender_new(const SenderOptions *options, GError **error) {
    Routes *routes = routes_parse(options->routes, options->port, error);
    if (routes == NULL)
        return NULL;
    Sender *sender = g_new0(Sender, 1);
    sender->options = *options;
    sender->hostname = g_strdup(options->hostname);
    sender->domain = g_strdup(options->domain);
    sender->options.hostname = sender->hostname;
    sender->options.domain = sender->domain;
    sender->options.routes = NULL;
    sender->routes = routes;
    g_mutex_init(&sender->lock);
    g_cond_init(&sender->changed);
    sender->touched = g_array_new(FALSE, FALSE, sizeof(gint64));
    sender->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, entry_free);
    sender->destinations =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)destination_free);
    sender->timers = g_sequence_new(NULL);
    return sender;
}

void sender_start(Sender *sender) {
    sender->news = TRUE;
    queue_set_listener(queue_changed, sender);
    sender->thread = g_thread_new("sender", sender_main, sender);
}

void sender_stop(Sender *sender) {
    if (sender->thread == NULL)
        return;
    g_mutex_lock(&sender->lock);
    sender->stop = TRUE;
    sender_wake_locked(sender);
    g_mutex_unlock(&sender->lock);
    g_thread_join(sender->thread);
    sender->thread = NULL;
}

void sender_free(Sender *sender) {
    if (sender == NULL)
        return;
    sender_stop(sender);
    queue_set_listener(NULL, NULL);
    g_mutex_lock(&sender->lock);
    while (sender->commits > 0)
        g_cond_wait(&sender->changed, &sender->lock);
    g_mutex_unlock(&sender->lock);
    db_settle(sender->options.mail); /* the last of them may still have its last lines before it */
    for (Overdue *o; (o = g_queue_pop_head(&sender->overdue)) != NULL;)
        overdue_free(o);
    settle_discard(sender);
    g_hash_table_unref(sender->entries);
    g_hash_table_unref(sender->destinations);
    g_sequence_free(sender->timers);
    g_array_unref(sender->touched);
    routes_free(sender->routes);
    g_mutex_clear(&sender->lock);
    g_cond_clear(&sender->changed);
    g_free(sender->hostname);
    g_free(sender->domain);
    g_free(sender);
}
