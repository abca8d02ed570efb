/* The writer thread. It takes what waits in the queue, in order, into one transaction: each request
 * in a savepoint of its own, so that a refused one leaves no trace; then one COMMIT, which is one
 * flush, and only then the callbacks: first what became visible (db_after_commit), then each
 * waiter's done. While the flush runs, the next group gathers in the queue.
 *
 * A group ends when the queue is empty or when it has grown enough (requests, bytes, time), so that
 * nobody waits long for others and the log grows in bounded steps. A request that is alone in the
 * queue needs no savepoint: its refusal rolls back the transaction, which is only itself. */
#include "db/internal.h"

#include "base/blocking.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    GROUP_REQUESTS = 256,
    GROUP_BYTES = 4 * 1024 * 1024, /* bound bytes; half of the cache, so that nothing spills */
    GROUP_MICROSECONDS = 10 * 1000,
    IDLE_MICROSECONDS = 2 * 1000 * 1000,
};

METRIC_COUNTER(group_commits, "congvu_db_commits_total", "Group commits");
METRIC_COUNTER(group_requests, "congvu_db_requests_total", "Write requests");
METRIC_HISTOGRAM(commit_time, "congvu_db_commit_seconds", "Time of a group commit with its flush");

/* ---- The queue ---- */

static void push(Db *db, Request *request) {
    request->next = NULL;
    g_mutex_lock(&db->lock);
    if (db->last != NULL)
        db->last->next = request;
    else
        db->first = request;
    gboolean was_empty = db->last == NULL;
    db->last = request;
    if (was_empty)
        g_cond_signal(&db->wake);
    g_mutex_unlock(&db->lock);
}

static Request *unlink_first(Db *db) {
    Request *request = db->first;
    if (request == NULL)
        return NULL;
    db->first = request->next;
    if (db->first == NULL)
        db->last = NULL;
    request->next = NULL;
    return request;
}

/* Waits for a request. NULL: nothing came for a while (*idle) or the end (not *idle). *single: no
 * other was waiting. */
static Request *pop_wait(Db *db, gboolean *single, gboolean *idle) {
    gint64 until = g_get_monotonic_time() + IDLE_MICROSECONDS;
    *idle = FALSE;
    g_mutex_lock(&db->lock);
    while (db->first == NULL && !db->stopping && !*idle) {
        if (db->wal_frames == db->wal_copied)
            g_cond_wait(&db->wake, &db->lock); /* nothing to tidy: sleep until something comes */
        else
            *idle = !g_cond_wait_until(&db->wake, &db->lock, until) && db->first == NULL;
    }
    Request *request = unlink_first(db);
    *single = db->first == NULL;
    g_mutex_unlock(&db->lock);
    return request;
}

/* The next request of this group, or NULL. */
static Request *pop_next(Db *db) {
    g_mutex_lock(&db->lock);
    Request *request = db->first == NULL || db->first->alone ? NULL : unlink_first(db);
    g_mutex_unlock(&db->lock);
    return request;
}

/* ---- One request ---- */

static void drop_published(DbConn *conn, guint from) {
    for (guint i = from; i < conn->publish->len; i++) {
        Publication *p = &g_array_index(conn->publish, Publication, i);
        if (p->free != NULL)
            p->free(p->data);
    }
    g_array_set_size(conn->publish, from);
}

static void publish_all(DbConn *conn) {
    for (guint i = 0; i < conn->publish->len; i++) {
        Publication *p = &g_array_index(conn->publish, Publication, i);
        p->call(p->data);
    }
    drop_published(conn, 0);
}

void db_after_commit(DbConn *conn, DbPublish publish, gpointer data, GDestroyNotify free) {
    g_assert(conn->writing);
    Publication p = {publish, data, free};
    g_array_append_val(conn->publish, p);
}

static void finish(Request *request) {
    gboolean on_heap = request->on_heap;
    GError *error = g_steal_pointer(&request->error);
    if (request->done != NULL)
        request->done(request->done_data, error);
    if (on_heap) /* else the waiter has its memory back already */
        g_free(request);
    g_clear_error(&error);
}

static gboolean run_work(DbConn *conn, Request *request) {
    gboolean kept = request->work(conn, request->data, &request->error);
    db_conn_reset_all(conn);
    if (!kept && request->error == NULL)
        cv_fail(&request->error, CV_ERROR_INTERNAL, "a change was refused without a reason");
    if (kept)
        g_clear_error(&request->error);
    if (conn->failure != 0)
        db_die(conn->db, "writing", conn->failure);
    if (conn->db->broken && kept)
        kept = cv_fail(&request->error, CV_ERROR_STORAGE, "%s is broken", conn->db->path);
    return kept;
}

static int control(DbConn *conn, sqlite3_stmt *statement) {
    int code = db_conn_control(statement);
    if (db_code_is_fatal(code))
        db_die(conn->db, "savepoint", code);
    if (code != SQLITE_OK)
        conn->last_code = code;
    return code;
}

typedef enum { GROUP_GOES_ON, GROUP_LOST } GroupState;

/* Runs the request inside the open transaction. GROUP_LOST: the engine gave up the transaction. */
static GroupState run_in_group(DbConn *conn, Request *request, gboolean single) {
    guint published = conn->publish->len;
    if (!single && control(conn, conn->savepoint) != SQLITE_OK)
        return GROUP_LOST;
    gboolean kept = run_work(conn, request);
    if (sqlite3_get_autocommit(conn->handle) != 0)
        return GROUP_LOST; /* rolled back by the engine: no space, no memory, unreadable page */
    if (!kept)
        drop_published(conn, published);
    if (single)
        return kept || control(conn, conn->rollback) == SQLITE_OK ? GROUP_GOES_ON : GROUP_LOST;
    if (!kept && control(conn, conn->rollback_to) != SQLITE_OK)
        return GROUP_LOST;
    return control(conn, conn->release) == SQLITE_OK ? GROUP_GOES_ON : GROUP_LOST;
}

/* ---- A group ---- */

typedef struct {
    Request *first, *last;
    guint count;
} Group;

static void group_add(Group *group, Request *request) {
    if (group->last != NULL)
        group->last->next = request;
    else
        group->first = request;
    group->last = request;
    group->count++;
}

static void group_finish(Group *group) {
    for (Request *request = group->first; request != NULL;) {
        Request *next = request->next;
        finish(request);
        request = next;
    }
}

/* Nothing of the group is in the file: all are told so, each with its own error where it has one.
 */
static void group_refuse(DbConn *conn, Group *group, int code) {
    if (sqlite3_get_autocommit(conn->handle) == 0 && db_conn_control(conn->rollback) != SQLITE_OK)
        db_die(conn->db, "rolling back", sqlite3_extended_errcode(conn->handle));
    drop_published(conn, 0);
    for (Request *request = group->first; request != NULL; request = request->next)
        if (request->error == NULL)
            db_fail(conn, code, "the group of changes was rolled back", &request->error);
    log_event(LOG_LEVEL_ERROR, "db.group_refused", "file", conn->db->path, "requests",
              log_number(group->count), "message", sqlite3_errstr(code), NULL);
    group_finish(group);
}

static gboolean is_full(int code) {
    return (code & 0xff) == SQLITE_FULL;
}

static void group_commit(Db *db, Group *group) {
    DbConn *conn = db->writer;
    gint64 before = g_get_monotonic_time();
    int code =
        sqlite3_get_autocommit(conn->handle) != 0 ? SQLITE_OK : db_conn_control(conn->commit);
    if (code != SQLITE_OK) {
        /* A write that found no space came before any flush, and the commit mark is not in the log:
         * the engine has rolled back. Everything else is the end of this process. */
        if (!is_full(code))
            db_die(db, "commit", code);
        group_refuse(conn, group, code);
        return;
    }
    metric_observe(&commit_time, g_get_monotonic_time() - before);
    metric_add(&group_commits, 1);
    metric_add(&group_requests, group->count);
    __atomic_add_fetch(&db->commits, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&db->requests, group->count, __ATOMIC_RELAXED);
    publish_all(conn);
    group_finish(group);
}

static void run_group(Db *db, Request *request, gboolean single) {
    DbConn *conn = db->writer;
    Group group = {NULL, NULL, 0};
    conn->bytes = 0;
    int code = db->broken ? SQLITE_IOERR : db_conn_control(conn->begin);
    if (code != SQLITE_OK) {
        if (db_code_is_fatal(code) && !db->broken)
            db_die(db, "begin", code);
        group_add(&group, request);
        group_refuse(conn, &group, code);
        return;
    }
    gint64 until = g_get_monotonic_time() + GROUP_MICROSECONDS;
    while (request != NULL) {
        group_add(&group, request);
        if (run_in_group(conn, request, single) == GROUP_LOST) {
            group_refuse(conn, &group, conn->last_code);
            return;
        }
        gboolean enough = single || group.count >= GROUP_REQUESTS || conn->bytes >= GROUP_BYTES ||
                          g_get_monotonic_time() >= until;
        request = enough ? NULL : pop_next(db);
    }
    group_commit(db, &group);
}

static void run_alone(Db *db, Request *request) {
    run_work(db->writer, request);
    drop_published(db->writer, 0);
    finish(request);
}

/* ---- The thread ---- */

static __thread Db *writer_of; /* the file whose writer this thread is */

static gpointer writer_main(gpointer data) {
    Db *db = data;
    writer_of = db;
    for (;;) {
        gboolean single, idle;
        Request *request = pop_wait(db, &single, &idle);
        if (request == NULL && !idle)
            return NULL;
        if (request != NULL && request->alone)
            run_alone(db, request);
        else if (request != NULL)
            run_group(db, request, single);
        if (!db->broken)
            db_checkpoint_if_due(db, idle);
        else
            db->wal_copied = db->wal_frames; /* nothing to tidy */
    }
}

gboolean db_writer_start(Db *db, GError **error) {
    sqlite3_wal_hook(db->writer->handle, db_checkpoint_count, db);
    db->thread = g_thread_try_new("db-writer", writer_main, db, error);
    return db->thread != NULL;
}

void db_writer_stop(Db *db) {
    if (db->thread == NULL)
        return;
    g_mutex_lock(&db->lock);
    db->stopping = TRUE;
    g_cond_signal(&db->wake);
    g_mutex_unlock(&db->lock);
    g_thread_join(g_steal_pointer(&db->thread));
}

/* ---- Submitting ---- */

void db_submit(Db *db, DbWork work, DbDone done, gpointer data) {
    g_assert(db->writer != NULL);
    Request *request = g_new0(Request, 1);
    request->work = work;
    request->done = done;
    request->data = request->done_data = data;
    request->on_heap = TRUE;
    push(db, request);
}

typedef struct {
    GMutex lock;
    GCond cond;
    gboolean finished;
    GError *error;
} Waiter;

static void wake_waiter(gpointer data, const GError *error) {
    Waiter *waiter = data;
    g_mutex_lock(&waiter->lock);
    waiter->error = error == NULL ? NULL : g_error_copy(error);
    waiter->finished = TRUE;
    g_cond_signal(&waiter->cond);
    g_mutex_unlock(&waiter->lock);
}

static gboolean submit_and_wait(Db *db, DbWork work, gpointer data, gboolean alone,
                                GError **error) {
    if (db->writer == NULL)
        return cv_fail(error, CV_ERROR_INTERNAL, "%s is open for reading only", db->path);
    if (writer_of == db)
        return cv_fail(error, CV_ERROR_INTERNAL, "the writer thread cannot wait for itself");
    Waiter waiter = {.finished = FALSE};
    g_mutex_init(&waiter.lock);
    g_cond_init(&waiter.cond);
    Request request = {
        .work = work, .done = wake_waiter, .data = data, .done_data = &waiter, .alone = alone};
    push(db, &request);
    blocking_begin();
    g_mutex_lock(&waiter.lock);
    while (!waiter.finished)
        g_cond_wait(&waiter.cond, &waiter.lock);
    g_mutex_unlock(&waiter.lock);
    blocking_end();
    g_mutex_clear(&waiter.lock);
    g_cond_clear(&waiter.cond);
    if (waiter.error != NULL) {
        g_propagate_error(error, waiter.error);
        return FALSE;
    }
    return TRUE;
}

gboolean db_write(Db *db, DbWork work, gpointer data, GError **error) {
    return submit_and_wait(db, work, data, FALSE, error);
}

static gboolean change_nothing(DbConn *conn, gpointer data, GError **error) {
    return TRUE;
}

void db_settle(Db *db) {
    if (db->writer != NULL) /* outside of a transaction: nothing is written for it */
        submit_and_wait(db, change_nothing, NULL, TRUE, NULL);
}

gboolean db_writer_alone(Db *db, DbWork work, gpointer data, GError **error) {
    return submit_and_wait(db, work, data, TRUE, error);
}
