/* Looking at every blob: are its bytes there, as many as the row says, and with hashes the same
 * ones? And is there a file that no row names? Rows are taken some hundred at a time, each slice in
 * a read transaction of its own, so that a running server's log is not held. */
#include "blob/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE_ROWS = 256, SLICE_MICROSECONDS = 100 * 1000 };

typedef struct {
    gint64 id;
    gint64 refs;
    BlobRow row;
    guint8 hash[CRYPTO_DIGEST_BYTES];
} Item;

typedef struct {
    BlobStore *store;
    gboolean hashes;
    void (*finding)(const char *text, gpointer data);
    BlobProgress progress; /* may be NULL */
    gpointer data;
    gint64 bytes; /* of what was looked at */
} Verify;

static void find(Verify *verify, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void find(Verify *verify, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    verify->finding(text, verify->data);
}

/* The next rows after the number `after` whose shape can be trusted; *last: the highest one seen,
 * damaged ones included; 0 at the end. */
static gboolean next_items(DbConn *conn, gint64 after, gboolean files_only, GArray *items,
                           gint64 *last, Verify *verify, GError **error) {
    DbStmt *stmt = files_only
                       ? db_prepare(conn, "SELECT id, refs, size, kept, name, hash FROM blob"
                                          " WHERE id > ? AND name IS NOT NULL ORDER BY id LIMIT ?")
                       : db_prepare(conn, "SELECT id, refs, size, kept, name, hash FROM blob"
                                          " WHERE id > ? ORDER BY id LIMIT ?");
    db_bind(stmt, "ii", after, (gint64)SLICE_ROWS);
    g_array_set_size(items, 0);
    *last = 0;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Item item = {.id = db_column_int(stmt, 0), .refs = db_column_int(stmt, 1)};
        item.row.size = (guint64)db_column_int(stmt, 2);
        item.row.kept = (guint64)db_column_int(stmt, 3);
        const char *name = db_column_text(stmt, 4);
        Bytes hash = db_column_bytes(stmt, 5);
        *last = item.id;
        if (hash.n != sizeof item.hash || (name != NULL && !blob_name_is_ours(name))) {
            if (verify != NULL)
                find(verify, "blob %" G_GINT64_FORMAT ": its row is damaged", item.id);
            continue;
        }
        memcpy(item.hash, hash.p, sizeof item.hash);
        g_strlcpy(item.row.name, name == NULL ? "" : name, sizeof item.row.name);
        g_array_append_val(items, item);
    }
    return step != DB_FAILED;
}

static void verify_hash(Verify *verify, DbConn *conn, const Item *item) {
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobReader) reader = blob_open(verify->store, conn, item->id, &error);
    if (reader == NULL) {
        find(verify, "blob %" G_GINT64_FORMAT ": %s", item->id, error->message);
        return;
    }
    guint8 hash[CRYPTO_DIGEST_BYTES];
    crypto_digest(blob_reader_bytes(reader), hash);
    if (memcmp(hash, item->hash, sizeof hash) != 0)
        find(verify, "blob %" G_GINT64_FORMAT ": its bytes are not those that came in (hash)",
             item->id);
}

static gboolean verify_kept(Verify *verify, DbConn *conn, const Item *item, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT length(data) FROM blob_data WHERE id = ?");
    db_bind_int(stmt, 1, item->id);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW && (guint64)db_column_int(stmt, 0) != item->row.kept)
        find(verify,
             "blob %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT,
             item->id, db_column_int(stmt, 0), item->row.kept);
    if (step == DB_DONE)
        find(verify, "blob %" G_GINT64_FORMAT ": its bytes are missing", item->id);
    db_reset(stmt);
    return step != DB_FAILED;
}

static void verify_file(Verify *verify, const Item *item) {
    g_autofree char *path = blob_path(verify->store, item->row.name);
    struct stat st;
    if (stat(path, &st) != 0)
        find(verify, "blob %" G_GINT64_FORMAT ": its file %s: %s", item->id, path,
             g_strerror(errno));
    else if ((guint64)st.st_size != item->row.size)
        find(verify,
             "blob %" G_GINT64_FORMAT ": its file %s has %" G_GINT64_FORMAT
             " bytes instead of %" G_GUINT64_FORMAT,
             item->id, path, (gint64)st.st_size, item->row.size);
}

static gboolean verify_item(Verify *verify, DbConn *conn, const Item *item, GError **error) {
    if (item->refs == 0) /* a sweep may be removing its file just now */
        return TRUE;
    if (!verify_kept(verify, conn, item, error))
        return FALSE;
    if (item->row.name[0] != '\0')
        verify_file(verify, item);
    else if (item->row.kept != item->row.size)
        find(verify, "blob %" G_GINT64_FORMAT ": its row is damaged", item->id);
    if (verify->hashes)
        verify_hash(verify, conn, item);
    return TRUE;
}

static gboolean verify_rows(Verify *verify, GError **error) {
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(Item));
    gint64 last = 0;
    do {
        g_autoptr(DbConn) conn = db_read_begin(verify->store->db, error);
        if (conn == NULL || !next_items(conn, last, FALSE, items, &last, verify, error))
            return FALSE;
        gint64 until = g_get_monotonic_time() + SLICE_MICROSECONDS;
        for (guint i = 0; i < items->len; i++) {
            Item *item = &g_array_index(items, Item, i);
            if (!verify_item(verify, conn, item, error))
                return FALSE;
            verify->bytes += item->refs == 0 ? 0 : (gint64)item->row.size;
            if (g_get_monotonic_time() >= until) {
                last = item->id;
                break;
            }
        }
        if (verify->progress != NULL)
            verify->progress(verify->bytes, verify->data);
    } while (last != 0);
    return TRUE;
}

static gboolean verify_path(const char *path, const char *name, gpointer data, GError **error) {
    Verify *verify = data;
    struct stat st;
    if (stat(path, &st) != 0 || (gint64)st.st_mtim.tv_sec * CLOCK_SECOND >= clock_now() - BLOB_KEEP)
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(verify->store->db, error);
    gboolean named;
    if (conn == NULL || !blob_is_named(conn, name, &named, error))
        return FALSE;
    if (!named && !blob_is_underway(verify->store, name))
        find(verify, "the file %s belongs to no message; the server removes it by itself", path);
    return TRUE;
}

gboolean blob_verify(BlobStore *store, gboolean hashes,
                     void (*finding)(const char *text, gpointer data), BlobProgress progress,
                     gpointer data, GError **error) {
    Verify verify = {store, hashes, finding, progress, data, 0};
    return verify_rows(&verify, error) && blob_each_path(store, verify_path, &verify, error);
}

gint64 blob_bytes(BlobStore *store, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return -1;
    DbStmt *stmt = db_prepare(conn, "SELECT coalesce(sum(size), 0) FROM blob WHERE refs > 0");
    return db_step(stmt, error) == DB_ROW ? db_column_int(stmt, 0) : -1;
}

gboolean blob_each_file(BlobStore *store, BlobEachFile each, gpointer data, GError **error) {
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(Item));
    gint64 last = 0;
    do {
        g_autoptr(DbConn) conn = db_read_begin(store->db, error);
        if (conn == NULL || !next_items(conn, last, TRUE, items, &last, NULL, error))
            return FALSE;
        db_read_end(g_steal_pointer(&conn));
        for (guint i = 0; i < items->len; i++) {
            Item *item = &g_array_index(items, Item, i);
            g_autofree char *name = g_strdup_printf("%.2s/%s", item->row.name, item->row.name);
            if (!each(name, item->row.size, item->hash, data, error))
                return FALSE;
        }
    } while (last != 0);
    return TRUE;
}
