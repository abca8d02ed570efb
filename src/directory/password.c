/* Setting passwords; see password.h. Former ones are kept (as hashes) only for a regulation that
 * forbids them to come back, and only as many as it names. */
#include "directory/internal.h"

#include "base/legacy_hash.h"
#include "directory/role.h"
#include "regulation/calendar.h"
#include "text/fold.h"

#define DAY_MICROSECONDS (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)

char *directory_password_hash(Bytes password, GError **error) {
    g_autofree char *composed = text_nfc(password);
    char *hash = crypto_password_hash(bytes_of_string(composed));
    crypto_wipe(composed, strlen(composed));
    if (hash == NULL)
        cv_fail(error, CV_ERROR_BUSY,
                "không đủ bộ nhớ để băm mật khẩu, hãy thử lại; there is no memory to hash a "
                "password, try again");
    return hash;
}

/* ---- What is stored ---- */

void directory_credential_clear(DirectoryCredential *credential) {
    g_clear_pointer(&credential->hash, g_free);
}

static gboolean read_credential(DbConn *conn, gint64 account, DirectoryCredential *out,
                                GError **error) {
    *out = (DirectoryCredential){0};
    DbStmt *stmt = db_prepare(
        conn, "SELECT c.hash, c.must_change, c.changed, c.expires,"
              " EXISTS(SELECT 1 FROM role r WHERE r.account = c.account AND r.role = ?2),"
              " (SELECT a.accepted FROM account a WHERE a.id = c.account)"
              " FROM credential c WHERE c.account = ?1");
    db_bind(stmt, "ii", account, (gint64)ROLE_CENTRE);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *out = (DirectoryCredential){
            .hash = g_strdup(db_column_text(stmt, 0)),
            .must_change = db_column_int(stmt, 1) != 0,
            .changed = db_column_int(stmt, 2),
            .expires = db_column_int(stmt, 3),
            .administrator = db_column_int(stmt, 4) != 0,
            .accepted = db_column_int(stmt, 5),
        };
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean directory_credential_read(Directory *d, gint64 account, DirectoryCredential *out,
                                   GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    return conn != NULL && read_credential(conn, account, out, error);
}

typedef struct {
    gint64 account;
    const char *legacy, *hash;
} Renew;

static gboolean renew(DbConn *conn, gpointer data, GError **error) {
    const Renew *r = data;
    DbStmt *stmt =
        db_prepare(conn, "UPDATE credential SET hash = ? WHERE account = ? AND hash = ?");
    db_bind(stmt, "tit", r->hash, r->account, r->legacy);
    return db_run(stmt, error);
}

gboolean directory_credential_renew(Directory *d, gint64 account, const char *legacy,
                                    const char *hash, GError **error) {
    Renew r = {account, legacy, hash};
    return db_write(d->db, renew, &r, error);
}

static gboolean keep_former(DbConn *conn, gint64 account, gint64 keep, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR REPLACE INTO former_password(account, changed, hash)"
                                    " SELECT account, changed, hash FROM credential"
                                    " WHERE account = ? AND must_change = 0");
    db_bind(stmt, "i", account);
    if (!db_run(stmt, error))
        return FALSE;
    DbStmt *old = db_prepare(conn, "DELETE FROM former_password WHERE account = ?1 AND changed NOT"
                                   " IN (SELECT changed FROM former_password WHERE account = ?1"
                                   " ORDER BY changed DESC LIMIT ?2)");
    db_bind(old, "ii", account, keep);
    return db_run(old, error);
}

gboolean directory_credential_put(DbConn *conn, gint64 account, const DirectoryCredentialRow *row,
                                  GError **error) {
    if (!keep_former(conn, account, row->keep, error))
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO credential(account, hash, changed, must_change, expires)"
                         " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(account) DO UPDATE SET"
                         " hash = ?2, changed = ?3, must_change = ?4, expires = ?5");
    db_bind(stmt, "itiii", account, row->hash, clock_now(), (gint64)row->must_change, row->expires);
    return db_run(stmt, error) && directory_sessions_end_in(conn, account, error);
}

gboolean directory_credential_set(DbConn *conn, gint64 account, const char *hash, GError **error) {
    DirectoryCredentialRow row = {.hash = hash};
    return directory_credential_put(conn, account, &row, error);
}

/* ---- One-time passwords ---- */

/* No vowels, no w, d and z: typed with a Vietnamese keyboard switched on they would join to other
 * letters. No l, o, q, 0, 1 and 5: they look like others. */
static const char small_letters[] = "bcfghkmnprtvx", capitals[] = "BCFGHKMNPRTVX",
                  digits[] = "2346789";

static void put_random(Buffer *out, const char *letters, guint count) {
    gsize n = strlen(letters);
    for (guint i = 0; i < count; i++)
        buffer_append_byte(out, (guint8)letters[crypto_random_u64() % n]);
}

/* "Kmtb-hvxn-4739@"; longer groups of letters first where the regulation wants more. */
static char *make_text(const Regulation *regulation) {
    gint64 least = MAX(regulation_figure(regulation, FIGURE_PASSWORD_MINIMUM),
                       regulation_figure(regulation, FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM));
    const char *special =
        regulation_password_special(regulation, (guint)(crypto_random_u64() % G_MAXINT));
    g_auto(Buffer) out;
    buffer_init(&out, 256);
    put_random(&out, capitals, 1);
    put_random(&out, small_letters, 3);
    do {
        buffer_append_byte(&out, '-');
        put_random(&out, small_letters, 4);
    } while ((gint64)out.n + 6 < least);
    buffer_append_byte(&out, '-');
    put_random(&out, digits, 4);
    buffer_append_string(&out, special);
    return buffer_steal_string(&out);
}

void directory_one_time_clear(DirectoryOneTime *one_time) {
    if (one_time->text != NULL)
        crypto_wipe(one_time->text, strlen(one_time->text));
    g_clear_pointer(&one_time->text, g_free);
    g_clear_pointer(&one_time->hash, g_free);
}

gboolean directory_one_time_make(const Regulation *regulation, DirectoryOneTime *out,
                                 GError **error) {
    g_auto(DirectoryOneTime) made = {.text = make_text(regulation)};
    g_autoptr(Verdict) verdict =
        regulation_check_password(regulation, bytes_of_string(made.text), NULL, TRUE);
    if (!verdict->allowed)
        return cv_fail(error, CV_ERROR_INTERNAL,
                       "hệ thống không tạo được mật khẩu đúng Quy chế; the system cannot make a "
                       "password that this regulation takes: %s",
                       verdict->text_en);
    made.hash = directory_password_hash(bytes_of_string(made.text), error);
    if (made.hash == NULL)
        return FALSE;
    gint64 days = regulation_figure(regulation, FIGURE_PASSWORD_ONE_TIME_DAYS);
    made.keep = regulation_figure(regulation, FIGURE_PASSWORD_HISTORY);
    made.expires = (calendar_day_of(clock_now()) + days + 1) * DAY_MICROSECONDS -
                   G_GINT64_CONSTANT(7) * 3600 * G_USEC_PER_SEC;
    *out = made;
    made = (DirectoryOneTime){0};
    return TRUE;
}

static char *json_of_one_time(const DirectoryOneTime *one_time) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_bool(&w, "one_time", TRUE);
    json_int(&w, "expires", one_time->expires);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean is_open(const DirectoryAccount *account, GError **error) {
    return account->state != DIRECTORY_CLOSED ||
           cv_fail(error, CV_ERROR_DENIED,
                   "%s đã hủy bỏ nên không cấp mật khẩu; %s is closed: it gets no password",
                   account->address, account->address);
}

gboolean directory_one_time_give(Directory *d, DbConn *conn, const char *address,
                                 const DirectoryOneTime *one_time, const AuditAct *act,
                                 GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account_find_in(d, conn, address, error);
    if (account == NULL || !is_open(account, error))
        return FALSE;
    DirectoryCredentialRow row = {.hash = one_time->hash,
                                  .must_change = TRUE,
                                  .expires = one_time->expires,
                                  .keep = one_time->keep};
    g_autofree char *after = json_of_one_time(one_time);
    if (!directory_credential_put(conn, account->id, &row, error) ||
        !directory_account_audit(conn, act, "account.password", account->address, NULL, after, NULL,
                                 error))
        return FALSE;
    directory_notify(d, conn, account->id);
    return TRUE;
}

typedef struct {
    Directory *directory;
    const char *address;
    const DirectoryOneTime *one_time;
    const AuditAct *act;
} Give;

static gboolean give_one_time(DbConn *conn, gpointer data, GError **error) {
    const Give *g = data;
    return directory_one_time_give(g->directory, conn, g->address, g->one_time, g->act, error);
}

gboolean directory_account_set_one_time(Directory *d, const char *address,
                                        const DirectoryOneTime *one_time, const AuditAct *act,
                                        GError **error) {
    Give g = {d, address, one_time, act};
    return db_write(d->db, give_one_time, &g, error);
}

/* ---- Setting one ---- */

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const AuditAct *act;
    gint64 account;
    const char *held; /* the hash that must still be there; NULL: whatever is */
    Bytes password;
    gboolean must_change, own, accepts;
    char *hash;
} Set;

static gboolean matches(const char *hash, Bytes password) {
    return g_str_has_prefix(hash, "$argon2id$") ? crypto_password_verify(hash, password)
                                                : legacy_hash_verify(hash, password);
}

/* The hashes that a new password may not fit: the present one first, then the newest `former`. */
static GPtrArray *hashes_of(Directory *d, gint64 account, gint64 former, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return NULL;
    GPtrArray *hashes = g_ptr_array_new_with_free_func(g_free);
    DbStmt *stmt =
        db_prepare(conn, "SELECT hash FROM (SELECT hash, 1 AS present, changed FROM credential"
                         " WHERE account = ?1 UNION ALL SELECT hash, 0, changed FROM"
                         " former_password WHERE account = ?1) ORDER BY present DESC, changed DESC"
                         " LIMIT ?2");
    db_bind(stmt, "ii", account, former);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        g_ptr_array_add(hashes, g_strdup(db_column_text(stmt, 0)));
    if (step == DB_FAILED)
        g_clear_pointer(&hashes, g_ptr_array_unref);
    return hashes;
}

/* *refusal NULL: nothing to object. [Điều 5.2] and, where the regulation says so, former ones. One
 * that was only given for setting an own one is not among those that the owner used. */
static gboolean judge(const Set *s, const char *login, const DirectoryCredential *there,
                      Verdict **refusal, GError **error) {
    g_autoptr(Verdict) verdict =
        regulation_check_password(s->regulation, s->password, login, there->administrator);
    *refusal = NULL;
    if (s->own && !s->accepts && there->must_change && there->accepted == 0 &&
        regulation_figure(s->regulation, FIGURE_PASSWORD_ACCEPT_RULES) != 0) {
        *refusal = regulation_refuse_unaccepted(s->regulation);
        return TRUE;
    }
    if (!verdict->allowed) {
        *refusal = g_steal_pointer(&verdict);
        return TRUE;
    }
    gint64 history = regulation_figure(s->regulation, FIGURE_PASSWORD_HISTORY);
    if (!s->own && history == 0)
        return TRUE;
    gint64 looked_at = MAX(history + (there->must_change ? 1 : 0), 1);
    g_autoptr(GPtrArray) hashes = hashes_of(s->directory, s->account, looked_at, error);
    if (hashes == NULL)
        return FALSE;
    g_autofree char *composed = text_nfc(s->password);
    for (guint i = 0; i < hashes->len && *refusal == NULL; i++)
        if (matches(hashes->pdata[i], bytes_of_string(composed)))
            *refusal = regulation_refuse_former(s->regulation, i == 0);
    crypto_wipe(composed, strlen(composed));
    return TRUE;
}

/* The first statement stands. */
static gboolean write_accepted(DbConn *conn, const Set *s, GError **error) {
    if (!s->accepts)
        return TRUE;
    DbStmt *stmt =
        db_prepare(conn, "UPDATE account SET accepted = ? WHERE id = ? AND accepted = 0");
    db_bind(stmt, "ii", clock_now(), s->account);
    return db_run(stmt, error);
}

/* What the record says besides who and when. */
static char *json_of_set(const Set *s) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    if (s->own)
        json_text(&w, "by", "owner");
    if (s->accepts)
        json_text(&w, "accepts", regulation_text(s->regulation, REGULATION_ID));
    if (s->must_change)
        json_bool(&w, "must_change", TRUE);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean write_password(DbConn *conn, gpointer data, GError **error) {
    const Set *s = data;
    g_autoptr(DirectoryAccount) account =
        directory_account_in(s->directory, conn, s->account, error);
    g_auto(DirectoryCredential) there = {0};
    if (account == NULL || !is_open(account, error) ||
        !read_credential(conn, s->account, &there, error))
        return FALSE;
    if (s->held != NULL && g_strcmp0(s->held, there.hash) != 0)
        return cv_fail(error, CV_ERROR_BUSY,
                       "mật khẩu vừa được đổi ở nơi khác, hãy đăng nhập lại; the password was just "
                       "changed elsewhere, sign in again");
    gint64 history = regulation_figure(s->regulation, FIGURE_PASSWORD_HISTORY);
    DirectoryCredentialRow row = {
        .hash = s->hash, .must_change = s->must_change, .keep = MAX(history - 1, 0)};
    g_autofree char *after = json_of_set(s);
    if (!directory_credential_put(conn, s->account, &row, error) ||
        !write_accepted(conn, s, error) ||
        !directory_account_audit(conn, s->act, "account.password", account->address, NULL, after,
                                 NULL, error))
        return FALSE;
    directory_notify(s->directory, conn, s->account);
    return TRUE;
}

/* Judges, hashes, writes. refusal may be NULL. */
static gboolean set(Set *s, const char *address, Verdict **refusal, GError **error) {
    g_autofree char *login = g_strndup(address, strcspn(address, "@"));
    g_auto(DirectoryCredential) there = {0};
    g_autoptr(Verdict) verdict = NULL;
    if (!directory_credential_read(s->directory, s->account, &there, error) ||
        !judge(s, login, &there, &verdict, error))
        return FALSE;
    if (verdict != NULL) {
        verdict_fail(verdict, error);
        if (refusal != NULL)
            *refusal = g_steal_pointer(&verdict);
        return FALSE;
    }
    s->hash = directory_password_hash(s->password, error);
    gboolean ok = s->hash != NULL && db_write(s->directory->db, write_password, s, error);
    g_free(s->hash);
    return ok;
}

gboolean directory_account_set_password(Directory *d, const Regulation *regulation,
                                        const char *address, Bytes password, gboolean must_change,
                                        const AuditAct *act, GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account_find(d, address, error);
    if (account == NULL)
        return FALSE;
    Set s = {.directory = d,
             .regulation = regulation,
             .act = act,
             .account = account->id,
             .password = password,
             .must_change = must_change};
    return set(&s, account->address, NULL, error);
}

gboolean directory_password_change(Directory *d, const Regulation *regulation, gint64 account,
                                   const char *held, Bytes password, gboolean accepts,
                                   const AuditAct *act, Verdict **refusal, GError **error) {
    g_autoptr(DirectoryAccount) owner = directory_account(d, account, error);
    if (owner == NULL)
        return FALSE;
    Set s = {.directory = d,
             .regulation = regulation,
             .act = act,
             .account = account,
             .held = held,
             .password = password,
             .own = TRUE,
             .accepts = accepts};
    return set(&s, owner->address, refusal, error);
}
