/* One table: of an account, or of a case by its name. What time alone changes (a hold that ends) is
 * noticed by directory_holds_turn, as with delegations. */
#include "directory/hold.h"

#include "directory/internal.h"

const char directory_schema_holds[] =
    "CREATE TABLE legal_hold("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " account INTEGER REFERENCES account(id)," /* NULL: a case */
    " what TEXT NOT NULL,"                     /* 'request 12'; '' of an account */
    " reason TEXT NOT NULL,"
    " ground TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " since INTEGER NOT NULL,"           /* Unix microseconds */
    " until INTEGER NOT NULL,"           /* 0: open */
    " ended INTEGER NOT NULL DEFAULT 0," /* 0: in force */
    " ended_by TEXT NOT NULL DEFAULT '',"
    " ended_why TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX legal_hold_account ON legal_hold(account) WHERE ended = 0;"
    "CREATE INDEX legal_hold_what ON legal_hold(what) WHERE ended = 0 AND what <> '';";

char *directory_case_name(const char *kind, gint64 number) {
    return g_strdup_printf("%s %" G_GINT64_FORMAT, kind, number);
}

static gboolean ask(DbStmt *stmt, gboolean *yes, GError **error) {
    DbStep step = db_step(stmt, error);
    *yes = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean directory_case_held(DbConn *conn, const char *name, gboolean *held, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM legal_hold WHERE what = ? AND what <> ''"
                                    " AND ended = 0 LIMIT 1");
    db_bind(stmt, "t", name);
    return ask(stmt, held, error);
}

gboolean directory_account_held(Directory *d, gint64 account, gboolean *held, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT 1 FROM legal_hold WHERE account = ? AND ended = 0 LIMIT 1");
    db_bind(stmt, "i", account);
    return ask(stmt, held, error);
}

/* ---- Changing ---- */

static char *json_of(gint64 id, const char *reason, gint64 until) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    g_autofree char *end = until == 0 ? NULL : clock_format_iso(until);
    json_open(&w, NULL, '{');
    json_int(&w, "hold", id);
    json_text(&w, "reason", reason);
    json_text(&w, "until", end);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

/* The record, and what the store must hear. subject: an address or the case. */
static gboolean record(Directory *d, DbConn *conn, const AuditAct *act, const char *what,
                       const char *subject, gint64 account, const char *after, GError **error) {
    gint64 seq = 0;
    AuditChange change = {what, subject, NULL, after};
    if (!audit_append(conn, act, &change, &seq, error))
        return FALSE;
    if (account == 0)
        return TRUE;
    if (!directory_mark(conn, account, seq, error))
        return FALSE;
    directory_notify(d, conn, account);
    return TRUE;
}

typedef struct {
    Directory *directory;
    const DirectoryNewHold *new;
    const AuditAct *act;
    gint64 id;
} Begin;

static gboolean case_exists(DbConn *conn, const char *what, GError **error) {
    Reader r = reader_of(bytes_of_string(what));
    guint64 number;
    if (!reader_skip(&r, "request ") || !reader_u64(&r, &number) || !reader_done(&r))
        return TRUE; /* of another register, which knows its own */
    gboolean found;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM request WHERE id = ?");
    db_bind(stmt, "i", (gint64)MIN(number, G_MAXINT64));
    return ask(stmt, &found, error) &&
           (found ||
            cv_fail(error, CV_ERROR_NOT_FOUND,
                    "không có đề nghị số %" G_GUINT64_FORMAT "; there is no such request", number));
}

static gboolean begin_work(DbConn *conn, gpointer data, GError **error) {
    Begin *b = data;
    const DirectoryNewHold *new = b->new;
    g_autoptr(DirectoryAccount) account = NULL;
    if (new->account != NULL
            ? (account = directory_account_find_in(b->directory, conn, new->account, error)) == NULL
            : !case_exists(conn, new->what, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO legal_hold(account, what, reason, ground, who,"
                                    " since, until) VALUES(nullif(?, 0), ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "ittttii", account == NULL ? (gint64)0 : account->id,
            account == NULL ? new->what : "", new->reason, b->act->ground, b->act->who, clock_now(),
            new->until);
    if (!db_run(stmt, error))
        return FALSE;
    b->id = db_last_insert_id(conn);
    g_autofree char *after = json_of(b->id, new->reason, new->until);
    return record(b->directory, conn, b->act, "hold.begin",
                  account == NULL ? new->what : account->address, account == NULL ? 0 : account->id,
                  after, error);
}

static gboolean is_given(const char *text) {
    return text != NULL && *text != '\0';
}

gboolean directory_hold_begin(Directory *d, const DirectoryNewHold *new, const AuditAct *act,
                              gint64 *id, GError **error) {
    if (is_given(new->account) == is_given(new->what))
        return cv_fail(error, CV_ERROR_INPUT,
                       "giữ nguyên một tài khoản hoặc một hồ sơ; name an account or a case");
    if (!is_given(new->reason))
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần lý do giữ nguyên; say why nothing of it may be deleted");
    if (new->until != 0 && new->until <= clock_now())
        return cv_fail(error, CV_ERROR_INPUT,
                       "thời hạn giữ nguyên đã qua; the hold would be over already");
    DirectoryNewHold whole = *new;
    if (!is_given(whole.account))
        whole.account = NULL;
    Begin begin = {d, &whole, act, 0};
    if (!db_write(d->db, begin_work, &begin, error))
        return FALSE;
    *id = begin.id;
    return TRUE;
}

typedef struct {
    Directory *directory;
    const AuditAct *act;
    gint64 id;
} End;

static gboolean end_one(Directory *d, DbConn *conn, gint64 id, const AuditAct *act,
                        GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account, what, reason, until, ended FROM legal_hold"
                                    " WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_FAILED
                   ? FALSE
                   : cv_fail(error, CV_ERROR_NOT_FOUND,
                             "không có việc giữ nguyên số này; there is no hold %" G_GINT64_FORMAT,
                             id);
    gint64 number = db_column_int(stmt, 0);
    g_autofree char *what = g_strdup(db_column_text(stmt, 1));
    g_autofree char *after = json_of(id, db_column_text(stmt, 2), db_column_int(stmt, 3));
    gboolean over = db_column_int(stmt, 4) != 0;
    db_reset(stmt);
    if (over)
        return cv_fail(error, CV_ERROR_EXISTS, "việc giữ nguyên đã kết thúc; the hold has ended");
    g_autoptr(DirectoryAccount) account = NULL;
    if (number != 0 && (account = directory_account_in(d, conn, number, error)) == NULL)
        return FALSE;
    stmt = db_prepare(conn, "UPDATE legal_hold SET ended = ?, ended_by = ?, ended_why = ?"
                            " WHERE id = ?");
    db_bind(stmt, "itti", clock_now(), act->who, act->ground, id);
    return db_run(stmt, error) &&
           record(d, conn, act, "hold.end", account == NULL ? what : account->address, number,
                  after, error);
}

static gboolean end_work(DbConn *conn, gpointer data, GError **error) {
    const End *end = data;
    return end_one(end->directory, conn, end->id, end->act, error);
}

gboolean directory_hold_end(Directory *d, gint64 id, const AuditAct *act, GError **error) {
    End end = {d, act, id};
    return db_write(d->db, end_work, &end, error);
}

/* ---- By time ---- */

#define DUE "ended = 0 AND until <> 0 AND until <= ?"

static gint64 next_due(DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM legal_hold WHERE " DUE " LIMIT 1");
    db_bind(stmt, "i", clock_now());
    DbStep step = db_step(stmt, error);
    gint64 id = step == DB_ROW ? db_column_int(stmt, 0) : step == DB_DONE ? 0 : -1;
    db_reset(stmt);
    return id;
}

static gboolean turn_all(DbConn *conn, gpointer data, GError **error) {
    static const AuditAct act = {"congvu", "hết thời hạn giữ nguyên"};
    gint64 id;
    while ((id = next_due(conn, error)) > 0)
        if (!end_one(data, conn, id, &act, error))
            return FALSE;
    return id == 0;
}

gboolean directory_holds_turn(Directory *d, GError **error) {
    DbConn *conn = db_read_begin(d->db, error);
    gint64 id = conn == NULL ? -1 : next_due(conn, error);
    g_clear_pointer(&conn, db_read_end);
    return id == 0 || (id > 0 && db_write(d->db, turn_all, d, error));
}

/* ---- Showing ---- */

gboolean directory_hold_each(Directory *d, gint64 id, DirectoryHoldEach each, gpointer data,
                             GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "SELECT h.id, a.local, h.what, coalesce(h.account, 0), h.reason, h.ground, h.who,"
              " h.since, h.until, h.ended, h.ended_by, h.ended_why FROM legal_hold h"
              " LEFT JOIN account a ON a.id = h.account WHERE ?1 = 0 OR h.id = ?1"
              " ORDER BY h.id DESC");
    db_bind(stmt, "i", id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *subject = db_column_is_null(stmt, 1)
                                       ? g_strdup(db_column_text(stmt, 2))
                                       : g_strconcat(db_column_text(stmt, 1), "@", d->domain, NULL);
        DirectoryHold hold = {
            .id = db_column_int(stmt, 0),
            .subject = subject,
            .account = db_column_int(stmt, 3),
            .reason = db_column_text(stmt, 4),
            .ground = db_column_text(stmt, 5),
            .who = db_column_text(stmt, 6),
            .since = db_column_int(stmt, 7),
            .until = db_column_int(stmt, 8),
            .ended = db_column_int(stmt, 9),
            .ended_by = db_column_text(stmt, 10),
            .ended_why = db_column_text(stmt, 11),
        };
        if (!each(&hold, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}
