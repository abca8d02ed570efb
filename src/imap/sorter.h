/* Sorter: puts many messages into an order in short steps, with memory that is bounded for each
 * command and for all sessions together. */
#ifndef CV_IMAP_SORTER_H
#define CV_IMAP_SORTER_H

#include "base/bytes.h"

/* Memory of all sorts and threads that are under way. FALSE: there is none left; nothing was taken.
 * Any thread. */
gboolean imap_sort_reserve(gsize bytes);
void imap_sort_release(gsize bytes);

typedef struct {
    const guint8 *key;
    guint32 n;
    guint32 uid;
} ImapSortItem;

typedef struct {
    guint count;
    gboolean failed; /* there was no memory left: the result is not whole */
    /* Inside: */
    ImapSortItem *items;
    guint capacity;
    ImapSortItem *spare;
    GPtrArray *blocks; /* the keys */
    gsize block_used;
    gsize reserved;
    guint sorted;            /* items in runs that are in order */
    guint width;             /* of the runs of this pass; 0: no pass has begun */
    guint left, a, b, place; /* the pair of runs that is being merged */
} ImapSorter;

/* Room for at most `most` messages. */
void imap_sorter_init(ImapSorter *sorter, guint most);
void imap_sorter_clear(ImapSorter *sorter);
/* The key (at most 32 KiB) is copied. Keys are ordered by memcmp; none is the beginning of another.
 * Where they are equal the lower UID comes first. */
void imap_sorter_add(ImapSorter *sorter, guint32 uid, Bytes key);
/* Works until the monotonic time `until`; TRUE: all is in order. */
gboolean imap_sorter_finish(ImapSorter *sorter, gint64 until);
/* Then: the UIDs in order (g_free), how many in *count. Gives all other memory back, so that a
 * client that is slow to read its answer keeps none from others. */
guint32 *imap_sorter_take(ImapSorter *sorter, guint *count);

#endif
