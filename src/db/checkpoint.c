/* Keeps the write-ahead log short. Only the writer copies it into the file, between two groups:
 * a little at a time while nobody has to wait (PASSIVE), which also lets the next group begin the
 * log anew when no reader still looks at it. Where readers overlap so that this never happens, the
 * log reaches DB_LOG_FORCED, and then the writer waits for the readers (they are short; new ones
 * look at the file and do not count) and begins it anew. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    FRAME = DB_PAGE + 24,
    STEP_FRAMES = 4 * 1024 * 1024 / FRAME,
    IDLE_FRAMES = 64,
    FORCED_FRAMES = 40 * 1024 * 1024 / FRAME,
    WAIT_MICROSECONDS = 20 * 1000,
    COMPLAIN_SECONDS = 60,
};

METRIC_GAUGE(wal_size, "congvu_db_wal_bytes", "Bytes in the write-ahead logs");
METRIC_HISTOGRAM(checkpoint_time, "congvu_db_checkpoint_seconds", "Time of a checkpoint");

static void complain(Db *db, const char *event, int code) {
    gint64 now = g_get_monotonic_time();
    if (db->last_warning != 0 && now - db->last_warning < COMPLAIN_SECONDS * CLOCK_SECOND)
        return;
    db->last_warning = now;
    log_event(LOG_LEVEL_WARNING, event, "file", db->path, "wal_bytes",
              log_number((gint64)db->wal_frames * FRAME), "message", sqlite3_errstr(code), NULL);
}

/* The engine waits for a reader's place to become free, and does not notice that the place was
 * meanwhile taken over by readers that need no waiting for. Where readers always overlap it would
 * wait for ever. So it waits a little and is asked again: then it sees the place as it is. */
static int copy_log(Db *db, int mode, int *copied) {
    DbConn *conn = db->writer;
    gint64 until = g_get_monotonic_time() + DB_BUSY_MICROSECONDS;
    int frames = 0, code;
    conn->patience = WAIT_MICROSECONDS;
    do
        code = sqlite3_wal_checkpoint_v2(conn->handle, NULL, mode, &frames, copied);
    while (code == SQLITE_BUSY && mode != SQLITE_CHECKPOINT_PASSIVE &&
           g_get_monotonic_time() < until);
    conn->patience = DB_BUSY_MICROSECONDS;
    return code;
}

static void checkpoint(Db *db, int mode) {
    int copied = 0;
    gint64 before = g_get_monotonic_time();
    int code = copy_log(db, mode, &copied);
    metric_observe(&checkpoint_time, g_get_monotonic_time() - before);
    if (code != SQLITE_OK && code != SQLITE_BUSY && (code & 0xff) != SQLITE_FULL)
        db_die(db, "checkpoint", code);
    if (code == SQLITE_OK || code == SQLITE_BUSY) {
        __atomic_add_fetch(&db->checkpoints, 1, __ATOMIC_RELAXED);
        db->wal_copied = MAX(copied, 0);
        db->checkpoint_at = db->wal_frames + STEP_FRAMES;
        if (code == SQLITE_OK && mode != SQLITE_CHECKPOINT_PASSIVE) {
            db->wal_frames = db->wal_copied = 0;
            db->checkpoint_at = 0;
        }
    }
    /* The log is whole, so nothing is lost; but it grows, and somebody should know. */
    if ((code & 0xff) == SQLITE_FULL) {
        db->checkpoint_at = db->wal_frames + STEP_FRAMES;
        complain(db, "db.checkpoint_no_space", code);
    } else if (code == SQLITE_BUSY && mode != SQLITE_CHECKPOINT_PASSIVE) {
        complain(db, "db.reader_too_long", code);
    }
}

static void publish_size(Db *db) {
    gint64 bytes = (gint64)db->wal_frames * FRAME;
    /* All databases together; the writer alone changes its own. */
    metric_add(&wal_size, bytes - __atomic_load_n(&db->wal_bytes, __ATOMIC_RELAXED));
    __atomic_store_n(&db->wal_bytes, bytes, __ATOMIC_RELAXED);
}

int db_checkpoint_count(void *data, sqlite3 *handle, const char *name, int frames) {
    Db *db = data;
    if (frames < db->wal_frames) { /* the log began anew */
        db->wal_copied = 0;
        db->checkpoint_at = 0;
    }
    db->wal_frames = frames;
    publish_size(db);
    return SQLITE_OK;
}

void db_checkpoint_if_due(Db *db, gboolean idle) {
    if (db->checkpoint_at == 0)
        db->checkpoint_at = STEP_FRAMES;
    if (db->wal_frames >= db->checkpoint_at)
        checkpoint(db, db->wal_frames >= FORCED_FRAMES ? SQLITE_CHECKPOINT_RESTART
                                                       : SQLITE_CHECKPOINT_PASSIVE);
    else if (idle && db->wal_frames - db->wal_copied >= IDLE_FRAMES)
        checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
    else if (idle)
        db->wal_copied = db->wal_frames; /* too little to be worth a flush: sleep */
    publish_size(db);
}

void db_checkpoint_last(Db *db) {
    checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
    publish_size(db);
}
