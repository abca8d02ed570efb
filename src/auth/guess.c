/* Slowing of guesses [Điều 8.6]. Three counts of failures, each fading with time:
 *
 *   (account, address)  the guesser at one account: slowed first and most
 *   address             the guesser at many accounts; a commune sits behind one address, so it
 *                       takes more failures, and who signed in from there before is not slowed
 *   account             many addresses at one account; who signed in from the own address before
 *                       is not slowed, so the owner stays in
 *
 * The answer is only ever a delay with a limit, never a ban. Keys are keyed hashes; the table has a
 * maximum, and making it overflow costs the guesser that many slow verifications. */
#include "auth/internal.h"

#include "base/clock.h"

enum {
    PEER_FACTOR = 20,    /* an address may fail so many times what a pair may */
    ACCOUNT_FACTOR = 10, /* an account from anywhere */
    FADE_SECONDS = 600,  /* after so long without a failure the count halves, and again */
    KNOWN_DAYS = 14,
};

typedef struct {
    guint failures;
    gint64 last;  /* monotonic, of the last failure */
    gint64 known; /* monotonic, of the last success; 0: none */
} Guess;

struct Guesses {
    AuthOptions options;
    guint8 secret[32];
    GHashTable *table; /* guint64 → Guess */
};

Guesses *guesses_new(const AuthOptions *options) {
    Guesses *g = g_new0(Guesses, 1);
    g->options = *options;
    crypto_random(g->secret, sizeof g->secret);
    g->table = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return g;
}

void guesses_free(Guesses *g) {
    if (g == NULL)
        return;
    g_hash_table_unref(g->table);
    g_free(g);
}

gsize guesses_size(const Guesses *g) {
    return g_hash_table_size(g->table);
}

static guint64 hash_of(const Guesses *g, const char *what, Bytes name, const char *peer) {
    Bytes parts[] = {bytes_of_string(what), name, bytes_of_string(peer)};
    guint8 digest[CRYPTO_DIGEST_BYTES];
    crypto_keyed_hash(g->secret, parts, G_N_ELEMENTS(parts), digest);
    guint64 key;
    memcpy(&key, digest, sizeof key);
    return key;
}

/* An IPv6 customer has a /64 to change within: the first four groups count. */
static char *network_of(const char *peer) {
    char *copy = g_strdup(peer);
    if (strchr(peer, ':') == NULL || g_ascii_strncasecmp(peer, "::ffff:", 7) == 0)
        return copy;
    char *p = copy;
    for (int groups = 0; *p != '\0'; p++) {
        if (*p == ':' && (p[1] == ':' || ++groups == 4))
            break;
    }
    *p = '\0';
    return copy;
}

GuessKey guesses_key(const Guesses *g, Bytes name, const char *peer) {
    g_autofree char *folded = g_ascii_strdown((const char *)name.p, (gssize)name.n);
    g_autofree char *network = network_of(peer);
    Bytes n = bytes_of_string(folded);
    return (GuessKey){
        .pair = hash_of(g, "pair", n, network),
        .peer = hash_of(g, "peer", bytes_of("", 0), network),
        .name = hash_of(g, "name", n, ""),
    };
}

static guint faded(const Guess *guess, gint64 now) {
    gint64 halves = (now - guess->last) / (FADE_SECONDS * CLOCK_SECOND);
    return halves >= 32 ? 0 : guess->failures >> halves;
}

/* Doubles from the first delay with each failure beyond those that are free. */
static gint64 delay_of(const Guesses *g, guint64 key, guint factor, gint64 now) {
    const Guess *guess = g_hash_table_lookup(g->table, &key);
    guint allowed = g->options.failures_free * factor;
    guint failures = guess == NULL ? 0 : faded(guess, now);
    if (failures <= allowed)
        return 0;
    guint doublings = (failures - allowed - 1) / factor;
    gint64 delay = g->options.delay_first;
    while (doublings-- > 0 && delay < g->options.delay_most)
        delay *= 2;
    return MIN(delay, g->options.delay_most);
}

static gboolean is_known(const Guesses *g, const GuessKey *key, gint64 now) {
    const Guess *guess = g_hash_table_lookup(g->table, &key->pair);
    return guess != NULL && guess->known != 0 &&
           now - guess->known < KNOWN_DAYS * 86400 * CLOCK_SECOND;
}

gint64 guesses_delay(Guesses *g, const GuessKey *key, gint64 now) {
    gint64 delay = delay_of(g, key->pair, 1, now);
    if (is_known(g, key, now))
        return delay;
    delay = MAX(delay, delay_of(g, key->peer, PEER_FACTOR, now));
    return MAX(delay, delay_of(g, key->name, ACCOUNT_FACTOR, now));
}

static gboolean is_stale(gpointer key, gpointer value, gpointer data) {
    const Guess *guess = value;
    gint64 now = *(const gint64 *)data;
    return faded(guess, now) == 0 &&
           (guess->known == 0 || now - guess->known > KNOWN_DAYS * 86400 * CLOCK_SECOND);
}

static gboolean is_only_known(gpointer key, gpointer value, gpointer data) {
    return ((const Guess *)value)->failures == 0;
}

static void make_room(Guesses *g, gint64 now) {
    if (g_hash_table_size(g->table) < GUESSES_MAXIMUM)
        return;
    g_hash_table_foreach_remove(g->table, is_stale, &now);
    if (g_hash_table_size(g->table) >= GUESSES_MAXIMUM / 2)
        g_hash_table_foreach_remove(g->table, is_only_known, NULL);
    if (g_hash_table_size(g->table) >= GUESSES_MAXIMUM / 2)
        g_hash_table_remove_all(g->table);
}

static Guess *entry(Guesses *g, guint64 key, gint64 now) {
    Guess *guess = g_hash_table_lookup(g->table, &key);
    if (guess == NULL) {
        make_room(g, now);
        guess = g_new0(Guess, 1);
        guess->last = now;
        g_hash_table_insert(g->table, g_memdup2(&key, sizeof key), guess);
    }
    return guess;
}

static void count(Guesses *g, guint64 key, gint64 now) {
    Guess *guess = entry(g, key, now);
    guess->failures = faded(guess, now) + 1;
    guess->last = now;
}

void guesses_charge(Guesses *g, const GuessKey *key, gint64 now) {
    count(g, key->pair, now);
    count(g, key->peer, now);
    count(g, key->name, now);
}

static void take_back(Guesses *g, guint64 key) {
    Guess *guess = g_hash_table_lookup(g->table, &key);
    if (guess != NULL && guess->failures > 0)
        guess->failures--;
}

void guesses_forgive(Guesses *g, const GuessKey *key) {
    take_back(g, key->pair);
    take_back(g, key->peer);
    take_back(g, key->name);
}

/* The other failures of address and account stay: a guesser may own one account. */
void guesses_succeeded(Guesses *g, const GuessKey *key, gint64 now) {
    take_back(g, key->peer);
    take_back(g, key->name);
    Guess *guess = entry(g, key->pair, now);
    guess->failures = 0;
    guess->known = MAX(now, 1);
}
