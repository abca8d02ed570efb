/* See stream.h. */
#include "net/stream.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FINGERPRINT_BYTES = 32 };

struct NetStream {
    int fd;
    char *host, *trust;
    gboolean pinned;
    guint8 fingerprint[FINGERPRINT_BYTES];
    gint64 time;
    SSL_CTX *settings;
    SSL *ssl;
};

/* ---- Connecting ---- */

static gboolean wait_for(NetStream *stream, short events, GError **error) {
    struct pollfd fd = {.fd = stream->fd, .events = events};
    gint64 until = clock_monotonic() + stream->time;
    for (;;) {
        gint64 left = until - clock_monotonic();
        int n = poll(&fd, 1, (int)CLAMP(left / 1000, 0, 60 * 60 * 1000));
        if (n > 0)
            return TRUE;
        if (n == 0)
            return cv_fail(error, CV_ERROR_NETWORK,
                           "máy chủ %s không trả lời; the server does not answer", stream->host);
        if (errno != EINTR)
            return cv_fail_errno(error, CV_ERROR_NETWORK, "cannot wait for %s", stream->host);
    }
}

static gboolean connect_one(NetStream *stream, const struct addrinfo *address, GError **error) {
    int on = 1;
    stream->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->fd < 0)
        return cv_fail_errno(error, CV_ERROR_NETWORK, "cannot make a socket");
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int why = 0;
    socklen_t length = sizeof why;
    if (connect(stream->fd, address->ai_addr, address->ai_addrlen) != 0) {
        why = errno;
        if (why == EINPROGRESS && wait_for(stream, POLLOUT, error))
            getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &why, &length);
    }
    if (why == 0)
        return TRUE;
    close(stream->fd);
    stream->fd = -1;
    errno = why;
    return (error != NULL && *error != NULL)
               ? FALSE
               : cv_fail_errno(error, CV_ERROR_NETWORK, "không nối được tới %s; cannot connect",
                               stream->host);
}

static gboolean connect_any(NetStream *stream, guint16 port, GError **error) {
    char service[8];
    g_snprintf(service, sizeof service, "%u", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    int failed = getaddrinfo(stream->host, service, &hints, &addresses);
    if (failed != 0)
        return cv_fail(error, CV_ERROR_NETWORK, "không tìm được máy chủ %s; no such host: %s",
                       stream->host, gai_strerror(failed));
    gboolean connected = FALSE;
    for (const struct addrinfo *a = addresses; a != NULL && !connected; a = a->ai_next) {
        g_clear_error(error);
        connected = connect_one(stream, a, error);
    }
    freeaddrinfo(addresses);
    return connected;
}

/* ---- TLS ---- */

static gboolean read_fingerprint(NetStream *stream, const char *text, GError **error) {
    gsize n = 0;
    const char *p = text;
    for (; *p != '\0' && n < FINGERPRINT_BYTES; p++) {
        if (*p == ':' || *p == ' ')
            continue;
        int high = g_ascii_xdigit_value(p[0]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(p[1]);
        if (low < 0)
            break;
        stream->fingerprint[n++] = (guint8)(high * 16 + low);
        p++;
    }
    if (n != FINGERPRINT_BYTES || *p != '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "dấu vân tay phải là SHA-256, 64 chữ số hệ 16; the fingerprint must be the "
                       "SHA-256 of the certificate, 64 hexadecimal digits");
    stream->pinned = TRUE;
    return TRUE;
}

static const char *last_reason(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "unknown reason" : reason;
}

static gboolean make_settings(NetStream *stream, GError **error) {
    ERR_clear_error();
    stream->settings = SSL_CTX_new(TLS_client_method());
    if (stream->settings == NULL)
        return cv_fail(error, CV_ERROR_INTERNAL, "the TLS library does not start");
    SSL_CTX_set_min_proto_version(stream->settings, TLS1_2_VERSION);
    SSL_CTX_set_options(stream->settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                              SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(stream->settings,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (stream->trust == NULL)
        return SSL_CTX_set_default_verify_paths(stream->settings) == 1 ||
               cv_fail(error, CV_ERROR_INPUT, "the system's authorities cannot be read");
    return SSL_CTX_load_verify_locations(stream->settings, stream->trust, NULL) == 1 ||
           cv_fail(error, CV_ERROR_INPUT, "không dùng được tệp %s; cannot use its authorities: %s",
                   stream->trust, last_reason());
}

static gboolean prepare(NetStream *stream) {
    SSL *ssl = stream->ssl = SSL_new(stream->settings);
    if (ssl == NULL || SSL_set_fd(ssl, stream->fd) != 1)
        return FALSE;
    /* Judged after the handshake, so that the refusal can tell the fingerprint. */
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    if (g_hostname_is_ip_address(stream->host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), stream->host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, stream->host) == 1 &&
           SSL_set1_host(ssl, stream->host) == 1;
}

/* The library wants to read or to write; FALSE: it failed, or nothing came. */
static gboolean wait_tls(NetStream *stream, int result, GError **error) {
    int why = SSL_get_error(stream->ssl, result);
    if (why == SSL_ERROR_WANT_READ)
        return wait_for(stream, POLLIN, error);
    if (why == SSL_ERROR_WANT_WRITE)
        return wait_for(stream, POLLOUT, error);
    if (why == SSL_ERROR_ZERO_RETURN)
        return cv_fail(error, CV_ERROR_NETWORK,
                       "máy chủ %s đã đóng kết nối; the server closed the "
                       "connection",
                       stream->host);
    return cv_fail(error, CV_ERROR_NETWORK, "kết nối TLS tới %s hỏng; TLS failed: %s", stream->host,
                   why == SSL_ERROR_SYSCALL ? "connection lost" : last_reason());
}

static gboolean check_certificate(NetStream *stream, GError **error) {
    guint8 digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    if (certificate == NULL || X509_digest(certificate, EVP_sha256(), digest, &length) != 1 ||
        length != FINGERPRINT_BYTES)
        return cv_fail(error, CV_ERROR_AUTH,
                       "máy chủ %s không có chứng thư; the server has no "
                       "certificate",
                       stream->host);
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < length; i++)
        g_string_append_printf(text, "%s%02X", i == 0 ? "" : ":", digest[i]);
    if (stream->pinned)
        return memcmp(digest, stream->fingerprint, FINGERPRINT_BYTES) == 0 ||
               cv_fail(error, CV_ERROR_AUTH,
                       "chứng thư của %s không phải chứng thư đã nêu; the certificate is another: "
                       "its fingerprint is %s",
                       stream->host, text->str);
    long result = SSL_get_verify_result(stream->ssl);
    return result == X509_V_OK ||
           cv_fail(error, CV_ERROR_AUTH,
                   "chứng thư của %s không đáng tin; the certificate is not to be trusted: %s. If "
                   "it is known to be the right one: --fingerprint %s",
                   stream->host, X509_verify_cert_error_string(result), text->str);
}

gboolean net_stream_start_tls(NetStream *stream, GError **error) {
    if (!make_settings(stream, error))
        return FALSE;
    if (!prepare(stream))
        return cv_fail(error, CV_ERROR_INTERNAL, "the TLS library does not start");
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(stream->ssl);
        if (result == 1)
            return check_certificate(stream, error);
        if (!wait_tls(stream, result, error))
            return FALSE;
    }
}

gboolean net_stream_is_secure(const NetStream *stream) {
    return stream->ssl != NULL;
}

/* ---- The stream ---- */

NetStream *net_stream_open(const NetStreamOptions *options, GError **error) {
    g_autoptr(NetStream) stream = g_new0(NetStream, 1);
    stream->fd = -1;
    stream->host = g_strdup(options->host);
    stream->trust = g_strdup(options->trust);
    stream->time = options->time;
    if (options->fingerprint != NULL && !read_fingerprint(stream, options->fingerprint, error))
        return NULL;
    if (!connect_any(stream, options->port, error) ||
        (options->tls && !net_stream_start_tls(stream, error)))
        return NULL;
    return g_steal_pointer(&stream);
}

void net_stream_close(NetStream *stream) {
    if (stream == NULL)
        return;
    if (stream->ssl != NULL)
        SSL_shutdown(stream->ssl);
    SSL_free(stream->ssl);
    SSL_CTX_free(stream->settings);
    if (stream->fd >= 0)
        close(stream->fd);
    g_free(stream->host);
    g_free(stream->trust);
    g_free(stream);
}

/* Bytes read, 0: try again; -1: *error. */
static gssize read_some(NetStream *stream, guint8 *to, gsize most, GError **error) {
    if (stream->ssl != NULL) {
        ERR_clear_error();
        int n = SSL_read(stream->ssl, to, (int)MIN(most, (gsize)G_MAXINT));
        return n > 0 ? n : wait_tls(stream, n, error) ? 0 : -1;
    }
    gssize n = recv(stream->fd, to, most, 0);
    if (n > 0)
        return n;
    if (n == 0) {
        cv_fail(error, CV_ERROR_NETWORK,
                "máy chủ %s đã đóng kết nối; the server closed the connection", stream->host);
        return -1;
    }
    if (errno == EINTR)
        return 0;
    if (errno == EAGAIN)
        return wait_for(stream, POLLIN, error) ? 0 : -1;
    cv_fail_errno(error, CV_ERROR_NETWORK, "mất kết nối tới %s; the connection is lost",
                  stream->host);
    return -1;
}

gboolean net_stream_read(NetStream *stream, Buffer *in, gsize most, GError **error) {
    guint8 *to = buffer_reserve(in, most);
    if (to == NULL)
        return cv_fail(error, CV_ERROR_LIMIT, "no room for what %s sends", stream->host);
    gssize n;
    do
        n = read_some(stream, to, most, error);
    while (n == 0);
    buffer_commit(in, n < 0 ? 0 : (gsize)n);
    return n > 0;
}

gboolean net_stream_write(NetStream *stream, Bytes bytes, GError **error) {
    while (bytes.n > 0) {
        gssize n;
        if (stream->ssl != NULL) {
            ERR_clear_error();
            n = SSL_write(stream->ssl, bytes.p, (int)MIN(bytes.n, (gsize)G_MAXINT));
            if (n <= 0 && !wait_tls(stream, (int)n, error))
                return FALSE;
        } else {
            n = send(stream->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
            if (n < 0 && errno == EAGAIN) {
                if (!wait_for(stream, POLLOUT, error))
                    return FALSE;
            } else if (n < 0 && errno != EINTR) {
                return cv_fail_errno(error, CV_ERROR_NETWORK,
                                     "mất kết nối tới %s; the connection is lost", stream->host);
            }
        }
        bytes = bytes_slice(bytes, n < 0 ? 0 : (gsize)n, bytes.n);
    }
    return TRUE;
}
