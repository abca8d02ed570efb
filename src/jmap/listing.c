/* Listings; see listing.h. */
#include "jmap/listing.h"

#include "base/clock.h"
#include "base/metrics.h"

#include <string.h>

#define LISTINGS_BYTES ((gsize)64 * 1024 * 1024)
#define UNUSED_TIME    (10 * 60 * CLOCK_SECOND)

METRIC_GAUGE(kept_bytes, "congvu_jmap_listing_bytes", "Memory of the listings that are kept");

struct JmapListings {
    GMutex lock;
    GHashTable *kept; /* account (gint64 *, in the listing) → Kept */
    GQueue recent;    /* Kept, the last used first */
    gsize bytes;
};

typedef struct {
    JmapListing *listing;
    GList link;
    gint64 used; /* monotonic */
} Kept;

/* ---- Rows ---- */

gint jmap_email_compare(const StoreEmail *a, const StoreEmail *b) {
    if (a->received != b->received)
        return a->received > b->received ? -1 : 1;
    return a->birth > b->birth ? -1 : a->birth < b->birth;
}

/* ---- Conversations ---- */

void jmap_thread_set_init(JmapThreadSet *set, guint count) {
    guint size = 16;
    while (size < count * 2 && size < 1u << 30)
        size *= 2;
    *set = (JmapThreadSet){g_new0(JmapThread, size), size - 1};
}

void jmap_thread_set_clear(JmapThreadSet *set) {
    g_clear_pointer(&set->slots, g_free);
}

/* Its place, or the free one where it would stand. A number of a conversation is a hash already,
 * but one that anybody can choose: it is mixed once more. */
static guint slot_of(const JmapThreadSet *set, JmapThread thread) {
    guint64 mixed = (thread.thread ^ thread.birth) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    guint at = (guint)(mixed >> 32) & set->mask;
    for (;; at = (at + 1) & set->mask) {
        const JmapThread *slot = &set->slots[at];
        if ((slot->thread == thread.thread && slot->birth == thread.birth) ||
            (slot->thread == 0 && slot->birth == 0))
            return at;
    }
}

gboolean jmap_thread_set_has(const JmapThreadSet *set, JmapThread thread) {
    const JmapThread *slot = &set->slots[slot_of(set, thread)];
    return slot->thread != 0 || slot->birth != 0;
}

gboolean jmap_thread_set_add(JmapThreadSet *set, JmapThread thread) {
    JmapThread *slot = &set->slots[slot_of(set, thread)];
    if (slot->thread != 0 || slot->birth != 0)
        return FALSE;
    *slot = thread;
    return TRUE;
}

void jmap_threads_with(const JmapListing *listing, StoreFlags bits, gboolean has,
                       JmapThreadSet *out) {
    guint count = 0;
    for (guint i = 0; i < listing->boxes->len; i++)
        count += ((const JmapBoxRows *)listing->boxes->pdata[i])->count;
    jmap_thread_set_init(out, count);
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *box = listing->boxes->pdata[i];
        for (guint row = 0; row < box->count; row++)
            if (((box->rows[row].flags & bits) != 0) == has)
                jmap_thread_set_add(out, jmap_thread_key(&box->rows[row]));
    }
}

static void count_rows(JmapBoxRows *box) {
    g_auto(JmapThreadSet) all = {0}, unread = {0};
    JmapCounts counts = {0};
    box->fronts = g_new(guint32, box->count);
    jmap_thread_set_init(&all, box->count);
    jmap_thread_set_init(&unread, box->count);
    for (guint i = 0; i < box->count; i++) {
        const StoreEmail *email = &box->rows[box->order[i]];
        JmapThread thread = jmap_thread_key(email);
        if (jmap_thread_set_add(&all, thread))
            box->fronts[counts.threads++] = box->order[i];
        if (!jmap_email_is_unread(email->flags))
            continue;
        counts.unread++;
        counts.unread_threads += jmap_thread_set_add(&unread, thread);
    }
    box->counts = counts;
}

/* Once for each state of the mailbox, when it is asked for; others who ask meanwhile wait. */
static void ensure_counted(const JmapBoxRows *box) {
    static GMutex lock;
    JmapBoxRows *kept = (JmapBoxRows *)box;
    if (g_atomic_int_get(&kept->counted))
        return;
    g_mutex_lock(&lock);
    if (!kept->counted) {
        count_rows(kept);
        g_atomic_int_set(&kept->counted, TRUE);
    }
    g_mutex_unlock(&lock);
}

void jmap_box_rows_count(const JmapBoxRows *box, JmapCounts *out) {
    ensure_counted(box);
    *out = box->counts;
}

const guint32 *jmap_box_rows_fronts(const JmapBoxRows *box, guint *count) {
    ensure_counted(box);
    *count = box->counts.threads;
    return box->fronts;
}

/* ---- Rows in memory ---- */

static void box_unref(gpointer data) {
    JmapBoxRows *box = data;
    if (!g_atomic_int_dec_and_test(&box->references))
        return;
    g_free(box->rows);
    g_free(box->order);
    g_free(box->fronts);
    g_free(box);
}

static JmapBoxRows *box_ref(JmapBoxRows *box) {
    g_atomic_int_inc(&box->references);
    return box;
}

void jmap_listing_unref(JmapListing *listing) {
    if (listing == NULL || !g_atomic_int_dec_and_test(&listing->references))
        return;
    g_ptr_array_unref(listing->boxes);
    g_free(listing);
}

static gboolean on_row(const StoreEmail *email, gpointer data) {
    g_array_append_vals(data, email, 1);
    return TRUE;
}

static gint compare_places(gconstpointer a, gconstpointer b, gpointer rows) {
    return jmap_email_compare((const StoreEmail *)rows + *(const guint32 *)a,
                              (const StoreEmail *)rows + *(const guint32 *)b);
}

/* Puts the places from `from` on, which lie in order of UID, in order of time. Mostly that is the
 * order of UID turned round, and then nothing has to be sorted. */
static void sort_places(guint32 *places, guint count, const StoreEmail *rows, guint from) {
    gboolean rising = TRUE;
    for (guint i = 0; i < count; i++)
        places[i] = from + count - 1 - i;
    for (guint i = 1; i < count && rising; i++)
        rising = jmap_email_compare(&rows[places[i - 1]], &rows[places[i]]) <= 0;
    if (!rising)
        g_qsort_with_data(places, (gint)count, sizeof *places, compare_places, (gpointer)rows);
}

static JmapBoxRows *box_new(const StoreMailbox *mailbox, GArray *rows) {
    JmapBoxRows *box = g_new0(JmapBoxRows, 1);
    *box = (JmapBoxRows){.mailbox = mailbox->id,
                         .uidvalidity = mailbox->uidvalidity,
                         .modseq = mailbox->modseq,
                         .count = rows->len,
                         .references = 1};
    box->rows = (StoreEmail *)(void *)g_array_free(rows, FALSE);
    box->order = g_new(guint32, box->count);
    return box;
}

static JmapBoxRows *load_box(Store *store, DbConn *conn, const StoreMailbox *mailbox,
                             GError **error) {
    GArray *rows = g_array_sized_new(FALSE, FALSE, sizeof(StoreEmail), mailbox->exists);
    if (!store_email_each(store, conn, mailbox->id, mailbox->uidvalidity, 0, G_MAXUINT32, on_row,
                          rows, error)) {
        g_array_unref(rows);
        return NULL;
    }
    JmapBoxRows *box = box_new(mailbox, rows);
    sort_places(box->order, box->count, box->rows, 0);
    return box;
}

/* ---- In step ---- */

/* The old rows without what vanished, with flags as they are now; `moved[i]` is where row i stands
 * now, G_MAXUINT32: nowhere. What is new is only counted in *fresh: the first of their UIDs. */
static GArray *keep_rows(const JmapBoxRows *old, const StoreChanges *changes, guint32 *moved) {
    GArray *rows =
        g_array_sized_new(FALSE, FALSE, sizeof(StoreEmail), old->count + changes->changed->len);
    guint next = 0;
    for (guint i = 0; i < old->count; i++) {
        StoreEmail row = old->rows[i];
        moved[i] = G_MAXUINT32;
        if (store_uids_sequence(changes->vanished, row.uid) != 0)
            continue;
        const StoreChange *change = NULL;
        while (next < changes->changed->len &&
               (change = &g_array_index(changes->changed, StoreChange, next))->uid < row.uid)
            next++;
        if (next < changes->changed->len && change->uid == row.uid)
            row.flags = change->flags;
        moved[i] = rows->len;
        g_array_append_val(rows, row);
    }
    return rows;
}

/* The old order where it still holds, and the new rows, which begin at `first`, put in between. */
static void merge_order(JmapBoxRows *box, const JmapBoxRows *old, const guint32 *moved,
                        guint first) {
    guint fresh = box->count - first, at = 0, out = 0;
    g_autofree guint32 *places = g_new(guint32, fresh);
    sort_places(places, fresh, box->rows, first);
    for (guint i = 0; i < old->count; i++) {
        guint32 place = moved[old->order[i]];
        if (place == G_MAXUINT32)
            continue;
        while (at < fresh && jmap_email_compare(&box->rows[places[at]], &box->rows[place]) < 0)
            box->order[out++] = places[at++];
        box->order[out++] = place;
    }
    while (at < fresh)
        box->order[out++] = places[at++];
}

static JmapBoxRows *renew_box(Store *store, DbConn *conn, const StoreMailbox *mailbox,
                              JmapBoxRows *old, GError **error) {
    g_auto(StoreChanges) changes = {0};
    if (old->uidvalidity != mailbox->uidvalidity)
        return load_box(store, conn, mailbox, error);
    if (old->modseq == mailbox->modseq)
        return box_ref(old);
    if (!store_changes(store, conn, mailbox->id, old->modseq, &changes, error))
        return NULL;
    if (!changes.complete)
        return load_box(store, conn, mailbox, error);
    g_autofree guint32 *moved = g_new(guint32, old->count);
    GArray *rows = keep_rows(old, &changes, moved);
    guint first = rows->len;
    guint32 last = old->count == 0 ? 0 : old->rows[old->count - 1].uid;
    if (!store_email_each(store, conn, mailbox->id, mailbox->uidvalidity, last + 1, G_MAXUINT32,
                          on_row, rows, error)) {
        g_array_unref(rows);
        return NULL;
    }
    JmapBoxRows *box = box_new(mailbox, rows);
    merge_order(box, old, moved, first);
    return box;
}

static JmapListing *make(Store *store, DbConn *conn, const JmapAccount *account,
                         const JmapListing *old, GError **error) {
    g_autoptr(JmapListing) listing = g_new0(JmapListing, 1);
    *listing = (JmapListing){.account = account->id,
                             .modseq = account->modseq,
                             .boxes = g_ptr_array_new_with_free_func(box_unref),
                             .bytes = sizeof(JmapListing),
                             .references = 1};
    for (guint i = 0; i < account->mailboxes->len; i++) {
        const StoreMailbox *mailbox = account->mailboxes->pdata[i];
        const JmapBoxRows *before = old == NULL ? NULL : jmap_listing_box(old, mailbox->id);
        JmapBoxRows *box = before == NULL
                               ? load_box(store, conn, mailbox, error)
                               : renew_box(store, conn, mailbox, (JmapBoxRows *)before, error);
        if (box == NULL)
            return NULL;
        g_ptr_array_add(listing->boxes, box);
        listing->bytes +=
            sizeof(JmapBoxRows) + box->count * (sizeof(StoreEmail) + 2 * sizeof(guint32));
    }
    return g_steal_pointer(&listing);
}

/* ---- Keeping ---- */

JmapListings *jmap_listings_new(void) {
    JmapListings *listings = g_new0(JmapListings, 1);
    g_mutex_init(&listings->lock);
    listings->kept = g_hash_table_new(g_int64_hash, g_int64_equal);
    return listings;
}

static void drop(JmapListings *listings, Kept *kept) {
    g_hash_table_remove(listings->kept, &kept->listing->account);
    g_queue_unlink(&listings->recent, &kept->link);
    listings->bytes -= kept->listing->bytes;
    jmap_listing_unref(kept->listing);
    g_free(kept);
}

void jmap_listings_free(JmapListings *listings) {
    if (listings == NULL)
        return;
    while (listings->recent.head != NULL)
        drop(listings, listings->recent.head->data);
    g_hash_table_unref(listings->kept);
    g_mutex_clear(&listings->lock);
    g_free(listings);
}

static JmapListing *look(JmapListings *listings, gint64 account) {
    g_mutex_lock(&listings->lock);
    Kept *kept = g_hash_table_lookup(listings->kept, &account);
    JmapListing *listing = kept == NULL ? NULL : kept->listing;
    if (listing != NULL) {
        g_atomic_int_inc(&listing->references);
        kept->used = clock_monotonic();
        g_queue_unlink(&listings->recent, &kept->link);
        g_queue_push_head_link(&listings->recent, &kept->link);
    }
    g_mutex_unlock(&listings->lock);
    return listing;
}

static void keep(JmapListings *listings, JmapListing *listing) {
    g_mutex_lock(&listings->lock);
    gint64 now = clock_monotonic();
    Kept *kept = g_hash_table_lookup(listings->kept, &listing->account);
    /* Two may have made one at a time: the later state stays. */
    gboolean older = kept != NULL && kept->listing->modseq > listing->modseq;
    if (kept != NULL && !older)
        drop(listings, kept);
    if (!older) {
        kept = g_new0(Kept, 1);
        g_atomic_int_inc(&listing->references);
        *kept = (Kept){.listing = listing, .link = {.data = kept}, .used = now};
        g_hash_table_insert(listings->kept, &listing->account, kept);
        g_queue_push_head_link(&listings->recent, &kept->link);
        listings->bytes += listing->bytes;
    }
    while (listings->recent.tail != NULL &&
           (listings->bytes > LISTINGS_BYTES ||
            ((Kept *)listings->recent.tail->data)->used < now - UNUSED_TIME))
        drop(listings, listings->recent.tail->data);
    metric_set(&kept_bytes, (gint64)listings->bytes);
    g_mutex_unlock(&listings->lock);
}

JmapListing *jmap_listing_get(const JmapService *service, DbConn *conn, const JmapAccount *account,
                              GError **error) {
    g_autoptr(JmapListing) old = look(service->listings, account->id);
    if (old != NULL && old->modseq == account->modseq)
        return g_steal_pointer(&old);
    /* A later state than this transaction's is of no use for it. */
    const JmapListing *base = old != NULL && old->modseq < account->modseq ? old : NULL;
    JmapListing *listing = make(service->store, conn, account, base, error);
    if (listing != NULL)
        keep(service->listings, listing);
    return listing;
}

const JmapBoxRows *jmap_listing_box(const JmapListing *listing, gint64 mailbox) {
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *box = listing->boxes->pdata[i];
        if (box->mailbox == mailbox)
            return box;
    }
    return NULL;
}

const StoreEmail *jmap_box_rows_find(const JmapBoxRows *box, guint32 uid) {
    guint low = 0, high = box->count;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (box->rows[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < box->count && box->rows[low].uid == uid ? &box->rows[low] : NULL;
}
