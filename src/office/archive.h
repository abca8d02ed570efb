/* Archive: files put together as a ZIP, for handing over. The same files give the same bytes.
 * Whole in memory. */
#ifndef CV_OFFICE_ARCHIVE_H
#define CV_OFFICE_ARCHIVE_H

#include "base/error.h"

enum { ARCHIVE_BYTES = 192 * 1024 * 1024 }; /* of all files, unpacked */

typedef struct {
    const char *name; /* UTF-8, "/" between folders */
    GBytes *content;
} ArchiveFile;

/* LIMIT: over ARCHIVE_BYTES. */
GBytes *archive_make(const ArchiveFile *files, guint count, GError **error);
/* A name that every system takes as a file's: without separators, controls and what some forbid, at
 * most 80 characters, never empty; g_free. */
char *archive_name(const char *text);

#endif
