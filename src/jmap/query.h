/* Query: the e-mails that a filter meets, in order; what Email/query, Email/queryChanges and
 * SearchSnippet/get begin with. In slices; no read transaction is open between two of them. */
#ifndef CV_JMAP_QUERY_H
#define CV_JMAP_QUERY_H

#include "jmap/filter.h"
#include "jmap/sorting.h"

typedef struct {
    JmapAccount account;
    JmapListing *listing;
    JmapFilter *filter;
    JmapSorting sorting;
    gboolean collapse;
    /* The results, in order, collapsed where that was asked for: all of one mailbox as they lie
     * (places in its rows), or those that were found. */
    const JmapBoxRows *whole;
    const guint32 *places;
    guint places_count;
    GArray *found; /* JmapFound */
    /* Where it stands: */
    guint box, row; /* of the listing; in the order of the mailbox */
    guint keyed;    /* of found, have their keys */
    GArray *doubt;  /* guint32: places in found that have to be read */
    guint doubted;
    gboolean ended;
} JmapQuery;
void jmap_query_free(gpointer query);
/* Reads the arguments filter, sort and collapseThreads. NULL: the call has ended. */
JmapQuery *jmap_query_begin(JmapCall *call);
/* JMAP_DONE with query->ended: all is found. JMAP_DONE without: the call has ended. JMAP_AGAIN. */
JmapVerdict jmap_query_step(JmapCall *call, JmapQuery *query);
guint jmap_query_count(const JmapQuery *query);
const StoreEmail *jmap_query_at(const JmapQuery *query, gint64 place);
/* Place in the results, or -1. */
gint64 jmap_query_place(const JmapQuery *query, StoreBirth birth);

#endif
