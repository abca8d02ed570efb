/* TLS: the settings that every session shares, the certificate in force, and a self-signed
 * certificate for a system that has none.
 *
 * TLS 1.2 with forward secrecy and authenticated encryption, or TLS 1.3; no compression, no
 * renegotiation, no early data. Session tickets are sealed with a key that lives in the settings:
 * a new certificate makes new settings, and with them a new key. */
#include "base/clock.h"
#include "base/metrics.h"
#include "net/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)

METRIC_GAUGE(expires_seconds, "congvu_tls_certificate_expires_seconds",
             "Unix time at which the certificate in force ends");

static const char ciphers_12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static const char *library_reason(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "unknown reason" : reason;
}

static SSL_CTX *make_settings(void) {
    static const guint8 context[] = "congvu";
    SSL_CTX *settings = SSL_CTX_new(TLS_server_method());
    if (settings == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(settings, ciphers_12);
    SSL_CTX_set1_groups_list(settings, "X25519:P-256:P-384");
    SSL_CTX_set_options(settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                      SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* RELEASE_BUFFERS: an idle session keeps no record buffers. MOVING_WRITE_BUFFER: our output may
     * be somewhere else when a write is tried again; the bytes are the same. */
    SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(settings, 1); /* one read for a record instead of two */
    SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(settings, context, sizeof context - 1);
    SSL_CTX_set_num_tickets(settings, 1);
    SSL_CTX_set_max_early_data(settings, 0);
    return settings;
}

static gint64 end_of(SSL_CTX *settings) {
    struct tm end = {0};
    const X509 *certificate = SSL_CTX_get0_certificate(settings);
    if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return 0;
    return (gint64)timegm(&end) * CLOCK_SECOND;
}

/* Settings with this certificate; NULL with error. */
static SSL_CTX *load_certificate(const char *certificate, const char *key, GError **error) {
    ERR_clear_error();
    g_autoptr(SSL_CTX) settings = make_settings();
    if (settings == NULL)
        cv_fail(error, CV_ERROR_INTERNAL, "the TLS library does not start: %s", library_reason());
    else if (SSL_CTX_use_certificate_chain_file(settings, certificate) != 1)
        cv_fail(error, CV_ERROR_INPUT, "cannot use the certificate %s: %s", certificate,
                library_reason());
    else if (SSL_CTX_use_PrivateKey_file(settings, key, SSL_FILETYPE_PEM) != 1)
        cv_fail(error, CV_ERROR_INPUT, "cannot use the key %s: %s", key, library_reason());
    else if (SSL_CTX_check_private_key(settings) != 1)
        cv_fail(error, CV_ERROR_INPUT, "the key %s does not belong to the certificate %s", key,
                certificate);
    else
        return g_steal_pointer(&settings);
    return NULL;
}

gboolean net_check_certificate(const char *certificate, const char *key, gint64 *expires,
                               GError **error) {
    g_autoptr(SSL_CTX) settings = load_certificate(certificate, key, error);
    if (settings != NULL)
        *expires = end_of(settings);
    return settings != NULL;
}

gboolean net_server_set_certificate(NetServer *server, const char *certificate, const char *key,
                                    GError **error) {
    SSL_CTX *settings = load_certificate(certificate, key, error);
    if (settings == NULL)
        return FALSE;
    metric_set(&expires_seconds, end_of(settings) / CLOCK_SECOND);
    g_mutex_lock(&server->lock);
    SSL_CTX *before = server->tls;
    server->tls = settings;
    g_mutex_unlock(&server->lock);
    SSL_CTX_free(before); /* sessions that are open hold it */
    return TRUE;
}

SSL *net_tls_new(NetServer *server, int fd) {
    g_mutex_lock(&server->lock);
    g_autoptr(SSL_CTX) settings = server->tls;
    if (settings != NULL)
        SSL_CTX_up_ref(settings);
    g_mutex_unlock(&server->lock);
    SSL *ssl = settings == NULL ? NULL : SSL_new(settings);
    if (ssl != NULL && SSL_set_fd(ssl, fd) != 1)
        g_clear_pointer(&ssl, SSL_free);
    if (ssl != NULL) /* until sign-in: an answer that is not read keeps a record in memory */
        SSL_set_max_send_fragment(ssl, NET_STRANGER_RECORD);
    return ssl;
}

/* ---- A certificate of our own ---- */

enum { TEN_YEARS_DAYS = 3650, SERIAL_BITS = 127 };

static gboolean add_extension(X509 *x, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    gboolean added = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static gboolean set_serial(X509 *x) {
    BIGNUM *number = BN_new();
    gboolean done = number != NULL && BN_rand(number, SERIAL_BITS, 0, 0) == 1 &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return done;
}

/* "DNS:a,DNS:b,IP:127.0.0.1" */
static char *alternative_names(const char *const *names) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; names[i] != NULL; i++)
        g_string_append_printf(text, "%s%s:%s", i > 0 ? "," : "",
                               g_hostname_is_ip_address(names[i]) ? "IP" : "DNS", names[i]);
    return g_string_free(text, FALSE);
}

static X509 *self_sign(EVP_PKEY *key, const char *const *names) {
    g_autoptr(X509) x = X509_new();
    g_autofree char *alternatives = alternative_names(names);
    time_t now = (time_t)(clock_now() / CLOCK_SECOND);
    if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) ||
        X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, &now) == NULL ||
        X509_time_adj_ex(X509_getm_notAfter(x), TEN_YEARS_DAYS, 0, &now) == NULL ||
        X509_set_pubkey(x, key) != 1)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(x);
    if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const guint8 *)names[0], -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(x, subject) != 1 ||
        !add_extension(x, NID_subject_alt_name, alternatives) ||
        !add_extension(x, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(x, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(x, NID_ext_key_usage, "serverAuth") || X509_sign(x, key, EVP_sha256()) == 0)
        return NULL;
    return g_steal_pointer(&x);
}

static FILE *create_file(const char *path, mode_t mode, GError **error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL || fchmod(fd, mode) != 0) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot write %s", path);
        if (file != NULL)
            fclose(file);
        else if (fd >= 0)
            close(fd);
        return NULL;
    }
    return file;
}

/* Flushes to the disk and closes. */
static gboolean close_file(FILE *file, gboolean written, const char *path, GError **error) {
    gboolean kept = written && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (!kept)
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot write %s", path);
    fclose(file);
    return kept;
}

gboolean net_make_certificate(const char *certificate, const char *key, const char *const *names,
                              GError **error) {
    if (names == NULL || names[0] == NULL)
        return cv_fail(error, CV_ERROR_INPUT, "a certificate needs at least one host name");
    ERR_clear_error();
    g_autoptr(EVP_PKEY) pair = EVP_EC_gen("P-256");
    g_autoptr(X509) x = pair == NULL ? NULL : self_sign(pair, names);
    if (x == NULL)
        return cv_fail(error, CV_ERROR_INTERNAL, "cannot make a certificate for %s: %s", names[0],
                       library_reason());
    FILE *file = create_file(key, 0600, error);
    if (file == NULL)
        return FALSE;
    gboolean written = PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL) == 1;
    if (!close_file(file, written, key, error))
        return FALSE;
    file = create_file(certificate, 0644, error);
    if (file == NULL)
        return FALSE;
    return close_file(file, PEM_write_X509(file, x) == 1, certificate, error);
}
