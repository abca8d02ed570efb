/* TLS as a client: the settings that all our own connections share, and the sessions that peers let
 * us take up again.
 *
 * Whether a certificate must be good is each connection's matter (NetConnect): mail to strangers is
 * encrypted to whoever answers, because the alternative there is no encryption at all (RFC 7435); a
 * relay of ours is verified. A session is used once and then replaced by the next ticket (RFC 8446
 * C.4). */
#include "net/internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { TICKETS_MOST = 4096 };

/* Server's lock is held. */
static void keep_ticket(NetServer *server, const char *key, SSL_SESSION *ticket) {
    if (server->tickets == NULL)
        server->tickets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)SSL_SESSION_free);
    if (g_hash_table_size(server->tickets) >= TICKETS_MOST)
        g_hash_table_remove_all(server->tickets); /* they come again */
    g_hash_table_insert(server->tickets, g_strdup(key), ticket);
}

/* The library's callback; 1: we keep the reference. */
static int new_ticket(SSL *ssl, SSL_SESSION *ticket) {
    NetSession *session = SSL_get_app_data(ssl);
    NetServer *server = session == NULL ? NULL : session->server;
    if (server == NULL || session->outgoing == NULL || !SSL_SESSION_is_resumable(ticket))
        return 0;
    g_mutex_lock(&server->lock);
    keep_ticket(server, session->outgoing->key, ticket);
    g_mutex_unlock(&server->lock);
    return 1;
}

static SSL_CTX *make_client_settings(void) {
    SSL_CTX *settings = SSL_CTX_new(TLS_client_method());
    if (settings == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION);
    SSL_CTX_set_options(settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(settings,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(settings, new_ticket);
    SSL_CTX_set_default_verify_paths(settings);
    return settings;
}

/* Lock held; NULL when the library does not start. */
static SSL_CTX *client_settings(NetServer *server) {
    if (server->tls_client == NULL)
        server->tls_client = make_client_settings();
    return server->tls_client;
}

gboolean net_server_set_trust(NetServer *server, const char *file, GError **error) {
    if (file == NULL)
        return TRUE;
    ERR_clear_error();
    g_mutex_lock(&server->lock);
    SSL_CTX *settings = client_settings(server);
    gboolean good = settings != NULL && SSL_CTX_load_verify_locations(settings, file, NULL) == 1;
    g_mutex_unlock(&server->lock);
    if (good)
        return TRUE;
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    return cv_fail(error, CV_ERROR_INPUT, "cannot use the authorities in %s: %s", file,
                   why == NULL ? "unknown reason" : why);
}

static gboolean prepare(NetSession *session, SSL *ssl) {
    const NetOutgoing *outgoing = session->outgoing;
    SSL_set_app_data(ssl, session);
    if (SSL_set_fd(ssl, session->fd) != 1)
        return FALSE;
    /* Looked for even where it decides nothing: net_session_is_verified tells. */
    if (outgoing->name != NULL && g_hostname_is_ip_address(outgoing->name)) {
        if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), outgoing->name) != 1)
            return FALSE;
    } else if (outgoing->name != NULL) {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (SSL_set_tlsext_host_name(ssl, outgoing->name) != 1 ||
            SSL_set1_host(ssl, outgoing->name) != 1)
            return FALSE;
    }
    SSL_set_verify(ssl, outgoing->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return !outgoing->verify || outgoing->name != NULL;
}

SSL *net_tls_client_new(NetSession *session) {
    NetServer *server = session->server;
    g_mutex_lock(&server->lock);
    SSL_CTX *settings = client_settings(server);
    SSL *ssl = settings == NULL ? NULL : SSL_new(settings);
    gpointer key = NULL, ticket = NULL;
    if (ssl != NULL && server->tickets != NULL)
        g_hash_table_steal_extended(server->tickets, session->outgoing->key, &key, &ticket);
    g_mutex_unlock(&server->lock);
    if (ssl != NULL && !prepare(session, ssl))
        g_clear_pointer(&ssl, SSL_free);
    if (ssl != NULL && ticket != NULL)
        SSL_set_session(ssl, ticket); /* refused: a full handshake */
    g_free(key);
    SSL_SESSION_free(ticket);
    return ssl;
}

void net_tls_client_done(NetSession *session) {
    NetOutgoing *outgoing = session->outgoing;
    outgoing->resumed = SSL_session_reused(session->ssl) == 1;
    outgoing->verified = outgoing->name != NULL &&
                         SSL_get_verify_result(session->ssl) == X509_V_OK &&
                         SSL_get0_peer_certificate(session->ssl) != NULL;
}

void net_tls_client_release(NetServer *server) {
    g_clear_pointer(&server->tickets, g_hash_table_unref);
    g_clear_pointer(&server->tls_client, SSL_CTX_free);
}
