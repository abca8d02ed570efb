/* What is found in a message, and what is not. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#include "message/message.h"
#include "message/search.h"

static gboolean finds(Bytes message, MessageNeedleKind kind, const char *header, const char *text) {
    g_autoptr(MessageParsed) parsed = message_parse(message);
    g_autoptr(MessageNeedle) needle = message_needle_new(kind, header, bytes_of_string(text));
    MessageSource source = {{NULL, 0}, parsed->structure, message_read_bytes, &message};
    return message_search(&source, needle, NULL);
}

#define SAMPLE                                                                                     \
    "Subject: =?utf-8?B?QsOhbyBjw6Fv?= quarterly\r\nFrom: \"Tran\" <tva@bacninh.gov.vn>\r\n"       \
    "X-Empty:\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"                                \
    "--b\r\nContent-Type: text/plain; charset=windows-1258\r\n"                                    \
    "Content-Transfer-Encoding: quoted-printable\r\n\r\nB=E1o c=E1o th=\r\n=E1ng\r\n"              \
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"   \
    "PHA+UXV54bq/dCA8Yj7EkOG7i25oPC9iPiAmIzc4NzM7PC9wPg==\r\n"                                     \
    "--b\r\nContent-Type: application/octet-stream; name=hidden.bin\r\n\r\nsecretword\r\n"         \
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--b--\r\n"

static gboolean in_sample(MessageNeedleKind kind, const char *header, const char *text) {
    return finds(bytes_of_string(SAMPLE), kind, header, text);
}

static void header_fields_are_searched_decoded_and_without_case(void **state) {
    assert_true(in_sample(MESSAGE_NEEDLE_HEADER, "subject", "BÁO CÁO QUART"));
    assert_true(in_sample(MESSAGE_NEEDLE_HEADER, "From", "TVA@bacninh"));
    assert_false(in_sample(MESSAGE_NEEDLE_HEADER, "To", "tva"));
    assert_false(in_sample(MESSAGE_NEEDLE_HEADER, "subject", "inner"));
    assert_true(in_sample(MESSAGE_NEEDLE_HEADER, "x-empty", ""));
    assert_false(in_sample(MESSAGE_NEEDLE_HEADER, "x-none", ""));
}

static void bodies_are_searched_decoded_from_their_encodings_and_charsets(void **state) {
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "báo cáo tháng"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "QUYẾT"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "định"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "inside"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "inner"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, ""));
    assert_false(in_sample(MESSAGE_NEEDLE_BODY, NULL, "quarterly"));
    assert_false(in_sample(MESSAGE_NEEDLE_BODY, NULL, "secretword"));
    assert_false(in_sample(MESSAGE_NEEDLE_BODY, NULL, "<b>"));
}

static void text_covers_headers_and_bodies(void **state) {
    assert_true(in_sample(MESSAGE_NEEDLE_TEXT, NULL, "quarterly"));
    assert_true(in_sample(MESSAGE_NEEDLE_TEXT, NULL, "HIDDEN.bin"));
    assert_true(in_sample(MESSAGE_NEEDLE_TEXT, NULL, "tháng"));
    assert_false(in_sample(MESSAGE_NEEDLE_TEXT, NULL, "nowhere"));
}

static void decomposed_and_composed_letters_are_the_same(void **state) {
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "ba\xcc\x81o"));
}

static void a_hit_across_two_windows_is_found(void **state) {
    GString *m = g_string_new("Subject: s\r\n\r\n");
    gsize start = m->len;
    while (m->len - start < 1024 * 1024 - 100) /* the window's size is 1 MiB */
        g_string_append(m, "line line line line line line line line\r\n");
    g_string_append(m, "first half");
    for (int i = 0; i < 64; i++) /* the cut falls behind one of these line ends */
        g_string_append(m, "\r\nx");
    for (int i = 0; i < 100000; i++)
        g_string_append(m, "tail");
    Bytes message = bytes_of(m->str, m->len);
    GString *all = g_string_new("FIRST half");
    for (int i = 0; i < 64; i++)
        g_string_append(all, "\r\nx");
    g_string_append(all, "tail");
    assert_true(finds(message, MESSAGE_NEEDLE_BODY, NULL, all->str));
    g_string_append(all, "no");
    assert_false(finds(message, MESSAGE_NEEDLE_BODY, NULL, all->str));
    g_string_free(all, TRUE);
    g_string_free(m, TRUE);
}

static void
a_text_without_marks_finds_letters_with_them_and_one_with_marks_only_those(void **state) {
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "bao cao thang"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "QUYET DINH"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "\xc3\x90\xe1\xbb\x8bnh")); /* eth for Đ */
    assert_true(in_sample(MESSAGE_NEEDLE_HEADER, "subject", "bao cao"));
    assert_false(in_sample(MESSAGE_NEEDLE_BODY, NULL, "bào cao"));
    assert_false(in_sample(MESSAGE_NEEDLE_BODY, NULL, "quyết dinh"));
}

static void words_meet_across_lines_and_names_of_files_are_found(void **state) {
    Bytes folded = bytes_of_string("Subject: m\u1edbi\r\n  nh\u1ea5t\r\n\r\nth\u00f4ng\r\ntin\r\n");
    assert_true(finds(folded, MESSAGE_NEEDLE_BODY, NULL, "thong tin"));
    assert_true(finds(folded, MESSAGE_NEEDLE_BODY, NULL, "ng  ti"));
    assert_false(finds(folded, MESSAGE_NEEDLE_BODY, NULL, "thongtin"));
    assert_true(finds(folded, MESSAGE_NEEDLE_HEADER, "SUBJECT", "mới nhất"));
    assert_true(finds(folded, MESSAGE_NEEDLE_TEXT, NULL, "subject: moi"));
    assert_true(in_sample(MESSAGE_NEEDLE_BODY, NULL, "hidden.BIN"));
}

static void letters_written_as_references_in_html_are_letters(void **state) {
    Bytes html = bytes_of_string("Content-Type: text/html\r\n\r\nTh&ocirc;ng <b>t</b>in &Aacute;"
                                 "&nbsp;&#273;&#xEA; &unknown;");
    assert_true(finds(html, MESSAGE_NEEDLE_BODY, NULL, "thông tin á đê &unknown;"));
}

static gboolean fail_to_read(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    return FALSE;
}

static void bytes_that_cannot_be_read_are_told_apart_from_no_hit(void **state) {
    Bytes message = bytes_of_string(SAMPLE);
    g_autoptr(MessageParsed) parsed = message_parse(message);
    g_autoptr(MessageNeedle) needle =
        message_needle_new(MESSAGE_NEEDLE_BODY, NULL, bytes_of_string("x"));
    MessageSource source = {{NULL, 0}, parsed->structure, fail_to_read, NULL};
    gboolean failed = FALSE;
    assert_false(message_search(&source, needle, &failed));
    assert_true(failed);
}

static gboolean refuse_attachments(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    message_read_bytes(offset, n, out, data);
    assert_true(bytes_find(*out, BYTES_LITERAL("secretword")) < 0);
    return TRUE;
}

static void attachments_are_never_read(void **state) {
    Bytes message = bytes_of_string(SAMPLE);
    g_autoptr(MessageParsed) parsed = message_parse(message);
    g_autoptr(MessageNeedle) needle =
        message_needle_new(MESSAGE_NEEDLE_TEXT, NULL, bytes_of_string("nowhere"));
    MessageSource source = {{NULL, 0}, parsed->structure, refuse_attachments, &message};
    assert_false(message_search(&source, needle, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields_are_searched_decoded_and_without_case),
        cmocka_unit_test(bodies_are_searched_decoded_from_their_encodings_and_charsets),
        cmocka_unit_test(text_covers_headers_and_bodies),
        cmocka_unit_test(decomposed_and_composed_letters_are_the_same),
        cmocka_unit_test(a_hit_across_two_windows_is_found),
        cmocka_unit_test(
            a_text_without_marks_finds_letters_with_them_and_one_with_marks_only_those),
        cmocka_unit_test(words_meet_across_lines_and_names_of_files_are_found),
        cmocka_unit_test(letters_written_as_references_in_html_are_letters),
        cmocka_unit_test(bytes_that_cannot_be_read_are_told_apart_from_no_hit),
        cmocka_unit_test(attachments_are_never_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
