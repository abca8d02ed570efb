/* A layer between the engine and the file system for the writer's files, which gathers writes that
 * continue one another into one. The engine writes each page of the log in two pieces of 24 and
 * 4096 bytes, and a checkpoint copies page by page; a message of 100 KB was 94 calls of the kernel.
 *
 * What is gathered reaches the file at the latest when the engine flushes it (xSync), and before
 * anything else is asked of the file by this connection. Others learn of a commit only after its
 * flush (synchronous = FULL, so not for a file that can be made again), and nobody misses the
 * bytes. Where the write fails, the engine is told by the call that made it happen: on a write or a
 * flush it gives up the transaction, so what was gathered is dropped; on anything else the bytes
 * are kept where space was lacking, since it may go on. */
#include "db/internal.h"

/* Thirty pages; the engine's own layer for Unix writes less than 128 KiB at once. */
enum { GATHER_BYTES = 30 * DB_PAGE };

typedef struct {
    sqlite3_file base;
    sqlite3_file *real;
    guint8 *bytes; /* GATHER_BYTES, or NULL before the first write */
    sqlite3_int64 at;
    int n;
    int failed; /* the code of a write that failed otherwise than for lack of space */
} Gather;

/* The engine does not look at the answer of every call that makes a write happen (the hint at the
 * end of a checkpoint, closing). A failed write is never tried again (db.h), so it stays failed,
 * and the next call whose answer counts says so. */
static int write_out(Gather *gather) {
    if (gather->failed != SQLITE_OK || gather->n == 0)
        return gather->failed;
    int code = gather->real->pMethods->xWrite(gather->real, gather->bytes, gather->n, gather->at);
    if (code == SQLITE_OK)
        gather->n = 0;
    else if ((code & 0xff) != SQLITE_FULL)
        gather->failed = code;
    return code;
}

/* The file with everything that was written to it; NULL with the code. */
static sqlite3_file *settled(sqlite3_file *file, int *code) {
    Gather *gather = (Gather *)file;
    *code = write_out(gather);
    return *code == SQLITE_OK ? gather->real : NULL;
}

static int gather_close(sqlite3_file *file) {
    Gather *gather = (Gather *)file;
    int written = write_out(gather);
    int closed = gather->real->pMethods->xClose(gather->real);
    g_free(gather->real);
    g_free(gather->bytes);
    return written != SQLITE_OK ? written : closed;
}

static int gather_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at) {
    int code;
    sqlite3_file *real = settled(file, &code);
    return real == NULL ? code : real->pMethods->xRead(real, to, n, at);
}

static int gather_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at) {
    Gather *gather = (Gather *)file;
    gboolean continues = gather->n > 0 && at == gather->at + gather->n;
    if (gather->failed != SQLITE_OK || !continues || gather->n + n > GATHER_BYTES) {
        int code = write_out(gather);
        gather->n = 0;
        if (code != SQLITE_OK)
            return code;
    }
    if (n > GATHER_BYTES)
        return gather->real->pMethods->xWrite(gather->real, from, n, at);
    if (gather->bytes == NULL)
        gather->bytes = g_malloc(GATHER_BYTES);
    if (gather->n == 0)
        gather->at = at;
    memcpy(gather->bytes + gather->n, from, (gsize)n);
    gather->n += n;
    return SQLITE_OK;
}

static int gather_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code;
    sqlite3_file *real = settled(file, &code);
    return real == NULL ? code : real->pMethods->xTruncate(real, size);
}

static int gather_sync(sqlite3_file *file, int flags) {
    Gather *gather = (Gather *)file;
    int code = write_out(gather);
    gather->n = 0;
    return code != SQLITE_OK ? code : gather->real->pMethods->xSync(gather->real, flags);
}

static int gather_size(sqlite3_file *file, sqlite3_int64 *size) {
    int code;
    sqlite3_file *real = settled(file, &code);
    return real == NULL ? code : real->pMethods->xFileSize(real, size);
}

static int gather_control(sqlite3_file *file, int what, void *data) {
    int code;
    sqlite3_file *real = settled(file, &code);
    return real == NULL ? code : real->pMethods->xFileControl(real, what, data);
}

/* ---- What has nothing to do with the bytes is handed on ---- */

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((Gather *)file)->real;
}

static int gather_lock(sqlite3_file *file, int kind) {
    return real_of(file)->pMethods->xLock(real_of(file), kind);
}

static int gather_unlock(sqlite3_file *file, int kind) {
    return real_of(file)->pMethods->xUnlock(real_of(file), kind);
}

static int gather_check_lock(sqlite3_file *file, int *held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

static int gather_sector_size(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int gather_characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int gather_shm_map(sqlite3_file *file, int page, int size, int extend,
                          void volatile **memory) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int gather_shm_lock(sqlite3_file *file, int from, int n, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), from, n, flags);
}

static void gather_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int gather_shm_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Version 2: with shared memory for the log's index, without mapped pages (mmap_size is 0). */
static const sqlite3_io_methods gather_methods = {
    .iVersion = 2,
    .xClose = gather_close,
    .xRead = gather_read,
    .xWrite = gather_write,
    .xTruncate = gather_truncate,
    .xSync = gather_sync,
    .xFileSize = gather_size,
    .xLock = gather_lock,
    .xUnlock = gather_unlock,
    .xCheckReservedLock = gather_check_lock,
    .xFileControl = gather_control,
    .xSectorSize = gather_sector_size,
    .xDeviceCharacteristics = gather_characteristics,
    .xShmMap = gather_shm_map,
    .xShmLock = gather_shm_lock,
    .xShmBarrier = gather_shm_barrier,
    .xShmUnmap = gather_shm_unmap,
};

static int gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *out_flags) {
    Gather *gather = (Gather *)file;
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    *gather = (Gather){.real = g_malloc0((gsize)below->szOsFile)};
    int code = below->xOpen(below, name, gather->real, flags, out_flags);
    if (gather->real->pMethods != NULL)
        gather->base.pMethods = &gather_methods; /* also after a failure: the engine closes it */
    else
        g_clear_pointer(&gather->real, g_free);
    return code;
}

void db_gather_register(void) {
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL); /* names, times and randomness are its business */
    vfs.zName = DB_GATHER;
    vfs.szOsFile = sizeof(Gather);
    vfs.xOpen = gather_open;
    vfs.pNext = NULL;
    sqlite3_vfs_register(&vfs, 0);
}
