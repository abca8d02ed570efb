/* The count of forwarded.h: one upsert. */
#include "store/forwarded.h"

#include "store/internal.h"

const char store_forwarded_schema[] = "CREATE TABLE forwarded("
                                      " account INTEGER PRIMARY KEY,"
                                      " messages INTEGER NOT NULL,"
                                      " first INTEGER NOT NULL," /* Unix microseconds */
                                      " last INTEGER NOT NULL,"
                                      " forwarder TEXT NOT NULL,"
                                      " sign TEXT NOT NULL) STRICT;";

gboolean store_forwarded_count(DbConn *conn, const StoreForwarded *seen, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO forwarded VALUES(?1, 1, ?2, ?2, ?3, ?4)"
                                    " ON CONFLICT(account) DO UPDATE SET messages = messages + 1,"
                                    " last = ?2, forwarder = ?3, sign = ?4");
    db_bind(stmt, "iitt", seen->account, seen->last, seen->forwarder, seen->sign);
    return db_run(stmt, error);
}

gboolean store_forwarded_each(DbConn *conn, StoreForwardedEach each, gpointer data,
                              GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account, messages, first, last, forwarder, sign"
                                    " FROM forwarded ORDER BY messages DESC, account");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreForwarded seen = {
            .account = db_column_int(stmt, 0),
            .messages = db_column_int(stmt, 1),
            .first = db_column_int(stmt, 2),
            .last = db_column_int(stmt, 3),
            .forwarder = db_column_text(stmt, 4),
            .sign = db_column_text(stmt, 5),
        };
        each(&seen, data);
    }
    return step != DB_FAILED;
}
