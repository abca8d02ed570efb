/* Files and folders for backup and restore: copying with a hash, flushing a whole tree at once,
 * removing what was made. */
#include "maintain/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, TREE_DESCRIPTORS = 16 };

static gboolean fail_path(GError **error, const char *what, const char *path) {
    gboolean full = errno == ENOSPC || errno == EDQUOT;
    return cv_fail_errno(error, full ? CV_ERROR_BUSY : CV_ERROR_STORAGE, "cannot %s %s", what,
                         path);
}

static gboolean write_all(int fd, const guint8 *p, gsize n) {
    while (n > 0) {
        gssize done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return FALSE;
        p += done;
        n -= (gsize)done;
    }
    return TRUE;
}

/* out < 0: reads only. */
static gboolean pump(int in, const char *from, int out, const char *to, guint64 *size,
                     guint8 hash[CRYPTO_DIGEST_BYTES], GError **error) {
    g_autofree guint8 *piece = g_malloc(PIECE);
    g_autoptr(CryptoDigest) digest = crypto_digest_new();
    guint64 all = 0;
    for (;;) {
        gssize n = read(in, piece, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_path(error, "read", from);
        if (n == 0)
            break;
        crypto_digest_update(digest, bytes_of(piece, (gsize)n));
        all += (guint64)n;
        if (out >= 0 && !write_all(out, piece, (gsize)n))
            return fail_path(error, "write", to);
    }
    crypto_digest_final(digest, hash);
    *size = all;
    return TRUE;
}

static int open_regular(const char *path, struct stat *st, GError **error) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        cv_fail_errno(error, errno == ENOENT ? CV_ERROR_NOT_FOUND : CV_ERROR_STORAGE,
                      "cannot open %s", path);
        return -1;
    }
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
        cv_fail(error, CV_ERROR_STORAGE, "%s is not a regular file", path);
        close(fd);
        return -1;
    }
    return fd;
}

gboolean maintain_copy_file(const char *from, const char *to, guint64 *size,
                            guint8 hash[CRYPTO_DIGEST_BYTES], GError **error) {
    struct stat st;
    int in = open_regular(from, &st, error);
    if (in < 0)
        return FALSE;
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0700);
    gboolean copied =
        out >= 0 ? pump(in, from, out, to, size, hash, error) : fail_path(error, "make", to);
    close(in);
    if (out >= 0 && close(out) != 0 && copied)
        copied = fail_path(error, "write", to);
    if (!copied && out >= 0)
        unlink(to);
    return copied;
}

gboolean maintain_hash_file(const char *path, guint64 *size, guint8 hash[CRYPTO_DIGEST_BYTES],
                            GError **error) {
    struct stat st;
    int in = open_regular(path, &st, error);
    if (in < 0)
        return FALSE;
    gboolean read = pump(in, path, -1, NULL, size, hash, error);
    close(in);
    return read;
}

gboolean maintain_make_parents(const char *root, const char *name, GError **error) {
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *part = g_strndup(name, (gsize)(slash - name));
        g_autofree char *folder = g_build_filename(root, part, NULL);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return fail_path(error, "make the folder", folder);
    }
    return TRUE;
}

int maintain_open_folder(const char *folder, GError **error) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail_path(error, "open the folder", folder);
    return fd;
}

gboolean maintain_flush_all(int fd, const char *folder, GError **error) {
    gboolean flushed = syncfs(fd) == 0 || fail_path(error, "flush", folder);
    close(fd);
    return flushed;
}

gboolean maintain_flush_folder(const char *folder, GError **error) {
    int fd = maintain_open_folder(folder, error);
    if (fd < 0)
        return FALSE;
    gboolean flushed = fsync(fd) == 0 || fail_path(error, "flush the folder", folder);
    close(fd);
    return flushed;
}

gboolean maintain_is_free(const char *folder, GError **error) {
    if (!g_file_test(folder, G_FILE_TEST_EXISTS))
        return TRUE;
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return cv_fail(error, CV_ERROR_EXISTS, "%s exists and is no folder", folder);
    gboolean empty = g_dir_read_name(dir) == NULL;
    g_dir_close(dir);
    return empty || cv_fail(error, CV_ERROR_EXISTS, "%s is not empty; name another folder", folder);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    remove(path); /* what cannot be removed stays, and its folder with it */
    return 0;
}

void maintain_remove_tree(const char *folder) {
    nftw(folder, remove_one, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
