/* The last step of a restore and of the way back from an upgrade: what the former mail.db must
 * forget. Apart from restore.c and upgrade.c, which know only files. */
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

/* ---- The way back from an upgrade ---- */

const MaintainFormat maintain_formats[2] = {{"mail.db", &store_schema},
                                            {"admin.db", &directory_schema}};

/* The files of messages are those of the data directory. */
static gboolean forget_beside(const char *folder, gpointer data, GError **error) {
    g_autofree char *path = g_build_filename(folder, "mail.db", NULL);
    g_autofree char *directory = g_build_filename(data, "blob", NULL);
    g_autoptr(Db) mail = db_open(path, &store_schema, 0, error);
    if (mail == NULL)
        return FALSE;
    g_autoptr(BlobStore) blobs = blob_store_open(directory, mail, error);
    return blobs != NULL && forget(mail, blobs, error);
}

gboolean maintain_go_back(const char *directory, const char *name, GError **error) {
    return maintain_go_back_files(directory, name, maintain_formats, G_N_ELEMENTS(maintain_formats),
                                  forget_beside, (gpointer)directory, error);
}
