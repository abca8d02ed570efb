/* The disk's watermark; see disk.h. The answer of a second ago is good enough: the watermark leaves
 * room for much more than arrives in a second. */
#include "maintain/disk.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#include <sys/statvfs.h>

struct MaintainDisk {
    char *directory;
    gint64 watermark; /* atomic */
    gint64 asked;     /* atomic: monotonic microseconds of the last answer, 0: never */
    gint low;         /* atomic: the last answer */
};

METRIC_GAUGE(free_bytes, "congvu_disk_available_bytes", "Bytes free where the data directory lies");

MaintainDisk *maintain_disk_new(const char *directory, gint64 watermark) {
    MaintainDisk *disk = g_new0(MaintainDisk, 1);
    disk->directory = g_strdup(directory);
    disk->watermark = watermark;
    return disk;
}

void maintain_disk_free(MaintainDisk *disk) {
    if (disk == NULL)
        return;
    g_free(disk->directory);
    g_free(disk);
}

void maintain_disk_set_watermark(MaintainDisk *disk, gint64 watermark) {
    __atomic_store_n(&disk->watermark, watermark, __ATOMIC_RELAXED);
    __atomic_store_n(&disk->asked, 0, __ATOMIC_RELEASE);
}

gint64 maintain_disk_available(const char *directory) {
    struct statvfs fs;
    gint64 bytes;
    if (statvfs(directory, &fs) != 0 ||
        __builtin_mul_overflow((gint64)fs.f_bavail, (gint64)fs.f_frsize, &bytes))
        return -1;
    return bytes;
}

static void ask(MaintainDisk *disk) {
    gint64 watermark = __atomic_load_n(&disk->watermark, __ATOMIC_RELAXED);
    gint64 available = maintain_disk_available(disk->directory);
    metric_set(&free_bytes, available);
    gint low = watermark > 0 && available < watermark;
    if (g_atomic_int_exchange(&disk->low, low) == low)
        return;
    log_event(low ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, low ? "disk.low" : "disk.enough", "directory",
              disk->directory, "available", log_number(available), "watermark",
              log_number(watermark), "what_to_do",
              low ? "free some space; until then mail is deferred" : NULL, NULL);
}

gboolean maintain_disk_low(gpointer data) {
    MaintainDisk *disk = data;
    gint64 now = MAX(clock_monotonic(), 1);
    gint64 asked = __atomic_load_n(&disk->asked, __ATOMIC_ACQUIRE);
    /* One thread of those that come at the same time asks; the others take the last answer. */
    if ((asked == 0 || now - asked >= CLOCK_SECOND) &&
        __atomic_compare_exchange_n(&disk->asked, &asked, now, FALSE, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
        ask(disk);
    return g_atomic_int_get(&disk->low) != 0;
}
