/* EXPUNGE, and taking messages out of a mailbox in general. The narrow row moves to the expunged
 * ones (the blob's reference goes with it, the wide row stays), the bytes are given back to the
 * quota at once, and the log says which UIDs vanished. What is to go is looked up by a reader
 * beforehand, so that the writer touches only those rows. */
#include "store/internal.h"

#include "base/clock.h"

static gboolean bury_range(DbConn *conn, gint64 first, gint64 last, guint64 modseq, gint64 now,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO expunged(key, id, flags, modseq, received, saved,"
                                    " size, blob, at) SELECT key, id, flags, ?, received, saved,"
                                    " size, blob, ? FROM message WHERE key BETWEEN ? AND ?");
    db_bind(stmt, "iiii", (gint64)modseq, now, first, last);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "DELETE FROM message WHERE key BETWEEN ? AND ?");
    db_bind(stmt, "ii", first, last);
    return db_run(stmt, error) && store_place_leave(conn, first, last, error);
}

gboolean store_bury(DbConn *conn, StoreBox *box, StoreOwner *owner, const GArray *rows,
                    GError **error) {
    g_autoptr(StoreUids) uids = store_uids_new();
    gint64 now = clock_now();
    for (guint from = 0, to; from < rows->len; from = to) {
        to = store_rows_stretch(rows, from);
        for (guint i = from; i < to; i++) {
            const StoreRow *row = &g_array_index(rows, StoreRow, i);
            store_count(box, owner, row->flags, row->size, -1);
            store_uids_append(uids, row->uid);
        }
        if (!bury_range(conn, store_key(box->id, g_array_index(rows, StoreRow, from).uid),
                        store_key(box->id, g_array_index(rows, StoreRow, to - 1).uid), box->modseq,
                        now, error))
            return FALSE;
    }
    return store_log_change(conn, box, STORE_KIND_EXPUNGED, uids, error);
}

typedef struct {
    Store *store;
    gint64 mailbox;
    StoreCursor cursor;
    StoreFlags required;
    GArray *rows; /* StoreRow of this slice */
    guint64 modseq;
} Removal;

static gboolean removal_work(DbConn *conn, gpointer data, GError **error) {
    Removal *removal = data;
    StoreBox box;
    StoreOwner owner;
    if (!store_box_load(conn, removal->mailbox, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error) ||
        !store_rows_take(conn, box.id, &removal->cursor, removal->required, removal->store->slice,
                         removal->rows, error))
        return FALSE;
    if (removal->rows->len == 0)
        return TRUE;
    box.modseq = removal->modseq = ++owner.modseq;
    if (!store_bury(conn, &box, &owner, removal->rows, error) ||
        !store_box_save(conn, &box, error) || !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(removal->store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

gboolean store_remove(Store *store, gint64 mailbox, const StoreUids *uids, StoreFlags required,
                      StoreUids *expunged, guint64 *modseq, GError **error) {
    Removal removal = {.store = store, .mailbox = mailbox, .required = required};
    removal.rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    store_cursor_init(&removal.cursor, uids);
    gboolean ok = TRUE;
    while (ok && !removal.cursor.done) {
        g_array_set_size(removal.rows, 0);
        ok = db_write(store->db, removal_work, &removal, error);
        for (guint i = 0; ok && expunged != NULL && i < removal.rows->len; i++)
            store_uids_add(expunged, g_array_index(removal.rows, StoreRow, i).uid);
    }
    g_array_unref(removal.rows);
    if (modseq != NULL)
        *modseq = removal.modseq;
    return ok;
}

/* Which of the messages are \Deleted now. */
static StoreUids *find_deleted(Store *store, gint64 mailbox, const StoreUids *uids,
                               GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    StoreBox box;
    if (conn == NULL || !store_box_load(conn, mailbox, &box, error))
        return NULL;
    g_autoptr(StoreUids) found = store_uids_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    StoreCursor cursor;
    store_cursor_init(&cursor, uids);
    while (box.deleted > 0 && !cursor.done) {
        g_array_set_size(rows, 0);
        if (!store_rows_take(conn, mailbox, &cursor, STORE_DELETED, store->slice, rows, error))
            return NULL;
        for (guint i = 0; i < rows->len; i++)
            store_uids_append(found, g_array_index(rows, StoreRow, i).uid);
        if (store_uids_count(found) == box.deleted)
            break;
    }
    return g_steal_pointer(&found);
}

gboolean store_expunge(Store *store, gint64 mailbox, const StoreUids *uids, StoreUids *expunged,
                       guint64 *modseq, GError **error) {
    g_autoptr(StoreUids) deleted = find_deleted(store, mailbox, uids, error);
    if (deleted == NULL)
        return FALSE;
    if (modseq != NULL)
        *modseq = 0;
    return store_uids_count(deleted) == 0 ||
           store_remove(store, mailbox, deleted, STORE_DELETED, expunged, modseq, error);
}
