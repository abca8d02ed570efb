#include "text/collate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int compare(const char *a, const char *b) {
    g_auto(Buffer) x;
    g_auto(Buffer) y;
    buffer_init(&x, 10000);
    buffer_init(&y, 10000);
    assert_true(text_collation_key(bytes_of_string(a), 1000, &x));
    assert_true(text_collation_key(bytes_of_string(b), 1000, &y));
    assert_false(bytes_has_nul(buffer_bytes(&x)));
    int difference = x.n == 0 || y.n == 0 ? 0 : memcmp(x.p, y.p, MIN(x.n, y.n));
    return difference != 0 ? difference : (int)x.n - (int)y.n;
}

static void check_order(const char *const *sorted, gsize n) {
    for (gsize i = 1; i < n; i++)
        if (compare(sorted[i - 1], sorted[i]) >= 0)
            fail_msg("%s should come before %s", sorted[i - 1], sorted[i]);
}

/* RFC 5051 2: ASCII letters count as capitals, everything as its number. */
static void ascii_is_ordered_as_unicode_casemap_does(void **state) {
    static const char *const texts[] = {"",  "!",     "1 a", "10", "2",   "A",     "a b", "aa",
                                        "b", "B (a)", "ba",  "C",  "Z z", "[xyz]", "_",   "`"};
    check_order(texts, G_N_ELEMENTS(texts));
    assert_int_equal(compare("CONG VAN", "cong van"), 0);
}

static void vietnamese_letters_stand_in_their_alphabet(void **state) {
    static const char *const texts[] = {
        "An",    "Az",   "Ăn", "Ân", "Ba",     "Da",   "Dũng", "Đặng", "Đức", "E", "Ê",
        "Giang", "Oanh", "Ô",  "Ơn", "Phương", "Uyên", "Ưng",  "Yến",  "[Đ]", "д", "日"};
    check_order(texts, G_N_ELEMENTS(texts));
}

static void tones_decide_between_words_of_the_same_letters(void **state) {
    static const char *const texts[] = {"ma", "mà", "mả", "mã", "má", "mạ", "mai"};
    check_order(texts, G_N_ELEMENTS(texts));
    static const char *const phrases[] = {"an toàn", "an toán", "àn a", "anh"};
    check_order(phrases, G_N_ELEMENTS(phrases));
    assert_int_equal(compare("Trần Văn Hòa", "TRẦN VĂN HOÀ"), 0);
    assert_int_equal(compare("Tra\u0302\u0300n", "Trần"), 0);
}

static void a_key_is_cut_where_it_was_told(void **state) {
    g_auto(Buffer) out;
    buffer_init(&out, 10000);
    g_autofree char *text = g_strnfill(5000, 'a');
    assert_true(text_collation_key(bytes_of_string(text), 100, &out));
    assert_int_equal(out.n, 100);
    assert_true(text_collation_key(BYTES_LITERAL("\xff\xfe\x01\x00\xf0"), 100, &out));
    assert_false(bytes_has_nul(buffer_bytes(&out)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_is_ordered_as_unicode_casemap_does),
        cmocka_unit_test(vietnamese_letters_stand_in_their_alphabet),
        cmocka_unit_test(tones_decide_between_words_of_the_same_letters),
        cmocka_unit_test(a_key_is_cut_where_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
