/* Inside of db/: what its files share. Not for other folders; here the SQL engine is visible. */
#ifndef CV_DB_INTERNAL_H
#define CV_DB_INTERNAL_H

#include "db/db.h"

#include <sqlite3.h>

enum {
    DB_PAGE = 4096,
    DB_WRITER_CACHE_KIB = 8 * 1024,
    DB_READER_CACHE_KIB = 1024,
    DB_READERS = 12, /* connections for reading at most, opened as needed */
    DB_BUSY_MICROSECONDS = 5 * 1000 * 1000,
};

/* The file system as the writer's connections see it, see gather.c. Once, before the first. */
#define DB_GATHER "congvu-gather"
void db_gather_register(void);

struct DbStmt {
    DbConn *conn;
    sqlite3_stmt *handle;
    gboolean active; /* has given a row and is not reset: stands in conn->active */
    DbStmt *previous, *next;
};

/* A connection is used by one thread at a time (SQLITE_OPEN_NOMUTEX): the writer's by the writer
 * thread, a reader's by whoever holds it between db_read_begin and db_read_end. */
struct DbConn {
    Db *db;
    sqlite3 *handle;
    gboolean writing;
    GHashTable *statements; /* address of the literal → DbStmt */
    DbStmt *active;         /* doubly linked */
    sqlite3_blob *value;    /* open for db_read_value until the transaction ends */
    const char *value_table, *value_column;
    sqlite3_stmt *begin, *commit, *rollback, *savepoint, *release, *rollback_to;
    int patience;      /* microseconds to wait for a lock */
    int failure;       /* writer: first code of this request that makes the file suspect, else 0 */
    int last_code;     /* of the last failure; for those who lose their group by another's */
    gint64 bytes;      /* writer: bytes bound since the group began */
    GArray *publish;   /* writer: Publication */
    DbConn *next_idle; /* readers */
};

typedef struct {
    DbPublish call;
    gpointer data;
    GDestroyNotify free;
} Publication;

typedef struct Request Request;
struct Request {
    Request *next;
    DbWork work;
    DbDone done;
    gpointer data;
    gpointer done_data;
    gboolean alone;   /* runs outside of any transaction, between two groups */
    gboolean on_heap; /* freed by the writer after done; otherwise done was the last touch */
    GError *error;
};

struct Db {
    char *path;
    const DbSchema *schema;
    DbOpenFlags flags;

    /* Writer. `lock` guards the queue and stopping. */
    GMutex lock;
    GCond wake;
    Request *first, *last;
    gboolean stopping;
    gboolean
        broken; /* writer thread: a rebuildable file that failed; nothing is written any more */
    GThread *thread;
    DbConn *writer;
    int wal_frames;      /* writer thread: frames in the log after the last commit */
    int wal_copied;      /* writer thread: of them, copied into the file already */
    int checkpoint_at;   /* writer thread: frames from which a checkpoint is due */
    gint64 last_warning; /* writer thread: monotonic, of the last complaint about the log */

    /* Readers. `pool_lock` guards idle and opened; never held together with `lock`. */
    GMutex pool_lock;
    GCond pool_wake;
    DbConn *idle; /* last returned first, so that the warm cache is used again */
    guint opened;

    guint64 commits, requests, checkpoints; /* atomic */
    gint64 wal_bytes;                       /* atomic */
};

/* connection.c */
typedef enum { DB_CONN_WRITER, DB_CONN_READER } DbConnKind;
DbConn *db_conn_open(Db *db, DbConnKind kind, GError **error);
void db_conn_close(DbConn *conn);
/* Steps one of the transaction statements; a result code. */
int db_conn_control(sqlite3_stmt *statement);
/* Runs a script; a result code. */
int db_conn_exec(DbConn *conn, const char *sql);
void db_conn_reset_all(DbConn *conn);

/* statement.c */
void db_conn_close_value(DbConn *conn);

/* db.c */
gboolean db_flush_folder_of(const char *path, GError **error);

/* error.c */
/* Sets *error from the connection's last failure; FALSE. */
gboolean db_fail(DbConn *conn, int code, const char *during, GError **error);
/* A write or flush failed in a way after which the file may not be trusted from this process. */
gboolean db_code_is_fatal(int code);
/* Ends the process; returns for a rebuildable file only, which is broken then. */
void db_die(Db *db, const char *during, int code);

/* check.c: frames of the log at which a check gives way to writers; only tests change them */
extern gint db_check_long, db_check_grown;

/* schema.c */
/* -1: the file is empty. */
gboolean db_schema_version(DbConn *conn, const DbSchema *schema, gint64 *version, GError **error);
gboolean db_schema_bring_up(DbConn *conn, const DbSchema *schema, GError **error);

/* writer.c */
gboolean db_writer_start(Db *db, GError **error);
void db_writer_stop(Db *db);
/* Submits `work` to run on the writer thread outside of a transaction and waits. */
gboolean db_writer_alone(Db *db, DbWork work, gpointer data, GError **error);
/* checkpoint.c */
/* sqlite3_wal_hook: at a commit, before anybody is told of it. */
int db_checkpoint_count(void *db, sqlite3 *handle, const char *name, int frames);
/* After each group, and when the writer has been idle. */
void db_checkpoint_if_due(Db *db, gboolean idle);
void db_checkpoint_last(Db *db);

#endif
