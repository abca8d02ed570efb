/* A failing file system under the engine: the n-th write, flush or truncation fails, for n = 1, 2,
 * 3 …. Then nothing that was acknowledged is missing, and the file is whole. The engine's table of
 * calls (its VFS) is wrapped, so that everything above is the code that runs in service. */
#include "db/test_place.h"

#include <fcntl.h>
#include <sqlite3.h>

typedef enum { FAULT_NONE, FAULT_WRITE, FAULT_SHORT_WRITE, FAULT_FLUSH, FAULT_FULL } Fault;

static struct {
    Fault kind;
    gint after;     /* atomic: this many calls of the kind go well first */
    gboolean stays; /* all later calls fail too (a full disk), else one fails */
} plan;

/* Counts a call of this sort; TRUE when it is to fail. */
static gboolean is_due(gboolean flush) {
    if (plan.kind == FAULT_NONE || (plan.kind == FAULT_FLUSH) != flush)
        return FALSE;
    gint left = g_atomic_int_add(&plan.after, -1);
    return left == 1 || (left < 1 && plan.stays);
}

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; /* in the memory behind */
} Wrapped;

static sqlite3_file *real(sqlite3_file *file) {
    return ((Wrapped *)file)->real;
}

static int w_close(sqlite3_file *f) {
    return real(f)->pMethods->xClose(real(f));
}
static int w_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return real(f)->pMethods->xRead(real(f), p, n, at);
}
static int w_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    if (is_due(FALSE)) {
        if (plan.kind == FAULT_FULL)
            return SQLITE_FULL;
        if (plan.kind == FAULT_SHORT_WRITE)
            real(f)->pMethods->xWrite(real(f), p, n / 2, at);
        return SQLITE_IOERR_WRITE;
    }
    return real(f)->pMethods->xWrite(real(f), p, n, at);
}
static int w_truncate(sqlite3_file *f, sqlite3_int64 n) {
    return is_due(FALSE) ? SQLITE_IOERR_TRUNCATE : real(f)->pMethods->xTruncate(real(f), n);
}
static int w_sync(sqlite3_file *f, int flags) {
    return is_due(TRUE) ? SQLITE_IOERR_FSYNC : real(f)->pMethods->xSync(real(f), flags);
}
static int w_size(sqlite3_file *f, sqlite3_int64 *n) {
    return real(f)->pMethods->xFileSize(real(f), n);
}
static int w_lock(sqlite3_file *f, int lock) {
    return real(f)->pMethods->xLock(real(f), lock);
}
static int w_unlock(sqlite3_file *f, int lock) {
    return real(f)->pMethods->xUnlock(real(f), lock);
}
static int w_check(sqlite3_file *f, int *out) {
    return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
static int w_control(sqlite3_file *f, int op, void *arg) {
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int w_sector(sqlite3_file *f) {
    return real(f)->pMethods->xSectorSize(real(f));
}
static int w_traits(sqlite3_file *f) {
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
static int w_shm_map(sqlite3_file *f, int region, int n, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), region, n, extend, out);
}
static int w_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void w_shm_barrier(sqlite3_file *f) {
    real(f)->pMethods->xShmBarrier(real(f));
}
static int w_shm_unmap(sqlite3_file *f, int drop) {
    return real(f)->pMethods->xShmUnmap(real(f), drop);
}

static const sqlite3_io_methods wrapped_methods = {
    2,        w_close,   w_read,     w_write,       w_truncate, w_sync,
    w_size,   w_lock,    w_unlock,   w_check,       w_control,  w_sector,
    w_traits, w_shm_map, w_shm_lock, w_shm_barrier, w_shm_unmap};

static sqlite3_vfs *plain_vfs;
static sqlite3_vfs failing_vfs;

static int wrapped_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                        int *out) {
    Wrapped *wrapped = (Wrapped *)file;
    wrapped->real = (sqlite3_file *)(wrapped + 1);
    int code = plain_vfs->xOpen(plain_vfs, name, wrapped->real, flags, out);
    wrapped->base.pMethods = wrapped->real->pMethods == NULL ? NULL : &wrapped_methods;
    return code;
}

static void install(void) {
    plain_vfs = sqlite3_vfs_find(NULL);
    failing_vfs = *plain_vfs;
    failing_vfs.zName = "failing";
    failing_vfs.szOsFile = plain_vfs->szOsFile + (int)sizeof(Wrapped);
    failing_vfs.xOpen = wrapped_open;
    failing_vfs.pNext = NULL;
    sqlite3_vfs_register(&failing_vfs, 1);
}

/* ---- One process that writes until the fault ---- */

enum { WRITERS = 3, EACH = 70, BODY = 25 * 1024, EXIT_DONE = 0, EXIT_FATAL = 70 };

typedef struct {
    Db *db;
    int ledger;
} Load;

static gpointer write_some(gpointer data) {
    Load *load = data;
    g_autofree char *body = g_strnfill(BODY, 'b');
    for (int i = 0; i < EACH; i++) {
        PlaceItem item = {.body = bytes_of(body, BODY)};
        if (db_write(load->db, place_add, &item, NULL) &&
            write(load->ledger, &item.id, sizeof item.id) != sizeof item.id)
            _exit(3);
    }
    return NULL;
}

/* More than a checkpoint's worth, from opening to closing, under the plan. */
G_NORETURN static void child(Place *place, const char *ledger) {
    int quiet = open("/dev/null", O_WRONLY);
    dup2(quiet, STDERR_FILENO); /* db.fatal is expected here, hundreds of times */
    g_autoptr(GError) error = NULL;
    Db *db = db_open(place->path, &place_schema, DB_OPEN_CREATE, &error);
    if (db == NULL) /* the fault hit the opening: an error, no success */
        _exit(EXIT_FATAL);
    Load load = {db, open(ledger, O_WRONLY | O_CREAT | O_APPEND, 0600)};
    GThread *threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("write", write_some, &load);
    for (int i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    db_close(db);
    _exit(g_atomic_int_get(&plan.after) > 0 ? EXIT_DONE : EXIT_FATAL);
}

/* TRUE when the fault was met, FALSE when the work ended before. */
static gboolean run_with(Place *place, Fault kind, gint nth) {
    g_autofree char *ledger = g_strconcat(place->path, ".ledger", NULL);
    pid_t pid = fork();
    if (pid == 0) {
        plan.kind = kind;
        plan.after = nth;
        child(place, ledger);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != EXIT_DONE)
        assert_int_equal(WEXITSTATUS(status), EXIT_FATAL);
    {
        g_autoptr(Db) db = place_open(place->path);
        place_assert_ledger(db, ledger);
        place_assert_whole(db);
    }
    static const char *const suffixes[] = {"", "-wal", "-shm", ".ledger"};
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(place->path, suffixes[i], NULL);
        g_unlink(path);
    }
    return WEXITSTATUS(status) == EXIT_FATAL;
}

/* Each of the first calls, then with growing steps to the end of the work. */
static void sweep(Place *place, Fault kind, gint first) {
    gint nth = 1;
    guint met = 0;
    while (run_with(place, kind, nth)) {
        met++;
        nth += nth < first ? 1 : MAX(nth / 3, 1);
    }
    assert_in_range(met, first, 1000);
}

static void a_failed_write_loses_nothing_that_was_acknowledged(void **state) {
    sweep(*state, FAULT_WRITE, 12);
}

static void a_write_cut_in_the_middle_loses_nothing_that_was_acknowledged(void **state) {
    sweep(*state, FAULT_SHORT_WRITE, 12);
}

static void a_failed_flush_loses_nothing_that_was_acknowledged(void **state) {
    sweep(*state, FAULT_FLUSH, 12);
}

/* ---- A full disk ---- */

static void a_full_disk_refuses_and_the_process_goes_on(void **state) {
    Place *place = *state;
    Db *db = place_open(place->path);
    PlaceItem item = {.body = BYTES_LITERAL("before")};
    assert_true(db_write(db, place_add, &item, NULL));
    for (gint nth = 1; nth < 8; nth++) {
        plan.after = nth;
        plan.stays = TRUE;
        plan.kind = FAULT_FULL;
        guint refused = 0;
        for (int i = 0; i < nth + 3; i++) { /* a change takes one write at least */
            g_autoptr(GError) error = NULL;
            if (!db_write(db, place_add, &item, &error)) {
                refused++;
                assert_true(cv_error_is(error, CV_ERROR_BUSY));
                assert_non_null(strstr(error->message, "no space"));
            }
        }
        plan.kind = FAULT_NONE;
        assert_true(refused >= 3);
        place_assert_whole(db); /* reading goes on */
        assert_true(db_write(db, place_add, &item, NULL));
    }
    gint64 there = place_number(db, "SELECT count(*) FROM item");
    db_close(db);
    db = place_open(place->path);
    assert_int_equal(place_number(db, "SELECT count(*) FROM item"), there);
    place_assert_whole(db);
    db_close(db);
}

static void a_request_too_large_for_the_disk_refuses_only_what_was_with_it(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    /* Larger than the cache: it spills into the log while it runs, and finds no space there. */
    g_autofree char *body = g_strnfill(30 * 1024 * 1024, 'b');
    PlaceItem large = {.body = bytes_of(body, 30 * 1024 * 1024)};
    plan.after = 100;
    plan.stays = TRUE;
    plan.kind = FAULT_FULL;
    g_autoptr(GError) error = NULL;
    gboolean kept = db_write(db, place_add, &large, &error);
    plan.kind = FAULT_NONE;
    assert_false(kept);
    assert_true(cv_error_is(error, CV_ERROR_BUSY));
    assert_int_equal(place_number(db, "SELECT count(*) FROM item"), 0);
    PlaceItem small = {.body = BYTES_LITERAL("after")};
    assert_true(db_write(db, place_add, &small, NULL));
    place_assert_whole(db);
}

static void what_can_be_made_again_is_given_up_and_the_process_goes_on(void **state) {
    Place *place = *state;
    static const Fault kinds[] = {FAULT_WRITE, FAULT_SHORT_WRITE, FAULT_FLUSH};
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
        for (gint nth = 1; nth < 6; nth++) {
            Db *db =
                db_open(place->path, &place_schema, DB_OPEN_CREATE | DB_OPEN_REBUILDABLE, NULL);
            assert_non_null(db);
            g_autofree char *body = g_strnfill(1024 * 1024, 'b');
            PlaceItem item = {.body = bytes_of(body, 1024 * 1024)};
            plan.after = nth;
            plan.stays = FALSE;
            plan.kind = kinds[kind];
            guint kept = 0;
            for (guint i = 0; i < 40; i++)
                kept += db_write(db, place_add, &item, NULL);
            gboolean met = g_atomic_int_get(&plan.after) <= 0;
            plan.kind = FAULT_NONE;
            assert_true(met);
            g_autoptr(GError) error = NULL;
            assert_false(db_write(db, place_add, &item, &error));
            assert_true(cv_error_is(error, CV_ERROR_STORAGE));
            assert_true(kept < 40);
            db_close(db);
            /* And is whole, or it would be seen at the next opening. */
            db = place_open(place->path);
            place_assert_whole(db);
            db_close(db);
            g_unlink(place->path);
        }
}

static void a_copy_that_finds_no_space_is_removed_and_the_file_goes_on(void **state) {
    Place *place = *state;
    g_autoptr(Db) db = place_open(place->path);
    g_autofree char *body = g_strnfill(4 * 1024 * 1024, 'b');
    PlaceItem item = {.body = bytes_of(body, 4 * 1024 * 1024)};
    for (int i = 0; i < 3; i++)
        assert_true(db_write(db, place_add, &item, NULL));
    g_autofree char *copy = g_strconcat(place->path, ".copy", NULL);
    plan.after = 50;
    plan.stays = TRUE;
    plan.kind = FAULT_FULL;
    g_autoptr(GError) error = NULL;
    gboolean copied = db_backup(db, copy, NULL, NULL, &error);
    plan.kind = FAULT_NONE;
    assert_false(copied);
    assert_true(cv_error_is(error, CV_ERROR_BUSY));
    assert_int_equal(access(copy, F_OK), -1);
    assert_true(db_write(db, place_add, &item, NULL));
    place_assert_whole(db);
}

int main(void) {
    install();
#define T(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
    const struct CMUnitTest tests[] = {
        T(a_failed_write_loses_nothing_that_was_acknowledged),
        T(a_write_cut_in_the_middle_loses_nothing_that_was_acknowledged),
        T(a_failed_flush_loses_nothing_that_was_acknowledged),
        T(a_full_disk_refuses_and_the_process_goes_on),
        T(a_request_too_large_for_the_disk_refuses_only_what_was_with_it),
        T(what_can_be_made_again_is_given_up_and_the_process_goes_on),
        T(a_copy_that_finds_no_space_is_removed_and_the_file_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
