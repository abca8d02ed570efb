/* The store itself and its accounts; see store.h. An account is a row with the numbers that its
 * mailboxes share; it comes with INBOX and the mailboxes for special uses, which clients expect. */
#include "store/internal.h"

#include "base/clock.h"

Store *store_open(Db *mail, BlobStore *blobs, GError **error) {
    Store *store = g_new0(Store, 1);
    store->db = mail;
    store->blobs = blobs;
    store->slice = STORE_SLICE;
    store->receptions = STORE_INTAKE_RETENTION;
    store_watch_init(store);
    return store;
}

void store_close(Store *store) {
    if (store == NULL)
        return;
    store_watch_clear(store);
    g_free(store);
}

void store_set_receptions(Store *store, gint64 microseconds) {
    store->receptions = MAX(microseconds, STORE_INTAKE_RETENTION);
}

void store_set_judge(Store *store, StoreJudge judge, gpointer data) {
    store->judge = judge;
    store->judge_data = data;
}

gboolean store_judge(Store *store, const StoreJudged *judged, GError **error) {
    return store->judge == NULL || store->judge(judged, store->judge_data, error);
}

Db *store_db(Store *store) {
    return store->db;
}

BlobStore *store_blobs(Store *store) {
    return store->blobs;
}

/* RFC 6154 2: the names are free, the uses are not. */
static const struct {
    const char *name;
    StoreUse use;
} first_mailboxes[] = {
    {"INBOX", STORE_USE_NONE},      {"Drafts", STORE_USE_DRAFTS}, {"Sent", STORE_USE_SENT},
    {"Archive", STORE_USE_ARCHIVE}, {"Junk", STORE_USE_JUNK},     {"Trash", STORE_USE_TRASH},
};

static gboolean account_make(DbConn *conn, gint64 account, gint64 quota_limit, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO account(id, modseq, next_id, horizon, quota_limit,"
                                    " quota_used, messages) VALUES(?, 1, 1, 0, ?, 0, 0)");
    db_bind(stmt, "ii", account, quota_limit);
    if (!db_run(stmt, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(first_mailboxes); i++) {
        gint64 id;
        if (!store_subscription_set(conn, account, first_mailboxes[i].name, TRUE, error) ||
            !store_mailbox_add(conn, account, first_mailboxes[i].name, first_mailboxes[i].use, &id,
                               error))
            return FALSE;
    }
    return TRUE;
}

gboolean store_account_put(Store *store, DbConn *conn, gint64 account, gint64 quota_limit,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT quota_limit FROM account WHERE id = ?");
    db_bind_int(stmt, 1, account);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    if (step == DB_DONE)
        return account_make(conn, account, quota_limit, error);
    gboolean same = db_column_int(stmt, 0) == quota_limit;
    db_reset(stmt);
    if (same)
        return TRUE;
    stmt = db_prepare(conn, "UPDATE account SET quota_limit = ? WHERE id = ?");
    db_bind(stmt, "ii", quota_limit, account);
    return db_run(stmt, error);
}

typedef struct {
    Store *store;
    gint64 account, quota_limit;
} Ensure;

static gboolean ensure_work(DbConn *conn, gpointer data, GError **error) {
    Ensure *ensure = data;
    return store_account_put(ensure->store, conn, ensure->account, ensure->quota_limit, error);
}

gboolean store_account_ensure(Store *store, gint64 account, gint64 quota_limit, GError **error) {
    Ensure ensure = {store, account, quota_limit};
    return db_write(store->db, ensure_work, &ensure, error);
}

gboolean store_account_each(DbConn *conn,
                            void (*each)(gint64 account, gint64 quota_limit, gpointer data),
                            gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, quota_limit FROM account ORDER BY id");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), db_column_int(stmt, 1), data);
    return step == DB_DONE;
}

gboolean store_account_each_used(DbConn *conn,
                                 void (*each)(gint64 account, gint64 used, gpointer data),
                                 gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, quota_used FROM account ORDER BY id");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), db_column_int(stmt, 1), data);
    return step == DB_DONE;
}

gboolean store_account_get(Store *store, DbConn *conn, gint64 account, StoreAccount *out,
                           GError **error) {
    StoreOwner owner;
    if (!store_owner_load(conn, account, &owner, error))
        return FALSE;
    *out = (StoreAccount){
        .account = account,
        .quota_limit = owner.quota_limit,
        .quota_used = owner.quota_used,
        .messages = owner.messages,
        .modseq = owner.modseq,
    };
    return TRUE;
}
