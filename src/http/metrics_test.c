#include "http/metrics.h"

#include "base/crypto.h"
#include "base/metrics.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

METRIC_COUNTER(apples, "congvu_test_apples_total", "Apples seen");

static void refresh(gpointer data) {
    ++*(int *)data;
}

/* The whole answer to these bytes; g_free. */
static char *ask(const char *request) {
    int refreshed = 0;
    HttpMetrics metrics = {refresh, &refreshed};
    static const HttpRoute *const routes[] = {http_metrics_routes};
    HttpService service = {.routes = routes, .routes_count = 1, .data = &metrics};
    NetSession *session = net_memory_new(&http_metrics_protocol, &service, &(NetMemoryOptions){0});
    net_memory_feed(session, bytes_of_string(request));
    char *text = buffer_steal_string(net_memory_output(session));
    assert_int_equal(refreshed, strstr(text, "200 OK") != NULL);
    net_memory_free(session);
    return text;
}

static void the_metrics_are_told(void **state) {
    metric_add(&apples, 7);
    g_autofree char *text = ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Y: z\r\n\r\n");
    assert_true(g_str_has_prefix(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "\ncongvu_test_apples_total 7\n"));
    const char *body = strstr(text, "\r\n\r\n") + 4;
    g_autofree char *length = g_strdup_printf("Content-Length: %zu\r\n", strlen(body));
    assert_non_null(strstr(text, length));
    g_autofree char *head = ask("HEAD /metrics HTTP/1.0\r\n\r\n");
    assert_true(g_str_has_suffix(head, "\r\n\r\n"));
}

static void anything_else_is_refused(void **state) {
    static const char *const requests[][2] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
        {"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
        {"GET /metrics HTTP/1.1\r\n\r\n", "400"},
        {"GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
        {"GET /metrics\r\n\r\n", "400"},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "400"},
        {"GET /metrics HTTP/1.1\nHost: x\r\n\r\n", "400"},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "413"},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "413"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *text = ask(requests[i][0]);
        assert_true(g_str_has_prefix(text, "HTTP/1.1 "));
        assert_memory_equal(text + 9, requests[i][1], 3);
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_metrics_are_told),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
