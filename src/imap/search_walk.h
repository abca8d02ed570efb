/* Search walk: finds the messages of the selected mailbox that meet the keys, in short slices: what
 * SEARCH, SORT and THREAD begin with.
 *
 * First the search index is asked, then the mailbox is walked over: the narrow rows, and where
 * those and the index leave a doubt the messages themselves. No read transaction is open between
 * two slices. */
#ifndef CV_IMAP_SEARCH_WALK_H
#define CV_IMAP_SEARCH_WALK_H

#include "imap/search.h"

enum { IMAP_SLICE_TIME = 15 * 1000 }; /* microseconds in one read transaction */

typedef struct {
    ImapProgram program;
    gboolean first_only; /* the lowest match is enough */
    StoreUids *found;
    guint64 modseq, modseq_first, modseq_last; /* highest of all found, of the ends */
    /* Where it stands: */
    gboolean asked;   /* the index */
    StoreUids *among; /* candidates */
    guint32 next;     /* place in it, from 1 */
    StoreUids *doubt; /* of those walked over: have to be read */
    guint32 doubt_next;
    gboolean enough;
    ImapSession *session; /* during a slice */
    DbConn *conn;
    gint64 until;
} ImapWalk;

/* The program is there; `walk` is otherwise zeroed. */
void imap_walk_begin(ImapWalk *walk, ImapSession *session);
void imap_walk_clear(ImapWalk *walk);
/* One slice; *done: everything is in `found`. FALSE with error. */
gboolean imap_walk_step(ImapWalk *walk, ImapSession *session, gboolean *done, GError **error);

/* After a slice that was not the last: tells how far it is, now and then. */
void imap_walk_progress(const ImapWalk *walk, ImapSession *session);

/* Walks over the messages of `uids` from place *next on until the monotonic time `until` or the
 * end; `each` counts *next up itself (place + 1) and says FALSE when the time is over. Messages
 * that are gone are passed over. */
gboolean imap_walk_uids(ImapSession *session, DbConn *conn, const StoreUids *uids, guint32 *next,
                        StoreWant want, gint64 until, StoreEach each, gpointer data,
                        GError **error);

#endif
