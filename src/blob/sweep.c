/* Removing what nobody refers to any more, an hour late: a view that still reads it, and a backup
 * that took the database a moment ago, find it there. Rows first, in slices; a file goes when the
 * removal of its row is on stable storage, so a crash leaves at most a file without a row, which
 * the look at the folders (once an hour) finds. */
#include "blob/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE_ROWS = 200, SLICE_BYTES = 4 * 1024 * 1024 };

void blob_sweep_hold(BlobStore *store) {
    g_mutex_lock(&store->sweep_lock); /* a sweep that runs ends first */
    store->holds++;
    g_mutex_unlock(&store->sweep_lock);
}

void blob_sweep_release(BlobStore *store) {
    g_mutex_lock(&store->sweep_lock);
    store->holds--;
    g_mutex_unlock(&store->sweep_lock);
}

typedef struct {
    gint64 before;
    GArray *ids;      /* gint64 */
    GPtrArray *names; /* of the files among them */
} Slice;

static gboolean choose(DbConn *conn, Slice *slice, GError **error) {
    /* The highest number stays, so that it is never given again. */
    DbStmt *stmt = db_prepare(conn, "SELECT id, size, name FROM blob"
                                    " WHERE gone_us < ? AND refs = 0"
                                    " AND id < (SELECT max(id) FROM blob)"
                                    " ORDER BY gone_us LIMIT ?");
    db_bind(stmt, "ii", slice->before, (gint64)SLICE_ROWS);
    gint64 bytes = 0;
    DbStep step = DB_ROW;
    while (bytes < SLICE_BYTES && (step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        g_array_append_val(slice->ids, id);
        const char *name = db_column_text(stmt, 2);
        if (name == NULL)
            bytes += db_column_int(stmt, 1);
        else if (blob_name_is_ours(name))
            g_ptr_array_add(slice->names, g_strdup(name));
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean remove_rows(DbConn *conn, gpointer data, GError **error) {
    Slice *slice = data;
    g_array_set_size(slice->ids, 0);
    g_ptr_array_set_size(slice->names, 0);
    if (!choose(conn, slice, error))
        return FALSE;
    for (guint i = 0; i < slice->ids->len; i++) {
        gint64 id = g_array_index(slice->ids, gint64, i);
        DbStmt *row = db_prepare(conn, "DELETE FROM blob WHERE id = ?");
        db_bind_int(row, 1, id);
        if (!db_run(row, error))
            return FALSE;
        DbStmt *bytes = db_prepare(conn, "DELETE FROM blob_data WHERE id = ?");
        db_bind_int(bytes, 1, id);
        if (!db_run(bytes, error))
            return FALSE;
    }
    return TRUE;
}

static gint64 sweep_rows(BlobStore *store, gint64 before, GError **error) {
    Slice slice = {before, g_array_new(FALSE, FALSE, sizeof(gint64)),
                   g_ptr_array_new_with_free_func(g_free)};
    gint64 removed = 0;
    gboolean good;
    while ((good = db_write(store->db, remove_rows, &slice, error)) && slice.ids->len > 0) {
        removed += slice.ids->len;
        for (guint i = 0; i < slice.names->len; i++) {
            g_autofree char *path = blob_path(store, g_ptr_array_index(slice.names, i));
            if (unlink(path) != 0 && errno != ENOENT)
                log_event(LOG_LEVEL_WARNING, "blob.file_stays", "path", path, "message",
                          g_strerror(errno), NULL);
        }
    }
    g_array_unref(slice.ids);
    g_ptr_array_unref(slice.names);
    return good ? removed : -1;
}

typedef struct {
    BlobStore *store;
    gint64 before;
    gint64 removed;
    void (*finding)(const char *text, gpointer data); /* may be NULL */
    gpointer data;
} Orphans;

static gint64 changed_at(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return G_MAXINT64;
    return (gint64)st.st_mtim.tv_sec * CLOCK_SECOND + st.st_mtim.tv_nsec / 1000;
}

static gboolean remove_orphan(const char *path, const char *name, gpointer data, GError **error) {
    Orphans *orphans = data;
    if (changed_at(path) >= orphans->before || blob_is_underway(orphans->store, name))
        return TRUE; /* perhaps its row is about to be written */
    g_autoptr(DbConn) conn = db_read_begin(orphans->store->db, error);
    gboolean named;
    if (conn == NULL || !blob_is_named(conn, name, &named, error))
        return FALSE;
    if (named)
        return TRUE;
    if (unlink(path) != 0) {
        log_event(LOG_LEVEL_WARNING, "blob.file_stays", "path", path, "message", g_strerror(errno),
                  NULL);
        return TRUE;
    }
    orphans->removed++;
    log_event(LOG_LEVEL_INFO, "blob.orphan_removed", "path", path, NULL);
    g_autofree char *text =
        g_strdup_printf("the file %s belonged to no message; it is removed", path);
    if (orphans->finding != NULL)
        orphans->finding(text, orphans->data);
    return TRUE;
}

static gint64 sweep_locked(BlobStore *store, GError **error) {
    gint64 now = clock_now();
    gint64 rows = sweep_rows(store, now - BLOB_KEEP, error);
    if (rows < 0)
        return -1;
    if (store->last_orphan_look != 0 && now - store->last_orphan_look < BLOB_KEEP)
        return rows;
    Orphans orphans = {.store = store, .before = now - BLOB_KEEP};
    if (!blob_each_path(store, remove_orphan, &orphans, error))
        return -1;
    store->last_orphan_look = now;
    return rows + orphans.removed;
}

gint64 blob_sweep_files(BlobStore *store, void (*finding)(const char *text, gpointer data),
                        gpointer data, GError **error) {
    Orphans orphans = {store, clock_now() - BLOB_KEEP, 0, finding, data};
    g_mutex_lock(&store->sweep_lock);
    gboolean looked = store->holds > 0 || blob_each_path(store, remove_orphan, &orphans, error);
    g_mutex_unlock(&store->sweep_lock);
    return looked ? orphans.removed : -1;
}

gint64 blob_sweep(BlobStore *store, GError **error) {
    g_mutex_lock(&store->sweep_lock);
    gint64 removed = store->holds > 0 ? 0 : sweep_locked(store, error);
    g_mutex_unlock(&store->sweep_lock);
    return removed;
}
