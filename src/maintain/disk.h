/* Disk: is there room left where the data directory lies? Below the watermark mail is deferred
 * (SMTP 452, IMAP NO [UNAVAILABLE]) before any write fails, so that reading, deleting and the
 * database's own work go on. Any thread; the kernel is asked at most once a second. */
#ifndef CV_MAINTAIN_DISK_H
#define CV_MAINTAIN_DISK_H

#include "base/error.h"

typedef struct MaintainDisk MaintainDisk;

/* watermark: bytes that must stay free for the server's user; 0: never low. */
MaintainDisk *maintain_disk_new(const char *directory, gint64 watermark);
void maintain_disk_free(MaintainDisk *disk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MaintainDisk, maintain_disk_free)
/* After a reload of the settings. */
void maintain_disk_set_watermark(MaintainDisk *disk, gint64 watermark);

/* TRUE below the watermark, and when the disk cannot be asked. disk is a MaintainDisk *: fits the
 * callbacks of the protocols. The change is logged, each way once. */
gboolean maintain_disk_low(gpointer disk);
/* Bytes free for the server's user, -1 when unknown. */
gint64 maintain_disk_available(const char *directory);

#endif
