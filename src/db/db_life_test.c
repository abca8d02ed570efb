/* What holds over time: kills, overlapping readers, copies while writers go on. */
#include "db/test_place.h"

#include "base/clock.h"
#include "db/internal.h"

#include <fcntl.h>
#include <signal.h>

enum { KILLS = 8, BODY = 3000 };

typedef struct {
    Db *db;
    int ledger;
    gsize body;
    gint stop; /* atomic */
    guint count;
    GMutex lock;
    gint64 longest; /* microseconds that one write took; under lock */
} Load;

static void note_time(Load *load, gint64 took) {
    g_mutex_lock(&load->lock);
    load->longest = MAX(load->longest, took);
    g_mutex_unlock(&load->lock);
}

static gpointer write_until_stopped(gpointer data) {
    Load *load = data;
    g_autofree char *body = g_strnfill(load->body, 'b');
    for (guint i = 0; !g_atomic_int_get(&load->stop) && (load->count == 0 || i < load->count);
         i++) {
        PlaceItem item = {.body = bytes_of(body, load->body)};
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        if (!db_write(load->db, place_add, &item, &error))
            g_error("%s", error->message);
        note_time(load, g_get_monotonic_time() - before);
        if (load->ledger >= 0 && write(load->ledger, &item.id, sizeof item.id) != sizeof item.id)
            _exit(3);
    }
    return NULL;
}

G_NORETURN static void write_until_killed(Place *place, const char *ledger) {
    Load load = {.db = place_open(place->path),
                 .ledger = open(ledger, O_WRONLY | O_CREAT | O_APPEND, 0600),
                 .body = BODY};
    for (int i = 0; i < 4; i++)
        g_thread_new("load", write_until_stopped, &load);
    for (;;)
        pause();
}

static gint64 file_size(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (gint64)st.st_size : 0;
}

static void what_was_acknowledged_survives_kills(void **state) {
    Place *place = *state;
    g_autofree char *ledger = g_strconcat(place->path, ".ledger", NULL);
    for (int i = 0; i < KILLS; i++) {
        gint64 before = file_size(ledger);
        pid_t child = fork();
        if (child == 0)
            write_until_killed(place, ledger);
        /* Kill it somewhere in the middle of work, another place each time. */
        gint64 deadline = g_get_monotonic_time() + 20 * CLOCK_SECOND;
        while (file_size(ledger) < before + 8 * (20 + 97 * i))
            if (g_get_monotonic_time() > deadline)
                fail_msg("nothing was written in time");
            else
                g_usleep(200);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        g_autoptr(Db) db = place_open(place->path);
        place_assert_ledger(db, ledger);
        place_assert_whole(db);
    }
}

static gpointer read_until_stopped(gpointer data) {
    Load *load = data;
    while (!g_atomic_int_get(&load->stop)) {
        g_autoptr(DbConn) conn = db_read_begin(load->db, NULL);
        DbStmt *stmt = db_prepare(conn, "SELECT max(id) FROM item");
        g_assert(db_step(stmt, NULL) == DB_ROW);
        g_usleep(4000); /* several threads: at every moment somebody is reading */
    }
    return NULL;
}

static void the_log_stays_bounded_while_readers_overlap(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    Load load = {.db = db, .ledger = -1, .body = 200 * 1024, .count = 300};
    GThread *readers[5];
    for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
        readers[i] = g_thread_new("read", read_until_stopped, &load);
    GThread *writers[2];
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        writers[i] = g_thread_new("write", write_until_stopped, &load);
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        g_thread_join(writers[i]);
    g_autofree char *log = g_strconcat(place->path, "-wal", NULL);
    gint64 most = file_size(log); /* the file keeps the largest size that it had */
    g_atomic_int_set(&load.stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(readers); i++)
        g_thread_join(readers[i]);
    assert_in_range(most, 1, DB_WAL_LIMIT);
    /* Nobody waited until the writer's patience with a reader ended. */
    assert_in_range(load.longest, 1, 4 * CLOCK_SECOND);
    assert_true(file_size(place->path) > 100 * 1024 * 1024);
}

typedef struct {
    GMutex lock;
    GCond cond;
    GArray *worked, *told; /* int */
    int freed;
} Order;

typedef struct {
    Order *order;
    int number;
} Numbered;

static void count_freed(gpointer data) {
    ((Numbered *)data)->order->freed++;
}

static void publish_nothing(gpointer data) {}

static gboolean work_numbered(DbConn *conn, gpointer data, GError **error) {
    Numbered *n = data;
    g_array_append_val(n->order->worked, n->number);
    db_after_commit(conn, publish_nothing, n, count_freed);
    return n->number % 7 != 0 || cv_fail(error, CV_ERROR_LIMIT, "every seventh");
}

static void tell_numbered(gpointer data, const GError *error) {
    Numbered *n = data;
    g_assert((n->number % 7 == 0) == cv_error_is(error, CV_ERROR_LIMIT));
    g_mutex_lock(&n->order->lock);
    g_array_append_val(n->order->told, n->number);
    g_cond_signal(&n->order->cond);
    g_mutex_unlock(&n->order->lock);
}

static void requests_of_one_thread_run_and_are_told_in_their_order(void **state) {
    enum { COUNT = 2000 };
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    Order order = {.worked = g_array_new(FALSE, FALSE, sizeof(int)),
                   .told = g_array_new(FALSE, FALSE, sizeof(int))};
    g_autofree Numbered *all = g_new(Numbered, COUNT);
    for (int i = 0; i < COUNT; i++) {
        all[i] = (Numbered){&order, i};
        db_submit(db, work_numbered, tell_numbered, &all[i]);
    }
    g_mutex_lock(&order.lock);
    while (order.told->len < COUNT)
        g_cond_wait(&order.cond, &order.lock);
    g_mutex_unlock(&order.lock);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(g_array_index(order.worked, int, i), i);
        assert_int_equal(g_array_index(order.told, int, i), i);
    }
    assert_int_equal(order.freed, COUNT); /* of the refused ones too */
    g_array_unref(order.worked);
    g_array_unref(order.told);
}

typedef struct {
    Db *db;
    gint64 log; /* its size when the writer told of the commit */
} Told;

static gboolean add_one(DbConn *conn, gpointer data, GError **error) {
    PlaceItem item = {0};
    return place_add(conn, &item, error);
}

static void note_log(gpointer data, const GError *error) {
    Told *told = data;
    g_assert_no_error(error);
    told->log = db_stats(told->db).wal_bytes;
}

/* Otherwise who looks at the log twice after a commit sees it grow by something else. */
static void who_is_told_of_a_commit_sees_it_in_the_size_of_the_log(void **state) {
    Place *place = *state;
    Db *db = place_open(place->path);
    gint64 before = db_stats(db).wal_bytes;
    Told first = {db, 0}, second = {db, 0};
    db_submit(db, add_one, note_log, &first);
    assert_true(db_write(db, add_one, NULL, NULL));
    db_submit(db, add_one, note_log, &second);
    db_close(db);
    assert_true(first.log > before && second.log > first.log);
}

static void closing_waits_for_what_was_submitted(void **state) {
    Place *place = *state;
    Db *db = place_open(place->path);
    PlaceItem items[50] = {{0}};
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
        db_submit(db, place_add, NULL, &items[i]);
    db_close(db);
    db = place_open(place->path);
    assert_int_equal(place_number(db, "SELECT count(*) FROM item"), 50);
    db_close(db);
}

static void note_progress(gint64 done, gint64 all, gpointer data) {
    guint *slices = data;
    g_assert(done <= all);
    (*slices)++;
}

static void a_copy_made_while_writers_go_on_is_one_state_of_the_file(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    Load fill = {.db = db, .ledger = -1, .body = 100 * 1024, .count = 200};
    write_until_stopped(&fill);
    gint64 before = place_number(db, "SELECT n FROM counter");
    Load load = {.db = db, .ledger = -1, .body = BODY};
    GThread *writers[3];
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        writers[i] = g_thread_new("write", write_until_stopped, &load);
    g_autofree char *copy = g_strconcat(place->path, ".copy", NULL);
    g_autoptr(GError) error = NULL;
    guint slices = 0;
    for (int i = 0; i < 3; i++) {
        if (!db_backup(db, copy, note_progress, &slices, &error))
            fail_msg("%s", error->message);
        g_autoptr(Db) copied = db_open(copy, &place_schema, DB_OPEN_COPY, &error);
        if (copied == NULL)
            fail_msg("%s", error->message);
        place_assert_whole(copied);
        gint64 count = place_number(copied, "SELECT count(*) FROM item");
        assert_true(count >= before);
        before = count;
        if (i < 2)
            g_unlink(copy);
    }
    g_atomic_int_set(&load.stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++)
        g_thread_join(writers[i]);
    assert_true(slices > 20);
    assert_false(db_backup(db, copy, NULL, NULL, &error));
    assert_true(cv_error_is(error, CV_ERROR_EXISTS));
    assert_true(file_size(copy) > 0); /* the earlier copy was not touched */
    assert_true(place_number(db, "SELECT n FROM counter") > before);
}

static void reading_a_copy_makes_nothing_beside_it(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    PlaceItem item = {.body = BYTES_LITERAL("x")};
    assert_true(db_write(db, place_add, &item, NULL));
    g_autofree char *copy = g_strconcat(place->path, " 100%?#.copy", NULL);
    assert_true(db_backup(db, copy, NULL, NULL, NULL));
    g_autoptr(Db) copied = db_open(copy, &place_schema, DB_OPEN_COPY, NULL);
    assert_int_equal(place_number(copied, "SELECT count(*) FROM item"), 1);
    assert_false(db_write(copied, place_add, &item, NULL));
    g_autofree char *log = g_strconcat(copy, "-wal", NULL);
    g_autofree char *shared = g_strconcat(copy, "-shm", NULL);
    assert_int_equal(access(log, F_OK), -1);
    assert_int_equal(access(shared, F_OK), -1);
}

static void a_damaged_page_is_found(void **state) {
    Place *place = *state;
    Db *db = place_open(place->path);
    Load fill = {.db = db, .ledger = -1, .body = 2000, .count = 300};
    write_until_stopped(&fill);
    assert_null(db_integrity_check(db, NULL));
    db_close(db);
    int fd = open(place->path, O_RDWR);
    char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    for (int page = 20; page < 60; page++)
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    close(fd);
    db = place_open(place->path);
    g_autofree char *findings = db_integrity_check(db, NULL);
    assert_non_null(findings);
    assert_non_null(strstr(findings, "age")); /* names pages */
    db_close(db);
}

static void a_check_that_writers_outrun_gives_way_to_them(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    Load fill = {.db = db, .ledger = -1, .body = 100 * 1024, .count = 300};
    write_until_stopped(&fill);
    Load load = {.db = db, .ledger = -1, .body = 50 * 1024};
    gint usual_long = db_check_long, usual_grown = db_check_grown;
    db_check_long = db_check_grown = 2; /* the next commit is too much */
    GThread *writer = g_thread_new("write", write_until_stopped, &load);
    gboolean gave_way = FALSE;
    gint64 deadline = g_get_monotonic_time() + 20 * CLOCK_SECOND;
    while (!gave_way && g_get_monotonic_time() < deadline) {
        g_autoptr(GError) error = NULL;
        g_autofree char *findings = db_integrity_check(db, &error);
        assert_null(findings); /* what it did not come to is no finding */
        gave_way = cv_error_is(error, CV_ERROR_BUSY);
    }
    g_atomic_int_set(&load.stop, 1);
    g_thread_join(writer);
    db_check_long = usual_long;
    db_check_grown = usual_grown;
    assert_true(gave_way);
    g_autoptr(GError) error = NULL;
    assert_null(db_integrity_check(db, &error));
    assert_null(error);
}

static void a_part_of_a_value_is_read_and_more_than_it_has_is_refused(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    g_autofree char *body = g_malloc(100000);
    for (int i = 0; i < 100000; i++)
        body[i] = (char)(i / 100);
    PlaceItem first = {.body = bytes_of(body, 100000)}, second = {.body = BYTES_LITERAL("short")};
    assert_true(db_write(db, place_add, &first, NULL));
    assert_true(db_write(db, place_add, &second, NULL));
    g_autoptr(DbConn) conn = db_read_begin(db, NULL);
    g_autoptr(GError) error = NULL;
    char out[300];
    assert_true(db_read_value(conn, "item", "body", first.id, 50010, 300, out, NULL));
    assert_memory_equal(out, body + 50010, 300);
    assert_true(db_read_value(conn, "item", "body", second.id, 1, 4, out, NULL));
    assert_memory_equal(out, "hort", 4);
    assert_false(db_read_value(conn, "item", "body", second.id, 1, 5, out, &error));
    assert_true(cv_error_is(error, CV_ERROR_CORRUPT));
    g_clear_error(&error);
    assert_false(db_read_value(conn, "item", "body", 99, 0, 1, out, &error));
    assert_true(cv_error_is(error, CV_ERROR_CORRUPT));
    assert_true(db_read_value(conn, "item", "body", first.id, 99999, 1, out, NULL));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        T(what_was_acknowledged_survives_kills),
        T(the_log_stays_bounded_while_readers_overlap),
        T(requests_of_one_thread_run_and_are_told_in_their_order),
        T(who_is_told_of_a_commit_sees_it_in_the_size_of_the_log),
        T(closing_waits_for_what_was_submitted),
        T(a_copy_made_while_writers_go_on_is_one_state_of_the_file),
        T(reading_a_copy_makes_nothing_beside_it),
        T(a_damaged_page_is_found),
        T(a_check_that_writers_outrun_gives_way_to_them),
        T(a_part_of_a_value_is_read_and_more_than_it_has_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
