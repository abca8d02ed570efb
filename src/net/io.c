/* Bytes between a session's buffers and its socket, in the clear or through TLS; or, for a memory
 * session, its two buffers. Nothing here waits. */
#include "base/log.h"
#include "base/metrics.h"
#include "net/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>

METRIC_COUNTER(handshakes, "congvu_net_tls_handshakes_total", "TLS handshakes done");
METRIC_COUNTER(handshake_failures, "congvu_net_tls_failures_total", "TLS handshakes that failed");

/* ---- TLS ---- */

/* What a call of the library that returned `n` means. *wants_write: it waits for the socket to take
 * bytes (else for bytes to come). */
static IoResult tls_result(SSL *ssl, int n, gboolean *wants_read, gboolean *wants_write) {
    int reason = SSL_get_error(ssl, n);
    *wants_read = reason == SSL_ERROR_WANT_READ;
    *wants_write = reason == SSL_ERROR_WANT_WRITE;
    return *wants_read || *wants_write ? IO_AGAIN : IO_BROKEN;
}

gboolean net_io_begin_tls(NetSession *session) {
    session->ssl = session->outgoing != NULL ? net_tls_client_new(session)
                                             : net_tls_new(session->server, session->fd);
    if (session->ssl != NULL)
        return TRUE;
    log_event(LOG_LEVEL_ERROR, "net.tls-unavailable", "session", session->id, NULL);
    return FALSE;
}

IoResult net_io_handshake(NetSession *session) {
    ERR_clear_error();
    int n = session->outgoing != NULL ? SSL_connect(session->ssl) : SSL_accept(session->ssl);
    gboolean wants_read;
    if (n == 1) {
        session->secure = TRUE;
        session->read_wants_write = session->write_wants_read = FALSE;
        session->cipher = g_strconcat(SSL_get_version(session->ssl), " ",
                                      SSL_get_cipher_name(session->ssl), NULL);
        if (session->outgoing != NULL)
            net_tls_client_done(session);
        metric_add(&handshakes, 1);
        return IO_DONE;
    }
    IoResult result = tls_result(session->ssl, n, &wants_read, &session->read_wants_write);
    if (result == IO_BROKEN) {
        metric_add(&handshake_failures, 1);
        const char *why = ERR_reason_error_string(ERR_peek_last_error());
        log_event(LOG_LEVEL_INFO, "net.handshake-failed", "session", session->id, "protocol",
                  session->protocol->name, "peer", session->peer, "why",
                  why == NULL ? "peer closed" : why, NULL);
        if (session->outgoing != NULL && session->outgoing->failure == NULL)
            session->outgoing->failure =
                g_strdup_printf("TLS handshake failed: %s", why == NULL ? "peer closed" : why);
        ERR_clear_error();
    }
    return result;
}

/* One record at most; the library keeps what does not fit. */
static IoResult tls_read(NetSession *session, guint8 *to, gsize room, gsize *got) {
    ERR_clear_error();
    int n = SSL_read(session->ssl, to, (int)room);
    if (n > 0) {
        *got = (gsize)n;
        return IO_DONE;
    }
    *got = 0;
    gboolean wants_read;
    IoResult result = tls_result(session->ssl, n, &wants_read, &session->read_wants_write);
    if (result == IO_AGAIN)
        return IO_AGAIN;
    /* A close_notify is an end; a bare end of the connection may be an attacker's cut, but each
     * protocol here has its own last word (a dot, a LOGOUT), so nothing depends on it. */
    session->eof = TRUE;
    gboolean clean = SSL_get_error(session->ssl, n) == SSL_ERROR_ZERO_RETURN;
    if (!clean)
        ERR_clear_error();
    return IO_AGAIN;
}

/* Several records leave together, instead of waking the peer for each. */
static void cork(NetSession *session, int on) {
    setsockopt(session->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static IoResult tls_write_all(NetSession *session, Buffer *from) {
    while (from->n > 0) {
        Bytes out = buffer_bytes(from);
        ERR_clear_error();
        int n = SSL_write(session->ssl, out.p, (int)MIN(out.n, (gsize)G_MAXINT32));
        gboolean wants_write;
        if (n <= 0)
            return tls_result(session->ssl, n, &session->write_wants_read, &wants_write);
        session->write_wants_read = FALSE;
        buffer_consume(from, (gsize)n);
    }
    return IO_DONE;
}

static IoResult tls_write(NetSession *session, Buffer *from) {
    gboolean several = from->n > SSL3_RT_MAX_PLAIN_LENGTH;
    if (several)
        cork(session, TRUE);
    IoResult result = tls_write_all(session, from);
    if (several)
        cork(session, FALSE);
    return result;
}

/* ---- The socket ---- */

static gboolean would_block(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static IoResult plain_read(NetSession *session, guint8 *to, gsize room, gsize *got) {
    *got = 0;
    for (;;) {
        gssize n = recv(session->fd, to, room, MSG_DONTWAIT);
        if (n > 0) {
            *got = (gsize)n;
            return IO_DONE;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && would_block())
            return IO_AGAIN;
        session->eof = TRUE; /* closed, or reset: what came before it still counts */
        return IO_AGAIN;
    }
}

static IoResult plain_write(NetSession *session, Buffer *from) {
    while (from->n > 0) {
        Bytes out = buffer_bytes(from);
        gssize n = send(session->fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            buffer_consume(from, (gsize)n);
        else if (n < 0 && would_block())
            return IO_AGAIN;
        else if (!(n < 0 && errno == EINTR))
            return IO_BROKEN;
    }
    return IO_DONE;
}

static IoResult memory_read(NetSession *session, guint8 *to, gsize room, gsize *got) {
    *got = MIN(room, session->memory_in->n);
    if (*got == 0)
        return IO_AGAIN;
    memcpy(to, buffer_bytes(session->memory_in).p, *got);
    buffer_consume(session->memory_in, *got);
    return IO_DONE;
}

static IoResult memory_write(NetSession *session, Buffer *from) {
    buffer_append_bytes(session->memory_out, buffer_bytes(from));
    buffer_clear(from);
    return IO_DONE;
}

static IoResult wire_read(NetSession *session, guint8 *to, gsize room, gsize *got) {
    return session->ssl != NULL      ? tls_read(session, to, room, got)
           : session->server != NULL ? plain_read(session, to, room, got)
                                     : memory_read(session, to, room, got);
}

static IoResult wire_write(NetSession *session, Buffer *from) {
    return session->ssl != NULL      ? tls_write(session, from)
           : session->server != NULL ? plain_write(session, from)
                                     : memory_write(session, from);
}

/* ---- Compression ---- */

gboolean net_io_begin_filter(NetSession *session) {
    if (session->server == NULL) /* of a memory session it is played, as TLS is */
        return TRUE;
    session->filter = net_filter_new(buffer_bytes(&session->output));
    gboolean taken = net_filter_packed(session->filter)->n == session->output.n;
    buffer_clear(&session->output);
    return taken;
}

gsize net_io_pending(const NetSession *session) {
    return session->output.n +
           (session->filter == NULL ? 0 : net_filter_packed(session->filter)->n);
}

static IoResult not_deflate(NetSession *session) {
    log_event(LOG_LEVEL_INFO, "net.closed", "session", session->id, "protocol",
              session->protocol->name, "peer", session->peer, "why", "compressed-data", NULL);
    return IO_BROKEN;
}

static IoResult filter_fill(NetSession *session, gboolean *got) {
    Buffer *raw = net_filter_raw(session->filter);
    while (session->input.n < session->input.maximum) {
        if (!net_filter_inflate(session->filter, &session->input, got))
            return not_deflate(session);
        if (net_filter_has_input(session->filter))
            break; /* there is no room for it */
        gsize n, room = NET_READ_PIECE;
        guint8 *to = buffer_reserve(raw, room);
        IoResult result = wire_read(session, to, room, &n);
        buffer_commit(raw, n);
        if (!net_filter_inflate(session->filter, &session->input, got))
            return not_deflate(session);
        if (n > 0 && session->ssl != NULL && SSL_has_pending(session->ssl))
            continue;
        if (n < room || result != IO_DONE) {
            /* What is left of it is taken when there is room. */
            session->may_read = net_filter_has_input(session->filter);
            return IO_DONE;
        }
    }
    return IO_DONE;
}

static IoResult filter_flush(NetSession *session) {
    Buffer *packed = net_filter_packed(session->filter);
    for (;;) {
        IoResult result = wire_write(session, packed);
        if (result != IO_DONE)
            return result;
        if (!net_filter_has_output(session->filter, &session->output))
            return IO_DONE;
        if (!net_filter_deflate(session->filter, &session->output))
            return IO_BROKEN;
    }
}

/* ---- What turn.c uses ---- */

IoResult net_io_fill(NetSession *session, gboolean *got) {
    if (session->filter != NULL)
        return filter_fill(session, got);
    while (session->input.n < session->input.maximum) {
        gsize room = MIN(session->input.maximum - session->input.n, NET_READ_PIECE);
        guint8 *to = buffer_reserve(&session->input, room);
        gsize n;
        IoResult result = wire_read(session, to, room, &n);
        buffer_commit(&session->input, n);
        *got |= n > 0;
        if (n > 0 && session->ssl != NULL && SSL_has_pending(session->ssl))
            continue;
        if (n < room || result != IO_DONE) {
            /* A short read emptied the socket; what comes later is an event. */
            session->may_read = FALSE;
            return IO_DONE;
        }
    }
    return IO_DONE; /* full: may_read stays, the rest is taken when there is room */
}

/* Output that makes no progress for NET_STUCK_TIME ends the session. */
static void watch_progress(NetSession *session, gsize before) {
    if (session->server == NULL || session->phase == PHASE_LINGER)
        return;
    gint64 known = __atomic_load_n(&session->net_deadline, __ATOMIC_RELAXED);
    gsize left = net_io_pending(session);
    if (left == 0) {
        if (known != 0)
            __atomic_store_n(&session->net_deadline, 0, __ATOMIC_SEQ_CST);
    } else if (known == 0 || left < before) {
        __atomic_store_n(&session->net_deadline, g_get_monotonic_time() + NET_STUCK_TIME,
                         __ATOMIC_SEQ_CST);
        net_wheel_schedule(session);
    }
}

IoResult net_io_flush(NetSession *session) {
    gsize before = net_io_pending(session);
    if (before == 0)
        return IO_DONE;
    IoResult result =
        session->filter != NULL ? filter_flush(session) : wire_write(session, &session->output);
    watch_progress(session, before);
    return result;
}

void net_io_end_tls(NetSession *session) {
    if (session->ssl == NULL)
        return;
    ERR_clear_error();
    SSL_shutdown(session->ssl); /* close_notify, if the socket takes it */
    ERR_clear_error();
}

IoResult net_io_discard(NetSession *session) {
    guint8 rubbish[4096];
    while (session->lingered < NET_LINGER_BYTES) {
        gssize n = recv(session->fd, rubbish, sizeof rubbish, MSG_DONTWAIT);
        if (n > 0)
            session->lingered += (gsize)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else
            return n < 0 && would_block() ? IO_AGAIN : IO_DONE;
    }
    return IO_DONE;
}
