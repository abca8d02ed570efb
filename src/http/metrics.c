/* The metrics door; see metrics.h. The request line and the header are read whole, checked by the
 * letter, answered once, and the connection is closed: no state between requests, nothing to
 * smuggle. */
#include "http/metrics.h"

#include "base/clock.h"
#include "base/metrics.h"

enum { ANSWER_LIMIT = 4 * 1024 * 1024 };

typedef enum { REQUEST_PARTIAL, REQUEST_WHOLE, REQUEST_BAD } RequestKind;

/* RFC 9112 2.1: a request line and field lines, each ended by CRLF, then an empty line. */
static RequestKind find_request(Bytes all, Bytes *line, gboolean *host) {
    gssize end = bytes_find(all, BYTES_LITERAL("\r\n\r\n"));
    if (end < 0)
        return all.n >= HTTP_METRICS_REQUEST ? REQUEST_BAD : REQUEST_PARTIAL;
    Reader r = reader_of(bytes_slice(all, 0, (gsize)end + 2));
    *host = FALSE;
    for (gboolean first = TRUE; !reader_done(&r); first = FALSE) {
        Bytes one;
        if (!reader_until(&r, '\n', &one) || one.n == 0 || one.p[one.n - 1] != '\r')
            return REQUEST_BAD;
        r.at++;
        one.n--;
        if (bytes_find_byte(one, '\r') >= 0 || bytes_has_nul(one))
            return REQUEST_BAD;
        if (first) {
            *line = one;
            continue;
        }
        gssize colon = bytes_find_byte(one, ':');
        if (colon <= 0 || one.p[0] == ' ' || one.p[0] == '\t' || one.p[colon - 1] == ' ')
            return REQUEST_BAD;
        Bytes name = bytes_slice(one, 0, (gsize)colon);
        if (bytes_is_nocase(name, "host")) {
            if (*host)
                return REQUEST_BAD;
            *host = TRUE;
        }
        /* A body is not expected, and reading past one is how requests are smuggled. */
        if (bytes_is_nocase(name, "transfer-encoding") ||
            (bytes_is_nocase(name, "content-length") &&
             !bytes_is(bytes_strip(bytes_slice(one, (gsize)colon + 1, one.n)), "0")))
            return REQUEST_BAD;
    }
    return REQUEST_WHOLE;
}

static void answer(NetSession *session, const char *status, const char *type, Bytes body,
                   gboolean with_body) {
    Buffer *out = net_output(session);
    buffer_printf(out,
                  "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                  "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                  status, type, body.n);
    if (with_body)
        buffer_append_bytes(out, body);
}

static void answer_text(NetSession *session, const char *status) {
    g_autofree char *body = g_strconcat(status, "\n", NULL);
    answer(session, status, "text/plain; charset=utf-8", bytes_of_string(body), TRUE);
}

static void serve(NetSession *session, Bytes line, gboolean host) {
    Reader r = reader_of(line);
    Bytes method, target;
    if (!reader_until(&r, ' ', &method) || !reader_skip_byte(&r, ' ') ||
        !reader_until(&r, ' ', &target) || !reader_skip_byte(&r, ' ') || target.n == 0) {
        answer_text(session, "400 Bad Request");
        return;
    }
    gboolean modern = bytes_is(reader_rest(&r), "HTTP/1.1");
    gboolean head = bytes_is(method, "HEAD");
    if (!modern && !bytes_is(reader_rest(&r), "HTTP/1.0")) {
        answer_text(session, "505 HTTP Version Not Supported");
    } else if (modern && !host) { /* RFC 9112 3.2 */
        answer_text(session, "400 Bad Request");
    } else if (!head && !bytes_is(method, "GET")) {
        answer_text(session, "405 Method Not Allowed");
    } else if (!bytes_is(target, "/metrics")) {
        answer_text(session, "404 Not Found");
    } else {
        const HttpMetrics *metrics = net_session_service(session);
        if (metrics != NULL && metrics->refresh != NULL)
            metrics->refresh(metrics->data);
        g_auto(Buffer) body;
        buffer_init(&body, ANSWER_LIMIT);
        metrics_write(&body);
        answer(session, "200 OK", "text/plain; version=0.0.4; charset=utf-8", buffer_bytes(&body),
               !head);
    }
}

static NetVerdict run(NetSession *session, gpointer state, NetEvents events) {
    if (events & (NET_EVENT_DEADLINE | NET_EVENT_SHUTDOWN))
        return NET_CLOSE;
    Bytes line = {0};
    gboolean host = FALSE;
    switch (find_request(buffer_bytes(net_input(session)), &line, &host)) {
    case REQUEST_PARTIAL:
        return NET_WAIT_INPUT;
    case REQUEST_BAD:
        answer_text(session, "400 Bad Request");
        return NET_CLOSE;
    default:
        serve(session, line, host);
        return NET_CLOSE;
    }
}

METRIC_GAUGE(open_sessions, "congvu_net_sessions{protocol=\"metrics\"}", "Sessions that are open");
METRIC_COUNTER(all_sessions, "congvu_net_sessions_total{protocol=\"metrics\"}",
               "Sessions that were opened");

const NetProtocol http_metrics_protocol = {
    .name = "metrics",
    .open_sessions = &open_sessions,
    .all_sessions = &all_sessions,
    .input_maximum = HTTP_METRICS_REQUEST,
    .greeting_time = 10 * CLOCK_SECOND,
    .run = run,
};
