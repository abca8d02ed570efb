/* Files without a name for messages that outgrow memory while they come in but will be database
 * rows in the end. They are used again and again: making and removing a file for each such message
 * cost half of what taking it in cost (the file system looks for an inode that was not freed just
 * now). What a file holds from the message before is overwritten as far as the next one is read. */
#include "blob/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int make_file(BlobStore *store, GError **error) {
    g_autofree char *name = crypto_random_hex(BLOB_NAME_BYTES);
    g_autofree char *path = g_strdup_printf("%s/tmp/%s", store->directory, name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && unlink(path) == 0)
        return fd;
    gboolean full = errno == ENOSPC || errno == EDQUOT;
    cv_fail_errno(error, full ? CV_ERROR_BUSY : CV_ERROR_STORAGE, "cannot make %s", path);
    if (fd >= 0)
        close(fd);
    return -1;
}

int blob_scratch_take(BlobStore *store, GError **error) {
    int fd = -1;
    g_mutex_lock(&store->scratch_lock);
    if (store->scratch_count > 0)
        fd = store->scratch[--store->scratch_count];
    g_mutex_unlock(&store->scratch_lock);
    return fd >= 0 ? fd : make_file(store, error);
}

void blob_scratch_give(BlobStore *store, int fd) {
    g_mutex_lock(&store->scratch_lock);
    gboolean kept = store->scratch_count < BLOB_SCRATCH_FILES;
    if (kept)
        store->scratch[store->scratch_count++] = fd;
    g_mutex_unlock(&store->scratch_lock);
    if (!kept)
        close(fd);
}

void blob_scratch_close(BlobStore *store) {
    while (store->scratch_count > 0)
        close(store->scratch[--store->scratch_count]);
}
