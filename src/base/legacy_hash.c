/* One file, because the forms share their taking apart; see legacy_hash.h for the list. A form is
 * first parsed into Legacy (which is what legacy_hash_check asks), then computed and compared in
 * constant time. */
#include "base/legacy_hash.h"

#include "base/crypto.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <string.h>

enum {
    DIGEST_MAXIMUM = 64,
    SALT_MAXIMUM = 128,
    PBKDF2_ROUNDS_MAXIMUM = 2000000,
    CRYPT_ROUNDS_MAXIMUM = 1000000, /* of $5$ and $6$; their default is 5,000 */
    BLOWFISH_COST_MAXIMUM = 15,     /* 2^15 rounds: about two seconds */
    ARGON2_KIBIBYTES_MAXIMUM = 256 * 1024,
    ARGON2_PASSES_MAXIMUM = 10,
    ARGON2_LANES_MAXIMUM = 16,
};

typedef enum { KIND_DIGEST, KIND_CRYPT, KIND_PBKDF2, KIND_ARGON2 } LegacyKind;

typedef struct {
    LegacyKind kind;
    const EVP_MD *digest; /* DIGEST, PBKDF2 */
    guint rounds;         /* PBKDF2 */
    guint8 salt[SALT_MAXIMUM];
    guint8 value[DIGEST_MAXIMUM];
    gsize salt_n, value_n;
    const char *text; /* CRYPT, ARGON2: the hash without its prefix in braces */
} Legacy;

/* ---- Taking apart ---- */

static const struct {
    const char *prefix;
    const EVP_MD *(*digest)(void);
    gboolean salted;
} digests[] = {
    {"{SHA}", EVP_sha1, FALSE},      {"{SSHA}", EVP_sha1, TRUE},
    {"{SHA256}", EVP_sha256, FALSE}, {"{SSHA256}", EVP_sha256, TRUE},
    {"{SHA512}", EVP_sha512, FALSE}, {"{SSHA512}", EVP_sha512, TRUE},
};

static const char *const crypt_prefixes[] = {"{CRYPT}", "{BLF-CRYPT}", "{SHA256-CRYPT}",
                                             "{SHA512-CRYPT}"};

/* Strict: no rubbish between the letters, which g_base64_decode would leave out. */
static guint8 *decode_base64(const char *text, gsize *n) {
    gsize length = strlen(text);
    gsize letters =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    if (length == 0 || length > 512 || letters + strspn(text + letters, "=") != length ||
        length - letters > 2)
        return NULL;
    return g_base64_decode(text, n);
}

static gboolean parse_digest(const char *hash, Legacy *out, gboolean *whole) {
    for (gsize i = 0; i < G_N_ELEMENTS(digests); i++) {
        gsize length = strlen(digests[i].prefix);
        if (g_ascii_strncasecmp(hash, digests[i].prefix, length) != 0)
            continue;
        out->kind = KIND_DIGEST;
        out->digest = digests[i].digest();
        out->value_n = (gsize)EVP_MD_get_size(out->digest);
        gsize n = 0;
        g_autofree guint8 *raw = decode_base64(hash + length, &n);
        *whole = raw != NULL && n >= out->value_n && n - out->value_n <= SALT_MAXIMUM &&
                 (n > out->value_n) == digests[i].salted;
        if (!*whole)
            return TRUE;
        out->salt_n = n - out->value_n;
        memcpy(out->value, raw, out->value_n);
        memcpy(out->salt, raw + out->value_n, out->salt_n);
        return TRUE;
    }
    return FALSE;
}

static gboolean take_rounds(const char *text, guint most, guint *rounds) {
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 1, most, &value, NULL))
        return FALSE;
    *rounds = (guint)value;
    return TRUE;
}

static gboolean take_salt(Legacy *out, const char *salt) {
    out->salt_n = strlen(salt);
    if (out->salt_n == 0 || out->salt_n > SALT_MAXIMUM)
        return FALSE;
    memcpy(out->salt, salt, out->salt_n);
    return TRUE;
}

static gboolean take_hex(Legacy *out, const char *text) {
    if (strlen(text) != 2 * out->value_n)
        return FALSE;
    for (gsize i = 0; i < out->value_n; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        out->value[i] = (guint8)(high * 16 + low);
    }
    return TRUE;
}

/* {PBKDF2}$1$salt$rounds$hex */
static gboolean parse_pbkdf2_dovecot(const char *text, Legacy *out) {
    g_auto(GStrv) parts = g_strsplit(text, "$", 8);
    out->digest = EVP_sha1();
    out->value_n = 20;
    return g_strv_length(parts) == 5 && *parts[0] == '\0' && g_str_equal(parts[1], "1") &&
           take_salt(out, parts[2]) && take_rounds(parts[3], PBKDF2_ROUNDS_MAXIMUM, &out->rounds) &&
           take_hex(out, parts[4]);
}

/* pbkdf2_sha256$rounds$salt$base64 */
static gboolean parse_pbkdf2_django(const char *text, Legacy *out) {
    g_auto(GStrv) parts = g_strsplit(text, "$", 8);
    out->digest = EVP_sha256();
    out->value_n = 32;
    if (g_strv_length(parts) != 4 || !take_rounds(parts[1], PBKDF2_ROUNDS_MAXIMUM, &out->rounds) ||
        !take_salt(out, parts[2]))
        return FALSE;
    gsize n = 0;
    g_autofree guint8 *raw = decode_base64(parts[3], &n);
    if (raw == NULL || n != out->value_n)
        return FALSE;
    memcpy(out->value, raw, n);
    return TRUE;
}

/* $2b$12$…, $5$rounds=…$…, $6$…: crypt(5). */
static gboolean parse_crypt(const char *text, gboolean *whole) {
    static const struct {
        const char *prefix;
        gsize digest; /* letters behind the last $ */
    } forms[] = {{"$2a$", 53}, {"$2b$", 53}, {"$2y$", 53}, {"$5$", 43}, {"$6$", 86}};
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (!g_str_has_prefix(text, forms[i].prefix))
            continue;
        const char *rest = text + strlen(forms[i].prefix), *last = strrchr(text, '$');
        *whole = strlen(last + 1) == forms[i].digest && last >= rest && strlen(text) < 200;
        guint rounds;
        if (forms[i].digest == 53) {
            g_autofree char *cost = g_strndup(rest, 2);
            *whole =
                *whole && last == rest + 2 && take_rounds(cost, BLOWFISH_COST_MAXIMUM, &rounds);
        } else if (g_str_has_prefix(rest, "rounds=")) {
            g_auto(GStrv) parts = g_strsplit(rest + strlen("rounds="), "$", 2);
            *whole = *whole && take_rounds(parts[0], CRYPT_ROUNDS_MAXIMUM, &rounds);
        }
        return TRUE;
    }
    return FALSE;
}

/* $argon2id$v=19$m=65536,t=3,p=1$salt$value */
static gboolean argon2_is_bearable(const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "$", 8);
    if (g_strv_length(parts) != 6 || !g_str_equal(parts[2], "v=19") || *parts[4] == '\0' ||
        *parts[5] == '\0')
        return FALSE;
    g_auto(GStrv) costs = g_strsplit(parts[3], ",", 4);
    guint value;
    return g_strv_length(costs) == 3 && g_str_has_prefix(costs[0], "m=") &&
           g_str_has_prefix(costs[1], "t=") && g_str_has_prefix(costs[2], "p=") &&
           take_rounds(costs[0] + 2, ARGON2_KIBIBYTES_MAXIMUM, &value) &&
           take_rounds(costs[1] + 2, ARGON2_PASSES_MAXIMUM, &value) &&
           take_rounds(costs[2] + 2, ARGON2_LANES_MAXIMUM, &value);
}

/* FALSE: not a known form. *whole FALSE: of that form, but cut, out of range or too costly. */
static gboolean parse(const char *hash, Legacy *out, gboolean *whole) {
    memset(out, 0, sizeof *out);
    *whole = FALSE;
    if (parse_digest(hash, out, whole))
        return TRUE;
    if (g_ascii_strncasecmp(hash, "{PBKDF2}", 8) == 0) {
        out->kind = KIND_PBKDF2;
        *whole = parse_pbkdf2_dovecot(hash + 8, out);
        return TRUE;
    }
    if (g_str_has_prefix(hash, "pbkdf2_sha256$")) {
        out->kind = KIND_PBKDF2;
        *whole = parse_pbkdf2_django(hash, out);
        return TRUE;
    }
    out->text = hash;
    if (g_ascii_strncasecmp(hash, "{ARGON2ID}", 10) == 0)
        out->text = hash + 10;
    for (gsize i = 0; i < G_N_ELEMENTS(crypt_prefixes); i++)
        if (g_ascii_strncasecmp(hash, crypt_prefixes[i], strlen(crypt_prefixes[i])) == 0)
            out->text = hash + strlen(crypt_prefixes[i]);
    if (g_str_has_prefix(out->text, "$argon2id$")) {
        out->kind = KIND_ARGON2;
        *whole = argon2_is_bearable(out->text);
        return TRUE;
    }
    out->kind = KIND_CRYPT;
    return parse_crypt(out->text, whole);
}

gboolean legacy_hash_check(const char *hash, GError **error) {
    Legacy legacy;
    gboolean whole;
    if (!parse(hash, &legacy, &whole))
        return cv_fail(error, CV_ERROR_INPUT,
                       "không phải dạng băm mật khẩu đã biết (SSHA, SHA512-CRYPT, bcrypt, PBKDF2, "
                       "Argon2id); not a known form of password hash");
    return whole || cv_fail(error, CV_ERROR_INPUT,
                            "băm mật khẩu không đầy đủ hoặc có chi phí tính quá lớn; the password "
                            "hash is incomplete or too costly to verify");
}

/* ---- Verifying ---- */

static gboolean verify_digest(const Legacy *legacy, Bytes password) {
    guint8 value[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean ok = context != NULL && EVP_DigestInit_ex(context, legacy->digest, NULL) == 1 &&
                  EVP_DigestUpdate(context, password.p, password.n) == 1 &&
                  EVP_DigestUpdate(context, legacy->salt, legacy->salt_n) == 1 &&
                  EVP_DigestFinal_ex(context, value, &n) == 1;
    EVP_MD_CTX_free(context);
    return ok && n == legacy->value_n && crypto_equal(value, legacy->value, n);
}

static gboolean verify_pbkdf2(const Legacy *legacy, Bytes password) {
    guint8 value[DIGEST_MAXIMUM];
    return PKCS5_PBKDF2_HMAC((const char *)password.p, (int)password.n, legacy->salt,
                             (int)legacy->salt_n, (int)legacy->rounds, legacy->digest,
                             (int)legacy->value_n, value) == 1 &&
           crypto_equal(value, legacy->value, legacy->value_n);
}

/* crypt(3) ends the password at a NUL: one that holds such a byte never matches. crypt_rn and not
 * crypt_r: AddressSanitizer offers the linker a crypt_r of its own, so that libcrypt is left out
 * and the call goes nowhere; also it gives NULL where crypt_r gives a failure token. */
static gboolean verify_crypt(const Legacy *legacy, Bytes password) {
    if (bytes_has_nul(password))
        return FALSE;
    g_autofree struct crypt_data *work = g_new0(struct crypt_data, 1);
    g_autofree char *text = bytes_dup_string(password);
    const char *value = crypt_rn(text, legacy->text, work, (int)sizeof *work);
    gsize n = strlen(legacy->text);
    gboolean right = value != NULL && strlen(value) == n && crypto_equal(value, legacy->text, n);
    crypto_wipe(text, password.n);
    crypto_wipe(work, sizeof *work);
    return right;
}

gboolean legacy_hash_verify(const char *hash, Bytes password) {
    Legacy legacy;
    gboolean whole;
    if (!parse(hash, &legacy, &whole) || !whole || password.n > G_MAXINT)
        return FALSE;
    switch (legacy.kind) {
    case KIND_DIGEST:
        return verify_digest(&legacy, password);
    case KIND_PBKDF2:
        return verify_pbkdf2(&legacy, password);
    case KIND_CRYPT:
        return verify_crypt(&legacy, password);
    case KIND_ARGON2:
        return crypto_password_verify(legacy.text, password);
    }
    return FALSE;
}
