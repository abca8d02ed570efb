/* Sign: key pairs that sign, and SHA-256, over OpenSSL. A CryptoKey is immutable; any thread may
 * sign with it at the same time as others. */
#ifndef CV_BASE_SIGN_H
#define CV_BASE_SIGN_H

#include "base/buffer.h"
#include "base/error.h"

#define CRYPTO_SHA256_BYTES 32

typedef struct CryptoSha256 CryptoSha256;
CryptoSha256 *crypto_sha256_new(void);
void crypto_sha256_update(CryptoSha256 *hash, Bytes bytes);
void crypto_sha256_final(CryptoSha256 *hash, guint8 out[CRYPTO_SHA256_BYTES]);
void crypto_sha256_free(CryptoSha256 *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoSha256, crypto_sha256_free)

typedef enum { CRYPTO_KEY_RSA, CRYPTO_KEY_ED25519 } CryptoKeyKind;

typedef struct CryptoKey CryptoKey;
/* RSA: 2048 bits. INTERNAL. */
CryptoKey *crypto_key_make(CryptoKeyKind kind, GError **error);
/* A PEM file with a private key of one of the kinds; RSA below 1024 bits is refused. INPUT. */
CryptoKey *crypto_key_load(const char *path, GError **error);
/* Writes a new file that its owner alone may read, flushed to the disk. EXISTS, STORAGE. */
gboolean crypto_key_save(const CryptoKey *key, const char *path, GError **error);
void crypto_key_free(CryptoKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoKey, crypto_key_free)
CryptoKeyKind crypto_key_kind(const CryptoKey *key);
/* Appends the signature of a SHA-256 digest: PKCS #1 v1.5 for RSA, PureEdDSA over the digest's
 * bytes for Ed25519 (RFC 8463 3). INTERNAL. */
gboolean crypto_key_sign(const CryptoKey *key, const guint8 digest[CRYPTO_SHA256_BYTES],
                         Buffer *signature, GError **error);
/* Appends what verifiers need: SubjectPublicKeyInfo (RSA) or the 32 bytes (Ed25519). */
gboolean crypto_key_public(const CryptoKey *key, Buffer *out);

#endif
