/* Sessions that we open: connecting without waiting, and what came of it; see net.h. */
#include "base/clock.h"
#include "net/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

void net_outgoing_free(NetOutgoing *outgoing) {
    if (outgoing == NULL)
        return;
    g_free(outgoing->name);
    g_free(outgoing->key);
    g_free(outgoing->failure);
    g_free(outgoing);
}

static NetOutgoing *make_outgoing(const NetConnect *options) {
    NetOutgoing *outgoing = g_new0(NetOutgoing, 1);
    outgoing->time = options->time;
    outgoing->implicit_tls = options->implicit_tls;
    outgoing->verify = options->verify;
    outgoing->name = g_strdup(options->name);
    outgoing->key = g_strdup_printf("%s %s %u %d", options->name == NULL ? "" : options->name,
                                    options->address, options->port, options->verify);
    return outgoing;
}

/* A socket that is being connected, or -1. */
static int begin(const struct sockaddr_storage *to, socklen_t length) {
    int on = 1;
    int fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        (connect(fd, (const struct sockaddr *)to, length) == 0 || errno == EINPROGRESS))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* FALSE: the server stops, or has no room for the descriptor. */
static gboolean enter(NetServer *server, NetSession *session) {
    g_mutex_lock(&server->lock);
    gboolean room = (guint)session->fd < server->by_fd_size &&
                    server->session_count < server->options.session_maximum &&
                    !__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE);
    if (room)
        net_session_link(session, server);
    g_mutex_unlock(&server->lock);
    return room;
}

gboolean net_connect(NetServer *server, const NetConnect *options, GError **error) {
    struct sockaddr_storage to;
    socklen_t length;
    if (!net_parse_address(options->address, options->port, &to, &length))
        return cv_fail(error, CV_ERROR_INPUT, "\"%s\" is neither IPv4 nor IPv6", options->address);
    int fd = begin(&to, length);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_NETWORK, "cannot connect to %s port %u",
                             options->address, options->port);
    NetSession *session = net_session_make(options->protocol, options->service);
    session->fd = fd;
    session->generation = __atomic_add_fetch(&server->generation, 1, __ATOMIC_RELAXED);
    session->status = STATUS_OWNED;
    session->phase = PHASE_CONNECTING;
    session->outgoing = make_outgoing(options);
    g_assert(options->protocol->state_size >= sizeof(gpointer));
    memcpy(session->state, &options->first, sizeof options->first);
    net_note_peer(session, &to);
    if (!enter(server, session)) {
        close(fd);
        session->fd = -1;
        net_session_discard(session);
        return cv_fail(error, CV_ERROR_BUSY, "no room for a further connection");
    }
    net_session_register(session);
    __atomic_store_n(&session->net_deadline, clock_monotonic() + options->time, __ATOMIC_SEQ_CST);
    net_wheel_schedule(session);
    net_ready_push(session);
    return TRUE;
}

const char *net_connect_result(NetSession *session) {
    int why = 0;
    socklen_t length = sizeof why;
    if (getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &why, &length) != 0)
        why = errno;
    return why == 0 ? NULL : g_strerror(why);
}

const char *net_session_failure(const NetSession *session) {
    if (session->outgoing == NULL || session->outgoing->failure == NULL)
        return "unknown";
    return session->outgoing->failure;
}

gboolean net_session_is_verified(const NetSession *session) {
    return session->outgoing != NULL && session->outgoing->verified;
}

gboolean net_session_is_resumed(const NetSession *session) {
    return session->outgoing != NULL && session->outgoing->resumed;
}
