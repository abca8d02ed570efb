#include "store/fixture.h"

static gboolean run_sql(DbConn *conn, gpointer sql, GError **error) {
    return db_run(db_prepare(conn, sql), error);
}

static void spoil(Place *place, const char *sql) {
    assert_ok(db_write(place->db, run_sql, (gpointer)sql, &error));
}

static void note(const char *text, gpointer data) {
    g_string_append_printf(data, "%s\n", text);
}

static void fill(Place *place) {
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    assert_ok(store_account_ensure(place->store, 2, 0, &error));
    for (int i = 0; i < 5; i++)
        put_message(place, mailbox_id(place, 1, "INBOX"), "one", i % 2 == 0 ? STORE_SEEN : 0);
    put_message(place, mailbox_id(place, 2, "INBOX"), "two", STORE_DELETED);
}

static void a_store_that_is_right_is_not_touched(void **state) {
    Place *place = *state;
    fill(place);
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(store_repair(place->store, note, told, &error));
    assert_string_equal(told->str, "");
    assert_clean(place);
}

static void wrong_counts_are_set_right_from_the_rows(void **state) {
    Place *place = *state;
    fill(place);
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    g_autoptr(StoreMailbox) before = mailbox_now(place, inbox);
    StoreAccount owner = account_now(place, 1);
    spoil(place, "UPDATE mailbox SET total = 7, unseen = 0, size = -4 WHERE name = 'INBOX'"
                 " AND account = 1");
    spoil(place, "UPDATE account SET quota_used = 99 WHERE id = 1");
    spoil(place, "UPDATE blob SET refs = 5, gone_us = NULL WHERE id = 1");
    spoil(place, "UPDATE blob SET refs = 0, gone_us = 1 WHERE id = 2");
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(store_repair(place->store, note, told, &error));
    g_autofree char *says = g_strdup_printf("mailbox %" G_GINT64_FORMAT ": its counts", inbox);
    assert_non_null(strstr(told->str, says));
    assert_non_null(strstr(told->str, "account 1: its counts"));
    assert_non_null(strstr(told->str, "blob 1 counts 5"));
    assert_non_null(strstr(told->str, "blob 2 counts 0"));
    assert_null(strstr(told->str, "account 2"));
    assert_clean(place);
    g_autoptr(StoreMailbox) after = mailbox_now(place, inbox);
    assert_int_equal(after->exists, before->exists);
    assert_int_equal(after->unseen, before->unseen);
    assert_int_equal(after->size, before->size);
    assert_int_equal(account_now(place, 1).quota_used, owner.quota_used);
    /* What is referred to again does not go with the sweep. */
    clock_set_offset(2 * BLOB_KEEP);
    assert_int_equal(blob_sweep(place->blobs, NULL), 0);
    assert_clean(place);
}

/* RFC 9051 2.3.1.1 */
static void after_a_restore_every_mailbox_has_a_uidvalidity_that_was_never_given(void **state) {
    Place *place = *state;
    fill(place);
    gint64 inbox = mailbox_id(place, 1, "INBOX"), other = mailbox_id(place, 2, "INBOX");
    g_autoptr(StoreMailbox) before = mailbox_now(place, inbox);
    /* What came after the backup, and is lost. */
    guint32 lost = 0;
    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("lost %d", i);
        gint64 id = 0;
        assert_ok(store_mailbox_create(place->store, 1, name, STORE_USE_NONE, &id, &error));
        g_autoptr(StoreMailbox) mailbox = mailbox_now(place, id);
        lost = MAX(lost, mailbox->uidvalidity);
    }
    assert_ok(store_uidvalidity_renew(place->store, &error));
    g_autoptr(StoreMailbox) after = mailbox_now(place, inbox);
    g_autoptr(StoreMailbox) second = mailbox_now(place, other);
    assert_true(after->uidvalidity > lost);
    assert_int_not_equal(after->uidvalidity, second->uidvalidity);
    assert_int_equal(after->uidnext, before->uidnext);
    assert_clean(place); /* unique, and all of them given */
    gint64 id = 0;
    assert_ok(store_mailbox_create(place->store, 1, "new", STORE_USE_NONE, &id, &error));
    assert_clean(place);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_store_that_is_right_is_not_touched),
        T(wrong_counts_are_set_right_from_the_rows),
        T(after_a_restore_every_mailbox_has_a_uidvalidity_that_was_never_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
