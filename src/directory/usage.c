/* The set of (account, week) that was seen and not written yet, and the table that it goes to. */
#include "directory/usage.h"

#include "directory/internal.h"

enum { SLICE = 5000, MONDAY = 3 /* 1970-01-01 was a Thursday */ };

typedef struct {
    gint64 account, week; /* weeks from the one of 1970-01-01 */
} Used;

static gint64 week_number(CalendarDay day) {
    gint64 from_monday = (gint64)day + MONDAY;
    return from_monday >= 0 ? from_monday / 7 : -((6 - from_monday) / 7);
}

CalendarDay directory_usage_week(CalendarDay day) {
    return (CalendarDay)(week_number(day) * 7 - MONDAY);
}

static guint used_hash(gconstpointer p) {
    const Used *used = p;
    gint64 mixed = used->account * 4096 + used->week;
    return g_int64_hash(&mixed);
}

static gboolean used_equal(gconstpointer a, gconstpointer b) {
    const Used *one = a, *two = b;
    return one->account == two->account && one->week == two->week;
}

/* Under the lock. */
static void take(Directory *d, const Used *used) {
    if (d->usage == NULL)
        d->usage = g_hash_table_new_full(used_hash, used_equal, g_free, NULL);
    if (!g_hash_table_contains(d->usage, used))
        g_hash_table_add(d->usage, g_memdup2(used, sizeof *used));
}

void directory_used(Directory *d, gint64 account) {
    Used used = {account, week_number(calendar_day_of(clock_now()))};
    g_mutex_lock(&d->activity_lock);
    take(d, &used);
    g_mutex_unlock(&d->activity_lock);
}

/* ---- Writing ---- */

/* An account that is not there any more is passed over. */
static gboolean write_slice(DbConn *conn, gpointer data, GError **error) {
    const GPtrArray *slice = data;
    for (guint i = 0; i < slice->len; i++) {
        const Used *used = slice->pdata[i];
        DbStmt *stmt = db_prepare(conn, "INSERT INTO use_week(account, week) SELECT ?1, ?2"
                                        " WHERE EXISTS (SELECT 1 FROM account WHERE id = ?1)"
                                        " ON CONFLICT DO NOTHING");
        db_bind(stmt, "ii", used->account, used->week);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

static gint by_account(gconstpointer a, gconstpointer b) {
    gint64 x = (*(const Used *const *)a)->account, y = (*(const Used *const *)b)->account;
    return x < y ? -1 : x > y;
}

static gboolean write_all(Directory *d, GHashTable *table, GError **error) {
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GHashTableIter iter;
    gpointer used;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &used, NULL))
        g_ptr_array_add(all, used);
    g_ptr_array_sort(all, by_account);
    for (guint at = 0; at < all->len; at += SLICE) {
        g_autoptr(GPtrArray) slice = g_ptr_array_new();
        for (guint i = at; i < MIN(all->len, at + SLICE); i++)
            g_ptr_array_add(slice, all->pdata[i]);
        if (!db_write(d->db, write_slice, slice, error))
            return FALSE;
    }
    return TRUE;
}

gboolean directory_usage_write(Directory *d, GError **error) {
    g_mutex_lock(&d->activity_lock);
    g_autoptr(GHashTable) table = g_steal_pointer(&d->usage);
    g_mutex_unlock(&d->activity_lock);
    if (table == NULL || write_all(d, table, error))
        return TRUE;
    GHashTableIter iter;
    gpointer used;
    g_mutex_lock(&d->activity_lock);
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &used, NULL))
        take(d, used);
    g_mutex_unlock(&d->activity_lock);
    return FALSE;
}

/* ---- Reading ---- */

gboolean directory_usage_begin(Directory *d, CalendarDay *day, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT moment FROM use_begin WHERE id = 1");
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *day = calendar_day_of(step == DB_ROW ? db_column_int(stmt, 0) : clock_now());
    db_reset(stmt);
    return TRUE;
}

gboolean directory_usage_each(Directory *d, CalendarDay from, CalendarDay until,
                              void (*each)(gint64 account, CalendarDay week, gpointer data),
                              gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT account, week FROM use_week WHERE week BETWEEN ? AND ?");
    db_bind(stmt, "ii", week_number(from), week_number(until));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), (CalendarDay)(db_column_int(stmt, 1) * 7 - MONDAY), data);
    return step == DB_DONE;
}

gboolean directory_leave_each(Directory *d, CalendarDay from, CalendarDay until,
                              void (*each)(gint64 account, CalendarDay first, CalendarDay last,
                                           gpointer data),
                              gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "SELECT account, since, until FROM exemption WHERE until >= ? AND since <= ?");
    db_bind(stmt, "ii", (gint64)from, (gint64)until);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), (CalendarDay)db_column_int(stmt, 1),
             (CalendarDay)db_column_int(stmt, 2), data);
    return step == DB_DONE;
}
