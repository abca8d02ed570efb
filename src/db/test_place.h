/* For db/'s tests: a folder of its own for each test, and the table that they write to. */
#ifndef CV_DB_TEST_PLACE_H
#define CV_DB_TEST_PLACE_H

#include "db/db.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each request of the tests writes to both tables and the counter: all or nothing. */
static const char *const place_steps[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB);"
    "CREATE TABLE twin (id INTEGER PRIMARY KEY);"
    "CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0);"};
static const DbSchema place_schema = {"test", place_steps, 1};

typedef struct {
    char *folder;
    char *path;
} Place;

static int place_set_up(void **state) {
    Place *place = g_new0(Place, 1);
    place->folder = g_dir_make_tmp("congvu-db-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "test.db", NULL);
    *state = place;
    return 0;
}

static int place_tear_down(void **state) {
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

static inline Db *place_open(const char *path) {
    g_autoptr(GError) error = NULL;
    Db *db = db_open(path, &place_schema, DB_OPEN_CREATE, &error);
    if (db == NULL)
        fail_msg("%s", error->message);
    return db;
}

typedef struct {
    gint64 id; /* out */
    Bytes body;
} PlaceItem;

/* DbWork. */
static inline gboolean place_add(DbConn *conn, gpointer data, GError **error) {
    PlaceItem *item = data;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO item (body) VALUES (?)");
    db_bind_bytes(stmt, 1, item->body);
    if (!db_run(stmt, error))
        return FALSE;
    item->id = db_last_insert_id(conn);
    stmt = db_prepare(conn, "INSERT INTO twin VALUES (?)");
    db_bind_int(stmt, 1, item->id);
    return db_run(stmt, error) && db_run(db_prepare(conn, "UPDATE counter SET n = n + 1"), error);
}

static inline gint64 place_number(Db *db, const char *sql) {
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    assert_non_null(conn);
    DbStmt *stmt = db_prepare(conn, sql);
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    return db_column_int(stmt, 0);
}

/* The file is whole, and each request is in it entirely or not at all. */
static inline void place_assert_whole(Db *db) {
    g_autoptr(GError) error = NULL;
    g_autofree char *findings = db_integrity_check(db, &error);
    if (findings != NULL || error != NULL)
        fail_msg("%s", findings != NULL ? findings : error->message);
    assert_int_equal(place_number(db, "SELECT (SELECT n FROM counter) - count(*) FROM item"), 0);
    assert_int_equal(place_number(db, "SELECT count(*) FROM item FULL JOIN twin USING (id)"
                                      " WHERE item.id IS NULL OR twin.id IS NULL"),
                     0);
}

/* A ledger is a file of acknowledged ids, 8 bytes each, appended by the process under test before
 * it goes on; what it lists must be in the database. */
static inline void place_assert_ledger(Db *db, const char *ledger) {
    g_autofree char *content = NULL;
    gsize n = 0;
    if (!g_file_get_contents(ledger, &content, &n, NULL))
        return;
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    for (gsize at = 0; at + sizeof(gint64) <= n; at += sizeof(gint64)) {
        gint64 id;
        memcpy(&id, content + at, sizeof id);
        DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM item WHERE id = ?");
        db_bind_int(stmt, 1, id);
        if (db_step(stmt, NULL) != DB_ROW)
            fail_msg("item %" G_GINT64_FORMAT " was acknowledged and is missing", id);
    }
}

#endif
