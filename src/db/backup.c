/* A copy of the file while it is in use. The pages are copied by the writer's own connection, a
 * slice between two groups: the engine then carries every change to a page that was copied already
 * over to the copy itself, so the copy is one state of the file, never begins again, and no read
 * transaction holds the log. The copy is not flushed page by page but once at its end. */
#include "db/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SLICE_FIRST = 64, SLICE_LEAST = 16, SLICE_MOST = 2048, SLICE_MICROSECONDS = 3000 };

typedef struct {
    sqlite3 *to;
    sqlite3_backup *backup;
    int pages; /* of the next slice */
    int code;
    gint64 done, all;
} Copy;

static gboolean copy_slice(DbConn *conn, gpointer data, GError **error) {
    Copy *copy = data;
    if (copy->backup == NULL)
        copy->backup = sqlite3_backup_init(copy->to, "main", conn->handle, "main");
    if (copy->backup == NULL) {
        copy->code = sqlite3_extended_errcode(copy->to);
        return TRUE;
    }
    gint64 before = g_get_monotonic_time();
    copy->code = sqlite3_backup_step(copy->backup, copy->pages);
    gint64 took = MAX(g_get_monotonic_time() - before, 1);
    copy->pages = (int)CLAMP((gint64)copy->pages * SLICE_MICROSECONDS / took, SLICE_LEAST,
                             MIN((gint64)copy->pages * 2, SLICE_MOST));
    copy->all = sqlite3_backup_pagecount(copy->backup);
    copy->done = copy->all - sqlite3_backup_remaining(copy->backup);
    return TRUE;
}

static gboolean copy_end(DbConn *conn, gpointer data, GError **error) {
    Copy *copy = data;
    int code = sqlite3_backup_finish(copy->backup);
    if (copy->code == SQLITE_OK || copy->code == SQLITE_DONE)
        copy->code = code;
    return TRUE;
}

static gboolean flush_file(const char *path, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot open the copy %s", path);
    gboolean flushed =
        fsync(fd) == 0 || cv_fail_errno(error, CV_ERROR_STORAGE, "cannot flush the copy %s", path);
    close(fd);
    return flushed && db_flush_folder_of(path, error);
}

static gboolean copy_all(Db *db, Copy *copy,
                         void (*progress)(gint64 done, gint64 all, gpointer data), gpointer data,
                         GError **error) {
    do {
        if (!db_writer_alone(db, copy_slice, copy, error))
            return FALSE;
        if (progress != NULL)
            progress(copy->done, copy->all, data);
    } while (copy->code == SQLITE_OK);
    return db_writer_alone(db, copy_end, copy, error);
}

gboolean db_backup(Db *db, const char *to_path, void (*progress)(gint64 done, gint64 all, gpointer),
                   gpointer data, GError **error) {
    int fd = open(to_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cv_fail_errno(error, errno == EEXIST ? CV_ERROR_EXISTS : CV_ERROR_STORAGE,
                             "cannot make the copy %s", to_path);
    close(fd);
    Copy copy = {.pages = SLICE_FIRST};
    copy.code =
        sqlite3_open_v2(to_path, &copy.to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (copy.code == SQLITE_OK) {
        sqlite3_extended_result_codes(copy.to, 1);
        copy.code = sqlite3_exec(copy.to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;",
                                 NULL, NULL, NULL);
    }
    gboolean copied = copy.code == SQLITE_OK && copy_all(db, &copy, progress, data, error);
    int code = sqlite3_close(copy.to);
    if (copied || copy.code != SQLITE_OK) {
        if (copy.code == SQLITE_OK)
            copy.code = code;
        copied = copy.code == SQLITE_OK && flush_file(to_path, error);
    }
    if (!copied) {
        unlink(to_path);
        if (error != NULL && *error == NULL)
            cv_fail(error, (copy.code & 0xff) == SQLITE_FULL ? CV_ERROR_BUSY : CV_ERROR_STORAGE,
                    "cannot copy %s to %s: %s", db->path, to_path, sqlite3_errstr(copy.code));
    }
    return copied;
}
