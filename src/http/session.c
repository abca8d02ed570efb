/* A connection: one request after another, each read whole, handed to its route, answered. What
 * waits between requests is a few bytes; a request has its memory only while it is under way. */
#include "http/call.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#include <string.h>

#define IDLE_TIME (60 * CLOCK_SECOND)
#define HEAD_TIME (15 * CLOCK_SECOND) /* from the first byte of a request */
enum {
    CONTENT_BYTES_SECOND = 16 * 1024, /* slower than this is cut, after HEAD_TIME of patience */
    PIECE = 64 * 1024,
    LASTING_PIECE = 16 * 1024,  /* of what strangers get too */
    REQUESTS_MAXIMUM = 10000,   /* on one connection */
    DRAINED_MAXIMUM = 64 << 20, /* bytes of a refused content that are read over */
};
#define DRAIN_TIME   (5 * CLOCK_SECOND)
#define STREAM_PAUSE CLOCK_SECOND /* a slow reader of a stream is looked at so often */

METRIC_COUNTER(answers_good, "congvu_http_answers_total{class=\"2xx\"}", "Answers, by status");
METRIC_COUNTER(answers_moved, "congvu_http_answers_total{class=\"3xx\"}", "Answers, by status");
METRIC_COUNTER(answers_refused, "congvu_http_answers_total{class=\"4xx\"}", "Answers, by status");
METRIC_COUNTER(answers_failed, "congvu_http_answers_total{class=\"5xx\"}", "Answers, by status");

/* PHASE_ADMIT: the route is asked before the content is read.
 * PHASE_DRAIN: answered, and what the client still sends is read over. A connection that is closed
 * while bytes lie unread in it is reset, and the client may never see the answer. */
typedef enum {
    PHASE_HEAD,
    PHASE_ADMIT,
    PHASE_CONTENT,
    PHASE_HANDLING,
    PHASE_STREAM,
    PHASE_ANSWER,
    PHASE_DRAIN,
} Phase;

typedef struct {
    HttpCall *call; /* NULL in PHASE_HEAD */
    Phase phase;
    gboolean begun; /* the head has begun to come */
    gboolean stopping;
    guint requests;
    gsize drained;
    guint why;      /* HttpStreamWhy that the handler was not called for yet */
    gint64 tick;    /* monotonic: the next one; 0: none */
    gint64 account; /* atomic: whose stream this is; 0: no stream */
} HttpConnection;

/* ---- Head ---- */

/* Nothing of the connection can be trusted any more: say why, without a request, and close. */
static NetVerdict refuse(NetSession *session, guint status) {
    static const HttpService nobody = {0};
    HttpHead head = {.method = HTTP_GET};
    HttpCall *call = http_call_new(session, &nobody, &head, BYTES_LITERAL("\r\n\r\n"));
    call->close = TRUE;
    http_answer_problem(call, status, "Yêu cầu không đúng dạng HTTP/1.1.");
    metric_add(&answers_refused, 1);
    buffer_append_bytes(net_output(session), buffer_bytes(&call->answer));
    http_call_free(call);
    return NET_CLOSE;
}

static void begin_content(HttpConnection *c) {
    const HttpCall *call = c->call;
    gsize expected = call->head.chunked ? call->route->content_maximum : (gsize)call->head.length;
    net_set_deadline(call->session,
                     HEAD_TIME + (gint64)(expected / CONTENT_BYTES_SECOND) * CLOCK_SECOND);
    if (call->head.expects && net_input(call->session)->n == 0)
        buffer_append_string(net_output(call->session), "HTTP/1.1 100 Continue\r\n\r\n");
    c->phase = PHASE_CONTENT;
}

/* FALSE: *verdict says what now. */
static gboolean read_head(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    Buffer *input = net_input(session);
    HttpHead head;
    gsize size = 0;
    guint status = http_head_read(buffer_bytes(input), &head, &size);
    if (status == 0) {
        if (input->n > 0 && !c->begun)
            net_set_deadline(session, HEAD_TIME);
        else if (input->n == 0)
            net_set_deadline(session, IDLE_TIME);
        c->begun = input->n > 0;
        *verdict = c->stopping ? NET_CLOSE : NET_WAIT_INPUT;
        return FALSE;
    }
    if (status != 200) {
        *verdict = refuse(session, status);
        return FALSE;
    }
    c->begun = FALSE;
    c->call = http_call_new(session, net_session_service(session), &head,
                            bytes_slice(buffer_bytes(input), 0, size));
    buffer_consume(input, size);
    if (++c->requests == REQUESTS_MAXIMUM || c->stopping)
        c->call->close = TRUE;
    if (!http_call_route(c->call))
        c->phase = PHASE_ANSWER;
    else if (c->call->route->admit != NULL)
        c->phase = PHASE_ADMIT;
    else
        begin_content(c);
    return TRUE;
}

static gboolean admit(HttpConnection *c, NetVerdict *verdict) {
    HttpCall *call = c->call;
    gboolean last = call->close;
    net_set_deadline(call->session, 0);
    /* A refusal leaves the content unread, and nothing can be read behind that. */
    call->close = last || call->head.chunked || call->head.length > 0;
    HttpVerdict said = call->route->admit(call);
    if (call->status == 0)
        call->close = last;
    if (said == HTTP_LATER) {
        *verdict = NET_WAIT_WAKE;
        return FALSE;
    }
    if (call->status == 0)
        begin_content(c);
    else
        c->phase = PHASE_ANSWER;
    return TRUE;
}

/* ---- Content ---- */

static void end_content(HttpConnection *c) {
    net_set_deadline(c->call->session, 0);
    c->phase = PHASE_HANDLING;
}

static gboolean fail_content(HttpConnection *c, guint status, const char *why) {
    c->call->close = TRUE;
    http_answer_problem(c->call, status, why);
    c->phase = PHASE_ANSWER;
    return TRUE;
}

/* What has come, to the route that takes it piece by piece. FALSE: it has answered. */
static gboolean hand_on(HttpConnection *c) {
    HttpCall *call = c->call;
    if (call->route->take == NULL || call->content.n == 0)
        return TRUE;
    gboolean good = call->route->take(call, buffer_bytes(&call->content));
    buffer_clear(&call->content);
    if (!good) {
        call->close = TRUE;
        c->phase = PHASE_ANSWER;
    }
    return good;
}

static gboolean read_chunks(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    Buffer *input = net_input(session);
    HttpCall *call = c->call;
    gsize taken = 0, before = call->content.n;
    ChunksState state =
        http_chunks_read(&call->chunks, buffer_bytes(input), &call->content, &taken);
    buffer_consume(input, taken);
    call->taken += call->content.n - before;
    if (call->taken > call->route->content_maximum)
        state = CHUNKS_FULL;
    if ((state == CHUNKS_MORE || state == CHUNKS_END) && !hand_on(c))
        return TRUE;
    switch (state) {
    case CHUNKS_MORE:
        *verdict = NET_WAIT_INPUT;
        return FALSE;
    case CHUNKS_END:
        end_content(c);
        return TRUE;
    case CHUNKS_FULL:
        return fail_content(c, 413, "Nội dung gửi lên quá lớn.");
    default:
        return fail_content(c, 400, "Nội dung gửi lên không đúng dạng chunked.");
    }
}

static gboolean read_content(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    if (c->call->head.chunked)
        return read_chunks(c, session, verdict);
    Buffer *input = net_input(session);
    guint64 left = c->call->head.length - c->call->taken;
    gsize n = (gsize)MIN(left, input->n);
    buffer_append_bytes(&c->call->content, bytes_slice(buffer_bytes(input), 0, n));
    buffer_consume(input, n);
    c->call->taken += n;
    if (!hand_on(c))
        return TRUE;
    if (n == left) {
        end_content(c);
        return TRUE;
    }
    *verdict = NET_WAIT_INPUT;
    return FALSE;
}

/* ---- Streams (stream.h) ---- */

static void begin_stream(HttpConnection *c) {
    const HttpCall *call = c->call;
    c->tick = call->stream.tick == 0 ? 0 : clock_monotonic() + call->stream.tick;
    c->phase = PHASE_STREAM;
    __atomic_store_n(&c->account, call->stream.account, __ATOMIC_RELEASE);
    /* Whoever changed the account before that did not find us. */
    c->why |= HTTP_STREAM_WOKEN;
}

static void end_stream(HttpConnection *c) {
    __atomic_store_n(&c->account, 0, __ATOMIC_RELEASE);
    http_call_end_stream(c->call);
    c->phase = PHASE_ANSWER;
}

/* Until the next tick, or sooner when the reader is slow. */
static void wait_in_stream(const HttpConnection *c, gboolean slow) {
    gint64 left = c->tick == 0 ? 0 : MAX(c->tick - clock_monotonic(), 1);
    if (slow)
        left = left == 0 ? STREAM_PAUSE : MIN(left, STREAM_PAUSE);
    net_set_deadline(c->call->session, left);
}

/* Sends what the handler wrote, and calls it when there is a reason and room for more. */
static gboolean stream(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    HttpCall *call = c->call;
    buffer_append_bytes(net_output(session), buffer_bytes(&call->answer));
    buffer_clear(&call->answer);
    gint64 now = clock_monotonic();
    if (c->tick != 0 && c->tick <= now) {
        c->why |= HTTP_STREAM_TICK;
        c->tick = now + call->stream.tick;
    }
    net_flush(session);
    gboolean slow = net_output(session)->n > HTTP_STREAM_BACKLOG;
    if (c->why == 0 || slow) {
        wait_in_stream(c, slow);
        *verdict = NET_WAIT_WAKE;
        return FALSE;
    }
    call->stream.why = c->why;
    c->why = 0;
    if (call->route->handle(call) != HTTP_STREAM)
        end_stream(c);
    return TRUE;
}

static void wake_stream(NetSession *session, gpointer state, gpointer account) {
    const HttpConnection *c = state;
    if (__atomic_load_n(&c->account, __ATOMIC_ACQUIRE) == *(const gint64 *)account)
        net_wake(session);
}

void http_account_changed(NetServer *net, gint64 account) {
    net_each_session(net, &http_protocol, wake_stream, &account);
}

/* ---- Answer ---- */

static gboolean handle(HttpConnection *c, NetVerdict *verdict) {
    HttpVerdict said = c->call->route->handle(c->call);
    if (said == HTTP_LATER) {
        *verdict = NET_WAIT_WAKE;
        return FALSE;
    }
    if (said == HTTP_STREAM) {
        begin_stream(c);
        return TRUE;
    }
    if (c->call->stream.account != 0) /* begun, and over in one call */
        http_call_end_stream(c->call);
    if (c->call->status == 0)
        http_answer_problem(c->call, 500, "Lỗi của hệ thống: yêu cầu chưa được trả lời.");
    c->phase = PHASE_ANSWER;
    return TRUE;
}

static void count(const HttpCall *call) {
    Metric *metrics[] = {&answers_good, &answers_moved, &answers_refused, &answers_failed};
    metric_add(metrics[CLAMP(call->status / 100, 2, 5) - 2], 1);
    /* The pattern, not the path: what stands in a path may be personal. */
    log_event(call->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG, "http.request", "session",
              net_session_id(call->session), "peer", net_session_peer(call->session), "route",
              call->route == NULL ? NULL : call->route->pattern, "status", log_number(call->status),
              "microseconds", log_number(clock_monotonic() - call->begun), NULL);
}

/* FALSE: that was all. */
static gboolean put_piece(HttpCall *call, Buffer *output) {
    if (call->answer.n > 0) {
        Bytes piece = bytes_slice(buffer_bytes(&call->answer), 0, PIECE);
        buffer_append_bytes(output, piece);
        buffer_consume(&call->answer, piece.n);
        return TRUE;
    }
    Bytes piece = bytes_slice(call->lasting, 0, LASTING_PIECE);
    buffer_append_bytes(output, piece);
    call->lasting = bytes_slice(call->lasting, piece.n, call->lasting.n);
    return piece.n > 0;
}

static gboolean write_answer(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    do {
        if (net_output_full(session)) {
            net_set_deadline(session, IDLE_TIME);
            *verdict = NET_WAIT_OUTPUT;
            return FALSE;
        }
    } while (put_piece(c->call, net_output(session)));
    gboolean close = c->call->close;
    gboolean unread = c->call->head.chunked || c->call->taken < c->call->head.length;
    count(c->call);
    g_clear_pointer(&c->call, http_call_free);
    c->phase = close ? PHASE_DRAIN : PHASE_HEAD;
    if (close && unread)
        net_set_deadline(session, DRAIN_TIME);
    *verdict = NET_CLOSE;
    return !close || unread;
}

static gboolean drain(HttpConnection *c, NetSession *session, NetVerdict *verdict) {
    Buffer *input = net_input(session);
    c->drained += input->n;
    buffer_consume(input, input->n);
    *verdict = c->drained < DRAINED_MAXIMUM ? NET_WAIT_INPUT : NET_CLOSE;
    return FALSE;
}

/* ---- Turns ---- */

/* FALSE: nobody reads the stream any more. */
static gboolean stream_event(HttpConnection *c, NetEvents events) {
    if (events & NET_EVENT_WAKE)
        c->why |= HTTP_STREAM_WOKEN;
    if (events & NET_EVENT_EOF)
        return FALSE;
    if (c->stopping)
        end_stream(c);
    return TRUE;
}

static NetVerdict give_up(HttpConnection *c, NetSession *session) {
    if (c->phase == PHASE_HEAD)
        return c->begun ? refuse(session, 408) : NET_CLOSE;
    return c->phase == PHASE_CONTENT ? refuse(session, 408) : NET_CLOSE;
}

static NetVerdict run(NetSession *session, gpointer state, NetEvents events) {
    HttpConnection *c = state;
    NetVerdict verdict = NET_CLOSE;
    if ((events & NET_EVENT_DEADLINE) && c->phase != PHASE_STREAM)
        return give_up(c, session);
    if (events & NET_EVENT_SHUTDOWN)
        c->stopping = TRUE;
    if (c->phase == PHASE_STREAM && !stream_event(c, events))
        return NET_CLOSE;
    if ((c->phase == PHASE_HANDLING || c->phase == PHASE_ADMIT) && !(events & NET_EVENT_WAKE))
        return events & NET_EVENT_EOF ? NET_CLOSE : NET_WAIT_WAKE;
    for (;;) {
        gboolean goes_on = FALSE;
        switch (c->phase) {
        case PHASE_HEAD:
            goes_on = read_head(c, session, &verdict);
            break;
        case PHASE_ADMIT:
            goes_on = admit(c, &verdict);
            break;
        case PHASE_CONTENT:
            goes_on = read_content(c, session, &verdict);
            break;
        case PHASE_HANDLING:
            goes_on = handle(c, &verdict);
            break;
        case PHASE_STREAM:
            goes_on = stream(c, session, &verdict);
            break;
        case PHASE_ANSWER:
            goes_on = write_answer(c, session, &verdict);
            break;
        case PHASE_DRAIN:
            goes_on = drain(c, session, &verdict);
            break;
        }
        if (!goes_on)
            return verdict;
    }
}

static void release(gpointer state) {
    http_call_free(((HttpConnection *)state)->call);
}

#define PROTOCOL(symbol, label)                                                                    \
    METRIC_GAUGE(symbol##_open, "congvu_net_sessions{protocol=\"" label "\"}",                     \
                 "Sessions that are open");                                                        \
    METRIC_COUNTER(symbol##_all, "congvu_net_sessions_total{protocol=\"" label "\"}",              \
                   "Sessions that were opened");                                                   \
    const NetProtocol symbol = {                                                                   \
        .name = label,                                                                             \
        .open_sessions = &symbol##_open,                                                           \
        .all_sessions = &symbol##_all,                                                             \
        .state_size = sizeof(HttpConnection),                                                      \
        .input_maximum = HTTP_HEAD_MAXIMUM,                                                        \
        .greeting_time = HEAD_TIME,                                                                \
        .run = run,                                                                                \
        .free = release,                                                                           \
    }

PROTOCOL(http_protocol, "https");
PROTOCOL(http_redirect_protocol, "http");
PROTOCOL(http_metrics_protocol, "metrics");
