/* Crypto: the only place with libsodium and OpenSSL's evp.h. crypto_init once, before threads. */
#ifndef CV_BASE_CRYPTO_H
#define CV_BASE_CRYPTO_H

#include "base/bytes.h"

#define CRYPTO_DIGEST_BYTES 32

/* Ends the process when the library cannot start (no randomness). */
void crypto_init(void);
void crypto_random(void *out, gsize n);
guint64 crypto_random_u64(void);
/* n random bytes as 2·n lower-case hexadecimal digits; g_free. */
char *crypto_random_hex(gsize n);

/* BLAKE2b-256, incremental (a message's hash is computed while its bytes arrive). */
typedef struct CryptoDigest CryptoDigest;
CryptoDigest *crypto_digest_new(void);
void crypto_digest_update(CryptoDigest *hash, Bytes bytes);
void crypto_digest_final(CryptoDigest *hash,
                         guint8 out[CRYPTO_DIGEST_BYTES]); /* then only free it */
void crypto_digest_free(CryptoDigest *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoDigest, crypto_digest_free)
void crypto_digest(Bytes bytes, guint8 out[CRYPTO_DIGEST_BYTES]);
/* Keyed BLAKE2b-256 over the parts one after the other, each preceded by its length. */
void crypto_keyed_hash(const guint8 key[32], const Bytes *parts, gsize count,
                       guint8 out[CRYPTO_DIGEST_BYTES]);

/* Authenticated encryption of a small secret (XChaCha20-Poly1305 with a random nonce), bound to a
 * context: what is sealed for one row does not open in another. */
#define CRYPTO_SEAL_KEY_BYTES 32
#define CRYPTO_SEAL_OVERHEAD  40 /* bytes that sealing adds */
/* Nonce, ciphertext and tag; g_bytes_unref. */
GBytes *crypto_seal(const guint8 key[CRYPTO_SEAL_KEY_BYTES], Bytes context, Bytes plain);
/* NUL-terminated; wipe and g_free. NULL: another key or context, or changed bytes. */
char *crypto_unseal(const guint8 key[CRYPTO_SEAL_KEY_BYTES], Bytes context, Bytes sealed);

/* Constant time. */
gboolean crypto_equal(const void *a, const void *b, gsize n);
/* Overwrites with zeros in a way that the compiler keeps. */
void crypto_wipe(void *p, gsize n);

/* Argon2id with the default cost (19 MiB, 2 passes), as a self-describing string; g_free. NULL
 * when there is no memory for it. Slow by intent (tens of milliseconds): only on auth/'s lane. */
char *crypto_password_hash(Bytes password);
gboolean crypto_password_verify(const char *hash, Bytes password);

#endif
