/* Doctor, backup and restore over a real store and queue. */
#include "maintain/maintain.h"

#include "queue/queue.h"
#include "store/fixture.h"

#include <sys/stat.h>

static Db *open_admin(const char *folder, DbOpenFlags flags) {
    g_autofree char *path = g_build_filename(folder, "admin.db", NULL);
    g_autoptr(GError) error = NULL;
    Db *admin = db_open(path, &directory_schema, flags, &error);
    if (admin == NULL)
        fail_msg("%s", error->message);
    return admin;
}

static MaintainData data_of(Place *place, Db *admin) {
    return (MaintainData){.directory = place->folder,
                          .admin = admin,
                          .mail = place->db,
                          .blobs = place->blobs,
                          .store = place->store};
}

static gboolean queue_one(DbConn *conn, gpointer data, GError **error) {
    gint64 id;
    QueueEntry entry = {
        .domain = "example.org", .recipients = "a@example.org", .blob = 1, .state = QUEUE_WAITING};
    return blob_reference(conn, 1, 1, error) && queue_insert(conn, &entry, &id, error);
}

static gboolean run_sql(DbConn *conn, gpointer sql, GError **error) {
    return db_run(db_prepare(conn, sql), error);
}

static void change(Db *db, const char *sql) {
    assert_ok(db_write(db, run_sql, (gpointer)sql, &error));
}

/* An account as the directory would have it after the store was told. */
static void enlist(Db *admin, int account) {
    static const char *const rows[] = {
        "",
        "INSERT INTO account(id, local, name, kind, state, unit, person, quota, created, "
        "state_since, state_why) VALUES(1, 'anh', 'Anh', 2, 1, NULL, NULL, 0, 0, 0, '')",
        "INSERT INTO account(id, local, name, kind, state, unit, person, quota, created, "
        "state_since, state_why) VALUES(2, 'binh', 'Bình', 2, 1, NULL, NULL, 700, 0, 0, '')"};
    change(admin, rows[account]);
    change(admin, "INSERT OR IGNORE INTO address(local, account, live, given) SELECT local, id, 1, "
                  "0 FROM account");
}

static void fill(Place *place) {
    g_autofree char *large = g_strnfill(300000, 'l');
    assert_ok(store_account_ensure(place->store, 1, 0, &error));
    gint64 inbox = mailbox_id(place, 1, "INBOX");
    put_message(place, inbox, "small", 0);
    put_message(place, inbox, large, STORE_SEEN);
    assert_ok(db_write(place->db, queue_one, NULL, &error));
}

static void note(const char *text, gpointer data) {
    g_string_append_printf(data, "%s\n", text);
}

/* What the doctor says; g_free. */
static char *doctor(Place *place, Db *admin, MaintainDoctorFlags flags) {
    MaintainData data = data_of(place, admin);
    GString *told = g_string_new(NULL);
    assert_ok(maintain_doctor(&data, flags, note, NULL, told, &error));
    return g_string_free(told, FALSE);
}

static void the_doctor_finds_repairs_and_is_content(void **state) {
    Place *place = *state;
    g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
    enlist(admin, 1);
    fill(place);
    g_autofree char *clean = doctor(place, admin, MAINTAIN_DOCTOR_HASHES);
    assert_string_equal(clean, "");
    static const char *const damages[] = {
        "UPDATE mailbox SET unseen = 40 WHERE name = 'INBOX'",
        "UPDATE account SET messages = 3",
        "UPDATE blob SET refs = refs + 1 WHERE id = 2",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        change(place->db, damages[i]);
        g_autofree char *sick = doctor(place, admin, 0);
        assert_string_not_equal(sick, "");
        g_autofree char *repaired = doctor(place, admin, MAINTAIN_DOCTOR_REPAIR);
        assert_non_null(strstr(repaired, "set right"));
        g_autofree char *after = doctor(place, admin, MAINTAIN_DOCTOR_HASHES);
        assert_string_equal(after, "");
    }
}

static void the_doctor_works_beside_a_running_server_but_repairs_nothing_there(void **state) {
    Place *place = *state;
    g_autoptr(Db) served = open_admin(place->folder, DB_OPEN_CREATE);
    enlist(served, 1);
    fill(place);
    g_autofree char *path = g_build_filename(place->folder, "mail.db", NULL);
    g_autofree char *directory = g_build_filename(place->folder, "blob", NULL);
    g_autoptr(Db) mail = db_open(path, &store_schema, DB_OPEN_READ_ONLY, NULL);
    g_autoptr(Db) people = open_admin(place->folder, DB_OPEN_READ_ONLY);
    g_autoptr(BlobStore) blobs = blob_store_open(directory, mail, NULL);
    g_autoptr(Store) store = store_open(mail, blobs, NULL);
    assert_non_null(store);
    MaintainData data = {
        .directory = place->folder, .admin = people, .mail = mail, .blobs = blobs, .store = store};
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(maintain_doctor(&data, MAINTAIN_DOCTOR_HASHES, note, NULL, told, &error));
    assert_string_equal(told->str, "");
    g_autoptr(GError) error = NULL;
    assert_false(maintain_doctor(&data, MAINTAIN_DOCTOR_REPAIR, note, NULL, told, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    put_message(place, mailbox_id(place, 1, "INBOX"), "the server goes on", 0);
}

/* What serve/ does: here only the accounts. */
static gboolean follow(gpointer data, GError **error) {
    const MaintainData *all = data;
    return store_account_ensure(all->store, 2, 700, error);
}

static void the_doctor_holds_the_store_against_the_directory(void **state) {
    Place *place = *state;
    g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
    fill(place);
    g_autofree char *nobody = doctor(place, admin, 0);
    assert_non_null(strstr(nobody, "mailboxes for account 1, which the directory does not know"));
    enlist(admin, 1);
    enlist(admin, 2);
    g_autofree char *lost = doctor(place, admin, 0);
    assert_string_equal(lost, "account 2 (binh) has no mailboxes in the store\n");
    change(admin, "INSERT INTO pending(account, change) VALUES(2, 9)");
    g_autofree char *waiting = doctor(place, admin, 0);
    assert_string_equal(waiting, "");
    change(admin, "DELETE FROM pending");

    MaintainData data = data_of(place, admin);
    data.follow = follow;
    data.follow_data = &data;
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(maintain_doctor(&data, MAINTAIN_DOCTOR_REPAIR, note, NULL, told, &error));
    assert_string_equal(told->str, "account 2 (binh) has no mailboxes in the store; set right\n");
    change(admin, "DELETE FROM pending"); /* which the real follower does */
    g_autofree char *clean = doctor(place, admin, 0);
    assert_string_equal(clean, "");

    change(place->db, "UPDATE account SET quota_limit = 5 WHERE id = 2");
    g_autofree char *quota = doctor(place, admin, 0);
    assert_string_equal(quota,
                        "account 2 (binh) has a quota of 700 bytes, the store has one of 5\n");
}

typedef struct {
    gint64 done, all;
    guint steps;
} Bar;

static void advance(const char *what, gint64 done, gint64 all, gpointer data) {
    Bar *bar = data;
    assert_true(done >= bar->done && done <= all && (bar->steps == 0 || bar->all == all));
    *bar = (Bar){done, all, bar->steps + 1};
}

static void ignore(const char *text, gpointer data) {}

static void the_doctors_progress_counts_the_bytes_that_it_reads(void **state) {
    Place *place = *state;
    g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
    fill(place);
    MaintainData data = data_of(place, admin);
    Bar bar = {0};
    assert_ok(maintain_doctor(&data, MAINTAIN_DOCTOR_HASHES, ignore, advance, &bar, &error));
    struct stat mail, people;
    assert_int_equal(stat(db_path(place->db), &mail), 0);
    assert_int_equal(stat(db_path(admin), &people), 0);
    gint64 messages = blob_bytes(place->blobs, NULL);
    assert_true(messages > 300000);
    assert_int_equal(bar.all, mail.st_size + people.st_size + messages);
    assert_int_equal(bar.done, bar.all);
    Bar quick = {0};
    assert_ok(maintain_doctor(&data, 0, ignore, advance, &quick, &error));
    assert_int_equal(quick.all, bar.all - messages);
    assert_int_equal(quick.done, quick.all);
}

static void the_doctor_tells_of_a_changed_audit_record_and_leaves_it(void **state) {
    Place *place = *state;
    g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
    change(admin, "INSERT INTO audit(seq, time, who, ground, act, subject, hash)"
                  " VALUES(1, 2, 'root', '', 'account.create', 'anh', x'00')");
    g_autofree char *told = doctor(place, admin, MAINTAIN_DOCTOR_REPAIR);
    assert_string_equal(told, "the audit trail was tampered with: record 1 does not fit the "
                              "records before it\n");
}

static gboolean take_state(const QueueEntry *entry, gpointer data) {
    *(QueueState *)data = entry->state;
    return TRUE;
}

typedef struct {
    guint32 uidvalidity;
    QueueState queue;
    char *uids;
} Seen;

/* Opens what was restored, looks, and closes it. */
static Seen look(const char *folder) {
    Place place = {.folder = (char *)folder};
    place_open(&place);
    g_autoptr(Db) admin = open_admin(folder, 0);
    g_autofree char *told = doctor(&place, admin, MAINTAIN_DOCTOR_HASHES);
    assert_string_equal(told, "");
    gint64 inbox = mailbox_id(&place, 1, "INBOX");
    g_autoptr(StoreMailbox) mailbox = mailbox_now(&place, inbox);
    Seen seen = {.uidvalidity = mailbox->uidvalidity, .uids = uids_now(&place, inbox)};
    DbConn *conn = db_read_begin(place.db, NULL);
    assert_ok(queue_each(conn, take_state, &seen.queue, &error));
    db_read_end(conn);
    place_close(&place);
    return seen;
}

static void a_restore_is_told_from_a_move_by_what_came_after(void **state) {
    Place *place = *state;
    fill(place);
    g_autoptr(StoreMailbox) before = mailbox_now(place, mailbox_id(place, 1, "INBOX"));
    g_autofree char *copy = g_strconcat(place->folder, ".copy", NULL);
    g_autofree char *moved = g_strconcat(place->folder, ".moved", NULL);
    g_autofree char *old = g_strconcat(place->folder, ".old", NULL);
    {
        g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
        enlist(admin, 1);
        MaintainData data = data_of(place, admin);
        MaintainBackup result;
        assert_ok(maintain_backup(&data, copy, NULL, NULL, &result, &error));
        assert_int_equal(result.linked, 1);
    }
    assert_ok(
        maintain_restore(copy, moved, MAINTAIN_RESTORE_NOTHING_CAME_AFTER, NULL, NULL, &error));
    Seen seen = look(moved);
    assert_int_equal(seen.uidvalidity, before->uidvalidity);
    assert_int_equal(seen.queue, QUEUE_WAITING);
    assert_string_equal(seen.uids, "1:2");
    g_free(seen.uids);

    assert_ok(maintain_restore(copy, old, 0, NULL, NULL, &error));
    seen = look(old);
    assert_true(seen.uidvalidity > before->uidvalidity);
    assert_int_equal(seen.queue, QUEUE_HELD);
    assert_string_equal(seen.uids, "1:2");
    g_free(seen.uids);
    remove_tree(copy);
    remove_tree(moved);
    remove_tree(old);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        T(the_doctor_finds_repairs_and_is_content),
        T(the_doctor_works_beside_a_running_server_but_repairs_nothing_there),
        T(the_doctor_holds_the_store_against_the_directory),
        T(the_doctors_progress_counts_the_bytes_that_it_reads),
        T(the_doctor_tells_of_a_changed_audit_record_and_leaves_it),
        T(a_restore_is_told_from_a_move_by_what_came_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
