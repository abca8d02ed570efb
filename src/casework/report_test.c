/* What counts as a working week, and how shares and sizes are written. Whole reports are tested on
 * the running program (tests/system). */
#include "casework/report.h"

#include "base/clock.h"
#include "directory/activity.h"
#include "directory/fixture.h"
#include "directory/usage.h"

static CalendarDay day(const char *text) {
    CalendarDay out = CALENDAR_NONE;
    assert_true(calendar_parse(bytes_of_string(text), &out));
    return out;
}

/* The clock to ten o'clock of a day. */
static void move(const char *text) {
    clock_set_offset(0);
    gint64 to = ((gint64)day(text) * 24 - 7 + 10) * 3600 * CLOCK_SECOND;
    clock_set_offset(to - clock_now());
}

static int set_up_in_december(void **state) {
    move("2026-12-01");
    return set_up(state);
}

static int tear_down_clock(void **state) {
    clock_set_offset(0);
    return tear_down(state);
}

static ReportUse use(Fixture *f, gint64 account, gint64 created, const char *from,
                     const char *until) {
    assert_true(directory_activity_write(f->directory, NULL));
    g_autoptr(ReportRecord) record =
        report_record_read(f->directory, f->regulation, day(from), day(until), NULL);
    assert_non_null(record);
    return report_record_use(record, account, created);
}

/* [R084] Tết of 2027 is on 6 February: the week from the 8th has one working day. */
static void a_week_of_tet_does_not_count(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 created = clock_now();
    move("2027-02-02");
    directory_used(f->directory, anh);
    move("2027-02-16");
    assert_int_equal(use(f, anh, created, "2027-02-01", "2027-02-14"), REPORT_REGULAR);
    move("2027-03-01");
    /* The weeks from the 15th and the 22nd count, and nothing was read in them. */
    assert_int_equal(use(f, anh, created, "2027-02-01", "2027-02-28"), REPORT_IRREGULAR);
}

/* [R084] */
static void a_week_that_runs_or_came_before_judges_nobody(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 created = clock_now();
    assert_int_equal(use(f, anh, created, "2026-01-01", "2026-12-31"), REPORT_UNKNOWN);
    move("2026-12-06"); /* the Sunday of the record's first week */
    directory_used(f->directory, anh);
    assert_int_equal(use(f, anh, created, "2026-01-01", "2026-12-31"), REPORT_UNKNOWN);
    move("2026-12-07");
    assert_int_equal(use(f, anh, created, "2026-01-01", "2026-12-31"), REPORT_REGULAR);
    /* Given on the Thursday: two working days of that week are too few. */
    gint64 later = created + 2 * 24 * 3600 * CLOCK_SECOND;
    assert_int_equal(use(f, anh, later, "2026-01-01", "2026-12-31"), REPORT_UNKNOWN);
}

static void weeks_begin_on_monday(void **state) {
    assert_int_equal(directory_usage_week(day("2026-12-07")), day("2026-12-07"));
    assert_int_equal(directory_usage_week(day("2026-12-13")), day("2026-12-07"));
    assert_int_equal(directory_usage_week(day("1970-01-01")), day("1969-12-29"));
}

static void shares_are_rounded_to_hundredths_with_a_comma(void **state) {
    static const struct {
        gint64 part, whole;
        const char *shown;
    } cases[] = {{1, 3, "33,33%"}, {2, 3, "66,67%"}, {1, 1, "100,00%"},         {0, 5, "0,00%"},
                 {1, 8, "12,50%"}, {1, 16, "6,25%"}, {1, 0, "chưa có số liệu"}, {20, 21, "95,24%"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = report_share(cases[i].part, cases[i].whole);
        assert_string_equal(shown, cases[i].shown);
    }
}

static void sizes_are_written_as_they_are_read_in_vietnamese(void **state) {
    static const struct {
        gint64 bytes;
        const char *shown;
    } cases[] = {{0, "0,0 KB"},
                 {1536, "1,5 KB"},
                 {G_GINT64_CONSTANT(20) << 20, "20,0 MB"},
                 {G_GINT64_CONSTANT(1234) << 40, "1.234,0 TB"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = report_size(cases[i].bytes);
        assert_string_equal(shown, cases[i].shown);
    }
}

/* [R065] [Điều 11.2] */
static void
the_period_is_from_november_to_october_and_the_next_year_begins_after_the_14th(void **state) {
    Fixture *f = *state;
    CalendarDay from, until;
    report_period(f->regulation, 2027, &from, &until);
    assert_int_equal(from, day("2026-11-01"));
    assert_int_equal(until, day("2027-10-31"));
    assert_int_equal(report_next_year(f->regulation, day("2027-11-14")), 2027);
    assert_int_equal(report_next_year(f->regulation, day("2027-11-15")), 2028);
}

#define IN_DECEMBER(name) cmocka_unit_test_setup_teardown(name, set_up_in_december, tear_down_clock)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DECEMBER(a_week_of_tet_does_not_count),
        IN_DECEMBER(a_week_that_runs_or_came_before_judges_nobody),
        cmocka_unit_test(weeks_begin_on_monday),
        cmocka_unit_test(shares_are_rounded_to_hundredths_with_a_comma),
        cmocka_unit_test(sizes_are_written_as_they_are_read_in_vietnamese),
        IN_DECEMBER(the_period_is_from_november_to_october_and_the_next_year_begins_after_the_14th),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
