/* Connections: requests one after another, parked handlers, limits, what a browser of another site
 * may not do. */
#include "http/http.h"

#include "base/crypto.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static HttpVerdict hello(HttpCall *call) {
    http_answer(call, 200, "text/plain", BYTES_LITERAL("hello"));
    return HTTP_DONE;
}

static HttpVerdict echo(HttpCall *call) {
    const char *name = http_path_value(call, 0);
    if (!http_is_same_origin(call)) {
        http_answer_problem(call, 403, "Yêu cầu đến từ trang khác.");
        return HTTP_DONE;
    }
    g_autofree char *cookie = http_cookie(call, "sid");
    if (cookie != NULL)
        http_add_header(call, "X-Cookie", cookie);
    if (http_query(call, "cache") != NULL)
        http_add_header(call, "Cache-Control", "max-age=60");
    g_autofree char *text = g_strdup_printf("%s:%.*s", name, (int)http_content(call).n,
                                            (const char *)http_content(call).p);
    http_answer(call, 200, "text/plain", bytes_of_string(text));
    return HTTP_DONE;
}

static void free_text(gpointer text) {
    g_string_free(text, TRUE);
}

/* Answers when it was woken twice. */
static HttpVerdict slow(HttpCall *call) {
    int *times = http_kept(call);
    if (times == NULL)
        http_keep(call, times = g_new0(int, 1), g_free);
    if (++*times < 3)
        return HTTP_LATER;
    http_answer_empty(call, 204);
    return HTTP_DONE;
}

static HttpVerdict large(HttpCall *call) {
    g_autofree char *text = g_strnfill(3 << 20, 'x');
    http_answer(call, 200, "text/plain", bytes_of_string(text));
    return HTTP_DONE;
}

static HttpVerdict forgetful(HttpCall *call) {
    return HTTP_DONE;
}

/* Woken once before it lets anybody through; "/taken/refused" never. */
static HttpVerdict admit(HttpCall *call) {
    if (http_kept(call) == NULL) {
        http_keep(call, g_string_new(NULL), free_text);
        net_wake(http_session(call));
        return HTTP_LATER;
    }
    if (g_str_equal(http_path_value(call, 0), "refused"))
        http_answer_problem(call, 403, "Không được.");
    return HTTP_DONE;
}

static gboolean take(HttpCall *call, Bytes piece) {
    g_string_append_len(http_kept(call), (const char *)piece.p, (gssize)piece.n);
    g_string_append_c(http_kept(call), '|');
    if (bytes_find_byte(piece, '!') < 0)
        return TRUE;
    http_answer_problem(call, 422, "Không nhận.");
    return FALSE;
}

static HttpVerdict taken(HttpCall *call) {
    const GString *text = http_kept(call);
    g_assert(http_content(call).n == 0);
    http_answer(call, 200, "text/plain", bytes_of(text->str, text->len));
    return HTTP_DONE;
}

static const HttpRoute routes[] = {
    {HTTP_POST, "/taken/{name}", 20, taken, NULL, admit, take},
    {HTTP_GET, "/", 0, hello, NULL},
    {HTTP_POST, "/echo/{name}", 20, echo, NULL},
    {HTTP_PUT, "/echo/{name}", 20, echo, NULL},
    {HTTP_GET, "/slow", 0, slow, NULL},
    {HTTP_GET, "/large", 0, large, NULL},
    {HTTP_GET, "/forgetful", 0, forgetful, NULL},
    {0},
};
static const HttpRoute *const tables[] = {routes};

static HttpService service_of(void) {
    return (HttpService){.routes = tables, .routes_count = 1, .hostname = "mail.bacninh.gov.vn"};
}

static NetSession *open_session(const HttpService *service, gboolean loopback) {
    NetMemoryOptions options = {.secure = service->redirect == 0, .loopback = loopback};
    return net_memory_new(&http_protocol, (gpointer)service, &options);
}

static void has(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* What comes back for these bytes, sent in pieces of n bytes; *closed: the connection ended. */
static char *ask_in(const char *request, gsize n, gboolean loopback, gboolean *closed) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, loopback);
    for (gsize at = 0; at < strlen(request) && !net_memory_closed(session); at += n)
        net_memory_feed(session, bytes_of(request + at, MIN(n, strlen(request) - at)));
    char *text = buffer_steal_string(net_memory_output(session));
    if (closed != NULL)
        *closed = net_memory_closed(session);
    net_memory_free(session);
    return text;
}

static char *ask(const char *request, gboolean *closed) {
    return ask_in(request, G_MAXSIZE / 2, FALSE, closed);
}

/* As ask, and then the client goes when it was told to: the server reads over what it refused. */
static char *ask_to_the_end(const char *request, gboolean *closed) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, bytes_of_string(request));
    char *text = buffer_steal_string(net_memory_output(session));
    if (strstr(text, "Connection: close\r\n") != NULL && !net_memory_closed(session))
        net_memory_eof(session);
    *closed = net_memory_closed(session);
    net_memory_free(session);
    return text;
}

#define HOST "Host: mail.bacninh.gov.vn\r\n"

static void requests_follow_one_another_on_a_connection(void **state) {
    static const char three[] = "GET / HTTP/1.1\r\n" HOST "\r\n"
                                "POST /echo/a%20b HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nxyz"
                                "PUT /echo/c HTTP/1.1\r\n" HOST
                                "Transfer-Encoding: chunked\r\n\r\n2\r\nuv\r\n1\r\nw\r\n0\r\n\r\n";
    for (gsize n = 1; n < 100; n += 7) {
        gboolean closed = TRUE;
        g_autofree char *text = ask_in(three, n, FALSE, &closed);
        assert_false(closed);
        has(text, "\r\n\r\nhelloHTTP/1.1 200 OK\r\n");
        has(text, "\r\n\r\na b:xyzHTTP/1.1 200 OK\r\n");
        has(text, "\r\n\r\nc:uvw");
    }
}

/* What net_wake asked for is a turn of its own. */
static char *ask_woken(const char *first, const char *second, gboolean *closed) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, bytes_of_string(first));
    net_memory_run(session);
    if (second != NULL && !net_memory_closed(session))
        net_memory_feed(session, bytes_of_string(second));
    net_memory_run(session);
    char *text = buffer_steal_string(net_memory_output(session));
    *closed = net_memory_closed(session);
    net_memory_free(session);
    return text;
}

static void a_route_is_asked_before_the_content_and_takes_it_piece_by_piece(void **state) {
    gboolean closed = TRUE;
    g_autofree char *plain =
        ask_woken("POST /taken/a HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc", "def", &closed);
    assert_false(closed);
    has(plain, "200 OK");
    has(plain, "\r\n\r\nabc|def|");
    g_autofree char *chunked =
        ask_woken("POST /taken/a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nuv\r\n",
                  "1\r\nw\r\n0\r\n\r\n", &closed);
    has(chunked, "\r\n\r\nuv|w|");
    g_autofree char *refused = ask_woken(
        "POST /taken/refused HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\n", NULL, &closed);
    has(refused, "403 Forbidden");
    has(refused, "Connection: close\r\n");
    g_autofree char *stopped =
        ask_woken("POST /taken/a HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\na!", NULL, &closed);
    has(stopped, "422");
    g_autofree char *more = ask_woken("POST /taken/a HTTP/1.1\r\n" HOST
                                      "Transfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef"
                                      "\r\n",
                                      "10\r\n0123456789abcdef\r\n", &closed);
    has(more, "413");
}

static void every_answer_protects_the_browser(void **state) {
    g_autofree char *text = ask("GET / HTTP/1.1\r\n" HOST "\r\n", NULL);
    has(text, "Cache-Control: no-store\r\n");
    has(text, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    has(text, "X-Content-Type-Options: nosniff\r\n");
    has(text, "Strict-Transport-Security: max-age=31536000\r\n");
    has(text, " GMT\r\n");
    g_autofree char *own =
        ask("POST /echo/a?cache HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", NULL);
    has(own, "Cache-Control: max-age=60\r\n");
    assert_null(strstr(own, "no-store"));
}

static void head_and_options_are_answered_for_every_route(void **state) {
    g_autofree char *head = ask("HEAD / HTTP/1.1\r\n" HOST "\r\n", NULL);
    has(head, "Content-Length: 5\r\n");
    assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    g_autofree char *options = ask("OPTIONS /echo/a HTTP/1.1\r\n" HOST "\r\n", NULL);
    has(options, "HTTP/1.1 204 ");
    has(options, "Allow: OPTIONS, POST, PUT\r\n");
    g_autofree char *wrong = ask("GET /echo/a HTTP/1.1\r\n" HOST "\r\n", NULL);
    has(wrong, "HTTP/1.1 405 ");
    has(wrong, "application/problem+json");
}

static const struct {
    const char *request, *status;
    gboolean closes;
} refusals[] = {
    {"GET /none HTTP/1.1\r\n" HOST "\r\n", "404", FALSE},
    {"GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", "400", FALSE},
    {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421", FALSE},
    {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "421", FALSE},
    {"POST /none HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "404", TRUE},
    {"POST /echo/a HTTP/1.1\r\n" HOST "Content-Length: 21\r\n\r\n", "413", TRUE},
    {"POST /echo/a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
     "15\r\n123456789012345678901\r\n0\r\n\r\n",
     "413", TRUE},
    {"POST /echo/a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxx\r\n", "400", TRUE},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "413", TRUE},
    {"GET /forgetful HTTP/1.1\r\n" HOST "\r\n", "500", FALSE},
    {"nonsense\r\n\r\n", "400", TRUE},
    {"\x16\x03\x01\n", "400", TRUE},
};

static void what_cannot_be_served_is_told(void **state) {
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        gboolean closed = FALSE;
        g_autofree char *text = ask_to_the_end(refusals[i].request, &closed);
        g_autofree char *begin = g_strconcat("HTTP/1.1 ", refusals[i].status, " ", NULL);
        if (!g_str_has_prefix(text, begin) || closed != refusals[i].closes)
            fail_msg("%s\n%s\nclosed: %d", refusals[i].request, text, closed);
    }
}

static void loopback_may_use_its_own_names(void **state) {
    g_autofree char *text =
        ask_in("GET / HTTP/1.1\r\nHost: localhost:10443\r\n\r\n", 1000, TRUE, NULL);
    has(text, "HTTP/1.1 200 ");
    g_autofree char *other =
        ask_in("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 1000, TRUE, NULL);
    has(other, "HTTP/1.1 421 ");
}

static void pages_of_other_sites_are_told_apart(void **state) {
    static const char *const foreign[] = {
        "Origin: https://evil.example\r\n",
        "Origin: http://mail.bacninh.gov.vn\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autofree char *request = g_strconcat("POST /echo/a HTTP/1.1\r\n" HOST, foreign[i],
                                               "Content-Length: 1\r\n\r\nx", NULL);
        g_autofree char *text = ask(request, NULL);
        has(text, "HTTP/1.1 403 ");
    }
    g_autofree char *own = ask("POST /echo/a HTTP/1.1\r\n" HOST
                               "Origin: https://mail.bacninh.gov.vn\r\nCookie: a=b; sid=7\r\n"
                               "Content-Length: 1\r\n\r\nx",
                               NULL);
    has(own, "X-Cookie: 7\r\n");
}

static void the_content_is_asked_for_when_the_client_waits(void **state) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, BYTES_LITERAL("POST /echo/a HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
                                           "Expect: 100-continue\r\n\r\n"));
    g_autofree char *first = buffer_steal_string(net_memory_output(session));
    assert_string_equal(first, "HTTP/1.1 100 Continue\r\n\r\n");
    net_memory_feed(session, BYTES_LITERAL("x"));
    g_autofree char *second = buffer_steal_string(net_memory_output(session));
    has(second, "a:x");
    net_memory_free(session);
}

static void a_parked_handler_answers_when_woken(void **state) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, BYTES_LITERAL("GET /slow HTTP/1.1\r\n" HOST "\r\n"
                                           "GET / HTTP/1.1\r\n" HOST "\r\n"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(net_memory_output(session)->n, 0);
        net_wake(session);
        assert_true(net_memory_run(session));
    }
    g_autofree char *text = buffer_steal_string(net_memory_output(session));
    assert_true(g_str_has_prefix(text, "HTTP/1.1 204 No Content\r\n"));
    has(text, "hello"); /* the request behind it */
    net_memory_free(session);
}

static void a_connection_that_ends_while_parked_is_let_go(void **state) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, BYTES_LITERAL("GET /slow HTTP/1.1\r\n" HOST "\r\n"));
    net_memory_eof(session);
    assert_true(net_memory_closed(session));
    net_memory_free(session);
}

static void a_large_answer_comes_whole(void **state) {
    g_autofree char *text = ask("GET /large HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", NULL);
    assert_int_equal(strlen(strstr(text, "\r\n\r\n") + 4), 3 << 20);
}

static void what_was_refused_is_read_over_and_not_for_ever(void **state) {
    HttpService service = service_of();
    NetSession *session = open_session(&service, FALSE);
    net_memory_feed(session, BYTES_LITERAL("POST /echo/a HTTP/1.1\r\n" HOST
                                           "Content-Length: 1000000000\r\n\r\n"));
    g_autofree char *text = buffer_steal_string(net_memory_output(session));
    has(text, "HTTP/1.1 413 ");
    g_autofree char *piece = g_strnfill(10000, 'x');
    guint pieces = 0;
    for (; pieces < 10000 && !net_memory_closed(session); pieces++)
        net_memory_feed(session, bytes_of_string(piece));
    assert_in_range(pieces, 1000, 9000);
    assert_int_equal(net_memory_output(session)->n, 0);
    net_memory_free(session);
}

static void deadlines_end_what_does_not_come(void **state) {
    static const char *const begun[] = {"GET / HT", "POST /echo/a HTTP/1.1\r\n" HOST
                                                    "Content-Length: 3\r\n\r\nx"};
    HttpService service = service_of();
    for (gsize i = 0; i < G_N_ELEMENTS(begun); i++) {
        NetSession *session = open_session(&service, FALSE);
        net_memory_feed(session, bytes_of_string(begun[i]));
        net_memory_event(session, NET_EVENT_DEADLINE);
        assert_true(net_memory_closed(session));
        g_autofree char *text = buffer_steal_string(net_memory_output(session));
        has(text, "HTTP/1.1 408 ");
        net_memory_free(session);
    }
    NetSession *idle = open_session(&service, FALSE);
    net_memory_event(idle, NET_EVENT_DEADLINE);
    assert_true(net_memory_closed(idle));
    assert_int_equal(net_memory_output(idle)->n, 0);
    net_memory_free(idle);
}

static void the_cleartext_door_only_shows_the_way(void **state) {
    HttpService service = {.hostname = "mail.bacninh.gov.vn", .redirect = 443};
    static const char *const requests[][2] = {
        {"GET /a?b=c HTTP/1.1\r\n" HOST "\r\n", "https://mail.bacninh.gov.vn/a?b=c\r\n"},
        {"GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n", "https://mail.bacninh.gov.vn/a\r\n"},
        {"GET https://evil.example/a HTTP/1.1\r\n" HOST "\r\n",
         "https://mail.bacninh.gov.vn/a\r\n"},
        {"GET / HTTP/1.0\r\n\r\n", "https://mail.bacninh.gov.vn/\r\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        NetSession *session = open_session(&service, FALSE);
        net_memory_feed(session, bytes_of_string(requests[i][0]));
        g_autofree char *text = buffer_steal_string(net_memory_output(session));
        assert_true(g_str_has_prefix(text, "HTTP/1.1 301 "));
        g_autofree char *location = g_strconcat("Location: ", requests[i][1], NULL);
        has(text, location);
        assert_null(strstr(text, "Strict-Transport"));
        net_memory_free(session);
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_follow_one_another_on_a_connection),
        cmocka_unit_test(a_route_is_asked_before_the_content_and_takes_it_piece_by_piece),
        cmocka_unit_test(every_answer_protects_the_browser),
        cmocka_unit_test(head_and_options_are_answered_for_every_route),
        cmocka_unit_test(what_cannot_be_served_is_told),
        cmocka_unit_test(loopback_may_use_its_own_names),
        cmocka_unit_test(pages_of_other_sites_are_told_apart),
        cmocka_unit_test(the_content_is_asked_for_when_the_client_waits),
        cmocka_unit_test(a_parked_handler_answers_when_woken),
        cmocka_unit_test(a_connection_that_ends_while_parked_is_let_go),
        cmocka_unit_test(a_large_answer_comes_whole),
        cmocka_unit_test(what_was_refused_is_read_over_and_not_for_ever),
        cmocka_unit_test(deadlines_end_what_does_not_come),
        cmocka_unit_test(the_cleartext_door_only_shows_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
