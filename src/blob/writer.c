/* Taking the bytes of one message in. Up to BLOB_MEMORY_LIMIT they stay in memory; up to
 * BLOB_INLINE_LIMIT they go to a scratch file and become a row by blob_insert; beyond that they go
 * to a file below tmp/, written in large pieces, which the disk is told to begin with early so that
 * the flush at the end finds little left.
 *
 * A large file is moved to its place first and flushed there: one flush of the file then usually
 * carries the new name too, and the flush of the folder, which the promise rests on, finds nothing
 * to do. A crash in between leaves a file that no row names; the sweep removes it. */
#include "blob/internal.h"

#include "base/blocking.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PUSH_BYTES = 1024 * 1024, EXIT_SOFTWARE = 70 };

BlobWriter *blob_writer_new(BlobStore *store) {
    BlobWriter *writer = g_new0(BlobWriter, 1);
    writer->store = store;
    writer->digest = crypto_digest_new();
    writer->fd = -1;
    writer->memory = BLOB_MEMORY_LIMIT;
    buffer_init(&writer->pending, BLOB_MEMORY_LIMIT);
    return writer;
}

void blob_writer_limit_memory(BlobWriter *writer, gsize bytes) {
    writer->memory = MIN(bytes, (gsize)BLOB_MEMORY_LIMIT);
}

static gboolean fail_io(BlobWriter *writer, const char *what, GError **error) {
    writer->failed = TRUE;
    gboolean full = errno == ENOSPC || errno == EDQUOT;
    return cv_fail_errno(error, full ? CV_ERROR_BUSY : CV_ERROR_STORAGE, "%s %s", what,
                         writer->path == NULL ? "a file for a message" : writer->path);
}

/* A write or flush failed. For lack of space only this message is refused: its file is new, nobody
 * knows it, and it is removed. After anything else the process ends, as db/ does it: what the
 * kernel holds and what the disk holds may differ, and the next flush would hide it. */
static gboolean fail_disk(BlobWriter *writer, const char *what, GError **error) {
    int code = errno;
    if (code != ENOSPC && code != EDQUOT) {
        log_event(LOG_LEVEL_ERROR, "blob.fatal", "file", writer->path, "during", what, "message",
                  g_strerror(code), "what_to_do",
                  "check the disk and the kernel's log; the next start recovers by itself", NULL);
        _exit(EXIT_SOFTWARE);
    }
    errno = code;
    return fail_io(writer, what, error);
}

static gboolean open_file(BlobWriter *writer, GError **error) {
    g_autofree char *name = crypto_random_hex(BLOB_NAME_BYTES);
    writer->path = g_strdup_printf("%s/tmp/%s", writer->store->directory, name);
    writer->fd = open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return writer->fd >= 0 || fail_io(writer, "cannot make", error);
}

static void unmap(BlobWriter *writer) {
    if (writer->map != NULL)
        munmap(g_steal_pointer(&writer->map), writer->mapped);
    writer->mapped = 0;
}

/* All that is in the file, mapped. */
static gboolean view_file(BlobWriter *writer, Bytes *out, GError **error) {
    if (writer->mapped != writer->written)
        unmap(writer);
    if (writer->map == NULL) {
        void *map = mmap(NULL, writer->written, PROT_READ, MAP_SHARED, writer->fd, 0);
        if (map == MAP_FAILED)
            return fail_io(writer, "cannot map", error);
        writer->map = map;
        writer->mapped = writer->written;
    }
    *out = bytes_of(writer->map, writer->mapped);
    return TRUE;
}

static gboolean write_all(BlobWriter *writer, Bytes bytes, GError **error) {
    while (bytes.n > 0) {
        gssize n = pwrite(writer->fd, bytes.p, bytes.n, (off_t)writer->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_disk(writer, "cannot write", error);
        writer->written += (guint64)n;
        bytes = bytes_slice(bytes, (gsize)n, bytes.n);
    }
    return TRUE;
}

static gboolean use_scratch(BlobWriter *writer, GError **error) {
    writer->fd = blob_scratch_take(writer->store, error);
    writer->scratch = writer->fd >= 0;
    writer->failed = !writer->scratch;
    return writer->scratch;
}

/* The message will be a file: what the scratch file holds moves there. */
static gboolean leave_scratch(BlobWriter *writer, GError **error) {
    Bytes so_far = {NULL, 0};
    if (!view_file(writer, &so_far, error))
        return FALSE;
    int scratch = writer->fd;
    writer->scratch = FALSE;
    writer->written = 0;
    gboolean moved = open_file(writer, error) && write_all(writer, so_far, error);
    unmap(writer);
    if (ftruncate(scratch, 0) != 0) /* it would keep the beginning of this message */
        moved = FALSE;
    blob_scratch_give(writer->store, scratch);
    return moved;
}

static gboolean write_out(BlobWriter *writer, Bytes bytes, GError **error) {
    gboolean small = writer->written + bytes.n <= BLOB_INLINE_LIMIT;
    if (writer->fd < 0 && !(small ? use_scratch(writer, error) : open_file(writer, error)))
        return FALSE;
    if (writer->scratch && !small && !leave_scratch(writer, error))
        return FALSE;
    if (!write_all(writer, bytes, error))
        return FALSE;
    if (writer->written - writer->pushed >= PUSH_BYTES) {
        /* Only a hint: what counts is the flush in blob_writer_finish. */
        sync_file_range(writer->fd, (off_t)writer->pushed,
                        (off_t)(writer->written - writer->pushed), SYNC_FILE_RANGE_WRITE);
        writer->pushed = writer->written;
    }
    return TRUE;
}

static gboolean write_pending(BlobWriter *writer, GError **error) {
    if (writer->pending.n == 0)
        return TRUE;
    gboolean written = write_out(writer, buffer_bytes(&writer->pending), error);
    buffer_clear(&writer->pending);
    return written;
}

gboolean blob_writer_append(BlobWriter *writer, Bytes bytes, GError **error) {
    if (writer->failed || writer->finished)
        return cv_fail(error, CV_ERROR_INTERNAL, "bytes appended to a message that has ended");
    unmap(writer);
    crypto_digest_update(writer->digest, bytes);
    if (bytes.n + writer->pending.n <= writer->memory)
        return buffer_append_bytes(&writer->pending, bytes) ||
               cv_fail(error, CV_ERROR_INTERNAL, "a message's buffer is full");
    if (!write_pending(writer, error))
        return FALSE;
    if (bytes.n < writer->memory)
        return buffer_append_bytes(&writer->pending, bytes) ||
               cv_fail(error, CV_ERROR_INTERNAL, "a message's buffer is full");
    return write_out(writer, bytes, error);
}

guint64 blob_writer_size(const BlobWriter *writer) {
    return writer->written + writer->pending.n;
}

gboolean blob_writer_view(BlobWriter *writer, Bytes *out, GError **error) {
    if (writer->failed)
        return cv_fail(error, CV_ERROR_INTERNAL, "a message that could not be written is read");
    if (writer->fd < 0) {
        Bytes bytes = buffer_bytes(&writer->pending);
        *out = bytes_of(bytes.p == NULL ? (const guint8 *)"" : bytes.p, bytes.n);
        return TRUE;
    }
    if (writer->pending.n > 0 && !write_pending(writer, error))
        return FALSE;
    return view_file(writer, out, error);
}

static gboolean flush_folder(BlobWriter *writer, const char *folder, GError **error) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_io(writer, "cannot open the folder of", error);
    gboolean flushed = fsync(fd) == 0 || fail_disk(writer, "cannot flush the folder of", error);
    close(fd);
    return flushed;
}

static gboolean put_in_place(BlobWriter *writer, GError **error) {
    if (!write_pending(writer, error))
        return FALSE;
    g_autofree char *name = crypto_random_hex(BLOB_NAME_BYTES);
    g_autofree char *folder = blob_folder(writer->store, name);
    g_autofree char *path = blob_path(writer->store, name);
    writer->name = g_steal_pointer(&name);
    blob_underway_begin(writer->store, writer->name);
    /* 128 random bits: the name is free. */
    if (rename(writer->path, path) != 0)
        return fail_disk(writer, "cannot move", error);
    g_free(writer->path);
    writer->path = g_steal_pointer(&path);
    blocking_begin();
    gboolean flushed = (fdatasync(writer->fd) == 0 || fail_disk(writer, "cannot flush", error)) &&
                       flush_folder(writer, folder, error);
    blocking_end();
    return flushed;
}

gboolean blob_writer_finish(BlobWriter *writer, GError **error) {
    if (writer->finished)
        return TRUE;
    if (writer->failed)
        return cv_fail(error, CV_ERROR_INTERNAL, "a message that could not be written is kept");
    Bytes all;
    gboolean ready = blob_writer_size(writer) > BLOB_INLINE_LIMIT
                         ? put_in_place(writer, error)
                         : blob_writer_view(writer, &all, error); /* mapped for the writer thread */
    if (!ready)
        return FALSE;
    crypto_digest_final(writer->digest, writer->hash);
    writer->finished = TRUE;
    return TRUE;
}

void blob_writer_wipe(BlobWriter *writer) {
    unmap(writer);
    writer->failed = TRUE;
    if (writer->fd >= 0 && ftruncate(writer->fd, 0) != 0)
        log_event(LOG_LEVEL_ERROR, "blob.wipe", "message", g_strerror(errno), NULL);
    if (writer->pending.n > 0)
        crypto_wipe(writer->pending.p, writer->pending.n);
    buffer_release(&writer->pending);
}

void blob_writer_free(BlobWriter *writer) {
    if (writer == NULL)
        return;
    unmap(writer);
    if (writer->path != NULL && !writer->spent)
        unlink(writer->path);
    if (writer->name != NULL)
        blob_underway_end(writer->store, writer->name);
    if (writer->scratch)
        blob_scratch_give(writer->store, writer->fd);
    else if (writer->fd >= 0)
        close(writer->fd);
    crypto_digest_free(writer->digest);
    buffer_release(&writer->pending);
    g_free(writer->path);
    g_free(writer->name);
    g_free(writer);
}
