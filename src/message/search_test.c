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
    return message_search(message, parsed->structure, needle);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields_are_searched_decoded_and_without_case),
        cmocka_unit_test(bodies_are_searched_decoded_from_their_encodings_and_charsets),
        cmocka_unit_test(text_covers_headers_and_bodies),
        cmocka_unit_test(decomposed_and_composed_letters_are_the_same),
        cmocka_unit_test(a_hit_across_two_windows_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
