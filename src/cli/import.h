/* Import: what the commands that read a source share. */
#ifndef CV_CLI_IMPORT_H
#define CV_CLI_IMPORT_H

#include "cli/mover.h"
#include "moving/listing.h"

/* What goes where when only a name tells: the names that other systems give to sent mail, drafts,
 * junk, trash and archives, in English and Vietnamese. */
StoreUse import_use_of_name(const char *name);
/* The file as it is, at most `most` bytes; fd a folder's or AT_FDCWD. NOT_FOUND, LIMIT, STORAGE. */
gboolean import_read_file(int fd, const char *name, gsize most, Buffer *out, GError **error);
/* What `export` left in a folder; NULL and no error: it is none of an export. */
GPtrArray *import_read_listing(const char *folder, GError **error);

#endif
