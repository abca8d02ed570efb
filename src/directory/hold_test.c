/* Legal holds: who is held, until when, and that the store hears of it. */
#include "directory/hold.h"

#include "directory/fixture.h"

#include "base/clock.h"

#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

static gboolean held(Fixture *f, gint64 account) {
    gboolean yes = FALSE;
    assert_true(directory_account_held(f->directory, account, &yes, NULL));
    return yes;
}

/* [R052] */
static void a_hold_lasts_until_it_is_ended_or_its_time_is_over(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn"), one, two;
    drain(f);
    DirectoryNewHold hold = {.account = "tvanh.stttt", .reason = "điều tra"};
    assert_true(directory_hold_begin(f->directory, &hold, &act, &one, NULL));
    assert_true(is_pending(f, anh) && held(f, anh));
    hold.until = clock_now() + 2 * DAY;
    assert_true(directory_hold_begin(f->directory, &hold, &act, &two, NULL));
    assert_true(directory_hold_end(f->directory, one, &act, NULL));
    assert_true(held(f, anh)); /* by the other one */
    drain(f);
    assert_refused(directory_hold_end(f->directory, one, &act, error), CV_ERROR_EXISTS, "ended");
    assert_refused(directory_hold_end(f->directory, 99, &act, error), CV_ERROR_NOT_FOUND, "99");
    clock_set_offset(3 * DAY);
    assert_true(is_pending(f, anh)); /* its time is over */
    assert_false(held(f, anh));
}

static void what_is_no_hold_is_refused(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 id;
    static const struct {
        DirectoryNewHold hold;
        CvErrorKind kind;
        const char *text;
    } wrong[] = {
        {{NULL, NULL, "x", 0}, CV_ERROR_INPUT, "account or a case"},
        {{"stttt", "request 1", "x", 0}, CV_ERROR_INPUT, "account or a case"},
        {{"stttt", NULL, "", 0}, CV_ERROR_INPUT, "why"},
        {{"stttt", NULL, "x", 1}, CV_ERROR_INPUT, "over already"},
        {{"khong", NULL, "x", 0}, CV_ERROR_NOT_FOUND, ""},
        {{NULL, "request 7", "x", 0}, CV_ERROR_NOT_FOUND, "7"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(directory_hold_begin(f->directory, &wrong[i].hold, &act, &id, error),
                       wrong[i].kind, wrong[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_hold_lasts_until_it_is_ended_or_its_time_is_over),
        TEST(what_is_no_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
