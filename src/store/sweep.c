/* Housekeeping: takes away what nobody can see any more. Each kind is looked for by a reader and
 * taken away by the writer, some hundred rows at a time. */
#include "store/hold.h"
#include "store/internal.h"

#include "base/clock.h"
#include "store/upload.h"

typedef struct {
    gint64 key;
    BlobId blob;
} Doomed;

typedef enum { FROM_EXPUNGED, FROM_GONE } Origin;

typedef struct {
    Origin origin;
    GArray *doomed;
    gboolean held; /* out: some must stay */
} Batch;

/* One message's last rows; its blob loses a reference. */
static gboolean forget(DbConn *conn, Origin origin, const Doomed *doomed, GError **error) {
    DbStmt *stmt = origin == FROM_EXPUNGED ? db_prepare(conn, "DELETE FROM expunged WHERE key = ?")
                                           : db_prepare(conn, "DELETE FROM message WHERE key = ?");
    db_bind_int(stmt, 1, doomed->key);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0) /* another sweep was here first */
        return TRUE;
    stmt = db_prepare(conn, "DELETE FROM message_meta WHERE key = ?");
    db_bind_int(stmt, 1, doomed->key);
    return db_run(stmt, error) && store_place_leave(conn, doomed->key, doomed->key, error) &&
           blob_reference(conn, doomed->blob, -1, error);
}

static gboolean forget_work(DbConn *conn, gpointer data, GError **error) {
    Batch *batch = data;
    gint64 mailbox = 0;
    gboolean held = FALSE;
    for (guint i = 0; i < batch->doomed->len; i++) {
        const Doomed *doomed = &g_array_index(batch->doomed, Doomed, i);
        /* Asked again: a hold may have begun since they were found. */
        if (mailbox != store_key_mailbox(doomed->key)) {
            mailbox = store_key_mailbox(doomed->key);
            if (!store_is_mailbox_held(conn, mailbox, &held, error))
                return FALSE;
            batch->held |= held;
        }
        if (!held && !forget(conn, batch->origin, doomed, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean forget_all(Store *store, Origin origin, GArray *doomed, gboolean *held,
                           GError **error) {
    Batch batch = {origin, doomed, FALSE};
    gboolean done = doomed->len == 0 || db_write(store->db, forget_work, &batch, error);
    *held = batch.held;
    return done;
}

/* ---- Expunged messages ---- */

/* Up to a slice of rows behind *after; FALSE with *error, *end when there are no more. */
static gboolean find_expunged(Store *store, gint64 before, gint64 *after, GArray *doomed,
                              gboolean *end, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT e.key, e.blob, e.at, w.key IS NOT NULL FROM expunged e"
                                    " LEFT JOIN withdrawn w ON w.key = e.key WHERE e.key > ?"
                                    " ORDER BY e.key LIMIT ?");
    db_bind(stmt, "ii", *after, (gint64)STORE_SLICE);
    guint seen = 0;
    gint64 mailbox = 0;
    gboolean held = FALSE;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Doomed row = {db_column_int(stmt, 0), db_column_int(stmt, 1)};
        *after = row.key;
        seen++;
        if (mailbox != store_key_mailbox(row.key)) {
            mailbox = store_key_mailbox(row.key);
            if (!store_is_mailbox_held(conn, mailbox, &held, error))
                return FALSE;
        }
        if (held) { /* and so is the rest of it: however much that is, it is passed over */
            *after = store_key(mailbox, G_MAXUINT32);
            db_reset(stmt);
            return TRUE;
        }
        if (db_column_int(stmt, 2) < before && db_column_int(stmt, 3) == 0 &&
            !store_is_watched(store, mailbox))
            g_array_append_val(doomed, row);
    }
    *end = seen < STORE_SLICE;
    return step == DB_DONE;
}

static gboolean sweep_expunged(Store *store, gint64 before, GError **error) {
    g_autoptr(GArray) doomed = g_array_new(FALSE, FALSE, sizeof(Doomed));
    gint64 after = 0;
    gboolean end = FALSE, held;
    while (!end) {
        g_array_set_size(doomed, 0);
        if (!find_expunged(store, before, &after, doomed, &end, error) ||
            !forget_all(store, FROM_EXPUNGED, doomed, &held, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- Deleted mailboxes ---- */

/* The next one that nobody has open; 0: none, -1: *error. */
static gint64 find_gone(Store *store, gint64 before, gint64 after, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return -1;
    DbStmt *stmt =
        db_prepare(conn, "SELECT mailbox FROM gone WHERE mailbox > ? AND at < ?"
                         " AND account NOT IN (SELECT account FROM hold) ORDER BY mailbox");
    db_bind(stmt, "ii", after, before);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        if (!store_is_watched(store, db_column_int(stmt, 0)))
            return db_column_int(stmt, 0);
    return step == DB_DONE ? 0 : -1;
}

static gboolean find_rows(Store *store, gint64 mailbox, GArray *doomed, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT key, blob FROM message WHERE key BETWEEN ? AND ? LIMIT ?");
    db_bind(stmt, "iii", store_key(mailbox, 0), store_key(mailbox, G_MAXUINT32),
            (gint64)STORE_SLICE);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Doomed row = {db_column_int(stmt, 0), db_column_int(stmt, 1)};
        g_array_append_val(doomed, row);
    }
    return step == DB_DONE;
}

static gboolean unmark_work(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM gone WHERE mailbox = ?");
    db_bind_int(stmt, 1, *(gint64 *)data);
    return db_run(stmt, error);
}

static gboolean sweep_gone(Store *store, gint64 before, GError **error) {
    g_autoptr(GArray) doomed = g_array_new(FALSE, FALSE, sizeof(Doomed));
    gint64 mailbox = 0;
    while ((mailbox = find_gone(store, before, mailbox, error)) > 0) {
        gboolean held = FALSE;
        do {
            g_array_set_size(doomed, 0);
            if (!find_rows(store, mailbox, doomed, error) ||
                !forget_all(store, FROM_GONE, doomed, &held, error))
                return FALSE;
        } while (doomed->len > 0 && !held);
        if (!held && !db_write(store->db, unmark_work, &mailbox, error))
            return FALSE;
    }
    return mailbox == 0;
}

/* ---- The change log ---- */

typedef struct {
    gint64 account;
    gint64 modseq; /* the log ends here */
    gint64 before;
} Cut;

/* The oldest entry of the next account behind `account` that has one: entries of an account lie in
 * order of time, so one look each is enough. FALSE with account 0: no more. */
static gboolean next_log(Store *store, Cut *cut, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    gint64 account = cut->account;
    for (;;) {
        DbStmt *stmt = db_prepare(conn, "SELECT account, at FROM change WHERE account > ?"
                                        " ORDER BY account, modseq LIMIT 1");
        db_bind_int(stmt, 1, account);
        DbStep step = db_step(stmt, error);
        if (step != DB_ROW) {
            cut->account = 0;
            return step == DB_DONE;
        }
        account = db_column_int(stmt, 0);
        gboolean old = db_column_int(stmt, 1) < cut->before;
        db_reset(stmt);
        if (old)
            break;
    }
    /* How far, at most a slice: what is older than the first young entry. */
    DbStmt *stmt = db_prepare(conn, "SELECT modseq, at FROM change WHERE account = ?"
                                    " ORDER BY modseq LIMIT ?");
    db_bind(stmt, "ii", account, (gint64)STORE_SLICE);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW && db_column_int(stmt, 1) < cut->before)
        cut->modseq = db_column_int(stmt, 0);
    cut->account = account;
    return step != DB_FAILED;
}

static gboolean cut_work(DbConn *conn, gpointer data, GError **error) {
    const Cut *cut = data;
    DbStmt *stmt = db_prepare(conn, "UPDATE account SET horizon = max(horizon, ?) WHERE id = ?");
    db_bind(stmt, "ii", cut->modseq, cut->account);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "DELETE FROM change WHERE account = ? AND modseq <= ?");
    db_bind(stmt, "ii", cut->account, cut->modseq);
    return db_run(stmt, error);
}

static gboolean sweep_log(Store *store, gint64 before, GError **error) {
    Cut cut = {.before = before};
    for (;;) {
        cut.modseq = 0;
        if (!next_log(store, &cut, error))
            return FALSE;
        if (cut.account == 0)
            return TRUE;
        if (!db_write(store->db, cut_work, &cut, error))
            return FALSE;
        cut.account--; /* it may have more */
    }
}

/* ---- Intake ---- */

/* Removes the oldest, a slice at most; the newest always stays, so that a number is never given
 * twice. */
static gboolean intake_work(DbConn *conn, gpointer data, GError **error) {
    gint64 *before = data; /* 0 afterwards: nothing was left to do */
    DbStmt *stmt = db_prepare(conn, "SELECT max(id) FROM (SELECT id, received FROM intake"
                                    " WHERE id < (SELECT max(id) FROM intake) ORDER BY id LIMIT ?)"
                                    " WHERE received < ?");
    db_bind(stmt, "ii", (gint64)STORE_SLICE, *before);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    gboolean some = !db_column_is_null(stmt, 0);
    gint64 last = db_column_int(stmt, 0);
    db_reset(stmt);
    if (!some) {
        *before = 0;
        return TRUE;
    }
    stmt = db_prepare(conn, "DELETE FROM intake WHERE id <= ?");
    db_bind_int(stmt, 1, last);
    if (!db_run(stmt, error))
        return FALSE;
    /* Whole chapters only: entries of the last one are few and found to be void. */
    stmt = db_prepare(conn, "DELETE FROM intake_key WHERE chapter < ?");
    db_bind_int(stmt, 1, last >> STORE_CHAPTER_BITS);
    return db_run(stmt, error);
}

static gboolean sweep_intake(Store *store, gint64 before, GError **error) {
    while (before > 0)
        if (!db_write(store->db, intake_work, &before, error))
            return FALSE;
    return TRUE;
}

gboolean store_sweep(Store *store, gint64 retention, GError **error) {
    gint64 now = clock_now();
    return sweep_expunged(store, now - STORE_EXPUNGED_AGE, error) &&
           sweep_gone(store, now - STORE_EXPUNGED_AGE, error) &&
           sweep_log(store, now - retention, error) &&
           store_upload_sweep(store, now - STORE_UPLOAD_AGE, error) &&
           store_place_sweep(store, now - MAX(retention, STORE_EXPUNGED_AGE), error) &&
           sweep_intake(store, now - store->receptions, error) &&
           blob_sweep(store->blobs, error) >= 0;
}
