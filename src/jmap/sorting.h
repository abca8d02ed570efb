/* Sorting: the order of a query's results (RFC 8621 4.4.2). */
#ifndef CV_JMAP_SORTING_H
#define CV_JMAP_SORTING_H

#include "jmap/listing.h"

enum { JMAP_SORTS = 8 };

typedef enum {
    JMAP_BY_RECEIVED,
    JMAP_BY_SIZE,
    JMAP_BY_FROM,
    JMAP_BY_TO,
    JMAP_BY_SUBJECT,
    JMAP_BY_SENT,
    JMAP_BY_KEYWORD,
    JMAP_BY_ALL_IN_THREAD,
    JMAP_BY_SOME_IN_THREAD,
} JmapBy;

typedef struct {
    struct {
        JmapBy by;
        gboolean falling;
        StoreFlags bits;
        JmapThreadSet threads;
    } keys[JMAP_SORTS];
    guint count;
    gboolean plain; /* newest first: as the mailboxes lie already */
    gboolean meta;  /* needs the wide row */
} JmapSorting;
void jmap_sorting_clear(JmapSorting *sorting);

typedef struct {
    const StoreEmail *email;
    gint64 mailbox;
    char *key; /* by memcmp, key_bytes long; NULL: sorted plainly */
    guint key_bytes;
} JmapFound;

/* FALSE: the call has ended (unsupportedSort, invalidArguments). */
gboolean jmap_take_sort(JmapCall *call, const JmapAccount *account, JmapSorting *out);
/* Does it look at whole conversations? */
gboolean jmap_sorting_is_wide(const JmapSorting *sorting);
/* Gathers what is asked of whole conversations. */
void jmap_sorting_threads(JmapSorting *sorting, const JmapListing *listing);
/* message: with its meta when sorting->meta; else NULL. */
void jmap_sorting_key(const JmapSorting *sorting, const StoreMessage *message, JmapFound *found);
/* For g_array_sort over JmapFound. */
gint jmap_found_compare(gconstpointer a, gconstpointer b);

#endif
