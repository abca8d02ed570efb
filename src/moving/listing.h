/* Listing: the file `congvu-mailboxes` that an export writes last: which file or folder of it is
 * which mailbox, with its special use and whether it was subscribed. Without it an export is not
 * complete. Lines of text, fields separated by tabs, the name last:
 *
 *   congvu-mailboxes 1
 *   FILE  USE or "-"  "subscribed" or "-"  NAME
 *   end COUNT
 *
 * Names hold no control characters (store/name.c). What is read may have been written by anybody:
 * FILE is one component, never "." or "..". */
#ifndef CV_MOVING_LISTING_H
#define CV_MOVING_LISTING_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/store.h"

#define LISTING_FILE  "congvu-mailboxes"
#define LISTING_BYTES (32 * 1024 * 1024)

typedef struct {
    char *file, *name;
    StoreUse use;
    gboolean subscribed;
} ListingEntry;
void listing_entry_free(ListingEntry *entry);

/* ListingEntry *, freed with the array. INPUT. */
GPtrArray *listing_read(Bytes text, GError **error);
/* FALSE: out (made with LISTING_BYTES) is full. */
gboolean listing_write(Buffer *out, const GPtrArray *entries);

/* "sent" …; "-" for none. */
const char *listing_use_name(StoreUse use);

#endif
