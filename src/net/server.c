/* The server: its listeners, its books of sessions, its beginning and its end. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/internal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    SESSIONS_DEFAULT = 20000,
    BY_FD_MOST = 1 << 20,
    KILL_TIME = 1000000,
    /* A worker may wait for a flush. Those that wait together share it, and others must be left to
     * work meanwhile. */
    LEAST_WORKERS = 16,
};

static guint hash_key(gconstpointer key) {
    guint64 words[2];
    memcpy(words, key, sizeof words);
    return (guint)((words[0] ^ words[1]) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 32);
}

static gboolean equal_keys(gconstpointer a, gconstpointer b) {
    return memcmp(a, b, 16) == 0;
}

static guint descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    return (guint)MIN(limit.rlim_cur, (rlim_t)BY_FD_MOST);
}

NetServer *net_server_new(const NetOptions *options, GError **error) {
    crypto_init();
    signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of write, not a signal */
    NetServer *server = g_new0(NetServer, 1);
    server->options = *options;
    if (server->options.workers == 0)
        server->options.workers = MAX(LEAST_WORKERS, 4 * g_get_num_processors());
    if (server->options.session_maximum == 0)
        server->options.session_maximum = SESSIONS_DEFAULT;
    g_mutex_init(&server->lock);
    g_cond_init(&server->gone);
    g_mutex_init(&server->ready_lock);
    g_mutex_init(&server->crew_lock);
    g_cond_init(&server->crew_wanted);
    g_mutex_init(&server->wheel.lock);
    g_cond_init(&server->wheel.changed);
    for (guint i = 0; i < NET_FD_LOCKS; i++)
        g_mutex_init(&server->fd_locks[i]);
    server->by_fd_size = descriptor_limit();
    server->by_fd = g_new0(NetSession *, server->by_fd_size);
    /* However few descriptors there are, no address takes more than half of them. */
    if (server->options.session_maximum_address != 0)
        server->options.session_maximum_address =
            CLAMP(server->options.session_maximum_address, 1, MAX(1, server->by_fd_size / 2));
    server->addresses = g_hash_table_new_full(hash_key, equal_keys, g_free, NULL);
    server->listeners = g_ptr_array_new();
    server->ready_tail = &server->ready_head;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (server->epoll_fd >= 0 && server->signal_fd >= 0 && server->stop_fd >= 0 &&
        server->reserve_fd >= 0)
        return server;
    cv_fail_errno(error, CV_ERROR_NETWORK, "cannot make the descriptors of the network layer");
    net_server_free(server);
    return NULL;
}

guint16 net_listen(NetServer *server, const NetListener *listener, GError **error) {
    guint16 port = 0;
    int fd = net_listen_socket(listener, &port, error);
    if (fd < 0)
        return 0;
    NetListenerState *state = g_new0(NetListenerState, 1);
    state->settings = *listener;
    state->settings.address = NULL; /* the caller's string */
    state->settings.port = port;
    state->fd = fd;
    g_ptr_array_add(server->listeners, state);
    return port;
}

gboolean net_server_start(NetServer *server, GError **error) {
    for (guint i = 0; i < server->listeners->len; i++) {
        const NetListenerState *listener = server->listeners->pdata[i];
        if (listener->settings.implicit_tls && server->tls == NULL)
            return cv_fail(error, CV_ERROR_INPUT, "port %u wants TLS, but there is no certificate",
                           listener->settings.port);
    }
    if (!net_workers_start(server, error))
        return FALSE;
    net_wheel_start(server);
    server->acceptor = g_thread_new("net-accept", net_acceptor_main, server);
    return TRUE;
}

/* Posts the bits to every session; under the lock, so that none is freed meanwhile. */
static void post_all(NetServer *server, guint bits) {
    g_mutex_lock(&server->lock);
    for (NetSession *session = server->sessions; session != NULL; session = session->next)
        net_session_post(session, bits);
    g_mutex_unlock(&server->lock);
}

/* FALSE: the time is over and sessions are left. */
static gboolean wait_gone(NetServer *server, gint64 until) {
    g_mutex_lock(&server->lock);
    while (server->session_count > 0 && g_cond_wait_until(&server->gone, &server->lock, until)) {
    }
    gboolean gone = server->session_count == 0;
    g_mutex_unlock(&server->lock);
    return gone;
}

static void close_descriptor(int fd) {
    if (fd >= 0)
        close(fd);
}

/* Nobody accepts any more: whoever comes is told so by the kernel at once, instead of waiting. */
static void close_doors(NetServer *server) {
    for (guint i = 0; i < server->listeners->len; i++) {
        NetListenerState *listener = server->listeners->pdata[i];
        close_descriptor(listener->fd);
        listener->fd = -1;
    }
}

void net_server_stop(NetServer *server, gint64 patience) {
    if (server->acceptor == NULL)
        return;
    guint64 one = 1;
    __atomic_store_n(&server->stopping, 1, __ATOMIC_RELEASE);
    gssize n = write(server->stop_fd, &one, sizeof one);
    (void)n;
    g_thread_join(server->acceptor);
    server->acceptor = NULL;
    close_doors(server);
    post_all(server, STATUS_SHUTDOWN);
    if (!wait_gone(server, clock_monotonic() + patience)) {
        post_all(server, STATUS_KILL);
        wait_gone(server, clock_monotonic() + KILL_TIME);
    }
    net_workers_stop(server);
    net_wheel_stop(server);
    guint left = 0;
    while (server->sessions != NULL) { /* no thread is left that could own them */
        net_session_destroy(server->sessions);
        left++;
    }
    if (left > 0)
        log_event(LOG_LEVEL_WARNING, "net.stopped", "sessions-cut", log_number(left), NULL);
}

void net_server_free(NetServer *server) {
    if (server == NULL)
        return;
    net_server_stop(server, 0);
    for (guint i = 0; i < server->listeners->len; i++) {
        NetListenerState *listener = server->listeners->pdata[i];
        close_descriptor(listener->fd);
        g_free(listener);
    }
    g_ptr_array_unref(server->listeners);
    close_descriptor(server->epoll_fd);
    close_descriptor(server->signal_fd);
    close_descriptor(server->stop_fd);
    close_descriptor(server->reserve_fd);
    g_clear_pointer(&server->tls, SSL_CTX_free);
    net_tls_client_release(server);
    g_hash_table_unref(server->addresses);
    g_free(server->by_fd);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->gone);
    g_mutex_clear(&server->ready_lock);
    g_mutex_clear(&server->crew_lock);
    g_cond_clear(&server->crew_wanted);
    g_mutex_clear(&server->wheel.lock);
    g_cond_clear(&server->wheel.changed);
    for (guint i = 0; i < NET_FD_LOCKS; i++)
        g_mutex_clear(&server->fd_locks[i]);
    g_free(server);
}

void net_each_session(NetServer *server, const NetProtocol *protocol,
                      void (*fn)(NetSession *session, gpointer state, gpointer data),
                      gpointer data) {
    g_mutex_lock(&server->lock);
    for (NetSession *session = server->sessions; session != NULL; session = session->next)
        if (!session->left && session->protocol == protocol)
            fn(session, session->state, data);
    g_mutex_unlock(&server->lock);
}
