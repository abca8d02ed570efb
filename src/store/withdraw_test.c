/* What is withdrawn is gone for everybody and comes back whole; what is held is swept by nobody. */
#include "store/withdraw.h"

#include "store/fixture.h"
#include "store/hold.h"

enum { ACCOUNTS = 3 };

static void make_accounts(Place *place, gint64 inbox[ACCOUNTS]) {
    for (gint64 i = 0; i < ACCOUNTS; i++) {
        assert_ok(store_account_ensure(place->store, i + 1, 0, &error));
        inbox[i] = mailbox_id(place, i + 1, "INBOX");
    }
}

static gboolean take_blob(const StoreMessage *message, gpointer data) {
    *(BlobId *)data = message->blob;
    return TRUE;
}

/* 0: the message cannot be read. */
static BlobId blob_of(Place *place, gint64 mailbox, guint32 uid) {
    BlobId blob = 0;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_message_each(place->store, conn, mailbox, uid, uid, STORE_WANT_FLAGS, take_blob,
                                 &blob, &error));
    db_read_end(conn);
    return blob;
}

typedef struct {
    const StoreWithdrawal *new;
    BlobId blob;
    gint64 id;
} Add;

static gboolean add_work(DbConn *conn, gpointer data, GError **error) {
    Add *add = data;
    return store_withdrawal_add(conn, add->new, &add->blob, 1, &add->id, error);
}

static gint64 begin(Place *place, BlobId blob) {
    const StoreWithdrawal new = {.kind = STORE_TAKEN_BACK,
                                 .message_id = "a@b",
                                 .ground = "Số 1/BC",
                                 .who = "op",
                                 .evidence = ""};
    Add add = {&new, blob, 0};
    assert_ok(db_write(place->db, add_work, &add, &error));
    return add.id;
}

static gboolean remember(const StoreWithdrawal *withdrawal, gpointer data) {
    StoreWithdrawal *out = data;
    *out = *withdrawal;
    out->message_id = out->ground = out->who = out->evidence = NULL;
    return TRUE;
}

static StoreWithdrawal now(Place *place, gint64 id) {
    StoreWithdrawal found = {0};
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_withdrawal_each(conn, id, remember, &found, &error));
    db_read_end(conn);
    return found;
}

static void later(Place *place) {
    clock_set_offset(10 * G_GINT64_CONSTANT(24) * 3600 * CLOCK_SECOND);
    assert_ok(store_sweep(place->store, CLOCK_SECOND, &error));
}

/* [R041] [R052] */
static void a_message_is_taken_from_everybody_and_comes_back(void **state) {
    Place *place = *state;
    gint64 inbox[ACCOUNTS];
    make_accounts(place, inbox);
    put_message(place, inbox[1], "other", STORE_FLAGGED);
    Put put = {.place = place,
               .mailboxes = (gint64[]){inbox[0], inbox[1], inbox[2], 0},
               .prefix = "Delivered-To: x\r\n",
               .shared = TRUE};
    assert_ok(put_run(&put, "Subject: lua dao\r\n\r\n", &error));
    BlobId blob = blob_of(place, inbox[0], 1);
    gint64 used = account_now(place, 2).quota_used;
    /* One has read it, one has filed it. */
    StoreFlagsChange read = {.mailbox = inbox[1],
                             .uids = uids_of("2"),
                             .mode = STORE_FLAGS_ADD,
                             .flags = STORE_SEEN | STORE_FLAGGED,
                             .settable = ~0ull};
    assert_ok(store_flags_change(place->store, &read, &error));
    store_uids_free((StoreUids *)read.uids);
    gint64 archive = mailbox_id(place, 3, "Archive");
    g_autoptr(StoreUids) one = uids_of("1");
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, 4), to = g_array_new(FALSE, FALSE, 4);
    guint32 validity;
    assert_ok(store_copy(place->store, inbox[2], one, archive, FALSE, ~0ull, &validity, from, to,
                         &error));

    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(StoreCopyFound));
    assert_ok(store_copies_find(place->store, &blob, 1, found, &error));
    assert_int_equal(found->len, 4);

    gint64 id = begin(place, blob);
    assert_int_equal(now(place, id).state, STORE_WITHDRAWING);
    assert_ok(store_withdraw(place->store, id, NULL, NULL, &error));
    StoreWithdrawal done = now(place, id);
    assert_int_equal(done.state, STORE_WITHDRAWN);
    assert_true(done.copies == 4 && done.seen == 1 && !done.recorded);
    assert_true(blob_of(place, inbox[0], 1) == 0); /* not even for who still has it in view */
    g_autofree char *left = uids_now(place, inbox[1]);
    assert_string_equal(left, "1");
    assert_true(account_now(place, 1).quota_used == 0 && account_now(place, 3).messages == 0);
    assert_clean(place);

    later(place);
    assert_clean(place);
    assert_ok(store_withdrawal_return(place->store, id, "Số 2/BC", "op", &error));
    done = now(place, id);
    assert_true(done.state == STORE_RETURNED && done.returned == 4 && done.return_at > 0);
    g_autofree char *back = uids_now(place, inbox[1]);
    assert_string_equal(back, "1,3"); /* a UID is never given twice */
    g_autoptr(StoreMailbox) box = mailbox_now(place, inbox[1]);
    assert_true(box->exists == 2 && box->unseen == 1);
    assert_true(account_now(place, 2).quota_used == used);
    assert_true(blob_of(place, inbox[1], 3) == blob);
    assert_clean(place);
    assert_refused(store_withdrawal_return(place->store, id, "x", "op", &error), CV_ERROR_REFUSED);
    assert_refused(store_withdrawal_return(place->store, 99, "x", "op", &error),
                   CV_ERROR_NOT_FOUND);
}

static void what_has_no_mailbox_any_more_comes_back_into_the_inbox(void **state) {
    Place *place = *state;
    gint64 inbox[ACCOUNTS], id;
    make_accounts(place, inbox);
    assert_ok(store_mailbox_create(place->store, 1, "Viec", STORE_USE_NONE, &id, &error));
    put_message(place, id, "a", 0);
    BlobId blob = blob_of(place, id, 1);
    gint64 withdrawal = begin(place, blob);
    assert_ok(store_withdraw(place->store, withdrawal, NULL, NULL, &error));
    assert_ok(store_mailbox_delete(place->store, 1, "Viec", &error));
    later(place);
    assert_ok(store_withdrawal_return(place->store, withdrawal, "x", "op", &error));
    assert_true(blob_of(place, inbox[0], 1) == blob);
    assert_clean(place);
    /* What its user had deleted before is nobody's to put back. */
    g_autoptr(StoreUids) one = uids_of("1");
    StoreFlagsChange drop = {.mailbox = inbox[0],
                             .uids = one,
                             .mode = STORE_FLAGS_ADD,
                             .flags = STORE_DELETED,
                             .settable = ~0ull};
    assert_ok(store_flags_change(place->store, &drop, &error));
    assert_ok(store_expunge(place->store, inbox[0], NULL, NULL, NULL, &error));
    withdrawal = begin(place, blob);
    assert_ok(store_withdraw(place->store, withdrawal, NULL, NULL, &error));
    assert_true(now(place, withdrawal).copies == 0);
    assert_clean(place);
}

/* ---- Hold ---- */

typedef struct {
    gint64 account;
    gboolean on;
} HoldChange;

static gboolean hold_work(DbConn *conn, gpointer data, GError **error) {
    const HoldChange *change = data;
    return store_hold_put(conn, change->account, change->on, error);
}

static void hold(Place *place, gint64 account, gboolean on) {
    HoldChange change = {account, on};
    assert_ok(db_write(place->db, hold_work, &change, &error));
    assert_ok(db_write(place->db, hold_work, &change, &error));
}

static StoreKept kept(Place *place, gint64 account) {
    StoreKept out;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_hold_kept(conn, account, &out, &error));
    db_read_end(conn);
    return out;
}

static void expunge_all(Place *place, gint64 mailbox) {
    StoreFlagsChange drop = {
        .mailbox = mailbox, .mode = STORE_FLAGS_ADD, .flags = STORE_DELETED, .settable = ~0ull};
    g_autoptr(StoreUids) all = uids_of("1:100");
    drop.uids = all;
    assert_ok(store_flags_change(place->store, &drop, &error));
    assert_ok(store_expunge(place->store, mailbox, NULL, NULL, NULL, &error));
}

/* [R052] */
static void nothing_of_a_held_account_is_swept_until_the_hold_ends(void **state) {
    Place *place = *state;
    gint64 inbox[ACCOUNTS], work;
    make_accounts(place, inbox);
    assert_ok(store_mailbox_create(place->store, 1, "Viec", STORE_USE_NONE, &work, &error));
    put_message(place, inbox[0], "aaaa", 0);
    put_message(place, inbox[0], "bbbb", 0);
    put_message(place, work, "cccccc", 0);
    put_message(place, inbox[1], "dddd", 0);
    hold(place, 1, TRUE);
    expunge_all(place, inbox[0]);
    expunge_all(place, inbox[1]);
    assert_ok(store_mailbox_delete(place->store, 1, "Viec", &error));
    assert_true(account_now(place, 1).quota_used == 0 && account_now(place, 1).messages == 0);
    later(place);
    assert_true(kept(place, 1).messages == 3 && kept(place, 1).bytes == 14);
    assert_true(kept(place, 2).messages == 0);
    assert_clean(place);
    hold(place, 1, FALSE);
    later(place);
    assert_true(kept(place, 1).messages == 0);
    assert_clean(place);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_taken_from_everybody_and_comes_back),
        TEST(what_has_no_mailbox_any_more_comes_back_into_the_inbox),
        TEST(nothing_of_a_held_account_is_swept_until_the_hold_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
