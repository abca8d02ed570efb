#include "text/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The words joined with single spaces, or the refusal in English. */
static char *words(const char *in, gboolean unit) {
    TextName name;
    TextRefusal refusal;
    Bytes bytes = bytes_of_string(in);
    if (!(unit ? text_unit_split(bytes, &name, &refusal) : text_name_split(bytes, &name, &refusal)))
        return text_refusal_en(&refusal);
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < name.count; i++) {
        Bytes word = text_name_word(&name, i);
        g_string_append_printf(out, "%s%.*s", i > 0 ? " " : "", (int)word.n, word.p);
    }
    return g_string_free(out, FALSE);
}

static void check(const char *in, const char *expected) {
    g_autofree char *out = words(in, FALSE);
    assert_string_equal(out, expected);
}

static void check_unit(const char *in, const char *expected) {
    g_autofree char *out = words(in, TRUE);
    assert_string_equal(out, expected);
}

static void check_refused(const char *in, TextRefusalKind kind, gsize position) {
    TextName name;
    TextRefusal refusal;
    assert_false(text_name_split(bytes_of_string(in), &name, &refusal));
    assert_int_equal(refusal.kind, kind);
    assert_int_equal(refusal.position, position);
    g_autofree char *vi = text_refusal_vi(&refusal);
    assert_true(strlen(vi) > 5);
}

/* [Điều 3.2.a] */
static void spellings_that_look_the_same_give_the_same_words(void **state) {
    check("Trần Văn Anh", "tran van anh");
    check("Tra\u0302\u0300n Va\u0306n Anh", "tran van anh"); /* decomposed */
    check("Tr\u00E2\u0300n Văn Anh", "tran van anh");        /* mixed */
    check("TRẦN VĂN ANH", "tran van anh");
    check("\uFEFF  Trần\tVăn\u00A0\u3000Anh\r\n", "tran van anh");
    check("Tr\u200Bần V\u200Dă\u2060n Anh\u200E", "tran van anh");
    check("Trần\u200B Văn\u200B Anh", "tran van anh");
}

static void a_zero_width_space_in_a_spaces_place_separates(void **state) {
    check("Trần\u200BVăn\u200BAnh", "tran van anh");
    check("TRẦN\u200BVĂN\u200BANH", "tran van anh");
    check("TR\u200BẦN VĂN ANH", "tran van anh");
}

static void every_look_alike_of_d_with_stroke_is_d(void **state) {
    check("Đặng Đức", "dang duc");
    check("Ðặng Ɖức", "dang duc");
    check("ðặng đức ɖ D\u0336ô", "dang duc d do");
}

static void apostrophes_and_hyphens_inside_a_word_vanish_without_splitting(void **state) {
    check("H'Hen Niê", "hhen nie");
    check("H’Hen Niê", "hhen nie");
    check("HʼHen Hʻa Hˈb H`c H´d H′e H＇f", "hhen ha hb hc hd he hf");
    check("K-Brêu Y\u2011Moan Nguyễn–Văn", "kbreu ymoan nguyenvan");
    check("'Nguyễn Văn A'", "nguyen van a"); /* a spreadsheet's leading apostrophe */
}

static void other_latin_letters_lose_their_marks(void **state) {
    check("Ƀuôn Č Ñ ſ Łukasz Øre Æ ß ﬁ Ａ", "buon c n s lukasz ore ae ss fi a");
}

static void names_of_one_word_or_eight_are_names(void **state) {
    check("Anh", "anh");
    check("Tôn Nữ Hoàng Thị Ngọc Bích Thùy Dương", "ton nu hoang thi ngoc bich thuy duong");
}

static void what_cannot_be_a_name_is_refused_with_the_place(void **state) {
    check_refused("", TEXT_REFUSAL_EMPTY, 0);
    check_refused(" \u200B\uFEFF\u0301 ", TEXT_REFUSAL_EMPTY, 0);
    check_refused("Trần Văn 2", TEXT_REFUSAL_DIGIT, 10);
    check_refused("Anh ２", TEXT_REFUSAL_DIGIT, 5);
    check_refused("Anh (Hà)", TEXT_REFUSAL_SIGN, 5);
    check_refused("Trần V. Anh", TEXT_REFUSAL_SIGN, 7);
    check_refused("Trần - Anh", TEXT_REFUSAL_SIGN, 6);
    check_refused("Trần -", TEXT_REFUSAL_SIGN, 6);
    check_refused("anh@x", TEXT_REFUSAL_SIGN, 4);
    check_refused("Trần Вăn", TEXT_REFUSAL_SCRIPT, 6); /* Cyrillic В */
    check_refused("王伟", TEXT_REFUSAL_SCRIPT, 1);
    check_refused("Anh\x01", TEXT_REFUSAL_CONTROL, 4);
    check_refused("Anh \xE1\xBB", TEXT_REFUSAL_UTF8, 5);
    check_refused("Anh 😀", TEXT_REFUSAL_SIGN, 5);
    TextName name;
    TextRefusal refusal;
    assert_false(text_name_split(BYTES_LITERAL("An\0h"), &name, &refusal));
    assert_int_equal(refusal.kind, TEXT_REFUSAL_CONTROL);
}

static void a_refusal_names_the_character_and_what_to_do(void **state) {
    check("Trần Вăn",
          "not a Latin letter, type the name in its Latin form: “В” (U+0412) at character 6");
    check("A\x01", "the name has a control character: U+0001 at character 2");
}

static void a_name_over_the_maxima_is_refused(void **state) {
    g_autoptr(GString) many = g_string_new(NULL);
    for (int i = 0; i < TEXT_NAME_WORDS_MAXIMUM; i++)
        g_string_append(many, "a ");
    TextName name;
    TextRefusal refusal;
    assert_true(text_name_split(bytes_of_string(many->str), &name, &refusal));
    assert_int_equal(name.count, TEXT_NAME_WORDS_MAXIMUM);
    g_string_append(many, "b");
    check_refused(many->str, TEXT_REFUSAL_LONG, many->len);
    g_autofree char *long_word = g_strnfill(TEXT_NAME_MAXIMUM + 1, 'x');
    check_refused(long_word, TEXT_REFUSAL_LONG, 0);
}

/* [Điều 3.1] */
static void unit_names_allow_digits_and_separating_signs(void **state) {
    check_unit("Sở Văn hóa, Thể thao và Du lịch", "so van hoa the thao va du lich");
    check_unit("Viện Nghiên cứu kinh tế - xã hội", "vien nghien cuu kinh te xa hoi");
    check_unit("Phan Rang-Tháp Chàm", "phan rang thap cham");
    check_unit("TP. Bắc Ninh", "tp bac ninh");
    check_unit("Phường 14", "phuong 14");
    check_unit("Ea H'leo", "ea hleo");
    check_unit("Sở (X)", "a name has no such sign: “(” (U+0028) at character 4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_that_look_the_same_give_the_same_words),
        cmocka_unit_test(a_zero_width_space_in_a_spaces_place_separates),
        cmocka_unit_test(every_look_alike_of_d_with_stroke_is_d),
        cmocka_unit_test(apostrophes_and_hyphens_inside_a_word_vanish_without_splitting),
        cmocka_unit_test(other_latin_letters_lose_their_marks),
        cmocka_unit_test(names_of_one_word_or_eight_are_names),
        cmocka_unit_test(what_cannot_be_a_name_is_refused_with_the_place),
        cmocka_unit_test(a_refusal_names_the_character_and_what_to_do),
        cmocka_unit_test(a_name_over_the_maxima_is_refused),
        cmocka_unit_test(unit_names_allow_digits_and_separating_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
