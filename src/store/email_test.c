/* E-mails by name: what is moved keeps it, and what changed is told by it. */
#include "store/fixture.h"
#include "store/upload.h"

static int account_set_up(void **state) {
    place_set_up(state);
    Place *place = *state;
    place->store->slice = 4;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    return 0;
}

static StoreBirth birth_at(Place *place, gint64 mailbox, guint32 uid) {
    g_autoptr(StoreMailbox) box = mailbox_now(place, mailbox);
    DbConn *conn = db_read_begin(place->db, NULL);
    StoreBirth birth = 0;
    assert_ok(store_email_birth(conn, mailbox, box->uidvalidity, uid, &birth, &error));
    db_read_end(conn);
    return birth;
}

/* "mailbox uid" of where it lies; "nowhere". */
static char *find(Place *place, StoreBirth birth) {
    gint64 mailbox = 0;
    guint32 uid = 0;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_email_find(place->store, conn, 1, birth, &mailbox, &uid, &error));
    db_read_end(conn);
    return mailbox == 0 ? g_strdup("nowhere")
                        : g_strdup_printf("%" G_GINT64_FORMAT " %u", mailbox, uid);
}

static void lies(Place *place, StoreBirth birth, gint64 mailbox, guint32 uid) {
    g_autofree char *is = find(place, birth);
    g_autofree char *should = mailbox == 0
                                  ? g_strdup("nowhere")
                                  : g_strdup_printf("%" G_GINT64_FORMAT " %u", mailbox, uid);
    assert_string_equal(is, should);
}

static guint32 move(Place *place, gint64 from, const char *text, gint64 to) {
    g_autoptr(StoreUids) uids = uids_of(text);
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    assert_ok(store_copy(place->store, from, uids, to, TRUE, ~(StoreFlags)0, &uidvalidity, left,
                         made, &error));
    return g_array_index(made, guint32, made->len - 1);
}

static void destroy(Place *place, gint64 mailbox, const char *text) {
    g_autoptr(StoreUids) uids = uids_of(text);
    assert_ok(store_email_destroy(place->store, mailbox, uids, &error));
}

static void flag(Place *place, gint64 mailbox, const char *text) {
    g_autoptr(StoreUids) uids = uids_of(text);
    StoreFlagsChange change = {.mailbox = mailbox,
                               .uids = uids,
                               .mode = STORE_FLAGS_ADD,
                               .flags = STORE_SEEN,
                               .settable = ~(StoreFlags)0};
    assert_ok(store_flags_change(place->store, &change, &error));
}

/* "+5 ~7 -3 " of what changed since, by the numbers of the births' UIDs; "?": it cannot be told. */
static char *changes(Place *place, guint64 since) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(StoreEmailChange));
    gboolean complete = FALSE;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_email_changes(place->store, conn, 1, since, found, &complete, &error));
    db_read_end(conn);
    if (!complete)
        return g_strdup("?");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++) {
        const StoreEmailChange *one = &g_array_index(found, StoreEmailChange, i);
        g_string_append_printf(text, "%c%u ", "+~-"[one->kind], (guint32)one -> birth);
    }
    return g_string_free(text, FALSE);
}

static void changed(Place *place, guint64 since, const char *expected) {
    g_autofree char *is = changes(place, since);
    assert_string_equal(is, expected);
}

static guint64 now(Place *place) {
    return account_now(place, 1).modseq;
}

static void what_is_moved_keeps_its_name(void **state) {
    Place *place = *state;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), trash = mailbox_id(place, 1, "Trash");
    put_message(place, trash, "text", 0);
    guint32 uid = put_message(place, inbox, "text", 0);
    StoreBirth birth = birth_at(place, inbox, uid);
    lies(place, birth, inbox, uid);
    guint32 there = move(place, inbox, "1", trash);
    lies(place, birth, trash, there);
    assert_true(birth_at(place, trash, there) == birth);
    /* The place where it lies now is nobody's birth. */
    g_autoptr(StoreMailbox) box = mailbox_now(place, trash);
    lies(place, store_birth(box->uidvalidity, there), 0, 0);
    guint32 back = move(place, trash, "2", inbox);
    lies(place, birth, inbox, back);
    assert_clean(place);
    destroy(place, inbox, "2");
    lies(place, birth, 0, 0);
    assert_clean(place);
}

static void a_copy_and_another_account_have_their_own(void **state) {
    Place *place = *state;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), trash = mailbox_id(place, 1, "Trash");
    put_message(place, inbox, "text", 0);
    g_autoptr(StoreUids) uids = uids_of("1");
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    assert_ok(
        store_copy(place->store, inbox, uids, trash, FALSE, 0, &uidvalidity, from, to, &error));
    assert_true(birth_at(place, trash, 1) != birth_at(place, inbox, 1));
    gint64 mailbox = 1;
    guint32 uid = 0;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(
        store_email_find(place->store, conn, 2, birth_at(place, inbox, 1), &mailbox, &uid, &error));
    db_read_end(conn);
    assert_int_equal(mailbox, 0);
}

/* RFC 8620 5.2 */
static void changes_are_told_once_and_by_name(void **state) {
    Place *place = *state;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), trash = mailbox_id(place, 1, "Trash");
    for (guint i = 0; i < 6; i++)
        put_message(place, inbox, "text", 0); /* 1 … 6 */
    guint64 since = now(place);
    changed(place, since, "");
    flag(place, inbox, "1");
    move(place, inbox, "2", trash);
    destroy(place, inbox, "3");
    changed(place, since, "~1 ~2 -3 ");
    put_message(place, inbox, "text", 0); /* 7 */
    flag(place, inbox, "7");
    put_message(place, inbox, "text", 0); /* 8 comes and goes */
    destroy(place, inbox, "8");
    changed(place, since, "~1 ~2 -3 +7 ");
    guint64 later = now(place);
    move(place, trash, "1", inbox); /* 2 back again, as 9 */
    flag(place, inbox, "9");
    changed(place, later, "~2 ");
    destroy(place, inbox, "9");
    changed(place, later, "-2 ");
    changed(place, since, "~1 -3 +7 -2 ");
    changed(place, 0, "+1 +4 +5 +6 +7 ");
    assert_clean(place);
}

static void a_deleted_mailbox_takes_its_mail_with_it(void **state) {
    Place *place = *state;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), box = 0;
    assert_ok(store_mailbox_create(place->store, 1, "Việc", STORE_USE_NONE, &box, &error));
    put_message(place, inbox, "text", 0);
    put_message(place, inbox, "text", 0);
    move(place, inbox, "2", box);
    for (guint i = 0; i < 2; i++)
        put_message(place, box, "text", 0); /* 2, 3 */
    guint64 since = now(place);
    put_message(place, box, "text", 0);
    destroy(place, box, "2");
    assert_ok(store_mailbox_delete(place->store, 1, "Việc", &error));
    g_autofree char *told = changes(place, since);
    assert_non_null(strstr(told, "-2 "));
    assert_non_null(strstr(told, "-3 "));
    assert_null(strstr(told, "-4"));
    assert_null(strstr(told, "-1"));
    clock_set_offset(2 * STORE_EXPUNGED_AGE);
    changed(place, since, "?");
    assert_ok(store_sweep(place->store, 30 * G_TIME_SPAN_DAY, &error));
    changed(place, since, "?");
    assert_clean(place);
    changed(place, now(place), "");
}

static void an_empty_mailbox_that_goes_leaves_no_gap(void **state) {
    Place *place = *state;
    gint64 box = 0;
    assert_ok(store_mailbox_create(place->store, 1, "Việc", STORE_USE_NONE, &box, &error));
    put_message(place, box, "text", 0);
    guint64 since = now(place);
    destroy(place, box, "1");
    assert_ok(store_mailbox_delete(place->store, 1, "Việc", &error));
    clock_set_offset(2 * STORE_EXPUNGED_AGE);
    assert_ok(store_sweep(place->store, 30 * G_TIME_SPAN_DAY, &error));
    changed(place, since, "-1 ");
}

static void behind_the_log_nothing_is_told(void **state) {
    Place *place = *state;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), trash = mailbox_id(place, 1, "Trash");
    put_message(place, inbox, "text", 0);
    guint64 since = now(place);
    move(place, inbox, "1", trash);
    destroy(place, trash, "1");
    changed(place, since, "-1 ");
    clock_set_offset(2 * STORE_EXPUNGED_AGE);
    assert_ok(store_sweep(place->store, STORE_EXPUNGED_AGE, &error));
    changed(place, since, "?");
    changed(place, now(place), "");
    DbConn *conn = db_read_begin(place->db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM place");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_int_equal(db_column_int(stmt, 0), 0);
    db_read_end(conn);
}

/* "+ ~ -" of mailboxes */
static char *boxes(Place *place, guint64 since) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(StoreMailboxChange));
    gboolean complete = FALSE;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_mailbox_changes(place->store, conn, 1, since, found, &complete, &error));
    db_read_end(conn);
    assert_true(complete);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++) {
        const StoreMailboxChange *one = &g_array_index(found, StoreMailboxChange, i);
        g_string_append_c(text, one->kind == STORE_UPDATED && one->named ? '=' : "+~-"[one->kind]);
    }
    return g_string_free(text, FALSE);
}

static void mailboxes_that_are_made_renamed_subscribed_and_deleted_are_told(void **state) {
    Place *place = *state;
    gint64 box = 0;
    guint64 since = now(place);
    assert_ok(store_mailbox_create(place->store, 1, "A", STORE_USE_NONE, &box, &error));
    g_autofree char *made = boxes(place, since);
    assert_string_equal(made, "+");
    since = now(place);
    put_message(place, box, "text", 0);
    g_autofree char *counted = boxes(place, since);
    assert_string_equal(counted, "~");
    assert_ok(store_mailbox_rename(place->store, 1, "A", "B", &error));
    g_autofree char *renamed = boxes(place, since);
    assert_string_equal(renamed, "=");
    since = now(place);
    assert_ok(store_subscribe(place->store, 1, "B", TRUE, &error));
    g_autofree char *subscribed = boxes(place, since);
    assert_string_equal(subscribed, "=");
    assert_ok(store_mailbox_delete(place->store, 1, "B", &error));
    g_autofree char *deleted = boxes(place, since);
    assert_string_equal(deleted, "-");
    assert_ok(store_mailbox_create(place->store, 1, "C", STORE_USE_NONE, &box, &error));
    assert_ok(store_mailbox_delete(place->store, 1, "C", &error));
    g_autofree char *both = boxes(place, since);
    assert_string_equal(both, "-");
}

static void uploads_are_their_accounts_own_and_go_after_a_day(void **state) {
    Place *place = *state;
    g_autoptr(BlobWriter) writer = blob_writer_new(place->blobs);
    g_autofree char *name = NULL, *type = NULL;
    BlobId blob;
    guint64 size;
    assert_ok(blob_writer_append(writer, BYTES_LITERAL("bytes"), &error));
    assert_ok(store_upload_add(place->store, 1, writer, "text/plain", &name, &error));
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_refused(store_upload_find(conn, 2, name, &blob, &size, &type, &error),
                   CV_ERROR_NOT_FOUND);
    assert_ok(store_upload_find(conn, 1, name, &blob, &size, &type, &error));
    db_read_end(conn);
    assert_string_equal(type, "text/plain");
    assert_int_equal(size, 5);
    assert_clean(place);
    clock_set_offset(STORE_UPLOAD_AGE + 1);
    assert_ok(store_sweep(place->store, G_TIME_SPAN_DAY, &error));
    conn = db_read_begin(place->db, NULL);
    assert_refused(store_upload_find(conn, 1, name, &blob, &size, &type, &error),
                   CV_ERROR_NOT_FOUND);
    db_read_end(conn);
    assert_clean(place);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, account_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_moved_keeps_its_name),
        TEST(a_copy_and_another_account_have_their_own),
        TEST(changes_are_told_once_and_by_name),
        TEST(a_deleted_mailbox_takes_its_mail_with_it),
        TEST(an_empty_mailbox_that_goes_leaves_no_gap),
        TEST(behind_the_log_nothing_is_told),
        TEST(mailboxes_that_are_made_renamed_subscribed_and_deleted_are_told),
        TEST(uploads_are_their_accounts_own_and_go_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
