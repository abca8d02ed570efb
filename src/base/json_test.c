/* JSON writer: commas, escapes, bytes that are no text. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *document(void (*fill)(JsonWriter *w)) {
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 16);
    JsonWriter w = json_writer(&out);
    fill(&w);
    return buffer_steal_string(&out);
}

static void nested(JsonWriter *w) {
    json_open(w, NULL, '[');
    json_open(w, NULL, '{');
    json_text(w, "a", "x");
    json_int(w, "b", -5);
    json_open(w, "c", '[');
    json_close(w, ']');
    json_bool(w, "d", TRUE);
    json_text(w, "e", NULL);
    json_close(w, '}');
    json_open(w, NULL, '{');
    json_close(w, '}');
    json_close(w, ']');
}

static void members_and_elements_get_their_commas(void **state) {
    g_autofree char *text = document(nested);
    assert_string_equal(text, "[{\"a\":\"x\",\"b\":-5,\"c\":[],\"d\":true,\"e\":null},{}]");
}

static void odd(JsonWriter *w) {
    json_text(w, NULL, "q\" b\\ n\n \x7f Đ \xff\xc3");
}

static void what_would_break_a_string_is_escaped(void **state) {
    g_autofree char *text = document(odd);
    assert_string_equal(text, "\"q\\\" b\\\\ n\\u000a \\u007f Đ \xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_elements_get_their_commas),
        cmocka_unit_test(what_would_break_a_string_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
