/* Opening the directory, what the protocols ask about an account, and keeping others informed:
 * watchers after each commit, the store through pending marks. */
#include "directory/hold.h"
#include "directory/internal.h"

#include "base/clock.h"

void directory_account_free(DirectoryAccount *account) {
    if (account == NULL)
        return;
    g_free(account->address);
    g_free(account->name);
    g_free(account);
}

DirectoryAccount *directory_account_of_row(Directory *d, DbStmt *stmt) {
    DirectoryAccount *account = g_new0(DirectoryAccount, 1);
    account->id = db_column_int(stmt, 0);
    account->address = g_strconcat(db_column_text(stmt, 1), "@", d->domain, NULL);
    account->name = g_strdup(db_column_text(stmt, 2));
    account->kind = (DirectoryKind)db_column_int(stmt, 3);
    account->state = (DirectoryState)db_column_int(stmt, 4);
    account->unit = db_column_int(stmt, 5);
    account->quota = db_column_int(stmt, 6);
    account->forwards = (guint)db_column_int(stmt, 7);
    return account;
}

DirectoryAccount *directory_account_in(Directory *d, DbConn *conn, gint64 id, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT " DIRECTORY_ACCOUNT_COLUMNS " FROM account a WHERE a.id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW) {
        if (step == DB_DONE)
            cv_fail(error, CV_ERROR_NOT_FOUND,
                    "không có tài khoản số này; there is no account number %" G_GINT64_FORMAT, id);
        return NULL;
    }
    DirectoryAccount *account = directory_account_of_row(d, stmt);
    db_reset(stmt);
    return account;
}

DirectoryAccount *directory_account(Directory *d, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    return conn == NULL ? NULL : directory_account_in(d, conn, id, error);
}

char *directory_credential(Directory *d, gint64 account, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return NULL;
    DbStmt *stmt = db_prepare(conn, "SELECT hash FROM credential WHERE account = ?");
    db_bind(stmt, "i", account);
    char *hash = NULL;
    if (db_step(stmt, error) == DB_ROW)
        hash = g_strdup(db_column_text(stmt, 0));
    db_reset(stmt);
    return hash;
}

/* ---- Opening ---- */

/* RFC 5321 4.5.1 and RFC 2142: postmaster and abuse reach somebody from the first moment on. One
 * account of its own, because no official's may be closed away from under them. */
static gboolean ensure_postmaster(DbConn *conn, gpointer data, GError **error) {
    Directory *d = data;
    g_autoptr(DirectoryAccount) found = NULL;
    if (!directory_local_find(d, conn, "postmaster", &found, error))
        return FALSE;
    if (found != NULL)
        return TRUE;
    DirectoryNewRow row = {.local = "postmaster", .name = "Postmaster", .kind = DIRECTORY_SERVICE};
    AuditAct act = {"congvu", "RFC 5321 4.5.1"};
    g_autofree char *address = g_strconcat("postmaster@", d->domain, NULL);
    gint64 id = 0, seq = 0;
    if (!directory_account_insert(conn, &row, &id, error) ||
        !directory_account_audit(conn, &act, "account.create", address, NULL, "{}", &seq, error) ||
        !directory_mark(conn, id, seq, error))
        return FALSE;
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO address(local, account, live, given) VALUES('abuse', ?, 1, ?)");
    db_bind(stmt, "ii", id, clock_now());
    return db_run(stmt, error);
}

/* From when on the record of activity is whole. */
static gboolean begin_activity(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT OR IGNORE INTO activity_begin(id, moment) VALUES(1, ?)");
    db_bind(stmt, "i", clock_now());
    return db_run(stmt, error);
}

static gboolean begin_usage(DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO use_begin(id, moment) VALUES(1, ?)");
    db_bind(stmt, "i", clock_now());
    return db_run(stmt, error);
}

/* What was on record before this is no case. */
static gboolean begin_incidents(DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO incident_begin(id, moment, record)"
                                    " SELECT 1, ?, ifnull(max(seq), 0) FROM audit");
    db_bind(stmt, "i", clock_now());
    return db_run(stmt, error);
}

static gboolean ensure(DbConn *conn, gpointer data, GError **error) {
    return ensure_postmaster(conn, data, error) && begin_activity(conn, data, error) &&
           begin_usage(conn, error) && begin_incidents(conn, error);
}

Directory *directory_open(Db *admin, const char *domain, GError **error) {
    Directory *d = g_new0(Directory, 1);
    d->db = admin;
    d->domain = g_ascii_strdown(domain, -1);
    d->watchers = g_array_new(FALSE, FALSE, sizeof(DirectoryWatcher));
    g_mutex_init(&d->lock);
    g_mutex_init(&d->activity_lock);
    if (!db_write(admin, ensure, d, error)) {
        directory_close(d);
        return NULL;
    }
    return d;
}

void directory_close(Directory *d) {
    if (d == NULL)
        return;
    g_mutex_clear(&d->lock);
    g_mutex_clear(&d->activity_lock);
    g_array_unref(d->watchers);
    if (d->activity != NULL)
        g_hash_table_unref(d->activity);
    if (d->usage != NULL)
        g_hash_table_unref(d->usage);
    g_free(d->domain);
    g_free(d);
}

Db *directory_db(Directory *d) {
    return d->db;
}

const char *directory_domain(Directory *d) {
    return d->domain;
}

/* ---- Watching ---- */

void directory_watch(Directory *d, DirectoryNotify notify, gpointer data) {
    DirectoryWatcher watcher = {notify, data};
    g_mutex_lock(&d->lock);
    g_array_append_val(d->watchers, watcher);
    g_mutex_unlock(&d->lock);
}

void directory_unwatch(Directory *d, DirectoryNotify notify, gpointer data) {
    g_mutex_lock(&d->lock);
    for (guint i = d->watchers->len; i > 0; i--) {
        const DirectoryWatcher *w = &g_array_index(d->watchers, DirectoryWatcher, i - 1);
        if (w->notify == notify && w->data == data)
            g_array_remove_index(d->watchers, i - 1);
    }
    g_mutex_unlock(&d->lock);
}

typedef struct {
    Directory *directory;
    gint64 account;
} Notice;

static void publish(gpointer data) {
    const Notice *notice = data;
    Directory *d = notice->directory;
    g_mutex_lock(&d->lock);
    for (guint i = 0; i < d->watchers->len; i++) {
        const DirectoryWatcher *w = &g_array_index(d->watchers, DirectoryWatcher, i);
        w->notify(notice->account, w->data);
    }
    g_mutex_unlock(&d->lock);
}

void directory_notify(Directory *d, DbConn *conn, gint64 account) {
    Notice *notice = g_new(Notice, 1);
    *notice = (Notice){d, account};
    db_after_commit(conn, publish, notice, g_free);
}

/* ---- Pending ---- */

gboolean directory_mark(DbConn *conn, gint64 account, gint64 change, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO pending(account, change) VALUES(?1, ?2)"
                                    " ON CONFLICT(account) DO UPDATE SET change = ?2");
    db_bind(stmt, "ii", account, change);
    return db_run(stmt, error);
}

GArray *directory_pending(Directory *d, GError **error) {
    if (!directory_delegations_turn(d, error) || !directory_aliases_turn(d, error) ||
        !directory_holds_turn(d, error))
        return NULL;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return NULL;
    GArray *pending = g_array_new(FALSE, FALSE, sizeof(DirectoryPending));
    DbStmt *stmt = db_prepare(conn, "SELECT account, change FROM pending ORDER BY account");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryPending p = {db_column_int(stmt, 0), db_column_int(stmt, 1)};
        g_array_append_val(pending, p);
    }
    if (step == DB_FAILED)
        g_clear_pointer(&pending, g_array_unref);
    return pending;
}

typedef struct {
    const DirectoryPending *pending;
    guint count;
} Done;

static gboolean take_marks(DbConn *conn, gpointer data, GError **error) {
    const Done *done = data;
    for (guint i = 0; i < done->count; i++) {
        DbStmt *stmt = db_prepare(conn, "DELETE FROM pending WHERE account = ? AND change = ?");
        db_bind(stmt, "ii", done->pending[i].account, done->pending[i].change);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

gboolean directory_pending_done(Directory *d, const DirectoryPending *pending, guint count,
                                GError **error) {
    Done done = {pending, count};
    return db_write(d->db, take_marks, &done, error);
}

/* ---- For doctor ---- */

gboolean directory_each_told(DbConn *conn, DirectoryToldEach each, gpointer data, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT a.id, a.quota, a.local, p.account IS NOT NULL, EXISTS(SELECT 1"
                         " FROM legal_hold h WHERE h.account = a.id AND h.ended = 0) FROM account a"
                         " LEFT JOIN pending p ON p.account = a.id ORDER BY a.id");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryTold told = {db_column_int(stmt, 0), db_column_int(stmt, 1),
                              db_column_text(stmt, 2), db_column_int(stmt, 3) != 0,
                              db_column_int(stmt, 4) != 0};
        each(&told, data);
    }
    return step == DB_DONE;
}

static gboolean mark_again(DbConn *conn, gpointer data, GError **error) {
    const GArray *accounts = data;
    for (guint i = 0; i < accounts->len; i++) {
        /* A mark that is there has a number that somebody may be about to take away. */
        DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO pending(account, change)"
                                        " VALUES(?, 0)");
        db_bind_int(stmt, 1, g_array_index(accounts, gint64, i));
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

gboolean directory_tell_again(Db *admin, GArray *accounts, GError **error) {
    return db_write(admin, mark_again, accounts, error);
}
