/* STORE: changes flags of a set of messages, a slice of rows in each transaction. The rows of a
 * slice are read and decided on one by one; stretches of them that change together are written by
 * one statement, because every way of changing flags is "clear these bits, set those". A message
 * whose flags stay as they are is not touched, so a STORE that changes nothing writes nothing. */
#include "store/internal.h"

typedef enum { SAME, CHANGED, REFUSED } Outcome;

typedef struct {
    Store *store;
    StoreFlagsChange *change;
    StoreCursor cursor;
    GArray *rows;     /* StoreRow of this slice, flags and modseq as they are afterwards */
    GArray *outcomes; /* Outcome, beside rows */
    StoreFlags clear, set;
    guint64 modseq;
} Slice;

/* Which bits are cleared and set, within what the caller may change. Names that exist nowhere need
 * no bit to be removed. */
static gboolean decide_bits(Slice *slice, DbConn *conn, gint64 account, GError **error) {
    const StoreFlagsChange *change = slice->change;
    StoreFlags keywords;
    if (!store_keywords_of(conn, account, change->keywords, change->mode != STORE_FLAGS_REMOVE,
                           &keywords, error))
        return FALSE;
    StoreFlags given = ((change->flags & STORE_SYSTEM_FLAGS) | keywords) & change->settable;
    slice->set = change->mode == STORE_FLAGS_REMOVE ? 0 : given;
    slice->clear = change->mode == STORE_FLAGS_ADD   ? 0
                   : change->mode == STORE_FLAGS_SET ? change->settable & ~given
                                                     : given;
    return TRUE;
}

static guint decide_rows(Slice *slice, StoreBox *box, guint64 modseq, StoreUids *changed) {
    const StoreFlagsChange *change = slice->change;
    guint count = 0;
    g_array_set_size(slice->outcomes, slice->rows->len);
    for (guint i = 0; i < slice->rows->len; i++) {
        StoreRow *row = &g_array_index(slice->rows, StoreRow, i);
        StoreFlags after = (row->flags & ~slice->clear) | slice->set;
        Outcome outcome = after == row->flags ? SAME : CHANGED;
        /* RFC 7162 3.1.3: a message that changed after UNCHANGEDSINCE is left as it is. */
        if (change->conditional && row->modseq > change->unchanged_since)
            outcome = REFUSED;
        if (outcome == CHANGED) {
            box->unseen += (after & STORE_SEEN ? 0 : 1) - (row->flags & STORE_SEEN ? 0 : 1);
            box->deleted += (after & STORE_DELETED ? 1 : 0) - (row->flags & STORE_DELETED ? 1 : 0);
            row->flags = after;
            row->modseq = modseq;
            store_uids_append(changed, row->uid);
            count++;
        }
        g_array_index(slice->outcomes, Outcome, i) = outcome;
    }
    return count;
}

static gboolean is_changed(const Slice *slice, guint i) {
    return g_array_index(slice->outcomes, Outcome, i) == CHANGED;
}

static gboolean write_rows(Slice *slice, DbConn *conn, gint64 mailbox, guint64 modseq,
                           GError **error) {
    for (guint from = 0, to; from < slice->rows->len; from = to) {
        to = from + 1;
        if (!is_changed(slice, from))
            continue;
        while (to < slice->rows->len && is_changed(slice, to) &&
               g_array_index(slice->rows, StoreRow, to).joined)
            to++;
        DbStmt *stmt = db_prepare(conn, "UPDATE message SET flags = (flags & ~?) | ?, modseq = ?"
                                        " WHERE key BETWEEN ? AND ?");
        db_bind(stmt, "iiiii", (gint64)slice->clear, (gint64)slice->set, (gint64)modseq,
                store_key(mailbox, g_array_index(slice->rows, StoreRow, from).uid),
                store_key(mailbox, g_array_index(slice->rows, StoreRow, to - 1).uid));
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean slice_work(DbConn *conn, gpointer data, GError **error) {
    Slice *slice = data;
    StoreBox box;
    StoreOwner owner;
    if (!store_box_load(conn, slice->change->mailbox, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error) ||
        !store_rows_take(conn, box.id, &slice->cursor, 0, slice->store->slice, slice->rows, error))
        return FALSE;
    if (slice->rows->len == 0)
        return TRUE;
    if (!decide_bits(slice, conn, box.account, error))
        return FALSE;
    g_autoptr(StoreUids) changed = store_uids_new();
    if (decide_rows(slice, &box, owner.modseq + 1, changed) == 0)
        return TRUE;
    box.modseq = slice->modseq = ++owner.modseq;
    if (!write_rows(slice, conn, box.id, box.modseq, error) ||
        !store_log_change(conn, &box, STORE_KIND_FLAGS, changed, error) ||
        !store_box_save(conn, &box, error) || !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(slice->store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

static void report(Slice *slice) {
    StoreFlagsChange *change = slice->change;
    change->modseq = MAX(change->modseq, slice->modseq);
    for (guint i = 0; i < slice->rows->len; i++) {
        const StoreRow *row = &g_array_index(slice->rows, StoreRow, i);
        Outcome outcome = g_array_index(slice->outcomes, Outcome, i);
        if (outcome == REFUSED && change->modified != NULL)
            store_uids_add(change->modified, row->uid);
        if (change->each != NULL)
            change->each(row->uid, row->flags, row->modseq, outcome == CHANGED, change->data);
    }
}

gboolean store_flags_change(Store *store, StoreFlagsChange *change, GError **error) {
    Slice slice = {.store = store, .change = change};
    slice.rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    slice.outcomes = g_array_new(FALSE, FALSE, sizeof(Outcome));
    store_cursor_init(&slice.cursor, change->uids);
    gboolean ok = TRUE;
    while (ok && !slice.cursor.done) {
        g_array_set_size(slice.rows, 0);
        ok = db_write(store->db, slice_work, &slice, error);
        if (ok)
            report(&slice);
    }
    g_array_unref(slice.rows);
    g_array_unref(slice.outcomes);
    return ok;
}
