#include "regulation/regulation.h"

#include "regulation/naming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *shipped_text(void) {
    g_autofree char *path = regulation_find(NULL, NULL);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    char *include = strstr(text, "@include");
    assert_non_null(include);
    *include = 0;
    return text;
}

static char *replace(const char *text, const char *from, const char *to) {
    GString *changed = g_string_new(text);
    if (g_string_replace(changed, from, to, 1) == 0)
        fail_msg("the shipped file does not hold: %s", from);
    return g_string_free(changed, FALSE);
}

static void the_shipped_regulation_is_found_and_has_the_texts_figures(void **state) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = regulation_find(NULL, &error);
    g_autoptr(Regulation) r = path == NULL ? NULL : regulation_load(path, &error);
    if (r == NULL)
        fail_msg("%s", error->message);
    assert_string_equal(regulation_text(r, REGULATION_ID), REGULATION_DEFAULT);
    assert_string_equal(regulation_text(r, REGULATION_FROM), "2022-05-23"); /* [QĐ Điều 2] */
    assert_string_equal(regulation_text(r, REGULATION_DOMAIN), "bacninh.gov.vn");
    /* [Điều 5.1] */
    assert_true(regulation_figure(r, FIGURE_PERSON_QUOTA) == 1073741824);
    assert_true(regulation_figure(r, FIGURE_UNIT_QUOTA) == G_GINT64_CONSTANT(10737418240));
    assert_true(regulation_figure(r, FIGURE_ATTACHMENTS) == 20971520);
    assert_true(regulation_figure(r, FIGURE_MESSAGE) == 36 * 1024 * 1024);
    assert_string_equal(regulation_figure_article(r, FIGURE_ATTACHMENTS), "Điều 5.1");
    assert_int_equal(regulation_figure(r, FIGURE_REQUEST_DAYS), 2); /* [Điều 4.2.b] */
    assert_string_equal(regulation_figure_article(r, FIGURE_REQUEST_DAYS), "Điều 4.2.b");
    assert_int_equal(regulation_figure(r, FIGURE_IDLE_MONTHS), 6); /* [Điều 4.2.c] */
}

static void a_regulation_is_found_by_name_by_path_and_through_the_environment(void **state) {
    g_autofree char *by_name = regulation_find("bacninh-06-2022", NULL);
    g_autofree char *by_file = regulation_find("bacninh-06-2022.conf", NULL);
    assert_string_equal(by_name, by_file);
    g_autofree char *by_path = regulation_find(by_name, NULL);
    assert_string_equal(by_path, by_name);
    g_autofree char *share = g_dir_make_tmp("cv-share-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(share, "regulations", NULL);
    g_autofree char *file = g_build_filename(folder, "bacninh-06-2022.conf", NULL);
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    assert_true(g_file_set_contents(file, "version = 1;", -1, NULL));
    g_setenv("CONGVU_SHARE", share, TRUE);
    g_autofree char *by_environment = regulation_find(NULL, NULL);
    g_unsetenv("CONGVU_SHARE");
    assert_string_equal(by_environment, file);
    remove(file);
    remove(folder);
    remove(share);
    g_autoptr(GError) error = NULL;
    assert_null(regulation_find("no-such", &error));
    assert_true(cv_error_is(error, CV_ERROR_NOT_FOUND));
    assert_null(regulation_find("../regulations/no-such", NULL));
}

static void a_figure_changes_with_the_file_alone(void **state) {
    g_autofree char *text = shipped_text();
    g_autofree char *changed = replace(text, "\"20 MiB\"", "\"30 MiB\"");
    g_autoptr(Regulation) r = regulation_load_text(changed, NULL);
    assert_non_null(r);
    g_autoptr(Verdict) allowed = regulation_check_attachments(r, 30 * 1024 * 1024, FALSE);
    assert_true(allowed->allowed);
    g_autoptr(Verdict) refused = regulation_check_attachments(r, 30 * 1024 * 1024 + 1, FALSE);
    assert_false(refused->allowed);
}

/* [Điều 5.1] */
static void attachments_are_limited_to_twenty_megabytes_to_the_byte(void **state) {
    g_autofree char *text = shipped_text();
    g_autoptr(Regulation) r = regulation_load_text(text, NULL);
    g_autoptr(Verdict) below = regulation_check_attachments(r, 20 * 1024 * 1024 - 1, FALSE);
    g_autoptr(Verdict) at = regulation_check_attachments(r, 20 * 1024 * 1024, FALSE);
    g_autoptr(Verdict) above = regulation_check_attachments(r, 20 * 1024 * 1024 + 1, FALSE);
    g_autoptr(Verdict) incoming = regulation_check_attachments(r, 24536678, TRUE);
    assert_true(below->allowed && at->allowed);
    assert_false(above->allowed);
    assert_string_equal(above->article, "Điều 5.1");
    assert_false(incoming->allowed);
    assert_string_equal(incoming->text_vi,
                        "Tổng dung lượng tệp gửi kèm 23,40 MB vượt mức tối đa 20 MB/thư "
                        "(khoản 1 Điều 5 Quy chế). Hãy chia thành nhiều thư.");
    g_autofree char *switched = replace(text, "attachments_incoming = { value = true;",
                                        "attachments_incoming = { value = "
                                        "false;");
    g_autoptr(Regulation) open = regulation_load_text(switched, NULL);
    g_autoptr(Verdict) let_in = regulation_check_attachments(open, 24536678, TRUE);
    assert_true(let_in->allowed);
}

/* [Điều 5.1] [R028] [R029] */
static void a_quota_below_the_floor_is_refused_with_the_article(void **state) {
    g_autofree char *text = shipped_text();
    g_autoptr(Regulation) r = regulation_load_text(text, NULL);
    g_autoptr(Verdict) person = regulation_check_quota(r, FALSE, 500 * 1024 * 1024);
    g_autoptr(Verdict) floor = regulation_check_quota(r, FALSE, 1073741824);
    g_autoptr(Verdict) unit = regulation_check_quota(r, TRUE, G_GUINT64_CONSTANT(10737418239));
    g_autoptr(Verdict) more = regulation_check_quota(r, TRUE, G_GUINT64_CONSTANT(50000000000));
    assert_false(person->allowed);
    assert_true(floor->allowed);
    assert_false(unit->allowed);
    assert_true(more->allowed);
    g_autoptr(GError) error = NULL;
    assert_false(verdict_fail(person, &error));
    assert_string_equal(error->message,
                        "Dung lượng 500 MB thấp hơn mức tối thiểu 1 GB của tài khoản cá nhân "
                        "(khoản 1 Điều 5 Quy chế). Hãy cấp ít nhất 1 GB; 500 MB is below the floor "
                        "of 1 GB for a personal account; give at least 1 GB (Điều 5.1)");
    assert_true(cv_error_is(error, CV_ERROR_REFUSED));
}

typedef struct {
    const char *from, *to;
    const char *message; /* part of the error */
} Mistake;

static void mistakes_in_a_file_are_named_with_their_line(void **state) {
    static const Mistake mistakes[] = {
        {"version = 1;", "version = 9;", ":8: version 9 is newer than this program"},
        {"version = 1;", "", "version = 1; is missing"},
        {"id = ", "identity = ", "unknown setting identity"},
        {"from = \"2022-05-23\"", "from = \"2022-02-30\"", "from must be a day that exists"},
        {"\"20 MiB\"", "\"20 MB\"", "must be a size like"},
        {"\"20 MiB\"", "20", "must be a size like"},
        {"\"1 GiB\"", "\"99999999999999999999 GiB\"", "must be a size like"},
        {"minimum = { value = 8;", "minimum = { value = 0;", "password.minimum must be from 1"},
        {"minimum = { value = 8;", "minimum = { worth = 8;", "must be { value"},
        {"minimum = { value = 8;", "minimun = { value = 8;", "unknown setting password.minimun"},
        {"history = { value = 0; };", "", "password.history is missing"},
        {"[\"saturday\", \"sunday\"]; article", "[\"caturday\"]; article", "is not a weekday"},
        {"\"initials\", \"given\", \"=.\"", "\"initails\", \"given\", \"=.\"", "no part initails"},
        {"\"initials\", \"given\", \"=.\"", "\"place\", \"given\", \"=.\"", "cannot be used here"},
        {"\"=.\"", "\"=@\"", "only small letters, digits and dots"},
        {"{given_en} is below", "{gievn} is below", "rule person_quota has no {gievn}"},
        {"person_quota = { article", "person_quoat = { article", "unknown rule person_quoat"},
        {"decided = ( );", "decided = ( { domain = \"x.vn\"; decision = \"\"; } );",
         "listed without a decision"},
        {"article = \"3.2.a\"", "article = \"Điều 3\"", "article must look like"},
        {"sizes = {", "sizes = ", ": syntax error"},
    };
    g_autofree char *text = shipped_text();
    for (gsize i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *wrong = replace(text, mistakes[i].from, mistakes[i].to);
        g_autoptr(GError) error = NULL;
        g_autoptr(Regulation) r = regulation_load_text(wrong, &error);
        if (r != NULL)
            fail_msg("accepted: %s", mistakes[i].to);
        if (strstr(error->message, mistakes[i].message) == NULL)
            fail_msg("%s: told %s", mistakes[i].to, error->message);
        assert_true(cv_error_is(error, CV_ERROR_INPUT));
    }
}

static void articles_are_cited_point_clause_article(void **state) {
    g_autofree char *three = regulation_cite("Điều 3.2.a");
    g_autofree char *two = regulation_cite("5.2");
    g_autofree char *none = regulation_cite("");
    assert_string_equal(three, "điểm a khoản 2 Điều 3 Quy chế");
    assert_string_equal(two, "khoản 2 Điều 5 Quy chế");
    assert_string_equal(none, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_regulation_is_found_and_has_the_texts_figures),
        cmocka_unit_test(a_regulation_is_found_by_name_by_path_and_through_the_environment),
        cmocka_unit_test(a_figure_changes_with_the_file_alone),
        cmocka_unit_test(attachments_are_limited_to_twenty_megabytes_to_the_byte),
        cmocka_unit_test(a_quota_below_the_floor_is_refused_with_the_article),
        cmocka_unit_test(mistakes_in_a_file_are_named_with_their_line),
        cmocka_unit_test(articles_are_cited_point_clause_article),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
