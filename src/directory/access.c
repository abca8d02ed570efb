/* An approved access is a delegation that may only look; its row here says who asked, who approved
 * and whether the owner was told. */
#include "directory/access.h"

#include "directory/internal.h"

#include <string.h>

const char directory_schema_access[] =
    "CREATE TABLE access("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " account INTEGER NOT NULL REFERENCES account(id)," /* whose mailbox */
    " reader INTEGER NOT NULL REFERENCES account(id),"
    " days INTEGER NOT NULL,"
    " ground TEXT NOT NULL,"
    " asked_by TEXT NOT NULL,"
    " asked INTEGER NOT NULL,"                              /* Unix microseconds */
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3)," /* DirectoryAccessState */
    " decided_by TEXT NOT NULL DEFAULT '',"
    " decided_why TEXT NOT NULL DEFAULT '',"
    " decided INTEGER NOT NULL DEFAULT 0,"
    " delegation INTEGER," /* while it was approved */
    " since INTEGER NOT NULL DEFAULT 0,"
    " until INTEGER NOT NULL DEFAULT 0,"
    " told INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX access_account ON access(account);"
    "CREATE INDEX access_untold ON access(until) WHERE state IN (1, 3) AND told = 0;";

const char *directory_access_state_name(DirectoryAccessState state) {
    static const char *const names[] = {"asked", "approved", "refused", "over"};
    return names[state];
}

static char *name_of(gint64 id) {
    return g_strdup_printf("TC-%" G_GINT64_FORMAT, id);
}

static char *json_of(gint64 id, const char *reader, gint64 days) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    g_autofree char *name = name_of(id);
    json_open(&w, NULL, '{');
    json_text(&w, "access", name);
    json_text(&w, "reader", reader);
    json_int(&w, "days", days);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

/* ---- Asking ---- */

typedef struct {
    Directory *directory;
    const DirectoryNewAccess *new;
    const AuditAct *act;
    gint64 id;
} Ask;

static gboolean check_parties(const DirectoryAccount *account, const DirectoryAccount *reader,
                              GError **error) {
    if (account->id == reader->id)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "không cần cho phép đọc hộp thư của chính mình; it is the own mailbox");
    if (reader->kind != DIRECTORY_PERSON || reader->state != DIRECTORY_ACTIVE)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "%s phải là tài khoản cá nhân đang hoạt động; the reader must be a person's "
                       "active account",
                       reader->address);
    return account->kind != DIRECTORY_SERVICE ||
           cv_fail(error, CV_ERROR_REFUSED,
                   "hộp thư dịch vụ được giao bằng account delegate; a service's mailbox is "
                   "delegated instead");
}

static gboolean ask_work(DbConn *conn, gpointer data, GError **error) {
    Ask *a = data;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(a->directory, conn, a->new->account, error);
    g_autoptr(DirectoryAccount) reader =
        account == NULL ? NULL
                        : directory_account_find_in(a->directory, conn, a->new->reader, error);
    if (reader == NULL || !check_parties(account, reader, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO access(account, reader, days, ground, asked_by,"
                                    " asked, state) VALUES(?, ?, ?, ?, ?, ?, 0)");
    db_bind(stmt, "iiitti", account->id, reader->id, a->new->days, a->act->ground, a->act->who,
            clock_now());
    if (!db_run(stmt, error))
        return FALSE;
    a->id = db_last_insert_id(conn);
    g_autofree char *after = json_of(a->id, reader->address, a->new->days);
    return directory_account_audit(conn, a->act, "access.ask", account->address, NULL, after, NULL,
                                   error);
}

gboolean directory_access_ask(Directory *d, const DirectoryNewAccess *new, const AuditAct *act,
                              gint64 *id, GError **error) {
    if (act->ground == NULL || *act->ground == '\0')
        return cv_fail(error, CV_ERROR_INPUT,
                       "cần số văn bản hoặc căn cứ để đọc hộp thư của người khác (Điều 10.1.c); "
                       "say on what ground");
    if (new->days < 1 || new->days > ACCESS_DAYS_MOST)
        return cv_fail(error, CV_ERROR_INPUT,
                       "thời hạn phải từ 1 đến %d ngày; it must be from 1 to %d days",
                       ACCESS_DAYS_MOST, ACCESS_DAYS_MOST);
    Ask ask = {d, new, act, 0};
    if (!db_write(d->db, ask_work, &ask, error))
        return FALSE;
    *id = ask.id;
    return TRUE;
}

/* ---- Deciding ---- */

typedef struct {
    Directory *directory;
    gint64 id;
    gboolean approve;
    const AuditAct *act;
} Decide;

typedef struct {
    gint64 account, reader, days, delegation;
    DirectoryAccessState state;
    char *asked_by, *ground;
} Row;

static void row_clear(Row *row) {
    g_free(row->asked_by);
    g_free(row->ground);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

static gboolean read_row(DbConn *conn, gint64 id, Row *row, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account, reader, days, state, asked_by, ground,"
                                    " coalesce(delegation, 0) FROM access WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *row = (Row){.account = db_column_int(stmt, 0),
                     .reader = db_column_int(stmt, 1),
                     .days = db_column_int(stmt, 2),
                     .state = (DirectoryAccessState)db_column_int(stmt, 3),
                     .asked_by = g_strdup(db_column_text(stmt, 4)),
                     .ground = g_strdup(db_column_text(stmt, 5)),
                     .delegation = db_column_int(stmt, 6)};
    db_reset(stmt);
    return step == DB_ROW ||
           (step == DB_DONE &&
            cv_fail(error, CV_ERROR_NOT_FOUND,
                    "không có yêu cầu TC-%" G_GINT64_FORMAT "; there is none", id));
}

/* "a@b" and "a@b (api)" are one person. */
static gboolean is_person(const char *who, const char *address) {
    gsize n = strlen(address);
    return strncmp(who, address, n) == 0 && (who[n] == '\0' || who[n] == ' ');
}

/* Two people: who asked does not decide, nor does the one who would read, nor the one who is read
 * (who may refuse, though, when a role lets it). */
static gboolean check_second_person(const Decide *c, const Row *row, const char *account,
                                    const char *reader, GError **error) {
    const char *who = c->act->who;
    if (!c->approve ||
        (!g_str_equal(who, row->asked_by) && !is_person(who, reader) && !is_person(who, account)))
        return TRUE;
    return cv_fail(error, CV_ERROR_REFUSED,
                   "phải do người thứ hai quyết định, không phải người đề nghị, người đọc hoặc chủ "
                   "hộp thư (Điều 10.1.c); a second person decides: neither who asked, nor the "
                   "reader, nor the owner");
}

static gboolean add_delegation(const Decide *c, DbConn *conn, const Row *row, gint64 until,
                               GError **error) {
    g_autofree char *name = name_of(c->id);
    g_autofree char *document = g_strdup_printf("%s: %s", name, row->ground);
    DbStmt *stmt = db_prepare(conn, "INSERT INTO delegation(account, grantee, may, since, until,"
                                    " document, phase) VALUES(?, ?, ?, ?, ?, ?, 1)");
    db_bind(stmt, "iiiiit", row->account, row->reader, (gint64)DIRECTORY_MAY_LOOK, clock_now(),
            until, document);
    if (!db_run(stmt, error))
        return FALSE;
    gint64 delegation = db_last_insert_id(conn);
    stmt = db_prepare(conn, "UPDATE access SET delegation = ?, since = ?, until = ? WHERE id = ?");
    db_bind(stmt, "iiii", delegation, clock_now(), until, c->id);
    return db_run(stmt, error);
}

static gboolean set_state(const Decide *c, DbConn *conn, DirectoryAccessState state,
                          GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE access SET state = ?, decided_by = ?, decided_why = ?,"
                                    " decided = ? WHERE id = ?");
    db_bind(stmt, "ittii", (gint64)state, c->act->who, c->act->ground, clock_now(), c->id);
    return db_run(stmt, error);
}

static gboolean decide_work(DbConn *conn, gpointer data, GError **error) {
    const Decide *c = data;
    Directory *d = c->directory;
    g_auto(Row) row = {0};
    if (!read_row(conn, c->id, &row, error))
        return FALSE;
    g_autoptr(DirectoryAccount) account = directory_account_in(d, conn, row.account, error);
    g_autoptr(DirectoryAccount) reader =
        account == NULL ? NULL : directory_account_in(d, conn, row.reader, error);
    if (reader == NULL)
        return FALSE;
    if (row.state != ACCESS_ASKED)
        return cv_fail(error, CV_ERROR_EXISTS, "đã được quyết định; it was decided already");
    gint64 until = clock_now() + row.days * 86400 * CLOCK_SECOND, seq = 0;
    if (!check_second_person(c, &row, account->address, reader->address, error) ||
        !set_state(c, conn, c->approve ? ACCESS_APPROVED : ACCESS_REFUSED, error) ||
        (c->approve &&
         (!check_parties(account, reader, error) || !add_delegation(c, conn, &row, until, error))))
        return FALSE;
    g_autofree char *after = json_of(c->id, reader->address, row.days);
    if (!directory_account_audit(conn, c->act, c->approve ? "access.approve" : "access.refuse",
                                 account->address, NULL, after, &seq, error) ||
        (c->approve && !directory_mark(conn, account->id, seq, error)))
        return FALSE;
    directory_notify(d, conn, account->id);
    directory_notify(d, conn, reader->id);
    return TRUE;
}

gboolean directory_access_decide(Directory *d, gint64 id, gboolean approve, const AuditAct *act,
                                 GError **error) {
    Decide decide = {d, id, approve, act};
    return db_write(d->db, decide_work, &decide, error);
}

/* ---- Ending ---- */

static gboolean end_work(DbConn *conn, gpointer data, GError **error) {
    const Decide *c = data;
    Directory *d = c->directory;
    g_auto(Row) row = {0};
    if (!read_row(conn, c->id, &row, error))
        return FALSE;
    g_autoptr(DirectoryAccount) account = directory_account_in(d, conn, row.account, error);
    g_autoptr(DirectoryAccount) reader =
        account == NULL ? NULL : directory_account_in(d, conn, row.reader, error);
    if (reader == NULL)
        return FALSE;
    if (row.state == ACCESS_REFUSED || row.state == ACCESS_OVER)
        return cv_fail(error, CV_ERROR_EXISTS, "đã kết thúc; it is over already");
    gint64 now = clock_now(), seq = 0;
    DbStmt *stmt = db_prepare(conn, "UPDATE access SET state = ?, until = min(until, ?)"
                                    " WHERE id = ?");
    db_bind(stmt, "iii", (gint64)(row.state == ACCESS_ASKED ? ACCESS_REFUSED : ACCESS_OVER), now,
            c->id);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE delegation SET phase = 2, until = min(until, ?) WHERE id = ?"
                            " AND phase < 2");
    db_bind(stmt, "ii", now, row.delegation);
    g_autofree char *after = json_of(c->id, reader->address, row.days);
    if (!db_run(stmt, error) ||
        !directory_account_audit(conn, c->act, "access.end", account->address, NULL, after, &seq,
                                 error) ||
        !directory_mark(conn, account->id, seq, error))
        return FALSE;
    directory_notify(d, conn, account->id);
    directory_notify(d, conn, reader->id);
    return TRUE;
}

gboolean directory_access_end(Directory *d, gint64 id, const AuditAct *act, GError **error) {
    Decide end = {d, id, FALSE, act};
    return db_write(d->db, end_work, &end, error);
}

/* ---- The owner is told ---- */

typedef struct {
    gint64 id;
    const char *why; /* NULL: the letter is in the mailbox */
} Told;

static gboolean told_work(DbConn *conn, gpointer data, GError **error) {
    const Told *told = data;
    static const AuditAct act = {"congvu", "Điều 10.1.c"};
    DbStmt *stmt =
        db_prepare(conn, "UPDATE access SET told = ?, state = ? WHERE id = ? AND told = 0");
    db_bind(stmt, "iii", clock_now(), (gint64)ACCESS_OVER, told->id);
    if (!db_run(stmt, error))
        return FALSE;
    g_autofree char *name = name_of(told->id);
    g_autofree char *after = told->why == NULL ? NULL : directory_json_text("not_told", told->why);
    AuditChange change = {"access.told", name, NULL, after};
    return audit_append(conn, &act, &change, NULL, error);
}

gboolean directory_access_told(Directory *d, gint64 id, const char *why, GError **error) {
    Told told = {id, why};
    return db_write(d->db, told_work, &told, error);
}

/* ---- Showing ---- */

#define COLUMNS                                                                                    \
    "x.id, x.account, coalesce(a.unit, 0), a.local, a.name, r.local, x.state, x.days, x.ground,"   \
    " x.asked_by, x.decided_by, x.decided_why, x.asked, x.decided, x.since, x.until, x.told"       \
    " FROM access x JOIN account a ON a.id = x.account JOIN account r ON r.id = x.reader"

static gboolean walk(Directory *d, DbStmt *stmt, DirectoryAccessEach each, gpointer data,
                     GError **error) {
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *address = g_strconcat(db_column_text(stmt, 3), "@", d->domain, NULL);
        g_autofree char *reader = g_strconcat(db_column_text(stmt, 5), "@", d->domain, NULL);
        DirectoryAccess access = {
            .id = db_column_int(stmt, 0),
            .account = db_column_int(stmt, 1),
            .unit = db_column_int(stmt, 2),
            .address = address,
            .name = db_column_text(stmt, 4),
            .reader = reader,
            .state = (DirectoryAccessState)db_column_int(stmt, 6),
            .days = db_column_int(stmt, 7),
            .ground = db_column_text(stmt, 8),
            .asked_by = db_column_text(stmt, 9),
            .decided_by = db_column_text(stmt, 10),
            .decided_why = db_column_text(stmt, 11),
            .asked = db_column_int(stmt, 12),
            .decided = db_column_int(stmt, 13),
            .since = db_column_int(stmt, 14),
            .until = db_column_int(stmt, 15),
            .told = db_column_int(stmt, 16),
        };
        if (access.state == ACCESS_APPROVED && access.until <= clock_now())
            access.state = ACCESS_OVER;
        if (!each(&access, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean directory_access_each(Directory *d, gint64 id, gint64 account, DirectoryAccessEach each,
                               gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " WHERE (?1 = 0 OR x.id = ?1)"
                                    " AND (?2 = 0 OR x.account = ?2) ORDER BY x.id DESC");
    db_bind(stmt, "ii", id, account);
    return walk(d, stmt, each, data, error);
}

gboolean directory_access_untold(Directory *d, DirectoryAccessEach each, gpointer data,
                                 GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " WHERE x.state IN (1, 3) AND x.told = 0"
                                    " AND x.until <= ? ORDER BY x.id");
    db_bind(stmt, "i", clock_now());
    return walk(d, stmt, each, data, error);
}

gboolean directory_access_valid(Directory *d, gint64 id, gint64 account, gboolean *valid,
                                GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM access WHERE id = ? AND account = ? AND"
                                    " state = 1 AND until > ?");
    db_bind(stmt, "iii", id, account, clock_now());
    DbStep step = db_step(stmt, error);
    *valid = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}
