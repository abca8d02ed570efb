/* The password lane: a few threads that do nothing but verify. What waits is ordered so that nobody
 * can push others aside: peers take turns, within a peer the names take turns. Attempts that must
 * wait first lie in a sequence by due time; no thread is held by them. */
#include "auth/internal.h"

#include "base/clock.h"
#include "base/hash_memory.h"

enum {
    WAITING_MAXIMUM = 20000,     /* attempts waiting in all */
    WAITING_PEER_MAXIMUM = 2000, /* of one address */
    SLOWED_PAIR_MAXIMUM = 20,    /* waiting out a delay, of one account from one address */
    SLOWED_PEER_MAXIMUM = 200,   /* … of all accounts from one address */
    KEEPS_MEMORY = 1000000,      /* microseconds without work before a thread gives it back */
};

static gint by_due(gconstpointer a, gconstpointer b, gpointer data) {
    gint64 x = ((const AuthAttempt *)a)->due, y = ((const AuthAttempt *)b)->due;
    return x < y ? -1 : x > y;
}

static guint count_of(GHashTable *table, guint64 key) {
    return GPOINTER_TO_UINT(g_hash_table_lookup(table, &key));
}

gboolean lane_has_room(Auth *auth, const GuessKey *key) {
    return auth->waiting < WAITING_MAXIMUM &&
           count_of(auth->by_peer, key->peer) < WAITING_PEER_MAXIMUM;
}

static void add_to(GHashTable *table, guint64 key, int change) {
    guint count = (guint)((int)count_of(table, key) + change);
    if (count == 0)
        g_hash_table_remove(table, &key);
    else
        g_hash_table_replace(table, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(count));
}

static void count_waiting(Auth *auth, const GuessKey *key, int change) {
    auth->waiting = (guint)((int)auth->waiting + change);
    add_to(auth->by_peer, key->peer, change);
}

gboolean lane_may_slow(Auth *auth, const GuessKey *key) {
    return count_of(auth->slowed, key->pair) < SLOWED_PAIR_MAXIMUM &&
           count_of(auth->slowed, key->peer) < SLOWED_PEER_MAXIMUM;
}

static void count_slowed(Auth *auth, AuthAttempt *attempt, gboolean slowed) {
    attempt->slowed = slowed;
    add_to(auth->slowed, attempt->key.pair, slowed ? 1 : -1);
    add_to(auth->slowed, attempt->key.peer, slowed ? 1 : -1);
}

void lane_no_longer_slowed(Auth *auth, AuthAttempt *attempt) {
    if (attempt->slowed)
        count_slowed(auth, attempt, FALSE);
}

static LaneGroup *group_new(guint64 key) {
    LaneGroup *group = g_new0(LaneGroup, 1);
    group->key = key;
    g_queue_init(&group->waiting);
    return group;
}

static gint has_key(gconstpointer group, gconstpointer key) {
    return ((const LaneGroup *)group)->key != *(const guint64 *)key;
}

static void make_ready(Auth *auth, AuthAttempt *attempt) {
    LaneGroup *peer = g_hash_table_lookup(auth->peers, &attempt->key.peer);
    if (peer == NULL) {
        peer = group_new(attempt->key.peer);
        g_hash_table_insert(auth->peers, &peer->key, peer);
        g_queue_push_tail(&auth->turn, peer);
    }
    GList *found = g_queue_find_custom(&peer->waiting, &attempt->key.pair, has_key);
    LaneGroup *name = found == NULL ? group_new(attempt->key.pair) : found->data;
    if (found == NULL)
        g_queue_push_tail(&peer->waiting, name);
    g_queue_push_tail(&name->waiting, attempt);
}

void lane_enqueue(Auth *auth, AuthAttempt *attempt) {
    count_waiting(auth, &attempt->key, 1);
    if (attempt->due != 0) {
        count_slowed(auth, attempt, TRUE);
        g_sequence_insert_sorted(auth->delayed, attempt, by_due, NULL);
    } else {
        make_ready(auth, attempt);
    }
    g_cond_signal(&auth->work);
}

/* The first name's first attempt of the first peer; each then goes behind its equals. */
static AuthAttempt *take(Auth *auth) {
    LaneGroup *peer = g_queue_pop_head(&auth->turn);
    if (peer == NULL)
        return NULL;
    LaneGroup *name = g_queue_pop_head(&peer->waiting);
    AuthAttempt *attempt = g_queue_pop_head(&name->waiting);
    if (g_queue_is_empty(&name->waiting))
        g_free(name);
    else
        g_queue_push_tail(&peer->waiting, name);
    if (g_queue_is_empty(&peer->waiting)) {
        g_hash_table_remove(auth->peers, &peer->key);
        g_free(peer);
    } else {
        g_queue_push_tail(&auth->turn, peer);
    }
    count_waiting(auth, &attempt->key, -1);
    return attempt;
}

static void take_due(Auth *auth, gint64 now) {
    while (!g_sequence_is_empty(auth->delayed)) {
        GSequenceIter *first = g_sequence_get_begin_iter(auth->delayed);
        AuthAttempt *attempt = g_sequence_get(first);
        if (attempt->due > now && !auth->stopping)
            return;
        g_sequence_remove(first);
        lane_no_longer_slowed(auth, attempt);
        make_ready(auth, attempt);
    }
}

static gboolean same_try(const AuthAttempt *a, const AuthAttempt *b) {
    return a->key.pair == b->key.pair && a->password_n == b->password_n &&
           memcmp(a->password, b->password, a->password_n) == 0;
}

void lane_release(Auth *auth, const AuthAttempt *right) {
    if (count_of(auth->slowed, right->key.pair) == 0)
        return;
    GSequenceIter *at = g_sequence_get_begin_iter(auth->delayed);
    while (!g_sequence_iter_is_end(at)) {
        GSequenceIter *this = at;
        AuthAttempt *attempt = g_sequence_get(this);
        at = g_sequence_iter_next(at);
        if (!same_try(attempt, right))
            continue;
        g_sequence_remove(this);
        lane_no_longer_slowed(auth, attempt);
        make_ready(auth, attempt);
    }
    g_cond_broadcast(&auth->work);
}

/* Microseconds until the first delayed attempt is due; -1: none is delayed. */
static gint64 time_to_due(Auth *auth) {
    if (g_sequence_is_empty(auth->delayed))
        return -1;
    const AuthAttempt *first = g_sequence_get(g_sequence_get_begin_iter(auth->delayed));
    return MAX(0, first->due - clock_monotonic());
}

/* Sleeps until there may be something to do. The memory of the hashes is given back when nothing
 * came for a second. */
static void sleep_locked(Auth *auth) {
    gint64 left = time_to_due(auth);
    if (hash_memory_kept() > 0 && (left < 0 || left > KEEPS_MEMORY)) {
        if (!g_cond_wait_until(&auth->work, &auth->lock, g_get_monotonic_time() + KEEPS_MEMORY))
            hash_memory_drop();
    } else if (left < 0) {
        g_cond_wait(&auth->work, &auth->lock);
    } else if (left > 0) {
        g_cond_wait_until(&auth->work, &auth->lock, g_get_monotonic_time() + left);
    }
}

AuthAttempt *lane_next(Auth *auth) {
    for (;;) {
        take_due(auth, clock_monotonic());
        AuthAttempt *attempt = take(auth);
        if (attempt != NULL || auth->stopping)
            return attempt;
        sleep_locked(auth);
    }
}

gpointer lane_run(gpointer data) {
    Auth *auth = data;
    g_mutex_lock(&auth->lock);
    AuthAttempt *attempt;
    while ((attempt = lane_next(auth)) != NULL) {
        gboolean stopping = auth->stopping, dropped = attempt->dropped;
        g_mutex_unlock(&auth->lock);
        hash_memory_keep();
        if (stopping)
            attempt_finish(attempt, AUTH_BUSY, NULL);
        else if (!dropped)
            attempt_run(attempt);
        attempt_unref(attempt);
        g_mutex_lock(&auth->lock);
    }
    g_mutex_unlock(&auth->lock);
    hash_memory_drop();
    return NULL;
}
