#include "store/fixture.h"

#include "message/references.h"

static void an_account_comes_with_its_mailboxes_and_only_once(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 7, 1000, &error));
    assert_ok(store_account_ensure(place->store, 7, 2000, &error));
    DbConn *conn = db_read_begin(place->db, NULL);
    g_autoptr(GPtrArray) list = store_mailbox_list(place->store, conn, 7, NULL);
    db_read_end(conn);
    static const char *const names[] = {"Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"};
    assert_int_equal(list->len, G_N_ELEMENTS(names));
    for (guint i = 0; i < list->len; i++) {
        StoreMailbox *mailbox = list->pdata[i];
        assert_string_equal(mailbox->name, names[i]);
        assert_true(mailbox->subscribed);
        assert_true(mailbox->uidnext == 1 && mailbox->exists == 0 && mailbox->modseq >= 1);
    }
    assert_int_equal(((StoreMailbox *)list->pdata[3])->use, STORE_USE_JUNK);
    assert_true(account_now(place, 7).quota_limit == 2000);
    assert_clean(place);
}

static gboolean remember(const StoreMessage *message, gpointer data) {
    StoreMessage *out = data;
    *out = *message;
    return TRUE;
}

typedef struct {
    Place *place;
    DbConn *conn;
    GString *seen;
} Look;

static gboolean look(const StoreMessage *message, gpointer data) {
    Look *at = data;
    g_auto(Buffer) bytes;
    buffer_init(&bytes, 1000);
    assert_ok(store_message_read(at->place->store, at->conn, message, 0, 1000, &bytes, &error));
    assert_int_equal(bytes.n, message->size);
    g_string_append_printf(at->seen, "%u %.*s %.*s %.*s|", message->uid, (int)message->envelope.n,
                           message->envelope.p, (int)message->structure.n, message->structure.p,
                           (int)bytes.n, buffer_bytes(&bytes).p);
    return TRUE;
}

static char *look_at(Place *place, gint64 mailbox, guint32 from, guint32 to) {
    Look at = {place, db_read_begin(place->db, NULL), g_string_new(NULL)};
    assert_ok(store_message_each(place->store, at.conn, mailbox, from, to, STORE_WANT_META, look,
                                 &at, &error));
    db_read_end(at.conn);
    return g_string_free(at.seen, FALSE);
}

static void a_delivered_message_is_read_back_with_its_prefix(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "inbox");
    assert_true(inbox > 0);
    Put put = {.place = place, .mailboxes = (gint64[]){inbox, 0}, .prefix = "Return-Path: <>\r\n"};
    assert_ok(put_run(&put, "Subject: a\r\n\r\nb\r\n", &error));
    assert_int_equal(put.uid, 1);
    put_message(place, inbox, "second", STORE_SEEN);
    g_autofree char *seen = look_at(place, inbox, 1, G_MAXUINT32);
    assert_string_equal(seen, "1 (envelope) structure Return-Path: <>\r\nSubject: a\r\n\r\nb\r\n|"
                              "2 (envelope) structure second|");
    g_autoptr(StoreMailbox) mailbox = mailbox_now(place, inbox);
    assert_true(mailbox->exists == 2 && mailbox->unseen == 1 && mailbox->uidnext == 3);
    assert_true(mailbox->size == 17 + 17 + 6);
    StoreAccount account = account_now(place, 1);
    assert_true(account.quota_used == mailbox->size && account.messages == 2);
    assert_true(account.modseq == mailbox->modseq);
    assert_clean(place);
}

static void a_part_of_a_message_may_begin_in_the_prefix(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    Put put = {.place = place, .mailboxes = (gint64[]){inbox, 0}, .prefix = "abcd"};
    assert_ok(put_run(&put, "efgh", &error));
    StoreMessage message;
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_message_each(place->store, conn, inbox, 1, 1, STORE_WANT_FLAGS, remember,
                                 &message, &error));
    message.prefix = BYTES_LITERAL("abcd");
    static const struct {
        guint64 offset, length;
        const char *text;
    } parts[] = {{0, 2, "ab"}, {2, 4, "cdef"}, {4, 9, "efgh"},
                 {7, 1, "h"},  {8, 5, ""},     {99, 1, ""}};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_auto(Buffer) out;
        buffer_init(&out, 100);
        assert_ok(store_message_read(place->store, conn, &message, parts[i].offset, parts[i].length,
                                     &out, &error));
        assert_true(bytes_is(buffer_bytes(&out), parts[i].text));
    }
    db_read_end(conn);
}

static void many_recipients_share_one_envelope(void **state) {
    Place *place = *state;
    enum { RECIPIENTS = 40 };
    gint64 mailboxes[RECIPIENTS + 1] = {0};
    for (gint64 i = 0; i < RECIPIENTS; i++) {
        assert_ok(store_account_ensure(place->store, i + 1, 0, &error));
        mailboxes[i] = mailbox_id(place, i + 1, "INBOX");
    }
    g_autofree char *envelope = g_strnfill(300, 'e');
    Put put = {.place = place, .mailboxes = mailboxes, .shared = TRUE, .envelope = envelope};
    assert_ok(put_run(&put, "body", &error));
    DbConn *conn = db_read_begin(place->db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT (SELECT count(*) FROM blob_meta),"
                                    " (SELECT count(*) FROM message_meta WHERE envelope IS NULL),"
                                    " (SELECT refs FROM blob)");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_int_equal(db_column_int(stmt, 0), 1);
    assert_int_equal(db_column_int(stmt, 1), RECIPIENTS);
    assert_int_equal(db_column_int(stmt, 2), RECIPIENTS);
    db_read_end(conn);
    g_autofree char *seen = look_at(place, mailboxes[RECIPIENTS - 1], 1, 1);
    g_autofree char *expected = g_strdup_printf("1 %s structure body|", envelope);
    assert_string_equal(seen, expected);
    assert_clean(place);
}

/* ---- What messages refer to ---- */

typedef struct {
    Place *place;
    DbConn *conn;
    guint seen;
    guint64 ids[4];
} Ancestry;

static gboolean read_ancestry(const StoreMessage *message, gpointer data) {
    Ancestry *at = data;
    g_auto(Buffer) scratch;
    Bytes packed = {NULL, 0};
    MessageReferences references;
    buffer_init(&scratch, 2000);
    assert_ok(
        store_message_ancestry(at->place->store, at->conn, message, &scratch, &packed, &error));
    assert_true(message_references_read(packed, &references));
    assert_int_equal(references.count, 1);
    at->ids[at->seen++] = references.ids[0];
    return TRUE;
}

static void check_ancestry(Place *place, gint64 mailbox, guint wanted) {
    Ancestry at = {place, db_read_begin(place->db, NULL), 0, {0}};
    assert_ok(store_message_each(place->store, at.conn, mailbox, 1, G_MAXUINT32, STORE_WANT_META,
                                 read_ancestry, &at, &error));
    db_read_end(at.conn);
    assert_int_equal(at.seen, wanted);
    for (guint i = 0; i < wanted; i++)
        assert_true(at.ids[i] == message_id_hash("goc@x"));
}

static gboolean forget_ancestry(DbConn *conn, gpointer data, GError **error) {
    return db_run(db_prepare(conn, "UPDATE message_meta SET ancestry = NULL"), error) &&
           db_run(db_prepare(conn, "UPDATE blob_meta SET ancestry = NULL"), error);
}

/* Before and after it was stored; in a copy too, and where the bytes are a file. */
static void what_a_message_refers_to_is_known_however_old_it_is(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    g_autofree char *filling = g_strnfill(BLOB_INLINE_LIMIT, 'x');
    for (guint i = 0; i < 2; i++) {
        g_autoptr(BlobWriter) writer = blob_writer_new(place->blobs);
        g_autofree char *text = g_strconcat("Message-ID: <me@x>\r\nReferences: <goc@x>\r\n\r\n",
                                            i ? filling : "", NULL);
        assert_ok(blob_writer_append(writer, bytes_of_string(text), &error));
        StoreAppend message = {.writer = writer};
        StoreAppending appending = {.mailbox = inbox, .messages = &message, .count = 1};
        assert_ok(store_append(place->store, &appending, &error));
    }
    g_autoptr(StoreUids) both = store_uids_new();
    store_uids_append(both, 1);
    store_uids_append(both, 2);
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    gint64 archive = mailbox_id(place, 1, "Archive");
    assert_ok(
        store_copy(place->store, inbox, both, archive, FALSE, 0, &uidvalidity, from, to, &error));
    for (guint i = 0; i < 2; i++) {
        check_ancestry(place, inbox, 2);
        check_ancestry(place, archive, 2);
        assert_ok(db_write(place->db, forget_ancestry, NULL, &error));
    }
    assert_clean(place);
}

/* The format before it: rows that are there are not touched, and are read like others. */
static void an_older_store_is_brought_up_as_it_lies(void **state) {
    enum { BEFORE = 4 }; /* versions without the column */
    Place *place = *state;
    place_close(place);
    g_autofree char *path = g_build_filename(place->folder, "older.db", NULL);
    DbSchema older = {store_schema.name, store_schema.steps, BEFORE};
    assert_ok((place->db = db_open(path, &older, DB_OPEN_CREATE, &error)) != NULL);
    g_clear_pointer(&place->db, db_close);
    assert_refused((place->db = db_open(path, &store_schema, DB_OPEN_READ_ONLY, &error)) != NULL,
                   CV_ERROR_INPUT);
    assert_ok((place->db = db_open(path, &store_schema, 0, &error)) != NULL);
    DbConn *conn = db_read_begin(place->db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT count(ancestry) FROM message_meta");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    db_read_end(conn);
}

static void a_strict_insert_respects_the_quota_and_a_delivery_may_pass_it_once(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 10, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    Put put = {.place = place, .mailboxes = (gint64[]){inbox, 0}, .strict = TRUE};
    assert_ok(put_run(&put, "12345678", &error));
    assert_refused(put_run(&put, "123", &error), CV_ERROR_QUOTA);
    assert_ok(put_run(&put, "12", &error));
    put.strict = FALSE;
    assert_refused(put_run(&put, "1", &error), CV_ERROR_QUOTA);
    assert_ok(store_account_ensure(place->store, 1, 11, &error));
    assert_ok(put_run(&put, "1234567890", &error));
    assert_true(account_now(place, 1).quota_used == 20);
    assert_clean(place);
}

typedef struct {
    Place *place;
    gint64 mailbox;
    guint32 uids[50];
} Inserter;

static gpointer insert_many(gpointer data) {
    Inserter *inserter = data;
    for (guint i = 0; i < G_N_ELEMENTS(inserter->uids); i++)
        inserter->uids[i] = put_message(inserter->place, inserter->mailbox, "x", 0);
    return NULL;
}

static void uids_rise_without_gaps_under_parallel_deliveries(void **state) {
    Place *place = *state;
    enum { THREADS = 8 };
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    Inserter inserters[THREADS];
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        inserters[i] = (Inserter){place, mailbox_id(place, 1, "INBOX"), {0}};
        threads[i] = g_thread_new("insert", insert_many, &inserters[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    gboolean seen[THREADS * 50 + 1] = {FALSE};
    for (int i = 0; i < THREADS; i++)
        for (guint j = 0; j < 50; j++) {
            assert_in_range(inserters[i].uids[j], 1, THREADS * 50);
            assert_false(seen[inserters[i].uids[j]]);
            seen[inserters[i].uids[j]] = TRUE;
            if (j > 0)
                assert_true(inserters[i].uids[j] > inserters[i].uids[j - 1]);
        }
    g_autofree char *uids = uids_now(place, inserters[0].mailbox);
    assert_string_equal(uids, "1:400");
    assert_clean(place);
}

typedef struct {
    gint calls;
    guint64 modseq;
    StoreEvents events;
} Told;

static void note(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    Told *told = data;
    told->calls++;
    told->modseq = modseq;
    told->events |= events;
}

static void a_whole_account_is_watched_and_nobody_elses(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    assert_ok(store_account_ensure(place->store, 2, 0, &error));
    Told first = {0}, second = {0}, other = {0};
    StoreAccountWatch *one = store_watch_account(place->store, 1, note, &first);
    StoreAccountWatch *two = store_watch_account(place->store, 1, note, &second);
    StoreAccountWatch *three = store_watch_account(place->store, 2, note, &other);
    put_message(place, mailbox_id(place, 1, "INBOX"), "a", 0);
    put_message(place, mailbox_id(place, 1, "Sent"), "a", 0);
    assert_true(first.calls == 2 && second.calls == 2 && other.calls == 0);
    store_unwatch_account(place->store, two);
    put_message(place, mailbox_id(place, 2, "INBOX"), "a", 0);
    assert_true(first.calls == 2 && second.calls == 2 && other.calls == 1);
    assert_ok(store_mailbox_create(place->store, 1, "New", STORE_USE_NONE, NULL, &error));
    assert_true((first.events & STORE_EVENT_LIST) != 0);
    assert_ok(store_mailbox_delete(place->store, 1, "New", &error));
    StoreAccountWatch *four = store_watch_account(place->store, 1, note, &second);
    store_unwatch_account(place->store, one);
    put_message(place, mailbox_id(place, 1, "INBOX"), "b", 0);
    assert_int_equal(second.calls, 3);
    store_unwatch_account(place->store, four);
    store_unwatch_account(place->store, three);
}

static void a_watcher_is_told_after_the_commit_until_it_leaves(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    Told first = {0}, second = {0};
    StoreWatch *one = store_watch(place->store, inbox, note, &first);
    StoreWatch *two = store_watch(place->store, inbox, note, &second);
    put_message(place, inbox, "a", 0);
    put_message(place, mailbox_id(place, 1, "Sent"), "a", 0);
    assert_true(first.calls == 1 && second.calls == 1 && first.events == STORE_EVENT_MAILBOX);
    g_autoptr(StoreMailbox) mailbox = mailbox_now(place, inbox);
    assert_true(first.modseq == mailbox->modseq);
    store_unwatch(place->store, one);
    put_message(place, inbox, "b", 0);
    assert_true(first.calls == 1 && second.calls == 2);
    assert_ok(store_mailbox_create(place->store, 1, "New", STORE_USE_NONE, NULL, &error));
    assert_true((second.events & STORE_EVENT_LIST) != 0);
    store_unwatch(place->store, two);
    assert_false(store_is_watched(place->store, inbox));
}

/* RFC 3501 2.3.2: recent for one session only. */
static void a_message_is_recent_for_one_session_only(void **state) {
    Place *place = *state;
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    put_message(place, inbox, "a", 0);
    put_message(place, inbox, "b", 0);
    assert_int_equal(store_recent(place->store, inbox, FALSE), 1);
    assert_int_equal(store_recent(place->store, inbox, TRUE), 1);
    assert_int_equal(store_recent(place->store, inbox, TRUE), 3);
    put_message(place, inbox, "c", 0);
    assert_int_equal(store_recent(place->store, inbox, TRUE), 3);
    place_close(place);
    place_open(place);
    assert_int_equal(store_recent(place->store, inbox, TRUE), 4);
}

static void collect_intake(gint64 id, const StoreIntake *intake, gpointer data) {
    g_string_append_printf(data, "%" G_GINT64_FORMAT ":%s ", id, intake->outcome);
}

static gboolean add_intakes(DbConn *conn, gpointer data, GError **error) {
    for (int i = 1; i <= 3000; i++) {
        g_autofree char *message_id = g_strdup_printf("id%d@x", i % 1500);
        g_autofree char *recipients = g_strdup_printf("a@x u%d@x", i);
        g_autofree char *outcome = g_strdup_printf("o%d", i);
        StoreIntake intake = {.session = "s",
                              .door = "smtp",
                              .sender = "me@y",
                              .recipients = recipients,
                              .message_id = message_id,
                              .outcome = outcome,
                              .received = clock_now()};
        gint64 id;
        if (!store_intake_add(data, conn, &intake, &id, error) || id != i)
            return FALSE;
    }
    return TRUE;
}

static void find_intake(Place *place, const char *what, const char *expected) {
    g_autoptr(GString) found = g_string_new(NULL);
    DbConn *conn = db_read_begin(place->db, NULL);
    assert_ok(store_intake_find(place->store, conn, what, 2, collect_intake, found, &error));
    db_read_end(conn);
    assert_string_equal(found->str, expected);
}

static void an_intake_is_found_by_number_message_id_and_address(void **state) {
    Place *place = *state;
    assert_ok(db_write(place->db, add_intakes, place->store, &error));
    find_intake(place, "77", "77:o77 ");
    find_intake(place, "<id5@x>", "1505:o1505 5:o5 ");
    find_intake(place, "U17@x", "17:o17 ");
    find_intake(place, "a@x", "3000:o3000 2999:o2999 ");
    find_intake(place, "17@x", "");
    find_intake(place, "4000", "");
    /* What is older than its retention goes, and no number comes again */
    clock_set_offset(STORE_INTAKE_RETENTION + CLOCK_SECOND);
    assert_ok(store_sweep(place->store, 0, &error));
    find_intake(place, "a@x", "3000:o3000 ");
    find_intake(place, "<id5@x>", "");
}

int main(void) {
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        PLACED(an_account_comes_with_its_mailboxes_and_only_once),
        PLACED(a_delivered_message_is_read_back_with_its_prefix),
        PLACED(a_part_of_a_message_may_begin_in_the_prefix),
        PLACED(many_recipients_share_one_envelope),
        PLACED(what_a_message_refers_to_is_known_however_old_it_is),
        PLACED(an_older_store_is_brought_up_as_it_lies),
        PLACED(a_strict_insert_respects_the_quota_and_a_delivery_may_pass_it_once),
        PLACED(uids_rise_without_gaps_under_parallel_deliveries),
        PLACED(a_whole_account_is_watched_and_nobody_elses),
        PLACED(a_watcher_is_told_after_the_commit_until_it_leaves),
        PLACED(a_message_is_recent_for_one_session_only),
        PLACED(an_intake_is_found_by_number_message_id_and_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
