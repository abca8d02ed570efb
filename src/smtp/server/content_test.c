#include "smtp/server/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void collect(Bytes piece, gpointer data) {
    g_string_append_len(data, (const char *)piece.p, (gssize)piece.n);
}

/* Feeds text in pieces of n bytes. Returns the message (g_free); *rest is what follows its end, or
 * NULL when there was no end. */
static char *decode(const char *text, gsize n, const char **rest) {
    SmtpDot dot = {0};
    GString *out = g_string_new(NULL);
    gsize length = strlen(text);
    *rest = NULL;
    for (gsize at = 0; at < length && *rest == NULL;) {
        gsize used;
        Bytes piece = bytes_of(text + at, MIN(n, length - at));
        if (smtp_dot_take(&dot, piece, &used, collect, out))
            *rest = text + at + used;
        else
            assert_int_equal(used, piece.n);
        at += used;
    }
    return g_string_free(out, FALSE);
}

static void only_a_dot_between_two_crlf_ends_the_data(void **state) {
    static const struct {
        const char *text, *message, *rest;
    } cases[] = {
        {"a\r\n.\r\nQUIT", "a\r\n", "QUIT"},
        {".\r\nQUIT", "", "QUIT"},
        {"a\r\n..b\r\n.\r\n", "a\r\n.b\r\n", ""},
        {"a\r\n...\r\n.\r\n", "a\r\n..\r\n", ""},
        {"\r\n\r\n.\r\n", "\r\n\r\n", ""},
        /* Every false end that is known from smuggling, and what follows it is message. */
        {"a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", ""},
        {"a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", ""},
        {"a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", ""},
        {"a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", ""},
        {"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", ""},
        {"a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", ""},
        {"a\r\n.\r\rb\r\n.\r\n", "a\r\n\r\rb\r\n", ""},
        {"a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\r\nb\r\n", ""},
        {"a\r\r\n.\r\nx", "a\r\r\n", "x"},
        {"a\n\r\n.\r\nx", "a\n\r\n", "x"},
        {"a\r\n .\r\nb\r\n.\r\n", "a\r\n .\r\nb\r\n", ""},
        {"a\r\n. \r\nb\r\n.\r\n", "a\r\n \r\nb\r\n", ""},
        {"no end\r\n.", "no end\r\n", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize n = 1; n <= strlen(cases[i].text); n++) {
            const char *rest;
            g_autofree char *message = decode(cases[i].text, n, &rest);
            assert_string_equal(message, cases[i].message);
            if (cases[i].rest == NULL)
                assert_null(rest);
            else
                assert_string_equal(rest, cases[i].rest);
        }
    }
}

static SmtpLines lines_of(Bytes text, gsize n, gsize maximum) {
    SmtpLines lines = {.line_maximum = maximum};
    for (gsize at = 0; at < text.n; at += n)
        smtp_lines_take(&lines, bytes_slice(text, at, n));
    smtp_lines_end(&lines);
    return lines;
}

static void bare_line_ends_are_found_however_the_bytes_are_cut(void **state) {
    static const struct {
        const char *text;
        gboolean bare;
    } cases[] = {
        {"", FALSE},        {"a", FALSE},         {"a\r\nb\r\n", FALSE}, {"\r\n\r\n", FALSE},
        {"a\nb\r\n", TRUE}, {"a\rb\r\n", TRUE},   {"\n", TRUE},          {"\r", TRUE},
        {"a\r\r\n", TRUE},  {"a\r\n\n", TRUE},    {"a\r\n\r", TRUE},     {"\r\r\r\n", TRUE},
        {"a\n\r\n", TRUE},  {"aaa\r\n\nb", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize n = 1; n <= 8; n++)
            assert_int_equal(lines_of(bytes_of_string(cases[i].text), n, 100).bare, cases[i].bare);
}

static void nul_and_long_lines_are_found(void **state) {
    for (gsize n = 1; n <= 8; n++) {
        assert_true(lines_of(BYTES_LITERAL("a\0b\r\n"), n, 100).nul);
        assert_false(lines_of(BYTES_LITERAL("12345\r\n12345\r\n"), n, 5).too_long);
        assert_true(lines_of(BYTES_LITERAL("123456\r\n"), n, 5).too_long);
        assert_true(lines_of(BYTES_LITERAL("a\r\n123456"), n, 5).too_long);
    }
}

/* What is left of a header that comes in pieces of n bytes, up to its empty line. */
static GString *header_of(Bytes text, gsize n, SmtpHeader *header) {
    GString *fields = g_string_new(NULL);
    for (gsize at = 0; at < text.n && !header->done; at += n) {
        gboolean ends;
        smtp_header_take(header, bytes_slice(text, at, n), &ends, collect, fields);
        assert_int_equal(ends, header->done);
    }
    smtp_header_end(header, collect, fields);
    return fields;
}

static void the_header_ends_at_the_empty_line_however_the_bytes_are_cut(void **state) {
    static const char text[] = "Received: a\r\n b\r\nRECEIVED : c\r\nDate: x\r\nX-Received: n\r\n"
                               "\tMessage-ID: folded\r\n\r\nReceived: body\r\n";
    gsize body = (gsize)(strstr(text, "\r\n\r\n") + 2 - text);
    for (gsize n = 1; n <= sizeof text; n++) {
        SmtpHeader header = {0};
        GString *fields = header_of(BYTES_LITERAL(text), n, &header);
        assert_true(header.done);
        assert_int_equal(fields->len, body);
        assert_memory_equal(fields->str, text, body);
        assert_int_equal(header.received, 2);
        assert_true(header.has_date);
        assert_false(header.has_message_id);
        g_string_free(fields, TRUE);
    }
}

static void fields_that_others_shall_not_see_are_taken_out(void **state) {
    static const char text[] = "Bcc: a\r\n b\r\n\tc\r\nBc: d\r\nBCC : e\r\nReturn-Path:\r\n <f>\r\n"
                               "X-Bcc: g\r\n Bcc: h\r\nno field\r\nResent-Bcc:i\r\n"
                               "A-Name-That-Is-Very-Long-Indeed: j\r\nBccc: k\r\nBcc";
    static const char kept[] = "Bc: d\r\nX-Bcc: g\r\n Bcc: h\r\nno field\r\n"
                               "A-Name-That-Is-Very-Long-Indeed: j\r\nBccc: k\r\nBcc";
    for (gsize n = 1; n <= sizeof text; n++) {
        SmtpHeader own = {.submission = TRUE}, others = {0};
        GString *fields = header_of(BYTES_LITERAL(text), n, &own);
        assert_string_equal(fields->str, kept);
        g_string_free(fields, TRUE);
        fields = header_of(BYTES_LITERAL(text), n, &others);
        assert_non_null(strstr(fields->str, "Bcc: a\r\n b"));
        assert_null(strstr(fields->str, "Return-Path"));
        g_string_free(fields, TRUE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_dot_between_two_crlf_ends_the_data),
        cmocka_unit_test(bare_line_ends_are_found_however_the_bytes_are_cut),
        cmocka_unit_test(nul_and_long_lines_are_found),
        cmocka_unit_test(the_header_ends_at_the_empty_line_however_the_bytes_are_cut),
        cmocka_unit_test(fields_that_others_shall_not_see_are_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
