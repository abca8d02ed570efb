/* Backup while the server runs. The order makes it one state: the sweep of blobs is held; admin.db
 * is copied, then mail.db (an account is in the directory before it is in the store, so the pair
 * fits); then the files that the copied mail.db names, which all still exist; then settings, keys
 * and the like; then everything is flushed, and at last the manifest is written. */
#include "maintain/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_DEPTH = 4 };

typedef struct {
    const MaintainData *data;
    const char *to;
    ManifestWriter *manifest;
    MaintainProgress progress;
    gpointer user;
    MaintainBackup result;
} Backup;

static void tell(const Backup *backup, const char *what, gint64 done, gint64 all) {
    if (backup->progress != NULL)
        backup->progress(what, done, all, backup->user);
}

static gboolean list(Backup *backup, const char *name, guint64 size, const guint8 *hash,
                     GError **error) {
    ManifestFile file = {.name = (char *)name, .size = size};
    memcpy(file.hash, hash, sizeof file.hash);
    backup->result.files++;
    backup->result.bytes += (gint64)size;
    return manifest_writer_add(backup->manifest, &file, error);
}

/* ---- The databases ---- */

typedef struct {
    const Backup *backup;
    const char *name;
} Pages;

static void tell_pages(gint64 done, gint64 all, gpointer data) {
    const Pages *pages = data;
    tell(pages->backup, pages->name, done, all);
}

static gboolean copy_database(Backup *backup, Db *db, const char *name, GError **error) {
    g_autofree char *path = g_build_filename(backup->to, name, NULL);
    Pages pages = {backup, name};
    guint64 size;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    return db_backup(db, path, tell_pages, &pages, error) &&
           maintain_hash_file(path, &size, hash, error) && list(backup, name, size, hash, error);
}

/* ---- The files of messages ---- */

/* A file of a message never changes, so a second name for it is as good as a copy on this disk. */
static gboolean link_or_copy(Backup *backup, const char *from, const char *to, const guint8 *hash,
                             GError **error) {
    if (link(from, to) == 0) {
        backup->result.linked++;
        return TRUE;
    }
    guint64 size;
    guint8 found[CRYPTO_DIGEST_BYTES];
    if (!maintain_copy_file(from, to, &size, found, error))
        return FALSE;
    return memcmp(hash, found, sizeof found) == 0 ||
           cv_fail(error, CV_ERROR_CORRUPT,
                   "%s has not the bytes that came in (hash); run doctor before a backup", from);
}

static gboolean copy_blob(const char *name, guint64 size, const guint8 *hash, gpointer data,
                          GError **error) {
    Backup *backup = data;
    g_autofree char *relative = g_strconcat("blob/", name, NULL);
    g_autofree char *from = g_build_filename(backup->data->directory, relative, NULL);
    g_autofree char *to = g_build_filename(backup->to, relative, NULL);
    struct stat st;
    if (stat(from, &st) != 0 && errno == ENOENT) {
        backup->result.missing++; /* it was lost before; the rest is worth keeping */
        return TRUE;
    }
    if (!maintain_make_parents(backup->to, relative, error) ||
        !link_or_copy(backup, from, to, hash, error) || !list(backup, relative, size, hash, error))
        return FALSE;
    tell(backup, "blob", backup->result.files, backup->result.files);
    return TRUE;
}

/* As the copied mail.db names them, not as the running one does by now. */
static gboolean copy_blobs(Backup *backup, GError **error) {
    g_autofree char *path = g_build_filename(backup->to, "mail.db", NULL);
    g_autofree char *directory = g_build_filename(backup->to, "blob", NULL);
    g_autoptr(Db) copy = db_open(path, db_schema(backup->data->mail), DB_OPEN_COPY, error);
    if (copy == NULL)
        return FALSE;
    g_autoptr(BlobStore) blobs = blob_store_open(directory, copy, error);
    return blobs != NULL && blob_each_file(blobs, copy_blob, backup, error);
}

/* ---- Settings, keys and the rest ---- */

static gboolean is_left_out(const char *name, int depth) {
    static const char *const top[] = {"blob", "lock", MAINTAIN_MANIFEST, MAINTAIN_COPIES};
    for (gsize i = 0; depth == 0 && i < G_N_ELEMENTS(top); i++)
        if (g_str_equal(name, top[i]))
            return TRUE;
    /* Databases have their own way; search indexes are made again; logs are not data. */
    static const char *const endings[] = {".db", ".db-wal", ".db-shm", ".sock", ".log", ".part"};
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i]))
            return TRUE;
    return FALSE;
}

static gboolean copy_rest(Backup *backup, const char *relative, int depth, GError **error);

static gboolean copy_entry(Backup *backup, const char *relative, int depth, GError **error) {
    g_autofree char *from = g_build_filename(backup->data->directory, relative, NULL);
    struct stat st;
    if (lstat(from, &st) != 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot look at %s", from);
    if (S_ISDIR(st.st_mode) && depth < TREE_DEPTH)
        return copy_rest(backup, relative, depth + 1, error);
    if (!S_ISREG(st.st_mode))
        return TRUE;
    g_autofree char *to = g_build_filename(backup->to, relative, NULL);
    guint64 size;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    return maintain_make_parents(backup->to, relative, error) &&
           maintain_copy_file(from, to, &size, hash, error) &&
           list(backup, relative, size, hash, error);
}

static gboolean copy_rest(Backup *backup, const char *relative, int depth, GError **error) {
    g_autofree char *folder = g_build_filename(backup->data->directory, relative, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    if (dir == NULL)
        return FALSE;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        if (is_left_out(name, depth))
            continue;
        g_autofree char *below =
            relative[0] == '\0' ? g_strdup(name) : g_build_filename(relative, name, NULL);
        if (!copy_entry(backup, below, depth, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- All of it ---- */

static gboolean copy_everything(Backup *backup, GError **error) {
    int fd = maintain_open_folder(backup->to, error);
    if (fd < 0)
        return FALSE;
    backup->manifest = manifest_writer_new(backup->to, error);
    gboolean copied = backup->manifest != NULL &&
                      copy_database(backup, backup->data->admin, "admin.db", error) &&
                      copy_database(backup, backup->data->mail, "mail.db", error) &&
                      copy_blobs(backup, error) && copy_rest(backup, "", 0, error);
    if (!copied) {
        close(fd);
        return FALSE;
    }
    return maintain_flush_all(fd, backup->to, error) &&
           manifest_writer_end(backup->manifest, error);
}

/* `to` as an absolute path without links, made; NULL when it lies in the data directory. */
static char *make_target(const MaintainData *data, const char *to, GError **error) {
    if (!maintain_is_free(to, error))
        return NULL;
    gboolean made = mkdir(to, 0700) == 0;
    if (!made && errno != EEXIST) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make the folder %s", to);
        return NULL;
    }
    char *target = realpath(to, NULL);
    char *source = realpath(data->directory, NULL);
    g_autofree char *inside = source == NULL ? NULL : g_strconcat(source, "/", NULL);
    gboolean fits = target != NULL && source != NULL && !g_str_has_prefix(target, inside) &&
                    !g_str_equal(target, source);
    char *answer = fits ? g_strdup(target) : NULL;
    free(target);
    free(source);
    if (!fits) {
        if (made)
            rmdir(to);
        cv_fail(error, CV_ERROR_INPUT,
                "%s nằm trong thư mục dữ liệu, hãy nêu thư mục khác; it lies in the data "
                "directory: name a folder outside",
                to);
    }
    return answer;
}

gboolean maintain_backup(const MaintainData *data, const char *to, MaintainProgress progress,
                         gpointer user, MaintainBackup *result, GError **error) {
    g_autofree char *target = make_target(data, to, error);
    if (target == NULL)
        return FALSE;
    Backup backup = {.data = data, .to = target, .progress = progress, .user = user};
    blob_sweep_hold(data->blobs);
    gboolean made = copy_everything(&backup, error);
    blob_sweep_release(data->blobs);
    manifest_writer_free(backup.manifest);
    if (!made)
        maintain_remove_tree(target);
    else if (result != NULL)
        *result = backup.result;
    return made;
}
