/* See session.h. A token is 256 random bits, so a plain hash of it tells nothing; looking one up is
 * a probe of the index by that hash. */
#include "directory/session.h"

#include "base/log.h"
#include "directory/internal.h"

enum { TOKEN_BYTES = 32 };

/* FALSE: it cannot be one of ours. */
static gboolean hash_of(const char *token, guint8 out[CRYPTO_DIGEST_BYTES]) {
    if (strlen(token) != 2 * TOKEN_BYTES)
        return FALSE;
    crypto_digest(bytes_of_string(token), out);
    return TRUE;
}

/* What a browser says of itself, cut at a whole character. */
static char *agent_of(const char *said) {
    if (said == NULL)
        return g_strdup("");
    g_autofree char *cut = g_strndup(said, SESSION_AGENT_MAXIMUM);
    char *valid = g_utf8_make_valid(cut, -1);
    for (char *p = valid; *p != '\0'; p++)
        if ((guint8)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return valid;
}

/* ---- Beginning ---- */

typedef struct {
    Directory *directory;
    const DirectoryNewSession *new;
    const char *agent;
    guint8 hash[CRYPTO_DIGEST_BYTES];
    DirectorySession *out;
} Begin;

/* Room for one more. */
static gboolean end_longest_unused(DbConn *conn, gint64 account, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM web_session WHERE account = ?1 AND id NOT IN"
                                    " (SELECT id FROM web_session WHERE account = ?1"
                                    " ORDER BY seen DESC, id DESC LIMIT ?2)");
    db_bind(stmt, "ii", account, (gint64)SESSION_ACCOUNT_MAXIMUM - 1);
    return db_run(stmt, error);
}

static gboolean begin(DbConn *conn, gpointer data, GError **error) {
    Begin *b = data;
    const DirectoryNewSession *new = b->new;
    g_autoptr(DirectoryAccount) account =
        directory_account_in(b->directory, conn, new->account, error);
    if (account == NULL)
        return FALSE;
    if (account->state != DIRECTORY_ACTIVE)
        return cv_fail(error, CV_ERROR_DENIED,
                       "%s không đăng nhập được; %s is %s and cannot sign in", account->address,
                       account->address, directory_state_name(account->state));
    gint64 now = clock_now();
    DirectorySession made = {.account = new->account,
                             .made = now,
                             .seen = now,
                             .until = now + MIN(new->idle, new->lifetime),
                             .ends = now + new->lifetime,
                             .limited = new->limited};
    DbStmt *stmt = db_prepare(conn, "INSERT INTO web_session(hash, account, made, seen, until,"
                                    " ends, peer, agent, limited)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "biiiiitti", bytes_of(b->hash, sizeof b->hash), made.account, made.made,
            made.seen, made.until, made.ends, new->peer, b->agent, (gint64)made.limited);
    if (!end_longest_unused(conn, new->account, error) || !db_run(stmt, error))
        return FALSE;
    made.id = db_last_insert_id(conn);
    *b->out = made;
    return TRUE;
}

gboolean directory_session_begin(Directory *d, const DirectoryNewSession *new, char **token,
                                 DirectorySession *out, GError **error) {
    g_autofree char *agent = agent_of(new->agent);
    char *made = crypto_random_hex(TOKEN_BYTES);
    Begin b = {.directory = d, .new = new, .agent = agent, .out = out};
    if (hash_of(made, b.hash) && db_write(d->db, begin, &b, error)) {
        *token = made;
        return TRUE;
    }
    g_free(made);
    return FALSE;
}

/* ---- Finding ---- */

#define SESSION_COLUMNS                                                                            \
    "s.id, s.account, s.made, s.seen, s.until, s.ends, s.limited, s.peer, s.agent"

static DirectorySession session_of_row(DbStmt *stmt) {
    return (DirectorySession){
        .id = db_column_int(stmt, 0),
        .account = db_column_int(stmt, 1),
        .made = db_column_int(stmt, 2),
        .seen = db_column_int(stmt, 3),
        .until = db_column_int(stmt, 4),
        .ends = db_column_int(stmt, 5),
        .limited = db_column_int(stmt, 6) != 0,
        .peer = db_column_text(stmt, 7),
        .agent = db_column_text(stmt, 8),
    };
}

gboolean directory_session_find(Directory *d, const char *token, DirectorySession *out,
                                DirectoryAccount **account, GError **error) {
    guint8 hash[CRYPTO_DIGEST_BYTES];
    *account = NULL;
    if (!hash_of(token, hash))
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT " SESSION_COLUMNS " FROM web_session s"
                                    " JOIN account a ON a.id = s.account"
                                    " WHERE s.hash = ? AND s.until > ? AND a.state = ?");
    db_bind(stmt, "bii", bytes_of(hash, sizeof hash), clock_now(), (gint64)DIRECTORY_ACTIVE);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_DONE;
    DirectorySession found = session_of_row(stmt);
    found.peer = found.agent = NULL;
    db_reset(stmt);
    *account = directory_account_in(d, conn, found.account, error);
    if (*account == NULL)
        return FALSE;
    *out = found;
    return TRUE;
}

gboolean directory_session_alive(Directory *d, gint64 id, gboolean *alive, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM web_session s JOIN account a ON a.id = s.account"
                                    " WHERE s.id = ? AND s.until > ? AND a.state = ?");
    db_bind(stmt, "iii", id, clock_now(), (gint64)DIRECTORY_ACTIVE);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *alive = step == DB_ROW;
    return step != DB_FAILED;
}

gboolean directory_session_each(Directory *d, gint64 account,
                                void (*each)(const DirectorySession *session, gpointer data),
                                gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT " SESSION_COLUMNS " FROM web_session s"
                                    " WHERE s.account = ? AND s.until > ?"
                                    " ORDER BY s.seen DESC, s.id DESC");
    db_bind(stmt, "ii", account, clock_now());
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectorySession session = session_of_row(stmt);
        each(&session, data);
    }
    return step == DB_DONE;
}

gboolean directory_session_count(Directory *d, gint64 *count, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM web_session WHERE until > ?");
    db_bind(stmt, "i", clock_now());
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    *count = db_column_int(stmt, 0);
    db_reset(stmt);
    return TRUE;
}

/* ---- Use ---- */

typedef struct {
    gint64 id, seen, until;
} Used;

static gboolean write_used(DbConn *conn, gpointer data, GError **error) {
    const Used *used = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE web_session SET seen = max(seen, ?2),"
                                    " until = min(ends, max(until, ?3)) WHERE id = ?1");
    db_bind(stmt, "iii", used->id, used->seen, used->until);
    return db_run(stmt, error);
}

static void free_used(gpointer data, const GError *error) {
    if (error != NULL)
        log_event(LOG_LEVEL_WARNING, "session.used", "error", error->message, NULL);
    g_free(data);
}

void directory_session_used(Directory *d, const DirectorySession *session, gint64 idle) {
    gint64 now = clock_now();
    if (now - session->seen < SESSION_SEEN_SECONDS * CLOCK_SECOND)
        return;
    Used *used = g_new(Used, 1);
    *used = (Used){session->id, now, now + idle};
    db_submit(d->db, write_used, free_used, used);
}

/* ---- End ---- */

typedef struct {
    Directory *directory;
    const DirectoryAccount *account;
    gint64 id, but;
    const AuditAct *act;
    guint ended;
} End;

static gboolean record_end(DbConn *conn, const End *e, GError **error) {
    if (e->act == NULL || e->ended == 0)
        return TRUE;
    g_autofree char *after = directory_json_int("ended", e->ended);
    return directory_account_audit(conn, e->act, "session.end", e->account->address, NULL, after,
                                   NULL, error);
}

static gboolean end(DbConn *conn, gpointer data, GError **error) {
    End *e = data;
    DbStmt *stmt = db_prepare(conn, "DELETE FROM web_session WHERE account = ?1"
                                    " AND (?2 = 0 OR id = ?2) AND id <> ?3");
    db_bind(stmt, "iii", e->account->id, e->id, e->but);
    if (!db_run(stmt, error))
        return FALSE;
    e->ended = (guint)db_changes(conn);
    if (e->id != 0 && e->ended == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có phiên đăng nhập này; there is no such session");
    if (!record_end(conn, e, error))
        return FALSE;
    directory_notify(e->directory, conn, e->account->id);
    return TRUE;
}

gboolean directory_session_end(Directory *d, const DirectoryAccount *account, gint64 id, gint64 but,
                               const AuditAct *act, guint *ended, GError **error) {
    End e = {.directory = d, .account = account, .id = id, .but = but, .act = act};
    if (!db_write(d->db, end, &e, error))
        return FALSE;
    log_event(LOG_LEVEL_INFO, "session.end", "account", account->address, "ended",
              log_number(e.ended), "by", act == NULL ? "owner" : act->who, NULL);
    if (ended != NULL)
        *ended = e.ended;
    return TRUE;
}

gboolean directory_sessions_end_in(DbConn *conn, gint64 account, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM web_session WHERE account = ?");
    db_bind(stmt, "i", account);
    return db_run(stmt, error);
}

static gboolean sweep(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM web_session WHERE until <= ?");
    db_bind(stmt, "i", *(const gint64 *)data);
    return db_run(stmt, error);
}

gboolean directory_session_sweep(Directory *d, GError **error) {
    gint64 now = clock_now();
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM web_session WHERE until <= ? LIMIT 1");
    db_bind(stmt, "i", now);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    g_clear_pointer(&conn, db_read_end);
    return step == DB_ROW ? db_write(d->db, sweep, &now, error) : step == DB_DONE;
}
