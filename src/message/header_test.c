/* Headers, addresses, dates, parameters and encodings, each with its forms and deformities. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#include "message/address.h"
#include "message/date.h"
#include "message/header.h"
#include "message/parameter.h"
#include "message/transfer.h"

static void assert_decoded(const char *raw, const char *wanted) {
    g_autofree char *text = message_header_decode(bytes_of_string(raw));
    assert_string_equal(text, wanted);
}

static void encoded_words_are_decoded_and_joined(void **state) {
    assert_decoded(" plain", "plain");
    assert_decoded("=?utf-8?B?VHLhuqduIFbEg24gQW5o?=", "Trần Văn Anh");
    assert_decoded("=?UTF-8?q?B=C3=A1o_c=C3=A1o?= (x)", "Báo cáo (x)");
    /* RFC 2047 6.2: blanks between encoded words go; a character cut in two is whole again. */
    assert_decoded("=?utf-8?Q?=C3?=\r\n =?utf-8?Q?=A1?= =?utf-8?B?IGI=?=", "á b");
    assert_decoded("a =?utf-8?Q?b?= c", "a b c");
    assert_decoded("=?utf-8?X?b?= =?utf-8?Q?open", "=?utf-8?X?b?= =?utf-8?Q?open");
    assert_decoded("=?nosuch?Q?a=41?=", "aA");
    assert_decoded("=?utf-8?Q?a=0D=0Ab?=", "a  b");
    assert_decoded("tr\xe1\xba\xa7n", "trần");
}

static void fields_are_chosen_in_their_original_bytes(void **state) {
    Bytes block =
        BYTES_LITERAL("From: a\r\nTO : b,\r\n\tc\r\nrubbish\r\nSubject:x\r\nto: d\r\n\r\nbody");
    Bytes names[] = {BYTES_LITERAL("To"), BYTES_LITERAL("nosuch")};
    g_auto(Buffer) out;
    buffer_init(&out, 1024);
    assert_true(message_header_select(block, names, 2, FALSE, &out));
    assert_true(bytes_is(buffer_bytes(&out), "TO : b,\r\n\tc\r\nto: d\r\n\r\n"));
    buffer_clear(&out);
    assert_true(message_header_select(block, names, 2, TRUE, &out));
    assert_true(bytes_is(buffer_bytes(&out), "From: a\r\nrubbish\r\nSubject:x\r\n\r\n"));
    Bytes value;
    assert_true(message_header_find(block, "SUBJECT", &value));
    assert_true(bytes_is(value, "x"));
    assert_false(message_header_find(block, "body", &value));
}

static void message_ids_are_read_without_brackets(void **state) {
    g_auto(GStrv) ids = message_header_ids(BYTES_LITERAL(" <a@b> (c)\r\n <d@e><bad id> <f@g"), 10);
    assert_int_equal(g_strv_length(ids), 2);
    assert_string_equal(ids[0], "a@b");
    assert_string_equal(ids[1], "d@e");
    g_auto(GStrv) bare = message_header_ids(BYTES_LITERAL(" x@y\r\n"), 10);
    assert_string_equal(bare[0], "x@y");
}

static void append_part(GString *out, const char *mark, Bytes text) {
    if (text.n > 0)
        g_string_append(out, mark);
    g_string_append_len(out, (const char *)text.p, (gssize)text.n);
}

/* name '|' route '|' mailbox '@' host, each ended by a line end. */
static void assert_addresses(const char *raw, const char *wanted) {
    g_auto(MessageAddressParser) parser;
    message_address_parser_init(&parser, bytes_of_string(raw));
    MessageAddress a;
    GString *got = g_string_new(NULL);
    while (message_address_next(&parser, &a)) {
        if (a.kind == MESSAGE_ADDRESS_GROUP_END) {
            g_string_append(got, "end\n");
            continue;
        }
        g_string_append(got, a.kind == MESSAGE_ADDRESS_GROUP_START ? "group " : "");
        append_part(got, "", a.name);
        append_part(got, "|", a.route);
        if (a.kind == MESSAGE_ADDRESS_MAILBOX) {
            g_string_append_c(got, '|');
            append_part(got, "", a.mailbox);
            append_part(got, "@", a.host);
        }
        g_string_append_c(got, '\n');
    }
    assert_string_equal(got->str, wanted);
    g_string_free(got, TRUE);
}

static void addresses_are_read_in_all_their_forms(void **state) {
    assert_addresses("a@b.vn", "|a@b.vn\n");
    assert_addresses("a@b.vn (Trần Anh)", "Trần Anh|a@b.vn\n");
    assert_addresses("\"An, Tran\" <a@b>, An Tran <c@d>", "An, Tran|a@b\nAn Tran|c@d\n");
    assert_addresses("<@x.vn,@y.vn:a@b>", "|@x.vn,@y.vn|a@b\n");
    assert_addresses("\"john doe\"@b, a . b @ c . d", "|john doe@b\n|a.b@c.d\n");
    assert_addresses("g: a@b, <c@d>;, e@f", "group g\n|a@b\n|c@d\nend\n|e@f\n");
    assert_addresses("undisclosed-recipients:;", "group undisclosed-recipients\nend\n");
    assert_addresses("open: a@b", "group open\n|a@b\nend\n");
    assert_addresses("a@[127.0.0.1]", "|a@[127.0.0.1]\n");
    assert_addresses("root, , <>, <x>", "|root\n|\n|x\n");
    assert_addresses("An Tran a@b", "An Tran|a@b\n");
    assert_addresses("A (c (nested)) B <a\r\n @b>", "A B|a@b\n");
    assert_addresses("\"open <a@b>, c@d", "|open <a@b>, c@d\n");
    assert_addresses("\"a\\\"b\" <c@d> rest, e@f", "a\"b|c@d\n|e@f\n");
    assert_addresses("<a@b> <c@d>", "|a@b\n|c@d\n");
    assert_addresses(",;:,@", "|\n");
}

static void a_million_openings_of_a_route_take_linear_time(void **state) {
    GString *flood = g_string_new(NULL);
    for (int i = 0; i < 500000; i++)
        g_string_append(flood, "<@");
    g_auto(MessageAddressParser) parser;
    message_address_parser_init(&parser, bytes_of(flood->str, flood->len));
    MessageAddress a;
    guint count = 0;
    gint64 start = g_get_monotonic_time();
    while (message_address_next(&parser, &a))
        count++;
    assert_int_equal(count, 500000);
    assert_true(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    g_string_free(flood, TRUE);
}

static void assert_date(const char *raw, gint64 seconds, gint zone) {
    gint64 us = 0;
    gint minutes = 0;
    assert_true(message_date_parse(bytes_of_string(raw), &us, &minutes));
    assert_int_equal(us, seconds * G_USEC_PER_SEC);
    assert_int_equal(minutes, zone);
}

static void dates_are_read_in_all_their_forms(void **state) {
    assert_date("Tue, 24 Nov 2026 15:05:00 +0700", 1795507500, 420);
    assert_date(" 24 nov 2026 08:05 GMT", 1795507500, 0);
    assert_date("Fri, 21 Nov 97 09:55:06 -0600", 880127706, -360);
    assert_date("21 Nov 97 09(comment):55(a\\)(b)):06 CST", 880127706, -360);
    assert_date("Thu Jan  1 00:00:00 1970", 0, 0);
    assert_date("Thu Jan  1 00:00:01 EST 1970", 18001, -300);
    assert_date("29 Feb 2024 00:00:00 Z", 1709164800, 0);
    assert_date("1 Jan 70 0:0:60 XYZ", 60, 0);
    assert_date("1 Jan 1970 7:00 GMT+7", 0, 420);
    assert_date("1 Jan 100 00:00:00 +0000", 946684800, 0);
}

static void what_is_no_date_is_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "Tue",
                                        "29 Feb 2023 00:00:00 +0000",
                                        "32 Jan 2023 00:00:00 +0000",
                                        "1 Foo 2023 00:00:00 +0000",
                                        "1 Jan 2023 24:00:00 +0000",
                                        "1 Jan 99999999999 00:00:00",
                                        "1 Jan 2023",
                                        "((((",
                                        "0 Jan 2023 00:00:00 +0000"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        gint64 us = 7;
        gint zone = 7;
        assert_false(message_date_parse(bytes_of_string(wrong[i]), &us, &zone));
        assert_int_equal(us, 7);
    }
}

static void assert_parameters(const char *raw, const char *filename, const char *imap) {
    g_auto(MessageParams) params;
    message_params_parse(&params, bytes_of_string(raw));
    g_autofree char *text = message_params_text(&params, "filename");
    if (filename == NULL)
        assert_null(text);
    else
        assert_string_equal(text, filename);
    g_auto(Buffer) out;
    buffer_init(&out, 4096);
    assert_true(message_params_write(&params, &out));
    g_autofree char *written = bytes_dup_string(buffer_bytes(&out));
    assert_string_equal(written, imap);
}

static void parameters_are_read_with_continuations_and_charsets(void **state) {
    assert_parameters("", NULL, "NIL");
    assert_parameters("; filename=a.pdf", "a.pdf", "(\"filename\" \"a.pdf\")");
    assert_parameters("; FileName=\"a \\\"b\\\".pdf\" ; x=y", "a \"b\".pdf",
                      "(\"filename\" \"a \\\"b\\\".pdf\" \"x\" \"y\")");
    assert_parameters("; filename*=utf-8''B%C3%A1o.pdf", "Báo.pdf",
                      "(\"filename*\" \"utf-8''B%C3%A1o.pdf\")");
    assert_parameters("; filename*1=c%.pdf; filename*0*=utf-8'vi'B%C3%A1o", "Báoc%.pdf",
                      "(\"filename*\" \"utf-8'vi'B%C3%A1oc%25.pdf\")");
    assert_parameters("; filename*0=a; filename*1=b", "ab", "(\"filename\" \"ab\")");
    assert_parameters("; filename=\"=?utf-8?Q?B=C3=A1o?=\"", "Báo",
                      "(\"filename\" \"=?utf-8?Q?B=C3=A1o?=\")");
    assert_parameters("; filename=My File.doc; ; =; a", "My File.doc",
                      "(\"filename\" \"My File.doc\")");
}

static void assert_decodes(MessageEncoding encoding, const char *raw, const char *wanted) {
    Bytes body = bytes_of_string(raw);
    for (gsize room = 1; room < 8; room++) { /* the pieces' size never matters */
        MessageDecoder d;
        message_decoder_init(&d, encoding, body);
        GString *got = g_string_new(NULL);
        guint8 piece[8];
        for (gsize n; (n = message_decoder_read(&d, piece, room)) > 0;)
            g_string_append_len(got, (const char *)piece, (gssize)n);
        assert_string_equal(got->str, wanted);
        assert_int_equal(message_decoded_size(encoding, body), got->len);
        g_string_free(got, TRUE);
    }
}

static void transfer_encodings_are_decoded_in_pieces_of_any_size(void **state) {
    assert_decodes(MESSAGE_ENCODING_BASE64, "SGVs\r\nbG8gd29ybGQ=\r\n", "Hello world");
    assert_decodes(MESSAGE_ENCODING_BASE64, "SGVsbG8=IHdv=cmxk", "Hello world");
    assert_decodes(MESSAGE_ENCODING_BASE64, "S!G*V s b-G_8", "Hello");
    assert_decodes(MESSAGE_ENCODING_BASE64, "====A", "");
    assert_decodes(MESSAGE_ENCODING_QUOTED_PRINTABLE, "a=\r\nb=3D=3d= \t\nc=zz=", "ab==c=zz");
    assert_decodes(MESSAGE_ENCODING_UUENCODE, "x\nbegin 644 a\n#8V%T\n`\nend\ny", "cat");
    assert_decodes(MESSAGE_ENCODING_7BIT, "as it is", "as it is");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_words_are_decoded_and_joined),
        cmocka_unit_test(fields_are_chosen_in_their_original_bytes),
        cmocka_unit_test(message_ids_are_read_without_brackets),
        cmocka_unit_test(addresses_are_read_in_all_their_forms),
        cmocka_unit_test(a_million_openings_of_a_route_take_linear_time),
        cmocka_unit_test(dates_are_read_in_all_their_forms),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(parameters_are_read_with_continuations_and_charsets),
        cmocka_unit_test(transfer_encodings_are_decoded_in_pieces_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
