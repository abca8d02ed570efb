/* Delegation of mailboxes: to whom, for how long, and what the store hears of it. */
#include "directory/fixture.h"

#include "base/clock.h"

#define DAY (G_GINT64_CONSTANT(86400) * CLOCK_SECOND)

/* ---- Delegation [Điều 6.2] ---- */

static gboolean delegate(Fixture *f, const char *to, guint may, gint64 since, gint64 until,
                         GError **error) {
    DirectoryNewDelegation new = {"stttt", to, may, since, until, "Số 5/QĐ-STTTT"};
    return directory_delegate(f->directory, &new, &act, error);
}

static void only_a_person_of_the_same_body_looks_after_a_units_mailbox(void **state) {
    Fixture *f = *state;
    department(f);
    unit_named(f, "office", "Văn phòng", "vp", "stttt", "vp.stttt");
    unit_named(f, "department", "Sở Nội vụ", "snv", NULL, "snv");
    person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    person(f, "vp.stttt", "Lê Thị Cúc", "ltcuc.stttt@bacninh.gov.vn");
    person(f, "snv", "Lê Thị Cúc", "ltcuc.snv@bacninh.gov.vn");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    assert_true(delegate(f, "ltcuc.stttt", DIRECTORY_MAY_READ, 0, 0, NULL)); /* of its office */
    assert_refused(delegate(f, "ltcuc.snv", DIRECTORY_MAY_READ, 0, 0, error), CV_ERROR_REFUSED,
                   "6.2"); /* [Điều 6.2] */
    assert_refused(delegate(f, "snv", DIRECTORY_MAY_READ, 0, 0, error), CV_ERROR_REFUSED, "6.2");
    DirectoryNewDelegation no_paper = {"stttt", "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, ""};
    assert_refused(directory_delegate(f->directory, &no_paper, &act, error), CV_ERROR_REFUSED,
                   "6.2");
    /* A service belongs to no body: whoever has the task looks after it. */
    DirectoryNewDelegation service = {"postmaster", "ltcuc.snv", DIRECTORY_MAY_READ, 0, 0, "Số 6"};
    assert_true(directory_delegate(f->directory, &service, &act, NULL));
    service.grantee = "snv";
    assert_refused(directory_delegate(f->directory, &service, &act, error), CV_ERROR_REFUSED,
                   "6.2");
    DirectoryNewDelegation personal = {"tvanh.stttt", "ltcuc.stttt", DIRECTORY_MAY_READ, 0, 0,
                                       "Số 7"};
    assert_refused(directory_delegate(f->directory, &personal, &act, error), CV_ERROR_REFUSED,
                   "6.2");
}

static void collect_may(gint64 account, gint64 grantee, guint may, gpointer data) {
    g_hash_table_insert(data, GINT_TO_POINTER((int)grantee), GUINT_TO_POINTER(may + 1));
}

/* may + 1 of the grantee, 0 when the store would not hear of it. */
static guint told(Fixture *f, gint64 account, gint64 grantee) {
    g_autoptr(GHashTable) all = g_hash_table_new(NULL, NULL);
    assert_true(directory_each_delegation(f->directory, account, collect_may, all, NULL));
    return GPOINTER_TO_UINT(g_hash_table_lookup(all, GINT_TO_POINTER((int)grantee)));
}

/* [R036] */
static void a_delegation_lasts_for_its_period(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 box = reached(f, "stttt@bacninh.gov.vn"), as = 0;
    Bytes address = BYTES_LITERAL("stttt@bacninh.gov.vn");
    gint64 now = clock_now();
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ | DIRECTORY_MAY_SEND, now + DAY,
                         now + 3 * DAY, NULL));
    drain(f);
    assert_int_equal(told(f, box, anh), 1); /* not yet */
    assert_false(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_false(is_pending(f, box));
    clock_set_offset(2 * DAY);
    assert_true(is_pending(f, box));
    drain(f);
    assert_int_equal(told(f, box, anh), 1 + (DIRECTORY_MAY_READ | DIRECTORY_MAY_SEND));
    assert_true(directory_may_send_as(f->directory, anh, address, &as, NULL));
    assert_int_equal(as, box);
    assert_false(is_pending(f, box));
    clock_set_offset(4 * DAY);
    assert_true(is_pending(f, box));
    assert_int_equal(told(f, box, anh), 1);
    assert_false(directory_may_send_as(f->directory, anh, address, &as, NULL));
}

static void a_delegation_ends_by_command_and_when_the_person_goes(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", "tvanh.stttt@bacninh.gov.vn");
    gint64 box = reached(f, "stttt@bacninh.gov.vn");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    assert_int_equal(told(f, box, anh), 1 + DIRECTORY_MAY_READ);
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_SEND, 0, 0, NULL)); /* replaces */
    assert_int_equal(told(f, box, anh), 1 + DIRECTORY_MAY_SEND);
    assert_true(delegate(f, "tvanh.stttt", 0, 0, 0, NULL));
    assert_int_equal(told(f, box, anh), 1);
    assert_refused(delegate(f, "tvanh.stttt", 0, 0, 0, error), CV_ERROR_NOT_FOUND, "");
    assert_true(delegate(f, "tvanh.stttt", DIRECTORY_MAY_READ, 0, 0, NULL));
    drain(f);
    assert_true(
        directory_account_set_state(f->directory, "tvanh.stttt", DIRECTORY_CLOSED, &act, NULL));
    assert_int_equal(told(f, box, anh), 1);
    assert_true(is_pending(f, box));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(only_a_person_of_the_same_body_looks_after_a_units_mailbox),
        TEST(a_delegation_lasts_for_its_period),
        TEST(a_delegation_ends_by_command_and_when_the_person_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
