/* Rights on mailboxes (RFC 4314): one entry for each mailbox and account that was given some, and
 * entries for a whole account (mailbox 0), which a delegation makes. A mailbox's own entry replaces
 * the account's, also where it gives less. */
#include "store/internal.h"

/* FALSE: there is no entry (or it could not be read: then there are no rights). */
static gboolean entry(DbConn *conn, gint64 account, gint64 mailbox, gint64 who,
                      StoreRights *rights) {
    DbStmt *stmt = db_prepare(conn, "SELECT rights FROM acl WHERE account = ? AND mailbox = ?"
                                    " AND who = ?");
    db_bind(stmt, "iii", account, mailbox, who);
    gboolean found = db_step(stmt, NULL) == DB_ROW;
    if (found)
        *rights = (StoreRights)db_column_int(stmt, 0) & STORE_RIGHTS_ALL;
    db_reset(stmt);
    return found;
}

StoreRights store_rights(Store *store, DbConn *conn, gint64 mailbox, gint64 who) {
    StoreBox box;
    StoreRights rights = 0;
    if (!store_box_load(conn, mailbox, &box, NULL))
        return 0;
    if (box.account == who)
        return STORE_RIGHTS_ALL;
    if (!entry(conn, box.account, mailbox, who, &rights))
        entry(conn, box.account, 0, who, &rights);
    return rights;
}

typedef struct {
    Store *store;
    gint64 account, mailbox, who;
    StoreRights rights;
} Grant;

static gboolean grant_work(DbConn *conn, gpointer data, GError **error) {
    Grant *grant = data;
    StoreBox box = {0};
    StoreOwner owner;
    if (grant->mailbox == 0 ? !store_owner_load(conn, grant->account, &owner, error)
                            : !store_box_load(conn, grant->mailbox, &box, error))
        return FALSE;
    if (grant->mailbox != 0 && box.account != grant->account)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "the mailbox is not of this account");
    DbStmt *stmt =
        grant->rights == 0
            ? db_prepare(conn, "DELETE FROM acl WHERE account = ? AND mailbox = ? AND who = ?")
            : db_prepare(conn, "INSERT OR REPLACE INTO acl(account, mailbox, who, rights)"
                               " VALUES(?,?,?,?)");
    db_bind(stmt, "iii", grant->account, grant->mailbox, grant->who);
    if (grant->rights != 0)
        db_bind_int(stmt, 4, (gint64)grant->rights);
    if (!db_run(stmt, error))
        return FALSE;
    if (grant->mailbox == 0)
        return store_publish_account(grant->store, conn, grant->account, STORE_EVENT_RIGHTS, error);
    store_publish(grant->store, conn, box.id, box.modseq, STORE_EVENT_RIGHTS);
    /* What the other one can see is another list now. */
    return store_publish_account(grant->store, conn, grant->who, STORE_EVENT_LIST, error);
}

static gboolean has_entry(DbConn *conn, gint64 account, gint64 who, gboolean *has, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT 1 FROM acl WHERE account = ? AND mailbox = 0 AND who = ?");
    db_bind(stmt, "ii", account, who);
    DbStep step = db_step(stmt, error);
    *has = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean store_rights_put(Store *store, DbConn *conn, gint64 account, gint64 who,
                          StoreRights rights, const char *subscribe, GError **error) {
    if (who == account || (rights & ~STORE_RIGHTS_ALL) != 0)
        return cv_fail(error, CV_ERROR_INPUT, "there are no such rights to give");
    gboolean had;
    Grant grant = {store, account, 0, who, rights};
    if (!has_entry(conn, account, who, &had, error) || !grant_work(conn, &grant, error))
        return FALSE;
    if (had || subscribe == NULL || (rights & STORE_RIGHT_LOOKUP) == 0)
        return TRUE;
    return store_subscription_set(conn, who, subscribe, TRUE, error) &&
           store_publish_account(store, conn, who, STORE_EVENT_LIST, error);
}

gboolean store_rights_set(Store *store, gint64 account, gint64 mailbox, gint64 who,
                          StoreRights rights, GError **error) {
    if (who == account)
        return cv_fail(error, CV_ERROR_INPUT, "the owner's rights cannot be changed");
    if ((rights & ~STORE_RIGHTS_ALL) != 0)
        return cv_fail(error, CV_ERROR_INPUT, "there are no such rights");
    Grant grant = {store, account, mailbox, who, rights};
    return db_write(store->db, grant_work, &grant, error);
}

GArray *store_acl_list(Store *store, DbConn *conn, gint64 mailbox, GError **error) {
    StoreBox box;
    if (!store_box_load(conn, mailbox, &box, error))
        return NULL;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(StoreAcl));
    DbStmt *stmt = db_prepare(conn, "SELECT who, rights FROM acl a WHERE account = ?1"
                                    " AND (mailbox = ?2 OR (mailbox = 0 AND NOT EXISTS(SELECT 1"
                                    " FROM acl b WHERE b.account = ?1 AND b.mailbox = ?2"
                                    " AND b.who = a.who))) ORDER BY who");
    db_bind(stmt, "ii", box.account, mailbox);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreAcl acl = {db_column_int(stmt, 0),
                        (StoreRights)db_column_int(stmt, 1) & STORE_RIGHTS_ALL};
        g_array_append_val(list, acl);
    }
    return step == DB_DONE ? g_steal_pointer(&list) : NULL;
}

GArray *store_shared_accounts(Store *store, DbConn *conn, gint64 who, GError **error) {
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(gint64));
    DbStmt *stmt =
        db_prepare(conn, "SELECT DISTINCT account FROM acl WHERE who = ? ORDER BY account");
    db_bind_int(stmt, 1, who);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 account = db_column_int(stmt, 0);
        g_array_append_val(list, account);
    }
    return step == DB_DONE ? g_steal_pointer(&list) : NULL;
}
