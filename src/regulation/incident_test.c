/* Kinds of incidents and signs of sign-ups, as the regulation's file has them [Điều 8, 12.3]. */
#include "regulation/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The shipped text with its sections "incidents" and "signups" replaced. */
static Regulation *with_section(const char *section, GError **error) {
    g_autofree char *path = regulation_find(NULL, NULL);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) included = g_strsplit(text, "@include", 2);
    g_free(text);
    g_auto(GStrv) before = g_strsplit(included[0], "incidents = {", 2);
    g_auto(GStrv) behind = g_strsplit(included[0], "lock = {", 2);
    assert_true(g_strv_length(before) == 2 && g_strv_length(behind) == 2);
    g_autofree char *whole = g_strconcat(before[0], section, "lock = {", behind[1], NULL);
    return regulation_load_text(whole, error);
}

static Regulation *shipped(void) {
    g_autofree char *path = regulation_find(NULL, NULL);
    Regulation *r = regulation_load(path, NULL);
    assert_non_null(r);
    return r;
}

/* [R041] [Điều 8] */
static void every_forbidden_act_has_its_kind_and_article(void **state) {
    g_autoptr(Regulation) r = shipped();
    static const struct {
        const char *id, *article;
    } cases[] = {{"content", "Điều 8.1"}, {"virus", "Điều 8.2"},      {"spam", "Điều 8.3"},
                 {"signup", "Điều 8.4"},  {"forwarding", "Điều 8.5"}, {"takeover", "Điều 8.6"},
                 {"other", "Điều 12.3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const RegulationIncident *kind = regulation_incident(r, cases[i].id);
        assert_non_null(kind);
        assert_string_equal(kind->article, cases[i].article);
    }
    assert_true(regulation_incident(r, "takeover")->takeover);
    assert_true(regulation_incident_forbidden(r, regulation_incident(r, "spam")));
    assert_false(regulation_incident_forbidden(r, regulation_incident(r, "other")));
    assert_false(regulation_incident_forbidden(r, regulation_incident(r, "stop")));
    assert_null(regulation_incident(r, "Spam"));
    assert_string_equal(regulation_report_address(r), "baosuco");
}

/* [R072] */
static void a_report_is_of_the_kind_that_its_address_or_its_subject_names(void **state) {
    g_autoptr(Regulation) r = shipped();
    static const struct {
        const char *word, *subject, *kind;
    } cases[] = {
        {"virus", "thư rác", "virus"},
        {"VIRUS", NULL, "virus"},
        {"khong-co", "Báo cáo THU RAC", "spam"},
        {NULL, "Fwd: có mã độc trong tệp", "virus"},
        {NULL, "spammer không phải một từ", "other"},
        {NULL, "", "other"},
        {NULL, NULL, "other"},
        {"", "nghi lừa đảo", "phishing"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_string_equal(regulation_incident_guess(r, cases[i].word, cases[i].subject)->id,
                            cases[i].kind);
}

/* [R044] [Điều 8.4] */
static void mail_of_listed_services_and_the_confirmation_of_a_sign_up_are_recognised(void **state) {
    g_autoptr(Regulation) r = shipped();
    static const struct {
        const char *domain;
        gboolean listed;
    } domains[] = {{"facebookmail.com", TRUE},
                   {"FacebookMail.com", TRUE},
                   {"a.b.facebookmail.com", TRUE},
                   {"notfacebookmail.com", FALSE},
                   {"facebookmail.com.evil", FALSE},
                   {"bacninh.gov.vn", FALSE},
                   {"", FALSE},
                   {"x.com", TRUE},
                   {"fax.com", FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++)
        assert_true((regulation_signup_service(r, bytes_of_string(domains[i].domain)) != NULL) ==
                    domains[i].listed);
    assert_true(regulation_signup_confirms(r, "Mã xác nhận của bạn là 123456"));
    assert_true(regulation_signup_confirms(r, "XAC NHAN DANG KY tài khoản"));
    assert_true(regulation_signup_confirms(r, "Please verify your email address"));
    assert_false(regulation_signup_confirms(r, "Bạn có thông báo mới"));
    assert_false(regulation_signup_confirms(r, ""));
    assert_false(regulation_signup_confirms(r, "\xff\xfe"));
}

static void a_regulation_without_the_section_has_one_kind_and_no_address(void **state) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) r = with_section("", &error);
    if (r == NULL)
        fail_msg("%s", error->message);
    const RegulationIncident *kinds;
    assert_int_equal(regulation_incidents(r, &kinds), 1);
    assert_string_equal(kinds[0].id, "other");
    assert_string_equal(regulation_incident_guess(r, "spam", "spam")->id, "other");
    assert_string_equal(regulation_report_address(r), "");
    assert_null(regulation_signup_service(r, BYTES_LITERAL("facebookmail.com")));
    assert_false(regulation_signup_confirms(r, "mã xác nhận"));
}

static void a_section_that_is_wrong_is_refused_with_its_reason(void **state) {
    static const struct {
        const char *section, *reason;
    } cases[] = {
        {"incidents = 3;", "must be a group"},
        {"incidents = { kinds = ( ); };", "1 to 16"},
        {"incidents = { kinds = ( { id = \"spam\"; name = \"x\"; } ); };", "other"},
        {"incidents = { kinds = ( { id = \"other\"; name = \"x\"; }, { id = \"other\"; name = "
         "\"y\"; } ); };",
         "twice"},
        {"incidents = { kinds = ( { id = \"Other one\"; name = \"x\"; } ); };", "small letters"},
        {"incidents = { kinds = ( { id = \"other\"; name = \"\"; } ); };", "1 to 60"},
        {"incidents = { kinds = ( { id = \"other\"; } ); };", "needs name"},
        {"incidents = { kinds = ( { id = \"other\"; name = \"x\"; takeover = 1; } ); };",
         "true or false"},
        {"incidents = { kinds = ( { id = \"other\"; name = \"x\"; words = \"a\"; } ); };",
         "must be a list"},
        {"incidents = { report = \"Bao cao\"; };", "local part"},
        {"incidents = { report = 1; };", "quotation marks"},
        {"incidents = { raport = \"a\"; };", "unknown setting"},
        {"signups = { services = \"a\"; };", "must be a list"},
        {"signups = { service = [\"a\"]; };", "unknown setting"},
        {"signups = [1];", "must be a group"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Regulation) r = with_section(cases[i].section, &error);
        if (r != NULL || strstr(error->message, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].section, r != NULL ? "taken" : error->message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_forbidden_act_has_its_kind_and_article),
        cmocka_unit_test(a_report_is_of_the_kind_that_its_address_or_its_subject_names),
        cmocka_unit_test(mail_of_listed_services_and_the_confirmation_of_a_sign_up_are_recognised),
        cmocka_unit_test(a_regulation_without_the_section_has_one_kind_and_no_address),
        cmocka_unit_test(a_section_that_is_wrong_is_refused_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
