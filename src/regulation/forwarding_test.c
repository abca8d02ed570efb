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

static void check(const char *from, const char *to, const char *rule) {
    g_autoptr(Verdict) v =
        regulation_check_forward(shipped, bytes_of_string(from), bytes_of_string(to), NULL);
    if (v->allowed != (rule == NULL) || (rule != NULL && strcmp(v->rule, rule) != 0))
        fail_msg("%s -> %s: %s", from, to, v->allowed ? "allowed" : v->text_en);
    assert_string_equal(v->article, "Điều 8.5");
}

#define OWN "tvanh.stttt@bacninh.gov.vn"

/* [Điều 8.5] */
static void forwarding_to_state_bodies_is_allowed_in_every_spelling(void **state) {
    check(OWN, "snv@bacninh.gov.vn", NULL);
    check(OWN, "a@gov.vn", NULL);
    check(OWN, "a@mic.gov.vn", NULL);
    check(OWN, "A@MIC.GOV.VN", NULL);
    check(OWN, "a@mic.gov.vn.", NULL);
    check(OWN, "a@chinhphu.vn", NULL);
    check(OWN, "a@vp.quochoi.vn", NULL);
    check(OWN, "a@ｍｉｃ.ｇｏｖ.ｖｎ", NULL); /* IDNA makes it mic.gov.vn */
    check(OWN, "a@bộnộivụ.gov.vn", NULL);     /* a Vietnamese label is Latin */
}

/* [Điều 8.5] */
static void forwarding_to_anybody_else_is_refused(void **state) {
    check(OWN, "a@gmail.com", "forward_out");
    check(OWN, "a@bacninh.edu.vn", "forward_out");
    check(OWN, "a@evilgov.vn", "forward_out");
    check(OWN, "a@gov.vn.evil.com", "forward_out");
    check(OWN, "a@xgov.vn", "forward_out");
    check(OWN, "a@vn", "forward_out");
    check(OWN, "a@gov-vn.com", "forward_out");
    check(OWN, "a@gov.vn..", "forward_address");
    check(OWN, "a@.gov.vn", "forward_address");
}

static void domains_that_mix_scripts_are_refused(void **state) {
    check(OWN, "a@gоv.vn", "forward_script"); /* Cyrillic о */
    check(OWN, "a@міс.gov.vn", "forward_script");
    check(OWN, "a@xn--gv-emc.vn", "forward_script");
}

static void an_address_that_can_carry_another_destination_is_refused(void **state) {
    static const char *const bad[] = {"",
                                      "a",
                                      "@gov.vn",
                                      "a@",
                                      "a%gmail.com@mic.gov.vn",
                                      "gmail.com!a@mic.gov.vn",
                                      "@mic.gov.vn:a@gmail.com",
                                      "\"a@gmail.com\"@mic.gov.vn",
                                      "a@gmail.com@mic.gov.vn",
                                      "a@mic.gov.vn,b@gmail.com",
                                      "a b@mic.gov.vn",
                                      "a@mic.gov.vn ",
                                      "<a@mic.gov.vn>",
                                      "a@[127.0.0.1]",
                                      "a@mic.gov.vn\r\nRCPT TO:<b@gmail.com>",
                                      ".a@mic.gov.vn",
                                      "a..b@mic.gov.vn",
                                      "a@mic\u200B.gov.vn",
                                      "a@\xFF.gov.vn"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        check(OWN, bad[i], "forward_address");
    g_autoptr(Verdict) nul = regulation_check_forward(shipped, BYTES_LITERAL(OWN),
                                                      BYTES_LITERAL("a@gmail.com\0.gov.vn"), NULL);
    assert_false(nul->allowed);
}

/* [Điều 8.5] "hoặc ngược lại" */
static void forwarding_from_outside_into_the_system_is_refused(void **state) {
    check("a@gmail.com", OWN, "forward_in");
    check("a@mic.gov.vn", OWN, NULL);
}

static void the_systems_own_domain_is_a_state_body(void **state) {
    g_autoptr(Verdict) v = regulation_check_forward(shipped, BYTES_LITERAL("a@demo.test"),
                                                    BYTES_LITERAL("b@Demo.test"), "demo.test");
    assert_true(v->allowed);
    g_autoptr(Verdict) below = regulation_check_forward(
        shipped, BYTES_LITERAL("a@demo.test"), BYTES_LITERAL("b@x.demo.test"), "demo.test");
    assert_false(below->allowed);
}

static void the_refusal_names_the_address_the_article_and_what_is_left(void **state) {
    g_autoptr(Verdict) v =
        regulation_check_forward(shipped, BYTES_LITERAL(OWN), BYTES_LITERAL("a@gmail.com"), NULL);
    assert_string_equal(v->text_vi,
                        "Không đặt được chuyển thư tự động đến a@gmail.com: không phải tài khoản "
                        "do cơ quan nhà nước cấp (khoản 5 Điều 8 Quy chế). Có thể chuyển tiếp từng "
                        "thư thuộc phạm vi công việc.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwarding_to_state_bodies_is_allowed_in_every_spelling),
        cmocka_unit_test(forwarding_to_anybody_else_is_refused),
        cmocka_unit_test(domains_that_mix_scripts_are_refused),
        cmocka_unit_test(an_address_that_can_carry_another_destination_is_refused),
        cmocka_unit_test(forwarding_from_outside_into_the_system_is_refused),
        cmocka_unit_test(the_systems_own_domain_is_a_state_body),
        cmocka_unit_test(the_refusal_names_the_address_the_article_and_what_is_left),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
