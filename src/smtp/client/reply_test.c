/* Replies of other servers: whole, in pieces, and such as no server should say. */
#include "smtp/client/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    Buffer input;
    SmtpReply reply;
} Fixture;

static void begin(Fixture *f, const char *text) {
    buffer_init(&f->input, 1 << 20);
    smtp_reply_init(&f->reply);
    buffer_append_string(&f->input, text);
}

static void end(Fixture *f) {
    buffer_release(&f->input);
    smtp_reply_clear(&f->reply);
}

static void several_lines_are_one_reply_with_its_keywords(void **state) {
    Fixture f;
    begin(&f, "250-far.vn hello\r\n250-PIPELINING\r\n250 SIZE 1000\r\n250 next\r\n");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_WHOLE);
    assert_int_equal(f.reply.code, 250);
    assert_string_equal(f.reply.words->str, "PIPELINING\nSIZE 1000\n");
    assert_string_equal(f.reply.text->str, "far.vn hello PIPELINING SIZE 1000");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_WHOLE);
    assert_string_equal(f.reply.text->str, "next");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_MORE);
    end(&f);
}

/* RFC 2034 4: the class of the status is the code's. */
static void a_status_is_taken_only_where_it_fits_the_code(void **state) {
    static const struct {
        const char *line, *status, *text;
    } cases[] = {
        {"550 5.1.1 no such user\r\n", "5.1.1", "no such user"},
        {"550-5.7.1 one\r\n550 5.7.1 two\r\n", "5.7.1", "one two"},
        {"550 4.1.1 lies\r\n", "5.0.0", "4.1.1 lies"},
        {"550 5.1.1000 long\r\n", "5.0.0", "5.1.1000 long"},
        {"550 5.1.1x\r\n", "5.0.0", "5.1.1x"},
        {"451 later\r\n", "4.0.0", "later"},
        {"250\r\n", "2.0.0", ""},
        {"250 2.0.0\n", "2.0.0", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f, cases[i].line);
        assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_WHOLE);
        assert_string_equal(smtp_reply_status(&f.reply), cases[i].status);
        assert_string_equal(f.reply.text->str, cases[i].text);
        end(&f);
    }
}

static void what_is_no_reply_is_refused(void **state) {
    static const char *const cases[] = {
        "\r\n",         "25\r\n",    "abc hello\r\n",      "150 early\r\n",
        "650 late\r\n", "250+x\r\n", "250-a\r\n251 b\r\n", "HTTP/1.1 200 OK\r\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f, cases[i]);
        assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_BAD);
        end(&f);
    }
}

static void lines_and_their_number_are_bounded(void **state) {
    Fixture f;
    g_autofree char *long_line = g_strnfill(SMTP_REPLY_LINE, 'x');
    begin(&f, "220 ");
    buffer_append_string(&f.input, long_line);
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_BAD);
    end(&f);
    begin(&f, "");
    for (guint i = 0; i <= SMTP_REPLY_LINES; i++)
        buffer_append_string(&f.input, "250-x\r\n");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_BAD);
    end(&f);
}

static void the_text_is_one_line_of_utf8(void **state) {
    Fixture f;
    begin(&f, "550 a\tb\x01\xff\xc4\x91 c\r d\r\n");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_WHOLE);
    assert_true(g_utf8_validate(f.reply.text->str, -1, NULL));
    assert_null(strpbrk(f.reply.text->str, "\r\n\t\x01"));
    end(&f);
    begin(&f, "");
    for (guint i = 0; i < 100; i++)
        buffer_append_string(&f.input, "550-\xc4\x91\xc4\x91\xc4\x91\xc4\x91\xc4\x91\xc4\x91\r\n");
    buffer_append_string(&f.input, "550 end\r\n");
    assert_int_equal(smtp_reply_take(&f.reply, &f.input), SMTP_REPLY_WHOLE);
    assert_true(f.reply.text->len <= SMTP_REPLY_TEXT);
    assert_true(g_utf8_validate(f.reply.text->str, -1, NULL));
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_lines_are_one_reply_with_its_keywords),
        cmocka_unit_test(a_status_is_taken_only_where_it_fits_the_code),
        cmocka_unit_test(what_is_no_reply_is_refused),
        cmocka_unit_test(lines_and_their_number_are_bounded),
        cmocka_unit_test(the_text_is_one_line_of_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
