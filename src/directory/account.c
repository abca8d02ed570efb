/* Giving accounts. A person's address is proposed and written in one transaction, and asks that
 * same transaction which addresses are taken: two requests at once get two numbers [Điều 3.2.b].
 * What is slow (hashing the password) is done before, not on the writer thread. */
#include "directory/internal.h"

#include "directory/person.h"
#include "text/fold.h"

static const char *const state_names[] = {"requested", "active", "locked", "closed"};
static const char *const kind_names[] = {"unit", "person", "service"};

const char *directory_state_name(DirectoryState state) {
    return state_names[state];
}

const char *directory_kind_name(DirectoryKind kind) {
    return kind_names[kind];
}

/* ---- Rows ---- */

static gboolean insert_address(DbConn *conn, const char *local, gint64 account, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO address(local, account, live, given) VALUES(?, ?, 1, ?)");
    db_bind(stmt, "tii", local, account, clock_now());
    return db_run(stmt, error);
}

static void bind_or_null(DbStmt *stmt, int index, gint64 value) {
    if (value == 0)
        db_bind_null(stmt, index);
    else
        db_bind_int(stmt, index, value);
}

gboolean directory_account_insert(DbConn *conn, const DirectoryNewRow *row, gint64 *id,
                                  GError **error) {
    gboolean taken = FALSE;
    if (!directory_local_taken(row->local, &taken, conn, error))
        return FALSE;
    if (taken)
        return cv_fail(error, CV_ERROR_EXISTS,
                       "địa chỉ %s đã được cấp (Điều 3.1.e); "
                       "%s was given before",
                       row->local, row->local);
    gint64 now = clock_now();
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO account(local, name, kind, state, unit, person, quota, created,"
              " state_since, state_why) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, '')");
    db_bind(stmt, "ttiinniii", row->local, row->name, (gint64)row->kind, (gint64)DIRECTORY_ACTIVE,
            row->quota, now, now);
    bind_or_null(stmt, 5, row->unit);
    bind_or_null(stmt, 6, row->person);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return insert_address(conn, row->local, *id, error);
}

static gboolean insert_person(DbConn *conn, const DirectoryNewAccount *account, const char *name,
                              gint64 unit, gint64 *id, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO person(name, given, title, unit) VALUES(?, ?, ?, ?)");
    db_bind(stmt, "ttti", name, account->given == NULL ? "" : account->given,
            account->title == NULL ? "" : account->title, unit);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return TRUE;
}

/* ---- Records ---- */

gboolean directory_account_audit(DbConn *conn, const AuditAct *act, const char *what,
                                 const char *address, const char *before, const char *after,
                                 gint64 *seq, GError **error) {
    AuditChange change = {what, address, before, after};
    return audit_append(conn, act, &change, seq, error);
}

char *directory_json_text(const char *key, const char *value) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, key, value);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

char *directory_json_int(const char *key, gint64 value) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, key, value);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static char *json_of_new(const DirectoryAccount *account, const NamingProposal *proposal) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "name", account->name);
    json_text(&w, "state", directory_state_name(account->state));
    json_int(&w, "quota", account->quota);
    json_text(&w, "rule", proposal->rule);
    json_text(&w, "article", proposal->article);
    if (proposal->taken[0] != '\0')
        json_text(&w, "taken", proposal->taken);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

gboolean directory_account_record_new(Directory *d, DbConn *conn, gint64 account,
                                      const NamingProposal *proposal, const AuditAct *act,
                                      GError **error) {
    g_autoptr(DirectoryAccount) made = directory_account_in(d, conn, account, error);
    if (made == NULL)
        return FALSE;
    g_autofree char *after = json_of_new(made, proposal);
    gint64 seq = 0;
    return directory_account_audit(conn, act, "account.create", made->address, NULL, after, &seq,
                                   error) &&
           directory_mark(conn, account, seq, error);
}

/* ---- Creating ---- */

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const DirectoryNewAccount *account;
    const AuditAct *act;
    char *name;                           /* NFC */
    char identity[PERSON_IDENTITY_BYTES]; /* digits; "": not told */
    DirectoryCredentialRow credential;    /* hash NULL: no password */
    char *hash;                           /* made here */
    gint64 quota;
    DirectoryAccount *made;
} Create;

static gboolean check_password(const Create *c, const char *login, GError **error) {
    if (c->account->password.p == NULL)
        return TRUE;
    g_autoptr(Verdict) verdict =
        regulation_check_password(c->regulation, c->account->password, login, FALSE);
    return verdict->allowed || verdict_fail(verdict, error);
}

/* A number belongs to one person for ever. */
static gboolean identity_is_new(const Create *c, DbConn *conn, GError **error) {
    if (*c->identity == '\0')
        return TRUE;
    if (!directory_seal_ready(c->directory, error))
        return FALSE;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    directory_identity_hash(c->directory, c->identity, hash);
    DbStmt *stmt = db_prepare(conn, "SELECT name FROM person WHERE identity_hash = ?");
    db_bind(stmt, "b", bytes_of(hash, sizeof hash));
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        cv_fail(
            error, CV_ERROR_EXISTS,
            "số định danh này đã thuộc về %s, đã có trong danh sách; this identity number is %s's",
            db_column_text(stmt, 0), db_column_text(stmt, 0));
    db_reset(stmt);
    return step == DB_DONE;
}

static gboolean create_person(Create *c, DbConn *conn, const DirectoryUnit *unit, GError **error) {
    g_auto(NamingProposal) proposal = {0};
    NamingPerson person = {.name = bytes_of_string(c->name),
                           .given = c->account->given,
                           .suffix = unit->suffix,
                           .identity = *c->identity == '\0' ? NULL : c->identity};
    if (!identity_is_new(c, conn, error) ||
        !naming_person(c->regulation, &person, directory_local_taken, conn, &proposal, error) ||
        !check_password(c, proposal.local, error))
        return FALSE;
    DirectoryNewRow row = {proposal.local, c->name, DIRECTORY_PERSON, unit->id, 0, c->quota};
    gint64 id = 0;
    if (!insert_person(conn, c->account, c->name, unit->id, &row.person, error) ||
        !directory_person_seal(c->directory, conn, row.person, "", c->identity, error) ||
        !directory_account_insert(conn, &row, &id, error) ||
        (c->credential.hash != NULL &&
         !directory_credential_put(conn, id, &c->credential, error)) ||
        !directory_account_record_new(c->directory, conn, id, &proposal, c->act, error))
        return FALSE;
    c->made = directory_account_in(c->directory, conn, id, error);
    return c->made != NULL;
}

static gboolean has_credential(DbConn *conn, gint64 account, gboolean *has, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM credential WHERE account = ?");
    db_bind(stmt, "i", account);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *has = step == DB_ROW;
    return step != DB_FAILED;
}

/* The unit's account is there since the unit was added; what it may lack is a password. */
static gboolean open_unit(Create *c, DbConn *conn, const DirectoryUnit *unit, GError **error) {
    gboolean has = FALSE;
    if (!has_credential(conn, unit->account, &has, error))
        return FALSE;
    if (has || c->credential.hash == NULL)
        return cv_fail(error, CV_ERROR_EXISTS,
                       "%s@%s có rồi; the unit's account exists since the unit was added: delegate "
                       "it to a person (account delegate), or set a password",
                       unit->address, c->directory->domain);
    if (!check_password(c, unit->address, error) ||
        !directory_credential_put(conn, unit->account, &c->credential, error))
        return FALSE;
    c->made = directory_account_in(c->directory, conn, unit->account, error);
    return c->made != NULL && directory_account_audit(conn, c->act, "account.password",
                                                      c->made->address, NULL, "{}", NULL, error);
}

static gboolean create(DbConn *conn, gpointer data, GError **error) {
    Create *c = data;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_find_in(c->directory, conn, c->account->unit, error);
    if (unit == NULL)
        return FALSE;
    if (c->account->name != NULL)
        return create_person(c, conn, unit, error);
    if (!open_unit(c, conn, unit, error))
        return FALSE;
    directory_notify(c->directory, conn, unit->account);
    return TRUE;
}

static gboolean prepare_password(Create *c, GError **error) {
    const DirectoryNewAccount *a = c->account;
    c->credential.must_change = a->must_change || a->one_time != NULL;
    if (a->one_time != NULL) {
        c->credential.hash = a->one_time->hash;
        c->credential.expires = a->one_time->expires;
        return TRUE;
    }
    if (a->password.p == NULL)
        return TRUE;
    g_autoptr(Verdict) verdict = regulation_check_password(c->regulation, a->password, NULL, FALSE);
    if (!verdict->allowed)
        return verdict_fail(verdict, error);
    c->credential.hash = c->hash = directory_password_hash(a->password, error);
    return c->hash != NULL;
}

/* The slow part, and what needs no transaction. */
static gboolean prepare(Create *c, GError **error) {
    const DirectoryNewAccount *a = c->account;
    gboolean unit = a->name == NULL;
    c->quota = a->quota != 0 ? a->quota
                             : regulation_figure(c->regulation,
                                                 unit ? FIGURE_UNIT_QUOTA : FIGURE_PERSON_QUOTA);
    g_autoptr(Verdict) quota = regulation_check_quota(c->regulation, unit, (guint64)c->quota);
    if (!quota->allowed)
        return verdict_fail(quota, error);
    if (!unit) {
        g_autofree char *name = text_nfc(bytes_of_string(a->name));
        c->name = g_strdup(g_strstrip(name));
    }
    const char *why = a->identity == NULL ? NULL : person_identity_read(a->identity, c->identity);
    if (why != NULL)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%s; the identity number is not one of 9 or 12 digits", why);
    return prepare_password(c, error);
}

DirectoryAccount *directory_account_create(Directory *d, const Regulation *regulation,
                                           const DirectoryNewAccount *account, const AuditAct *act,
                                           GError **error) {
    Create c = {.directory = d, .regulation = regulation, .account = account, .act = act};
    if (!prepare(&c, error) || !db_write(d->db, create, &c, error))
        g_clear_pointer(&c.made, directory_account_free);
    g_free(c.name);
    g_free(c.hash);
    return c.made;
}

gboolean directory_account_propose(Directory *d, const Regulation *regulation,
                                   const DirectoryNewAccount *account, NamingProposal *out,
                                   GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    g_autoptr(DirectoryUnit) unit =
        conn == NULL ? NULL : directory_unit_find_in(d, conn, account->unit, error);
    if (unit == NULL)
        return FALSE;
    NamingPerson person = {.name = bytes_of_string(account->name),
                           .given = account->given,
                           .suffix = unit->suffix,
                           .identity = account->identity};
    return naming_person(regulation, &person, directory_local_taken, conn, out, error);
}

/* ---- Finding and listing ---- */

DirectoryAccount *directory_account_find_in(Directory *d, DbConn *conn, const char *address,
                                            GError **error) {
    DirectoryParts parts;
    DirectoryAccount *account = NULL;
    if (!directory_address_split(bytes_of_string(address), d->domain, &parts)) {
        cv_fail(error, CV_ERROR_INPUT, "\"%s\" không phải một địa chỉ; \"%s\" is not an address",
                address, address);
        return NULL;
    }
    if (parts.ours && !directory_local_find(d, conn, parts.local, &account, error))
        return NULL;
    if (account == NULL)
        cv_fail(error, CV_ERROR_NOT_FOUND, "không có tài khoản %s; there is no account %s", address,
                address);
    return account;
}

DirectoryAccount *directory_account_find(Directory *d, const char *address, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    return conn == NULL ? NULL : directory_account_find_in(d, conn, address, error);
}

#define LISTING                                                                                    \
    "SELECT " DIRECTORY_ACCOUNT_COLUMNS ", ifnull(u.address, ''), ifnull(u.name, ''),"             \
    " ifnull(p.title, ''), a.created, a.state_since, a.state_why, c.account IS NOT NULL,"          \
    " a.accepted"                                                                                  \
    " FROM account a LEFT JOIN unit u ON u.id = a.unit LEFT JOIN person p ON p.id = a.person"      \
    " LEFT JOIN credential c ON c.account = a.id"

/* A page begins behind a key of an index, so the last page costs what the first does. */
static DbStmt *page(DbConn *conn, const DirectoryAccountFilter *filter, gint64 unit) {
    DbStmt *stmt = unit == 0 ? db_prepare(conn, LISTING " WHERE a.local > ?1 ORDER BY a.local"
                                                        " LIMIT ?2")
                             : db_prepare(conn, LISTING " WHERE a.local > ?1 AND a.unit = ?3"
                                                        " ORDER BY a.local LIMIT ?2");
    db_bind_text(stmt, 1, filter->after == NULL ? "" : filter->after);
    db_bind_int(stmt, 2, filter->limit);
    if (unit != 0)
        db_bind_int(stmt, 3, unit);
    return stmt;
}

static DbStmt *listing(Directory *d, DbConn *conn, const DirectoryAccountFilter *filter,
                       GError **error) {
    DbStmt *stmt = NULL;
    if (filter->address != NULL) {
        g_autoptr(DirectoryAccount) one =
            directory_account_find_in(d, conn, filter->address, error);
        if (one == NULL)
            return NULL;
        stmt = db_prepare(conn, LISTING " WHERE a.id = ?");
        db_bind(stmt, "i", one->id);
    } else if (filter->unit != NULL) {
        g_autoptr(DirectoryUnit) unit = directory_unit_find_in(d, conn, filter->unit, error);
        if (unit == NULL)
            return NULL;
        if (filter->limit > 0)
            return page(conn, filter, unit->id);
        stmt = db_prepare(conn, LISTING " WHERE a.unit = ? ORDER BY a.kind, a.local");
        db_bind(stmt, "i", unit->id);
    } else if (filter->limit > 0) {
        stmt = page(conn, filter, 0);
    } else {
        stmt = db_prepare(conn, LISTING " ORDER BY u.address, a.kind, a.local");
    }
    return stmt;
}

gboolean directory_account_each(Directory *d, const DirectoryAccountFilter *filter,
                                DirectoryAccountEach each, gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    DbStmt *stmt = conn == NULL ? NULL : listing(d, conn, filter, error);
    if (stmt == NULL)
        return FALSE;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autoptr(DirectoryAccount) account = directory_account_of_row(d, stmt);
        DirectoryAccountRow row = {
            .account = account,
            .unit_address = db_column_text(stmt, 8),
            .unit_name = db_column_text(stmt, 9),
            .title = db_column_text(stmt, 10),
            .created = db_column_int(stmt, 11),
            .state_since = db_column_int(stmt, 12),
            .state_why = db_column_text(stmt, 13),
            .has_password = db_column_int(stmt, 14) != 0,
            .accepted = db_column_int(stmt, 15),
        };
        if (!each(&row, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean directory_account_count(Directory *d, gint64 counts[DIRECTORY_CLOSED + 1],
                                 GError **error) {
    memset(counts, 0, (DIRECTORY_CLOSED + 1) * sizeof counts[0]);
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT state, count(*) FROM account GROUP BY state");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        counts[db_column_int(stmt, 0)] = db_column_int(stmt, 1);
    return step != DB_FAILED;
}
