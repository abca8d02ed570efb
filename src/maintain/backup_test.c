#include "maintain/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The tables that matter here: blobs, and something that counts them. */
static const char *const mail_steps[] = {
    blob_schema_v1,
    "CREATE TABLE message (blob INTEGER PRIMARY KEY, size INTEGER);",
};
static const DbSchema mail_schema = {"mail", mail_steps, 2};
static const char *const admin_steps[] = {"CREATE TABLE account (id INTEGER PRIMARY KEY);"};
static const DbSchema admin_schema = {"admin", admin_steps, 1};

enum { SMALL = 500, LARGE = 300000 };

typedef struct {
    char *root, *folder, *copy, *back;
    Db *mail, *admin;
    BlobStore *blobs;
    MaintainData data;
} Place;

static void open_all(Place *place, const char *folder) {
    g_autofree char *mail = g_build_filename(folder, "mail.db", NULL);
    g_autofree char *admin = g_build_filename(folder, "admin.db", NULL);
    g_autofree char *blobs = g_build_filename(folder, "blob", NULL);
    g_autoptr(GError) error = NULL;
    if ((place->mail = db_open(mail, &mail_schema, DB_OPEN_CREATE, &error)) == NULL ||
        (place->admin = db_open(admin, &admin_schema, DB_OPEN_CREATE, &error)) == NULL ||
        (place->blobs = blob_store_open(blobs, place->mail, &error)) == NULL)
        fail_msg("%s", error->message);
    place->data = (MaintainData){folder, place->admin, place->mail, place->blobs, NULL};
}

static void close_all(Place *place) {
    g_clear_pointer(&place->blobs, blob_store_close);
    g_clear_pointer(&place->mail, db_close);
    g_clear_pointer(&place->admin, db_close);
}

static void put_file(const char *folder, const char *name, const char *text) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *above = g_path_get_dirname(path);
    g_mkdir_with_parents(above, 0700);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int set_up(void **state) {
    crypto_init();
    Place *place = g_new0(Place, 1);
    place->root = g_dir_make_tmp("congvu-maintain-XXXXXX", NULL);
    place->folder = g_build_filename(place->root, "data", NULL);
    place->copy = g_build_filename(place->root, "copy", NULL);
    place->back = g_build_filename(place->root, "back", NULL);
    g_mkdir(place->folder, 0700);
    open_all(place, place->folder);
    put_file(place->folder, "congvu.conf", "domain = \"bacninh.gov.vn\";\n");
    put_file(place->folder, "tls/server key.pem", "secret");
    put_file(place->folder, "lock", "1");
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    close_all(place);
    maintain_remove_tree(place->root);
    g_free(place->root);
    g_free(place->folder);
    g_free(place->copy);
    g_free(place->back);
    g_free(place);
    return 0;
}

typedef struct {
    BlobWriter *writer;
    BlobId id;
} Insert;

static gboolean insert(DbConn *conn, gpointer data, GError **error) {
    Insert *in = data;
    if (!blob_insert(conn, in->writer, BYTES_LITERAL("head"), 1, &in->id, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO message VALUES (?, ?)");
    db_bind(stmt, "ii", (gint64)in->id, (gint64)blob_writer_size(in->writer));
    return db_run(stmt, error);
}

static BlobId keep(Place *place, char fill, gsize n) {
    g_autofree char *bytes = g_strnfill(n, fill);
    g_autoptr(BlobWriter) writer = blob_writer_new(place->blobs);
    Insert in = {.writer = writer};
    assert_true(blob_writer_append(writer, bytes_of(bytes, n), NULL));
    assert_true(blob_writer_finish(writer, NULL));
    assert_true(db_write(place->mail, insert, &in, NULL));
    return in.id;
}

static void note(const char *text, gpointer data) {
    g_string_append_printf(data, "%s\n", text);
}

/* Every message's bytes are there and right. */
static void assert_sound(Place *place, gint64 least) {
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    assert_null(db_integrity_check(place->mail, &error));
    assert_true(blob_verify(place->blobs, TRUE, note, NULL, found, &error));
    assert_string_equal(found->str, "");
    g_autoptr(DbConn) conn = db_read_begin(place->mail, NULL);
    DbStmt *stmt = db_prepare(conn, "SELECT count(*), (SELECT count(*) FROM blob) FROM message");
    assert_int_equal(db_step(stmt, NULL), DB_ROW);
    assert_true(db_column_int(stmt, 0) >= least);
    assert_int_equal(db_column_int(stmt, 0), db_column_int(stmt, 1));
}

static char *contents(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void backup(Place *place, MaintainBackup *result) {
    g_autoptr(GError) error = NULL;
    if (!maintain_backup(&place->data, place->copy, NULL, NULL, result, &error))
        fail_msg("%s", error->message);
}

static gboolean restore(Place *place, GError **error) {
    return maintain_restore_files(place->copy, place->back, NULL, NULL, NULL, NULL, error);
}

static void a_restored_backup_equals_what_was_backed_up(void **state) {
    Place *place = *state;
    for (int i = 0; i < 5; i++) {
        keep(place, (char)('a' + i), SMALL);
        keep(place, (char)('a' + i), LARGE);
    }
    MaintainBackup result;
    backup(place, &result);
    assert_int_equal(result.files, 2 + 5 + 2);
    assert_int_equal(result.linked, 5);
    assert_int_equal(result.missing, 0);
    /* What comes later is not in it. */
    keep(place, 'z', LARGE);
    assert_true(maintain_backup_verify(place->copy, NULL, NULL, NULL));
    close_all(place);
    g_autoptr(GError) error = NULL;
    if (!restore(place, &error))
        fail_msg("%s", error->message);
    open_all(place, place->back);
    assert_sound(place, 10);
    g_autofree char *settings = contents(place->back, "congvu.conf");
    g_autofree char *key = contents(place->back, "tls/server key.pem");
    g_autofree char *lock = contents(place->back, "lock");
    assert_string_equal(settings, "domain = \"bacninh.gov.vn\";\n");
    assert_string_equal(key, "secret");
    assert_null(lock);
}

typedef struct {
    Place *place;
    gint stop;
} Load;

static gpointer keep_coming(gpointer data) {
    Load *load = data;
    for (int i = 0; !g_atomic_int_get(&load->stop); i++)
        keep(load->place, (char)('a' + i % 26), i % 3 == 0 ? LARGE : SMALL);
    return NULL;
}

static void a_backup_made_while_mail_comes_in_is_sound(void **state) {
    Place *place = *state;
    for (int i = 0; i < 20; i++)
        keep(place, 'x', 200000);
    Load load = {.place = place};
    GThread *threads[2];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("load", keep_coming, &load);
    backup(place, NULL);
    g_atomic_int_set(&load.stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    close_all(place);
    assert_true(restore(place, NULL));
    open_all(place, place->back);
    assert_sound(place, 20);
}

static void assert_refused(Place *place, CvErrorKind kind, const char *says) {
    g_autoptr(GError) error = NULL;
    assert_false(restore(place, &error));
    if (!cv_error_is(error, kind) || strstr(error->message, says) == NULL)
        fail_msg("another error: %s", error->message);
    assert_false(g_file_test(place->back, G_FILE_TEST_EXISTS));
    g_autofree char *left = g_strconcat(place->back, ".restoring", NULL);
    assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
}

static void a_backup_with_a_changed_byte_is_refused_whole(void **state) {
    Place *place = *state;
    keep(place, 'a', LARGE);
    backup(place, NULL);
    g_autofree char *path = g_build_filename(place->copy, "admin.db", NULL);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "!", 1, 5000), 1);
    close(fd);
    assert_refused(place, CV_ERROR_CORRUPT, "admin.db");
    assert_false(maintain_backup_verify(place->copy, NULL, NULL, NULL));
}

static void a_backup_with_a_missing_file_is_refused(void **state) {
    Place *place = *state;
    backup(place, NULL);
    g_autofree char *path = g_build_filename(place->copy, "congvu.conf", NULL);
    g_unlink(path);
    assert_refused(place, CV_ERROR_NOT_FOUND, "congvu.conf");
}

static void a_manifest_that_was_cut_changed_or_leads_outside_is_refused(void **state) {
    Place *place = *state;
    backup(place, NULL);
    g_autofree char *path = g_build_filename(place->copy, MAINTAIN_MANIFEST, NULL);
    g_autofree char *good = contents(place->copy, MAINTAIN_MANIFEST);
    gsize n = strlen(good);
    for (gsize cut = 1; cut < n; cut += 7) {
        assert_true(g_file_set_contents(path, good, (gssize)(n - cut), NULL));
        g_autoptr(GError) error = NULL;
        assert_false(restore(place, &error));
    }
    for (gsize at = 0; at < n; at += 5) {
        g_autofree char *bad = g_strdup(good);
        bad[at] ^= 1;
        assert_true(g_file_set_contents(path, bad, (gssize)n, NULL));
        assert_false(restore(place, NULL));
        assert_false(g_file_test(place->back, G_FILE_TEST_EXISTS));
    }
    g_unlink(path);
    assert_refused(place, CV_ERROR_NOT_FOUND, "no complete backup");
    g_autoptr(ManifestWriter) writer = manifest_writer_new(place->copy, NULL);
    static const char *const bad_names[] = {"../x", "/etc/passwd", "a/../../b", "a//b", "a\nb", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(bad_names); i++) {
        ManifestFile file = {.name = (char *)bad_names[i]};
        assert_false(manifest_writer_add(writer, &file, NULL));
    }
}

static void nothing_that_exists_is_written_over(void **state) {
    Place *place = *state;
    g_autoptr(GError) error = NULL;
    put_file(place->copy, "mine", "precious");
    assert_false(maintain_backup(&place->data, place->copy, NULL, NULL, NULL, &error));
    assert_true(cv_error_is(error, CV_ERROR_EXISTS));
    g_clear_error(&error);
    g_autofree char *inside = g_build_filename(place->folder, "copy", NULL);
    assert_false(maintain_backup(&place->data, inside, NULL, NULL, NULL, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    assert_false(g_file_test(inside, G_FILE_TEST_EXISTS));
    g_clear_error(&error);
    maintain_remove_tree(place->copy);
    backup(place, NULL);
    put_file(place->back, "mine", "precious");
    assert_false(restore(place, &error));
    assert_true(cv_error_is(error, CV_ERROR_EXISTS));
    g_autofree char *mine = contents(place->back, "mine");
    assert_string_equal(mine, "precious");
}

static void a_file_that_was_lost_before_does_not_stop_the_backup(void **state) {
    Place *place = *state;
    keep(place, 'a', LARGE);
    g_autofree char *tree = g_build_filename(place->folder, "blob", NULL);
    maintain_remove_tree(tree);
    MaintainBackup result;
    backup(place, &result);
    assert_int_equal(result.missing, 1);
}

static gboolean fail_at_the_end(const char *folder, gpointer data, GError **error) {
    return cv_fail(error, CV_ERROR_STORAGE, "no");
}

static void a_restore_that_fails_at_its_last_step_leaves_nothing(void **state) {
    Place *place = *state;
    backup(place, NULL);
    assert_false(
        maintain_restore_files(place->copy, place->back, fail_at_the_end, NULL, NULL, NULL, NULL));
    assert_false(g_file_test(place->back, G_FILE_TEST_EXISTS));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_restored_backup_equals_what_was_backed_up),
        T(a_backup_made_while_mail_comes_in_is_sound),
        T(a_backup_with_a_changed_byte_is_refused_whole),
        T(a_backup_with_a_missing_file_is_refused),
        T(a_manifest_that_was_cut_changed_or_leads_outside_is_refused),
        T(nothing_that_exists_is_written_over),
        T(a_file_that_was_lost_before_does_not_stop_the_backup),
        T(a_restore_that_fails_at_its_last_step_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
