#include "regulation/regulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *shipped;

static int load_shipped(void **state) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = regulation_find(NULL, &error);
    shipped = path == NULL ? NULL : regulation_load(path, &error);
    if (shipped == NULL)
        g_printerr("%s\n", error->message);
    return shipped == NULL ? -1 : 0;
}

static int drop_shipped(void **state) {
    regulation_unref(shipped);
    return 0;
}

static void check(const char *password, const char *expected) {
    g_autoptr(Verdict) v =
        regulation_check_password(shipped, bytes_of_string(password), NULL, FALSE);
    if (expected == NULL ? !v->allowed : v->allowed || strstr(v->text_en, expected) == NULL)
        fail_msg("%s: %s", password, v->allowed ? "accepted" : v->text_en);
    if (!v->allowed)
        assert_true(g_utf8_validate(v->text_vi, -1, NULL) && strchr(v->text_vi, '{') == NULL);
}

/* [Điều 5.2] */
static void a_password_needs_eight_characters_of_four_classes(void **state) {
    check("Matkhau@2022", NULL);
    check("Abcdef@1", NULL);
    check("Abcde@1", "needs at least 8 characters, has 7");
    check("abcdefg@1", "missing: upper case");
    check("ABCDEFG@1", "missing: lower case");
    check("Abcdefg@h", "missing: a digit");
    check("Abcdefg1h", "missing: a special character");
    check("abcdefgh", "missing: upper case, a digit, a special character");
    check("", "needs at least 8 characters, has 0");
}

/* [Điều 5.2] Only the signs that the text lists satisfy the class. */
static void each_listed_sign_counts_and_no_other(void **state) {
    for (const char *sign = "!@#%$*&"; *sign != 0; sign++) {
        g_autofree char *password = g_strdup_printf("Abcdefg1%c", *sign);
        check(password, NULL);
    }
    for (const char *sign = "^()-_=+[]{};:'\",.<>/?\\|`~ "; *sign != 0; sign++) {
        g_autofree char *password = g_strdup_printf("Abcd%cefg1", *sign);
        check(password, "missing: a special character");
    }
    check("Abc def^@1", NULL); /* others are allowed beside one of the list */
}

static void characters_are_counted_after_composition(void **state) {
    check("Đườ@1abc", NULL);
    check("Đu\u031Bo\u031B\u0300@1a", "has 6");
    check("Ệ@1ệabc", "has 7");
    check("Đà@1abcd", NULL); /* Vietnamese letters are letters */
}

static void full_width_look_alikes_satisfy_no_class(void **state) {
    check("abcdefg@1Ａ", "missing: upper case");
    check("ABCDEFG@1ａ", "missing: lower case");
    check("Abcdefg@１", "missing: a digit");
    check("Abcdefg1＠", "missing: a special character");
    check("Abcdefg@²", "missing: a digit");
}

static void what_cannot_be_typed_is_refused(void **state) {
    check("Abcdef@1\t", "control characters");
    check("Abcdef@1\x7F", "control characters");
    check("Abcdef@1\u200B", "control characters");
    check("Abcdef@1\xFF", "control characters");
    check(" Abcdef@1", "begins or ends with a space");
    check("Abcdef@1 ", "begins or ends with a space");
    check("Abc def@1", NULL);
    g_autoptr(Verdict) nul =
        regulation_check_password(shipped, BYTES_LITERAL("Abcdef\0@1"), NULL, FALSE);
    assert_false(nul->allowed);
}

static void up_to_128_characters_are_accepted(void **state) {
    g_autofree char *filler = g_strnfill(124, 'x');
    g_autofree char *most = g_strconcat(filler, "Ab@1", NULL);
    g_autofree char *over = g_strconcat(filler, "Ab@1x", NULL);
    g_autofree char *huge = g_strnfill(1000000, 'x');
    check(most, NULL);
    check(over, "longer than 128 characters");
    check(huge, "longer than 128 characters");
}

/* [Điều 5.2] [R034] */
static void the_printed_example_is_refused_as_what_it_is(void **state) {
    check("NguyenvanA@123", "printed as an example");
    check("NguyenvanB@123", NULL);
}

static void the_login_name_is_refused_only_where_the_regulation_says_so(void **state) {
    g_autoptr(Verdict) v =
        regulation_check_password(shipped, BYTES_LITERAL("Tvanh1@x"), "tvanh1@x", FALSE);
    assert_true(v->allowed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_needs_eight_characters_of_four_classes),
        cmocka_unit_test(each_listed_sign_counts_and_no_other),
        cmocka_unit_test(characters_are_counted_after_composition),
        cmocka_unit_test(full_width_look_alikes_satisfy_no_class),
        cmocka_unit_test(what_cannot_be_typed_is_refused),
        cmocka_unit_test(up_to_128_characters_are_accepted),
        cmocka_unit_test(the_printed_example_is_refused_as_what_it_is),
        cmocka_unit_test(the_login_name_is_refused_only_where_the_regulation_says_so),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
