/* The memory of what was seen, and its writing; see activity.h. */
#include "directory/activity.h"

#include "directory/internal.h"
#include "directory/usage.h"

enum { SLICE = 5000 };

typedef struct {
    gint64 account;
    gint64 times[ACTIVITIES];
} Seen;

/* The newer one of each. Under the lock. */
static void take(GHashTable *table, const Seen *seen) {
    Seen *there = g_hash_table_lookup(table, &seen->account);
    if (there == NULL) {
        there = g_memdup2(seen, sizeof *seen);
        g_hash_table_insert(table, &there->account, there);
        return;
    }
    for (int i = 0; i < ACTIVITIES; i++)
        there->times[i] = MAX(there->times[i], seen->times[i]);
}

static GHashTable *table_new(void) {
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

void directory_saw(Directory *d, gint64 account, DirectoryActivity what) {
    Seen seen = {.account = account};
    seen.times[what] = clock_now();
    g_mutex_lock(&d->activity_lock);
    if (d->activity == NULL)
        d->activity = table_new();
    take(d->activity, &seen);
    g_mutex_unlock(&d->activity_lock);
}

/* ---- Writing ---- */

/* An account that is not there any more is passed over. */
static gboolean write_seen(DbConn *conn, gpointer data, GError **error) {
    const GPtrArray *slice = data;
    for (guint i = 0; i < slice->len; i++) {
        const Seen *seen = slice->pdata[i];
        DbStmt *stmt = db_prepare(
            conn, "INSERT INTO activity(account, sent, received, signed_in)"
                  " SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM account WHERE id = ?1)"
                  " ON CONFLICT(account) DO UPDATE SET sent = max(sent, ?2),"
                  " received = max(received, ?3), signed_in = max(signed_in, ?4)");
        db_bind(stmt, "iiii", seen->account, seen->times[ACTIVITY_SENT],
                seen->times[ACTIVITY_RECEIVED], seen->times[ACTIVITY_SIGNED_IN]);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

static gint by_account(gconstpointer a, gconstpointer b) {
    gint64 x = (*(const Seen *const *)a)->account, y = (*(const Seen *const *)b)->account;
    return x < y ? -1 : x > y;
}

static gboolean write_all(Directory *d, GHashTable *table, GError **error) {
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GHashTableIter iter;
    gpointer seen;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &seen))
        g_ptr_array_add(all, seen);
    g_ptr_array_sort(all, by_account);
    for (guint at = 0; at < all->len; at += SLICE) {
        g_autoptr(GPtrArray) slice = g_ptr_array_new();
        for (guint i = at; i < MIN(all->len, at + SLICE); i++)
            g_ptr_array_add(slice, all->pdata[i]);
        if (!db_write(d->db, write_seen, slice, error))
            return FALSE;
    }
    return TRUE;
}

gboolean directory_activity_write(Directory *d, GError **error) {
    if (!directory_usage_write(d, error))
        return FALSE;
    g_mutex_lock(&d->activity_lock);
    g_autoptr(GHashTable) table = g_steal_pointer(&d->activity);
    g_mutex_unlock(&d->activity_lock);
    if (table == NULL || write_all(d, table, error))
        return TRUE;
    GHashTableIter iter;
    gpointer seen;
    g_mutex_lock(&d->activity_lock);
    if (d->activity == NULL)
        d->activity = table_new();
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &seen))
        take(d->activity, seen);
    g_mutex_unlock(&d->activity_lock);
    return FALSE;
}
