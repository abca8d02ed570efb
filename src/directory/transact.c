/* People and accounts changed inside a transaction of the caller; see transact.h. */
#include "directory/transact.h"

#include "directory/internal.h"
#include "directory/role.h"
#include "text/fold.h"

static char *composed(const char *name) {
    char *text = text_nfc(bytes_of_string(name));
    return g_strstrip(text);
}

/* ---- A new person ---- */

static gboolean identity_is_new(Directory *d, DbConn *conn, const char *identity, gint64 but,
                                GError **error) {
    if (*identity == '\0')
        return TRUE;
    if (!directory_seal_ready(d, error))
        return FALSE;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    directory_identity_hash(d, identity, hash);
    DbStmt *stmt = db_prepare(conn, "SELECT name FROM person WHERE identity_hash = ? AND id <> ?");
    db_bind(stmt, "bi", bytes_of(hash, sizeof hash), but);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        cv_fail(error, CV_ERROR_EXISTS,
                "số định danh này đã thuộc về %s, đã có trong danh sách; this identity number is "
                "%s's",
                db_column_text(stmt, 0), db_column_text(stmt, 0));
    db_reset(stmt);
    return step == DB_DONE;
}

static gboolean insert_person(Directory *d, DbConn *conn, const DirectoryNewPerson *p,
                              const char *name, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO person(name, given, title, unit, sex, category)"
                                    " VALUES(?, '', ?, ?, ?, ?)");
    db_bind(stmt, "ttitt", name, p->title, p->unit, p->sex, p->category);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return directory_person_seal(d, conn, *id, p->birth, p->identity, error);
}

DirectoryAccount *directory_person_create_in(Directory *d, DbConn *conn,
                                             const Regulation *regulation,
                                             const DirectoryNewPerson *p, const AuditAct *act,
                                             GError **error) {
    g_autofree char *name = composed(p->name);
    g_autoptr(DirectoryUnit) unit = directory_unit_in(conn, p->unit, error);
    g_auto(NamingProposal) proposal = {0};
    NamingPerson naming = {.name = bytes_of_string(name),
                           .suffix = unit == NULL ? NULL : unit->suffix,
                           .identity = *p->identity == '\0' ? NULL : p->identity};
    if (unit == NULL || !identity_is_new(d, conn, p->identity, 0, error) ||
        !naming_person(regulation, &naming, directory_local_taken, conn, &proposal, error))
        return NULL;
    DirectoryNewRow row = {.local = proposal.local,
                           .name = name,
                           .kind = DIRECTORY_PERSON,
                           .unit = unit->id,
                           .quota = regulation_figure(regulation, FIGURE_PERSON_QUOTA)};
    gint64 id = 0;
    if (!insert_person(d, conn, p, name, &row.person, error) ||
        !directory_account_insert(conn, &row, &id, error) ||
        !directory_account_record_new(d, conn, id, &proposal, act, error))
        return NULL;
    return directory_account_in(d, conn, id, error);
}

/* ---- A person changes ---- */

typedef struct {
    gint64 id, unit;
    char *name, *given, *title, *sex;
    char *identity; /* "" where it is not known, or there is no key */
} Before;

static void before_clear(Before *before) {
    g_free(before->name);
    g_free(before->given);
    g_free(before->title);
    g_free(before->sex);
    if (before->identity != NULL)
        crypto_wipe(before->identity, strlen(before->identity));
    g_free(before->identity);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Before, before_clear)

static gboolean read_before(const Directory *d, DbConn *conn, gint64 account, Before *out,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT p.id, p.unit, p.name, p.given, p.title, p.sex,"
                                    " p.identity FROM account a JOIN person p ON p.id = a.person"
                                    " WHERE a.id = ?");
    db_bind(stmt, "i", account);
    DbStep step = db_step(stmt, error);
    if (step == DB_DONE)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không phải tài khoản cá nhân; it is no person's account");
    if (step != DB_ROW)
        return FALSE;
    out->id = db_column_int(stmt, 0);
    out->unit = db_column_int(stmt, 1);
    out->name = g_strdup(db_column_text(stmt, 2));
    out->given = g_strdup(db_column_text(stmt, 3));
    out->title = g_strdup(db_column_text(stmt, 4));
    out->sex = g_strdup(db_column_text(stmt, 5));
    out->identity = directory_identity_open(d, out->id, db_column_bytes(stmt, 6));
    db_reset(stmt);
    return TRUE;
}

/* What the account itself has or had is free for it. */
typedef struct {
    DbConn *conn;
    gint64 account;
} Own;

static gboolean taken_by_another(const char *local, gboolean *taken, gpointer data,
                                 GError **error) {
    const Own *own = data;
    DbStmt *stmt = db_prepare(own->conn, "SELECT 1 FROM address WHERE local = ? AND account <> ?");
    db_bind(stmt, "ti", local, own->account);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *taken = step == DB_ROW;
    return step != DB_FAILED;
}

/* What the address is made from stays the same: so does the address, whatever rule gave it. */
static gboolean same_address(const Before *before, const DirectoryUnit *from,
                             const DirectoryUnit *to, const char *name) {
    return g_str_equal(before->name, name) && g_str_equal(from->suffix, to->suffix);
}

static gboolean propose(DbConn *conn, const Regulation *regulation, gint64 account,
                        const Before *before, const DirectoryPersonChange *change,
                        NamingProposal *out, GError **error) {
    gint64 unit = change->unit == 0 ? before->unit : change->unit;
    g_autofree char *name = composed(change->name == NULL ? before->name : change->name);
    g_autoptr(DirectoryUnit) from = directory_unit_in(conn, before->unit, error);
    g_autoptr(DirectoryUnit) to = from == NULL ? NULL : directory_unit_in(conn, unit, error);
    if (to == NULL)
        return FALSE;
    if (same_address(before, from, to, name)) {
        out->local[0] = '\0';
        return TRUE;
    }
    Own own = {conn, account};
    /* A given name that is not the last word is one of the old name's words. */
    gboolean given = *before->given != '\0' && change->name == NULL;
    NamingPerson naming = {.name = bytes_of_string(name),
                           .given = given ? before->given : NULL,
                           .suffix = to->suffix,
                           .identity = change->identity != NULL    ? change->identity
                                       : *before->identity != '\0' ? before->identity
                                                                   : NULL};
    return naming_person(regulation, &naming, taken_by_another, &own, out, error);
}

gboolean directory_person_change_propose_in(Directory *d, DbConn *conn,
                                            const Regulation *regulation, gint64 account,
                                            const DirectoryPersonChange *change,
                                            NamingProposal *out, GError **error) {
    g_auto(Before) before = {0};
    return read_before(d, conn, account, &before, error) &&
           propose(conn, regulation, account, &before, change, out, error);
}

gboolean directory_address_give(DbConn *conn, const DirectoryAccount *account, const char *local,
                                gint64 alias_until, GError **error) {
    g_autofree char *old = g_strndup(account->address, strcspn(account->address, "@"));
    if (g_str_equal(old, local))
        return TRUE;
    DbStmt *give = db_prepare(conn, "INSERT INTO address(local, account, live, given)"
                                    " VALUES(?1, ?2, 1, ?3)"
                                    " ON CONFLICT(local) DO UPDATE SET live = 1, until = NULL");
    db_bind(give, "tii", local, account->id, clock_now());
    if (!db_run(give, error))
        return FALSE;
    DbStmt *end = db_prepare(conn, "UPDATE address SET until = nullif(?, 0) WHERE local = ?");
    db_bind(end, "it", alias_until, old);
    if (!db_run(end, error))
        return FALSE;
    DbStmt *own = db_prepare(conn, "UPDATE account SET local = ? WHERE id = ?");
    db_bind(own, "ti", local, account->id);
    return db_run(own, error);
}

static gboolean write_person(DbConn *conn, const Before *before, const DirectoryPersonChange *c,
                             const char *name, gint64 account, GError **error) {
    gint64 unit = c->unit == 0 ? before->unit : c->unit;
    DbStmt *person =
        db_prepare(conn, "UPDATE person SET name = ?, given = ?, unit = ?, title = ?, sex = ?"
                         " WHERE id = ?");
    db_bind(person, "ttitti", name, c->name == NULL ? before->given : "", unit,
            c->title == NULL ? before->title : c->title, c->sex == NULL ? before->sex : c->sex,
            before->id);
    if (!db_run(person, error))
        return FALSE;
    DbStmt *shown = db_prepare(conn, "UPDATE account SET name = ?, unit = ? WHERE id = ?");
    db_bind(shown, "tii", name, unit, account);
    return db_run(shown, error);
}

/* The sealed columns; the other of the two stays as it is. */
static gboolean write_sealed(Directory *d, DbConn *conn, const Before *before,
                             const DirectoryPersonChange *c, GError **error) {
    return (c->birth == NULL || directory_birth_set(d, conn, before->id, c->birth, error)) &&
           (c->identity == NULL ||
            (identity_is_new(d, conn, c->identity, before->id, error) &&
             directory_identity_set(d, conn, before->id, c->identity, error)));
}

/* The roles of a person that are for a unit, as the record of their end; NULL: none; g_free. */
static gboolean roles_of(DbConn *conn, gint64 account, char **json, GError **error) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    guint count = 0;
    json_open(&w, NULL, '{');
    json_open(&w, "roles", '[');
    DbStmt *stmt = db_prepare(conn, "SELECT r.role, u.address FROM role r JOIN unit u"
                                    " ON u.id = r.unit WHERE r.account = ? AND r.unit <> 0");
    db_bind(stmt, "i", account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *one =
            g_strdup_printf("%s %s", directory_role_name((DirectoryRole)db_column_int(stmt, 0)),
                            db_column_text(stmt, 1));
        json_text(&w, NULL, one);
        count++;
    }
    json_close(&w, ']');
    json_close(&w, '}');
    *json = count == 0 ? NULL : buffer_steal_string(&out);
    return step != DB_FAILED;
}

/* [Điều 6.2] Who left the body looks after nothing in it any more, and speaks for nothing of it. */
static gboolean leave_body(Directory *d, DbConn *conn, const DirectoryAccount *account, gint64 from,
                           gint64 to, gint64 change, const AuditAct *act, GError **error) {
    gint64 old_body = 0, new_body = 0;
    g_autofree char *roles = NULL;
    if (!directory_body_of(conn, from, &old_body, error) ||
        !directory_body_of(conn, to, &new_body, error))
        return FALSE;
    if (old_body == new_body)
        return TRUE;
    if (!directory_delegations_end(conn, account->id, change, error) ||
        !roles_of(conn, account->id, &roles, error))
        return FALSE;
    directory_notify(d, conn, account->id);
    if (roles == NULL)
        return TRUE;
    DbStmt *stmt = db_prepare(conn, "DELETE FROM role WHERE account = ? AND unit <> 0");
    db_bind(stmt, "i", account->id);
    return db_run(stmt, error) &&
           directory_account_audit(conn, act, "role.revoke", account->address, roles, NULL, NULL,
                                   error);
}

/* Never the sealed columns' values. */
static char *json_of(const char *address, const char *name, const char *unit, const char *title,
                     const DirectoryPersonChange *c) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "address", address);
    json_text(&w, "name", name);
    json_text(&w, "unit", unit);
    json_text(&w, "title", title);
    if (c != NULL && (c->birth != NULL || c->identity != NULL || c->sex != NULL)) {
        json_open(&w, "changed", '[');
        if (c->birth != NULL)
            json_text(&w, NULL, "birth");
        if (c->identity != NULL)
            json_text(&w, NULL, "identity");
        if (c->sex != NULL)
            json_text(&w, NULL, "sex");
        json_close(&w, ']');
    }
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean record_change(Directory *d, DbConn *conn, const DirectoryAccount *account,
                              const Before *before, const DirectoryPersonChange *c,
                              const AuditAct *act, gint64 *seq, GError **error) {
    g_autoptr(DirectoryAccount) now = directory_account_in(d, conn, account->id, error);
    g_autoptr(DirectoryUnit) from =
        now == NULL ? NULL : directory_unit_in(conn, before->unit, error);
    g_autoptr(DirectoryUnit) to = from == NULL ? NULL : directory_unit_in(conn, now->unit, error);
    if (to == NULL)
        return FALSE;
    g_autofree char *was =
        json_of(account->address, before->name, from->address, before->title, NULL);
    g_autofree char *is = json_of(now->address, now->name, to->address,
                                  c->title == NULL ? before->title : c->title, c);
    return directory_account_audit(conn, act, "account.change", now->address, was, is, seq,
                                   error) &&
           directory_mark(conn, account->id, *seq, error);
}

static gboolean is_different(const Before *before, const DirectoryPersonChange *c,
                             const char *name) {
    return (c->unit != 0 && c->unit != before->unit) || !g_str_equal(name, before->name) ||
           (c->title != NULL && !g_str_equal(c->title, before->title)) ||
           (c->sex != NULL && !g_str_equal(c->sex, before->sex)) || c->birth != NULL ||
           c->identity != NULL;
}

DirectoryAccount *directory_person_change_in(Directory *d, DbConn *conn,
                                             const Regulation *regulation, gint64 id,
                                             const DirectoryPersonChange *change,
                                             gint64 alias_until, const AuditAct *act,
                                             GError **error) {
    g_auto(Before) before = {0};
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(DirectoryAccount) account = directory_account_in(d, conn, id, error);
    if (account == NULL || !read_before(d, conn, id, &before, error) ||
        !propose(conn, regulation, id, &before, change, &proposal, error))
        return NULL;
    g_autofree char *name = composed(change->name == NULL ? before.name : change->name);
    if (account->state == DIRECTORY_CLOSED || !is_different(&before, change, name)) {
        cv_fail(error, CV_ERROR_EXISTS,
                account->state == DIRECTORY_CLOSED
                    ? "%s đã hủy bỏ, không thay đổi được; it is closed"
                    : "%s đã như vậy rồi; nothing of it would be different",
                account->address);
        return NULL;
    }
    g_autoptr(DirectoryAccount) now = NULL;
    gint64 seq = 0;
    if ((proposal.local[0] != '\0' &&
         !directory_address_give(conn, account, proposal.local, alias_until, error)) ||
        !write_person(conn, &before, change, name, id, error) ||
        !write_sealed(d, conn, &before, change, error) ||
        !record_change(d, conn, account, &before, change, act, &seq, error) ||
        (now = directory_account_in(d, conn, id, error)) == NULL ||
        (change->unit != 0 &&
         !leave_body(d, conn, now, before.unit, change->unit, seq, act, error)))
        return NULL;
    return g_steal_pointer(&now);
}

/* ---- Aliases end ---- */

#define ENDED "live = 1 AND until IS NOT NULL AND until <= ?1"

static gboolean end_one(Directory *d, DbConn *conn, const char *local, gint64 id, GError **error) {
    static const AuditAct act = {"congvu", "hết thời hạn chuyển tiếp địa chỉ cũ"};
    g_autoptr(DirectoryAccount) account = directory_account_in(d, conn, id, error);
    g_autofree char *before = directory_json_text("alias", local);
    DbStmt *stmt = db_prepare(conn, "UPDATE address SET live = 0 WHERE local = ?");
    db_bind(stmt, "t", local);
    return account != NULL && db_run(stmt, error) &&
           directory_account_audit(conn, &act, "account.alias.remove", account->address, before,
                                   NULL, NULL, error);
}

static gboolean end_aliases(DbConn *conn, gpointer data, GError **error) {
    for (;;) {
        DbStmt *stmt =
            db_prepare(conn, "SELECT local, account FROM address WHERE " ENDED " LIMIT 1");
        db_bind(stmt, "i", clock_now());
        DbStep step = db_step(stmt, error);
        if (step != DB_ROW)
            return step == DB_DONE;
        g_autofree char *local = g_strdup(db_column_text(stmt, 0));
        gint64 account = db_column_int(stmt, 1);
        db_reset(stmt);
        if (!end_one(data, conn, local, account, error))
            return FALSE;
    }
}

gboolean directory_aliases_turn(Directory *d, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM address WHERE " ENDED " LIMIT 1");
    db_bind(stmt, "i", clock_now());
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    g_clear_pointer(&conn, db_read_end);
    return step == DB_DONE || (step == DB_ROW && db_write(d->db, end_aliases, d, error));
}
