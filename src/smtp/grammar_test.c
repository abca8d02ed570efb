#include "smtp/grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static gboolean takes(const char *text, const char *address) {
    Reader r = reader_of(bytes_of_string(text));
    SmtpPath path;
    return smtp_take_path(&r, &path) && bytes_is(path.address, address);
}

static gboolean refuses(const char *text) {
    Reader r = reader_of(bytes_of_string(text));
    SmtpPath path;
    return !smtp_take_path(&r, &path) && reader_left(&r) == strlen(text);
}

static void paths_in_every_legal_form_are_taken(void **state) {
    assert_true(takes("<a@b.vn>", "a@b.vn"));
    assert_true(takes(" <a@b.vn> SIZE=1", "a@b.vn"));
    assert_true(takes("<>", ""));
    assert_true(takes("<Postmaster>", "Postmaster"));
    assert_true(takes("<a.b+c@d-e.f>", "a.b+c@d-e.f"));
    assert_true(takes("<\"a b\\\"@>\"@d>", "\"a b\\\"@>\"@d"));
    assert_true(takes("<a@[192.0.2.1]>", "a@[192.0.2.1]"));
    assert_true(takes("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"));
    assert_true(takes("<vân@thư.vn>", "vân@thư.vn"));
}

static void a_source_route_is_dropped(void **state) {
    assert_true(takes("<@relay.vn,@other.vn:a@b.vn>", "a@b.vn"));
    assert_true(refuses("<@relay.vn;@x:a@b.vn>"));
    assert_true(refuses("<@:a@b.vn>"));
}

static void what_is_no_path_is_refused(void **state) {
    static const char *const bad[] = {
        "a@b.vn",    "<a@b.vn",  "<a@>",       "<@b.vn>",      "<a..b@c>",  "<.a@c>",
        "<a.@c>",    "<a@b..c>", "<a@b.>",     "<a@.b>",       "<a b@c>",   "<a@b c>",
        "<a@b>c@d>", "<\"a@b>",  "<\"a\"b@c>", "<a@[]>",       "<a@[1]x>",  "<<a@b>>",
        "",          "<a@b@c>",  "<a\x01@b>",  "<\"\x01\"@b>", "<a@b\x7f>", "<\xff@b>",
    };
    for (gsize i = 0; i + 1 < G_N_ELEMENTS(bad); i++)
        assert_true(refuses(bad[i]) || g_str_equal(bad[i], "<a@b>c@d>"));
    assert_true(takes("<a@b>c@d>", "a@b")); /* what follows is then no parameter */
    Reader r = reader_of(bytes_of_string("c@d>"));
    SmtpParameter parameter;
    assert_int_equal(smtp_take_parameter(&r, &parameter), SMTP_PARAMETERS_BAD);
    assert_true(refuses("<\xff@b>"));
}

static void long_parts_are_refused(void **state) {
    g_autofree char *local = g_strnfill(65, 'a');
    g_autofree char *path = g_strdup_printf("<%s@b>", local);
    assert_true(refuses(path));
    g_autofree char *domain = g_strnfill(256, 'd');
    g_autofree char *second = g_strdup_printf("<a@%s>", domain);
    assert_true(refuses(second));
}

static void parameters_are_taken_one_by_one(void **state) {
    Reader r = reader_of(BYTES_LITERAL(" SIZE=100 SMTPUTF8  BODY=8BITMIME "));
    SmtpParameter p;
    assert_int_equal(smtp_take_parameter(&r, &p), SMTP_PARAMETER);
    assert_true(bytes_is(p.name, "SIZE") && bytes_is(p.value, "100") && p.has_value);
    assert_int_equal(smtp_take_parameter(&r, &p), SMTP_PARAMETER);
    assert_true(bytes_is(p.name, "SMTPUTF8") && !p.has_value);
    assert_int_equal(smtp_take_parameter(&r, &p), SMTP_PARAMETER);
    assert_true(bytes_is(p.value, "8BITMIME"));
    assert_int_equal(smtp_take_parameter(&r, &p), SMTP_PARAMETERS_END);
    static const char *const bad[] = {"SIZE=1", " =1", " SIZE=", " SIZE==1", " -A=1", " A=b=c"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        r = reader_of(bytes_of_string(bad[i]));
        assert_int_equal(smtp_take_parameter(&r, &p), SMTP_PARAMETERS_BAD);
    }
}

static void xtext_is_checked(void **state) {
    assert_true(smtp_is_xtext(BYTES_LITERAL("a+20b+2B")));
    assert_false(smtp_is_xtext(BYTES_LITERAL("a+2")));
    assert_false(smtp_is_xtext(BYTES_LITERAL("a+2b")));
    assert_false(smtp_is_xtext(BYTES_LITERAL("a=b")));
    assert_false(smtp_is_xtext(BYTES_LITERAL("a b")));
}

static void a_greeting_name_cannot_leave_its_header_line(void **state) {
    assert_true(smtp_is_greeting_name(BYTES_LITERAL("mail.bacninh.gov.vn")));
    assert_true(smtp_is_greeting_name(BYTES_LITERAL("[IPv6:::1]")));
    assert_false(smtp_is_greeting_name(BYTES_LITERAL("a(b")));
    assert_false(smtp_is_greeting_name(BYTES_LITERAL("a b")));
    assert_false(smtp_is_greeting_name(BYTES_LITERAL("a\rb")));
    assert_false(smtp_is_greeting_name(BYTES_LITERAL("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_in_every_legal_form_are_taken),
        cmocka_unit_test(a_source_route_is_dropped),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(long_parts_are_refused),
        cmocka_unit_test(parameters_are_taken_one_by_one),
        cmocka_unit_test(xtext_is_checked),
        cmocka_unit_test(a_greeting_name_cannot_leave_its_header_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
