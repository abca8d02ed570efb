/* The place of the blobs: the tables, the folders 00 … ff for files and tmp/ for files that are
 * being received. What lies in tmp/ at the start belongs to nobody and is removed. */
#include "blob/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bytes stand apart from the count of references, so that changing the count rewrites a few
 * bytes and not the message. Numbers are never given twice: the sweep keeps the highest row. */
const char blob_schema_v1[] =
    "CREATE TABLE blob (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  refs INTEGER NOT NULL CHECK (refs >= 0),\n"
    "  size INTEGER NOT NULL,\n"
    "  kept INTEGER NOT NULL,\n" /* bytes in blob_data: all, or the head of a file */
    "  hash BLOB NOT NULL,\n"    /* BLAKE2b-256 */
    "  name TEXT,\n"             /* of the file; NULL: the bytes are in blob_data */
    "  gone_us INTEGER\n"        /* since when refs is 0, Unix microseconds */
    ");\n"
    "CREATE UNIQUE INDEX blob_by_name ON blob (name) WHERE name IS NOT NULL;\n"
    "CREATE INDEX blob_by_gone ON blob (gone_us) WHERE gone_us IS NOT NULL;\n"
    "CREATE TABLE blob_data (id INTEGER PRIMARY KEY, data BLOB NOT NULL);\n";

static gboolean make_folder(const char *path, GError **error) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return TRUE;
    return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot make the folder %s", path);
}

static gboolean make_folders(BlobStore *store, GError **error) {
    if (!make_folder(store->directory, error))
        return FALSE;
    for (int i = 0; i < 256; i++) {
        g_autofree char *path = g_strdup_printf("%s/%02x", store->directory, i);
        if (!make_folder(path, error))
            return FALSE;
    }
    g_autofree char *tmp = g_build_filename(store->directory, "tmp", NULL);
    if (!make_folder(tmp, error))
        return FALSE;
    int fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean flushed = fd >= 0 && fsync(fd) == 0;
    if (!flushed)
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot flush the folder %s", store->directory);
    if (fd >= 0)
        close(fd);
    return flushed;
}

static gboolean clean_tmp(BlobStore *store, GError **error) {
    g_autofree char *tmp = g_build_filename(store->directory, "tmp", NULL);
    g_autoptr(GDir) dir = g_dir_open(tmp, 0, NULL);
    if (dir == NULL)
        return cv_fail(error, CV_ERROR_STORAGE, "cannot read the folder %s", tmp);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(tmp, name, NULL);
        if (unlink(path) != 0 && errno != ENOENT)
            return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot remove %s", path);
    }
    return TRUE;
}

BlobStore *blob_store_open(const char *directory, Db *db, GError **error) {
    BlobStore *store = g_new0(BlobStore, 1);
    store->directory = g_strdup(directory);
    store->db = db;
    g_mutex_init(&store->sweep_lock);
    g_mutex_init(&store->underway_lock);
    g_mutex_init(&store->scratch_lock);
    store->underway = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (db_is_read_only(db)) /* beside a running server, whose files these are */
        return store;
    if (!make_folders(store, error) || !db_check_file_system(directory, error) ||
        !clean_tmp(store, error)) {
        blob_store_close(store);
        return NULL;
    }
    return store;
}

void blob_store_close(BlobStore *store) {
    if (store == NULL)
        return;
    g_mutex_clear(&store->sweep_lock);
    g_mutex_clear(&store->underway_lock);
    blob_scratch_close(store);
    g_mutex_clear(&store->scratch_lock);
    g_hash_table_unref(store->underway);
    g_free(store->directory);
    g_free(store);
}

void blob_underway_begin(BlobStore *store, const char *name) {
    g_mutex_lock(&store->underway_lock);
    g_hash_table_add(store->underway, g_strdup(name));
    g_mutex_unlock(&store->underway_lock);
}

void blob_underway_end(BlobStore *store, const char *name) {
    g_mutex_lock(&store->underway_lock);
    g_hash_table_remove(store->underway, name);
    g_mutex_unlock(&store->underway_lock);
}

gboolean blob_is_underway(BlobStore *store, const char *name) {
    g_mutex_lock(&store->underway_lock);
    gboolean underway = g_hash_table_contains(store->underway, name);
    g_mutex_unlock(&store->underway_lock);
    return underway;
}

char *blob_folder(const BlobStore *store, const char *name) {
    return g_strdup_printf("%s/%.2s", store->directory, name);
}

char *blob_path(const BlobStore *store, const char *name) {
    return g_strdup_printf("%s/%.2s/%s", store->directory, name, name);
}

gboolean blob_name_is_ours(const char *name) {
    gsize n = strlen(name);
    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isdigit(name[i]) && (name[i] < 'a' || name[i] > 'f'))
            return FALSE;
    return n == (gsize)2 * BLOB_NAME_BYTES;
}

gboolean blob_map(const char *path, guint64 size, void **map, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cv_fail_errno(error, errno == ENOENT ? CV_ERROR_CORRUPT : CV_ERROR_STORAGE,
                             "cannot open the message file %s; run doctor", path);
    struct stat st;
    gboolean good = fstat(fd, &st) == 0;
    if (!good) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "cannot look at the message file %s", path);
    } else if ((guint64)st.st_size != size) {
        good = cv_fail(error, CV_ERROR_CORRUPT,
                       "the message file %s has %" G_GINT64_FORMAT
                       " bytes instead of %" G_GUINT64_FORMAT "; run doctor",
                       path, (gint64)st.st_size, size);
    } else if (size == 0) {
        *map = NULL;
    } else {
        void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        good = p != MAP_FAILED ||
               cv_fail_errno(error, CV_ERROR_STORAGE, "cannot map the message file %s", path);
        if (good) {
            madvise(p, size, MADV_SEQUENTIAL);
            *map = p;
        }
    }
    close(fd);
    return good;
}

static gboolean each_in(BlobStore *store, int number, BlobEachPath each, gpointer data,
                        GError **error) {
    g_autofree char *folder = g_strdup_printf("%s/%02x", store->directory, number);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return cv_fail(error, CV_ERROR_STORAGE, "cannot read the folder %s", folder);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!each(path, name, data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean blob_each_path(BlobStore *store, BlobEachPath each, gpointer data, GError **error) {
    for (int i = 0; i < 256; i++)
        if (!each_in(store, i, each, data, error))
            return FALSE;
    return TRUE;
}
