/* Evidence keeps its bytes when the message that had them is gone; sign-ups are counted by month.
 */
#include "store/evidence.h"
#include "store/fixture.h"
#include "store/signup.h"

static const StoreEvidence reported = {
    .reporter = 1, .kind = "spam", .what = "thư rác", .received = 7};

static gint64 copy(Place *place, const char *mailbox, guint32 uid) {
    gint64 id = 0;
    assert_ok(store_evidence_copy(place->store, 1, mailbox, uid, &reported, &id, &error));
    return id;
}

static GArray *waiting(Place *place) {
    GArray *list = store_evidence_waiting(place->store, 10, NULL);
    assert_non_null(list);
    return list;
}

/* [R072] */
static void a_copy_of_a_message_outlives_it(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    guint32 uid = put_message(place, inbox, "the bytes", STORE_DELETED);
    gint64 id = copy(place, "INBOX", uid);
    assert_clean(place);
    assert_ok(store_expunge(place->store, inbox, NULL, NULL, NULL, &error));
    clock_set_offset(3 * BLOB_KEEP);
    assert_ok(store_sweep(place->store, 1, &error));
    assert_clean(place);
    g_auto(StoreEvidenceRead) read = {0};
    assert_ok(store_evidence_read(place->store, id, &read, &error));
    assert_true(bytes_is(bytes_slice(buffer_bytes(&read.bytes), read.bytes.n - 9, 9), "the bytes"));
    assert_int_equal(read.row.size, read.bytes.n);
    assert_int_equal(read.row.reporter, 1);
    assert_string_equal(read.row.kind, "spam");
    assert_string_equal(read.row.what, "thư rác");
    assert_string_equal(read.row.address, "");
    assert_int_equal(read.row.incident, 0);
}

static void what_is_not_there_is_not_kept(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 id = 5;
    assert_refused(store_evidence_copy(place->store, 1, "INBOX", 9, &reported, &id, &error),
                   CV_ERROR_NOT_FOUND);
    assert_refused(store_evidence_copy(place->store, 1, "Khong co", 1, &reported, &id, &error),
                   CV_ERROR_NOT_FOUND);
    assert_refused(store_evidence_copy(place->store, 2, "INBOX", 1, &reported, &id, &error),
                   CV_ERROR_NOT_FOUND);
    assert_int_equal(id, 5);
    g_auto(StoreEvidenceRead) read = {0};
    assert_refused(store_evidence_read(place->store, 1, &read, &error), CV_ERROR_NOT_FOUND);
    g_autoptr(GArray) none = waiting(place);
    assert_int_equal(none->len, 0);
}

static gboolean take(DbConn *conn, gpointer id, GError **error) {
    return store_evidence_taken(conn, *(gint64 *)id, 12, error);
}

static void evidence_waits_until_a_case_has_it(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    g_autofree char *large = g_strnfill(BLOB_INLINE_LIMIT + 10, 'x');
    const StoreEvidence file = {.what = "nhat-ky.txt", .address = "root", .wanted = 3};
    gint64 first = 0, second = 0;
    assert_ok(store_evidence_file(place->store, bytes_of_string(large), &file, &first, &error));
    assert_ok(store_evidence_file(place->store, BYTES_LITERAL("b"), &file, &second, &error));
    g_autoptr(GArray) both = waiting(place);
    assert_int_equal(both->len, 2);
    assert_ok(db_write(place->db, take, &first, &error));
    g_autoptr(GArray) one = waiting(place);
    assert_int_equal(one->len, 1);
    assert_int_equal(g_array_index(one, gint64, 0), second);
    g_auto(StoreEvidenceRead) read = {0};
    assert_ok(store_evidence_read(place->store, first, &read, &error));
    assert_int_equal(read.row.incident, 12);
    assert_int_equal(read.row.wanted, 3);
    assert_true(bytes_is(buffer_bytes(&read.bytes), large));
    assert_clean(place);
}

/* ---- Sign-ups ---- */

static gboolean count(DbConn *conn, gpointer data, GError **error) {
    return store_signup_count(conn, data, error);
}

static void seen(Place *place, gint64 account, const char *service, gint64 month, gint64 confirms) {
    StoreSignup one = {.account = account,
                       .service = service,
                       .month = month,
                       .confirmations = confirms,
                       .last = month};
    assert_ok(db_write(place->db, count, &one, &error));
}

static void list(const StoreSignup *one, gpointer data) {
    g_string_append_printf(data, "%d %d %s %d/%d;", (int)one->month, (int)one->account,
                           one->service, (int)one->confirmations, (int)one->messages);
}

/* [R044] */
static void sign_ups_are_counted_by_account_service_and_month(void **state) {
    Place *place = *state;
    seen(place, 1, "a.vn", 202610, 1);
    seen(place, 1, "a.vn", 202611, 0);
    seen(place, 1, "a.vn", 202611, 1);
    seen(place, 2, "b.vn", 202611, 0);
    g_autoptr(DbConn) conn = db_read_begin(place->db, NULL);
    g_autoptr(GString) all = g_string_new(NULL), november = g_string_new(NULL);
    assert_ok(store_signup_each(conn, 0, G_MAXINT64, list, all, &error));
    assert_string_equal(all->str, "202611 1 a.vn 1/2;202611 2 b.vn 0/1;202610 1 a.vn 1/1;");
    assert_ok(store_signup_each(conn, 202611, 202611, list, november, &error));
    assert_string_equal(november->str, "202611 1 a.vn 1/2;202611 2 b.vn 0/1;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_copy_of_a_message_outlives_it),
        TEST(what_is_not_there_is_not_kept),
        TEST(evidence_waits_until_a_case_has_it),
        TEST(sign_ups_are_counted_by_account_service_and_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
