/* Maintain: looking after a data directory: doctor, backup, restore. Plain functions for cli/ and
 * serve/; the database and file work that they need is in db/ and blob/.
 *
 * A backup is a folder of the data directory's own layout with a MANIFEST on top, written last:
 * without it the backup is not complete and is refused. It is one state of mail.db and one, not
 * later, of admin.db (the directory leads, the store follows, so the pair fits), with every file
 * that mail.db names. It can be made while the server runs. */
#ifndef CV_MAINTAIN_MAINTAIN_H
#define CV_MAINTAIN_MAINTAIN_H

#include "blob/blob.h"
#include "directory/directory.h"
#include "store/store.h"

/* An open data directory; the caller keeps everything. */
typedef struct {
    const char *directory;
    Db *admin, *mail;
    BlobStore *blobs;
    Store *store;
    /* Brings the store in step with what the directory has marked as pending; NULL: cannot. */
    gboolean (*follow)(gpointer data, GError **error);
    gpointer follow_data;
} MaintainData;

/* what: "mail.db", "blob", …; done of all in that thing's own unit, for doctor the bytes of
 * everything that it reads. On the calling thread. */
typedef void (*MaintainProgress)(const char *what, gint64 done, gint64 all, gpointer data);
/* One contradiction, in words for an administrator. */
typedef void (*MaintainFinding)(const char *text, gpointer data);

/* ---- Doctor ---- */

typedef enum {
    MAINTAIN_DOCTOR_HASHES = 1 << 0, /* reads every byte of every message */
    MAINTAIN_DOCTOR_REPAIR =
        1 << 1, /* removes what belongs to nobody; not on a read-only opening */
} MaintainDoctorFlags;
/* Verifies both databases, every reference, count and (with the flag) hash, the audit trail, and
 * that directory and store know the same accounts. TRUE: looked at everything, whatever was found.
 * The log's bound holds beside a running server. */
gboolean maintain_doctor(const MaintainData *data, MaintainDoctorFlags flags,
                         MaintainFinding finding, MaintainProgress progress, gpointer user,
                         GError **error);

/* ---- Backup ---- */

typedef struct {
    gint64 files, linked, bytes; /* files named by the manifest; of them hard links; all bytes */
    gint64 missing;              /* files that rows name and that are not there: run doctor */
} MaintainBackup;
/* Copies the data directory to the folder `to`, which is made (or is empty) and lies outside of it.
 * Files of messages are hard links where the folder is on the same file system (they never change),
 * else copies. Everything is flushed before the manifest is. On failure nothing stays. Errors:
 * EXISTS, INPUT, BUSY (no space), STORAGE. result may be NULL. */
gboolean maintain_backup(const MaintainData *data, const char *to, MaintainProgress progress,
                         gpointer user, MaintainBackup *result, GError **error);
/* Reads a backup whole and compares it with its manifest: CORRUPT names what does not fit. */
gboolean maintain_backup_verify(const char *from, MaintainProgress progress, gpointer user,
                                GError **error);

/* ---- Restore ---- */

typedef enum {
    /* Nothing was received, sent or changed after the backup was made (the server was stopped
     * before): clients may go on with what they know. Else every mailbox gets a new UIDVALIDITY, so
     * that no client takes a new message for an old one (RFC 9051 2.3.1.1), and the outbound queue
     * is held, because its messages may have been sent already. */
    MAINTAIN_RESTORE_NOTHING_CAME_AFTER = 1 << 0,
} MaintainRestoreFlags;
/* Makes the data directory `to` (absent or empty) from a backup, verifying every byte; it appears
 * whole or not at all. Errors: CORRUPT, EXISTS, INPUT (of a newer program), BUSY (no space),
 * STORAGE. */
gboolean maintain_restore(const char *from, const char *to, MaintainRestoreFlags flags,
                          MaintainProgress progress, gpointer user, GError **error);

/* ---- Upgrade ----
 *
 * All of these need the data directory's lock, and the databases closed. */

#define MAINTAIN_COPIES "before-upgrade" /* folder in the data directory */

typedef struct {
    const char *name; /* "mail.db" */
    const DbSchema *schema;
} MaintainFormat;
/* What a data directory has: mail.db, admin.db. */
extern const MaintainFormat maintain_formats[2];

/* Copies the n databases to a folder of their own below MAINTAIN_COPIES when one of them has an
 * older format than this program's, which opening it would change; of such folders the `keep`
 * newest stay, 0: none is made. Where the file system shares blocks it takes no room. Errors: BUSY
 * (no room), STORAGE, CORRUPT. */
gboolean maintain_keep_before_upgrade(const char *directory, const MaintainFormat *formats, guint n,
                                      guint keep, GError **error);
/* Their names (char *), the oldest first. */
GPtrArray *maintain_upgrade_copies(const char *directory);
/* Puts the databases of a copy in the place of the present ones, which become a copy themselves,
 * and lets every mailbox and the queue forget as a restore does: what came after the upgrade is not
 * there. Errors: NOT_FOUND, INPUT (another format than this program's), BUSY, STORAGE. */
gboolean maintain_go_back(const char *directory, const char *name, GError **error);
/* Finishes what a stopped maintain_go_back began; before the databases are opened. */
gboolean maintain_go_back_end(const char *directory, const MaintainFormat *formats, guint n,
                              GError **error);

#endif
