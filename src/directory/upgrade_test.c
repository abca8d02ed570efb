/* A directory of an older version is brought forward with everything in it. */
#include "directory/fixture.h"

#include "base/clock.h"
#include "directory/activity.h"

#include <glib/gstdio.h>

enum { FIRST_STEPS = 4 }; /* audit, and the directory as it was before requests and activity */

static gboolean write_old(DbConn *conn, gpointer data, GError **error) {
    static const char *const rows[] = {
        "INSERT INTO unit(id, kind, name, abbreviation, address, suffix, category, code, agreement,"
        " valid_from) VALUES(1, 'department', 'Sở', 'so', 'so', 'so', '', '', '', 0)",
        "INSERT INTO account(id, local, name, kind, state, unit, quota, created, state_since,"
        " state_why) VALUES(1, 'so', 'Sở', 0, 1, 1, 0, 0, 0, '')",
        "INSERT INTO address(local, account, live, given) VALUES('so', 1, 1, 0)",
        "INSERT INTO credential(account, hash, changed) VALUES(1, '$argon2id$old', 5)"};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (!db_run(db_prepare(conn, rows[i]), error))
            return FALSE;
    return TRUE;
}

static gboolean count_row(const DirectoryIdleRow *row, gpointer data) {
    *(guint *)data += row->judgement.state == IDLE_CANDIDATE;
    return TRUE;
}

/* Nobody has to change a password for the upgrade, and nobody is idle for what was not recorded. */
static void an_older_directory_keeps_its_passwords_and_begins_its_record_of_activity(void **state) {
    Fixture *f = *state;
    g_autofree char *path = g_build_filename(f->folder, "old.db", NULL);
    DbSchema old = {"admin", directory_schema.steps, FIRST_STEPS};
    Db *db = db_open(path, &old, DB_OPEN_CREATE, NULL);
    assert_non_null(db);
    assert_true(db_write(db, write_old, NULL, NULL));
    db_close(db);
    g_autoptr(GError) error = NULL;
    db = db_open(path, &directory_schema, 0, &error);
    if (db == NULL)
        fail_msg("%s", error->message);
    g_autoptr(Directory) directory = directory_open(db, "bacninh.gov.vn", NULL);
    assert_non_null(directory);
    g_auto(DirectoryCredential) credential = {0};
    assert_true(directory_credential_read(directory, 1, &credential, NULL));
    assert_string_equal(credential.hash, "$argon2id$old");
    assert_false(credential.must_change);
    assert_int_equal(credential.expires, 0);
    assert_int_equal(credential.changed, 5);
    guint candidates = 0;
    CalendarDay today = calendar_day_of(clock_now());
    DirectoryIdleFilter filter = {.today = today + 100};
    assert_true(
        directory_idle_each(directory, f->regulation, &filter, count_row, &candidates, NULL));
    assert_int_equal(candidates, 0);
    filter.today = today + 190;
    assert_true(
        directory_idle_each(directory, f->regulation, &filter, count_row, &candidates, NULL));
    assert_int_equal(candidates, 1);
    g_clear_pointer(&directory, directory_close);
    db_close(db);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *file = g_strconcat(path, ends[i], NULL);
        g_unlink(file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_older_directory_keeps_its_passwords_and_begins_its_record_of_activity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
