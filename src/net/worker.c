/* The workers, and how a session gets to one.
 *
 * All workers wait on the same epoll descriptor and take one event at a time. Readiness of a socket
 * comes straight from there. Everything else (a wake, a deadline, a session that gave way) goes
 * through the ready list; an edge-triggered eventfd in the same epoll wakes one worker, which wakes
 * the next one when it leaves something on the list. The eventfd is written only when a worker
 * sleeps: a worker announces that it is about to sleep, then looks at the list once more, so a push
 * is seen by one side or the other.
 *
 * There are more workers than cores, because some wait for a flush or compute for long; but as many
 * as there are would take the events of short turns from each other, each with a switch of threads
 * and cold caches (with 4 instead of 16 at work, mail of 4 KB costs a tenth less processor). So a
 * few work and the others rest. One that announces a wait (base/blocking.h) no longer counts; when
 * fewer than the cores are left, a resting one takes its place, and when it is back and there are
 * too many, the next one that ends its turn rests. */
#include "base/blocking.h"
#include "net/internal.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SIGNAL_DATA G_MAXUINT64 /* the eventfd; no descriptor has this number */

static void signal_worker(NetServer *server) {
    guint64 one = 1;
    /* Edge-triggered: each write is an event of its own, nobody reads the count. It can fail only
     * when 2^64 - 1 writes were made. */
    gssize n = write(server->signal_fd, &one, sizeof one);
    (void)n;
}

void net_ready_push(NetSession *session) {
    NetServer *server = session->server;
    g_mutex_lock(&server->ready_lock);
    session->ready_next = NULL;
    *server->ready_tail = session;
    server->ready_tail = &session->ready_next;
    g_mutex_unlock(&server->ready_lock);
    if (__atomic_load_n(&server->sleepers, __ATOMIC_SEQ_CST) > 0)
        signal_worker(server);
}

static NetSession *ready_pop(NetServer *server, gboolean *more) {
    g_mutex_lock(&server->ready_lock);
    NetSession *session = server->ready_head;
    if (session != NULL) {
        server->ready_head = session->ready_next;
        if (server->ready_head == NULL)
            server->ready_tail = &server->ready_head;
        session->ready_next = NULL;
    }
    *more = server->ready_head != NULL;
    g_mutex_unlock(&server->ready_lock);
    return session;
}

static gboolean ready_empty(NetServer *server) {
    g_mutex_lock(&server->ready_lock);
    gboolean empty = server->ready_head == NULL;
    g_mutex_unlock(&server->ready_lock);
    return empty;
}

void net_session_post(NetSession *session, guint bits) {
    guint before = __atomic_fetch_or(&session->status, bits | STATUS_OWNED, __ATOMIC_ACQ_REL);
    if ((before & STATUS_OWNED) == 0 && session->server != NULL)
        net_ready_push(session); /* we are the owner and hand it on */
}

static guint event_bits(guint32 events) {
    guint bits = STATUS_IO;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        bits |= STATUS_READABLE;
    if (events & (EPOLLHUP | EPOLLERR))
        bits |= STATUS_GONE;
    return bits;
}

/* data: generation in the upper half, descriptor in the lower. */
static void socket_event(NetServer *server, guint64 data, guint32 events) {
    guint fd = (guint)(data & G_MAXUINT32);
    gboolean ours = FALSE;
    g_mutex_lock(&server->fd_locks[fd % NET_FD_LOCKS]);
    NetSession *session = server->by_fd[fd];
    if (session != NULL && session->generation == (guint32)(data >> 32)) {
        guint before = __atomic_fetch_or(&session->status, event_bits(events) | STATUS_OWNED,
                                         __ATOMIC_ACQ_REL);
        ours = (before & STATUS_OWNED) == 0;
    }
    g_mutex_unlock(&server->fd_locks[fd % NET_FD_LOCKS]);
    if (ours)
        net_session_turn(session);
}

/* Waits for one event. With something on the ready list it only looks. */
static void wait_event(NetServer *server) {
    struct epoll_event event;
    int timeout = 0;
    gboolean announced = ready_empty(server);
    if (announced) {
        __atomic_fetch_add(&server->sleepers, 1, __ATOMIC_SEQ_CST);
        if (ready_empty(server) && !__atomic_load_n(&server->halt, __ATOMIC_SEQ_CST))
            timeout = -1;
    }
    int n = epoll_wait(server->epoll_fd, &event, 1, timeout);
    if (announced)
        __atomic_fetch_sub(&server->sleepers, 1, __ATOMIC_SEQ_CST);
    if (n == 1 && event.data.u64 != SIGNAL_DATA)
        socket_event(server, event.data.u64, event.events);
}

/* ---- Who works and who rests ---- */

static void change_working(NetServer *server, gint by) {
    __atomic_store_n(&server->working, server->working + (guint)by, __ATOMIC_RELAXED);
}

static void worker_blocked(gpointer data, gboolean blocked) {
    NetServer *server = data;
    g_mutex_lock(&server->crew_lock);
    change_working(server, blocked ? -1 : 1);
    if (server->resting > 0 && server->working < server->fewest)
        g_cond_signal(&server->crew_wanted);
    g_mutex_unlock(&server->crew_lock);
}

/* The calling worker is counted as working and rests while there are too many. */
static void rest(NetServer *server) {
    g_mutex_lock(&server->crew_lock);
    if (server->working > 2 * server->fewest) {
        change_working(server, -1);
        server->resting++;
        while (server->working >= server->fewest &&
               !__atomic_load_n(&server->halt, __ATOMIC_SEQ_CST))
            g_cond_wait(&server->crew_wanted, &server->crew_lock);
        server->resting--;
        change_working(server, 1);
    }
    g_mutex_unlock(&server->crew_lock);
}

static void wake_all(NetServer *server) {
    signal_worker(server);
    g_mutex_lock(&server->crew_lock);
    g_cond_broadcast(&server->crew_wanted);
    g_mutex_unlock(&server->crew_lock);
}

static gpointer worker_main(gpointer data) {
    NetServer *server = data;
    blocking_watch(worker_blocked, server);
    while (!__atomic_load_n(&server->halt, __ATOMIC_SEQ_CST)) {
        if (__atomic_load_n(&server->working, __ATOMIC_RELAXED) > 2 * server->fewest)
            rest(server);
        wait_event(server);
        gboolean more;
        NetSession *session = ready_pop(server, &more);
        if (session == NULL)
            continue;
        if (more && __atomic_load_n(&server->sleepers, __ATOMIC_SEQ_CST) > 0)
            signal_worker(server);
        net_session_turn(session);
    }
    signal_worker(server); /* the next one must see the halt too */
    return NULL;
}

gboolean net_workers_start(NetServer *server, GError **error) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = SIGNAL_DATA};
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->signal_fd, &event) != 0)
        return cv_fail_errno(error, CV_ERROR_NETWORK, "cannot watch the workers' eventfd");
    server->workers = g_new0(GThread *, server->options.workers);
    server->fewest = MAX(2, g_get_num_processors());
    server->working = server->options.workers; /* those that are too many rest at once */
    for (guint i = 0; i < server->options.workers; i++)
        server->workers[i] = g_thread_new("net-worker", worker_main, server);
    return TRUE;
}

void net_workers_stop(NetServer *server) {
    if (server->workers == NULL)
        return;
    __atomic_store_n(&server->halt, 1, __ATOMIC_SEQ_CST);
    wake_all(server);
    for (guint i = 0; i < server->options.workers; i++)
        g_thread_join(server->workers[i]);
    g_clear_pointer(&server->workers, g_free);
}
