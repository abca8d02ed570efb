#include "store/fixture.h"

#define CREATE(name)     store_mailbox_create(place->store, 1, name, STORE_USE_NONE, NULL, &error)
#define RENAME(from, to) store_mailbox_rename(place->store, 1, from, to, &error)
#define DELETE(name)     store_mailbox_delete(place->store, 1, name, &error)

static int account_set_up(void **state) {
    place_set_up(state);
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    return 0;
}

static gboolean exists(Place *place, const char *name) {
    return mailbox_id(place, 1, name) != 0;
}

static guint32 uidvalidity_of(Place *place, const char *name) {
    g_autoptr(StoreMailbox) mailbox = mailbox_now(place, mailbox_id(place, 1, name));
    return mailbox->uidvalidity;
}

/* RFC 9051 6.3.4: superior names are made, a trailing separator is ignored. */
static void creating_a_mailbox_makes_its_parents(void **state) {
    Place *place = *state;
    assert_ok(CREATE("Công việc/2026/Tháng 11/"));
    assert_true(exists(place, "Công việc"));
    assert_true(exists(place, "Công việc/2026"));
    assert_true(exists(place, "Công việc/2026/Tháng 11"));
    assert_refused(CREATE("Công việc/2026"), CV_ERROR_EXISTS);
    assert_refused(CREATE("Công việc/2026/Tháng 11/"), CV_ERROR_EXISTS);
}

static void one_name_has_one_spelling(void **state) {
    Place *place = *state;
    assert_ok(CREATE("Th\xc6\xb0 c\xc5\xa9"));                         /* NFC */
    assert_refused(CREATE("Thu\xcc\x9b cu\xcc\x83"), CV_ERROR_EXISTS); /* NFD */
    assert_true(exists(place, "Thu\xcc\x9b cu\xcc\x83"));
    assert_false(exists(place, "th\xc6\xb0 c\xc5\xa9")); /* case distinguishes */
    assert_refused(CREATE("iNbOx"), CV_ERROR_EXISTS);
    assert_ok(CREATE("inbox/sub"));
    assert_true(exists(place, "INBOX/sub") && exists(place, "Inbox/sub"));
}

static void bad_names_are_refused(void **state) {
    Place *place = *state;
    static const char *const bad[] = {
        "",      "/",         "/a",   "a//b",          "a\tb",
        "a\x7f", "a\xc2\x85", "\xff", "a\xe2\x80\xa8", "a\xed\xa0\x80"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_refused(CREATE(bad[i]), CV_ERROR_INPUT);
    g_autofree char *long_name = g_strnfill(STORE_NAME_BYTES + 1, 'x');
    assert_refused(CREATE(long_name), CV_ERROR_LIMIT);
    g_autofree char *endless = g_strnfill(1 << 20, 'x');
    assert_refused(CREATE(endless), CV_ERROR_LIMIT);
    g_autoptr(GString) deep = g_string_new("a");
    for (int i = 1; i < STORE_NAME_LEVELS; i++)
        g_string_append(deep, "/a");
    assert_ok(CREATE(deep->str));
    g_string_append(deep, "/a");
    assert_refused(CREATE(deep->str), CV_ERROR_LIMIT);
}

static void an_account_has_a_limit_of_mailboxes(void **state) {
    Place *place = *state;
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(GPtrArray) list = store_mailbox_list(place->store, conn, 1, NULL);
    db_read_end(conn);
    for (guint i = list->len; i < STORE_MAILBOX_COUNT; i++) {
        g_autofree char *name = g_strdup_printf("m%u", i);
        assert_ok(CREATE(name));
    }
    assert_refused(CREATE("one more"), CV_ERROR_LIMIT);
    assert_ok(DELETE("m100"));
    assert_ok(CREATE("one more"));
}

/* RFC 9051 2.3.1.1: a name that is made again has a greater UIDVALIDITY. */
static void a_name_that_comes_again_has_a_greater_uidvalidity(void **state) {
    Place *place = *state;
    assert_ok(CREATE("x"));
    guint32 first = uidvalidity_of(place, "x");
    assert_ok(DELETE("x"));
    clock_set_offset(-CLOCK_SECOND * 3600); /* a clock that was set back changes nothing */
    assert_ok(CREATE("x"));
    assert_true(uidvalidity_of(place, "x") > first);
    assert_clean(place);
}

/* RFC 9051 6.3.6 */
static void children_move_along_when_a_mailbox_is_renamed(void **state) {
    Place *place = *state;
    assert_ok(CREATE("a/b/c"));
    assert_ok(CREATE("ab"));
    guint32 uidvalidity = uidvalidity_of(place, "a/b/c");
    put_message(place, mailbox_id(place, 1, "a/b"), "text", 0);
    assert_ok(RENAME("a", "new/place"));
    assert_true(exists(place, "new") && exists(place, "new/place/b/c") && exists(place, "ab"));
    assert_false(exists(place, "a") || exists(place, "a/b") || exists(place, "a/b/c"));
    assert_int_equal(uidvalidity_of(place, "new/place/b/c"), uidvalidity);
    g_autofree char *uids = uids_now(place, mailbox_id(place, 1, "new/place/b"));
    assert_string_equal(uids, "1");
    assert_clean(place);
}

static void a_rename_that_cannot_be_changes_nothing(void **state) {
    Place *place = *state;
    assert_ok(CREATE("a/b"));
    assert_ok(CREATE("c"));
    assert_refused(RENAME("none", "x"), CV_ERROR_NOT_FOUND);
    assert_refused(RENAME("a", "c"), CV_ERROR_EXISTS);
    assert_refused(RENAME("a", "INBOX"), CV_ERROR_EXISTS);
    assert_refused(RENAME("a", "a/b/d"), CV_ERROR_INPUT);
    assert_refused(RENAME("a", "a//"), CV_ERROR_INPUT);
    assert_refused(RENAME("a", "a"), CV_ERROR_EXISTS);
    /* A child would be too deep: then the parent does not move either. */
    g_autoptr(GString) deep = g_string_new("d");
    for (int i = 2; i < STORE_NAME_LEVELS; i++)
        g_string_append(deep, "/d");
    assert_ok(CREATE(deep->str));
    g_string_append(deep, "/x");
    assert_refused(RENAME("a", deep->str), CV_ERROR_LIMIT);
    assert_true(exists(place, "a") && exists(place, "a/b"));
    assert_false(exists(place, deep->str));
}

/* RFC 9051 6.3.6: renaming INBOX moves its messages and leaves it empty. */
static void renaming_inbox_moves_its_messages(void **state) {
    Place *place = *state;
    place->store->slice = 3;
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    assert_ok(CREATE("INBOX/child"));
    for (int i = 0; i < 8; i++)
        put_message(place, inbox, "text", 0);
    gint64 used = account_now(place, 1).quota_used;
    assert_ok(RENAME("inbox", "old mail"));
    g_autofree char *left = uids_now(place, inbox);
    g_autofree char *moved = uids_now(place, mailbox_id(place, 1, "old mail"));
    assert_string_equal(left, "");
    assert_string_equal(moved, "1:8");
    assert_true(mailbox_id(place, 1, "INBOX") == inbox && exists(place, "INBOX/child"));
    assert_true(account_now(place, 1).quota_used == used);
    assert_refused(RENAME("INBOX", "old mail"), CV_ERROR_EXISTS);
    assert_clean(place);
}

/* RFC 9051 6.3.5 */
static void deleting_gives_the_quota_back_at_once_and_the_rows_later(void **state) {
    Place *place = *state;
    assert_ok(CREATE("a/b"));
    gint64 parent = mailbox_id(place, 1, "a"), child = mailbox_id(place, 1, "a/b");
    put_message(place, parent, "text", 0);
    put_message(place, child, "text", STORE_DELETED);
    put_message(place, child, "text", 0);
    assert_refused(DELETE("a"), CV_ERROR_DENIED);
    assert_refused(DELETE("INBOX"), CV_ERROR_INPUT);
    assert_refused(DELETE("none"), CV_ERROR_NOT_FOUND);
    assert_ok(DELETE("a/b"));
    assert_true(account_now(place, 1).quota_used == 4 && account_now(place, 1).messages == 1);
    assert_clean(place);
    assert_ok(DELETE("a"));
    clock_set_offset(STORE_EXPUNGED_AGE + CLOCK_SECOND);
    assert_ok(store_sweep(place->store, 0, &error));
    DbConn *conn = db_read_begin(place->db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT (SELECT count(*) FROM message),"
                                    " (SELECT count(*) FROM message_meta),"
                                    " (SELECT count(*) FROM gone), (SELECT sum(refs) FROM blob)");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    for (int i = 0; i < 4; i++)
        assert_int_equal(db_column_int(stmt, i), 0);
    db_read_end(conn);
    assert_clean(place);
}

/* RFC 9051 6.3.7, 6.3.8 */
static void a_subscription_outlives_its_mailbox(void **state) {
    Place *place = *state;
    assert_ok(CREATE("a"));
    assert_ok(store_subscribe(place->store, 1, "a", TRUE, &error));
    assert_ok(store_subscribe(place->store, 1, "a", TRUE, &error));
    assert_ok(store_subscribe(place->store, 1, "Shared/x", TRUE, &error));
    assert_ok(store_subscribe(place->store, 1, "Junk", FALSE, &error));
    assert_ok(store_subscribe(place->store, 1, "never was", FALSE, &error));
    g_autoptr(StoreMailbox) there = mailbox_now(place, mailbox_id(place, 1, "a"));
    g_autoptr(StoreMailbox) junk = mailbox_now(place, mailbox_id(place, 1, "Junk"));
    assert_true(there->subscribed && !junk->subscribed);
    assert_ok(DELETE("a"));
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(GPtrArray) names = store_subscriptions(place->store, conn, 1, NULL);
    db_read_end(conn);
    g_ptr_array_add(names, NULL);
    g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
    assert_string_equal(all, "Archive Drafts INBOX Sent Shared/x Trash a");
}

/* ---- Rights ---- */

static StoreRights rights_now(Place *place, gint64 mailbox, gint64 who) {
    DbConn *conn = db_read_begin(place->db, NULL);
    StoreRights rights = store_rights(place->store, conn, mailbox, who);
    db_read_end(conn);
    return rights;
}

static void count_rights(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    *(guint *)data += (events & STORE_EVENT_RIGHTS) != 0;
}

/* RFC 4314 */
static void rights_come_from_the_mailbox_else_from_the_delegation(void **state) {
    Place *place = *state;
    Store *store = place->store;
    gint64 inbox = mailbox_id(place, 1, "INBOX"), sent = mailbox_id(place, 1, "Sent");
    StoreRights read = STORE_RIGHT_LOOKUP | STORE_RIGHT_READ;
    guint told = 0;
    StoreWatch *watch = store_watch(store, inbox, count_rights, &told);
    assert_true(rights_now(place, inbox, 1) == STORE_RIGHTS_ALL);
    assert_true(rights_now(place, inbox, 2) == 0);
    assert_ok(store_rights_set(store, 1, 0, 2, STORE_RIGHTS_ALL, &error));
    assert_ok(store_rights_set(store, 1, inbox, 2, read, &error));
    assert_true(rights_now(place, inbox, 2) == read);
    assert_true(rights_now(place, sent, 2) == STORE_RIGHTS_ALL);
    assert_ok(store_rights_set(store, 1, inbox, 3, read, &error));
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(GArray) acl = store_acl_list(store, conn, inbox, NULL);
    g_autoptr(GArray) accounts = store_shared_accounts(store, conn, 2, NULL);
    db_read_end(conn);
    assert_int_equal(acl->len, 2);
    assert_true(g_array_index(acl, StoreAcl, 0).who == 2 &&
                g_array_index(acl, StoreAcl, 0).rights == read);
    assert_true(g_array_index(acl, StoreAcl, 1).who == 3);
    assert_true(accounts->len == 1 && g_array_index(accounts, gint64, 0) == 1);
    assert_ok(store_rights_set(store, 1, inbox, 2, 0, &error));
    assert_true(rights_now(place, inbox, 2) == STORE_RIGHTS_ALL);
    assert_ok(store_rights_set(store, 1, 0, 2, 0, &error));
    assert_true(rights_now(place, inbox, 2) == 0 && rights_now(place, sent, 2) == 0);
    assert_int_equal(told, 5);
    store_unwatch(store, watch);
    assert_refused(store_rights_set(store, 1, inbox, 1, read, &error), CV_ERROR_INPUT);
    assert_refused(store_rights_set(store, 1, 99, 2, read, &error), CV_ERROR_NOT_FOUND);
    assert_ok(store_account_ensure(store, 5, 0, &error));
    assert_refused(store_rights_set(store, 5, inbox, 2, read, &error), CV_ERROR_NOT_FOUND);
}

int main(void) {
#define PLACED(test) cmocka_unit_test_setup_teardown(test, account_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        PLACED(creating_a_mailbox_makes_its_parents),
        PLACED(one_name_has_one_spelling),
        PLACED(bad_names_are_refused),
        PLACED(an_account_has_a_limit_of_mailboxes),
        PLACED(a_name_that_comes_again_has_a_greater_uidvalidity),
        PLACED(children_move_along_when_a_mailbox_is_renamed),
        PLACED(a_rename_that_cannot_be_changes_nothing),
        PLACED(renaming_inbox_moves_its_messages),
        PLACED(deleting_gives_the_quota_back_at_once_and_the_rows_later),
        PLACED(a_subscription_outlives_its_mailbox),
        PLACED(rights_come_from_the_mailbox_else_from_the_delegation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
