/* Inside of maintain/: what its files share. */
#ifndef CV_MAINTAIN_INTERNAL_H
#define CV_MAINTAIN_INTERNAL_H

#include "maintain/maintain.h"

#include <stdio.h>

#define MAINTAIN_MANIFEST "MANIFEST"

/* ---- manifest.c ----
 *
 * Lines of text, the name last:
 *
 *   congvu-backup 1
 *   program 0.1.0
 *   made 2026-11-24T08:05:00.000000Z
 *   file SIZE HASH NAME        (any number)
 *   end COUNT HASH             (of the files; of all lines above)
 */
typedef struct {
    char *name; /* relative, below the folder; valid during each */
    guint64 size;
    guint8 hash[CRYPTO_DIGEST_BYTES];
} ManifestFile;

typedef struct ManifestWriter ManifestWriter;
/* Writes to MANIFEST.part in the folder; only manifest_writer_end gives it its name. */
ManifestWriter *manifest_writer_new(const char *folder, GError **error);
gboolean manifest_writer_add(ManifestWriter *writer, const ManifestFile *file, GError **error);
gboolean manifest_writer_end(ManifestWriter *writer, GError **error); /* flushed and renamed */
void manifest_writer_free(ManifestWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ManifestWriter, manifest_writer_free)

typedef gboolean (*ManifestEach)(const ManifestFile *file, gpointer data, GError **error);
/* Checks the manifest itself first (form, end, hash), then calls each for its files. *count (may be
 * NULL) is known before the first call. */
gboolean manifest_read(const char *folder, ManifestEach each, gpointer data, gint64 *count,
                       GError **error);

/* ---- files.c ---- */

/* Copies a regular file, never following a link at its end; out: size and hash of what was copied.
 * The target must not exist. Not flushed. */
gboolean maintain_copy_file(const char *from, const char *to, guint64 *size,
                            guint8 hash[CRYPTO_DIGEST_BYTES], GError **error);
/* Reads a file only. */
gboolean maintain_hash_file(const char *path, guint64 *size, guint8 hash[CRYPTO_DIGEST_BYTES],
                            GError **error);
/* Makes the folders above path, as far as missing, below (and not including) `root`. */
gboolean maintain_make_parents(const char *root, const char *name, GError **error);
/* Flushes everything that was written to the file system of this folder since the descriptor was
 * opened by maintain_open_folder, and closes it. */
int maintain_open_folder(const char *folder, GError **error); /* -1 */
gboolean maintain_flush_all(int fd, const char *folder, GError **error);
gboolean maintain_flush_folder(const char *folder, GError **error);
/* TRUE when the folder does not exist or is empty; else EXISTS. */
gboolean maintain_is_free(const char *folder, GError **error);
/* Removes a folder that this program made. */
void maintain_remove_tree(const char *folder);

/* ---- accounts.c ---- */

/* The accounts of the directory against those of the store. With repair those that the store lacks
 * or has another quota for are told to it again. */
gboolean maintain_check_accounts(const MaintainData *data, gboolean repair, MaintainFinding finding,
                                 gpointer user, GError **error);

/* ---- restore.c ---- */

/* The last step inside the new data directory, before it appears under its name. */
typedef gboolean (*RestoreFinish)(const char *folder, gpointer data, GError **error);
gboolean maintain_restore_files(const char *from, const char *to, RestoreFinish finish,
                                gpointer finish_data, MaintainProgress progress, gpointer user,
                                GError **error);

/* ---- upgrade.c ---- */

/* maintain_go_back with its last step, in the folder of the databases alone. */
gboolean maintain_go_back_files(const char *directory, const char *name,
                                const MaintainFormat *formats, guint n, RestoreFinish finish,
                                gpointer finish_data, GError **error);

#endif
