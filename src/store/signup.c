/* The count of signup.h: one upsert. */
#include "store/signup.h"

#include "store/internal.h"

const char store_signup_schema[] = "CREATE TABLE signup("
                                   " account INTEGER NOT NULL,"
                                   " month INTEGER NOT NULL," /* 202211 */
                                   " service TEXT NOT NULL,"
                                   " messages INTEGER NOT NULL,"
                                   " confirmations INTEGER NOT NULL,"
                                   " first INTEGER NOT NULL," /* Unix microseconds */
                                   " last INTEGER NOT NULL,"
                                   " PRIMARY KEY(month, account, service)) STRICT, WITHOUT ROWID;";

gboolean store_signup_count(DbConn *conn, const StoreSignup *seen, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO signup(account, month, service, messages,"
                                    " confirmations, first, last) VALUES(?1, ?2, ?3, 1, ?4, ?5, ?5)"
                                    " ON CONFLICT(month, account, service) DO UPDATE SET"
                                    " messages = messages + 1,"
                                    " confirmations = confirmations + ?4, last = ?5");
    db_bind(stmt, "iitii", seen->account, seen->month, seen->service, seen->confirmations,
            seen->last);
    return db_run(stmt, error);
}

gboolean store_signup_each(DbConn *conn, gint64 from, gint64 until, StoreSignupEach each,
                           gpointer data, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT account, service, month, messages, confirmations, first,"
                         " last FROM signup WHERE month BETWEEN ? AND ?"
                         " ORDER BY month DESC, confirmations DESC, messages DESC,"
                         " account, service");
    db_bind(stmt, "ii", from, until);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreSignup seen = {
            .account = db_column_int(stmt, 0),
            .service = db_column_text(stmt, 1),
            .month = db_column_int(stmt, 2),
            .messages = db_column_int(stmt, 3),
            .confirmations = db_column_int(stmt, 4),
            .first = db_column_int(stmt, 5),
            .last = db_column_int(stmt, 6),
        };
        each(&seen, data);
    }
    return step != DB_FAILED;
}
