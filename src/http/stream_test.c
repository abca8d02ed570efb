/* Answers that go on: what wakes them, what a slow reader costs, and how they end. */
#include "http/stream.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ACCOUNT = 7 };

/* What the stream tells of. */
static struct {
    guint news, calls, freed;
    guint why; /* of the last call */
    gboolean over;
} world;

typedef struct {
    guint told;
} Told;

static void told_free(gpointer data) {
    world.freed++;
    g_free(data);
}

/* Tells how often something happened, as one number. */
static HttpVerdict news(HttpCall *call) {
    Told *told = http_kept(call);
    if (told == NULL) {
        http_keep(call, told = g_new0(Told, 1), told_free);
        if (!http_stream_begin(call, HTTP_EVENTS, 30 * CLOCK_SECOND, ACCOUNT))
            return HTTP_DONE;
    }
    world.calls++;
    world.why = http_stream_why(call);
    if (world.why & HTTP_STREAM_TICK)
        http_event_write(call, "ping", NULL, BYTES_LITERAL("{}"));
    if (told->told != world.news) {
        told->told = world.news;
        g_autofree char *text = g_strdup_printf("%u", world.news);
        http_event_write(call, "state", "1", bytes_of_string(text));
    }
    return world.over ? HTTP_DONE : HTTP_STREAM;
}

/* Says as much as fits at once. */
static HttpVerdict flood(HttpCall *call) {
    if (http_kept(call) == NULL) {
        http_keep(call, &world, NULL);
        if (!http_stream_begin(call, "text/plain", 0, ACCOUNT))
            return HTTP_DONE;
    }
    g_autofree char *piece = g_strnfill(HTTP_STREAM_PIECE - 1024, 'x');
    assert_true(http_stream_write(call, bytes_of_string(piece)));
    assert_false(http_stream_write(call, bytes_of_string(piece)));
    return HTTP_STREAM;
}

static const HttpRoute routes[] = {
    {HTTP_GET, "/news", 0, news, NULL},
    {HTTP_GET, "/flood", 0, flood, NULL},
    {0},
};
static const HttpRoute *const tables[] = {routes};
static const HttpService service = {
    .routes = tables, .routes_count = 1, .hostname = "mail.bacninh.gov.vn"};

#define HOST "Host: mail.bacninh.gov.vn\r\n"

static NetSession *open_stream(const char *request) {
    NetMemoryOptions options = {.secure = TRUE};
    NetSession *session = net_memory_new(&http_protocol, (gpointer)&service, &options);
    net_memory_feed(session, bytes_of_string(request));
    return session;
}

static char *taken(NetSession *session) {
    return buffer_steal_string(net_memory_output(session));
}

static void has(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static int begin_anew(void **state) {
    memset(&world, 0, sizeof world);
    return 0;
}

static void a_stream_says_what_is_new_when_it_is_woken(void **state) {
    NetSession *session = open_stream("GET /news HTTP/1.1\r\n" HOST "\r\n");
    g_autofree char *head = taken(session);
    has(head, "HTTP/1.1 200 OK\r\n");
    has(head, "Content-Type: text/event-stream; charset=utf-8\r\n");
    has(head, "Transfer-Encoding: chunked\r\n");
    has(head, "Cache-Control: no-store\r\n");
    assert_null(strstr(head, "Content-Length"));
    assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    world.news = 3;
    net_wake(session);
    net_wake(session);
    assert_true(net_memory_run(session));
    g_autofree char *event = taken(session);
    assert_string_equal(event, "1c\r\nevent: state\nid: 1\ndata: 3\n\n\r\n");
    assert_int_equal(world.why, HTTP_STREAM_WOKEN);
    net_wake(session); /* and nothing is new */
    assert_true(net_memory_run(session));
    assert_int_equal(net_memory_output(session)->n, 0);
    net_memory_free(session);
    assert_int_equal(world.freed, 1);
}

static void a_stream_ends_when_its_handler_says_so_and_when_the_server_stops(void **state) {
    for (int by_shutdown = 0; by_shutdown < 2; by_shutdown++) {
        world.over = FALSE;
        NetSession *session = open_stream("GET /news HTTP/1.1\r\n" HOST "\r\n");
        g_free(taken(session));
        if (by_shutdown) {
            net_memory_event(session, NET_EVENT_SHUTDOWN);
        } else {
            world.over = TRUE;
            net_wake(session);
            net_memory_run(session);
        }
        g_autofree char *end = taken(session);
        assert_string_equal(end, "0\r\n\r\n");
        assert_true(net_memory_closed(session));
        net_memory_free(session);
        assert_int_equal(world.freed, by_shutdown + 1);
    }
}

static void a_client_that_goes_is_let_go(void **state) {
    NetSession *session = open_stream("GET /news HTTP/1.1\r\n" HOST "\r\n");
    net_memory_eof(session);
    assert_true(net_memory_closed(session));
    net_memory_free(session);
    assert_int_equal(world.freed, 1);
}

static void what_comes_behind_the_request_is_not_read(void **state) {
    NetSession *session =
        open_stream("GET /news HTTP/1.1\r\n" HOST "\r\nGET /flood HTTP/1.1\r\n" HOST "\r\n");
    guint calls = world.calls;
    net_memory_feed(session, BYTES_LITERAL("more\r\n"));
    g_autofree char *text = taken(session);
    assert_null(strstr(text + 1, "HTTP/1.1 "));
    assert_int_equal(world.calls, calls);
    net_memory_free(session);
}

static void without_chunks_the_end_is_the_connections(void **state) {
    NetSession *session = open_stream("GET /news HTTP/1.0\r\n" HOST "\r\n");
    g_autofree char *head = taken(session);
    assert_null(strstr(head, "Transfer-Encoding"));
    world.news = 1;
    world.over = TRUE;
    net_wake(session);
    net_memory_run(session);
    g_autofree char *event = taken(session);
    assert_string_equal(event, "event: state\nid: 1\ndata: 1\n\n");
    assert_true(net_memory_closed(session));
    net_memory_free(session);
}

static void an_account_has_so_many_streams_and_head_opens_none(void **state) {
    NetSession *sessions[HTTP_STREAM_ACCOUNT];
    for (gsize i = 0; i < G_N_ELEMENTS(sessions); i++) {
        sessions[i] = open_stream("GET /news HTTP/1.1\r\n" HOST "\r\n");
        g_autofree char *text = taken(sessions[i]);
        has(text, "HTTP/1.1 200 ");
    }
    NetSession *head = open_stream("HEAD /news HTTP/1.1\r\n" HOST "\r\n");
    g_autofree char *only = taken(head);
    has(only, "HTTP/1.1 200 ");
    assert_false(net_memory_closed(head));
    net_memory_free(head);
    for (int again = 0; again < 2; again++) {
        NetSession *more = open_stream("GET /news HTTP/1.1\r\n" HOST "\r\n");
        g_autofree char *text = taken(more);
        has(text, again ? "HTTP/1.1 200 " : "HTTP/1.1 429 ");
        net_memory_free(more);
        net_memory_free(g_steal_pointer(&sessions[again]));
    }
    for (gsize i = 2; i < G_N_ELEMENTS(sessions); i++)
        net_memory_free(sessions[i]);
}

static void what_one_call_may_write_is_bounded(void **state) {
    NetSession *session = open_stream("GET /flood HTTP/1.1\r\n" HOST "\r\n");
    g_autofree char *text = taken(session);
    assert_in_range(strlen(text), HTTP_STREAM_PIECE - 1024, 3 * HTTP_STREAM_PIECE);
    net_memory_free(session);
}

/* HTML 9.2.6 */
static void every_line_of_an_event_is_marked(void **state) {
    static const struct {
        const char *data, *lines;
    } cases[] = {
        {"", "data: \n\n"},
        {"a", "data: a\n\n"},
        {"a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"},
        {"a\n", "data: a\ndata: \n\n"},
        {"a\n\nevent: x", "data: a\ndata: \ndata: event: x\n\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Buffer) out;
        buffer_init(&out, 1000);
        http_event_put(&out, NULL, NULL, bytes_of_string(cases[i].data));
        g_autofree char *text = buffer_steal_string(&out);
        assert_string_equal(text, cases[i].lines);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, begin_anew)

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(a_stream_says_what_is_new_when_it_is_woken),
        TEST(a_stream_ends_when_its_handler_says_so_and_when_the_server_stops),
        TEST(a_client_that_goes_is_let_go),
        TEST(what_comes_behind_the_request_is_not_read),
        TEST(without_chunks_the_end_is_the_connections),
        TEST(an_account_has_so_many_streams_and_head_opens_none),
        TEST(what_one_call_may_write_is_bounded),
        TEST(every_line_of_an_event_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
