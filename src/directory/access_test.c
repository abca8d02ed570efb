/* Reading another's mailbox: two people, a ground, a time, and the owner is told. */
#include "directory/access.h"

#include "directory/fixture.h"

#include "base/clock.h"

#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

static const AuditAct centre = {"ltcuc.stttt@bacninh.gov.vn", "Số 3"};
static const AuditAct second = {"ltdung.stttt@bacninh.gov.vn", "Số 4"};

static gint64 anh, binh;

static void people(Fixture *f) {
    department(f);
    anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    binh = person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
}

static gint64 ask(Fixture *f) {
    const DirectoryNewAccess access = {"tvanh.stttt", "ntbinh.stttt", 2};
    gint64 id;
    assert_true(directory_access_ask(f->directory, &access, &centre, &id, NULL));
    return id;
}

static void note_may(gint64 account, gint64 grantee, guint may, gpointer data) {
    if (grantee == binh)
        *(guint *)data = may;
}

static guint may_now(Fixture *f) {
    guint may = 0;
    assert_true(directory_each_delegation(f->directory, anh, note_may, &may, NULL));
    return may;
}

static gboolean count(const DirectoryAccess *access, gpointer data) {
    (*(guint *)data)++;
    return TRUE;
}

static guint untold(Fixture *f) {
    guint n = 0;
    assert_true(directory_access_untold(f->directory, count, &n, NULL));
    return n;
}

/* [R052] */
static void nobody_reads_before_a_second_person_has_approved(void **state) {
    Fixture *f = *state;
    people(f);
    gint64 id = ask(f);
    assert_int_equal(may_now(f), 0);
    const AuditAct reader = {"ntbinh.stttt@bacninh.gov.vn (api)", "x"};
    const AuditAct owner = {"tvanh.stttt@bacninh.gov.vn", "x"};
    const AuditAct *const wrong[] = {&centre, &reader, &owner};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(directory_access_decide(f->directory, id, TRUE, wrong[i], error),
                       CV_ERROR_REFUSED, "second person");
    assert_int_equal(may_now(f), 0);
    drain(f);
    assert_true(directory_access_decide(f->directory, id, TRUE, &second, NULL));
    assert_true(is_pending(f, anh));
    assert_int_equal(may_now(f), DIRECTORY_MAY_LOOK); /* and nothing else */
    assert_refused(directory_access_decide(f->directory, id, TRUE, &second, error), CV_ERROR_EXISTS,
                   "decided");
    assert_int_equal(untold(f), 0);
    drain(f);
    clock_set_offset(3 * DAY);
    assert_true(is_pending(f, anh));
    assert_int_equal(may_now(f), 0);
    assert_int_equal(untold(f), 1);
    assert_true(directory_access_told(f->directory, id, NULL, NULL));
    assert_int_equal(untold(f), 0);
}

/* [R052] */
static void it_can_be_refused_and_ended_early(void **state) {
    Fixture *f = *state;
    people(f);
    gint64 id = ask(f);
    assert_true(directory_access_decide(f->directory, id, FALSE, &second, NULL));
    assert_int_equal(may_now(f), 0);
    assert_refused(directory_access_end(f->directory, id, &centre, error), CV_ERROR_EXISTS, "over");
    id = ask(f);
    assert_true(directory_access_decide(f->directory, id, TRUE, &second, NULL));
    gboolean valid = FALSE;
    assert_true(directory_access_valid(f->directory, id, anh, &valid, NULL) && valid);
    assert_true(directory_access_end(f->directory, id, &centre, NULL));
    assert_int_equal(may_now(f), 0);
    assert_int_equal(untold(f), 1);
    assert_true(directory_access_valid(f->directory, id, anh, &valid, NULL) && !valid);
}

/* [R052] */
static void what_cannot_be_asked_is_refused(void **state) {
    Fixture *f = *state;
    people(f);
    const AuditAct no_ground = {"x", ""};
    gint64 id;
    DirectoryNewAccess access = {"tvanh.stttt", "ntbinh.stttt", 2};
    assert_refused(directory_access_ask(f->directory, &access, &no_ground, &id, error),
                   CV_ERROR_INPUT, "ground");
    access.days = 0;
    assert_refused(directory_access_ask(f->directory, &access, &centre, &id, error), CV_ERROR_INPUT,
                   "days");
    access = (DirectoryNewAccess){"tvanh.stttt", "tvanh.stttt", 2};
    assert_refused(directory_access_ask(f->directory, &access, &centre, &id, error),
                   CV_ERROR_REFUSED, "own");
    access.reader = "stttt";
    assert_refused(directory_access_ask(f->directory, &access, &centre, &id, error),
                   CV_ERROR_REFUSED, "person");
    access.reader = "khong";
    assert_refused(directory_access_ask(f->directory, &access, &centre, &id, error),
                   CV_ERROR_NOT_FOUND, "");
    assert_refused(directory_access_decide(f->directory, 99, TRUE, &second, error),
                   CV_ERROR_NOT_FOUND, "99");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nobody_reads_before_a_second_person_has_approved),
        TEST(it_can_be_refused_and_ended_early),
        TEST(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
