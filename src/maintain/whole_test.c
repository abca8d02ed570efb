/* Doctor, backup and restore over a real store and queue. */
#include "maintain/maintain.h"

#include "queue/queue.h"
#include "store/fixture.h"

static const char *const admin_steps[] = {"CREATE TABLE account (id INTEGER PRIMARY KEY);"};
static const DbSchema admin_schema = {"admin", admin_steps, 1};

static Db *open_admin(const char *folder, DbOpenFlags flags) {
    g_autofree char *path = g_build_filename(folder, "admin.db", NULL);
    g_autoptr(GError) error = NULL;
    Db *admin = db_open(path, &admin_schema, flags, &error);
    if (admin == NULL)
        fail_msg("%s", error->message);
    return admin;
}

static MaintainData data_of(Place *place, Db *admin) {
    return (MaintainData){place->folder, admin, place->db, place->blobs, place->store};
}

static gboolean queue_one(DbConn *conn, gpointer data, GError **error) {
    gint64 id;
    QueueEntry entry = {
        .domain = "example.org", .recipients = "a@example.org", .blob = 1, .state = QUEUE_WAITING};
    return blob_reference(conn, 1, 1, error) && queue_insert(conn, &entry, &id, error);
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

static gboolean spoil(DbConn *conn, gpointer sql, GError **error) {
    return db_run(db_prepare(conn, sql), error);
}

static void the_doctor_finds_repairs_and_is_content(void **state) {
    Place *place = *state;
    g_autoptr(Db) admin = open_admin(place->folder, DB_OPEN_CREATE);
    fill(place);
    g_autofree char *clean = doctor(place, admin, MAINTAIN_DOCTOR_HASHES);
    assert_string_equal(clean, "");
    static const char *const damages[] = {
        "UPDATE mailbox SET unseen = 40 WHERE name = 'INBOX'",
        "UPDATE account SET messages = 3",
        "UPDATE blob SET refs = refs + 1 WHERE id = 2",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        assert_ok(db_write(place->db, spoil, (gpointer)damages[i], &error));
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
    assert_non_null(served);
    fill(place);
    g_autofree char *path = g_build_filename(place->folder, "mail.db", NULL);
    g_autofree char *directory = g_build_filename(place->folder, "blob", NULL);
    g_autoptr(Db) mail = db_open(path, &store_schema, DB_OPEN_READ_ONLY, NULL);
    g_autoptr(Db) people = open_admin(place->folder, DB_OPEN_READ_ONLY);
    g_autoptr(BlobStore) blobs = blob_store_open(directory, mail, NULL);
    g_autoptr(Store) store = store_open(mail, blobs, NULL);
    assert_non_null(store);
    MaintainData data = {place->folder, people, mail, blobs, store};
    g_autoptr(GString) told = g_string_new(NULL);
    assert_ok(maintain_doctor(&data, MAINTAIN_DOCTOR_HASHES, note, NULL, told, &error));
    assert_string_equal(told->str, "");
    g_autoptr(GError) error = NULL;
    assert_false(maintain_doctor(&data, MAINTAIN_DOCTOR_REPAIR, note, NULL, told, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    put_message(place, mailbox_id(place, 1, "INBOX"), "the server goes on", 0);
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
        T(a_restore_is_told_from_a_move_by_what_came_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
