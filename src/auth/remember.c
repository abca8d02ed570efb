/* Successes of the last minutes, so that a client that signs in for every connection costs one slow
 * hash and not hundreds. Kept is a keyed hash of account and password under a random key of this
 * process, never the password. One entry for each account: another right password cannot exist. */
#include "auth/internal.h"

enum { REMEMBERED_MAXIMUM = 100000 };

typedef struct {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    gint64 until; /* monotonic */
} Success;

struct Remembered {
    gint64 lifetime;
    guint8 key[32];
    GHashTable *table; /* account → Success */
};

Remembered *remembered_new(gint64 lifetime) {
    Remembered *r = g_new0(Remembered, 1);
    r->lifetime = lifetime;
    crypto_random(r->key, sizeof r->key);
    r->table = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return r;
}

void remembered_free(Remembered *r) {
    if (r == NULL)
        return;
    g_hash_table_unref(r->table);
    crypto_wipe(r->key, sizeof r->key);
    g_free(r);
}

static void digest_of(const Remembered *r, gint64 account, Bytes password,
                      guint8 out[CRYPTO_DIGEST_BYTES]) {
    Bytes parts[] = {bytes_of(&account, sizeof account), password};
    crypto_keyed_hash(r->key, parts, G_N_ELEMENTS(parts), out);
}

gboolean remembered_has(Remembered *r, gint64 account, Bytes password, gint64 now) {
    const Success *success = g_hash_table_lookup(r->table, &account);
    if (success == NULL)
        return FALSE;
    if (success->until <= now) {
        g_hash_table_remove(r->table, &account);
        return FALSE;
    }
    guint8 digest[CRYPTO_DIGEST_BYTES];
    digest_of(r, account, password, digest);
    return crypto_equal(digest, success->digest, sizeof digest);
}

static gboolean is_over(gpointer key, gpointer value, gpointer data) {
    return ((const Success *)value)->until <= *(const gint64 *)data;
}

void remembered_add(Remembered *r, gint64 account, Bytes password, gint64 now) {
    if (r->lifetime <= 0)
        return;
    if (g_hash_table_size(r->table) >= REMEMBERED_MAXIMUM)
        g_hash_table_foreach_remove(r->table, is_over, &now);
    if (g_hash_table_size(r->table) >= REMEMBERED_MAXIMUM)
        return;
    Success *success = g_new0(Success, 1);
    digest_of(r, account, password, success->digest);
    success->until = now + r->lifetime;
    g_hash_table_replace(r->table, g_memdup2(&account, sizeof account), success);
}

void remembered_forget(Remembered *r, gint64 account) {
    g_hash_table_remove(r->table, &account);
}
