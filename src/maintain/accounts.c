/* Directory and store are two files, and the second follows the first (directory.h: pending marks).
 * Beside a running server both move while they are looked at, so the directory is read before and
 * after the store: only an account of which it says the same both times, and that was not marked
 * either time, must be in the store as it says. */
#include "maintain/internal.h"
#include "store/hold.h"

#define N "%" G_GINT64_FORMAT

typedef struct {
    gint64 quota;
    gboolean pending, held;
    char local[]; /* part of its address */
} Told;

typedef struct {
    const MaintainData *data;
    MaintainFinding finding;
    gpointer user;
    gboolean repair;
    GHashTable *before, *after; /* of the directory: gint64 → Told */
    GHashTable *store;          /* gint64 → gint64 quota */
    GHashTable *held;           /* gint64: of which the store deletes nothing */
    GArray *lost;               /* gint64: to be told to the store again */
} Look;

static gint64 *boxed(gint64 value) {
    return g_memdup2(&value, sizeof value);
}

static void keep_told(const DirectoryTold *told, gpointer table) {
    gsize length = strlen(told->local) + 1;
    Told *kept = g_malloc(sizeof *kept + length);
    kept->quota = told->quota;
    kept->pending = told->pending;
    kept->held = told->held;
    memcpy(kept->local, told->local, length);
    g_hash_table_insert(table, boxed(told->account), kept);
}

static void keep_stored(gint64 account, gint64 quota_limit, gpointer table) {
    g_hash_table_insert(table, boxed(account), boxed(quota_limit));
}

static void keep_held(gint64 account, gpointer table) {
    g_hash_table_add(table, boxed(account));
}

static gboolean read_directory(const Look *look, GHashTable *table, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(look->data->admin, error);
    return conn != NULL && directory_each_told(conn, keep_told, table, error);
}

static gboolean read_store(const Look *look, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(look->data->mail, error);
    return conn != NULL && store_account_each(conn, keep_stored, look->store, error) &&
           store_hold_each(conn, keep_held, look->held, error);
}

static void report(const Look *look, gboolean mended, const char *text) {
    g_autofree char *whole = g_strconcat(text, mended ? "; set right" : "", NULL);
    look->finding(whole, look->user);
}

static void lose(Look *look, gint64 account, const char *text) {
    report(look, look->repair, text);
    g_array_append_val(look->lost, account);
}

static void compare_told(Look *look) {
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, look->before);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Told *before = value, *after = g_hash_table_lookup(look->after, key);
        const gint64 *quota = g_hash_table_lookup(look->store, key);
        if (after == NULL || before->pending || after->pending || before->quota != after->quota ||
            before->held != after->held)
            continue;
        g_autofree char *text = NULL;
        if (quota == NULL)
            text = g_strdup_printf("account " N " (%s) has no mailboxes in the store",
                                   *(gint64 *)key, before->local);
        else if (*quota != before->quota)
            text = g_strdup_printf("account " N " (%s) has a quota of " N
                                   " bytes, the store has one of " N,
                                   *(gint64 *)key, before->local, before->quota, *quota);
        else if (before->held != g_hash_table_contains(look->held, key))
            text = g_strdup_printf("account " N " (%s) is %sunder a legal hold, the store says "
                                   "otherwise",
                                   *(gint64 *)key, before->local, before->held ? "" : "not ");
        if (text != NULL)
            lose(look, *(gint64 *)key, text);
    }
}

/* An account is in the directory before it is in the store, and never leaves it. */
static void compare_stored(const Look *look) {
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, look->store);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (g_hash_table_contains(look->after, key))
            continue;
        g_autofree char *text = g_strdup_printf("the store has mailboxes for account " N
                                                ", which the directory does not know",
                                                *(gint64 *)key);
        report(look, FALSE, text);
    }
}

static gboolean tell_again(const Look *look, GError **error) {
    return look->lost->len == 0 || (directory_tell_again(look->data->admin, look->lost, error) &&
                                    look->data->follow(look->data->follow_data, error));
}

gboolean maintain_check_accounts(const MaintainData *data, gboolean repair, MaintainFinding finding,
                                 gpointer user, GError **error) {
    g_autoptr(GHashTable) before =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_autoptr(GHashTable) after =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_autoptr(GHashTable) stored =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_autoptr(GHashTable) held = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GArray) lost = g_array_new(FALSE, FALSE, sizeof(gint64));
    Look look = {data,   finding, user, repair && data->follow != NULL, before, after,
                 stored, held,    lost};
    if (!read_directory(&look, before, error) || !read_store(&look, error) ||
        !read_directory(&look, after, error))
        return FALSE;
    compare_told(&look);
    if (look.repair)
        return tell_again(&look, error);
    compare_stored(&look);
    return TRUE;
}
