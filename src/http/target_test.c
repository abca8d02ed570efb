/* Paths and queries: decoded once, matched segment by segment, never upwards. */
#include "http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpTarget, http_target_clear)

static void a_target_is_decoded_by_segment(void **state) {
    g_auto(HttpTarget) target;
    assert_true(http_target_read(
        bytes_of_string("/api/a%2Fb/%C4%91?name=Tr%E1%BA%A7n+V%C4%83n&x&y=1=2&name=z"), &target));
    assert_int_equal(target.count, 3);
    assert_string_equal(target.segments[1], "a/b");
    assert_string_equal(target.segments[2], "đ");
    assert_string_equal(http_target_query(&target, "name"), "Trần Văn");
    assert_string_equal(http_target_query(&target, "x"), "");
    assert_string_equal(http_target_query(&target, "y"), "1=2");
    assert_null(http_target_query(&target, "z"));
}

static void what_is_no_path_is_refused(void **state) {
    static const char *const bad[] = {
        "",    "a",    "/a/../b", "/%2e%2e/b", "/./a",   "//a",      "/a//b",    "/%",
        "/%4", "/%zz", "/%00",    "/%ff",      "/a?b=%", "/a?b=%00", "/a?%zz=b",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(HttpTarget) target;
        if (http_target_read(bytes_of_string(bad[i]), &target))
            fail_msg("%s", bad[i]);
    }
    g_autoptr(GString) deep = g_string_new(NULL), wide = g_string_new("/?");
    for (int i = 0; i <= HTTP_QUERIES_MAXIMUM; i++) {
        g_string_append(deep, "/a");
        g_string_append(wide, "a=b&");
    }
    g_auto(HttpTarget) one, other;
    assert_false(http_target_read(bytes_of_string(deep->str), &one));
    assert_false(http_target_read(bytes_of_string(wide->str), &other));
}

static gboolean matches(const char *path, const char *pattern, const char *first) {
    g_auto(HttpTarget) target;
    const char *values[HTTP_SEGMENTS_MAXIMUM] = {0};
    assert_true(http_target_read(bytes_of_string(path), &target));
    gboolean fits = http_target_matches(&target, pattern, values);
    if (fits && first != NULL)
        assert_string_equal(values[0], first);
    return fits;
}

static void patterns_match_whole_paths(void **state) {
    assert_true(matches("/", "/", NULL));
    assert_true(matches("/?a=b", "/", NULL));
    assert_false(matches("/a", "/", NULL));
    assert_true(matches("/metrics", "/metrics", NULL));
    assert_false(matches("/metrics/", "/metrics", NULL));
    assert_false(matches("/metricsx", "/metrics", NULL));
    assert_false(matches("/metric", "/metrics", NULL));
    assert_true(matches("/api/accounts/tvanh.stttt", "/api/accounts/{address}", "tvanh.stttt"));
    assert_true(matches("/api/accounts/a%2Fb/lock", "/api/accounts/{address}/lock", "a/b"));
    assert_false(matches("/api/accounts", "/api/accounts/{address}", NULL));
    assert_false(matches("/api/accounts/a/b", "/api/accounts/{address}", NULL));
}

static void a_star_takes_what_follows_and_something_must(void **state) {
    assert_true(matches("/thu/a", "/thu/*", NULL));
    assert_true(matches("/thu/a/b/c/", "/thu/*", NULL));
    assert_true(matches("/a/b/c", "/{address}/*", "a"));
    assert_false(matches("/thu", "/thu/*", NULL));
    assert_false(matches("/thu/", "/thu/*", NULL));
    assert_false(matches("/thuong/a", "/thu/*", NULL));
    assert_false(matches("/a/b", "/*/b", NULL)); /* only at the end */
}

static void a_form_is_taken_apart_as_browsers_send_it(void **state) {
    Bytes form = BYTES_LITERAL("ten=tvanh.stttt%40bacninh.gov.vn&cu=M%E1%BA%ADt+kh%E1%BA%A9u%401&"
                               "moi=a%26b%3Dc&trong=&cu=lan-hai&hong=%zz&khong");
    static const char *const expected[][2] = {{"ten", "tvanh.stttt@bacninh.gov.vn"},
                                              {"cu", "Mật khẩu@1"},
                                              {"moi", "a&b=c"},
                                              {"trong", ""},
                                              {"hong", NULL},
                                              {"khong", NULL},
                                              {"te", NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *value = http_target_form(form, expected[i][0]);
        if (g_strcmp0(value, expected[i][1]) != 0)
            fail_msg("%s: %s", expected[i][0], value == NULL ? "(none)" : value);
    }
    g_autofree char *nul = http_target_form(BYTES_LITERAL("a=b%00c"), "a");
    g_autofree char *empty = http_target_form(bytes_of(NULL, 0), "a");
    assert_null(nul);
    assert_null(empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_taken_apart_as_browsers_send_it),
        cmocka_unit_test(a_target_is_decoded_by_segment),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(patterns_match_whole_paths),
        cmocka_unit_test(a_star_takes_what_follows_and_something_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
