/* What the requests of units, and mail of services that people sign up at, bring to the report. */
#include "casework/report.h"
#include "casework/request.h"
#include "store/signup.h"

static const ReportKind kind_of[REQUEST_ACTS] = {
    [REQUEST_ACT_UNKNOWN] = REPORT_OTHER, [REQUEST_ACT_NEW] = REPORT_NEW,
    [REQUEST_ACT_LOCK] = REPORT_LOCK,     [REQUEST_ACT_CLOSE] = REPORT_CANCEL,
    [REQUEST_ACT_CHANGE] = REPORT_CHANGE, [REQUEST_ACT_UNLOCK] = REPORT_OTHER,
    [REQUEST_ACT_RESET] = REPORT_OTHER,
};

/* The first moment of a day in Vietnam, Unix microseconds. */
static gint64 begin_of(CalendarDay day) {
    return ((gint64)day * 24 - 7) * 3600 * G_USEC_PER_SEC;
}

gboolean report_requests(Directory *directory, CalendarDay from, CalendarDay until,
                         void (*each)(gint64 unit, ReportKind kind, gint64 count, gpointer data),
                         gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(directory), error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT r.unit, l.act, count(*) FROM request r"
                                    " JOIN request_line l ON l.request = r.id"
                                    " WHERE r.received >= ? AND r.received < ?"
                                    " GROUP BY r.unit, l.act");
    db_bind(stmt, "ii", begin_of(from), begin_of(until + 1));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 act = db_column_int(stmt, 1);
        ReportKind kind = act >= 0 && act < REQUEST_ACTS ? kind_of[act] : REPORT_OTHER;
        each(db_column_int(stmt, 0), kind, db_column_int(stmt, 2), data);
    }
    return step == DB_DONE;
}

/* 202211 */
static gint64 month_of(CalendarDay day) {
    char text[11];
    guint64 year = 0, month = 0;
    calendar_format(day, text);
    bytes_parse_u64(bytes_of(text, 4), &year);
    bytes_parse_u64(bytes_of(text + 5, 2), &month);
    return (gint64)(year * 100 + month);
}

static void take_signup(const StoreSignup *seen, gpointer accounts) {
    if (seen->confirmations > 0)
        g_hash_table_add(accounts, GSIZE_TO_POINTER((gsize)seen->account));
}

gboolean report_signups(Db *mail, CalendarDay from, CalendarDay until, GHashTable *accounts,
                        GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(mail, error);
    return conn != NULL &&
           store_signup_each(conn, month_of(from), month_of(until), take_signup, accounts, error);
}
