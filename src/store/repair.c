/* Sets right what the store counts a second time for speed. Mailboxes are looked at by a reader;
 * only one whose counts differ is counted again by the writer, in the transaction that saves the
 * result, so that a delivery in between cannot be lost from the count. */
#include "store/internal.h"

typedef struct {
    Store *store;
    void (*finding)(const char *text, gpointer data);
    gpointer data;
    gint64 id; /* of the mailbox or account in hand */
    gboolean changed;
} Repair;

#define N "%" G_GINT64_FORMAT

static gboolean count_rows(DbConn *conn, StoreBox *box, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT count(*), coalesce(sum(flags & 1 = 0), 0),"
                                    " coalesce(sum(flags & 8 != 0), 0), coalesce(sum(size), 0)"
                                    " FROM message WHERE key BETWEEN ? AND ?");
    G_STATIC_ASSERT(STORE_SEEN == 1 && STORE_DELETED == 8);
    db_bind(stmt, "ii", store_key(box->id, 0), store_key(box->id, G_MAXUINT32));
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    box->total = db_column_int(stmt, 0);
    box->unseen = db_column_int(stmt, 1);
    box->deleted = db_column_int(stmt, 2);
    box->size = db_column_int(stmt, 3);
    db_reset(stmt);
    return TRUE;
}

/* *differs: the mailbox says other numbers than `counted`, which it becomes. */
static gboolean compare_box(DbConn *conn, gint64 mailbox, StoreBox *counted, gboolean *differs,
                            GError **error) {
    StoreBox says;
    if (!store_box_load(conn, mailbox, &says, error))
        return FALSE;
    *counted = says;
    if (!count_rows(conn, counted, error))
        return FALSE;
    *differs = counted->total != says.total || counted->unseen != says.unseen ||
               counted->deleted != says.deleted || counted->size != says.size;
    return TRUE;
}

static gboolean repair_box(DbConn *conn, gpointer data, GError **error) {
    Repair *repair = data;
    StoreBox counted;
    g_autoptr(GError) failed = NULL;
    repair->changed = FALSE;
    if (compare_box(conn, repair->id, &counted, &repair->changed, &failed))
        return !repair->changed || store_box_save(conn, &counted, error);
    if (cv_error_is(failed, CV_ERROR_NOT_FOUND)) /* deleted since it was looked at */
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

/* The next mailbox whose counts differ, behind *mailbox; 0: none. */
static gboolean find_box(Repair *repair, gint64 *mailbox, GError **error) {
    for (gboolean differs = FALSE; !differs;) {
        g_autoptr(DbConn) conn = db_read_begin(repair->store->db, error);
        if (conn == NULL)
            return FALSE;
        DbStmt *stmt = db_prepare(conn, "SELECT coalesce(min(id), 0) FROM mailbox WHERE id > ?");
        db_bind_int(stmt, 1, *mailbox);
        if (db_step(stmt, error) != DB_ROW)
            return FALSE;
        *mailbox = db_column_int(stmt, 0);
        db_reset(stmt);
        StoreBox counted;
        if (*mailbox == 0)
            return TRUE;
        if (!compare_box(conn, *mailbox, &counted, &differs, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean repair_boxes(Repair *repair, GError **error) {
    for (gint64 mailbox = 0;;) {
        if (!find_box(repair, &mailbox, error))
            return FALSE;
        if (mailbox == 0)
            return TRUE;
        repair->id = mailbox;
        if (!db_write(repair->store->db, repair_box, repair, error))
            return FALSE;
        g_autofree char *text =
            g_strdup_printf("mailbox " N ": its counts were wrong; set right", mailbox);
        if (repair->changed)
            repair->finding(text, repair->data);
    }
}

static gboolean tell_each(DbStmt *stmt, const Repair *repair, const char *what, GError **error) {
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *text =
            g_strdup_printf("account " N ": %s; set right", db_column_int(stmt, 0), what);
        repair->finding(text, repair->data);
    }
    return step == DB_DONE;
}

/* An account's row says nothing that its mailboxes do not, but for the quota, which the directory
 * knows. Its log of changes begins anew, so that no client trusts what it cannot hold. */
static gboolean repair_owners(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(
        conn,
        "INSERT INTO account(id, modseq, next_id, horizon, quota_limit, quota_used, messages)"
        " SELECT i, highest, 1 + coalesce((SELECT max(id) FROM"
        "   (SELECT id, key FROM message UNION ALL SELECT id, key FROM expunged)"
        "   WHERE key >> 32 IN (SELECT id FROM mailbox WHERE account = i)), 0), highest, 0, s, t"
        " FROM (SELECT account AS i, sum(size) AS s, sum(total) AS t, max(max(modseq),"
        "   coalesce((SELECT max(modseq) FROM change c WHERE c.account = m.account), 0)) AS highest"
        "  FROM mailbox m WHERE account NOT IN (SELECT id FROM account) GROUP BY account)"
        " WHERE TRUE RETURNING id");
    return tell_each(stmt, data, "it had mailboxes and no row", error);
}

/* All accounts in one transaction: their mailboxes' counts are right by now. */
static gboolean repair_accounts(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "UPDATE account SET messages = t, quota_used = s FROM"
              " (SELECT a.id AS i, coalesce(sum(m.total), 0) AS t, coalesce(sum(m.size), 0) AS s"
              "  FROM account a LEFT JOIN mailbox m ON m.account = a.id GROUP BY a.id)"
              " WHERE id = i AND (messages <> t OR quota_used <> s) RETURNING id");
    return tell_each(stmt, data, "its counts were wrong", error);
}

gboolean store_repair(Store *store, void (*finding)(const char *text, gpointer data), gpointer data,
                      GError **error) {
    Repair repair = {.store = store, .finding = finding, .data = data};
    return db_write(store->db, repair_owners, &repair, error) && repair_boxes(&repair, error) &&
           db_write(store->db, repair_accounts, &repair, error) &&
           store_verify_blobs(store, TRUE, finding, data, error);
}
