/* Which failure of the SQL engine means what. Three classes (docs/decisions has the reasons):
 *  - of one request (a broken constraint, a row too large): its savepoint is rolled back;
 *  - of the group (no space, no memory, a page that cannot be read): the engine may have rolled
 *    back the whole transaction; everybody in it is refused, nobody was told anything, and work
 *    goes on;
 *  - fatal (a failed write, flush, lock or mapping): what the kernel holds and what the disk holds
 *    may differ, and asking again would hide it. The process ends and the next one recovers from
 *    the log. */
#include "db/internal.h"

#include "base/log.h"

#include <unistd.h>

enum { EXIT_SOFTWARE = 70 };

static CvErrorKind kind_of(int code) {
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       code == SQLITE_CONSTRAINT_ROWID
                   ? CV_ERROR_EXISTS
                   : CV_ERROR_INPUT;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return CV_ERROR_BUSY;
    case SQLITE_TOOBIG:
        return CV_ERROR_LIMIT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CV_ERROR_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return CV_ERROR_STORAGE;
    default:
        return CV_ERROR_INTERNAL;
    }
}

gboolean db_fail(DbConn *conn, int code, const char *during, GError **error) {
    CvErrorKind kind = kind_of(code);
    conn->last_code = code;
    if (conn->writing && conn->failure == 0 && db_code_is_fatal(code))
        conn->failure = code;
    if (kind == CV_ERROR_CORRUPT)
        log_event(LOG_LEVEL_ERROR, "db.corrupt", "file", conn->db->path, "during", during,
                  "message", sqlite3_errmsg(conn->handle), NULL);
    if ((code & 0xff) == SQLITE_FULL)
        return cv_fail(error, kind, "%s: no space left on the disk; free some, then try again",
                       conn->db->path);
    if (code == SQLITE_IOERR_SHMSIZE)
        return cv_fail(
            error, kind,
            "%s: no space left on the disk for the log's index, or the disk failed; free "
            "some space, then try again",
            conn->db->path);
    return cv_fail(error, kind, "%s: %s: %s (%d)", conn->db->path, during,
                   sqlite3_errmsg(conn->handle), code);
}

gboolean db_code_is_fatal(int code) {
    if ((code & 0xff) != SQLITE_IOERR)
        return (code & 0xff) == SQLITE_PROTOCOL;
    return code != SQLITE_IOERR_READ && code != SQLITE_IOERR_SHORT_READ &&
           code != SQLITE_IOERR_NOMEM && code != SQLITE_IOERR_CORRUPTFS;
}

void db_die(Db *db, const char *during, int code) {
    if ((db->flags & DB_OPEN_REBUILDABLE) != 0) {
        log_event(LOG_LEVEL_ERROR, "db.broken", "file", db->path, "during", during, "code",
                  log_number(code), "message", sqlite3_errstr(code), "what_to_do",
                  "check the disk; the file is made anew", NULL);
        db->broken = TRUE;
        return;
    }
    log_event(LOG_LEVEL_ERROR, "db.fatal", "file", db->path, "during", during, "code",
              log_number(code), "message", sqlite3_errstr(code), "detail",
              db->writer == NULL ? NULL : sqlite3_errmsg(db->writer->handle), "what_to_do",
              "check the disk and the kernel's log; the next start recovers by itself", NULL);
    _exit(EXIT_SOFTWARE);
}
