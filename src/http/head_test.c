/* Heads by the letter of RFC 9112: what is one request to everybody is taken, anything else is
 * refused with its status. */
#include "http/head.h"

#include "http/chunks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static guint read_head(const char *text, HttpHead *head) {
    gsize size = 0;
    guint status = http_head_read(bytes_of_string(text), head, &size);
    if (status == 200)
        assert_int_equal(size, strlen(text));
    return status;
}

static void a_request_is_taken_apart(void **state) {
    HttpHead head;
    assert_int_equal(read_head("POST /a/b?c=d HTTP/1.1\r\nHost: mail.bacninh.gov.vn\r\n"
                               "Content-Length: 12\r\nX-Note:\t hai  từ \r\n\r\n",
                               &head),
                     200);
    assert_int_equal(head.method, HTTP_POST);
    assert_true(bytes_is(head.target, "/a/b?c=d"));
    assert_true(bytes_is(head.host, "mail.bacninh.gov.vn"));
    assert_int_equal(head.length, 12);
    assert_true(head.keep);
    assert_false(head.chunked);
    assert_true(bytes_is(http_head_field(&head, "x-note"), "hai  từ"));
    assert_int_equal(http_head_field(&head, "x-other").n, 0);
}

static void the_connection_is_kept_as_both_sides_wish(void **state) {
    HttpHead head;
    assert_int_equal(read_head("GET / HTTP/1.0\r\n\r\n", &head), 200);
    assert_false(head.keep);
    assert_int_equal(read_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", &head),
                     200);
    assert_false(head.keep);
    assert_int_equal(read_head("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", &head),
                     200);
    assert_true(head.expects);
}

static void an_absolute_target_names_the_host(void **state) {
    HttpHead head;
    assert_int_equal(read_head("GET https://b.vn/x HTTP/1.1\r\nHost: a\r\n\r\n", &head), 200);
    assert_true(bytes_is(head.host, "b.vn"));
    assert_true(bytes_is(head.target, "/x"));
    assert_int_equal(read_head("GET http://b.vn HTTP/1.1\r\nHost: a\r\n\r\n", &head), 200);
    assert_true(bytes_is(head.target, "/"));
    assert_int_equal(read_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &head), 200);
}

static const struct {
    guint status;
    const char *text;
} refused[] = {
    {400, "GET / HTTP/1.1\r\n\r\n"},                       /* no Host */
    {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"}, /* two */
    {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {400, "GET / HTTP/1.1\nHost: a\n\n"},                  /* bare LF */
    {400, "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n"}, /* bare CR */
    {400, "GET / HTTP/1.1\r\nHost: a\r\nA: b\nC: d\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n"}, /* blank before */
    {400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: a\r\nA\r\n\r\n"},
    {400, "GET / HTTP/1.1\r\nHost: a\r\nA: \x01\r\n\r\n"},
    {400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET /\r\nHost: a\r\n\r\n"}, /* HTTP/0.9 */
    {400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET https://anh@b.vn/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "GET / HTTP/1.x\r\nHost: a\r\n\r\n"},
    {400, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    {501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
          "chunked\r\n\r\n"},
};

static void what_could_be_read_in_two_ways_is_refused(void **state) {
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        HttpHead head;
        guint status = read_head(refused[i].text, &head);
        if (status != refused[i].status)
            fail_msg("%s: %u", refused[i].text, status);
    }
}

static void a_head_is_bounded(void **state) {
    HttpHead head;
    g_autofree char *half = g_strnfill(1000, 'a');
    assert_int_equal(read_head(half, &head), 0);
    g_autofree char *path = g_strnfill(HTTP_HEAD_MAXIMUM, 'a');
    assert_int_equal(read_head(path, &head), 414);
    g_autofree char *field = g_strconcat("GET / HTTP/1.1\r\nA: ", path, NULL);
    assert_int_equal(read_head(field, &head), 431);
    g_autofree char *longer = g_strndup(path, HTTP_TARGET_MAXIMUM + 1);
    longer[0] = '/';
    g_autofree char *target = g_strconcat("GET ", longer, " HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
    assert_int_equal(read_head(target, &head), 414);
    g_autoptr(GString) many = g_string_new("GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < HTTP_FIELDS_MAXIMUM; i++)
        g_string_append(many, "A: b\r\n");
    g_string_append(many, "\r\n");
    assert_int_equal(read_head(many->str, &head), 431);
}

/* ---- Chunks ---- */

/* Feeds the text in pieces of n bytes; what came out, or NULL when it is bad. */
static char *unchunk(const char *text, gsize n, ChunksState expected) {
    Chunks chunks = {0};
    g_auto(Buffer) content, input;
    buffer_init(&content, 64);
    buffer_init(&input, 10000);
    ChunksState state = CHUNKS_MORE;
    for (gsize at = 0; at < strlen(text) && state == CHUNKS_MORE; at += n) {
        buffer_append(&input, text + at, MIN(n, strlen(text) - at));
        gsize taken = 0;
        state = http_chunks_read(&chunks, buffer_bytes(&input), &content, &taken);
        buffer_consume(&input, taken);
    }
    assert_int_equal(state, expected);
    return buffer_steal_string(&content);
}

static void chunks_are_put_together_however_they_come(void **state) {
    for (gsize n = 1; n < 40; n++) {
        g_autofree char *good =
            unchunk("3;a=b\r\nXin\r\n009\r\n chào bn\r\n0\r\nA: b\r\n\r\n", n, CHUNKS_END);
        assert_string_equal(good, "Xin chào bn");
    }
}

static void broken_chunks_are_refused(void **state) {
    static const char *const bad[] = {
        "\r\n",        "g\r\n",         "-1\r\n",       "1\nA\r\n0\r\n\r\n",    "1 x\r\nA\r\n",
        "1\r\nAB\r\n", "1\r\nA\n0\r\n", "0x1\r\nA\r\n", "1234567890123456\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_free(unchunk(bad[i], 1000, CHUNKS_BAD));
    }
    g_free(unchunk("41\r\n12345678901234567890123456789012345678901234567890"
                   "123456789012345\r\n0\r\n\r\n",
                   1000, CHUNKS_FULL));
    g_autofree char *filler = g_strnfill(5000, 'a');
    g_free(unchunk(filler, 100, CHUNKS_BAD));
    g_autofree char *trailers = g_strconcat("0\r\nA: ", filler, "\r\n\r\n", NULL);
    g_free(unchunk(trailers, 100, CHUNKS_BAD));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(the_connection_is_kept_as_both_sides_wish),
        cmocka_unit_test(an_absolute_target_names_the_host),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_head_is_bounded),
        cmocka_unit_test(chunks_are_put_together_however_they_come),
        cmocka_unit_test(broken_chunks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
