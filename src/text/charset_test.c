#include "text/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *charset, const char *in, gsize n, const char *expected) {
    gsize length;
    g_autofree char *out = text_to_utf8(charset, bytes_of(in, n), 1000, &length);
    assert_non_null(out);
    assert_string_equal(out, expected);
    assert_int_equal(length, strlen(expected));
}

static void text_of_each_charset_becomes_utf8(void **state) {
    check("UTF-8", "Trần", strlen("Trần"), "Trần");
    check("us-ascii", "abc", 3, "abc");
    check("iso-8859-1", "caf\xE9", 4, "café");
    check("Windows-1252", "\x80 5", 3, "€ 5");
    check("koi8-r", "\xC1", 1, "а");
    check("shift_jis", "\x93\xFA", 2, "日");
    check("utf-16le", "A\0\xE1\x1E", 4, "A\u1EE1");
}

/* windows-1258 writes a letter and its tone as two bytes. */
static void windows_1258_tones_join_their_letters(void **state) {
    gsize n;
    g_autofree char *out = text_to_utf8("windows-1258", BYTES_LITERAL("Tr\xE2\xCCn"), 100, &n);
    assert_string_equal(out, "Trần");
    g_autofree char *last = text_to_utf8("windows-1258", BYTES_LITERAL("t\xE2"), 100, &n);
    assert_string_equal(last, "tâ");
}

static void bytes_that_do_not_fit_become_replacement_characters(void **state) {
    check("us-ascii", "a\xE9z", 3, "a\uFFFDz");
    check("utf-8", "a\xFFz", 3, "a\uFFFDz");
    check("utf-8", "a\xE1\xBB", 3, "a\uFFFD");     /* cut inside a character */
    check("utf-8", "\xED\xA0\x80z", 4, "\uFFFDz"); /* a surrogate */
    check("utf-8", "\xC0\xAFz", 3, "\uFFFDz");     /* overlong */
    check("utf-8", "a\0z", 3, "a\uFFFDz");         /* NUL would hide what follows */
    check("utf-16be", "\0A\0", 3, "A\uFFFD");
    check("gb18030", "\xFF\x41", 2,
          "\uFFFD"
          "A");
}

static void an_unknown_charset_is_told_apart_and_cannot_reach_iconv(void **state) {
    assert_null(text_to_utf8("x-unknown", BYTES_LITERAL("a"), 10, NULL));
    assert_null(text_to_utf8("WCHAR_T", BYTES_LITERAL("a"), 10, NULL));
    assert_null(text_to_utf8("utf-8//TRANSLIT", BYTES_LITERAL("a"), 10, NULL));
    assert_null(text_to_utf8("", BYTES_LITERAL("a"), 10, NULL));
    assert_null(text_to_utf8(NULL, BYTES_LITERAL("a"), 10, NULL));
    assert_false(text_charset_is_known(NULL));
    assert_true(text_charset_is_known("ISO-8859-1"));
}

static void the_maximum_cuts_between_characters(void **state) {
    gsize n;
    g_autofree char *utf8 = text_to_utf8("utf-8", bytes_of_string("aả"), 3, &n);
    assert_string_equal(utf8, "a");
    g_autofree char *latin = text_to_utf8("iso-8859-1", BYTES_LITERAL("a\xE9\xE9"), 4, &n);
    assert_string_equal(latin, "aé");
    assert_int_equal(n, 3);
    g_autofree char *none = text_to_utf8("iso-8859-1", BYTES_LITERAL("abc"), 0, &n);
    assert_string_equal(none, "");
}

static void validity_is_judged_strictly(void **state) {
    assert_true(text_is_utf8(bytes_of_string("Đặng 日本")));
    assert_true(text_is_utf8(BYTES_LITERAL("")));
    assert_false(text_is_utf8(BYTES_LITERAL("\xC3")));
    assert_false(text_is_utf8(BYTES_LITERAL("\xED\xA0\x80")));
    assert_false(text_is_utf8(BYTES_LITERAL("\xF4\x90\x80\x80")));
    assert_false(text_is_utf8(BYTES_LITERAL("a\x80")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_each_charset_becomes_utf8),
        cmocka_unit_test(windows_1258_tones_join_their_letters),
        cmocka_unit_test(bytes_that_do_not_fit_become_replacement_characters),
        cmocka_unit_test(an_unknown_charset_is_told_apart_and_cannot_reach_iconv),
        cmocka_unit_test(the_maximum_cuts_between_characters),
        cmocka_unit_test(validity_is_judged_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
