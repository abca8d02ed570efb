#include "blob/blob.h"

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

static const char *const steps[] = {blob_schema_v1};
static const DbSchema schema = {"blobs", steps, 1};

typedef struct {
    char *folder, *path, *blobs;
    Db *db;
    BlobStore *store;
} Place;

static void open_all(Place *place) {
    g_autoptr(GError) error = NULL;
    place->db = db_open(place->path, &schema, DB_OPEN_CREATE, &error);
    if (place->db == NULL)
        fail_msg("%s", error->message);
    place->store = blob_store_open(place->blobs, place->db, &error);
    if (place->store == NULL)
        fail_msg("%s", error->message);
}

static void close_all(Place *place) {
    g_clear_pointer(&place->store, blob_store_close);
    g_clear_pointer(&place->db, db_close);
}

static int set_up(void **state) {
    crypto_init();
    Place *place = g_new0(Place, 1);
    place->folder = g_dir_make_tmp("congvu-blob-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "mail.db", NULL);
    place->blobs = g_build_filename(place->folder, "blob", NULL);
    *state = place;
    open_all(place);
    return 0;
}

static void remove_tree(const char *path) {
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static int tear_down(void **state) {
    Place *place = *state;
    clock_set_offset(0);
    close_all(place);
    remove_tree(place->folder);
    g_free(place->folder);
    g_free(place->path);
    g_free(place->blobs);
    g_free(place);
    return 0;
}

/* Files below the store, tmp/ included; with `first` the path of one of them. */
static guint count_files(Place *place, char **first) {
    guint count = 0;
    GDir *dir = g_dir_open(place->blobs, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *folder = g_build_filename(place->blobs, name, NULL);
        GDir *inner = g_dir_open(folder, 0, NULL);
        for (const char *file; (file = g_dir_read_name(inner)) != NULL; count++)
            if (first != NULL && *first == NULL)
                *first = g_build_filename(folder, file, NULL);
        g_dir_close(inner);
    }
    g_dir_close(dir);
    return count;
}

static guint8 *make_bytes(gsize n) {
    guint8 *bytes = g_malloc(n + 1);
    for (gsize i = 0; i < n; i++)
        bytes[i] = (guint8)(i * 31 + i / 253);
    return bytes;
}

static BlobWriter *write_bytes(Place *place, Bytes bytes, gsize piece) {
    BlobWriter *writer = blob_writer_new(place->store);
    for (gsize at = 0; at < bytes.n; at += piece)
        assert_true(blob_writer_append(writer, bytes_slice(bytes, at, piece), NULL));
    return writer;
}

typedef struct {
    BlobWriter *writer;
    Bytes head;
    gint64 references;
    BlobId id;
    gboolean refuse;
} Insert;

static gboolean insert(DbConn *conn, gpointer data, GError **error) {
    Insert *in = data;
    if (!blob_insert(conn, in->writer, in->head, in->references, &in->id, error))
        return FALSE;
    return !in->refuse || cv_fail(error, CV_ERROR_QUOTA, "no");
}

static BlobId keep(Place *place, Bytes bytes) {
    g_autoptr(BlobWriter) writer = write_bytes(place, bytes, 30000);
    g_autoptr(GError) error = NULL;
    Insert in = {.writer = writer, .head = bytes_slice(bytes, 0, 100), .references = 1};
    if (!blob_writer_finish(writer, &error) || !db_write(place->db, insert, &in, &error))
        fail_msg("%s", error->message);
    return in.id;
}

typedef struct {
    BlobId id;
    gint64 change;
} Change;

static gboolean change_references(DbConn *conn, gpointer data, GError **error) {
    Change *change = data;
    return blob_reference(conn, change->id, change->change, error);
}

static gboolean refer(Place *place, BlobId id, gint64 by) {
    Change change = {id, by};
    return db_write(place->db, change_references, &change, NULL);
}

static void assert_reads(Place *place, BlobId id, Bytes expected) {
    g_autoptr(DbConn) conn = db_read_begin(place->db, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobReader) reader = blob_open(place->store, conn, id, &error);
    if (reader == NULL)
        fail_msg("%s", error->message);
    assert_true(bytes_equal(blob_reader_bytes(reader), expected));
    static const struct {
        guint64 offset, length;
    } ranges[] = {{0, 50}, {10, 60}, {90, 500}, {0, G_MAXUINT64}, {70000, 5}, {G_MAXUINT64, 9}};
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_auto(Buffer) out;
        buffer_init(&out, 64 * 1024 * 1024);
        assert_true(blob_read_range(place->store, conn, id, ranges[i].offset, ranges[i].length,
                                    &out, NULL));
        assert_true(bytes_equal(buffer_bytes(&out),
                                bytes_slice(expected, ranges[i].offset, ranges[i].length)));
    }
}

static void blobs_of_every_size_come_back_whole(void **state) {
    Place *place = *state;
    static const gsize sizes[] = {0,
                                  1,
                                  4096,
                                  BLOB_MEMORY_LIMIT,
                                  BLOB_MEMORY_LIMIT + 1,
                                  BLOB_INLINE_LIMIT,
                                  BLOB_INLINE_LIMIT + 1,
                                  3 * 1024 * 1024};
    BlobId ids[G_N_ELEMENTS(sizes)];
    g_autofree guint8 *bytes = make_bytes(3 * 1024 * 1024);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        ids[i] = keep(place, bytes_of(bytes, sizes[i]));
    assert_int_equal(count_files(place, NULL), 2); /* the large ones; nothing stays in tmp/ */
    close_all(place);
    open_all(place);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        assert_reads(place, ids[i], bytes_of(bytes, sizes[i]));
}

/* What a message of the middle size leaves in its file must not be seen in the next, shorter one,
 * and one that outgrows the file takes its beginning along, whatever the pieces. */
static void a_file_used_again_shows_nothing_of_the_message_before(void **state) {
    Place *place = *state;
    static const gsize pieces[] = {1000, BLOB_MEMORY_LIMIT, BLOB_MEMORY_LIMIT + 1, 1000000};
    static const gsize sizes[] = {200000, 70000, BLOB_INLINE_LIMIT, 100000, 500000, 66000};
    g_autofree guint8 *bytes = make_bytes(600000);
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(sizes); j++) {
            Bytes message = bytes_of(bytes + i * 7 + j, sizes[j]);
            g_autoptr(BlobWriter) writer = write_bytes(place, message, pieces[i]);
            Bytes view;
            assert_true(blob_writer_view(writer, &view, NULL));
            assert_true(bytes_equal(view, message));
            assert_true(blob_writer_finish(writer, NULL));
            assert_true(blob_writer_view(writer, &view, NULL));
            assert_true(bytes_equal(view, message));
        }
    assert_int_equal(count_files(place, NULL), 0); /* unused writers leave nothing */
}

static void a_writer_shows_all_bytes_so_far_at_any_time(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(400000);
    g_autoptr(BlobWriter) writer = blob_writer_new(place->store);
    Bytes view;
    for (gsize n = 0; n < 400000; n += 50000) {
        assert_true(blob_writer_view(writer, &view, NULL));
        assert_true(bytes_equal(view, bytes_of(bytes, n)));
        assert_true(blob_writer_append(writer, bytes_of(bytes + n, 50000), NULL));
    }
    assert_int_equal(blob_writer_size(writer), 400000);
    assert_true(blob_writer_finish(writer, NULL));
    assert_true(blob_writer_view(writer, &view, NULL));
    assert_true(bytes_equal(view, bytes_of(bytes, 400000)));
    assert_false(blob_writer_append(writer, bytes_of(bytes, 1), NULL));
}

static void a_writer_that_is_not_used_leaves_no_file(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(500000);
    blob_writer_free(write_bytes(place, bytes_of(bytes, 500000), 10000));
    BlobWriter *finished = write_bytes(place, bytes_of(bytes, 500000), 10000);
    assert_true(blob_writer_finish(finished, NULL));
    assert_int_equal(count_files(place, NULL), 1);
    blob_writer_free(finished);
    assert_int_equal(count_files(place, NULL), 0);
}

static void a_refused_insert_leaves_the_file_to_its_writer(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(500000);
    BlobWriter *writer = write_bytes(place, bytes_of(bytes, 500000), 100000);
    assert_true(blob_writer_finish(writer, NULL));
    Insert in = {.writer = writer, .references = 1, .refuse = TRUE};
    assert_false(db_write(place->db, insert, &in, NULL));
    assert_int_equal(count_files(place, NULL), 1);
    blob_writer_free(writer);
    assert_int_equal(count_files(place, NULL), 0);
}

static void what_a_crash_left_in_tmp_is_removed_at_the_start(void **state) {
    Place *place = *state;
    close_all(place);
    g_autofree char *left = g_build_filename(place->blobs, "tmp", "left", NULL);
    assert_true(g_file_set_contents(left, "x", 1, NULL));
    open_all(place);
    assert_int_equal(count_files(place, NULL), 0);
}

static void references_never_go_below_nothing(void **state) {
    Place *place = *state;
    BlobId id = keep(place, BYTES_LITERAL("hello"));
    assert_true(refer(place, id, 2));
    assert_false(refer(place, id, -4));
    assert_true(refer(place, id, -3));
    assert_false(refer(place, id, -1));
    assert_false(refer(place, id + 1, 1));
    assert_reads(place, id, BYTES_LITERAL("hello"));
}

static void
a_blob_goes_an_hour_after_its_last_reference_and_its_number_never_returns(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(300000);
    BlobId small = keep(place, BYTES_LITERAL("small"));
    BlobId large = keep(place, bytes_of(bytes, 300000));
    BlobId stays = keep(place, bytes_of(bytes, 300001));
    assert_true(refer(place, small, -1));
    assert_true(refer(place, large, -1));
    clock_set_offset(BLOB_KEEP - 60 * CLOCK_SECOND);
    assert_int_equal(blob_sweep(place->store, NULL), 0);
    assert_reads(place, large, bytes_of(bytes, 300000));
    clock_set_offset(BLOB_KEEP + 60 * CLOCK_SECOND);
    blob_sweep_hold(place->store);
    assert_int_equal(blob_sweep(place->store, NULL), 0);
    blob_sweep_release(place->store);

    g_autoptr(DbConn) conn = db_read_begin(place->db, NULL);
    g_autoptr(BlobReader) reader = blob_open(place->store, conn, large, NULL);
    db_read_end(g_steal_pointer(&conn));
    assert_int_equal(blob_sweep(place->store, NULL), 2);
    assert_int_equal(count_files(place, NULL), 1);
    /* A view that has it open still reads it. */
    assert_true(bytes_equal(blob_reader_bytes(reader), bytes_of(bytes, 300000)));
    assert_reads(place, stays, bytes_of(bytes, 300001));

    assert_true(refer(place, stays, -1));
    clock_set_offset(3 * BLOB_KEEP);
    blob_sweep(place->store, NULL);
    assert_true(keep(place, BYTES_LITERAL("new")) > stays);
}

static void a_blob_that_is_referred_to_again_stays(void **state) {
    Place *place = *state;
    BlobId id = keep(place, BYTES_LITERAL("back"));
    keep(place, BYTES_LITERAL("last"));
    assert_true(refer(place, id, -1));
    assert_true(refer(place, id, 1));
    clock_set_offset(2 * BLOB_KEEP);
    assert_int_equal(blob_sweep(place->store, NULL), 0);
    assert_reads(place, id, BYTES_LITERAL("back"));
}

static void a_file_that_no_row_names_goes_at_the_same_age(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(300000);
    BlobId id = keep(place, bytes_of(bytes, 300000));
    g_autofree char *orphan =
        g_build_filename(place->blobs, "ab", "ab00000000000000000000000000cdef", NULL);
    assert_true(g_file_set_contents(orphan, "x", 1, NULL));
    assert_int_equal(blob_sweep(place->store, NULL), 0);
    assert_int_equal(count_files(place, NULL), 2);
    clock_set_offset(BLOB_KEEP + 60 * CLOCK_SECOND);
    assert_int_equal(blob_sweep(place->store, NULL), 1);
    assert_int_equal(count_files(place, NULL), 1);
    assert_reads(place, id, bytes_of(bytes, 300000));
}

static void a_file_whose_row_is_about_to_be_written_stays_though_the_clock_jumps(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(300000);
    {
        g_autoptr(BlobWriter) writer = blob_writer_new(place->store);
        assert_true(blob_writer_append(writer, bytes_of(bytes, 300000), NULL));
        assert_true(blob_writer_finish(writer, NULL));
        clock_set_offset(24 * BLOB_KEEP);
        assert_int_equal(blob_sweep(place->store, NULL), 0);
        assert_int_equal(count_files(place, NULL), 1);
    }
    assert_int_equal(count_files(place, NULL), 0);
}

static void note(const char *text, gpointer data) {
    g_string_append_printf(data, "%s\n", text);
}

static gboolean spoil_row(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE blob_data SET data = 'jello' WHERE id = ?");
    db_bind_int(stmt, 1, *(BlobId *)data);
    return db_run(stmt, error);
}

static void verifying_finds_missing_cut_and_changed_bytes(void **state) {
    Place *place = *state;
    g_autofree guint8 *bytes = make_bytes(300000);
    BlobId row = keep(place, BYTES_LITERAL("hello"));
    BlobId file = keep(place, bytes_of(bytes, 300000));
    g_autoptr(GString) found = g_string_new(NULL);
    assert_true(blob_verify(place->store, TRUE, note, NULL, found, NULL));
    assert_string_equal(found->str, "");

    assert_true(db_write(place->db, spoil_row, &row, NULL));
    assert_true(blob_verify(place->store, FALSE, note, NULL, found, NULL));
    assert_string_equal(found->str, ""); /* only its hash tells */
    assert_true(blob_verify(place->store, TRUE, note, NULL, found, NULL));
    assert_non_null(strstr(found->str, "hash"));

    g_autofree char *path = NULL;
    count_files(place, &path);
    g_string_truncate(found, 0);
    assert_int_equal(truncate(path, 299999), 0);
    assert_true(blob_verify(place->store, FALSE, note, NULL, found, NULL));
    assert_non_null(strstr(found->str, "299999 bytes instead of 300000"));
    g_string_truncate(found, 0);
    g_unlink(path);
    assert_true(blob_verify(place->store, FALSE, note, NULL, found, NULL));
    assert_non_null(strstr(found->str, path));
    g_autoptr(DbConn) conn = db_read_begin(place->db, NULL);
    g_autoptr(GError) error = NULL;
    assert_null(blob_open(place->store, conn, file, &error));
    assert_true(cv_error_is(error, CV_ERROR_CORRUPT));
}

static gpointer keep_many(gpointer data) {
    Place *place = data;
    g_autofree guint8 *bytes = make_bytes(300000);
    for (gsize i = 0; i < 10; i++) {
        BlobId id = keep(place, bytes_of(bytes, 262145 + i * 1000));
        assert_reads(place, id, bytes_of(bytes, 262145 + i * 1000));
    }
    return NULL;
}

static void several_threads_keep_large_blobs_at_once(void **state) {
    Place *place = *state;
    GThread *threads[4];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("keep", keep_many, place);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(count_files(place, NULL), 40);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(blobs_of_every_size_come_back_whole),
        T(a_file_used_again_shows_nothing_of_the_message_before),
        T(a_writer_shows_all_bytes_so_far_at_any_time),
        T(a_writer_that_is_not_used_leaves_no_file),
        T(a_refused_insert_leaves_the_file_to_its_writer),
        T(what_a_crash_left_in_tmp_is_removed_at_the_start),
        T(references_never_go_below_nothing),
        T(a_blob_goes_an_hour_after_its_last_reference_and_its_number_never_returns),
        T(a_blob_that_is_referred_to_again_stays),
        T(a_file_that_no_row_names_goes_at_the_same_age),
        T(a_file_whose_row_is_about_to_be_written_stays_though_the_clock_jumps),
        T(verifying_finds_missing_cut_and_changed_bytes),
        T(several_threads_keep_large_blobs_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
