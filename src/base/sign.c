/* Keys that sign, and SHA-256; see sign.h. */
#include "base/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

enum { RSA_BITS = 2048, RSA_BITS_LEAST = 1024, ED25519_BYTES = 32 };

struct CryptoSha256 {
    EVP_MD_CTX *context;
};

struct CryptoKey {
    EVP_PKEY *pair;
    CryptoKeyKind kind;
};

CryptoSha256 *crypto_sha256_new(void) {
    CryptoSha256 *hash = g_new0(CryptoSha256, 1);
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
        g_error("the cryptographic library has no SHA-256");
    return hash;
}

void crypto_sha256_update(CryptoSha256 *hash, Bytes bytes) {
    if (EVP_DigestUpdate(hash->context, bytes.p, bytes.n) != 1)
        g_error("the cryptographic library failed in the middle of a SHA-256");
}

void crypto_sha256_final(CryptoSha256 *hash, guint8 out[CRYPTO_SHA256_BYTES]) {
    if (EVP_DigestFinal_ex(hash->context, out, NULL) != 1)
        g_error("the cryptographic library failed at the end of a SHA-256");
}

void crypto_sha256_free(CryptoSha256 *hash) {
    if (hash == NULL)
        return;
    EVP_MD_CTX_free(hash->context);
    g_free(hash);
}

static const char *library_reason(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "unknown reason" : reason;
}

static CryptoKey *wrap(EVP_PKEY *pair, CryptoKeyKind kind) {
    CryptoKey *key = g_new0(CryptoKey, 1);
    key->pair = pair;
    key->kind = kind;
    return key;
}

CryptoKey *crypto_key_make(CryptoKeyKind kind, GError **error) {
    ERR_clear_error();
    EVP_PKEY *pair = kind == CRYPTO_KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
                                            : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pair != NULL)
        return wrap(pair, kind);
    cv_fail(error, CV_ERROR_INTERNAL, "cannot make a key: %s", library_reason());
    return NULL;
}

CryptoKey *crypto_key_load(const char *path, GError **error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        cv_fail_errno(error, CV_ERROR_INPUT, "cannot read the key %s", path);
        return NULL;
    }
    ERR_clear_error();
    EVP_PKEY *pair = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (pair != NULL && EVP_PKEY_is_a(pair, "ED25519"))
        return wrap(pair, CRYPTO_KEY_ED25519);
    if (pair != NULL && EVP_PKEY_is_a(pair, "RSA") && EVP_PKEY_get_bits(pair) >= RSA_BITS_LEAST)
        return wrap(pair, CRYPTO_KEY_RSA);
    cv_fail(error, CV_ERROR_INPUT, "%s holds no RSA key of %d bits or more and no Ed25519 key (%s)",
            path, RSA_BITS_LEAST, pair == NULL ? library_reason() : "another kind of key");
    EVP_PKEY_free(pair);
    return NULL;
}

gboolean crypto_key_save(const CryptoKey *key, const char *path, GError **error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        CvErrorKind kind = errno == EEXIST ? CV_ERROR_EXISTS : CV_ERROR_STORAGE;
        cv_fail_errno(error, kind, "cannot write the key %s", path);
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    gboolean kept = PEM_write_PrivateKey(file, key->pair, NULL, NULL, 0, NULL, NULL) == 1 &&
                    fflush(file) == 0 && fsync(fd) == 0;
    if (!kept) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot write the key %s", path);
        unlink(path);
    }
    fclose(file);
    return kept;
}

void crypto_key_free(CryptoKey *key) {
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pair);
    g_free(key);
}

CryptoKeyKind crypto_key_kind(const CryptoKey *key) {
    return key->kind;
}

static gboolean sign_rsa(const CryptoKey *key, const guint8 *digest, guint8 *to, gsize *n) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pair, NULL);
    gboolean good = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                    EVP_PKEY_sign(context, to, n, digest, CRYPTO_SHA256_BYTES) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

static gboolean sign_ed25519(const CryptoKey *key, const guint8 *digest, guint8 *to, gsize *n) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean good = context != NULL &&
                    EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair) == 1 &&
                    EVP_DigestSign(context, to, n, digest, CRYPTO_SHA256_BYTES) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

gboolean crypto_key_sign(const CryptoKey *key, const guint8 digest[CRYPTO_SHA256_BYTES],
                         Buffer *signature, GError **error) {
    ERR_clear_error();
    gsize n = (gsize)EVP_PKEY_get_size(key->pair);
    guint8 *to = buffer_reserve(signature, n);
    if (to == NULL)
        return cv_fail(error, CV_ERROR_INTERNAL, "a signature does not fit");
    if (key->kind == CRYPTO_KEY_RSA ? !sign_rsa(key, digest, to, &n)
                                    : !sign_ed25519(key, digest, to, &n))
        return cv_fail(error, CV_ERROR_INTERNAL, "cannot sign: %s", library_reason());
    buffer_commit(signature, n);
    return TRUE;
}

gboolean crypto_key_public(const CryptoKey *key, Buffer *out) {
    if (key->kind == CRYPTO_KEY_ED25519) {
        guint8 raw[ED25519_BYTES];
        gsize n = sizeof raw;
        return EVP_PKEY_get_raw_public_key(key->pair, raw, &n) == 1 && buffer_append(out, raw, n);
    }
    guint8 *der = NULL;
    int n = i2d_PUBKEY(key->pair, &der);
    gboolean good = n > 0 && buffer_append(out, der, (gsize)n);
    OPENSSL_free(der);
    return good;
}
