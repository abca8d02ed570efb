/* Subscriptions: names that an account's clients show. They outlive the mailboxes they name. */
#include "store/internal.h"

gboolean store_subscription_set(DbConn *conn, gint64 account, const char *name, gboolean on,
                                GError **error) {
    DbStmt *stmt =
        on ? db_prepare(conn, "INSERT OR IGNORE INTO subscription(account, name) VALUES(?,?)")
           : db_prepare(conn, "DELETE FROM subscription WHERE account = ? AND name = ?");
    db_bind(stmt, "it", account, name);
    return db_run(stmt, error);
}

typedef struct {
    Store *store;
    gint64 account;
    const char *name;
    gboolean on;
} Subscribe;

static gboolean check_count(DbConn *conn, gint64 account, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM subscription WHERE account = ?");
    db_bind_int(stmt, 1, account);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    gint64 count = db_column_int(stmt, 0);
    db_reset(stmt);
    return count < STORE_MAILBOX_COUNT * 2 ||
           cv_fail(error, CV_ERROR_LIMIT, "an account may have %d subscriptions",
                   STORE_MAILBOX_COUNT * 2);
}

/* The name may be nobody's, or of a mailbox of another account. */
static gboolean log_subscribed(DbConn *conn, const Subscribe *task, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, uidvalidity FROM mailbox WHERE account = ?"
                                    " AND name = ?");
    db_bind(stmt, "it", task->account, task->name);
    DbStep step = db_step(stmt, error);
    StoreBox box = {.account = task->account};
    if (step == DB_ROW) {
        box.id = db_column_int(stmt, 0);
        box.uidvalidity = (guint32)db_column_int(stmt, 1);
    }
    db_reset(stmt);
    return step == DB_DONE ||
           (step == DB_ROW && store_log_mailbox(conn, &box, STORE_KIND_BOX_CHANGED, error));
}

static gboolean subscribe_work(DbConn *conn, gpointer data, GError **error) {
    Subscribe *task = data;
    return (!task->on || check_count(conn, task->account, error)) &&
           store_subscription_set(conn, task->account, task->name, task->on, error) &&
           (db_changes(conn) == 0 ||
            (log_subscribed(conn, task, error) &&
             store_publish_account(task->store, conn, task->account, STORE_EVENT_LIST, error)));
}

/* A subscribed name need not exist, and stays subscribed when its mailbox goes (RFC 9051 6.3.7). */
gboolean store_subscribe(Store *store, gint64 account, const char *name, gboolean on,
                         GError **error) {
    g_autofree char *stored = store_name_normalise(name, error);
    if (stored == NULL)
        return FALSE;
    Subscribe task = {store, account, stored, on};
    return db_write(store->db, subscribe_work, &task, error);
}

GPtrArray *store_subscriptions(Store *store, DbConn *conn, gint64 account, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    DbStmt *stmt =
        db_prepare(conn, "SELECT name FROM subscription WHERE account = ? ORDER BY name");
    db_bind_int(stmt, 1, account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(names, g_strdup(db_column_text(stmt, 0)));
    return step == DB_DONE ? g_steal_pointer(&names) : NULL;
}
