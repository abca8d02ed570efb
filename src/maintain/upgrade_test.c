/* Before an upgrade the databases are copied; the way back brings the former ones, and a stop
 * anywhere on it loses neither. */
#include "maintain/internal.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char *const steps[] = {
    "CREATE TABLE note (text TEXT);", "ALTER TABLE note ADD COLUMN place TEXT;",
    "DELETE FROM note;", /* an upgrade that goes wrong */
};
static const DbSchema mail_old = {"mail", steps, 1}, mail_new = {"mail", steps, 3};
static const DbSchema admin_same = {"admin", steps, 1};
static const MaintainFormat before[] = {{"mail.db", &mail_old}, {"admin.db", &admin_same}};
static const MaintainFormat after[] = {{"mail.db", &mail_new}, {"admin.db", &admin_same}};

static gboolean add_note(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO note(text) VALUES(?)");
    db_bind(stmt, "t", data);
    return db_run(stmt, error);
}

static void note(const char *folder, const MaintainFormat *format, const char *text) {
    g_autofree char *path = g_build_filename(folder, format->name, NULL);
    g_autoptr(GError) error = NULL;
    Db *db = db_open(path, format->schema, DB_OPEN_CREATE, &error);
    if (db == NULL || !db_write(db, add_note, (gpointer)text, &error))
        fail_msg("%s", error->message);
    db_close(db);
}

/* All notes, each with a blank behind it. */
static char *notes(const char *folder, const MaintainFormat *format) {
    g_autofree char *path = g_build_filename(folder, format->name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(path, format->schema, 0, &error);
    if (db == NULL)
        fail_msg("%s", error->message);
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT text FROM note ORDER BY rowid");
    GString *all = g_string_new(NULL);
    while (db_step(stmt, NULL) == DB_ROW)
        g_string_append_printf(all, "%s ", db_column_text(stmt, 0));
    db_reset(stmt);
    return g_string_free(all, FALSE);
}

static void assert_notes(const char *folder, const MaintainFormat *format, const char *expected) {
    g_autofree char *found = notes(folder, format);
    assert_string_equal(found, expected);
}

static int set_up(void **state) {
    char *folder = g_dir_make_tmp("congvu-upgrade-XXXXXX", NULL);
    note(folder, &before[0], "thư");
    note(folder, &before[1], "người");
    *state = folder;
    return 0;
}

static int tear_down(void **state) {
    maintain_remove_tree(*state);
    g_free(*state);
    return 0;
}

static char *only_copy(const char *folder) {
    g_autoptr(GPtrArray) names = maintain_upgrade_copies(folder);
    assert_int_equal(names->len, 1);
    return g_build_filename(folder, MAINTAIN_COPIES, g_ptr_array_index(names, 0), NULL);
}

static void an_upgrade_leaves_a_copy_of_both_databases(void **state) {
    const char *folder = *state;
    assert_true(maintain_keep_before_upgrade(folder, after, 2, 2, NULL));
    note(folder, &after[0], "mới");
    assert_notes(folder, &after[0], "mới ");
    g_autofree char *copy = only_copy(folder);
    assert_non_null(strstr(copy, "-mail1-admin1"));
    assert_notes(copy, &before[0], "thư ");
    assert_notes(copy, &before[1], "người ");
    /* the same format again, a new directory, none wanted: nothing more */
    assert_true(maintain_keep_before_upgrade(folder, after, 2, 2, NULL));
    g_free(only_copy(folder));
    g_autofree char *empty = g_dir_make_tmp("congvu-upgrade-XXXXXX", NULL);
    assert_true(maintain_keep_before_upgrade(empty, after, 2, 2, NULL));
    g_autoptr(GPtrArray) none = maintain_upgrade_copies(empty);
    assert_int_equal(none->len, 0);
    maintain_remove_tree(empty);
}

static void no_copy_is_made_where_none_is_wanted(void **state) {
    assert_true(maintain_keep_before_upgrade(*state, after, 2, 0, NULL));
    g_autoptr(GPtrArray) none = maintain_upgrade_copies(*state);
    assert_int_equal(none->len, 0);
}

static void the_oldest_copies_go(void **state) {
    const char *folder = *state;
    static const char *const older[] = {"20200101T000000Z-mail1-admin1",
                                        "20210101T000000Z-mail1-admin1"};
    for (gsize i = 0; i < G_N_ELEMENTS(older); i++) {
        g_autofree char *path = g_build_filename(folder, MAINTAIN_COPIES, older[i], NULL);
        g_mkdir_with_parents(path, 0700);
    }
    assert_true(maintain_keep_before_upgrade(folder, after, 2, 2, NULL));
    g_autoptr(GPtrArray) names = maintain_upgrade_copies(folder);
    assert_int_equal(names->len, 2);
    assert_string_equal(g_ptr_array_index(names, 0), older[1]);
}

/* The program that ran before goes back: what came after is put aside, not thrown away. */
static void the_way_back_brings_the_former_databases(void **state) {
    const char *folder = *state;
    assert_true(maintain_keep_before_upgrade(folder, after, 2, 2, NULL));
    note(folder, &after[0], "mới");
    note(folder, &after[1], "người mới");
    g_autofree char *copy = only_copy(folder), *name = g_path_get_basename(copy);
    g_autoptr(GError) error = NULL;
    assert_false(maintain_go_back_files(folder, name, after, 2, NULL, NULL, &error));
    assert_int_equal(error->code, CV_ERROR_INPUT); /* this program knows another format */
    g_clear_error(&error);
    assert_false(maintain_go_back_files(folder, "../lạ", before, 2, NULL, NULL, &error));
    assert_int_equal(error->code, CV_ERROR_NOT_FOUND);
    assert_notes(folder, &after[0], "mới ");
    assert_true(maintain_go_back_files(folder, name, before, 2, NULL, NULL, NULL));
    assert_notes(folder, &before[0], "thư ");
    assert_notes(folder, &before[1], "người ");
    g_autoptr(GPtrArray) names = maintain_upgrade_copies(folder);
    assert_int_equal(names->len, 2);
    g_autofree char *replaced =
        g_build_filename(folder, MAINTAIN_COPIES, g_ptr_array_index(names, 1), NULL);
    assert_notes(replaced, &after[0], "mới ");
    assert_notes(replaced, &after[1], "người người mới ");
}

static void rename_in(const char *folder, const char *from, const char *to) {
    g_autofree char *a = g_build_filename(folder, from, NULL);
    g_autofree char *b = g_build_filename(folder, to, NULL);
    assert_int_equal(g_rename(a, b), 0);
}

/* `done` of its renames were made when the machine stopped. */
static void stopped_after(const char *folder, guint done) {
    g_autofree char *going = g_build_filename(folder, "going-back", NULL);
    g_autofree char *replaced = g_build_filename(going, "replaced", NULL);
    g_mkdir_with_parents(replaced, 0700);
    note(going, &before[0], "thư");
    note(going, &before[1], "người");
    static const char *const renames[][2] = {{"mail.db", "going-back/replaced/mail.db"},
                                             {"going-back/mail.db", "mail.db"},
                                             {"admin.db", "going-back/replaced/admin.db"},
                                             {"going-back/admin.db", "admin.db"}};
    for (guint i = 0; i < done; i++)
        rename_in(folder, renames[i][0], renames[i][1]);
}

static void a_stop_on_the_way_back_is_finished_at_the_next_start(void **state) {
    for (guint done = 0; done <= 4; done++) {
        g_autofree char *folder = g_dir_make_tmp("congvu-upgrade-XXXXXX", NULL);
        g_autofree char *copies = g_build_filename(folder, MAINTAIN_COPIES, NULL);
        g_mkdir(copies, 0700);
        note(folder, &after[0], "mới");
        note(folder, &after[1], "người mới");
        stopped_after(folder, done);
        assert_true(maintain_go_back_end(folder, before, 2, NULL));
        assert_notes(folder, &before[0], "thư ");
        assert_notes(folder, &before[1], "người ");
        g_autofree char *replaced = only_copy(folder);
        assert_notes(replaced, &after[0], "mới ");
        assert_notes(replaced, &after[1], "người mới ");
        assert_true(maintain_go_back_end(folder, before, 2, NULL)); /* nothing is left to do */
        maintain_remove_tree(folder);
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_upgrade_leaves_a_copy_of_both_databases, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_copy_is_made_where_none_is_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_copies_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_way_back_brings_the_former_databases, set_up,
                                        tear_down),
        cmocka_unit_test(a_stop_on_the_way_back_is_finished_at_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
