#include "store/fixture.h"

enum { SLICE = 4 };

static int account_set_up(void **state) {
    place_set_up(state);
    Place *place = *state;
    place->store->slice = SLICE;
    for (gint64 account = 1; account <= 2; account++)
        assert_ok(store_account_ensure(place->store, account, 0, &error));
    return 0;
}

static gint64 filled_inbox(Place *place, guint messages) {
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    for (guint i = 0; i < messages; i++)
        put_message(place, inbox, "text", 0);
    return inbox;
}

/* ---- Flags ---- */

static void note_told(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed,
                      gpointer data) {
    g_string_append_printf(data, "%u%s ", uid, changed ? "!" : "");
}

/* RFC 7162 3.1.3: what changed since is refused, the rest is done. */
static void unchangedsince_refuses_only_what_changed(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 10);
    g_autoptr(StoreMailbox) before = mailbox_now(place, inbox);
    g_autoptr(StoreUids) two = uids_of("3,7"), all = uids_of("1:10"), refused = store_uids_new();
    StoreFlagsChange change = {.mailbox = inbox,
                               .uids = two,
                               .mode = STORE_FLAGS_ADD,
                               .flags = STORE_SEEN,
                               .settable = ~(StoreFlags)0};
    assert_ok(store_flags_change(place->store, &change, &error));
    g_autoptr(GString) told = g_string_new(NULL);
    StoreFlagsChange second = {.mailbox = inbox,
                               .uids = all,
                               .mode = STORE_FLAGS_ADD,
                               .flags = STORE_FLAGGED,
                               .settable = ~(StoreFlags)0,
                               .conditional = TRUE,
                               .unchanged_since = before->modseq,
                               .each = note_told,
                               .data = told,
                               .modified = refused};
    assert_ok(store_flags_change(place->store, &second, &error));
    assert_string_equal(told->str, "1! 2! 3 4! 5! 6! 7 8! 9! 10! ");
    assert_int_equal(store_uids_count(refused), 2);
    assert_true(store_uids_sequence(refused, 3) == 1 && store_uids_sequence(refused, 7) == 2);
    g_autoptr(StoreMailbox) after = mailbox_now(place, inbox);
    assert_true(after->modseq == second.modseq && second.modseq > change.modseq);
    assert_int_equal(after->unseen, 8);
    assert_clean(place);
}

static void count_calls(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    (*(guint *)data)++;
}

static void a_store_that_changes_nothing_writes_nothing(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 9);
    g_autoptr(StoreUids) uids = uids_of("1:5,20:30");
    const char *const unknown[] = {"nobody-used-this", NULL};
    StoreFlagsChange change = {.mailbox = inbox,
                               .uids = uids,
                               .mode = STORE_FLAGS_REMOVE,
                               .flags = STORE_SEEN,
                               .keywords = unknown,
                               .settable = ~(StoreFlags)0};
    g_autoptr(StoreMailbox) before = mailbox_now(place, inbox);
    guint calls = 0;
    StoreWatch *watch = store_watch(place->store, inbox, count_calls, &calls);
    gint64 wal = db_stats(place->db).wal_bytes;
    assert_ok(store_flags_change(place->store, &change, &error));
    assert_true(db_stats(place->db).wal_bytes == wal);
    assert_int_equal(calls, 0);
    g_autoptr(StoreMailbox) after = mailbox_now(place, inbox);
    assert_true(after->modseq == before->modseq && change.modseq == 0);
    store_unwatch(place->store, watch);
}

static void an_account_has_a_limit_of_keywords(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 1);
    g_autoptr(StoreUids) uids = uids_of("1");
    for (int i = 0; i <= STORE_KEYWORD_COUNT; i++) {
        g_autofree char *name = g_strdup_printf("key%d", i);
        const char *const names[] = {name, NULL};
        StoreFlagsChange change = {.mailbox = inbox,
                                   .uids = uids,
                                   .mode = STORE_FLAGS_ADD,
                                   .keywords = names,
                                   .settable = ~(StoreFlags)0};
        if (i < STORE_KEYWORD_COUNT)
            assert_ok(store_flags_change(place->store, &change, &error));
        else
            assert_refused(store_flags_change(place->store, &change, &error), CV_ERROR_LIMIT);
    }
    static const char *const bad[] = {"", "a b", "(", "a\\b", "caf\xc3\xa9", "a\"", "*"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *const names[] = {bad[i], NULL};
        StoreFlagsChange change = {.mailbox = inbox,
                                   .uids = uids,
                                   .mode = STORE_FLAGS_ADD,
                                   .keywords = names,
                                   .settable = ~(StoreFlags)0};
        assert_refused(store_flags_change(place->store, &change, &error), CV_ERROR_INPUT);
    }
    const char *const other_case[] = {"KEY7", NULL};
    StoreFlagsChange change = {.mailbox = inbox,
                               .uids = uids,
                               .mode = STORE_FLAGS_REMOVE,
                               .keywords = other_case,
                               .settable = ~(StoreFlags)0};
    assert_ok(store_flags_change(place->store, &change, &error));
    assert_true(change.modseq > 0); /* the same keyword: case does not distinguish */
}

/* ---- Expunge and views ---- */

static gboolean note_message(const StoreMessage *message, gpointer data) {
    g_string_append_printf(data, "%u%s %.*s|", message->uid, message->expunged ? " gone" : "",
                           (int)message->envelope.n, message->envelope.p);
    return TRUE;
}

static char *see(Place *place, gint64 mailbox, guint32 from, guint32 to) {
    GString *seen = g_string_new(NULL);
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_message_each(place->store, conn, mailbox, from, to, STORE_WANT_META,
                                 note_message, seen, &error));
    db_read_end(conn);
    return g_string_free(seen, FALSE);
}

static void assert_seen(Place *place, gint64 mailbox, guint32 from, guint32 to,
                        const char *expected) {
    g_autofree char *seen = see(place, mailbox, from, to);
    assert_string_equal(seen, expected);
}

static void an_expunged_message_is_readable_while_somebody_watches(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 1);
    put_message(place, inbox, "deleted", STORE_DELETED);
    put_message(place, inbox, "deleted", STORE_DELETED);
    guint calls = 0;
    StoreWatch *watch = store_watch(place->store, inbox, count_calls, &calls);
    g_autoptr(StoreUids) third = uids_of("3"), gone = store_uids_new();
    guint64 modseq = 0;
    assert_ok(store_expunge(place->store, inbox, third, gone, &modseq, &error));
    assert_true(store_uids_count(gone) == 1 && store_uids_sequence(gone, 3) == 1 && modseq > 0);
    assert_int_equal(calls, 1);
    assert_true(account_now(place, 1).quota_used == 4 + 7); /* given back at once */
    assert_seen(place, inbox, 1, 9, "1 (envelope)|2 (envelope)|");
    assert_seen(place, inbox, 3, 3, "3 gone (envelope)|");
    clock_set_offset(STORE_EXPUNGED_AGE * 2);
    assert_ok(store_sweep(place->store, 0, &error));
    assert_seen(place, inbox, 3, 3, "3 gone (envelope)|");
    assert_clean(place);
    store_unwatch(place->store, watch);
    assert_ok(store_sweep(place->store, 0, &error));
    assert_seen(place, inbox, 3, 3, "");
    assert_clean(place);
}

/* RFC 7162 3.2.5.2 allows to name more as vanished than there was. */
static void behind_the_horizon_everything_that_is_not_there_has_vanished(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 3);
    g_autoptr(StoreMailbox) known = mailbox_now(place, inbox);
    put_message(place, inbox, "x", STORE_DELETED);
    assert_ok(store_expunge(place->store, inbox, NULL, NULL, NULL, &error));
    put_message(place, inbox, "x", 0);
    for (int swept = 0; swept < 2; swept++) {
        DbConn *conn = db_read_begin(place->db, NULL);
        g_auto(StoreChanges) changes = {0};
        assert_ok(store_changes(place->store, conn, inbox, known->modseq, &changes, &error));
        db_read_end(conn);
        assert_int_equal(changes.complete, !swept);
        assert_true(store_uids_count(changes.vanished) == 1 &&
                    store_uids_at(changes.vanished, 1) == 4);
        assert_int_equal(changes.changed->len, 1);
        assert_int_equal(g_array_index(changes.changed, StoreChange, 0).uid, 5);
        clock_set_offset(CLOCK_SECOND * 10);
        assert_ok(store_sweep(place->store, 0, &error));
    }
}

/* ---- Copies ---- */

static gboolean fill_up(DbConn *conn, gpointer data, GError **error) {
    gint64 *mailbox = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE mailbox SET uidnext = ? WHERE id = ?");
    db_bind(stmt, "ii", (gint64)G_MAXUINT32 - 5, *mailbox);
    return db_run(stmt, error);
}

/* A mailbox whose UIDs come to their end refuses; a copy that meets this leaves nothing behind. */
static void a_copy_that_fails_in_a_later_slice_leaves_nothing_behind(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 20), sent = mailbox_id(place, 2, "Sent");
    assert_ok(db_write(place->db, fill_up, &sent, &error));
    guint calls = 0;
    StoreWatch *watch = store_watch(place->store, sent, count_calls, &calls);
    g_autoptr(StoreUids) uids = uids_of("1:20");
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    assert_refused(store_copy(place->store, inbox, uids, sent, FALSE, ~(StoreFlags)0, &uidvalidity,
                              from, to, &error),
                   CV_ERROR_LIMIT);
    store_unwatch(place->store, watch);
    assert_int_equal(calls, 2); /* a slice had been copied, then it was taken back */
    assert_true(from->len == 0 && to->len == 0);
    g_autofree char *left = uids_now(place, sent);
    assert_string_equal(left, "");
    assert_true(account_now(place, 2).quota_used == 0);
    g_autoptr(StoreMailbox) target = mailbox_now(place, sent);
    assert_true(target->exists == 0);
    assert_clean(place);
}

static void a_failed_move_says_what_came_over(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 20), sent = mailbox_id(place, 1, "Sent");
    assert_ok(db_write(place->db, fill_up, &sent, &error));
    g_autoptr(StoreUids) uids = uids_of("1:20");
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    assert_refused(store_copy(place->store, inbox, uids, sent, TRUE, ~(StoreFlags)0, &uidvalidity,
                              from, to, &error),
                   CV_ERROR_LIMIT);
    assert_true(from->len == SLICE && to->len == SLICE);
    g_autofree char *left = uids_now(place, inbox);
    g_autofree char *over = uids_now(place, sent);
    assert_string_equal(left, "5:20");
    assert_string_equal(over, "4294967290:4294967293");
    assert_clean(place);
}

static void a_mailbox_copied_into_itself_ends(void **state) {
    Place *place = *state;
    gint64 inbox = filled_inbox(place, 9);
    g_autoptr(StoreUids) uids = uids_of("1:4294967295");
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    assert_ok(store_copy(place->store, inbox, uids, inbox, FALSE, ~(StoreFlags)0, &uidvalidity,
                         from, to, &error));
    g_autofree char *after = uids_now(place, inbox);
    assert_string_equal(after, "1:18");
    assert_int_equal(from->len, 9);
    assert_clean(place);
}

/* ---- The doctor ---- */

static gboolean damage(DbConn *conn, gpointer data, GError **error) {
    return db_run(db_prepare(conn, data), error);
}

static void count_finding(const char *text, gpointer data) {
    (*(guint *)data)++;
}

static void the_doctor_finds_every_contradiction(void **state) {
    static const char *const wounds[] = {
        "UPDATE mailbox SET total = total + 1 WHERE id = 1",
        "UPDATE mailbox SET unseen = 0 WHERE id = 1",
        "UPDATE mailbox SET deleted = 1 WHERE id = 1",
        "UPDATE mailbox SET size = 1 WHERE id = 1",
        "UPDATE mailbox SET uidnext = 2 WHERE id = 1",
        "UPDATE mailbox SET modseq = 1 WHERE id = 1",
        "UPDATE mailbox SET modseq = 1000 WHERE id = 1",
        ("UPDATE mailbox SET uidvalidity = (SELECT uidvalidity FROM mailbox WHERE id = 2)"
         " WHERE id = 1"),
        "UPDATE account SET quota_used = 3",
        "UPDATE account SET messages = messages + 1",
        "UPDATE mailbox SET name = 'lost' WHERE id = 1",
        "DELETE FROM mailbox WHERE id = 1",
        "DELETE FROM account WHERE id = 1",
        "DELETE FROM message_meta WHERE key = (SELECT max(key) FROM message)",
        "DELETE FROM message WHERE key = (SELECT max(key) FROM message)",
        "INSERT INTO message_meta(key, header_size) VALUES(123456789123, 0)",
        "UPDATE blob SET refs = refs + 1 WHERE id = 1",
        "UPDATE message SET blob = 77 WHERE key = (SELECT max(key) FROM message)",
        "UPDATE message_meta SET envelope = NULL",
        "UPDATE blob_data SET data = 'other' WHERE id = 1",
        "DELETE FROM blob WHERE id = 2",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wounds); i++) {
        Place *place = *state;
        filled_inbox(place, 3);
        assert_clean(place);
        assert_ok(db_write(place->db, damage, (gpointer)wounds[i], &error));
        guint findings = 0;
        assert_ok(store_verify(place->store, TRUE, count_finding, NULL, &findings, &error));
        if (findings == 0)
            fail_msg("not found: %s", wounds[i]);
        place_tear_down(state);
        account_set_up(state);
    }
}

int main(void) {
#define PLACED(test) cmocka_unit_test_setup_teardown(test, account_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        PLACED(unchangedsince_refuses_only_what_changed),
        PLACED(a_store_that_changes_nothing_writes_nothing),
        PLACED(an_account_has_a_limit_of_keywords),
        PLACED(an_expunged_message_is_readable_while_somebody_watches),
        PLACED(behind_the_horizon_everything_that_is_not_there_has_vanished),
        PLACED(a_copy_that_fails_in_a_later_slice_leaves_nothing_behind),
        PLACED(a_failed_move_says_what_came_over),
        PLACED(a_mailbox_copied_into_itself_ends),
        PLACED(the_doctor_finds_every_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
