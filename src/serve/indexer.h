/* Indexer: the lane that keeps the search index behind the mail. One thread of low priority hears
 * of every mailbox in which something happened, reads what has come and puts it into the index; a
 * delivery does not know of it. A mailbox is taken up when INDEXER_TAIL messages or
 * INDEXER_TAIL_BYTES wait in it, since searching reads what waits and reading so much is short. */
#ifndef CV_SERVE_INDEXER_H
#define CV_SERVE_INDEXER_H

#include "search/search.h"
#include "store/store.h"

#define INDEXER_TAIL       32
#define INDEXER_TAIL_BYTES (1 << 20)

typedef struct Indexer Indexer;

/* Both outlive it. It begins with a look at all mailboxes. disk_low (may be NULL): while it says
 * so, nothing is indexed, because mail needs the space. */
Indexer *indexer_start(Store *store, SearchIndex *search, gboolean (*disk_low)(gpointer data),
                       gpointer data);
void indexer_stop(Indexer *indexer);
/* Everything is looked at again: after the index was thrown away. */
void indexer_look_again(Indexer *indexer);

/* For a process without a lane (a command while no server runs), and for tests: indexes everything
 * that waits, down to the last message. */
gboolean indexer_run(Store *store, SearchIndex *search,
                     void (*progress)(gint64 done, gint64 all, gpointer data), gpointer data,
                     GError **error);

/* How many mailboxes have messages that are not indexed yet. */
gboolean indexer_waiting(Store *store, SearchIndex *search, gint64 *mailboxes, GError **error);

#endif
