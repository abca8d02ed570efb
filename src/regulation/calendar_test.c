#include "regulation/calendar.h"

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

static CalendarDay day(const char *text) {
    CalendarDay d;
    if (!calendar_parse(bytes_of_string(text), &d))
        fail_msg("%s is no day", text);
    return d;
}

static void check_day(CalendarDay given, const char *expected) {
    char text[11];
    calendar_format(given, text);
    assert_string_equal(text, expected);
}

static void days_are_parsed_strictly(void **state) {
    static const char *const bad[] = {"2022-02-29", "2022-13-01", "2022-1-1",   "22-01-01",
                                      "2022/01/01", "",           "2022-01-00", "2022-01-011",
                                      "1899-12-31", "2200-01-01", "+022-01-01", "2022-01-0x"};
    CalendarDay d = 7;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(calendar_parse(bytes_of_string(bad[i]), &d));
    assert_int_equal(d, 7);
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2024-02-29"), 19782);
    assert_int_equal(calendar_weekday(day("2022-05-23")), 1);
    assert_int_equal(calendar_weekday(day("2022-05-22")), 7);
    assert_int_equal(calendar_weekday(day("1960-01-01")), 5);
}

static void a_day_begins_at_midnight_in_vietnam(void **state) {
    check_day(calendar_day_of(G_GINT64_CONSTANT(1655485199) * 1000000), "2022-06-17");
    check_day(calendar_day_of(G_GINT64_CONSTANT(1655485200) * 1000000), "2022-06-18");
    check_day(calendar_day_of(-25201 * G_GINT64_CONSTANT(1000000)), "1969-12-31");
}

/* [Điều 4.2.b] */
static void two_working_days_skip_weekends_holidays_and_make_up_swaps(void **state) {
    check_day(calendar_due(shipped, day("2022-06-13")), "2022-06-15");
    check_day(calendar_due(shipped, day("2022-06-16")), "2022-06-20");
    check_day(calendar_due(shipped, day("2022-06-17")), "2022-06-21");
    check_day(calendar_due(shipped, day("2022-06-18")), "2022-06-21"); /* received on Saturday */
    check_day(calendar_due(shipped, day("2022-08-31")), "2022-09-06"); /* 1 and 2 September */
    check_day(calendar_due(shipped, day("2022-01-28")), "2022-02-08"); /* Tết */
    check_day(calendar_due(shipped, day("2024-05-02")), "2024-05-04"); /* make-up Saturday */
    check_day(calendar_due(shipped, day("2023-01-19")), "2023-01-30"); /* compensation for Tết */
}

static void a_holiday_that_is_only_proposed_is_a_working_day(void **state) {
    assert_true(calendar_is_working_day(shipped, day("2026-11-24")));
    check_day(calendar_due(shipped, day("2026-11-23")), "2026-11-25");
}

static void years_without_an_announcement_follow_the_law_and_the_lunar_table(void **state) {
    assert_false(calendar_is_working_day(shipped, day("2030-02-02"))); /* Tết by UTC+7, Saturday */
    assert_false(calendar_is_working_day(shipped, day("2030-02-01"))); /* its eve */
    assert_false(calendar_is_working_day(shipped, day("2030-02-05")));
    assert_false(calendar_is_working_day(shipped, day("2030-02-07"))); /* for Saturday and Sunday */
    assert_true(calendar_is_working_day(shipped, day("2030-02-08")));
    assert_false(calendar_is_working_day(shipped, day("2027-09-02")));
    assert_false(calendar_is_working_day(shipped, day("2028-05-01")));
    assert_true(calendar_is_working_day(shipped, day("2150-02-02"))); /* beyond the table */
}

static void overdue_days_are_working_days_after_the_due_day(void **state) {
    CalendarDay due = day("2022-06-17");
    assert_int_equal(calendar_overdue(shipped, due, due), 0);
    assert_int_equal(calendar_overdue(shipped, due, day("2022-06-19")), 0);
    assert_int_equal(calendar_overdue(shipped, due, day("2022-06-21")), 2);
}

/* [Điều 10.2.b] */
static void notice_comes_two_full_working_days_before_the_stop(void **state) {
    check_day(calendar_notice(shipped, day("2022-06-18")), "2022-06-15");
    check_day(calendar_notice(shipped, day("2022-06-19")), "2022-06-15");
    check_day(calendar_notice(shipped, day("2022-09-03")), "2022-08-29"); /* 1, 2 September */
    check_day(calendar_notice(shipped, day("2022-09-10")), "2022-09-07");
}

static void check_stop(const char *first, const char *last, const char *today, const char *rule) {
    g_autoptr(Verdict) v = calendar_check_stop(shipped, day(first), day(last),
                                               today == NULL ? CALENDAR_NONE : day(today));
    if (v->allowed != (rule == NULL) || (rule != NULL && strcmp(v->rule, rule) != 0))
        fail_msg("%s..%s: %s", first, last, v->allowed ? "allowed" : v->text_en);
    assert_string_equal(v->article, "Điều 10.2.b");
}

/* [Điều 10.2.b] */
static void the_service_stops_only_on_a_saturday_or_sunday_of_rest(void **state) {
    check_stop("2022-06-18", "2022-06-18", NULL, NULL);
    check_stop("2022-06-19", "2022-06-19", NULL, NULL);
    check_stop("2022-06-18", "2022-06-19", NULL, NULL);
    check_stop("2022-06-17", "2022-06-17", NULL, "stop_weekday");
    check_stop("2022-09-02", "2022-09-02", NULL, "stop_weekday"); /* a holiday is not enough */
    check_stop("2024-05-04", "2024-05-04", NULL, "stop_weekday"); /* a make-up Saturday */
    check_stop("2022-06-19", "2022-06-20", NULL, "stop_window");
    check_stop("2022-06-18", "2022-06-25", NULL, "stop_window");
    check_stop("2022-06-19", "2022-06-18", NULL, "stop_window");
}

/* [Điều 10.2.b] */
static void a_stop_announced_too_late_is_told_the_earliest_day(void **state) {
    check_stop("2022-06-18", "2022-06-18", "2022-06-15", NULL);
    check_stop("2022-06-18", "2022-06-18", "2022-06-16", "stop_notice");
    g_autoptr(Verdict) late =
        calendar_check_stop(shipped, day("2022-06-18"), day("2022-06-18"), day("2022-06-16"));
    assert_string_equal(late->text_vi, "Phải thông báo trước ít nhất 02 ngày làm việc "
                                       "(điểm b khoản 2 Điều 10 Quy chế). Sớm nhất: 2022-06-25.");
    g_autoptr(Verdict) weekday =
        calendar_check_stop(shipped, day("2022-06-17"), day("2022-06-17"), CALENDAR_NONE);
    assert_non_null(strstr(weekday->text_en, "the earliest day is 2022-06-18"));
}

/* [Điều 4.2.c] */
static void six_calendar_months_without_mail_make_a_candidate(void **state) {
    assert_false(calendar_is_inactive(shipped, day("2022-01-15"), day("2022-07-14")));
    assert_true(calendar_is_inactive(shipped, day("2022-01-15"), day("2022-07-15")));
    assert_false(calendar_is_inactive(shipped, day("2022-08-31"), day("2023-02-27")));
    assert_true(calendar_is_inactive(shipped, day("2022-08-31"), day("2023-02-28")));
    assert_false(calendar_is_inactive(shipped, day("2023-08-31"), day("2024-02-28")));
    assert_true(calendar_is_inactive(shipped, day("2023-08-31"), day("2024-02-29")));
    assert_false(calendar_is_inactive(shipped, day("2022-07-01"), day("2022-07-01")));
}

/* [Điều 11.2] */
static void the_yearly_report_is_due_by_the_fourteenth_of_november(void **state) {
    check_day(calendar_report_deadline(shipped, 2022), "2022-11-14");
    check_day(calendar_report_deadline(shipped, 2026),
              "2026-11-14"); /* a Saturday extends nothing */
}

/* [QĐ Điều 2] [R001] */
static void a_day_before_the_regulation_came_into_force_is_warned_of(void **state) {
    g_autoptr(Verdict) before = calendar_check_in_force(shipped, day("2022-05-22"));
    g_autoptr(Verdict) after = calendar_check_in_force(shipped, day("2022-05-23"));
    assert_false(before->allowed);
    assert_true(after->allowed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_parsed_strictly),
        cmocka_unit_test(a_day_begins_at_midnight_in_vietnam),
        cmocka_unit_test(two_working_days_skip_weekends_holidays_and_make_up_swaps),
        cmocka_unit_test(a_holiday_that_is_only_proposed_is_a_working_day),
        cmocka_unit_test(years_without_an_announcement_follow_the_law_and_the_lunar_table),
        cmocka_unit_test(overdue_days_are_working_days_after_the_due_day),
        cmocka_unit_test(notice_comes_two_full_working_days_before_the_stop),
        cmocka_unit_test(the_service_stops_only_on_a_saturday_or_sunday_of_rest),
        cmocka_unit_test(a_stop_announced_too_late_is_told_the_earliest_day),
        cmocka_unit_test(six_calendar_months_without_mail_make_a_candidate),
        cmocka_unit_test(the_yearly_report_is_due_by_the_fourteenth_of_november),
        cmocka_unit_test(a_day_before_the_regulation_came_into_force_is_warned_of),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
