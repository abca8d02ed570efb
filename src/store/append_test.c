/* APPEND of several messages, REPLACE and annotations: all of it or nothing, and the doctor is
 * content afterwards, or finds what is not so. */
#include "store/fixture.h"
#include "store/metadata.h"

enum { MOST = 4 };

static int account_set_up(void **state) {
    place_set_up(state);
    Place *place = *state;
    for (gint64 account = 1; account <= 2; account++)
        assert_ok(store_account_ensure(place->store, account, 0, &error));
    return 0;
}

/* Messages of these sizes, into account 1's INBOX; replaced: a UID of it, or 0. */
static gboolean append(Place *place, const gsize *sizes, guint count, guint32 replaced,
                       guint32 *uid, GError **error) {
    StoreAppend messages[MOST] = {0};
    static const char *const keywords[] = {"nhan", NULL};
    for (guint i = 0; i < count; i++) {
        g_autofree char *body = g_strnfill(sizes[i], 'x');
        messages[i].writer = blob_writer_new(place->blobs);
        messages[i].keywords = keywords;
        assert_true(blob_writer_append(messages[i].writer, bytes_of_string(body), NULL));
    }
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    StoreAppending appending = {.mailbox = inbox,
                                .messages = messages,
                                .count = count,
                                .replaced_mailbox = inbox,
                                .replaced_uid = replaced};
    gboolean done = store_append(place->store, &appending, error);
    for (guint i = 0; i < count; i++)
        blob_writer_free(messages[i].writer);
    *uid = appending.uid;
    return done;
}

static void assert_inbox(Place *place, const char *uids, gint64 bytes) {
    g_autofree char *now = uids_now(place, mailbox_id(place, 1, "INBOX"));
    assert_string_equal(now, uids);
    assert_int_equal(account_now(place, 1).quota_used, bytes);
    assert_clean(place);
}

/* RFC 3502 6.3.11 */
static void several_messages_come_together_or_not_at_all(void **state) {
    Place *place = *state;
    const gsize sizes[] = {100, 300000, 5, 70000};
    guint32 uid = 0;
    assert_ok(append(place, sizes, 4, 0, &uid, &error));
    assert_int_equal(uid, 1);
    assert_inbox(place, "1:4", 370105);
    assert_ok(store_account_ensure(place->store, 1, 370305, &error));
    const gsize more[] = {100, 100, 1};
    assert_refused(append(place, more, 3, 0, &uid, &error), CV_ERROR_QUOTA);
    assert_inbox(place, "1:4", 370105);
    assert_ok(append(place, more, 2, 0, &uid, &error));
    assert_int_equal(uid, 5);
    assert_inbox(place, "1:6", 370305);
}

/* RFC 8508 3.4 */
static void a_message_is_replaced_in_one_step_or_stays(void **state) {
    Place *place = *state;
    const gsize small = 100, large = 150, larger = 151;
    guint32 uid = 0;
    assert_ok(append(place, &small, 1, 0, &uid, &error));
    assert_ok(store_account_ensure(place->store, 1, 150, &error));
    assert_refused(append(place, &larger, 1, 1, &uid, &error), CV_ERROR_QUOTA);
    assert_inbox(place, "1", 100);
    assert_ok(append(place, &large, 1, 1, &uid, &error));
    assert_inbox(place, "2", 150);
    assert_refused(append(place, &small, 1, 1, &uid, &error), CV_ERROR_INPUT);
    assert_inbox(place, "2", 150);
}

static gboolean set(Place *place, gint64 who, gint64 mailbox, gboolean shared, const char *entry,
                    const char *value, GError **error) {
    guint64 sequence;
    StoreMetadata metadata = {
        .mailbox = mailbox, .shared = shared, .entry = entry, .value = bytes_of_string(value)};
    return store_metadata_set(place->store, who, &metadata, 1, &sequence, error);
}

static gboolean add_name(const StoreMetadata *metadata, gpointer data) {
    g_string_append_printf(data, "%s%s ", metadata->entry, metadata->value.p == NULL ? "!" : "");
    return TRUE;
}

/* RFC 5464 4.1 */
static void annotations_are_bounded_and_go_with_their_mailbox(void **state) {
    Place *place = *state;
    gint64 box;
    assert_ok(store_mailbox_create(place->store, 1, "hop", STORE_USE_NONE, &box, &error));
    for (guint i = 0; i < STORE_METADATA_ENTRIES; i++) {
        g_autofree char *entry = g_strdup_printf("/vendor/a/%u", i);
        assert_ok(set(place, 2, box, FALSE, entry, "x", &error));
    }
    assert_refused(set(place, 2, box, FALSE, "/comment", "x", &error), CV_ERROR_LIMIT);
    assert_ok(set(place, 1, box, FALSE, "/comment", "x", &error));
    assert_ok(set(place, 2, box, TRUE, "/comment", "y", &error));
    assert_refused(set(place, 2, 0, TRUE, "/comment", "y", &error), CV_ERROR_DENIED);
    assert_refused(set(place, 2, 999, TRUE, "/comment", "y", &error), CV_ERROR_NOT_FOUND);
    assert_ok(set(place, 1, box, TRUE, "/comment", NULL, &error));
    assert_clean(place);
    g_autoptr(DbConn) conn = db_read_begin(place->db, NULL);
    g_autoptr(GString) names = g_string_new(NULL);
    assert_ok(store_metadata_changes(conn, 1, STORE_METADATA_ENTRIES, add_name, names, &error));
    assert_string_equal(names->str, "/comment /comment! ");
    g_clear_pointer(&conn, db_read_end);
    assert_ok(store_mailbox_delete(place->store, 1, "hop", &error));
    conn = db_read_begin(place->db, NULL);
    g_string_truncate(names, 0);
    assert_ok(store_metadata_changes(conn, 2, 0, add_name, names, &error));
    assert_string_equal(names->str, "");
    g_clear_pointer(&conn, db_read_end);
    assert_clean(place);
}

static gboolean damage(DbConn *conn, gpointer data, GError **error) {
    return db_run(db_prepare(conn, data), error);
}

static void count_finding(const char *text, gpointer data) {
    (*(guint *)data)++;
}

static void the_doctor_finds_annotations_of_nothing(void **state) {
    static const char *const wounds[] = {
        "UPDATE metadata SET mailbox = 999",
        "UPDATE metadata SET account = 2",
        "UPDATE metadata SET sequence = 999",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wounds); i++) {
        Place *place = *state;
        guint findings = 0;
        assert_ok(set(place, 1, mailbox_id(place, 1, "INBOX"), TRUE, "/comment", "x", &error));
        assert_clean(place);
        assert_ok(db_write(place->db, damage, (gpointer)wounds[i], &error));
        assert_ok(store_verify(place->store, TRUE, count_finding, NULL, &findings, &error));
        assert_int_equal(findings, 1);
        place_tear_down(state);
        account_set_up(state);
    }
}

int main(void) {
#define PLACED(test) cmocka_unit_test_setup_teardown(test, account_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        PLACED(several_messages_come_together_or_not_at_all),
        PLACED(a_message_is_replaced_in_one_step_or_stays),
        PLACED(annotations_are_bounded_and_go_with_their_mailbox),
        PLACED(the_doctor_finds_annotations_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
