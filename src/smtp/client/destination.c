/* Destinations: whose turn it is, how many connections are worth having, and what is known of one
 * that cannot be reached. All of it under the sender's lock. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/client/internal.h"

METRIC_COUNTER(failures_total, "congvu_sending_failures_total",
               "Times that a destination could not be reached");

enum {
    LOSSES_MOST = 3,     /* broken connections in a row that count as one failure */
    POSTPONE_ROWS = 200, /* of one request to the database */
    TARGET_BAD_SECONDS = 60,
};

/* ---- Making and finding ---- */

static void lane_free(gpointer lane) {
    g_free(lane);
}

static void target_clear(gpointer data) {
    Target *target = data;
    g_free(target->host);
    g_free(target->address);
}

void destination_free(Destination *d) {
    timer_clear_locked(&d->timer);
    g_queue_clear(&d->ring);
    g_queue_clear(&d->idle);
    g_hash_table_unref(d->lanes);
    g_array_unref(d->targets);
    g_free(d->failure);
    g_free(d->failure_status);
    g_free(d->name);
    g_free(d->key);
    g_free(d);
}

Destination *destination_for_locked(Sender *sender, const char *domain) {
    const Rule *rule = routes_find(sender->routes, domain);
    const char *name = rule->host != NULL ? rule->host : domain;
    g_autofree char *key = g_strdup_printf("%s%s:%u", rule->exact ? "=" : "", name, rule->port);
    Destination *d = g_hash_table_lookup(sender->destinations, key);
    if (d != NULL)
        return d;
    d = g_new0(Destination, 1);
    d->sender = sender;
    d->key = g_steal_pointer(&key);
    d->name = g_strdup(name);
    d->rule = rule;
    d->lanes = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, lane_free);
    d->targets = g_array_new(FALSE, TRUE, sizeof(Target));
    g_array_set_clear_func(d->targets, target_clear);
    d->limit = 1;
    d->timer = (Timer){.of_destination = TRUE, .owner = d};
    d->used = clock_now();
    g_hash_table_insert(sender->destinations, d->key, d);
    return d;
}

/* ---- Lanes ---- */

void destination_add_locked(Destination *d, Entry *entry) {
    Lane *lane = g_hash_table_lookup(d->lanes, &entry->account);
    if (lane == NULL) {
        lane = g_new0(Lane, 1);
        lane->account = entry->account;
        g_hash_table_insert(d->lanes, &lane->account, lane);
    }
    if (lane->entries.length == 0)
        g_queue_push_tail(&d->ring, lane);
    g_queue_push_tail_link(&lane->entries, &entry->lane);
    entry->place = ENTRY_READY;
    d->ready++;
}

static void lane_drop_if_empty(Destination *d, Lane *lane) {
    if (lane->entries.length > 0)
        return;
    g_queue_remove(&d->ring, lane);
    g_hash_table_remove(d->lanes, &lane->account);
}

void destination_take_back_locked(Entry *entry) {
    Destination *d = entry->destination;
    Lane *lane = g_hash_table_lookup(d->lanes, &entry->account);
    g_queue_unlink(&lane->entries, &entry->lane);
    d->ready--;
    entry->place = ENTRY_BUSY;
    lane_drop_if_empty(d, lane);
}

Entry *destination_take_locked(Destination *d) {
    if (d->sender->stop || d->ring.length == 0)
        return NULL;
    Lane *lane = g_queue_pop_head(&d->ring);
    Entry *entry = lane->entries.head->data;
    g_queue_push_tail(&d->ring, lane); /* the others first, before this account's next */
    destination_take_back_locked(entry);
    return entry;
}

/* ---- Connections ---- */

static gboolean room_locked(const Destination *d) {
    const Sender *sender = d->sender;
    guint most = sender->options.connections_all;
    /* Those that never took anything, many of them dead, leave room for those that do. */
    if (!d->proven)
        most -= most / 4;
    return sender->clients < most;
}

static void starve_locked(Destination *d) {
    if (d->starving)
        return;
    d->starving = TRUE;
    g_queue_push_tail(&d->sender->starving, d);
}

static void wake_idle_locked(Destination *d) {
    Client *client = g_queue_pop_head(&d->idle);
    client->in_idle = FALSE;
    client->counted = TRUE;
    d->opening++;
    net_wake(client->net);
}

void destination_pump_locked(Destination *d) {
    if (d->sender->stop || d->ready == 0 || d->blocked_until > clock_now())
        return;
    while (d->ready > d->opening && d->idle.length > 0)
        wake_idle_locked(d);
    if (d->ready <= d->opening)
        return;
    if (d->targets_until <= clock_now()) {
        if (!d->resolving)
            destination_resolve_locked(d);
        return;
    }
    while (d->ready > d->opening && d->clients < d->limit) {
        if (!room_locked(d)) {
            starve_locked(d);
            return;
        }
        guint before = d->clients;
        destination_connect_locked(d, 0, FALSE);
        if (d->clients == before)
            return; /* it failed at once */
    }
}

static Client *client_new(Destination *d, guint index, gboolean plain) {
    const Target *target = &g_array_index(d->targets, Target, index);
    Client *client = g_new0(Client, 1);
    client->sender = d->sender;
    client->destination = d;
    client->target = index;
    client->host = g_strdup(target->host);
    client->remote = g_strdup_printf("%s [%s]:%u", target->host, target->address, target->port);
    client->plain = plain;
    smtp_reply_init(&client->reply);
    return client;
}

static gboolean open_one_locked(Destination *d, guint index, gboolean plain, GError **error) {
    const Target *target = &g_array_index(d->targets, Target, index);
    Client *client = client_new(d, index, plain);
    NetConnect options = {
        .protocol = &smtp_client_protocol,
        .service = d->sender,
        .first = client,
        .address = target->address,
        .port = target->port,
        .time = d->sender->options.connect_time,
        .implicit_tls = d->rule->implicit_tls,
        .name = target->host,
        .verify = d->rule->tls == TLS_VERIFY,
    };
    if (!net_connect(d->sender->options.net, &options, error)) {
        smtp_reply_clear(&client->reply);
        g_free(client->host);
        g_free(client->remote);
        g_free(client);
        return FALSE;
    }
    client->counted = TRUE;
    d->opening++;
    d->clients++;
    d->sender->clients++;
    return TRUE;
}

static gboolean other_is_good(const Destination *d, guint from, gint64 now) {
    for (guint i = from; i < d->targets->len; i++)
        if (g_array_index(d->targets, Target, i).bad_until <= now)
            return TRUE;
    return FALSE;
}

void destination_connect_locked(Destination *d, guint index, gboolean plain) {
    gint64 now = clock_now();
    for (; index < d->targets->len && !d->sender->stop; index++, plain = FALSE) {
        Target *target = &g_array_index(d->targets, Target, index);
        if (!plain && target->bad_until > now && other_is_good(d, index + 1, now))
            continue;
        g_autoptr(GError) error = NULL;
        if (open_one_locked(d, index, plain, &error))
            return;
        target->bad_until = now + TARGET_BAD_SECONDS * CLOCK_SECOND;
        g_free(d->failure);
        d->failure = g_strdup_printf("%s: %s", target->host, error->message);
    }
    if (!d->sender->stop)
        destination_failed_locked(d, d->failure_status == NULL ? "4.4.1" : d->failure_status,
                                  d->failure == NULL ? "no server answers" : d->failure);
}

/* ---- Failing ---- */

gint64 sender_back_off(const Sender *sender, guint failures) {
    const SenderOptions *o = &sender->options;
    gint64 pause = o->retry_first;
    for (guint i = 1; i < failures && pause < o->retry_most; i++)
        pause *= 2;
    pause = MIN(pause, o->retry_most);
    /* A fifth to either side, so that what failed together does not come back together. */
    gint64 spread = pause / 5;
    return pause - spread + (gint64)(crypto_random_u64() % (guint64)(2 * spread + 1));
}

typedef struct {
    Sender *sender;
    GArray *ids; /* gint64 */
    gint64 next;
    char *why;
} Postpone;

static gboolean postpone_work(DbConn *conn, gpointer data, GError **error) {
    const Postpone *p = data;
    return queue_postpone(conn, (const gint64 *)(gpointer)p->ids->data, p->ids->len, p->next,
                          p->why, error);
}

static void postpone_done(gpointer data, const GError *error) {
    Postpone *p = data;
    if (error != NULL) /* only what `queue list` shows is older than it could be */
        log_event(LOG_LEVEL_WARNING, "sending.postpone", "error", error->message, NULL);
    g_mutex_lock(&p->sender->lock);
    p->sender->commits--;
    sender_wake_locked(p->sender);
    g_mutex_unlock(&p->sender->lock);
    g_array_unref(p->ids);
    g_free(p->why);
    g_free(p);
}

static void postpone_locked(Destination *d, GArray *ids /* taken */, const char *why) {
    if (ids->len == 0) {
        g_array_unref(ids);
        return;
    }
    Postpone *p = g_new0(Postpone, 1);
    *p = (Postpone){d->sender, ids, d->blocked_until, g_strdup(why)};
    d->sender->commits++;
    db_submit(d->sender->options.mail, postpone_work, postpone_done, p);
}

static void overdue_locked(Entry *entry, gboolean final, const char *status, const char *why) {
    Sender *sender = entry->destination->sender;
    Overdue *overdue = g_new0(Overdue, 1);
    *overdue = (Overdue){entry, final, g_strdup(status), g_strdup(why)};
    g_queue_push_tail(&sender->overdue, overdue);
    sender_wake_locked(sender);
}

/* Those whose sender must be told something, or all of them when it is final, are settled. */
static gboolean must_settle(const Entry *entry, gint64 now) {
    const SenderOptions *o = &entry->destination->sender->options;
    return now - entry->received > o->life ||
           (!entry->warned && now - entry->received > o->warn_after);
}

/* Takes the lanes apart; what stays ready is postponed. */
static void settle_lanes_locked(Destination *d, gboolean final, const char *status,
                                const char *why) {
    gint64 now = clock_now();
    g_autoptr(GPtrArray) told = g_ptr_array_new();
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (GList *l = d->ring.head; l != NULL; l = l->next) {
        for (GList *e = ((Lane *)l->data)->entries.head; e != NULL; e = e->next) {
            Entry *entry = e->data;
            if (final || must_settle(entry, now)) {
                g_ptr_array_add(told, entry);
                continue;
            }
            g_array_append_val(ids, entry->id);
            if (ids->len == POSTPONE_ROWS) {
                postpone_locked(d, ids, why);
                ids = g_array_new(FALSE, FALSE, sizeof(gint64));
            }
        }
    }
    postpone_locked(d, ids, why);
    for (guint i = 0; i < told->len; i++) {
        destination_take_back_locked(told->pdata[i]);
        overdue_locked(told->pdata[i], final, status, why);
    }
}

void destination_failed_locked(Destination *d, const char *status, const char *why) {
    metric_add(&failures_total, 1);
    d->limit = MAX(1, d->limit / 2);
    if (d->open > 0) /* others are at work there: fewer, but no pause */
        return;
    d->failures++;
    d->losses = 0;
    d->targets_until = 0; /* ask again whose servers they are */
    d->blocked_until = clock_now() + sender_back_off(d->sender, d->failures);
    timer_set_locked(d->sender, &d->timer, d->blocked_until);
    log_event(LOG_LEVEL_INFO, "sending.unreachable", "destination", d->key, "status", status, "why",
              why, "failures", log_number(d->failures), "entries", log_number(d->ready), NULL);
    settle_lanes_locked(d, FALSE, status, why);
}

void destination_refused_locked(Destination *d, const char *status, const char *why) {
    log_event(LOG_LEVEL_INFO, "sending.refused", "destination", d->key, "status", status, "why",
              why, NULL);
    settle_lanes_locked(d, TRUE, status, why);
}

void destination_unblock_locked(Destination *d) {
    d->blocked_until = 0;
    timer_clear_locked(&d->timer);
}

void destination_set_targets_locked(Destination *d, GArray *targets, gint64 until) {
    g_array_unref(d->targets);
    d->targets = targets;
    g_array_set_clear_func(d->targets, target_clear);
    d->targets_until = until;
}
