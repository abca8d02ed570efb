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

#endif
