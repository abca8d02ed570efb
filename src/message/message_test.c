/* Messages in, IMAP's words out. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#include "message/message.h"

#define CRLF "\r\n"

static void assert_text(Bytes got, const char *wanted) {
    g_autofree char *text = bytes_dup_string(got);
    assert_string_equal(text, wanted);
}

static void assert_structure(const char *message, gboolean extended, const char *wanted) {
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(message));
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    assert_true(message_structure_write_bodystructure(parsed->structure, extended, &out));
    assert_text(buffer_bytes(&out), wanted);
}

static void assert_envelope(const char *message, const char *wanted) {
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(message));
    assert_text(parsed->envelope, wanted);
}

static void the_envelope_of_rfc_3501s_example_is_as_printed_there(void **state) {
    assert_envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" CRLF
                    "From: Terry Gray <gray@cac.washington.edu>" CRLF
                    "Subject: IMAP4rev1 WG mtg summary and minutes" CRLF
                    "To: imap@cac.washington.edu" CRLF
                    "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>" CRLF
                    "Message-Id: <B27397-0100000@cac.washington.edu>" CRLF CRLF,
                    "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
                    "\"IMAP4rev1 WG mtg summary and minutes\" "
                    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
                    "((NIL NIL \"imap\" \"cac.washington.edu\")) "
                    "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
                    "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
                    "\"<B27397-0100000@cac.washington.edu>\")");
}

static void an_empty_message_has_one_empty_text_part(void **state) {
    g_autoptr(MessageParsed) parsed = message_parse((Bytes){NULL, 0});
    assert_text(parsed->envelope, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    assert_int_equal(parsed->part_count, 1);
    assert_int_equal(parsed->header_bytes, 0);
    assert_true(parsed->date_us == MESSAGE_NO_DATE);
    assert_null(parsed->message_id);
    assert_structure("", FALSE,
                     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)");
}

static void a_plain_message_has_octets_lines_and_extension_data(void **state) {
    assert_structure("Subject: x" CRLF CRLF "hello" CRLF "there" CRLF, TRUE,
                     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 14 2 "
                     "NIL NIL NIL NIL)");
}

#define MIXED                                                                                      \
    "From: a@b.vn" CRLF "Content-Type: multipart/mixed; boundary=\"x y\"" CRLF CRLF                \
    "preamble" CRLF "--x y" CRLF "Content-Type: text/plain; charset=utf-8" CRLF CRLF               \
    "Xin chao" CRLF "--x y  " CRLF "Content-Type: application/pdf; name=\"a.pdf\"" CRLF            \
    "Content-Transfer-Encoding: BASE64" CRLF                                                       \
    "Content-Disposition: attachment; filename=\"a.pdf\"" CRLF CRLF "AAEC" CRLF "Aw==" CRLF        \
    "--x y" CRLF "Content-Type: message/rfc822" CRLF CRLF "Subject: in" CRLF                       \
    "Content-Type: multipart/alternative; boundary=z" CRLF CRLF "--z" CRLF CRLF "one" CRLF         \
    "--z" CRLF "Content-Type: image/png" CRLF CRLF "12345" CRLF "--z--" CRLF "--x y--" CRLF        \
    "epilogue" CRLF

static void a_mixed_message_is_described_part_by_part(void **state) {
    assert_structure(
        MIXED, TRUE,
        "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 8 0 NIL NIL NIL NIL)"
        "(\"application\" \"pdf\" (\"name\" \"a.pdf\") NIL NIL \"base64\" 10 NIL "
        "(\"attachment\" (\"filename\" \"a.pdf\")) NIL NIL)"
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 120 "
        "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
        "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 NIL NIL NIL NIL)"
        "(\"image\" \"png\" NIL NIL NIL \"7bit\" 5 NIL NIL NIL NIL) "
        "\"alternative\" (\"boundary\" \"z\") NIL NIL NIL) 10 NIL NIL NIL NIL) "
        "\"mixed\" (\"boundary\" \"x y\") NIL NIL NIL)");
}

static void attachments_count_decoded_and_inside_attached_messages(void **state) { /* [Điều 5.1] */
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(MIXED));
    assert_int_equal(parsed->attachment_bytes, 4 + 5);
    assert_true(parsed->has_attachment);
    assert_int_equal(parsed->part_count, 7);
    assert_string_equal(parsed->preview, "Xin chao");
}

static void assert_section(Bytes packed, const char *path, MessageSection section,
                           const char *wanted) {
    guint32 numbers[8];
    gsize depth = 0;
    for (; path[depth] != '\0'; depth++)
        numbers[depth] = (guint32)(path[depth] - '0');
    MessageRange range;
    gboolean found = message_section_find(packed, numbers, depth, section, &range);
    assert_int_equal(found, wanted != NULL);
    if (found)
        assert_text(bytes_slice(bytes_of_string(MIXED), range.start, range.end - range.start),
                    wanted);
}

static void sections_are_found_by_imaps_numbers(void **state) {
    g_autoptr(MessageParsed) parsed = message_parse(bytes_of_string(MIXED));
    Bytes s = parsed->structure;
    assert_section(s, "", MESSAGE_SECTION_BODY, MIXED);
    assert_section(s, "", MESSAGE_SECTION_HEADER,
                   "From: a@b.vn" CRLF "Content-Type: multipart/mixed; boundary=\"x y\"" CRLF CRLF);
    assert_section(s, "1", MESSAGE_SECTION_BODY, "Xin chao");
    assert_section(s, "1", MESSAGE_SECTION_MIME,
                   "Content-Type: text/plain; charset=utf-8" CRLF CRLF);
    assert_section(s, "1", MESSAGE_SECTION_HEADER, NULL);
    assert_section(s, "2", MESSAGE_SECTION_BODY, "AAEC" CRLF "Aw==");
    assert_section(s, "3", MESSAGE_SECTION_MIME, "Content-Type: message/rfc822" CRLF CRLF);
    assert_section(s, "3", MESSAGE_SECTION_HEADER,
                   "Subject: in" CRLF "Content-Type: multipart/alternative; boundary=z" CRLF CRLF);
    assert_section(s, "31", MESSAGE_SECTION_BODY, "one");
    assert_section(s, "31", MESSAGE_SECTION_MIME, CRLF);
    assert_section(s, "32", MESSAGE_SECTION_BODY, "12345");
    assert_section(s, "33", MESSAGE_SECTION_BODY, NULL);
    assert_section(s, "4", MESSAGE_SECTION_BODY, NULL);
    assert_section(s, "0", MESSAGE_SECTION_BODY, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_envelope_of_rfc_3501s_example_is_as_printed_there),
        cmocka_unit_test(an_empty_message_has_one_empty_text_part),
        cmocka_unit_test(a_plain_message_has_octets_lines_and_extension_data),
        cmocka_unit_test(a_mixed_message_is_described_part_by_part),
        cmocka_unit_test(attachments_count_decoded_and_inside_attached_messages),
        cmocka_unit_test(sections_are_found_by_imaps_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
