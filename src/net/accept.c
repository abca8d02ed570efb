/* Listening sockets and the thread that accepts.
 *
 * The acceptor has a thread of its own, so that new connections are taken however busy the workers
 * are. It lets the protocol greet, which waits for nothing and saves waking a worker; TLS and every
 * word of the caller, however early, is the workers'. A connection over a limit gets the protocol's
 * refusal line, when it has one, and is closed at once. When the process is out of descriptors, a
 * reserve descriptor is closed to accept and close the waiting connection: else it would be
 * reported ready for ever. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

enum { BACKLOG = 1024, SYSTEMD_FIRST_FD = 3, ACCEPT_BATCH = 64 };

METRIC_COUNTER(refused, "congvu_net_refused_total", "Connections over a limit, closed at once");

/* ---- Listening ---- */

static guint16 address_port(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return 0;
}

static guint16 socket_port(int fd) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return 0;
    return address_port(&address);
}

/* A socket that systemd opened for this port (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, from
 * descriptor 3 on), or -1. */
static int passed_socket(guint16 port) {
    guint64 pid = 0, count = 0;
    if (port == 0 || !bytes_parse_u64(bytes_of_string(g_getenv("LISTEN_PID")), &pid) ||
        pid != (guint64)getpid() ||
        !bytes_parse_u64(bytes_of_string(g_getenv("LISTEN_FDS")), &count) || count > 256)
        return -1;
    for (int fd = SYSTEMD_FIRST_FD; fd < SYSTEMD_FIRST_FD + (int)count; fd++) {
        int listening = 0;
        socklen_t length = sizeof listening;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening &&
            socket_port(fd) == port) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            fcntl(fd, F_SETFL, O_NONBLOCK);
            return fd;
        }
    }
    return -1;
}

gboolean net_parse_address(const char *address, guint16 port, struct sockaddr_storage *out,
                           socklen_t *length) {
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    *out = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *length = sizeof *four;
        return TRUE;
    }
    if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        *length = sizeof *six;
        return TRUE;
    }
    return FALSE;
}

static gboolean make_address(const NetListener *listener, struct sockaddr_storage *out,
                             socklen_t *length, GError **error) {
    if (net_parse_address(listener->address, listener->port, out, length))
        return TRUE;
    return cv_fail(error, CV_ERROR_INPUT, "listen address \"%s\" is neither IPv4 nor IPv6",
                   listener->address);
}

int net_listen_socket(const NetListener *listener, guint16 *port, GError **error) {
    int fd = passed_socket(listener->port);
    if (fd >= 0) {
        *port = listener->port;
        return fd;
    }
    struct sockaddr_storage address;
    socklen_t length = 0;
    if (!make_address(listener, &address, &length, error))
        return -1;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, only = !g_str_equal(listener->address, "::");
    /* Accepted sockets inherit TCP_NODELAY: a turn's output leaves in one piece anyway. */
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        (address.ss_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) &&
        bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0) {
        *port = socket_port(fd);
        return fd;
    }
    cv_fail_errno(error, CV_ERROR_NETWORK,
                  "cannot listen on %s port %u (is another server running there, or is the port "
                  "below 1024 and the right missing?)",
                  listener->address, listener->port);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- Accepting ---- */

void net_note_peer(NetSession *session, const struct sockaddr_storage *from) {
    session->peer_port = address_port(from);
    if (from->ss_family == AF_INET) {
        const struct in_addr *four = &((const struct sockaddr_in *)from)->sin_addr;
        inet_ntop(AF_INET, four, session->peer, sizeof session->peer);
        memcpy(session->peer_key, four, sizeof *four);
        session->loopback = (ntohl(four->s_addr) >> 24) == 127;
        return;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)from)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
        inet_ntop(AF_INET, six->s6_addr + 12, session->peer, sizeof session->peer);
        memcpy(session->peer_key, six->s6_addr + 12, 4);
        session->loopback = six->s6_addr[12] == 127;
        return;
    }
    inet_ntop(AF_INET6, six, session->peer, sizeof session->peer);
    memcpy(session->peer_key, six->s6_addr, 8); /* one customer has a whole /64 */
    session->peer_key[15] = 6;
    session->loopback = IN6_IS_ADDR_LOOPBACK(six);
}

/* Takes the session into the books, or says which limit forbids it. */
static const char *enter(NetServer *server, NetSession *session) {
    NetListenerState *listener = session->listener;
    const guint address_maximum = server->options.session_maximum_address;
    const char *limit = NULL;
    g_mutex_lock(&server->lock);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(server->addresses, session->peer_key));
    if (server->session_count >= server->options.session_maximum ||
        (guint)session->fd >= server->by_fd_size)
        limit = "sessions";
    else if (listener->settings.session_maximum != 0 &&
             (guint)__atomic_load_n(&listener->sessions, __ATOMIC_RELAXED) >=
                 listener->settings.session_maximum)
        limit = "sessions-of-listener";
    else if (address_maximum != 0 && count >= address_maximum)
        limit = "sessions-of-address";
    if (limit == NULL) {
        if (address_maximum != 0) {
            session->counted = TRUE;
            g_hash_table_insert(server->addresses,
                                g_memdup2(session->peer_key, sizeof session->peer_key),
                                GUINT_TO_POINTER(count + 1));
        }
        net_session_link(session, server);
        __atomic_fetch_add(&listener->sessions, 1, __ATOMIC_RELAXED);
    }
    g_mutex_unlock(&server->lock);
    return limit;
}

static void refuse(NetListenerState *listener, int fd, const char *peer, const char *limit) {
    static gint64 last; /* the acceptor's: at most one line a second, the counter counts all */
    const char *words = listener->settings.protocol->refusal;
    metric_add(&refused, 1);
    if (words != NULL && !listener->settings.implicit_tls)
        send(fd, words, strlen(words), MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
    gint64 now = clock_monotonic();
    if (last != 0 && now - last < CLOCK_SECOND)
        return;
    last = now;
    log_event(LOG_LEVEL_WARNING, "net.refused", "protocol", listener->settings.protocol->name,
              "peer", peer, "limit", limit, NULL);
}

static void accepted(NetServer *server, NetListenerState *listener, int fd,
                     const struct sockaddr_storage *from) {
    const NetProtocol *protocol = listener->settings.protocol;
    NetSession *session = net_session_make(protocol, listener->settings.service);
    session->listener = listener;
    session->local_port = listener->settings.port;
    session->fd = fd;
    session->generation = __atomic_add_fetch(&server->generation, 1, __ATOMIC_RELAXED);
    session->status = STATUS_OWNED; /* ours until it is on the ready list */
    net_note_peer(session, from);
    const char *limit = enter(server, session);
    if (limit != NULL) {
        refuse(listener, fd, session->peer, limit);
        session->fd = -1;
        net_session_discard(session);
        return;
    }
    net_session_register(session);
    net_set_deadline(session, protocol->greeting_time);
    if (listener->settings.implicit_tls)
        net_ready_push(session);
    else
        net_session_greet(session);
}

/* Out of descriptors: gives up the reserve for a moment to send one caller away. */
static void turn_away(NetServer *server, NetListenerState *listener) {
    if (server->reserve_fd >= 0)
        close(server->reserve_fd);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        refuse(listener, fd, NULL, "descriptors");
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        g_usleep(10000); /* nothing helps at this moment; do not spin */
}

static void accept_batch(NetServer *server, NetListenerState *listener) {
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof from;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            accepted(server, listener, fd, &from);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            turn_away(server, listener);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        /* Anything else is the fate of that one connection: accept(2) passes it on. */
    }
}

gpointer net_acceptor_main(gpointer data) {
    NetServer *server = data;
    guint count = server->listeners->len;
    g_autofree struct pollfd *polled = g_new0(struct pollfd, count + 1);
    for (guint i = 0; i < count; i++)
        polled[i] =
            (struct pollfd){((NetListenerState *)server->listeners->pdata[i])->fd, POLLIN, 0};
    polled[count] = (struct pollfd){server->stop_fd, POLLIN, 0};
    while (!__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE)) {
        if (poll(polled, count + 1, -1) < 0)
            continue;
        for (guint i = 0; i < count; i++)
            if (polled[i].revents != 0)
                accept_batch(server, server->listeners->pdata[i]);
    }
    return NULL;
}
