/* COPY and MOVE, in slices. The bytes stay where they are: a copy is one more reference. Whether
 * all of it fits the target's quota is asked in the first slice, before anything is done; a copy
 * that fails later all the same (the mailbox was deleted meanwhile, the disk is full) takes back
 * what it had copied. A move takes each message out of the source in the transaction that puts it
 * into the target. */
#include "store/internal.h"

#include "base/clock.h"

typedef struct {
    Store *store;
    gint64 from_mailbox, to_mailbox;
    gboolean move;
    StoreFlags settable;
    StoreCursor cursor;
    StoreKeywordMap map;
    gboolean begun;
    GArray *rows;  /* StoreRow of this slice */
    GArray *made;  /* guint32, UIDs in the target, beside rows */
    StoreBox from; /* as it was when the slice began */
    guint32 uidvalidity;
} Copy;

/* Bytes of all that is to be copied. */
static gboolean sum_sizes(DbConn *conn, const Copy *copy, gint64 *sum, GError **error) {
    *sum = 0;
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(copy->cursor.uids, i, &first, &last); i++) {
        DbStmt *stmt = db_prepare(
            conn, "SELECT coalesce(sum(size), 0) FROM message WHERE key BETWEEN ? AND ?");
        db_bind(stmt, "ii", store_key(copy->from_mailbox, first),
                store_key(copy->from_mailbox, last));
        if (db_step(stmt, error) != DB_ROW)
            return FALSE;
        *sum += db_column_int(stmt, 0);
        db_reset(stmt);
    }
    return TRUE;
}

static gboolean begin(Copy *copy, DbConn *conn, const StoreBox *from, const StoreBox *to,
                      const StoreOwner *owner, GError **error) {
    gboolean free_of_charge = copy->move && from->account == to->account;
    gint64 sum = 0;
    if (owner->quota_limit != 0 && !free_of_charge) {
        if (!sum_sizes(conn, copy, &sum, error))
            return FALSE;
        if (sum > owner->quota_limit - owner->quota_used)
            return cv_fail(error, CV_ERROR_QUOTA,
                           "the target mailbox is full (%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                           " bytes used)",
                           owner->quota_used, owner->quota_limit);
    }
    copy->map = (StoreKeywordMap){
        .same = from->account == to->account, .from = from->account, .to = to->account};
    /* A mailbox may be copied into itself: what the copy makes is not copied again. */
    copy->cursor.limit = (guint32)MIN(from->uidnext - 1, G_MAXUINT32);
    copy->begun = TRUE;
    return TRUE;
}

/* What is moved inside of an account is the same e-mail. */
static gboolean keep_name(const Copy *copy, DbConn *conn, const StoreRow *row, gint64 mailbox,
                          guint32 uid, GError **error) {
    StorePlace place;
    return store_place_of(conn, &copy->from, row->uid, &place, error) &&
           store_place_put(conn, &place, store_key(mailbox, uid), error);
}

static gboolean add_row(Copy *copy, DbConn *conn, StoreBox *to, StoreOwner *owner,
                        const StoreRow *row, GError **error) {
    StoreFlags flags;
    if (!store_keyword_map(conn, &copy->map, row->flags & copy->settable, &flags, error))
        return FALSE;
    if (to->uidnext > G_MAXUINT32)
        return cv_fail(error, CV_ERROR_LIMIT, "the mailbox has no UID left; make a new one");
    guint32 uid = (guint32)to->uidnext++;
    gboolean kept = copy->move && copy->map.same; /* the same message, elsewhere */
    gint64 id = kept ? row->id : owner->next_id++;
    store_count(to, owner, flags, row->size, 1);
    gint64 from = store_key(copy->from_mailbox, row->uid);
    DbStmt *stmt = db_prepare(conn, "INSERT INTO message(key, id, flags, modseq, created_modseq,"
                                    " received, saved, size, blob, thread, traits) SELECT ?, ?, ?,"
                                    " ?, ?, received, ?, size, blob, thread, traits FROM message"
                                    " WHERE key = ?");
    db_bind(stmt, "iiiiiii", store_key(to->id, uid), id, (gint64)flags, (gint64)to->modseq,
            (gint64)to->modseq, clock_now(), from);
    if (!db_run(stmt, error) || (kept && !keep_name(copy, conn, row, to->id, uid, error)))
        return FALSE;
    stmt =
        db_prepare(conn, "INSERT INTO message_meta(key, header_size, prefix, envelope,"
                         " structure, preview, ancestry) SELECT ?, header_size, prefix,"
                         " envelope, structure, preview, ancestry FROM message_meta WHERE key = ?");
    db_bind(stmt, "ii", store_key(to->id, uid), from);
    if (!db_run(stmt, error))
        return FALSE;
    g_array_append_val(copy->made, uid);
    return blob_reference(conn, row->blob, 1, error);
}

static gboolean add_rows(Copy *copy, DbConn *conn, StoreBox *to, StoreOwner *owner,
                         GError **error) {
    for (guint i = 0; i < copy->rows->len; i++)
        if (!add_row(copy, conn, to, owner, &g_array_index(copy->rows, StoreRow, i), error))
            return FALSE;
    return TRUE;
}

/* The target is written before the source is read again: they may be the same row. */
static gboolean take_out(Copy *copy, DbConn *conn, GError **error) {
    StoreBox from;
    StoreOwner owner;
    if (!store_box_load(conn, copy->from_mailbox, &from, error) ||
        !store_owner_load(conn, from.account, &owner, error))
        return FALSE;
    from.modseq = ++owner.modseq;
    if (!store_bury(conn, &from, &owner, copy->rows, error) ||
        !store_box_save(conn, &from, error) || !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(copy->store, conn, from.id, from.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

static gboolean copy_work(DbConn *conn, gpointer data, GError **error) {
    Copy *copy = data;
    StoreBox from, to;
    StoreOwner owner;
    if (!store_box_load(conn, copy->from_mailbox, &from, error) ||
        !store_box_load(conn, copy->to_mailbox, &to, error) ||
        !store_owner_load(conn, to.account, &owner, error))
        return FALSE;
    copy->uidvalidity = to.uidvalidity;
    copy->from = from;
    if ((!copy->begun && !begin(copy, conn, &from, &to, &owner, error)) ||
        !store_rows_take(conn, from.id, &copy->cursor, 0, copy->store->slice, copy->rows, error))
        return FALSE;
    if (copy->rows->len == 0)
        return TRUE;
    to.modseq = ++owner.modseq;
    if (!add_rows(copy, conn, &to, &owner, error) || !store_box_save(conn, &to, error) ||
        !store_owner_save(conn, &owner, error) || (copy->move && !take_out(copy, conn, error)))
        return FALSE;
    store_publish(copy->store, conn, to.id, to.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

static void take_back(Store *store, gint64 mailbox, GArray *from, guint from_before, GArray *to,
                      guint to_before) {
    g_autoptr(StoreUids) made = store_uids_new();
    for (guint i = to_before; i < to->len; i++)
        store_uids_append(made, g_array_index(to, guint32, i));
    /* When this fails as well (no space), the copies that are there stay: messages too many, never
     * too few. */
    store_remove(store, mailbox, made, 0, NULL, NULL, NULL);
    g_array_set_size(from, from_before);
    g_array_set_size(to, to_before);
}

gboolean store_copy(Store *store, gint64 from_mailbox, const StoreUids *uids, gint64 to_mailbox,
                    gboolean move, StoreFlags settable, guint32 *uidvalidity, GArray *from,
                    GArray *to, GError **error) {
    Copy copy = {.store = store,
                 .from_mailbox = from_mailbox,
                 .to_mailbox = to_mailbox,
                 .move = move,
                 .settable = settable};
    copy.rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    copy.made = g_array_new(FALSE, FALSE, sizeof(guint32));
    store_cursor_init(&copy.cursor, uids);
    guint from_before = from->len, to_before = to->len;
    gboolean ok = TRUE;
    while (ok && !copy.cursor.done) {
        g_array_set_size(copy.rows, 0);
        g_array_set_size(copy.made, 0);
        ok = db_write(store->db, copy_work, &copy, error);
        for (guint i = 0; ok && i < copy.rows->len; i++)
            g_array_append_val(from, g_array_index(copy.rows, StoreRow, i).uid);
        if (ok)
            g_array_append_vals(to, copy.made->data, copy.made->len);
    }
    if (!ok && !move && to->len > to_before)
        take_back(store, to_mailbox, from, from_before, to, to_before);
    g_array_unref(copy.rows);
    g_array_unref(copy.made);
    *uidvalidity = copy.uidvalidity;
    return ok;
}
