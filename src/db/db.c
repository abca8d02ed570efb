/* Opening and closing a database file; see db.h. Opening looks where the file lies (a network file
 * system breaks the promises about flushes and locks), makes it if asked, brings it to this
 * program's version and starts its writer thread. */
#include "db/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* File systems whose flush, lock or shared mapping depends on another machine or on a user's
 * program. The numbers are the kernel's (linux/magic.h and the file systems' own). */
static const struct {
    unsigned magic;
    const char *name;
} refused[] = {
    {0x00006969, "NFS"},  {0x0000517b, "SMB"},  {0xff534d42, "CIFS"},   {0xfe534d42, "SMB2"},
    {0x65735546, "FUSE"}, {0x01021997, "9P"},   {0x73757245, "Coda"},   {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},  {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}, {0x7461636f, "OCFS2"},
    {0x01161970, "GFS2"}, {0x47504653, "GPFS"}, {0x19830326, "BeeGFS"},
};

gboolean db_check_file_system(const char *path, GError **error) {
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot look at the file system of %s", path);
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if ((unsigned)fs.f_type == refused[i].magic)
            return cv_fail(error, CV_ERROR_STORAGE,
                           "%s lies on a network file system (%s), where mail may be lost; put the "
                           "data directory on a local disk",
                           path, refused[i].name);
    return TRUE;
}

gboolean db_flush_folder_of(const char *path, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot open the folder %s", folder);
    gboolean flushed = fsync(fd) == 0 ||
                       cv_fail_errno(error, CV_ERROR_STORAGE, "cannot flush the folder %s", folder);
    close(fd);
    return flushed;
}

/* The file with owner's rights only: it holds everybody's mail. */
static gboolean make_file(const char *path, GError **error) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make %s", path);
    close(fd);
    return db_flush_folder_of(path, error);
}

/* Before the engine's first use, which fixes these: no global count of memory (a lock that all
 * threads would share). */
static void start_engine(void) {
    static gsize once;
    if (g_once_init_enter(&once)) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_initialize();
        db_gather_register();
        g_once_init_leave(&once, 1);
    }
}

static gboolean open_reading(Db *db, const DbSchema *schema, GError **error) {
    DbConn *conn = db_conn_open(db, DB_CONN_READER, error);
    if (conn == NULL)
        return FALSE;
    gboolean fits = db_schema_bring_up(conn, schema, error);
    if (fits) {
        db->idle = conn;
        db->opened = 1;
    } else {
        db_conn_close(conn);
    }
    return fits;
}

static gboolean open_writing(Db *db, const DbSchema *schema, GError **error) {
    if ((db->flags & DB_OPEN_CREATE) != 0 && access(db->path, F_OK) != 0 &&
        !make_file(db->path, error))
        return FALSE;
    db->writer = db_conn_open(db, DB_CONN_WRITER, error);
    if (db->writer == NULL || !db_schema_bring_up(db->writer, schema, error))
        return FALSE;
    int code = db_conn_exec(db->writer, "PRAGMA foreign_keys = ON");
    if (code != SQLITE_OK)
        return db_fail(db->writer, code, "cannot open", error);
    /* The log may be new, and the engine does not look at how the flush of its folder went. */
    return db_flush_folder_of(db->path, error) && db_writer_start(db, error);
}

Db *db_open(const char *path, const DbSchema *schema, DbOpenFlags flags, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    if (!db_check_file_system(folder, error))
        return NULL;
    start_engine();
    Db *db = g_new0(Db, 1);
    db->path = g_strdup(path);
    db->schema = schema;
    db->flags = (flags & DB_OPEN_COPY) != 0 ? flags | DB_OPEN_READ_ONLY : flags;
    g_mutex_init(&db->lock);
    g_cond_init(&db->wake);
    g_mutex_init(&db->pool_lock);
    g_cond_init(&db->pool_wake);
    gboolean opened =
        db_is_read_only(db) ? open_reading(db, schema, error) : open_writing(db, schema, error);
    if (!opened) {
        db_close(db);
        return NULL;
    }
    return db;
}

gboolean db_version(const char *path, const DbSchema *schema, gint64 *version, GError **error) {
    *version = 0;
    if (access(path, F_OK) != 0)
        return TRUE;
    start_engine();
    Db db = {.path = (char *)path, .schema = schema};
    DbConn *conn = db_conn_open(&db, DB_CONN_WRITER, error);
    if (conn == NULL)
        return FALSE;
    gboolean known = db_schema_version(conn, schema, version, error);
    /* The engine would bring its log home when the last one closes, and tell nobody that a write or
     * flush failed. Where there is no room the log stays, and is as good. */
    int code = known ? sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                                 NULL, NULL)
                     : SQLITE_OK;
    if (db_code_is_fatal(code)) {
        known = db_fail(conn, code, "cannot bring the log home", error);
        sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    db_conn_close(conn);
    *version = MAX(*version, 0);
    return known;
}

void db_close(Db *db) {
    if (db == NULL)
        return;
    gboolean ran = db->thread != NULL;
    db_writer_stop(db);
    guint closed = 0;
    for (DbConn *conn = db->idle; conn != NULL; closed++) {
        DbConn *next = conn->next_idle;
        db_conn_close(conn);
        conn = next;
    }
    if (closed != db->opened)
        g_error("%s: closed while %u readers are in use", db->path, db->opened - closed);
    if (ran && !db->broken)
        db_checkpoint_last(db);
    db_conn_close(db->writer);
    g_mutex_clear(&db->lock);
    g_cond_clear(&db->wake);
    g_mutex_clear(&db->pool_lock);
    g_cond_clear(&db->pool_wake);
    g_free(db->path);
    g_free(db);
}

gboolean db_is_read_only(const Db *db) {
    return (db->flags & DB_OPEN_READ_ONLY) != 0;
}

const char *db_path(const Db *db) {
    return db->path;
}

const DbSchema *db_schema(const Db *db) {
    return db->schema;
}

DbStats db_stats(Db *db) {
    return (DbStats){
        .commits = __atomic_load_n(&db->commits, __ATOMIC_RELAXED),
        .requests = __atomic_load_n(&db->requests, __ATOMIC_RELAXED),
        .checkpoints = __atomic_load_n(&db->checkpoints, __ATOMIC_RELAXED),
        .wal_bytes = __atomic_load_n(&db->wal_bytes, __ATOMIC_RELAXED),
    };
}
