/* When accounts were last used, and who lies idle by it [Điều 4.2.c]. */
#include "directory/fixture.h"

#include "base/clock.h"
#include "directory/activity.h"

#define ANH "tvanh.stttt@bacninh.gov.vn"
#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

typedef struct {
    GString *text;
    guint rows;
} Found;

static gboolean add(const DirectoryIdleRow *row, gpointer data) {
    static const char *const states[] = {"in use", "exempt", "candidate"};
    Found *found = data;
    found->rows++;
    g_string_append_printf(found->text, "%s %s %s|", row->address, states[row->judgement.state],
                           row->reason);
    return TRUE;
}

static CalendarDay in_days(gint64 days) {
    return calendar_day_of(clock_now() + days * DAY);
}

/* Everybody of the pass that many days from now; g_free. */
static char *idle(Fixture *f, DirectoryIdleFilter filter, gint64 days) {
    Found found = {g_string_new(NULL), 0};
    filter.today = in_days(days);
    assert_true(directory_activity_write(f->directory, NULL));
    assert_true(directory_idle_each(f->directory, f->regulation, &filter, add, &found, NULL));
    return g_string_free(found.text, FALSE);
}

#define assert_idle(f, days, expected)                                                             \
    do {                                                                                           \
        g_autofree char *idle_ = idle(f, (DirectoryIdleFilter){0}, days);                          \
        assert_string_equal(idle_, expected);                                                      \
    } while (0)

/* [R024] [Điều 4.2.c] */
static void
sending_and_receiving_keep_an_account_in_use_and_signing_in_alone_does_not(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 binh = person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
    assert_idle(f, 170, "");
    assert_idle(f, 190,
                "stttt@bacninh.gov.vn candidate |ntbinh.stttt@bacninh.gov.vn candidate |" ANH
                " candidate |");
    clock_set_offset(100 * DAY);
    directory_saw(f->directory, anh, ACTIVITY_SENT);
    directory_saw(f->directory, binh, ACTIVITY_SIGNED_IN);
    assert_idle(f, 90, "stttt@bacninh.gov.vn candidate |ntbinh.stttt@bacninh.gov.vn candidate |");
    directory_saw(f->directory, binh, ACTIVITY_RECEIVED);
    assert_idle(f, 90, "stttt@bacninh.gov.vn candidate |");
    DirectoryIdleFilter unused = {.no_sign_in_days = 150};
    g_autofree char *nobody = idle(f, unused, 60);
    assert_string_equal(nobody, "stttt@bacninh.gov.vn in use |" ANH " in use |");
    clock_set_offset(0);
}

static void what_was_seen_is_written_once_and_never_goes_back(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    clock_set_offset(200 * DAY);
    directory_saw(f->directory, anh, ACTIVITY_SENT);
    directory_saw(f->directory, 4711, ACTIVITY_SENT); /* nobody's: passed over */
    assert_true(directory_activity_write(f->directory, NULL));
    clock_set_offset(100 * DAY);
    directory_saw(f->directory, anh, ACTIVITY_SENT);
    assert_true(directory_activity_write(f->directory, NULL));
    assert_true(directory_activity_write(f->directory, NULL));
    clock_set_offset(0);
    g_autofree char *row = idle(f, (DirectoryIdleFilter){.address = ANH}, 379);
    assert_string_equal(row, ANH " in use |");
    g_autofree char *later = idle(f, (DirectoryIdleFilter){.address = ANH}, 386);
    assert_string_equal(later, ANH " candidate |");
}

/* [R024] [Điều 4.2.c] */
static void a_recorded_reason_exempts_until_it_ends(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    DirectoryIdleFilter only = {.address = ANH};
    DirectoryExemption kind;
    assert_true(directory_exemption_find("Thai sản", &kind) && kind == EXEMPT_MATERNITY);
    assert_true(directory_exemption_find("di hoc", &kind) && kind == EXEMPT_STUDY);
    assert_false(directory_exemption_find("đi chơi", &kind));
    DirectoryNewExemption leave = {
        .address = ANH, .kind = EXEMPT_OTHER, .from = in_days(0), .until = in_days(200)};
    assert_refused(directory_exempt(f->directory, &leave, &act, error), CV_ERROR_INPUT,
                   "lý do khác");
    leave.text = "nghỉ không lương";
    leave.until = in_days(-1);
    assert_refused(directory_exempt(f->directory, &leave, &act, error), CV_ERROR_INPUT, "before");
    leave.until = in_days(200);
    assert_true(directory_exempt(f->directory, &leave, &act, NULL));
    g_autofree char *during = idle(f, only, 195);
    assert_string_equal(during, ANH " exempt lý do khác: nghỉ không lương|");
    g_autofree char *after = idle(f, only, 300);
    assert_string_equal(after, ANH " in use |"); /* the months begin behind its last day */
    g_autofree char *later = idle(f, only, 390);
    assert_string_equal(later, ANH " candidate |");
    assert_true(directory_exempt_end(f->directory, ANH, in_days(0), &act, NULL));
    g_autofree char *ended = idle(f, only, 195);
    assert_string_equal(ended, ANH " candidate |");
    assert_refused(directory_exempt_end(f->directory, ANH, in_days(0), &act, error),
                   CV_ERROR_NOT_FOUND, "no reason");
}

static void a_locked_account_and_a_service_are_no_candidates(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    assert_true(directory_account_set_state(f->directory, ANH, DIRECTORY_LOCKED, &act, NULL));
    assert_idle(f, 400, "stttt@bacninh.gov.vn candidate |");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sending_and_receiving_keep_an_account_in_use_and_signing_in_alone_does_not),
        TEST(what_was_seen_is_written_once_and_never_goes_back),
        TEST(a_recorded_reason_exempts_until_it_ends),
        TEST(a_locked_account_and_a_service_are_no_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
