/* Delegation: a named person looks after a unit's mailbox with the own password [Điều 6.2], or
 * after a service's such as postmaster, which nobody could read otherwise without sharing a
 * password. The rights that the store keeps follow these rows through the pending mark; what merely
 * time changes (a period begins, a period ends) is noticed by directory_delegations_turn. */
#include "directory/internal.h"

enum { PHASE_WAITING, PHASE_RUNNING, PHASE_OVER };

/* An office belongs to what stands above it [Điều 3.1.d]. */
gboolean directory_body_of(DbConn *conn, gint64 unit, gint64 *body, GError **error) {
    DbStmt *stmt = db_prepare(conn, "WITH RECURSIVE up(id, kind, parent, depth) AS ("
                                    "SELECT id, kind, parent, 0 FROM unit WHERE id = ?"
                                    " UNION ALL SELECT u.id, u.kind, u.parent, up.depth + 1"
                                    " FROM up JOIN unit u ON u.id = up.parent"
                                    " WHERE up.kind = 'office' AND up.depth < 16)"
                                    " SELECT id FROM up ORDER BY depth DESC LIMIT 1");
    db_bind(stmt, "i", unit);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *body = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return TRUE;
}

static gboolean check_same_body(DbConn *conn, const DirectoryAccount *account,
                                const DirectoryAccount *grantee, GError **error) {
    gint64 of_account = 0, of_grantee = 0;
    if (!directory_body_of(conn, account->unit, &of_account, error) ||
        !directory_body_of(conn, grantee->unit, &of_grantee, error))
        return FALSE;
    if (of_account != of_grantee)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "%s không thuộc %s; %s is not of the same body (Điều 6.2)", grantee->name,
                       account->name, grantee->address);
    return TRUE;
}

static gboolean check_parties(DbConn *conn, const DirectoryAccount *account,
                              const DirectoryAccount *grantee, GError **error) {
    if (account->kind == DIRECTORY_PERSON)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "%s là tài khoản cá nhân, không giao cho người khác; it is a person's "
                       "account: only a unit's or a service's is looked after by "
                       "others (Điều 6.2)",
                       account->address);
    if (grantee->kind != DIRECTORY_PERSON)
        return cv_fail(error, CV_ERROR_REFUSED,
                       "%s không phải tài khoản cá nhân; it is not a person's account: a named "
                       "person is needed (Điều 6.2)",
                       grantee->address);
    if (grantee->state != DIRECTORY_ACTIVE || account->state == DIRECTORY_CLOSED)
        return cv_fail(error, CV_ERROR_REFUSED, "%s is %s",
                       grantee->state != DIRECTORY_ACTIVE ? grantee->address : account->address,
                       directory_state_name(grantee->state != DIRECTORY_ACTIVE ? grantee->state
                                                                               : account->state));
    /* A service belongs to no body; whose task it is says the document. */
    return account->kind == DIRECTORY_SERVICE || check_same_body(conn, account, grantee, error);
}

static char *json_of(const DirectoryNewDelegation *new, const char *grantee, gint64 since,
                     gint64 until) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    g_autofree char *from = clock_format_iso(since);
    g_autofree char *to = until == G_MAXINT64 ? NULL : clock_format_iso(until);
    json_open(&w, NULL, '{');
    json_text(&w, "to", grantee);
    json_open(&w, "may", '[');
    if (new->may & DIRECTORY_MAY_READ)
        json_text(&w, NULL, "read");
    if (new->may & DIRECTORY_MAY_WRITE)
        json_text(&w, NULL, "write");
    if (new->may & DIRECTORY_MAY_SEND)
        json_text(&w, NULL, "send");
    json_close(&w, ']');
    json_text(&w, "since", from);
    json_text(&w, "until", to);
    json_text(&w, "document", new->document);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

typedef struct {
    Directory *directory;
    const DirectoryNewDelegation *delegation;
    const AuditAct *act;
} Delegate;

/* Ends what this person has from this account; *ended counts. */
static gboolean end_between(DbConn *conn, gint64 account, gint64 grantee, gint64 *ended,
                            GError **error) {
    gint64 now = clock_now();
    DbStmt *stmt = db_prepare(conn, "UPDATE delegation SET phase = 2, until = min(until, ?)"
                                    " WHERE account = ? AND grantee = ? AND phase < 2");
    db_bind(stmt, "iii", now, account, grantee);
    if (!db_run(stmt, error))
        return FALSE;
    *ended = db_changes(conn);
    return TRUE;
}

static gboolean insert(DbConn *conn, gint64 account, gint64 grantee,
                       const DirectoryNewDelegation *new, gint64 since, gint64 until,
                       GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO delegation(account, grantee, may, since, until,"
                                    " document, phase) VALUES(?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iiiiiti", account, grantee, (gint64) new->may, since, until, new->document,
            (gint64)(since <= clock_now() ? PHASE_RUNNING : PHASE_WAITING));
    return db_run(stmt, error);
}

static gboolean delegate(DbConn *conn, gpointer data, GError **error) {
    const Delegate *c = data;
    const DirectoryNewDelegation *new = c->delegation;
    g_autoptr(DirectoryAccount) account =
        directory_account_find_in(c->directory, conn, new->account, error);
    g_autoptr(DirectoryAccount) grantee =
        account == NULL ? NULL : directory_account_find_in(c->directory, conn, new->grantee, error);
    gint64 ended = 0, seq = 0;
    if (grantee == NULL || !end_between(conn, account->id, grantee->id, &ended, error))
        return FALSE;
    gint64 now = clock_now();
    gint64 since = new->since == 0 ? now : new->since;
    gint64 until = new->until == 0 ? G_MAXINT64 : new->until;
    if (new->may == 0) {
        if (ended == 0)
            return cv_fail(error, CV_ERROR_NOT_FOUND,
                           "%s không được giao hộp thư %s; nothing is delegated to it",
                           grantee->address, account->address);
        until = now;
    } else if (!check_parties(conn, account, grantee, error)) {
        return FALSE;
    } else if (until <= MAX(since, now)) {
        return cv_fail(error, CV_ERROR_INPUT,
                       "thời hạn giao đã qua; the period of the delegation is over already");
    } else if (!insert(conn, account->id, grantee->id, new, since, until, error)) {
        return FALSE;
    }
    g_autofree char *after = json_of(new, grantee->address, since, until);
    const char *what = new->may == 0 ? "account.undelegate" : "account.delegate";
    if (!directory_account_audit(conn, c->act, what, account->address, NULL, after, &seq, error) ||
        !directory_mark(conn, account->id, seq, error))
        return FALSE;
    directory_notify(c->directory, conn, account->id);
    directory_notify(c->directory, conn, grantee->id);
    return TRUE;
}

gboolean directory_delegate(Directory *d, const DirectoryNewDelegation *new, const AuditAct *act,
                            GError **error) {
    if (new->may != 0 && (new->document == NULL || *new->document == '\0'))
        return cv_fail(error, CV_ERROR_REFUSED,
                       "chưa ghi văn bản ủy quyền, phân công của Thủ trưởng; give the number and "
                       "date of the document that delegates (Điều 6.2)");
    Delegate c = {d, new, act};
    return db_write(d->db, delegate, &c, error);
}

gboolean directory_each_delegation(Directory *d, gint64 account, DirectoryDelegate each,
                                   gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    gint64 now = clock_now();
    DbStmt *stmt =
        db_prepare(conn, "SELECT grantee, may * (since <= ?1 AND until > ?1) FROM delegation"
                         " WHERE account = ?2 ORDER BY grantee");
    db_bind(stmt, "ii", now, account);
    gint64 grantee = 0;
    guint may = 0;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        if (db_column_int(stmt, 0) != grantee) {
            if (grantee != 0)
                each(account, grantee, may, data);
            grantee = db_column_int(stmt, 0);
            may = 0;
        }
        may |= (guint)db_column_int(stmt, 1);
    }
    if (step != DB_FAILED && grantee != 0)
        each(account, grantee, may, data);
    return step != DB_FAILED;
}

gboolean directory_delegation_each(Directory *d, gint64 account, DirectoryDelegationEach each,
                                   gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    gint64 now = clock_now();
    DbStmt *stmt = db_prepare(conn, "SELECT d.account, d.grantee, a.local, g.local, g.name, d.may,"
                                    " d.since, d.until, d.document FROM delegation d"
                                    " JOIN account a ON a.id = d.account"
                                    " JOIN account g ON g.id = d.grantee"
                                    " WHERE ?1 = 0 OR d.account = ?1"
                                    " ORDER BY a.local, g.local, d.id");
    db_bind(stmt, "i", account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *from = g_strconcat(db_column_text(stmt, 2), "@", d->domain, NULL);
        g_autofree char *to = g_strconcat(db_column_text(stmt, 3), "@", d->domain, NULL);
        DirectoryDelegation row = {
            .account = db_column_int(stmt, 0),
            .grantee = db_column_int(stmt, 1),
            .account_address = from,
            .grantee_address = to,
            .grantee_name = db_column_text(stmt, 4),
            .may = (guint)db_column_int(stmt, 5),
            .since = db_column_int(stmt, 6),
            .until = db_column_int(stmt, 7),
            .document = db_column_text(stmt, 8),
        };
        row.in_force = row.since <= now && row.until > now;
        if (!each(&row, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* ---- Ends ---- */

gboolean directory_delegations_end(DbConn *conn, gint64 account, gint64 change, GError **error) {
    DbStmt *mark = db_prepare(conn, "INSERT OR REPLACE INTO pending(account, change)"
                                    " SELECT DISTINCT account, ?2 FROM delegation"
                                    " WHERE (account = ?1 OR grantee = ?1) AND phase < 2");
    db_bind(mark, "ii", account, change);
    if (!db_run(mark, error))
        return FALSE;
    DbStmt *end = db_prepare(conn, "UPDATE delegation SET phase = 2, until = min(until, ?2)"
                                   " WHERE (account = ?1 OR grantee = ?1) AND phase < 2");
    db_bind(end, "ii", account, clock_now());
    return db_run(end, error);
}

#define DUE "(phase = 0 AND since <= ?1) OR (phase = 1 AND until <= ?1)"

static gboolean any_due(Directory *d, gboolean *due, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM delegation WHERE " DUE " LIMIT 1");
    db_bind(stmt, "i", clock_now());
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *due = step == DB_ROW;
    return step != DB_FAILED;
}

typedef struct {
    gint64 id, account, grantee;
    int phase;
} Turn;

static GArray *collect_due(DbConn *conn, gint64 now, GError **error) {
    g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(Turn));
    DbStmt *stmt = db_prepare(conn, "SELECT id, account, grantee, until <= ?1 FROM delegation"
                                    " WHERE " DUE " ORDER BY id");
    db_bind(stmt, "i", now);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Turn turn = {db_column_int(stmt, 0), db_column_int(stmt, 1), db_column_int(stmt, 2),
                     db_column_int(stmt, 3) != 0 ? PHASE_OVER : PHASE_RUNNING};
        g_array_append_val(turns, turn);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&turns);
}

static gboolean turn_one(Directory *d, DbConn *conn, const Turn *turn, GError **error) {
    static const AuditAct act = {"congvu", "Điều 6.2"};
    DbStmt *stmt = db_prepare(conn, "UPDATE delegation SET phase = ? WHERE id = ?");
    db_bind(stmt, "ii", (gint64)turn->phase, turn->id);
    g_autoptr(DirectoryAccount) account = directory_account_in(d, conn, turn->account, error);
    g_autoptr(DirectoryAccount) grantee =
        account == NULL ? NULL : directory_account_in(d, conn, turn->grantee, error);
    if (grantee == NULL || !db_run(stmt, error))
        return FALSE;
    g_autofree char *after = directory_json_text("to", grantee->address);
    gint64 seq = 0;
    const char *what = turn->phase == PHASE_OVER ? "delegation.end" : "delegation.begin";
    if (!directory_account_audit(conn, &act, what, account->address, NULL, after, &seq, error) ||
        !directory_mark(conn, account->id, seq, error))
        return FALSE;
    directory_notify(d, conn, account->id);
    directory_notify(d, conn, grantee->id);
    return TRUE;
}

static gboolean turn_all(DbConn *conn, gpointer data, GError **error) {
    g_autoptr(GArray) turns = collect_due(conn, clock_now(), error);
    if (turns == NULL)
        return FALSE;
    for (guint i = 0; i < turns->len; i++)
        if (!turn_one(data, conn, &g_array_index(turns, Turn, i), error))
            return FALSE;
    return TRUE;
}

gboolean directory_delegations_turn(Directory *d, GError **error) {
    gboolean due = FALSE;
    if (!any_due(d, &due, error))
        return FALSE;
    return !due || db_write(d->db, turn_all, d, error);
}
