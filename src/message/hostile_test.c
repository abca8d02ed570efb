/* Messages that someone made to hurt, and inputs that once did: each is accepted, in time, and what
 * is said of it is well formed. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#include "message/message.h"

/* On a loaded machine and under sanitizers; linear work takes milliseconds, squares take minutes.
 */
enum { MOST_SECONDS = 20 };

/* Parses and checks what holds for every message. */
static MessageParsed *parse(Bytes message) {
    gint64 start = g_get_monotonic_time();
    MessageParsed *parsed = message_parse(message);
    assert_true(g_get_monotonic_time() - start < MOST_SECONDS * G_USEC_PER_SEC);
    MessagePartIter iter;
    MessagePart part;
    guint parts = 0;
    assert_true(message_part_iter_init(&iter, parsed->structure));
    for (; message_part_next(&iter, &part); parts++)
        assert_true(part.header_start <= part.body_start && part.body_start <= part.body_end &&
                    part.body_end <= message.n);
    assert_int_equal(iter.left, 0);
    assert_int_equal(parts, parsed->part_count);
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 28);
    assert_true(message_structure_write_bodystructure(parsed->structure, TRUE, &out));
    assert_true(g_utf8_validate(parsed->preview, -1, NULL));
    return parsed;
}

static MessageParsed *parse_string(GString *message) {
    MessageParsed *parsed = parse(bytes_of(message->str, message->len));
    g_string_free(message, TRUE);
    return parsed;
}

static void mime_nested_a_thousand_deep_ends_in_an_opaque_part(void **state) {
    GString *m = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        g_string_append_printf(m, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i,
                               i);
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_true(parsed->too_complex);
    assert_int_equal(parsed->part_count, MESSAGE_MAX_DEPTH + 1);
    assert_true(parsed->attachment_bytes > 0);
}

static void attached_messages_nested_a_thousand_deep_end_in_an_opaque_part(void **state) {
    GString *m = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        g_string_append(m, "Content-Type: message/rfc822\r\n\r\n");
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_true(parsed->too_complex);
    assert_int_equal(parsed->part_count, MESSAGE_MAX_DEPTH + 1);
}

static void a_hundred_thousand_headers_are_walked_over(void **state) {
    GString *m = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append_printf(m, "X-%d: a\r\nTo: a%d@b.vn\r\n", i, i);
    g_string_append(m, "Subject: last\r\n\r\nbody");
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_true(bytes_find(parsed->envelope, BYTES_LITERAL("\"last\"")) > 0);
    assert_true(bytes_find(parsed->envelope, BYTES_LITERAL("\"a9999\"")) > 0);
    assert_true(bytes_find(parsed->envelope, BYTES_LITERAL("\"a10000\"")) < 0);
    assert_string_equal(parsed->preview, "body");
}

static void fifty_thousand_parts_stop_at_the_limit_and_the_last_holds_the_rest(void **state) {
    GString *m = g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int i = 0; i < 50000; i++)
        g_string_append(m, "--b\r\n\r\nx\r\n");
    g_string_append(m, "--b--\r\n");
    gsize n = m->len;
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_true(parsed->too_complex);
    assert_in_range(parsed->part_count, MESSAGE_MAX_PARTS - 2, MESSAGE_MAX_PARTS);
    MessagePart last;
    assert_true(
        message_part_find(parsed->structure, (guint32[]){parsed->part_count - 1}, 1, &last));
    assert_true(last.opaque);
    assert_int_equal(last.body_end, n);
    assert_true(bytes_is(last.type, "application"));
}

static void a_message_without_header_is_all_body(void **state) {
    g_autoptr(MessageParsed) parsed = parse(BYTES_LITERAL("hello there\r\nall: body\r\n\r\nx"));
    assert_int_equal(parsed->header_bytes, 0);
    assert_string_equal(parsed->preview, "hello there all: body x");
    g_autoptr(MessageParsed) blank = parse(BYTES_LITERAL("\r\nhello"));
    assert_int_equal(blank->header_bytes, 2);
    assert_string_equal(blank->preview, "hello");
}

static void a_boundary_that_never_comes_leaves_the_body_readable_as_text(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Content-Type: multipart/mixed; boundary=right\r\n\r\n"
                            "--wrong\r\n\r\nhello\r\n--wrong--\r\n"));
    assert_int_equal(parsed->part_count, 2);
    assert_non_null(strstr(parsed->preview, "hello"));
    g_autoptr(MessageParsed) none =
        parse(BYTES_LITERAL("Content-Type: multipart/mixed\r\n\r\nhello\r\n"));
    assert_int_equal(none->part_count, 2);
    assert_string_equal(none->preview, "hello");
}

static void an_unclosed_inner_multipart_ends_at_the_outer_boundary(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
                            "Content-Type: multipart/mixed; "
                            "boundary=i\r\n\r\n--i\r\n\r\none\r\n--o\r\n\r\ntwo\r\n--o--"));
    assert_int_equal(parsed->part_count, 4);
    MessagePart part;
    assert_true(message_part_find(parsed->structure, (guint32[]){1, 1}, 2, &part));
    assert_int_equal(part.body_end - part.body_start, 3);
    assert_true(message_part_find(parsed->structure, (guint32[]){2}, 1, &part));
    assert_int_equal(part.body_end - part.body_start, 3);
}

static void a_boundary_that_begins_like_another_is_not_taken_for_it(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Content-Type: multipart/mixed; boundary=ab\r\n\r\n--ab\r\n\r\n"
                            "--abc\r\nx\r\n--ab--\r\n"));
    MessagePart part;
    assert_true(message_part_find(parsed->structure, (guint32[]){1}, 1, &part));
    assert_int_equal(part.body_end - part.body_start, strlen("--abc\r\nx"));
}

static void a_flood_of_parameters_is_cut(void **state) {
    GString *m = g_string_new("Content-Type: application/x");
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(m, ";\r\n name*%d*=%%41%%42", i);
    g_string_append(m, "\r\n\r\nx");
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_int_equal(parsed->attachment_bytes, 1);
    assert_true(parsed->structure.n < 4096);
}

static void a_header_of_ten_megabytes_is_one_field(void **state) {
    GString *m = g_string_new("From: a@b.vn\r\nSubject: ");
    for (int i = 0; i < 10 * 1024; i++)
        g_string_append_printf(m, "%01022d\r\n ", i);
    g_string_append(m, "\r\n\r\nbody\r\n");
    gsize n = m->len;
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_int_equal(parsed->header_bytes, n - 6);
    assert_true(parsed->envelope.n < 70 * 1024);
}

static void nul_and_8_bit_bytes_in_headers_reach_imap_as_literals_without_nul(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Subject: a\0b\xff\r\nFrom: \"x\0\xc4\x90\" <a@b.vn>\r\n\r\nz\0z"));
    assert_false(bytes_has_nul(parsed->envelope));
    assert_true(bytes_find(parsed->envelope, BYTES_LITERAL("{3}\r\nab\xff ")) > 0);
    assert_true(bytes_find(parsed->envelope, BYTES_LITERAL("{3}\r\nx\xc4\x90 NIL")) > 0);
}

static void bare_line_feeds_and_bare_carriage_returns_are_read_sanely(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"
                            "--b\nContent-Type: image/png\n\nxx\n--b--\n"));
    assert_int_equal(parsed->part_count, 3);
    assert_int_equal(parsed->attachment_bytes, 2);
    g_autoptr(MessageParsed) cr = parse(BYTES_LITERAL("Subject: s\rX: y\r\rbody"));
    assert_true(bytes_find(cr->envelope, BYTES_LITERAL("\"s X: y body\"")) > 0);
}

static void rubbish_in_base64_is_skipped_and_counted_as_decoded(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                            "!!QU\x80JD*\r\nRA==#RUY=\r\n"));
    assert_int_equal(parsed->attachment_bytes, 3 + 1 + 2);
}

static void a_line_of_ten_megabytes_is_a_line(void **state) {
    GString *m = g_string_new("Subject: s\r\n\r\n");
    gsize start = m->len;
    g_string_set_size(m, start + 10 * 1024 * 1024);
    memset(m->str + start, 'x', 10 * 1024 * 1024);
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_int_equal(strlen(parsed->preview), MESSAGE_PREVIEW_BYTES);
}

static void a_body_of_nothing_but_false_boundaries_takes_linear_time(void **state) {
    GString *m = g_string_new(NULL);
    for (int i = 0; i < 100; i++)
        g_string_append_printf(m, "Content-Type: multipart/mixed; boundary=\"%c\"\r\n\r\n--%c\r\n",
                               'A' + i % 26, 'A' + i % 26);
    g_string_append(m, "\r\n");
    for (int i = 0; i < 1000000; i++)
        g_string_append(m, i % 2 == 0 ? "--_\n" : "--Z.\n");
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_int_equal(parsed->part_count, MESSAGE_MAX_DEPTH + 1);
}

static void large_bodies_deep_inside_attached_messages_take_linear_time(void **state) {
    GString *m = g_string_new(NULL);
    for (int i = 0; i < 99; i++)
        g_string_append(m, "Content-Type: message/rfc822\r\n\r\n");
    g_string_append(m, "Subject: s\r\n\r\n");
    for (int i = 0; i < 1000000; i++)
        g_string_append(m, "line line\r\n");
    g_autoptr(MessageParsed) parsed = parse_string(m);
    assert_false(parsed->too_complex);
}

static void html_without_any_text_gives_an_empty_preview(void **state) {
    g_autoptr(MessageParsed) parsed =
        parse(BYTES_LITERAL("Content-Type: text/html\r\n\r\n<b></b>"));
    assert_string_equal(parsed->preview, "");
    g_autoptr(MessageParsed) empty = parse(BYTES_LITERAL("Content-Type: text/html\r\n\r\n"));
    assert_string_equal(empty->preview, "");
}

static void uuencoded_files_in_text_count_even_when_the_text_is_encoded(void **state) {
    /* [Điều 5.1] "cat" in uuencode is #8V%T */
    g_autoptr(MessageParsed) plain = parse(
        BYTES_LITERAL("Subject: s\r\n\r\nhello\r\nbegin 644 a.txt\r\n#8V%T\r\n`\r\nend\r\nbye"));
    assert_int_equal(plain->attachment_bytes, 3);
    assert_true(plain->has_attachment);
    g_autoptr(MessageParsed) quoted =
        parse(BYTES_LITERAL("Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                            "begin=20644 a.txt\r\n#8V%T\r\n`\r\nend\r\n"));
    assert_int_equal(quoted->attachment_bytes, 3);
    g_autoptr(MessageParsed) prose =
        parse(BYTES_LITERAL("Subject: s\r\n\r\nbegin 644 with this\r\nand go on as usual\r\n"));
    assert_int_equal(prose->attachment_bytes, 0);
}

static void a_damaged_part_map_is_refused(void **state) {
    g_autoptr(MessageParsed) parsed = parse(BYTES_LITERAL("Subject: s\r\n\r\nhello"));
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 16);
    for (gsize n = 0; n < parsed->structure.n; n++)
        assert_false(message_structure_write_bodystructure(bytes_slice(parsed->structure, 0, n),
                                                           TRUE, &out));
    assert_int_equal(out.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mime_nested_a_thousand_deep_ends_in_an_opaque_part),
        cmocka_unit_test(attached_messages_nested_a_thousand_deep_end_in_an_opaque_part),
        cmocka_unit_test(a_hundred_thousand_headers_are_walked_over),
        cmocka_unit_test(fifty_thousand_parts_stop_at_the_limit_and_the_last_holds_the_rest),
        cmocka_unit_test(a_message_without_header_is_all_body),
        cmocka_unit_test(a_boundary_that_never_comes_leaves_the_body_readable_as_text),
        cmocka_unit_test(an_unclosed_inner_multipart_ends_at_the_outer_boundary),
        cmocka_unit_test(a_boundary_that_begins_like_another_is_not_taken_for_it),
        cmocka_unit_test(a_flood_of_parameters_is_cut),
        cmocka_unit_test(a_header_of_ten_megabytes_is_one_field),
        cmocka_unit_test(nul_and_8_bit_bytes_in_headers_reach_imap_as_literals_without_nul),
        cmocka_unit_test(bare_line_feeds_and_bare_carriage_returns_are_read_sanely),
        cmocka_unit_test(rubbish_in_base64_is_skipped_and_counted_as_decoded),
        cmocka_unit_test(a_line_of_ten_megabytes_is_a_line),
        cmocka_unit_test(a_body_of_nothing_but_false_boundaries_takes_linear_time),
        cmocka_unit_test(large_bodies_deep_inside_attached_messages_take_linear_time),
        cmocka_unit_test(html_without_any_text_gives_an_empty_preview),
        cmocka_unit_test(uuencoded_files_in_text_count_even_when_the_text_is_encoded),
        cmocka_unit_test(a_damaged_part_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
