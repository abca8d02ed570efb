/* Forms, and how they fall apart into terms. */
#include "text/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *in, const char *form, const char *plain) {
    g_autofree char *with = text_form(bytes_of_string(in), FALSE, NULL);
    g_autofree char *without = text_form(bytes_of_string(in), TRUE, NULL);
    assert_string_equal(with, form);
    assert_string_equal(without, plain);
}

static void forms_have_no_case_no_double_blanks_and_when_plain_no_marks(void **state) {
    check("ĐẶNG \t\r\n Thị", "đặng thị", "dang thi");
    check("  Tra\u0302\u0300n  ", "trần", "tran");
    check("Ð Ɖ đ ð", "đ đ đ đ", "d d d d");
    check("thông\u00a0tin", "thông tin", "thong tin");
    check("b\u00e1o\u200bc\u00adáo", "báocáo", "baocao");
    check("Straße", "strasse", "strasse");
    check("٣ ３ ½", "٣ ３ ½", "٣ 3 ½");
    check("ά 会议 ж", "ά 会议 ж", "α 会议 ж");
    check("06/2022/QĐ-UBND", "06/2022/qđ-ubnd", "06/2022/qd-ubnd");
    check("\u0301", "\u0301", "\u0301");
    check("", "", "");
    check(" \n", "", "");
}

static void note(const TextTerm *term, gpointer data) {
    g_string_append_printf(data, "%u%c%.*s|", term->position, term->word ? 'w' : 's',
                           (int)term->form.n, term->form.p);
}

static void assert_terms(const char *in, const char *expected) {
    GString *got = g_string_new(NULL);
    TextStream stream;
    text_stream_terms(&stream, 0, note, got);
    text_stream_feed(&stream, bytes_of_string(in));
    text_stream_end(&stream);
    assert_string_equal(got->str, expected);
    g_string_free(got, TRUE);
}

static void numbers_tell_what_stands_between_two_words(void **state) {
    assert_terms("Thông  tin", "0wthông|1wtin|");
    assert_terms("tin, báo", "0wtin|1s, |2wbáo|");
    assert_terms("tin - báo", "0wtin|1s - |2wbáo|");
    assert_terms("a@b.vn", "0wa|1s@|2wb|3s.|4wvn|");
    assert_terms(" «x» ", "0s«|1wx|2s»|");
    assert_terms("", "");
}

static void pieces_make_the_same_terms_as_the_whole(void **state) {
    const char *text = "Kính gửi: Sở Thông tin, xin Tra\u0302\u0300n 会议.";
    GString *got = g_string_new(NULL);
    TextStream stream;
    text_stream_terms(&stream, 7, note, got);
    for (const char *at = text; *at != '\0';) {
        const char *end = strchr(at, ' ');
        end = end == NULL ? at + strlen(at) : end + 1;
        text_stream_feed(&stream, bytes_of(at, (gsize)(end - at)));
        at = end;
    }
    text_stream_end(&stream);
    assert_int_equal(stream.position, 19);
    assert_string_equal(got->str, "7wkính|8wgửi|9s: |10wsở|11wthông|12wtin|13s, |14wxin|15wtrần|"
                                  "16w会议|17s.|");
    g_string_free(got, TRUE);
}

static void note_cut(const TextTerm *term, gpointer data) {
    *(gboolean *)data |= term->cut;
    assert_true(term->form.n <= TEXT_TERM_BYTES);
}

static void a_word_without_end_is_cut_and_says_so(void **state) {
    g_autofree char *one = g_strnfill(TEXT_TERM_BYTES, 'a');
    g_autofree char *two = g_strconcat(one, "b", NULL);
    for (int i = 0; i < 2; i++) {
        TextStream stream;
        gboolean cut = FALSE;
        text_stream_terms(&stream, 0, note_cut, &cut);
        text_stream_feed(&stream, bytes_of_string(i == 0 ? one : two));
        text_stream_end(&stream);
        assert_int_equal(cut, i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_have_no_case_no_double_blanks_and_when_plain_no_marks),
        cmocka_unit_test(numbers_tell_what_stands_between_two_words),
        cmocka_unit_test(pieces_make_the_same_terms_as_the_whole),
        cmocka_unit_test(a_word_without_end_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
