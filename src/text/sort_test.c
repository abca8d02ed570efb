#include "text/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_order(char *(*key)(Bytes), const char *const *sorted, gsize n) {
    for (gsize i = 1; i < n; i++) {
        g_autofree char *a = key(bytes_of_string(sorted[i - 1]));
        g_autofree char *b = key(bytes_of_string(sorted[i]));
        if (strcmp(a, b) >= 0)
            fail_msg("%s should sort before %s", sorted[i - 1], sorted[i]);
    }
}

static void names_sort_by_given_then_family_then_middle_name(void **state) {
    static const char *const names[] = {
        "Vũ Văn An", "Trần Thị Ánh", "Trần Văn Ánh", "Lê Thị Bình", "Đỗ Văn Cường",
        "Lê Dũng",   "Lê Văn Dũng",  "Nguyễn Dũng",  "Lê Văn Đức",  "Dương Thị Yến"};
    check_order(text_sort_key_name, names, G_N_ELEMENTS(names));
}

static void letters_follow_the_alphabet_and_tones_decide_last(void **state) {
    static const char *const words[] = {"a",  "à",  "ả",  "ã",  "á",   "ạ",  "an", "ăn",
                                        "ân", "ba", "ca", "da", "đa",  "e",  "ê",  "oa",
                                        "ô",  "ơ",  "u",  "ư",  "ừng", "va", "ya", "日"};
    check_order(text_sort_key, words, G_N_ELEMENTS(words));
    static const char *const phrases[] = {"an toàn", "an toán", "àn a", "anh"};
    check_order(text_sort_key, phrases, G_N_ELEMENTS(phrases));
}

static void spelling_of_the_same_word_does_not_change_its_place(void **state) {
    g_autofree char *a = text_sort_key_name(bytes_of_string("Trần Văn Hòa"));
    g_autofree char *b = text_sort_key_name(bytes_of_string("TRẦN  VĂN\tHOÀ "));
    g_autofree char *c = text_sort_key_name(bytes_of_string("Tra\u0302\u0300n Văn Ho\u0300a"));
    assert_string_equal(a, b);
    assert_string_equal(a, c);
}

static void text_that_is_not_utf8_has_no_key(void **state) {
    assert_null(text_sort_key(BYTES_LITERAL("\xFF")));
    assert_null(text_sort_key_name(BYTES_LITERAL("a\0b")));
    g_autofree char *empty = text_sort_key_name(BYTES_LITERAL(" "));
    assert_string_equal(empty, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_sort_by_given_then_family_then_middle_name),
        cmocka_unit_test(letters_follow_the_alphabet_and_tones_decide_last),
        cmocka_unit_test(spelling_of_the_same_word_does_not_change_its_place),
        cmocka_unit_test(text_that_is_not_utf8_has_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
