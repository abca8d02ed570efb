/* Restore: every file of the manifest is copied into a folder beside the new data directory and
 * compared with its size and hash on the way; then the folder gets its name. What is stopped half
 * way leaves no data directory. */
#include "maintain/internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *from;
    const char *folder; /* NULL: only verify */
    MaintainProgress progress;
    gpointer user;
    gint64 done, all;
} Restore;

static gboolean take_file(const ManifestFile *file, gpointer data, GError **error) {
    Restore *restore = data;
    g_autofree char *from = g_build_filename(restore->from, file->name, NULL);
    guint64 size;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    if (restore->folder == NULL) {
        if (!maintain_hash_file(from, &size, hash, error))
            return FALSE;
    } else {
        g_autofree char *to = g_build_filename(restore->folder, file->name, NULL);
        if (!maintain_make_parents(restore->folder, file->name, error) ||
            !maintain_copy_file(from, to, &size, hash, error))
            return FALSE;
    }
    if (size != file->size || memcmp(hash, file->hash, sizeof hash) != 0)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "%s không đúng như bản kê của bản sao lưu; it is not what the manifest of "
                       "the backup says: use another backup",
                       from);
    restore->done++;
    if (restore->progress != NULL)
        restore->progress("file", restore->done, restore->all, restore->user);
    return TRUE;
}

gboolean maintain_backup_verify(const char *from, MaintainProgress progress, gpointer user,
                                GError **error) {
    Restore restore = {.from = from, .progress = progress, .user = user};
    return manifest_read(from, take_file, &restore, &restore.all, error);
}

static gboolean fill(Restore *restore, RestoreFinish finish, gpointer finish_data, GError **error) {
    if (!manifest_read(restore->from, take_file, restore, &restore->all, error) ||
        (finish != NULL && !finish(restore->folder, finish_data, error)))
        return FALSE;
    int fd = maintain_open_folder(restore->folder, error);
    return fd >= 0 && maintain_flush_all(fd, restore->folder, error);
}

gboolean maintain_restore_files(const char *from, const char *to, RestoreFinish finish,
                                gpointer finish_data, MaintainProgress progress, gpointer user,
                                GError **error) {
    /* Without a slash at its end, or the folder beside would lie inside. */
    g_autofree char *target = g_canonicalize_filename(to, NULL);
    if (!maintain_is_free(target, error) || !manifest_read(from, NULL, NULL, NULL, error))
        return FALSE;
    g_autofree char *folder = g_strconcat(target, ".restoring", NULL);
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST
                   ? cv_fail(error, CV_ERROR_EXISTS,
                             "%s was left by a restore that was stopped; remove it", folder)
                   : cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make the folder %s", folder);
    Restore restore = {.from = from, .folder = folder, .progress = progress, .user = user};
    gboolean made = fill(&restore, finish, finish_data, error);
    if (made && rename(folder, target) != 0) /* replaces an empty folder */
        made = cv_fail_errno(error, CV_ERROR_STORAGE, "cannot move %s to %s", folder, target);
    if (!made) {
        maintain_remove_tree(folder);
        return FALSE;
    }
    g_autofree char *above = g_path_get_dirname(target);
    return maintain_flush_folder(above, error);
}
