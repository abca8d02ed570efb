/* Many networks at once: a password that several people use shows by this, whatever they do with it
 * [Điều 12.2]. The system tells it, once a day for each account, in the log, by a metric and in the
 * audit trail; it stops nobody, because a person on the way changes networks too. */
#include "auth/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

enum { NETWORKS = 16, ACCOUNTS_MAXIMUM = 65536 };

METRIC_COUNTER(shared_total, "congvu_auth_shared_total",
               "Alerts that an account is used from many networks at once");

typedef struct {
    guint64 networks[NETWORKS]; /* GuessKey.peer */
    gint64 last[NETWORKS];      /* monotonic; 0: free */
    gint64 told;
} Use;

struct Shared {
    GHashTable *table; /* account → Use */
};

Shared *shared_new(void) {
    Shared *s = g_new0(Shared, 1);
    s->table = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return s;
}

void shared_free(Shared *s) {
    if (s == NULL)
        return;
    g_hash_table_unref(s->table);
    g_free(s);
}

static gboolean is_over(gpointer key, gpointer value, gpointer since) {
    const Use *use = value;
    for (int i = 0; i < NETWORKS; i++)
        if (use->last[i] >= *(const gint64 *)since)
            return FALSE;
    return TRUE;
}

static Use *use_of(Shared *s, gint64 account, gint64 since) {
    Use *use = g_hash_table_lookup(s->table, &account);
    if (use != NULL)
        return use;
    if (g_hash_table_size(s->table) >= ACCOUNTS_MAXIMUM)
        g_hash_table_foreach_remove(s->table, is_over, &since);
    if (g_hash_table_size(s->table) >= ACCOUNTS_MAXIMUM)
        return NULL;
    use = g_new0(Use, 1);
    g_hash_table_insert(s->table, g_memdup2(&account, sizeof account), use);
    return use;
}

/* The slot of this network, else the one that is longest unused. */
static int slot_of(const Use *use, guint64 network) {
    int oldest = 0;
    for (int i = 0; i < NETWORKS; i++) {
        if (use->last[i] != 0 && use->networks[i] == network)
            return i;
        if (use->last[i] < use->last[oldest])
            oldest = i;
    }
    return oldest;
}

guint shared_saw(Shared *s, gint64 account, guint64 network, gint64 now, gint64 window,
                 guint limit) {
    Use *use = use_of(s, account, now - window);
    if (use == NULL)
        return 0;
    int slot = slot_of(use, network);
    use->networks[slot] = network;
    use->last[slot] = now;
    guint count = 0;
    for (int i = 0; i < NETWORKS; i++)
        count += use->last[i] != 0 && now - use->last[i] <= window;
    if (count <= limit || (use->told != 0 && now - use->told < 86400 * CLOCK_SECOND))
        return 0;
    use->told = now;
    return count;
}

void shared_watch(const AuthAttempt *attempt, const DirectoryAccount *account) {
    Auth *auth = attempt->auth;
    if (auth->regulation == NULL || account->kind == DIRECTORY_SERVICE)
        return;
    g_autoptr(Regulation) regulation = auth->regulation(auth->regulation_data);
    gint64 limit = regulation_figure(regulation, FIGURE_PASSWORD_SHARED_NETWORKS);
    gint64 minutes = regulation_figure(regulation, FIGURE_PASSWORD_SHARED_MINUTES);
    if (limit == 0)
        return;
    g_mutex_lock(&auth->lock);
    guint count = shared_saw(auth->shared, account->id, attempt->key.peer, clock_monotonic(),
                             minutes * 60 * CLOCK_SECOND, (guint)limit);
    g_mutex_unlock(&auth->lock);
    if (count == 0)
        return;
    metric_add(&shared_total, 1);
    log_event(LOG_LEVEL_WARNING, "auth.shared", "session", attempt->session, "account",
              account->address, "networks", log_number(count), "minutes", log_number(minutes),
              NULL);
    g_autoptr(Verdict) verdict = regulation_shared_use(regulation, account->address, count);
    directory_record_shared(auth->directory, account, verdict, count, minutes);
}
