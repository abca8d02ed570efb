/* Group commit of src/db alone: N submitters, each in a closed loop of one request with five
 * statements and a row of BYTES, for SECONDS. Prints requests and commits a second, latency and
 * the largest log. With "readers" R threads also read in a loop, with "backup" copies are made all
 * the time.
 *
 *   bench_db_commit FOLDER SUBMITTERS BYTES SECONDS [READERS [backup]] */
#include "base/clock.h"
#include "db/db.h"

#include <glib/gstdio.h>
#include <stdio.h>

static const char *const steps[] = {
    "CREATE TABLE account (id INTEGER PRIMARY KEY, used INTEGER, modseq INTEGER);"
    "CREATE TABLE mailbox (id INTEGER PRIMARY KEY, account INTEGER, uidnext INTEGER);"
    "CREATE TABLE data (id INTEGER PRIMARY KEY, body BLOB);"
    "CREATE TABLE blob (id INTEGER PRIMARY KEY, refs INTEGER, size INTEGER);"
    "CREATE TABLE message (mailbox INTEGER, uid INTEGER, blob INTEGER, flags INTEGER,"
    " PRIMARY KEY (mailbox, uid)) WITHOUT ROWID;"};

enum { ACCOUNTS = 100, SAMPLES = 1 << 20 };

static Db *db;
static gint64 until;
static guint8 *body;
static gsize body_bytes;
static gint samples[SAMPLES];
static gint sample_count;
static gint64 reads;
static gboolean stopping;

static gboolean run(DbConn *conn, const char *sql, gint64 a, gint64 b, GError **error) {
    DbStmt *stmt = db_prepare(conn, sql);
    db_bind_int(stmt, 1, a);
    db_bind_int(stmt, 2, b);
    return db_run(stmt, error);
}

static gboolean deliver(DbConn *conn, gpointer data, GError **error) {
    gint64 account = GPOINTER_TO_INT(data);
    DbStmt *stmt = db_prepare(conn, "INSERT INTO data (body) VALUES (?)");
    db_bind_bytes(stmt, 1, bytes_of(body, body_bytes));
    if (!db_run(stmt, error))
        return FALSE;
    return run(conn, "INSERT INTO blob (refs, size) VALUES (?, ?)", 1, (gint64)body_bytes, error) &&
           run(conn, "UPDATE mailbox SET uidnext = uidnext + ?2 WHERE id = ?1", account, 1,
               error) &&
           run(conn, "INSERT INTO message SELECT id, uidnext, ?2, 0 FROM mailbox WHERE id = ?1",
               account, db_last_insert_id(conn), error) &&
           run(conn, "UPDATE account SET used = used + ?2, modseq = modseq + 1 WHERE id = ?1",
               account, (gint64)body_bytes, error);
}

static gpointer submitter(gpointer data) {
    gint64 account = GPOINTER_TO_INT(data) % ACCOUNTS + 1;
    while (g_get_monotonic_time() < until) {
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        if (!db_write(db, deliver, GINT_TO_POINTER((gint)account), &error))
            g_error("%s", error->message);
        gint at = g_atomic_int_add(&sample_count, 1);
        if (at < SAMPLES)
            samples[at] = (gint)(g_get_monotonic_time() - before);
    }
    return NULL;
}

static gpointer reader(gpointer data) {
    gint64 account = 1;
    while (g_get_monotonic_time() < until) {
        g_autoptr(DbConn) conn = db_read_begin(db, NULL);
        DbStmt *stmt = db_prepare(conn, "SELECT uid, flags FROM message WHERE mailbox = ?"
                                        " ORDER BY uid DESC LIMIT 200");
        db_bind_int(stmt, 1, account++ % ACCOUNTS + 1);
        while (db_step(stmt, NULL) == DB_ROW)
            __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static gpointer copier(gpointer data) {
    const char *folder = data;
    for (int i = 0; g_get_monotonic_time() < until; i++) {
        g_autofree char *path = g_strdup_printf("%s/copy-%d.db", folder, i);
        g_autoptr(GError) error = NULL;
        gint64 before = g_get_monotonic_time();
        if (!db_backup(db, path, NULL, NULL, &error))
            g_error("%s", error->message);
        printf("backup %.2f s\n", (double)(g_get_monotonic_time() - before) / 1e6);
        g_unlink(path);
    }
    return NULL;
}

static gboolean make_rows(DbConn *conn, gpointer data, GError **error) {
    for (gint64 i = 1; i <= ACCOUNTS; i++)
        if (!run(conn, "INSERT OR IGNORE INTO account VALUES (?, ?, 1)", i, 0, error) ||
            !run(conn, "INSERT OR IGNORE INTO mailbox VALUES (?1, ?1, ?2)", i, 1, error))
            return FALSE;
    return TRUE;
}

static gpointer watch_log(gpointer data) {
    gint64 *most = data;
    while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
        *most = MAX(*most, db_stats(db).wal_bytes);
        g_usleep(2000);
    }
    return NULL;
}

static int by_size(const void *a, const void *b) {
    return *(const gint *)a - *(const gint *)b;
}

static void report(double seconds, guint64 commits, gint64 log_most) {
    gint n = MIN(sample_count, SAMPLES);
    qsort(samples, (size_t)n, sizeof samples[0], by_size);
    gint64 middle = n / 2, most = (gint64)n * 99 / 100, nearly_all = (gint64)n * 999 / 1000;
    printf("requests/s %.0f  commits/s %.0f  p50 %.2f ms  p99 %.2f ms  p99.9 %.2f ms  max %.2f ms  "
           "log at most %.1f MB  rows read/s %.0f  checkpoints %" G_GUINT64_FORMAT "\n",
           sample_count / seconds, (double)commits / seconds, samples[middle] / 1e3,
           samples[most] / 1e3, samples[nearly_all] / 1e3, samples[n - 1] / 1e3,
           (double)log_most / 1e6, (double)reads / seconds, db_stats(db).checkpoints);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: %s FOLDER SUBMITTERS BYTES SECONDS [READERS [backup]]\n", argv[0]);
        return 2;
    }
    guint submitters = (guint)g_ascii_strtoull(argv[2], NULL, 10);
    body_bytes = g_ascii_strtoull(argv[3], NULL, 10);
    guint64 seconds = g_ascii_strtoull(argv[4], NULL, 10);
    guint readers = argc > 5 ? (guint)g_ascii_strtoull(argv[5], NULL, 10) : 0;
    body = g_malloc0(body_bytes + 1);
    for (gsize i = 0; i < body_bytes; i++)
        body[i] = (guint8)(i * 131);
    g_autofree char *path = g_build_filename(argv[1], "bench.db", NULL);
    DbSchema schema = {"bench", steps, 1};
    g_autoptr(GError) error = NULL;
    db = db_open(path, &schema, DB_OPEN_CREATE, &error);
    if (db == NULL || !db_write(db, make_rows, NULL, &error))
        g_error("%s", error->message);
    guint64 commits = db_stats(db).commits;
    gint64 before = g_get_monotonic_time();
    until = before + (gint64)seconds * CLOCK_SECOND;
    GPtrArray *threads = g_ptr_array_new();
    gint64 log_most = 0;
    GThread *watcher = g_thread_new("log", watch_log, &log_most);
    for (guint i = 0; i < submitters; i++)
        g_ptr_array_add(threads, g_thread_new("submit", submitter, GINT_TO_POINTER((gint)i)));
    for (guint i = 0; i < readers; i++)
        g_ptr_array_add(threads, g_thread_new("read", reader, NULL));
    if (argc > 6)
        g_ptr_array_add(threads, g_thread_new("copy", copier, argv[1]));
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
    double took = (double)(g_get_monotonic_time() - before) / 1e6;
    __atomic_store_n(&stopping, TRUE, __ATOMIC_RELAXED);
    g_thread_join(watcher);
    report(took, db_stats(db).commits - commits, log_most);
    g_ptr_array_unref(threads);
    db_close(db);
    g_free(body);
    return 0;
}
