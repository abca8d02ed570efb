/* Listing: the e-mails of an account in memory, as far as a list needs them, so that a query does
 * not walk over a mailbox each time. What is read once is brought in step by the change log at each
 * use; what is kept of all accounts together is bounded, the longest unused go first.
 *
 * A listing never changes: another takes its place, and who has the old one keeps it. Any thread.
 */
#ifndef CV_JMAP_LISTING_H
#define CV_JMAP_LISTING_H

#include "jmap/account.h"

/* RFC 8621 2: an e-mail is unread that has neither $seen nor $draft. */
typedef struct {
    guint unread, threads, unread_threads;
} JmapCounts;

/* One mailbox. order: places in rows, the newest received first, of equal ones the one born last
 * first. */
typedef struct {
    gint64 mailbox;
    guint32 uidvalidity;
    guint64 modseq;
    guint count;
    StoreEmail *rows; /* in order of UID */
    guint32 *order;
    gint references;
    JmapCounts counts; /* these three once `counted` */
    guint32 *fronts;   /* of order, the first of each conversation: counts.threads of them */
    gint counted;
} JmapBoxRows;

typedef struct {
    gint64 account;
    guint64 modseq;   /* of the account, when it was read */
    GPtrArray *boxes; /* JmapBoxRows, every mailbox of the account */
    gsize bytes;
    gint references;
} JmapListing;
void jmap_listing_unref(JmapListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JmapListing, jmap_listing_unref)

JmapListings *jmap_listings_new(void);
void jmap_listings_free(JmapListings *listings);

/* The account as it is in this read transaction. */
JmapListing *jmap_listing_get(const JmapService *service, DbConn *conn, const JmapAccount *account,
                              GError **error);
/* NULL: the mailbox is not in it. */
const JmapBoxRows *jmap_listing_box(const JmapListing *listing, gint64 mailbox);
/* The row of this UID, or NULL. */
const StoreEmail *jmap_box_rows_find(const JmapBoxRows *box, guint32 uid);

void jmap_box_rows_count(const JmapBoxRows *box, JmapCounts *out);
/* The first e-mail of each conversation, in order; *count of them. */
const guint32 *jmap_box_rows_fronts(const JmapBoxRows *box, guint *count);
static inline gboolean jmap_email_is_unread(StoreFlags flags) {
    return (flags & (STORE_SEEN | STORE_DRAFT)) == 0;
}

/* -1, 0, 1: the order of `order`. */
gint jmap_email_compare(const StoreEmail *a, const StoreEmail *b);

/* ---- Conversations ---- */

/* What jmap_thread_id is made of. */
typedef struct {
    guint64 thread;
    StoreBirth birth;
} JmapThread;
static inline JmapThread jmap_thread_key(const StoreEmail *email) {
    return (JmapThread){email->thread, email->thread != 0 ? 0 : email->birth};
}

/* A set of them, made for `count` at most. */
typedef struct {
    JmapThread *slots;
    guint mask;
} JmapThreadSet;
void jmap_thread_set_init(JmapThreadSet *set, guint count);
void jmap_thread_set_clear(JmapThreadSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapThreadSet, jmap_thread_set_clear)
gboolean jmap_thread_set_has(const JmapThreadSet *set, JmapThread thread);
/* FALSE: it was in. */
gboolean jmap_thread_set_add(JmapThreadSet *set, JmapThread thread);
/* The conversations of the account in which some e-mail has one of the bits (has), or has none of
 * them (!has). */
void jmap_threads_with(const JmapListing *listing, StoreFlags bits, gboolean has,
                       JmapThreadSet *out);

#endif
