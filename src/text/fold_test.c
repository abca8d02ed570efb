#include "text/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(char *(*fold)(Bytes), const char *in, const char *expected) {
    g_autofree char *out = fold(bytes_of_string(in));
    assert_string_equal(out, expected);
}

static void folding_drops_case_marks_and_the_stroke_of_d(void **state) {
    check(text_fold, "ĐẶNG Thị Ước", "dang thi uoc");
    check(text_fold, "Nguye\u0302\u0303n", "nguyen"); /* decomposed */
    check(text_fold, "Ðỗ Ɖức ðông", "do duc dong");   /* look-alikes of Đ */
    check(text_fold, "Łódź straße Æ", "lodz strasse ae");
    check(text_fold, "\uFEFFbáo\u200Bcáo\u00AD!", "baocao!");
    check(text_fold, "ＡＢＣ", "abc");
    check(text_fold, "ΑΒΓ ά", "αβγ α");
    check(text_fold, "plain ASCII, 12", "plain ascii, 12");
    check(text_fold, "", "");
}

static void casefolding_keeps_marks_and_joins_composed_with_decomposed(void **state) {
    check(text_casefold, "TRẦN Đình", "trần đình");
    check(text_casefold, "Tra\u0302\u0300n", "trần");
    check(text_casefold, "Straße", "strasse");
    check(text_casefold, "“Ăn” – ơ", "“ăn” – ơ");
    check(text_casefold, "ＡΣ", "ａσ"); /* full-width stays full-width */
    check(text_casefold, "İ", "i\u0307");
}

static void composition_joins_letters_and_marks(void **state) {
    check(text_nfc, "Tra\u0302\u0300n", "Trần");
    check(text_nfc, "Tra\u0300\u0302n", "Trà\u0302n"); /* another order is another letter */
    check(text_nfc, "Trần", "Trần");
}

static void bytes_that_are_not_text_never_break_a_fold(void **state) {
    check(text_fold, "A\xFFĐ", "a\uFFFDd");
    check(text_casefold, "A\xFFĐ", "a\uFFFDđ");
    check(text_nfc, "\xC3", "\uFFFD");
    g_autofree char *nul = text_fold(BYTES_LITERAL("A\0B"));
    assert_string_equal(nul, "a\uFFFDb");
}

static void what_is_not_seen_is_not_printed(void **state) {
    check(text_printable,
          "Tra\u0302\u0300n\x01\x7f"
          "\xc2\x85 A\u202Eb\u2067\uFEFFc\uFFFE",
          "Trần Abc");
    check(text_printable, "một\n\thai\r", "một\n\thai");
    check(text_printable, "", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_drops_case_marks_and_the_stroke_of_d),
        cmocka_unit_test(casefolding_keeps_marks_and_joins_composed_with_decomposed),
        cmocka_unit_test(composition_joins_letters_and_marks),
        cmocka_unit_test(bytes_that_are_not_text_never_break_a_fold),
        cmocka_unit_test(what_is_not_seen_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
