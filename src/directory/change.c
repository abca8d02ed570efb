/* Changing an account that exists: state, quota, aliases (its password: password.c). Each is one
 * transaction that changes the row, writes the audit record, marks the account for the store where
 * it matters, and tells the watchers after the commit (sessions end, remembered passwords are
 * forgotten). */
#include "directory/internal.h"

/* What all of them carry into their transaction. */
typedef struct {
    Directory *directory;
    const AuditAct *act;
    const char *address;
    const char *text; /* alias */
    gint64 number;    /* state, quota */
    const Regulation *regulation;
} Change;

static gboolean is_service(const DirectoryAccount *account, GError **error) {
    if (account->kind != DIRECTORY_SERVICE)
        return FALSE;
    cv_fail(error, CV_ERROR_DENIED,
            "%s phải luôn có người nhận, không khóa hay hủy bỏ được; %s must always reach somebody "
            "(RFC 5321 4.5.1): it cannot be locked or closed",
            account->address, account->address);
    return TRUE;
}

/* ---- State [Điều 4.1, 4.2.c] ---- */

static const char *const state_acts[] = {NULL, "account.unlock", "account.lock", "account.close"};

gboolean directory_state_put(Directory *d, DbConn *conn, const char *address, DirectoryState state,
                             const char *after, const AuditAct *act, GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account_find_in(d, conn, address, error);
    if (account == NULL || is_service(account, error))
        return FALSE;
    if (account->state == state)
        return cv_fail(error, CV_ERROR_EXISTS, "%s đã ở trạng thái này rồi; %s is %s already",
                       account->address, account->address, directory_state_name(state));
    if (account->state == DIRECTORY_CLOSED)
        return cv_fail(error, CV_ERROR_DENIED,
                       "%s đã hủy bỏ, địa chỉ không cấp lại (Điều 3.1.e); %s is closed and stays "
                       "so: a closed address is never given again: "
                       "create a new account",
                       account->address, account->address);
    DbStmt *stmt = db_prepare(
        conn, "UPDATE account SET state = ?, state_since = ?, state_why = ? WHERE id = ?");
    db_bind(stmt, "iiti", (gint64)state, clock_now(), act->ground, account->id);
    g_autofree char *before = directory_json_text("state", directory_state_name(account->state));
    g_autofree char *plain = directory_json_text("state", directory_state_name(state));
    gint64 seq = 0;
    if (!db_run(stmt, error) ||
        !directory_account_audit(conn, act, state_acts[state], account->address, before,
                                 after == NULL ? plain : after, &seq, error) ||
        (state == DIRECTORY_CLOSED && !directory_delegations_end(conn, account->id, seq, error)) ||
        !directory_sessions_end_in(conn, account->id, error) ||
        !directory_mark(conn, account->id, seq, error))
        return FALSE;
    directory_notify(d, conn, account->id);
    return TRUE;
}

gboolean directory_account_set_state_in(Directory *d, DbConn *conn, const char *address,
                                        DirectoryState state, const AuditAct *act, GError **error) {
    return directory_state_put(d, conn, address, state, NULL, act, error);
}

static gboolean set_state(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    return directory_state_put(c->directory, conn, c->address, (DirectoryState)c->number, NULL,
                               c->act, error);
}

gboolean directory_account_set_state(Directory *d, const char *address, DirectoryState state,
                                     const AuditAct *act, GError **error) {
    g_return_val_if_fail(state != DIRECTORY_REQUESTED, FALSE);
    Change c = {.directory = d, .act = act, .address = address, .number = (gint64)state};
    return db_write(d->db, set_state, &c, error);
}

/* ---- Quota [Điều 5.1] ---- */

static gboolean set_quota(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(c->directory, conn, c->address, error);
    if (account == NULL)
        return FALSE;
    g_autoptr(Verdict) verdict =
        regulation_check_quota(c->regulation, account->kind == DIRECTORY_UNIT, (guint64)c->number);
    if (!verdict->allowed)
        return verdict_fail(verdict, error);
    DbStmt *stmt = db_prepare(conn, "UPDATE account SET quota = ? WHERE id = ?");
    db_bind(stmt, "ii", c->number, account->id);
    g_autofree char *before = directory_json_int("quota", account->quota);
    g_autofree char *after = directory_json_int("quota", c->number);
    gint64 seq = 0;
    return db_run(stmt, error) &&
           directory_account_audit(conn, c->act, "account.quota", account->address, before, after,
                                   &seq, error) &&
           directory_mark(conn, account->id, seq, error);
}

gboolean directory_account_set_quota(Directory *d, const Regulation *regulation,
                                     const char *address, gint64 bytes, const AuditAct *act,
                                     GError **error) {
    Change c = {
        .directory = d, .act = act, .address = address, .number = bytes, .regulation = regulation};
    return db_write(d->db, set_quota, &c, error);
}

/* ---- Aliases ---- */

typedef struct {
    gboolean there, live;
    gint64 account;
} Given;

static gboolean look_up(DbConn *conn, const char *local, Given *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account, live FROM address WHERE local = ?");
    db_bind(stmt, "t", local);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *out = (Given){0};
    if (step == DB_ROW)
        *out = (Given){TRUE, db_column_int(stmt, 1) != 0, db_column_int(stmt, 0)};
    db_reset(stmt);
    return TRUE;
}

static gboolean alias_local(const Change *c, DirectoryParts *parts, GError **error) {
    if (!directory_address_split(bytes_of_string(c->text), c->directory->domain, parts) ||
        !parts->ours || !naming_is_local(parts->local, TRUE))
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"%s\" không dùng làm địa chỉ được; it cannot be an alias: small letters "
                       "and digits in words joined by "
                       "dots, at %s (Điều 3.1)",
                       c->text, c->directory->domain);
    return TRUE;
}

static gboolean write_alias(DbConn *conn, const char *local, gint64 account, gboolean live,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO address(local, account, live, given)"
                                    " VALUES(?1, ?2, ?3, ?4)"
                                    " ON CONFLICT(local) DO UPDATE SET live = ?3, until = NULL");
    db_bind(stmt, "tiii", local, account, (gint64)live, clock_now());
    return db_run(stmt, error);
}

static gboolean add_alias(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    DirectoryParts parts;
    Given given;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(c->directory, conn, c->address, error);
    if (account == NULL || !alias_local(c, &parts, error) ||
        !look_up(conn, parts.local, &given, error))
        return FALSE;
    if (given.there && (given.live || given.account != account->id))
        return cv_fail(error, CV_ERROR_EXISTS,
                       "địa chỉ %s đã được cấp (Điều 3.1.e); %s was given before", parts.local,
                       parts.local);
    g_autofree char *after = directory_json_text("alias", parts.local);
    return write_alias(conn, parts.local, account->id, TRUE, error) &&
           directory_account_audit(conn, c->act, "account.alias.add", account->address, NULL, after,
                                   NULL, error);
}

static gboolean remove_alias(DbConn *conn, gpointer data, GError **error) {
    const Change *c = data;
    DirectoryParts parts;
    Given given;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(c->directory, conn, c->address, error);
    if (account == NULL || !alias_local(c, &parts, error) ||
        !look_up(conn, parts.local, &given, error))
        return FALSE;
    g_autofree char *own = g_strconcat(parts.local, "@", c->directory->domain, NULL);
    if (!given.there || !given.live || given.account != account->id ||
        g_str_equal(own, account->address))
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "%s không phải địa chỉ phụ của %s; it is not an alias of this account", own,
                       account->address);
    if (account->kind == DIRECTORY_SERVICE && g_str_equal(parts.local, "abuse"))
        return cv_fail(error, CV_ERROR_DENIED,
                       "%s phải luôn có người nhận; %s must always reach somebody (RFC 2142)", own,
                       own);
    g_autofree char *before = directory_json_text("alias", parts.local);
    return write_alias(conn, parts.local, account->id, FALSE, error) &&
           directory_account_audit(conn, c->act, "account.alias.remove", account->address, before,
                                   NULL, NULL, error);
}

gboolean directory_account_add_alias(Directory *d, const char *address, const char *alias,
                                     const AuditAct *act, GError **error) {
    Change c = {.directory = d, .act = act, .address = address, .text = alias};
    return db_write(d->db, add_alias, &c, error);
}

gboolean directory_account_remove_alias(Directory *d, const char *address, const char *alias,
                                        const AuditAct *act, GError **error) {
    Change c = {.directory = d, .act = act, .address = address, .text = alias};
    return db_write(d->db, remove_alias, &c, error);
}

gboolean directory_account_each_alias(Directory *d, gint64 account,
                                      void (*each)(const char *alias, gpointer data), gpointer data,
                                      GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT l.local FROM address l JOIN account a"
                                    " ON a.id = l.account WHERE l.account = ? AND l.live = 1"
                                    " AND l.local <> a.local ORDER BY l.local");
    db_bind(stmt, "i", account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *alias = g_strconcat(db_column_text(stmt, 0), "@", d->domain, NULL);
        each(alias, data);
    }
    return step != DB_FAILED;
}
