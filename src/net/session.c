/* The life of a session record, and what a protocol may ask about it. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/metrics.h"
#include "net/internal.h"

#include <unistd.h>

static void count_open(const NetSession *session, gint64 n) {
    if (session->protocol->open_sessions != NULL)
        metric_add(session->protocol->open_sessions, n);
}

/* Unique in the process and, by the random start, between processes; a name, no secret. */
static void make_id(char id[NET_ID_LENGTH + 1]) {
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    static guint64 counter;
    static gsize started;
    if (g_once_init_enter(&started)) {
        __atomic_store_n(&counter, crypto_random_u64(), __ATOMIC_RELEASE);
        g_once_init_leave(&started, 1);
    }
    /* An odd factor permutes the low 50 bits, so neighbours look different and none repeats before
     * 2^50 sessions. */
    guint64 number = __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    number *= G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    for (int i = NET_ID_LENGTH - 1; i >= 0; i--, number >>= 5)
        id[i] = digits[number & 31];
    id[NET_ID_LENGTH] = '\0';
}

NetSession *net_session_make(const NetProtocol *protocol, gpointer service) {
    NetSession *session = g_malloc0(sizeof(NetSession) + protocol->state_size);
    session->references = 1;
    session->fd = -1;
    session->protocol = protocol;
    session->service = service;
    session->waiting = NET_WAIT_INPUT;
    session->start_due = TRUE;
    buffer_init(&session->input, protocol->input_maximum);
    buffer_init(&session->output, NET_OUTPUT_LIMIT);
    make_id(session->id);
    count_open(session, 1);
    if (protocol->all_sessions != NULL)
        metric_add(protocol->all_sessions, 1);
    return session;
}

/* server->lock is held. */
static void uncount_address(NetSession *session) {
    if (!session->counted)
        return;
    session->counted = FALSE;
    GHashTable *addresses = session->server->addresses;
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(addresses, session->peer_key));
    if (count > 1)
        g_hash_table_insert(addresses, g_memdup2(session->peer_key, sizeof session->peer_key),
                            GUINT_TO_POINTER(count - 1));
    else
        g_hash_table_remove(addresses, session->peer_key);
}

void net_session_leave(NetSession *session) {
    if (session->left)
        return;
    NetServer *server = session->server;
    if (server != NULL) {
        g_mutex_lock(&server->lock);
        session->left = TRUE;
        uncount_address(session);
        g_mutex_unlock(&server->lock);
    }
    session->left = TRUE;
    if (session->protocol->free != NULL)
        session->protocol->free(session->state);
    buffer_release(&session->input);
}

void net_session_link(NetSession *session, NetServer *server) {
    session->server = server;
    session->next = server->sessions;
    if (session->next != NULL)
        session->next->previous = session;
    server->sessions = session;
    server->session_count++;
}

void net_session_register(NetSession *session) {
    NetServer *server = session->server;
    guint fd = (guint)session->fd;
    g_mutex_lock(&server->fd_locks[fd % NET_FD_LOCKS]);
    server->by_fd[fd] = session;
    g_mutex_unlock(&server->fd_locks[fd % NET_FD_LOCKS]);
}

/* First out of the table, so that no late event finds the session; then the number is free. */
static void close_socket(NetSession *session) {
    NetServer *server = session->server;
    guint fd = (guint)session->fd;
    g_mutex_lock(&server->fd_locks[fd % NET_FD_LOCKS]);
    server->by_fd[fd] = NULL;
    g_mutex_unlock(&server->fd_locks[fd % NET_FD_LOCKS]);
    close(session->fd);
    session->fd = -1;
}

void net_session_destroy(NetSession *session) {
    NetServer *server = session->server;
    net_session_leave(session);
    __atomic_fetch_or(&session->status, STATUS_CLOSED, __ATOMIC_ACQ_REL);
    g_clear_pointer(&session->ssl, SSL_free);
    g_clear_pointer(&session->filter, net_filter_free);
    if (session->fd >= 0)
        close_socket(session);
    buffer_release(&session->output);
    if (server != NULL) {
        net_wheel_remove(session);
        if (session->listener != NULL)
            __atomic_fetch_sub(&session->listener->sessions, 1, __ATOMIC_RELAXED);
        g_mutex_lock(&server->lock);
        if (session->previous != NULL)
            session->previous->next = session->next;
        else
            server->sessions = session->next;
        if (session->next != NULL)
            session->next->previous = session->previous;
        if (--server->session_count == 0)
            g_cond_broadcast(&server->gone);
        g_mutex_unlock(&server->lock);
    }
    count_open(session, -1);
    net_session_unref(session);
}

void net_session_discard(NetSession *session) {
    count_open(session, -1);
    net_session_unref(session);
}

NetSession *net_session_ref(NetSession *session) {
    __atomic_fetch_add(&session->references, 1, __ATOMIC_RELAXED);
    return session;
}

void net_session_unref(NetSession *session) {
    if (__atomic_fetch_sub(&session->references, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    net_outgoing_free(session->outgoing);
    g_free(session->cipher);
    g_free(session);
}

void net_wake(NetSession *session) {
    net_session_post(session, STATUS_WAKE);
}

Buffer *net_input(NetSession *session) {
    return &session->input;
}

Buffer *net_output(NetSession *session) {
    return &session->output;
}

void net_set_input_maximum(NetSession *session, gsize bytes) {
    session->input.maximum = MIN(bytes, session->protocol->input_maximum);
}

gsize net_output_high(const NetSession *session) {
    return session->listener == NULL || session->signed_in ? NET_OUTPUT_HIGH : NET_OUTPUT_STRANGER;
}

gboolean net_output_full(NetSession *session) {
    return session->output.n >= net_output_high(session);
}

gboolean net_flush(NetSession *session) {
    IoResult result = net_io_flush(session);
    if (result == IO_BROKEN)
        session->broken = TRUE;
    return result == IO_DONE;
}

void net_set_deadline(NetSession *session, gint64 microseconds) {
    gint64 due = microseconds <= 0 ? 0 : clock_monotonic() + microseconds;
    __atomic_store_n(&session->deadline, due, __ATOMIC_SEQ_CST);
    net_wheel_schedule(session);
}

gpointer net_session_service(NetSession *session) {
    return session->service;
}

const char *net_session_id(const NetSession *session) {
    return session->id;
}

const char *net_session_peer(const NetSession *session) {
    return session->peer;
}

guint16 net_session_peer_port(const NetSession *session) {
    return session->peer_port;
}

guint16 net_session_local_port(const NetSession *session) {
    return session->local_port;
}

gboolean net_session_is_loopback(const NetSession *session) {
    return session->loopback;
}

gboolean net_session_is_secure(const NetSession *session) {
    return session->secure;
}

const char *net_session_cipher(const NetSession *session) {
    return session->cipher;
}

void net_session_signed_in(NetSession *session) {
    session->signed_in = TRUE;
    if (session->ssl != NULL)
        SSL_set_max_send_fragment(session->ssl, SSL3_RT_MAX_PLAIN_LENGTH);
    if (session->server == NULL)
        return;
    g_mutex_lock(&session->server->lock);
    uncount_address(session);
    g_mutex_unlock(&session->server->lock);
}
