/* Randomness, hashes and password hashing over libsodium; see crypto.h. */
#include "base/crypto.h"

#include "base/hash_memory.h"

#include <sodium.h>

/* OWASP's first recommendation for Argon2id: 19 MiB, 2 passes, 1 lane. */
#define ARGON2_MEMORY (19u * 1024 * 1024)
#define ARGON2_PASSES 2u

struct CryptoDigest {
    crypto_generichash_state state;
};

void crypto_init(void) {
    if (sodium_init() < 0)
        g_error("cannot start: the cryptographic library found no source of randomness");
}

void crypto_random(void *out, gsize n) {
    randombytes_buf(out, n);
}

guint64 crypto_random_u64(void) {
    guint64 value;
    randombytes_buf(&value, sizeof value);
    return value;
}

char *crypto_random_hex(gsize n) {
    g_autofree guint8 *raw = g_malloc(n);
    char *hex = g_malloc(2 * n + 1);
    randombytes_buf(raw, n);
    sodium_bin2hex(hex, 2 * n + 1, raw, n);
    return hex;
}

CryptoDigest *crypto_digest_new(void) {
    CryptoDigest *hash = NULL;
    if (posix_memalign((void **)&hash, 64, sizeof *hash) != 0)
        g_error("out of memory for a hash state of %zu bytes", sizeof *hash);
    crypto_generichash_init(&hash->state, NULL, 0, CRYPTO_DIGEST_BYTES);
    return hash;
}

void crypto_digest_update(CryptoDigest *hash, Bytes bytes) {
    crypto_generichash_update(&hash->state, bytes.p, bytes.n);
}

void crypto_digest_final(CryptoDigest *hash, guint8 out[CRYPTO_DIGEST_BYTES]) {
    crypto_generichash_final(&hash->state, out, CRYPTO_DIGEST_BYTES);
}

void crypto_digest_free(CryptoDigest *hash) {
    free(hash);
}

void crypto_digest(Bytes bytes, guint8 out[CRYPTO_DIGEST_BYTES]) {
    crypto_generichash(out, CRYPTO_DIGEST_BYTES, bytes.p, bytes.n, NULL, 0);
}

void crypto_keyed_hash(const guint8 key[32], const Bytes *parts, gsize count,
                       guint8 out[CRYPTO_DIGEST_BYTES]) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, CRYPTO_DIGEST_BYTES);
    for (gsize i = 0; i < count; i++) {
        guint64 length = GUINT64_TO_LE((guint64)parts[i].n);
        crypto_generichash_update(&state, (const guint8 *)&length, sizeof length);
        crypto_generichash_update(&state, parts[i].p, parts[i].n);
    }
    crypto_generichash_final(&state, out, CRYPTO_DIGEST_BYTES);
    sodium_memzero(&state, sizeof state);
}

enum {
    SEAL_NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

G_STATIC_ASSERT(SEAL_NONCE + SEAL_TAG == CRYPTO_SEAL_OVERHEAD);

GBytes *crypto_seal(const guint8 key[CRYPTO_SEAL_KEY_BYTES], Bytes context, Bytes plain) {
    gsize n = SEAL_NONCE + plain.n + SEAL_TAG;
    guint8 *sealed = g_malloc(n);
    randombytes_buf(sealed, SEAL_NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + SEAL_NONCE, NULL, plain.p, plain.n,
                                               context.p, context.n, NULL, sealed, key);
    return g_bytes_new_take(sealed, n);
}

char *crypto_unseal(const guint8 key[CRYPTO_SEAL_KEY_BYTES], Bytes context, Bytes sealed) {
    if (sealed.n < SEAL_NONCE + SEAL_TAG)
        return NULL;
    gsize n = sealed.n - SEAL_NONCE - SEAL_TAG;
    char *plain = g_malloc(n + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((guint8 *)plain, NULL, NULL,
                                                   sealed.p + SEAL_NONCE, sealed.n - SEAL_NONCE,
                                                   context.p, context.n, sealed.p, key) != 0) {
        g_free(plain);
        return NULL;
    }
    plain[n] = '\0';
    return plain;
}

gboolean crypto_equal(const void *a, const void *b, gsize n) {
    return sodium_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, gsize n) {
    sodium_memzero(p, n);
}

char *crypto_password_hash(Bytes password) {
    char out[crypto_pwhash_STRBYTES];
    hash_memory_begin();
    int failed = crypto_pwhash_str_alg(out, (const char *)password.p, password.n, ARGON2_PASSES,
                                       ARGON2_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
    hash_memory_end();
    return failed ? NULL : g_strdup(out);
}

gboolean crypto_password_verify(const char *hash, Bytes password) {
    hash_memory_begin();
    int differs = crypto_pwhash_str_verify(hash, (const char *)password.p, password.n);
    hash_memory_end();
    return differs == 0;
}
