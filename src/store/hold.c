/* The marks of hold.h. Mailboxes that were deleted are known by their mark (`gone`), which keeps
 * their account since then. */
#include "store/hold.h"

#include "store/internal.h"

const char store_hold_schema[] = "CREATE TABLE hold(account INTEGER PRIMARY KEY) STRICT;"
                                 /* 0: deleted before accounts were noted */
                                 "ALTER TABLE gone ADD COLUMN account INTEGER NOT NULL DEFAULT 0;";

gboolean store_hold_put(DbConn *conn, gint64 account, gboolean on, GError **error) {
    DbStmt *stmt = on ? db_prepare(conn, "INSERT OR IGNORE INTO hold(account) VALUES(?)")
                      : db_prepare(conn, "DELETE FROM hold WHERE account = ?");
    db_bind_int(stmt, 1, account);
    return db_run(stmt, error);
}

static gboolean ask(DbStmt *stmt, gboolean *yes, GError **error) {
    DbStep step = db_step(stmt, error);
    *yes = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean store_is_held(DbConn *conn, gint64 account, gboolean *held, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM hold WHERE account = ?");
    db_bind_int(stmt, 1, account);
    return ask(stmt, held, error);
}

gboolean store_is_mailbox_held(DbConn *conn, gint64 mailbox, gboolean *held, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM hold WHERE account IN"
                                    " (SELECT account FROM mailbox WHERE id = ?1"
                                    " UNION ALL SELECT account FROM gone WHERE mailbox = ?1)");
    db_bind_int(stmt, 1, mailbox);
    return ask(stmt, held, error);
}

gboolean store_hold_each(DbConn *conn, void (*each)(gint64 account, gpointer data), gpointer data,
                         GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account FROM hold ORDER BY account");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        each(db_column_int(stmt, 0), data);
    return step == DB_DONE;
}

gboolean store_hold_kept(DbConn *conn, gint64 account, StoreKept *out, GError **error) {
    /* Expunged ones of its mailboxes, and all of the deleted mailboxes. */
    DbStmt *stmt = db_prepare(
        conn, "WITH box(id, gone) AS (SELECT id, 0 FROM mailbox WHERE account = ?1"
              " UNION ALL SELECT mailbox, 1 FROM gone WHERE account = ?1)"
              " SELECT count(*), coalesce(sum(size), 0) FROM ("
              " SELECT e.size FROM box JOIN expunged e"
              " ON e.key BETWEEN box.id << 32 AND (box.id << 32 | 4294967295)"
              " UNION ALL SELECT m.size FROM box JOIN message m"
              " ON m.key BETWEEN box.id << 32 AND (box.id << 32 | 4294967295) WHERE box.gone = 1)");
    db_bind_int(stmt, 1, account);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    *out = (StoreKept){db_column_int(stmt, 0), db_column_int(stmt, 1)};
    db_reset(stmt);
    return TRUE;
}
