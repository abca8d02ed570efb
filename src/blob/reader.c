/* Giving bytes out. A small blob is copied from its row, a large one is its mapped file, which
 * stays readable after it was removed. Ranges at the beginning of a large blob come from the head
 * in the database. */
#include "base/blocking.h"
#include "blob/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct BlobReader {
    Bytes bytes;
    void *map; /* the file, or NULL */
    void *copy;
};

static gboolean read_kept(DbConn *conn, BlobId id, guint64 offset, gsize n, void *to,
                          GError **error) {
    return db_read_value(conn, "blob_data", "data", id, offset, n, to, error);
}

BlobReader *blob_open(BlobStore *store, DbConn *conn, BlobId id, GError **error) {
    BlobRow row;
    if (!blob_row_get(conn, id, &row, error))
        return NULL;
    g_autoptr(BlobReader) reader = g_new0(BlobReader, 1);
    if (row.name[0] != '\0') {
        g_autofree char *path = blob_path(store, row.name);
        if (!blob_map(path, row.size, &reader->map, error))
            return NULL;
        reader->bytes = bytes_of(reader->map, row.size);
        return g_steal_pointer(&reader);
    }
    reader->copy = g_malloc(row.size + 1);
    if (!read_kept(conn, id, 0, row.size, reader->copy, error))
        return NULL;
    reader->bytes = bytes_of(reader->copy, row.size);
    return g_steal_pointer(&reader);
}

Bytes blob_reader_bytes(const BlobReader *reader) {
    return reader->bytes;
}

void blob_reader_free(BlobReader *reader) {
    if (reader == NULL)
        return;
    if (reader->map != NULL)
        munmap(reader->map, reader->bytes.n);
    g_free(reader->copy);
    g_free(reader);
}

static gboolean read_file(const char *path, guint64 offset, gsize n, guint8 *to, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cv_fail_errno(error, errno == ENOENT ? CV_ERROR_CORRUPT : CV_ERROR_STORAGE,
                             "cannot open the message file %s; run doctor", path);
    gboolean good = TRUE;
    for (gsize done = 0; good && done < n;) {
        blocking_begin();
        gssize got = pread(fd, to + done, n - done, (off_t)(offset + done));
        blocking_end();
        if (got > 0)
            done += (gsize)got;
        else if (got == 0)
            good = cv_fail(error, CV_ERROR_CORRUPT, "the message file %s is cut; run doctor", path);
        else if (errno != EINTR)
            good = cv_fail_errno(error, CV_ERROR_STORAGE, "cannot read the message file %s", path);
    }
    close(fd);
    return good;
}

gboolean blob_read_range(BlobStore *store, DbConn *conn, BlobId id, guint64 offset, guint64 length,
                         Buffer *out, GError **error) {
    BlobRow row;
    if (!blob_row_get(conn, id, &row, error))
        return FALSE;
    offset = MIN(offset, row.size);
    gsize n = MIN(length, row.size - offset);
    if (n == 0)
        return TRUE;
    guint8 *to = buffer_reserve(out, n);
    if (to == NULL)
        return cv_fail(error, CV_ERROR_LIMIT, "no room for %" G_GSIZE_FORMAT " bytes of a message",
                       n);
    gboolean good;
    if (offset + n <= row.kept) {
        good = read_kept(conn, id, offset, n, to, error);
    } else {
        g_autofree char *path = blob_path(store, row.name);
        good = read_file(path, offset, n, to, error);
    }
    if (good)
        buffer_commit(out, n);
    return good;
}
