/* New UIDVALIDITYs after a restore. What the lost time gave away is not known, so the counter jumps
 * ahead of anything that it can have reached meanwhile. */
#include "store/internal.h"

/* Mailboxes that can have been made between a backup and its restore, beyond one a second. */
#define JUMP "1000000"

/* RFC 9051 2.3.1.1: where UIDs no longer mean what they did, UIDVALIDITY grows. */
static gboolean renew(DbConn *conn, gpointer data, GError **error) {
    if (!db_run(db_prepare(conn, "UPDATE counter SET value = value + " JUMP
                                 " WHERE name = 'uidvalidity'"),
                error))
        return FALSE;
    guint32 first;
    if (!store_uidvalidity_next(conn, &first, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "UPDATE mailbox SET uidvalidity = ? + n FROM"
                                    " (SELECT id AS i, row_number() OVER (ORDER BY id) AS n"
                                    " FROM mailbox) WHERE id = i");
    db_bind_int(stmt, 1, first);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE counter SET value = value + (SELECT count(*) FROM mailbox)"
                            " WHERE name = 'uidvalidity'");
    return db_run(stmt, error);
}

gboolean store_uidvalidity_renew(Store *store, GError **error) {
    return db_write(store->db, renew, NULL, error);
}
