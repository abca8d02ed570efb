/* One turn: the owner of a session moves it as far as it goes without waiting.
 *
 * A turn takes the events that came, does input and output, calls run() while there is a reason to,
 * and ends in one of three ways: the session is parked (its socket is armed for what it waits for,
 * then it is given up, unless an event came meanwhile), it goes to the end of the ready list
 * because others shall run too, or it is closed. Output is tried before the socket is armed for it:
 * most answers never need a second event. */
#include "base/clock.h"
#include "base/log.h"
#include "net/internal.h"

#include <errno.h>
#include <sys/epoll.h>

typedef enum { STEP_PARK, STEP_AGAIN, STEP_GONE } Step;

static void set_net_deadline(NetSession *session, gint64 microseconds) {
    gint64 due = microseconds == 0 ? 0 : clock_monotonic() + microseconds;
    __atomic_store_n(&session->net_deadline, due, __ATOMIC_SEQ_CST);
    net_wheel_schedule(session);
}

/* ---- Closing ---- */

static Step finish(NetSession *session) {
    if (session->server != NULL) {
        net_session_destroy(session);
        return STEP_GONE;
    }
    net_session_leave(session); /* a memory session is freed by its maker */
    __atomic_fetch_or(&session->status, STATUS_CLOSED, __ATOMIC_ACQ_REL);
    return STEP_GONE;
}

static Step step_linger(NetSession *session) {
    IoResult result = net_io_discard(session);
    if (result == IO_AGAIN && session->lingered < NET_LINGER_BYTES)
        return STEP_PARK;
    return finish(session);
}

static Step step_flushing(NetSession *session) {
    IoResult result = session->broken ? IO_BROKEN : net_io_flush(session);
    if (result == IO_BROKEN)
        return finish(session);
    if (result == IO_AGAIN)
        return STEP_PARK;
    if (session->server == NULL || session->eof)
        return finish(session);
    net_io_end_tls(session);
    session->phase = PHASE_LINGER;
    /* A close with unread input makes the kernel send a reset, which may overtake our last words.
     * A peer that has said all it had to say and waits for them has sent nothing more. */
    if (session->said_all && net_io_discard(session) == IO_AGAIN && session->lingered == 0)
        return finish(session);
    shutdown(session->fd, SHUT_WR);
    gboolean stopping = __atomic_load_n(&session->server->stopping, __ATOMIC_RELAXED);
    set_net_deadline(session, stopping ? NET_LINGER_STOPPING : NET_LINGER_TIME);
    session->may_read = TRUE;
    return step_linger(session);
}

static Step begin_closing(NetSession *session) {
    session->said_all = session->input.n == 0;
    net_session_leave(session);
    __atomic_store_n(&session->deadline, 0, __ATOMIC_SEQ_CST);
    session->phase = PHASE_FLUSHING;
    return step_flushing(session);
}

/* Tells a protocol of ours that nothing came of its connection. */
static Step fail(NetSession *session, const char *why) {
    if (session->outgoing != NULL && !session->left) {
        if (session->outgoing->failure == NULL)
            session->outgoing->failure = g_strdup(why);
        session->start_due = FALSE;
        session->protocol->run(session, session->state, NET_EVENT_FAILED);
    }
    return finish(session);
}

/* ---- TLS ---- */

static Step step_open(NetSession *session, guint events);

static Step step_handshake(NetSession *session) {
    switch (net_io_handshake(session)) {
    case IO_AGAIN:
        return STEP_PARK;
    case IO_BROKEN:
        return fail(session, "TLS handshake failed");
    case IO_DONE:
        break;
    }
    session->phase = PHASE_OPEN;
    session->may_read = TRUE; /* bytes may lie in the library, where epoll does not see them */
    set_net_deadline(session, 0);
    if (session->start_due)
        net_set_deadline(session, session->protocol->greeting_time);
    return step_open(session, session->start_due ? 0 : NET_EVENT_SECURED);
}

static Step begin_handshake(NetSession *session) {
    if (session->server == NULL) { /* a memory session is secured by the word */
        session->secure = TRUE;
        session->phase = PHASE_OPEN;
        return step_open(session, session->start_due ? 0 : NET_EVENT_SECURED);
    }
    if (!net_io_begin_tls(session))
        return fail(session, "TLS cannot be begun");
    session->phase = PHASE_HANDSHAKE;
    set_net_deadline(session, session->outgoing != NULL ? session->outgoing->time
                                                        : session->protocol->greeting_time);
    return step_handshake(session);
}

static Step step_starttls(NetSession *session) {
    IoResult result = net_io_flush(session);
    if (result == IO_BROKEN)
        return finish(session);
    if (result == IO_AGAIN)
        return STEP_PARK;
    /* RFC 3207 6: what came before the handshake is not protected and must not be interpreted
     * after it. Bytes still in the socket are taken for a handshake, and fail as one. */
    buffer_clear(&session->input);
    return begin_handshake(session);
}

/* ---- The protocol ---- */

/* Has the peer said all that it will say? Not while some of it waits to be decompressed. */
static gboolean at_end(const NetSession *session) {
    return session->eof && (session->filter == NULL || !net_filter_has_input(session->filter));
}

/* FALSE: the connection is broken. */
static gboolean take_input(NetSession *session, guint *events) {
    gboolean wanted = session->waiting != NET_WAIT_WAKE && !net_output_full(session);
    if (!wanted || !session->may_read || at_end(session))
        return TRUE;
    gboolean got = FALSE;
    if (net_io_fill(session, &got) == IO_BROKEN)
        return FALSE;
    if (got)
        *events |= NET_EVENT_INPUT;
    return TRUE;
}

static gboolean has_reason(NetSession *session, guint *events) {
    const guint always = NET_EVENT_START | NET_EVENT_WAKE | NET_EVENT_SECURED | NET_EVENT_DEADLINE |
                         NET_EVENT_SHUTDOWN | NET_EVENT_OUTPUT;
    if (session->waiting == NET_WAIT_OUTPUT &&
        session->output.n <= net_output_high(session) / NET_OUTPUT_LOW)
        *events |= NET_EVENT_OUTPUT;
    if (at_end(session) || session->hung_up) { /* said once by itself, and with every other event */
        gboolean news = !session->eof_told && session->waiting != NET_WAIT_OUTPUT;
        if (news || (*events & always) != 0) {
            *events |= NET_EVENT_EOF;
            return TRUE;
        }
        return FALSE;
    }
    if (session->waiting == NET_AGAIN)
        return TRUE;
    guint reasons = always;
    if (session->waiting == NET_WAIT_INPUT && !net_output_full(session))
        reasons |= NET_EVENT_INPUT;
    return (*events & reasons) != 0;
}

static void log_closed(NetSession *session, const char *why) {
    log_event(LOG_LEVEL_INFO, "net.closed", "session", session->id, "protocol",
              session->protocol->name, "peer", session->peer, "why", why, NULL);
}

/* Calls run() once and sends what it wrote. */
static gboolean call_run(NetSession *session, guint events, Step *step) {
    session->start_due = FALSE;
    if (events & NET_EVENT_EOF)
        session->eof_told = TRUE;
    NetVerdict verdict = session->protocol->run(session, session->state, (NetEvents)events);
    session->waiting = verdict;
    if (session->output.overflow) {
        log_closed(session, "output-limit");
        *step = finish(session);
        return FALSE;
    }
    if (session->broken || net_io_flush(session) == IO_BROKEN) {
        session->broken = TRUE;
        /* A protocol that waits for a completion is told that the peer went and ends itself. */
        session->hung_up = TRUE;
        if (verdict != NET_WAIT_WAKE) {
            *step = finish(session);
            return FALSE;
        }
        buffer_clear(&session->output);
    }
    switch (verdict) {
    case NET_CLOSE:
        *step = begin_closing(session);
        return FALSE;
    case NET_STARTTLS:
        session->phase = PHASE_STARTTLS;
        session->waiting = NET_WAIT_INPUT;
        *step = step_starttls(session);
        return FALSE;
    case NET_COMPRESS:
        session->waiting = NET_WAIT_INPUT;
        /* As before TLS: what came in the clear is never taken for what comes compressed. */
        buffer_clear(&session->input);
        if (!net_io_begin_filter(session)) {
            *step = finish(session);
            return FALSE;
        }
        break;
    case NET_WAIT_INPUT:
        if ((events & NET_EVENT_EOF) ||
            (session->input.n >= session->input.maximum && !net_output_full(session))) {
            *step = begin_closing(session); /* nothing can come that would move it on */
            return FALSE;
        }
        break;
    default:
        break;
    }
    return TRUE;
}

static Step step_open(NetSession *session, guint events) {
    if (session->start_due)
        events |= NET_EVENT_START;
    events |= session->kept;
    session->kept = 0;
    Step step = STEP_PARK;
    if (net_io_pending(session) > 0 && !session->broken && net_io_flush(session) == IO_BROKEN) {
        session->broken = session->hung_up = TRUE;
        buffer_clear(&session->output);
        if (session->waiting != NET_WAIT_WAKE)
            return finish(session);
    }
    for (guint runs = 0; runs < NET_TURN_RUNS; runs++) {
        if (!take_input(session, &events))
            return finish(session);
        if (!has_reason(session, &events))
            return STEP_PARK;
        if (!call_run(session, events, &step))
            return step;
        events = 0;
        if (session->waiting == NET_WAIT_WAKE && session->eof_told)
            return STEP_PARK;
        if (session->waiting == NET_AGAIN)
            return STEP_AGAIN;
    }
    return STEP_AGAIN;
}

static Step step_connecting(NetSession *session, guint bits) {
    if ((bits & STATUS_IO) == 0) /* the first turn: the socket is watched from here on */
        return STEP_PARK;
    const char *failure = net_connect_result(session);
    if (failure != NULL)
        return fail(session, failure);
    session->phase = PHASE_OPEN;
    set_net_deadline(session, 0);
    if (session->outgoing->implicit_tls)
        return begin_handshake(session);
    net_set_deadline(session, session->protocol->greeting_time);
    return step_open(session, 0);
}

static Step step(NetSession *session, guint bits) {
    if (bits & STATUS_IO) {
        session->armed = FALSE;
        if (bits & STATUS_READABLE || session->ssl != NULL)
            session->may_read = TRUE;
        if ((bits & STATUS_GONE) && session->waiting == NET_WAIT_WAKE)
            session->hung_up = TRUE;
    }
    guint events = 0;
    if (bits & STATUS_TIMER) {
        gint64 now = clock_monotonic();
        gint64 ours = __atomic_load_n(&session->net_deadline, __ATOMIC_SEQ_CST);
        gint64 theirs = __atomic_load_n(&session->deadline, __ATOMIC_SEQ_CST);
        if (ours != 0 && ours <= now && session->phase == PHASE_CONNECTING)
            return fail(session, "connecting timed out");
        if (ours != 0 && ours <= now && session->phase == PHASE_HANDSHAKE)
            return fail(session, "TLS handshake timed out");
        if (ours != 0 && ours <= now) {
            if (session->phase != PHASE_LINGER)
                log_closed(session,
                           net_io_pending(session) > 0 ? "peer-reads-nothing" : "handshake");
            return finish(session);
        }
        if (theirs != 0 && theirs <= now) { /* told once */
            __atomic_store_n(&session->deadline, 0, __ATOMIC_SEQ_CST);
            events |= NET_EVENT_DEADLINE;
        }
    }
    if (bits & STATUS_KILL)
        return finish(session);
    if (bits & STATUS_WAKE)
        events |= NET_EVENT_WAKE;
    if (bits & STATUS_SHUTDOWN)
        events |= NET_EVENT_SHUTDOWN;
    switch (session->phase) {
    case PHASE_OPEN:
        if (session->start_due && session->listener != NULL &&
            session->listener->settings.implicit_tls && session->ssl == NULL)
            return begin_handshake(session);
        return step_open(session, events);
    case PHASE_CONNECTING:
        session->kept |= events;
        return bits & STATUS_SHUTDOWN ? finish(session) : step_connecting(session, bits);
    case PHASE_HANDSHAKE:
        session->kept |= events;
        return bits & STATUS_SHUTDOWN ? finish(session) : step_handshake(session);
    case PHASE_STARTTLS:
        session->kept |= events;
        return bits & STATUS_SHUTDOWN ? finish(session) : step_starttls(session);
    case PHASE_FLUSHING:
        return step_flushing(session);
    default:
        return step_linger(session);
    }
}

/* ---- Parking ---- */

static guint32 interest(const NetSession *session) {
    guint32 mask = 0;
    if (session->hung_up)
        return 0;
    if (net_io_pending(session) > 0)
        mask |= EPOLLOUT;
    if (session->phase == PHASE_HANDSHAKE || session->ssl != NULL) {
        if (session->read_wants_write)
            mask |= EPOLLOUT;
        if (session->write_wants_read)
            mask |= EPOLLIN;
    }
    switch (session->phase) {
    case PHASE_CONNECTING:
        return EPOLLOUT;
    case PHASE_HANDSHAKE:
        return session->read_wants_write ? EPOLLOUT : EPOLLIN;
    case PHASE_OPEN:
        if (session->waiting == NET_WAIT_INPUT && !session->eof &&
            session->output.n < net_output_high(session))
            mask |= EPOLLIN | EPOLLRDHUP;
        return mask;
    case PHASE_LINGER:
        return EPOLLIN | EPOLLRDHUP;
    default:
        return mask;
    }
}

static void release_memory(NetSession *session) {
    if (session->input.n == 0)
        buffer_release(&session->input);
    if (session->output.n == 0)
        buffer_release(&session->output);
    if (session->filter != NULL && session->output.n == 0)
        net_filter_rest(session->filter);
}

/* FALSE: the kernel has no memory for the watch. */
static gboolean arm(NetSession *session) {
    guint32 mask = interest(session);
    /* A peer that hung up would give its event again and again; only a wake goes on from here. */
    if (session->server == NULL || session->hung_up)
        return TRUE;
    if (session->armed && session->armed_for == mask)
        return TRUE;
    guint64 name = (guint64)session->generation << 32 | (guint)session->fd;
    struct epoll_event event = {.events = mask | EPOLLONESHOT, .data.u64 = name};
    int op = session->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(session->server->epoll_fd, op, session->fd, &event) != 0)
        return FALSE;
    session->registered = session->armed = TRUE;
    session->armed_for = mask;
    return TRUE;
}

/* rounds: how often what comes meanwhile is taken at once; then it is for whoever takes the session
 * from the ready list. */
static void take_turn(NetSession *session, guint rounds) {
    for (guint round = 0; round < rounds; round++) {
        guint bits = __atomic_fetch_and(&session->status, STATUS_OWNED, __ATOMIC_ACQ_REL);
        Step result = step(session, bits & ~(guint)STATUS_OWNED);
        if (result == STEP_GONE)
            return;
        if (result == STEP_AGAIN)
            break;
        release_memory(session);
        if (!arm(session)) {
            log_closed(session, "epoll");
            finish(session);
            return;
        }
        guint quiet = STATUS_OWNED;
        if (__atomic_compare_exchange_n(&session->status, &quiet, 0, FALSE, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return; /* parked: from here on another worker may have it */
    }
    if (session->server != NULL)
        net_ready_push(session);
}

void net_session_turn(NetSession *session) {
    take_turn(session, NET_TURN_RUNS);
}

void net_session_greet(NetSession *session) {
    take_turn(session, 1);
}
