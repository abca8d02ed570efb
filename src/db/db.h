/* Db: one database file, its single writer and its readers.
 *
 * All changes go through one writer thread per file. It takes whatever requests wait, runs each in
 * a SAVEPOINT of one transaction, commits once, and only then tells them: one flush serves all that
 * wait, so the cost per request falls as load rises. A request that fails is rolled back to its
 * savepoint and touches no other. After a failed write or flush no waiter is told success and the
 * process ends (log_event, then _exit(70)): it is never tried again in place. Only a write that
 * found no space on the disk, which comes before any flush, refuses its whole group with BUSY and
 * lets the process live. docs/decisions/0003-database-failures.md lists every case.
 *
 * Readers take a connection from a small pool for one short read transaction; they are query_only
 * and never checkpoint. A read transaction must end before its session parks.
 *
 * The writer checkpoints: the write-ahead log stays under DB_WAL_LIMIT bytes, which bounds
 * start-up.
 *
 * The SQL engine is visible nowhere else: other layers hold SQL text and use the calls below. */
#ifndef CV_DB_DB_H
#define CV_DB_DB_H

#include "base/bytes.h"
#include "base/error.h"

#define DB_WAL_LIMIT (G_GINT64_CONSTANT(64) * 1024 * 1024)

typedef struct Db Db;         /* an open database file */
typedef struct DbConn DbConn; /* a connection inside a transaction: the writer's or a reader's */
typedef struct DbStmt DbStmt; /* a prepared statement, owned by its connection */

/* One step of a schema: steps[i] brings version i to i + 1. Each runs in one transaction together
 * with the new version number; an upgrade that stops half way leaves the old state. */
typedef struct {
    const char *name;         /* "mail", "admin": stored in the file and checked */
    const char *const *steps; /* SQL scripts */
    guint count;
} DbSchema;

typedef enum {
    DB_OPEN_CREATE = 1 << 0,    /* make the file when it does not exist */
    DB_OPEN_READ_ONLY = 1 << 1, /* doctor beside a running server: no writer thread */
    DB_OPEN_COPY = 1 << 2,      /* a backup, which nobody writes: nothing is made beside it */
    /* What is in it can be made again: a commit is not flushed by itself (after a power loss the
     * last ones may be missing, the file is whole), and after a failed write or flush the process
     * goes on: everything that is asked of this file's writer from then on is refused (STORAGE). */
    DB_OPEN_REBUILDABLE = 1 << 3,
} DbOpenFlags;

/* Opens (and migrates) the file. Foreign keys that a schema declares are enforced, except while a
 * step of the schema runs. Errors: STORAGE, CORRUPT, INPUT (newer than this program, another
 * database; read-only: older than this program). */
Db *db_open(const char *path, const DbSchema *schema, DbOpenFlags flags, GError **error);
/* The format of a file that nobody has open: 0 where it is not there or empty; above schema->count:
 * of a newer program. What lies in its write-ahead log is in the file afterwards, and the log is
 * gone, if there is room. Errors as db_open; STORAGE also when that failed otherwise. */
gboolean db_version(const char *path, const DbSchema *schema, gint64 *version, GError **error);
/* Waits for the requests that were submitted, checkpoints, closes. */
void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)
gboolean db_is_read_only(const Db *db);
const char *db_path(const Db *db);
const DbSchema *db_schema(const Db *db); /* as given to db_open, which it must outlive */
/* Refuses (STORAGE) a folder or file on a network file system. db_open does so itself. */
gboolean db_check_file_system(const char *path, GError **error);

/* ---- Writing ---- */

/* Runs on the writer thread inside its own savepoint. TRUE keeps its changes, FALSE with *error set
 * rolls them back. Must not block on anything but the database. */
typedef gboolean (*DbWork)(DbConn *conn, gpointer data, GError **error);
/* Runs on the writer thread after the group's commit is on stable storage (error NULL) or after the
 * request was refused (error set; owned by the caller of done, valid during the call). Must be
 * short: store the result, wake a session. */
typedef void (*DbDone)(gpointer data, const GError *error);

/* Submits and returns at once; done may be NULL. Requests of one thread run in their order. */
void db_submit(Db *db, DbWork work, DbDone done, gpointer data);
/* Submits and waits until it is durable or refused. Not from the writer thread, and not while this
 * thread has a read transaction of the same file open: the writer may be waiting for its end. */
gboolean db_write(Db *db, DbWork work, gpointer data, GError **error);
/* Waits until everything that was submitted before is done, the last lines of each done included:
 * then what those calls look at may be freed. Not from the writer thread. */
void db_settle(Db *db);

/* Runs after the group that is being executed has been committed, before the waiters are told, on
 * the writer thread: how a layer publishes what became visible. Called from inside a DbWork. If
 * that request is rolled back the call is dropped. data is passed on; free (may be NULL) runs
 * always. */
typedef void (*DbPublish)(gpointer data);
void db_after_commit(DbConn *conn, DbPublish publish, gpointer data, GDestroyNotify free);

/* ---- Reading ---- */

/* Begins a read transaction on a pooled connection (waits when all are in use). NULL: STORAGE. */
DbConn *db_read_begin(Db *db, GError **error);
void db_read_end(DbConn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbConn, db_read_end) /* never on the writer's connection */

/* ---- Statements ---- */

/* The statement for this SQL, prepared once per connection and kept; sql must be a string literal
 * (it is looked up by address). It is reset and its bindings are cleared. A statement is in use
 * until db_reset, the end of its rows or the end of the transaction: do not nest the same SQL.
 * Broken SQL ends the process (it is ours). */
DbStmt *db_prepare(DbConn *conn, const char *sql);
/* Binds by position from 1. Bytes are not copied: they must live until the statement is done.
 * Bytes with p == NULL and db_bind_text(NULL) bind NULL. */
void db_bind_int(DbStmt *stmt, int index, gint64 value);
void db_bind_text(DbStmt *stmt, int index, const char *text);
void db_bind_bytes(DbStmt *stmt, int index, Bytes bytes);
void db_bind_null(DbStmt *stmt, int index);
/* Several at once: 'i' gint64, 't' const char *, 'b' Bytes, 'n' nothing. db_bind(s, "itb", …).
 * The integers must be passed as gint64. */
void db_bind(DbStmt *stmt, const char *format, ...);

typedef enum { DB_ROW, DB_DONE, DB_FAILED } DbStep;
DbStep db_step(DbStmt *stmt, GError **error);
/* Runs a statement that yields no row to its end and resets it. A broken UNIQUE or CHECK gives
 * CV_ERROR_EXISTS or CV_ERROR_INPUT, so that callers can answer. */
gboolean db_run(DbStmt *stmt, GError **error);
void db_reset(DbStmt *stmt);

gint64 db_column_int(DbStmt *stmt, int column); /* columns count from 0 */
gboolean db_column_is_null(DbStmt *stmt, int column);
/* Valid until the next step or reset. */
const char *db_column_text(DbStmt *stmt, int column);
Bytes db_column_bytes(DbStmt *stmt, int column);

/* Copies the bytes [offset, offset + n) of a value of the row with this rowid, reading only the
 * pages that hold them, without a copy in between. table and column are literals. CORRUPT when
 * there is no such row or the value is shorter. */
gboolean db_read_value(DbConn *conn, const char *table, const char *column, gint64 rowid,
                       guint64 offset, gsize n, void *to, GError **error);

gint64 db_last_insert_id(DbConn *conn);
/* Rows changed by the last statement. */
gint64 db_changes(DbConn *conn);

/* A name → number count of the writer's life for metrics and tests. */
typedef struct {
    guint64 commits, requests, checkpoints;
    gint64 wal_bytes;
} DbStats;
DbStats db_stats(Db *db);

/* ---- Keeping ---- */

/* A consistent copy of the file while it is in use, in slices that let writers in between; the copy
 * is flushed. progress (may be NULL) gets pages done and pages in all. */
gboolean db_backup(Db *db, const char *to_path, void (*progress)(gint64 done, gint64 all, gpointer),
                   gpointer data, GError **error);
/* The engine's own check of the file: NULL when clean, else the findings, one a line (g_free). The
 * log stays bounded meanwhile: where too much is written during the check, it goes on table by
 * table, and if that fails too it is BUSY. NULL with *error set: could not look. */
char *db_integrity_check(Db *db, GError **error);

#endif
