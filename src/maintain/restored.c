/* The last step of a restore: what the restored mail.db must forget. Apart from restore.c, which
 * knows only files. */
#include "maintain/internal.h"

#include "queue/queue.h"

/* The queue's reason is shown to administrators. */
static const char held[] =
    "Phục hồi từ bản sao lưu: thư có thể đã được gửi; kiểm tra rồi dùng `congvu queue retry`";

static gboolean forget(Db *mail, BlobStore *blobs, GError **error) {
    g_autoptr(Store) store = store_open(mail, blobs, error);
    return store != NULL && store_uidvalidity_renew(store, error) &&
           queue_hold_all(mail, held, error);
}

static gboolean finish(const char *folder, gpointer data, GError **error) {
    const MaintainRestoreFlags *flags = data;
    g_autofree char *path = g_build_filename(folder, "mail.db", NULL);
    g_autofree char *directory = g_build_filename(folder, "blob", NULL);
    /* Also brings a backup of an older program up to this one. */
    g_autoptr(Db) mail = db_open(path, &store_schema, 0, error);
    if (mail == NULL)
        return FALSE;
    g_autoptr(BlobStore) blobs = blob_store_open(directory, mail, error);
    if (blobs == NULL)
        return FALSE;
    return (*flags & MAINTAIN_RESTORE_NOTHING_CAME_AFTER) != 0 || forget(mail, blobs, error);
}

gboolean maintain_restore(const char *from, const char *to, MaintainRestoreFlags flags,
                          MaintainProgress progress, gpointer user, GError **error) {
    return maintain_restore_files(from, to, finish, &flags, progress, user, error);
}
