#include "db/db.h"

#include "base/clock.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const steps[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER CHECK (size >= 0),"
    " body BLOB);"
    "CREATE TABLE child (item INTEGER REFERENCES item (id));",
    "ALTER TABLE item ADD COLUMN note TEXT;",
};
static const DbSchema schema = {"test", steps, 2};
static const DbSchema older = {"test", steps, 1};

typedef struct {
    char *folder;
    char *path;
} Place;

static int set_up(void **state) {
    Place *place = g_new0(Place, 1);
    place->folder = g_dir_make_tmp("congvu-db-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "test.db", NULL);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    GDir *dir = g_dir_open(place->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(place->folder);
    g_free(place->folder);
    g_free(place->path);
    g_free(place);
    return 0;
}

static Db *open_db(Place *place) {
    g_autoptr(GError) error = NULL;
    Db *db = db_open(place->path, &schema, DB_OPEN_CREATE, &error);
    if (db == NULL)
        fail_msg("%s", error->message);
    return db;
}

/* Adds the item whose name is data; refuses the name "refused" after having written it. */
static gboolean add_item(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO item (name, size) VALUES (?, 1)");
    db_bind(stmt, "t", (const char *)data);
    if (!db_run(stmt, error))
        return FALSE;
    if (g_str_equal(data, "refused"))
        return cv_fail(error, CV_ERROR_REFUSED, "this one not");
    return TRUE;
}

static gint64 count_items(Db *db) {
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    assert_non_null(conn);
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM item");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    return db_column_int(stmt, 0);
}

/* Holds the writer until it is let go, so that what is submitted meanwhile becomes one group. */
typedef struct {
    GMutex lock;
    GCond cond;
    gboolean open;
    guint told, refused;
    GError *last;
    GString *order;
} Gate;

static gboolean wait_at_gate(DbConn *conn, gpointer data, GError **error) {
    Gate *gate = data;
    g_mutex_lock(&gate->lock);
    while (!gate->open)
        g_cond_wait(&gate->cond, &gate->lock);
    g_mutex_unlock(&gate->lock);
    return TRUE;
}

static void open_gate(Gate *gate) {
    g_mutex_lock(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->cond);
    g_mutex_unlock(&gate->lock);
}

typedef struct {
    Gate *gate;
    const char *name;
} Named;

static void publish_name(gpointer data) {
    Named *named = data;
    g_string_append_printf(named->gate->order, "+%s ", named->name);
}

static gboolean add_named(DbConn *conn, gpointer data, GError **error) {
    Named *named = data;
    db_after_commit(conn, publish_name, named, NULL);
    return add_item(conn, (gpointer)named->name, error);
}

static void tell(gpointer data, const GError *error) {
    Named *named = data;
    Gate *gate = named->gate;
    g_mutex_lock(&gate->lock);
    gate->told++;
    g_string_append_printf(gate->order, "%s%s ", error == NULL ? "" : "!", named->name);
    if (error != NULL) {
        gate->refused++;
        g_clear_error(&gate->last);
        gate->last = g_error_copy(error);
    }
    g_cond_broadcast(&gate->cond);
    g_mutex_unlock(&gate->lock);
}

static void wait_told(Gate *gate, guint count) {
    g_mutex_lock(&gate->lock);
    while (gate->told < count)
        g_cond_wait(&gate->cond, &gate->lock);
    g_mutex_unlock(&gate->lock);
}

static void gate_clear(Gate *gate) {
    g_clear_error(&gate->last);
    g_string_free(gate->order, TRUE);
}

static void what_was_written_is_there_after_reopening(void **state) {
    Db *db = open_db(*state);
    assert_true(db_write(db, add_item, (gpointer) "a", NULL));
    db_close(db);
    db = open_db(*state);
    assert_int_equal(count_items(db), 1);
    db_close(db);
}

static void a_refused_request_of_a_group_touches_no_other(void **state) {
    g_autoptr(Db) db = open_db(*state);
    Gate gate = {.order = g_string_new(NULL)};
    Named names[] = {{&gate, "a"}, {&gate, "refused"}, {&gate, "b"}, {&gate, "a"}, {&gate, "c"}};
    db_submit(db, wait_at_gate, NULL, &gate);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        db_submit(db, add_named, tell, &names[i]);
    guint64 before = db_stats(db).commits;
    open_gate(&gate);
    wait_told(&gate, 5);
    assert_int_equal(gate.refused, 2);
    assert_true(cv_error_is(gate.last, CV_ERROR_EXISTS));
    assert_int_equal(count_items(db), 3);
    /* Published after the commit, before anybody was told; the refused ones never. */
    assert_string_equal(gate.order->str, "+a +b +c a !refused b !a c ");
    assert_in_range(db_stats(db).commits - before, 1, 2);
    gate_clear(&gate);
}

static void a_request_alone_that_is_refused_leaves_nothing(void **state) {
    g_autoptr(Db) db = open_db(*state);
    g_autoptr(GError) error = NULL;
    assert_false(db_write(db, add_item, (gpointer) "refused", &error));
    assert_true(cv_error_is(error, CV_ERROR_REFUSED));
    assert_int_equal(count_items(db), 0);
    assert_true(db_write(db, add_item, (gpointer) "b", NULL));
    assert_int_equal(count_items(db), 1);
}

static gboolean add_bad_size(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO item (name, size) VALUES ('x', -1)");
    return db_run(stmt, error);
}

static gboolean add_orphan(DbConn *conn, gpointer data, GError **error) {
    return db_run(db_prepare(conn, "INSERT INTO child VALUES (99)"), error);
}

static void a_broken_check_or_foreign_key_is_an_input_error(void **state) {
    g_autoptr(Db) db = open_db(*state);
    g_autoptr(GError) error = NULL;
    assert_false(db_write(db, add_bad_size, NULL, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    g_clear_error(&error);
    assert_false(db_write(db, add_orphan, NULL, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
}

static void readers_never_see_what_is_not_committed(void **state) {
    g_autoptr(Db) db = open_db(*state);
    Gate gate = {.order = g_string_new(NULL)};
    Named a = {&gate, "a"};
    Gate hold = {.order = g_string_new(NULL)};
    db_submit(db, wait_at_gate, NULL, &gate);
    db_submit(db, add_named, tell, &a);
    db_submit(db, wait_at_gate, NULL, &hold); /* the group is still open after "a" */
    open_gate(&gate);
    assert_int_equal(count_items(db), 0);
    g_autoptr(DbConn) before = db_read_begin(db, NULL);
    DbStmt *stmt = db_prepare(before, "SELECT count(*) FROM item");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    db_reset(stmt);
    open_gate(&hold);
    wait_told(&gate, 1);
    assert_int_equal(count_items(db), 1);
    /* A reader that began before sees its own state until it ends. */
    stmt = db_prepare(before, "SELECT count(*) FROM item");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_int_equal(db_column_int(stmt, 0), 0);
    gate_clear(&gate);
    gate_clear(&hold);
}

static void a_reader_cannot_write(void **state) {
    g_autoptr(Db) db = open_db(*state);
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    g_autoptr(GError) error = NULL;
    assert_false(db_run(db_prepare(conn, "DELETE FROM item"), &error));
    assert_non_null(error);
}

static gboolean bind_everything(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO item (id, name, size, body, note)"
                                    " VALUES (?, ?, ?, ?, ?)");
    db_bind(stmt, "itnbt", (gint64)7, "tên", BYTES_LITERAL("a\0b"), NULL);
    return db_run(stmt, error);
}

static void values_come_back_as_they_were_bound(void **state) {
    g_autoptr(Db) db = open_db(*state);
    assert_true(db_write(db, bind_everything, NULL, NULL));
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT id, name, size, body, note, x'' FROM item");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_int_equal(db_column_int(stmt, 0), 7);
    assert_string_equal(db_column_text(stmt, 1), "tên");
    assert_true(db_column_is_null(stmt, 2));
    assert_true(bytes_equal(db_column_bytes(stmt, 3), BYTES_LITERAL("a\0b")));
    assert_null(db_column_text(stmt, 4));
    assert_null(db_column_bytes(stmt, 4).p);
    assert_non_null(db_column_bytes(stmt, 5).p);
    assert_int_equal(db_step(stmt, NULL), DB_DONE);
}

static void an_older_file_is_brought_up_and_a_newer_one_refused(void **state) {
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    Db *db = db_open(place->path, &older, DB_OPEN_CREATE, &error);
    assert_non_null(db);
    assert_true(db_write(db, add_item, (gpointer) "a", NULL));
    db_close(db);
    db = open_db(place);
    assert_true(db_write(db, bind_everything, NULL, NULL)); /* uses the column of step 2 */
    assert_int_equal(count_items(db), 2);
    db_close(db);
    assert_null(db_open(place->path, &older, 0, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    g_clear_error(&error);
    DbSchema other = {"other", steps, 2};
    assert_null(db_open(place->path, &other, 0, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
}

static void an_upgrade_that_fails_half_way_leaves_the_old_state(void **state) {
    Place *place = *state;
    static const char *const bad[] = {
        NULL, "ALTER TABLE item ADD COLUMN half TEXT; INSERT INTO item (size) VALUES (-5);"};
    const char *both[] = {steps[0], bad[1]};
    DbSchema broken = {"test", both, 2};
    db_close(db_open(place->path, &older, DB_OPEN_CREATE, NULL));
    g_autoptr(GError) error = NULL;
    assert_null(db_open(place->path, &broken, 0, &error));
    assert_non_null(error);
    Db *db = db_open(place->path, &older, 0, NULL);
    assert_non_null(db);
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM pragma_table_info('item')"
                                    " WHERE name = 'half'");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_int_equal(db_column_int(stmt, 0), 0);
    db_read_end(g_steal_pointer(&conn));
    db_close(db);
}

static void a_file_that_is_missing_or_no_database_is_refused(void **state) {
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    assert_null(db_open(place->path, &schema, 0, &error));
    assert_true(cv_error_is(error, CV_ERROR_STORAGE));
    g_clear_error(&error);
    g_autofree char *junk = g_strnfill(8192, 'x');
    assert_true(g_file_set_contents(place->path, junk, 8192, NULL));
    assert_null(db_open(place->path, &schema, DB_OPEN_CREATE, &error));
    assert_true(cv_error_is(error, CV_ERROR_CORRUPT));
}

static void a_read_only_opening_sees_what_a_running_server_writes(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = open_db(place);
    assert_true(db_write(db, add_item, (gpointer) "a", NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) doctor = db_open(place->path, &schema, DB_OPEN_READ_ONLY, &error);
    assert_non_null(doctor);
    assert_int_equal(count_items(doctor), 1);
    assert_true(db_write(db, add_item, (gpointer) "b", NULL));
    assert_int_equal(count_items(doctor), 2);
    assert_false(db_write(doctor, add_item, (gpointer) "c", &error));
    assert_null(db_integrity_check(doctor, NULL));
}

/* More than the writer's cache holds: pages go to the log before the commit and are read back from
 * there while the change goes on, some of them written twice. */
static gboolean outgrow(DbConn *conn, gpointer data, GError **error) {
    enum { ROWS = 4000, BYTES = 6000 };
    g_autofree guint8 *body = g_malloc0(BYTES);
    for (gint64 turn = 0; turn < 2; turn++)
        for (gint64 id = 1; id <= ROWS; id++) {
            memcpy(body + BYTES - 8, &id, 8);
            memcpy(body, &turn, 8);
            DbStmt *stmt = db_prepare(conn, "INSERT OR REPLACE INTO item (id, size, body)"
                                            " VALUES (?, ?, ?)");
            db_bind(stmt, "iib", id, turn, bytes_of(body, BYTES));
            if (!db_run(stmt, error))
                return FALSE;
            stmt = db_prepare(conn, "SELECT body FROM item WHERE id = ?");
            gint64 other = (id * 7919 + turn) % id + 1;
            db_bind_int(stmt, 1, other);
            assert_int_equal(db_step(stmt, NULL), DB_ROW);
            assert_memory_equal(db_column_bytes(stmt, 0).p + BYTES - 8, &other, 8);
            db_reset(stmt);
        }
    return data == NULL || cv_fail(error, CV_ERROR_REFUSED, "not after all");
}

static void a_change_that_outgrows_the_cache_reads_its_own_writes(void **state) {
    g_autoptr(Db) db = open_db(*state);
    g_autoptr(GError) error = NULL;
    assert_false(db_write(db, outgrow, (gpointer) "refuse", &error));
    assert_int_equal(count_items(db), 0);
    g_clear_error(&error);
    assert_true(db_write(db, outgrow, NULL, &error));
    assert_int_equal(count_items(db), 4000);
    assert_null(db_integrity_check(db, NULL));
}

static void a_kernel_file_system_that_is_not_a_network_is_accepted(void **state) {
    assert_true(db_check_file_system("/proc", NULL));
    g_autoptr(GError) error = NULL;
    assert_false(db_check_file_system("/does/not/exist", &error));
    assert_true(cv_error_is(error, CV_ERROR_STORAGE));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(what_was_written_is_there_after_reopening),
        T(a_refused_request_of_a_group_touches_no_other),
        T(a_request_alone_that_is_refused_leaves_nothing),
        T(a_broken_check_or_foreign_key_is_an_input_error),
        T(readers_never_see_what_is_not_committed),
        T(a_reader_cannot_write),
        T(values_come_back_as_they_were_bound),
        T(an_older_file_is_brought_up_and_a_newer_one_refused),
        T(an_upgrade_that_fails_half_way_leaves_the_old_state),
        T(a_file_that_is_missing_or_no_database_is_refused),
        T(a_read_only_opening_sees_what_a_running_server_writes),
        T(a_change_that_outgrows_the_cache_reads_its_own_writes),
        T(a_kernel_file_system_that_is_not_a_network_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
