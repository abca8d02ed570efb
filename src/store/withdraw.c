/* The blobs of a message are found by a walk over the narrow rows: an index by blob would cost
 * every delivery a page, and this is done a few times a year. The walk is repeated until it finds
 * nothing, because a user may have copied the message behind its back; what is withdrawn cannot be
 * copied any more, so that ends. */
#include "store/withdraw.h"

#include "base/clock.h"
#include "store/internal.h"

enum { WALK_ROWS = 20000, SLICE_COPIES = 200, WALKS_MOST = 20 };

const char store_withdraw_schema[] =
    "CREATE TABLE withdrawal("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind INTEGER NOT NULL,"  /* StoreWithdrawalKind */
    " state INTEGER NOT NULL," /* StoreWithdrawalState */
    " message_id TEXT NOT NULL,"
    " ground TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " evidence TEXT NOT NULL," /* JSON or '' */
    " at INTEGER NOT NULL,"    /* Unix microseconds */
    " return_ground TEXT NOT NULL DEFAULT '',"
    " return_who TEXT NOT NULL DEFAULT '',"
    " return_at INTEGER NOT NULL DEFAULT 0,"
    " recorded INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE withdrawal_blob("
    " withdrawal INTEGER NOT NULL,"
    " blob INTEGER NOT NULL,"
    " PRIMARY KEY(withdrawal, blob)) STRICT, WITHOUT ROWID;"
    /* A row of `expunged` that is kept, until it is put back under another key. */
    "CREATE TABLE withdrawn("
    " key INTEGER PRIMARY KEY,"
    " withdrawal INTEGER NOT NULL,"
    " account INTEGER NOT NULL,"
    " seen INTEGER NOT NULL,"
    " thread INTEGER," /* as message has them */
    " traits INTEGER,"
    " back INTEGER NOT NULL DEFAULT 0) STRICT;" /* its new key; -1: there is no mailbox any more */
    "CREATE INDEX withdrawn_of ON withdrawn(withdrawal, key);"
    "ALTER TABLE intake ADD COLUMN blob INTEGER NOT NULL DEFAULT 0;";

/* ---- The record ---- */

gboolean store_withdrawal_add(DbConn *conn, const StoreWithdrawal *new, const BlobId *blobs,
                              guint count, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO withdrawal(kind, state, message_id, ground, who,"
                                    " evidence, at) VALUES(?,?,?,?,?,?,?)");
    db_bind(stmt, "iitttti", (gint64) new->kind, (gint64)STORE_WITHDRAWING, new->message_id,
            new->ground, new->who, new->evidence == NULL ? "" : new->evidence, clock_now());
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    for (guint i = 0; i < count; i++) {
        stmt = db_prepare(conn, "INSERT OR IGNORE INTO withdrawal_blob VALUES(?,?)");
        db_bind(stmt, "ii", *id, (gint64)blobs[i]);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

gboolean store_withdrawal_set_state(DbConn *conn, gint64 withdrawal, StoreWithdrawalState state,
                                    GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE withdrawal SET state = ?1, recorded = 0 WHERE id = ?2");
    db_bind(stmt, "ii", (gint64)state, withdrawal);
    return db_run(stmt, error);
}

static gboolean recorded_work(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE withdrawal SET recorded = 1 WHERE id = ?");
    db_bind_int(stmt, 1, *(gint64 *)data);
    return db_run(stmt, error);
}

gboolean store_withdrawal_recorded(Store *store, gint64 withdrawal, GError **error) {
    return db_write(store->db, recorded_work, &withdrawal, error);
}

gboolean store_withdrawal_each(DbConn *conn, gint64 id, StoreWithdrawalEach each, gpointer data,
                               GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT w.id, kind, state, message_id, ground, who, evidence, at, return_ground,"
              " return_who, return_at, recorded, count(c.key), coalesce(sum(c.seen), 0),"
              " coalesce(sum(c.back > 0), 0) FROM withdrawal w"
              " LEFT JOIN withdrawn c ON c.withdrawal = w.id"
              " WHERE ?1 = 0 OR w.id = ?1 GROUP BY w.id ORDER BY w.id DESC");
    db_bind_int(stmt, 1, id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreWithdrawal w = {
            .id = db_column_int(stmt, 0),
            .kind = (StoreWithdrawalKind)db_column_int(stmt, 1),
            .state = (StoreWithdrawalState)db_column_int(stmt, 2),
            .message_id = db_column_text(stmt, 3),
            .ground = db_column_text(stmt, 4),
            .who = db_column_text(stmt, 5),
            .evidence = db_column_text(stmt, 6),
            .at = db_column_int(stmt, 7),
            .return_ground = db_column_text(stmt, 8),
            .return_who = db_column_text(stmt, 9),
            .return_at = db_column_int(stmt, 10),
            .recorded = db_column_int(stmt, 11) != 0,
            .copies = db_column_int(stmt, 12),
            .seen = db_column_int(stmt, 13),
            .returned = db_column_int(stmt, 14),
        };
        if (!each(&w, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

GArray *store_withdrawal_blobs(DbConn *conn, gint64 withdrawal, GError **error) {
    g_autoptr(GArray) blobs = g_array_new(FALSE, FALSE, sizeof(BlobId));
    DbStmt *stmt = db_prepare(conn, "SELECT blob FROM withdrawal_blob WHERE withdrawal = ?");
    db_bind_int(stmt, 1, withdrawal);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        BlobId blob = db_column_int(stmt, 0);
        g_array_append_val(blobs, blob);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&blobs);
}

gboolean store_withdrawn_list(DbConn *conn, gint64 withdrawal, GArray *found, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT key, account, seen FROM withdrawn WHERE withdrawal = ?"
                                    " ORDER BY key");
    db_bind_int(stmt, 1, withdrawal);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 key = db_column_int(stmt, 0);
        StoreCopyFound copy = {.account = db_column_int(stmt, 1),
                               .mailbox = store_key_mailbox(key),
                               .uid = store_key_uid(key),
                               .seen = db_column_int(stmt, 2) != 0};
        g_array_append_val(found, copy);
    }
    return step != DB_FAILED;
}

/* ---- Finding ---- */

static gboolean is_wanted(const BlobId *blobs, guint count, BlobId blob) {
    for (guint i = 0; i < count; i++)
        if (blobs[i] == blob)
            return TRUE;
    return FALSE;
}

/* One slice of the walk; *after 0: it is at its end. */
static gboolean walk_slice(Store *store, const BlobId *blobs, guint count, gint64 *after,
                           GArray *found, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    guint before = found->len, rows = 0;
    DbStmt *stmt =
        db_prepare(conn, "SELECT key, blob, flags FROM message WHERE key > ? ORDER BY key LIMIT ?");
    db_bind(stmt, "ii", *after, (gint64)WALK_ROWS);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        *after = db_column_int(stmt, 0);
        rows++;
        BlobId blob = db_column_int(stmt, 1);
        if (!is_wanted(blobs, count, blob))
            continue;
        StoreCopyFound copy = {.mailbox = store_key_mailbox(*after),
                               .uid = store_key_uid(*after),
                               .seen = (db_column_int(stmt, 2) & (gint64)STORE_SEEN) != 0,
                               .blob = blob};
        g_array_append_val(found, copy);
    }
    if (rows < WALK_ROWS)
        *after = 0;
    guint kept = before;
    for (guint i = before; step == DB_DONE && i < found->len; i++) {
        StoreCopyFound *copy = &g_array_index(found, StoreCopyFound, i);
        StoreBox box;
        if (!store_box_load(conn, copy->mailbox, &box, NULL))
            continue; /* of a deleted mailbox: nobody has it */
        copy->account = box.account;
        g_array_index(found, StoreCopyFound, kept++) = *copy;
    }
    g_array_set_size(found, kept);
    return step == DB_DONE;
}

gboolean store_copies_find(Store *store, const BlobId *blobs, guint count, GArray *found,
                           GError **error) {
    gint64 after = 0;
    do {
        if (count > 0 && !walk_slice(store, blobs, count, &after, found, error))
            return FALSE;
    } while (after != 0);
    return TRUE;
}

/* ---- Taking ---- */

static gboolean note_copy(DbConn *conn, gint64 withdrawal, const StoreBox *box, const StoreRow *row,
                          GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO withdrawn(key, withdrawal, account, seen, thread,"
                                    " traits) SELECT key, ?, ?, ?, thread, traits FROM message"
                                    " WHERE key = ?");
    db_bind(stmt, "iiii", withdrawal, box->account, (gint64)((row->flags & STORE_SEEN) != 0),
            store_key(box->id, row->uid));
    return db_run(stmt, error);
}

gboolean store_withdraw_copy(Store *store, DbConn *conn, gint64 withdrawal, gint64 mailbox,
                             guint32 uid, GError **error) {
    StoreBox box;
    StoreOwner owner;
    StoreCursor cursor;
    g_autoptr(StoreUids) uids = store_uids_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    store_uids_append(uids, uid);
    store_cursor_init(&cursor, uids);
    if (!store_box_load(conn, mailbox, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error) ||
        !store_rows_take(conn, box.id, &cursor, 0, 1, rows, error))
        return FALSE;
    if (rows->len == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "the message is not there any more");
    box.modseq = ++owner.modseq;
    if (!note_copy(conn, withdrawal, &box, &g_array_index(rows, StoreRow, 0), error) ||
        !store_bury(conn, &box, &owner, rows, error) || !store_box_save(conn, &box, error) ||
        !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

typedef struct {
    Store *store;
    gint64 withdrawal;
    const GArray *found; /* StoreCopyFound */
    guint from, to;
    StoreReplace replace;
    gpointer data;
} Taking;

static gboolean take_work(DbConn *conn, gpointer data, GError **error) {
    const Taking *t = data;
    for (guint i = t->from; i < t->to; i++) {
        const StoreCopyFound *copy = &g_array_index(t->found, StoreCopyFound, i);
        g_autoptr(GError) gone = NULL;
        if (!store_withdraw_copy(t->store, conn, t->withdrawal, copy->mailbox, copy->uid, &gone)) {
            if (cv_error_is(gone, CV_ERROR_NOT_FOUND))
                continue; /* its user was quicker */
            g_propagate_error(error, g_steal_pointer(&gone));
            return FALSE;
        }
        if (t->replace != NULL && !t->replace(conn, copy->mailbox, t->data, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean done_work(DbConn *conn, gpointer data, GError **error) {
    return store_withdrawal_set_state(conn, *(gint64 *)data, STORE_WITHDRAWN, error);
}

gboolean store_withdraw(Store *store, gint64 withdrawal, StoreReplace replace, gpointer data,
                        GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    g_autoptr(GArray) blobs = conn == NULL ? NULL : store_withdrawal_blobs(conn, withdrawal, error);
    g_clear_pointer(&conn, db_read_end);
    if (blobs == NULL)
        return FALSE;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(StoreCopyFound));
    Taking taking = {store, withdrawal, found, 0, 0, replace, data};
    for (guint walk = 0; walk < WALKS_MOST; walk++) {
        g_array_set_size(found, 0);
        if (!store_copies_find(store, (const BlobId *)(const void *)blobs->data, blobs->len, found,
                               error))
            return FALSE;
        if (found->len == 0)
            break;
        for (taking.from = 0; taking.from < found->len; taking.from = taking.to) {
            taking.to = MIN(taking.from + SLICE_COPIES, found->len);
            if (!db_write(store->db, take_work, &taking, error))
                return FALSE;
        }
    }
    return db_write(store->db, done_work, &withdrawal, error);
}

/* ---- Putting back ---- */

typedef struct {
    gint64 key, account;
} Away;

typedef struct {
    Store *store;
    gint64 withdrawal;
    const char *ground, *who;
    gboolean more;
} Return;

/* The mailbox where it was, else the account's INBOX; *id 0: there is neither. */
static gboolean find_home(DbConn *conn, const Away *away, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM mailbox WHERE id = ?1 OR (account = ?2 AND"
                                    " name = 'INBOX') ORDER BY id <> ?1 LIMIT 1");
    db_bind(stmt, "ii", store_key_mailbox(away->key), away->account);
    DbStep step = db_step(stmt, error);
    *id = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

/* The row goes back as it was, the reference of its blob with it. */
static gboolean move_rows(DbConn *conn, const StoreBox *box, gint64 from, gint64 to,
                          GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO message(key, id, flags, modseq, created_modseq, received,"
                         " saved, size, blob, thread, traits) SELECT ?1, e.id, e.flags, ?2, ?2,"
                         " e.received, ?3, e.size, e.blob, w.thread, w.traits FROM expunged e"
                         " JOIN withdrawn w ON w.key = e.key WHERE e.key = ?4");
    db_bind(stmt, "iiii", to, (gint64)box->modseq, clock_now(), from);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "DELETE FROM expunged WHERE key = ?");
    db_bind_int(stmt, 1, from);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE message_meta SET key = ? WHERE key = ?");
    db_bind(stmt, "ii", to, from);
    return db_run(stmt, error);
}

static gboolean set_back(DbConn *conn, gint64 key, gint64 back, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE withdrawn SET back = ? WHERE key = ?");
    db_bind(stmt, "ii", back, key);
    return db_run(stmt, error);
}

static gboolean put_back(Store *store, DbConn *conn, const Away *away, GError **error) {
    gint64 home = 0;
    StoreBox box;
    StoreOwner owner;
    DbStmt *stmt = db_prepare(conn, "SELECT flags, size FROM expunged WHERE key = ?");
    db_bind_int(stmt, 1, away->key);
    DbStep step = db_step(stmt, error);
    StoreFlags flags = step == DB_ROW ? (StoreFlags)db_column_int(stmt, 0) : 0;
    gint64 size = step == DB_ROW ? db_column_int(stmt, 1) : 0;
    db_reset(stmt);
    if (step == DB_FAILED || !find_home(conn, away, &home, error))
        return FALSE;
    if (step != DB_ROW || home == 0)
        return set_back(conn, away->key, -1, error);
    if (!store_box_load(conn, home, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error))
        return FALSE;
    if (box.uidnext > G_MAXUINT32)
        return set_back(conn, away->key, -1, error);
    gint64 key = store_key(box.id, (guint32)box.uidnext++);
    box.modseq = ++owner.modseq;
    store_count(&box, &owner, flags, size, 1);
    if (!move_rows(conn, &box, away->key, key, error) || !set_back(conn, away->key, key, error) ||
        !store_box_save(conn, &box, error) || !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

static gboolean begin_return(DbConn *conn, gpointer data, GError **error) {
    const Return *r = data;
    DbStmt *stmt = db_prepare(
        conn, "UPDATE withdrawal SET state = ?, return_ground = ?, return_who = ?, return_at = ?,"
              " recorded = 0 WHERE id = ? AND state = ?");
    db_bind(stmt, "ittiii", (gint64)STORE_RETURNING, r->ground, r->who, clock_now(), r->withdrawal,
            (gint64)STORE_WITHDRAWN);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) > 0)
        return TRUE;
    stmt = db_prepare(conn, "SELECT state FROM withdrawal WHERE id = ?");
    db_bind_int(stmt, 1, r->withdrawal);
    DbStep step = db_step(stmt, error);
    gint64 state = step == DB_ROW ? db_column_int(stmt, 0) : -1;
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    if (state < 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có lần thu hồi số %" G_GINT64_FORMAT "; there is no such withdrawal",
                       r->withdrawal);
    return state == STORE_RETURNING || /* goes on where it was cut short */
           cv_fail(error, CV_ERROR_REFUSED,
                   state == STORE_RETURNED
                       ? "thư đã được trả lại rồi; the message was put back already"
                       : "việc thu hồi chưa xong; the withdrawal is not done yet: try again");
}

static gboolean return_work(DbConn *conn, gpointer data, GError **error) {
    Return *r = data;
    g_autoptr(GArray) away = g_array_new(FALSE, FALSE, sizeof(Away));
    DbStmt *stmt = db_prepare(conn, "SELECT key, account FROM withdrawn WHERE withdrawal = ?"
                                    " AND back = 0 ORDER BY key LIMIT ?");
    db_bind(stmt, "ii", r->withdrawal, (gint64)SLICE_COPIES);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Away one = {db_column_int(stmt, 0), db_column_int(stmt, 1)};
        g_array_append_val(away, one);
    }
    if (step == DB_FAILED)
        return FALSE;
    for (guint i = 0; i < away->len; i++)
        if (!put_back(r->store, conn, &g_array_index(away, Away, i), error))
            return FALSE;
    r->more = away->len == SLICE_COPIES;
    return r->more || store_withdrawal_set_state(conn, r->withdrawal, STORE_RETURNED, error);
}

gboolean store_withdrawal_return(Store *store, gint64 withdrawal, const char *ground,
                                 const char *who, GError **error) {
    Return r = {.store = store, .withdrawal = withdrawal, .ground = ground, .who = who};
    if (!db_write(store->db, begin_return, &r, error))
        return FALSE;
    do {
        if (!db_write(store->db, return_work, &r, error))
            return FALSE;
    } while (r.more);
    return TRUE;
}

/* ---- doctor ---- */

gboolean store_withdraw_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                               gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT c.withdrawal, c.key >> 32, c.key & 4294967295 FROM withdrawn c"
              " LEFT JOIN withdrawal w ON w.id = c.withdrawal WHERE w.id IS NULL OR (c.back = 0"
              " AND NOT EXISTS(SELECT 1 FROM expunged e WHERE e.key = c.key))");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autofree char *text =
            g_strdup_printf("withdrawal %" G_GINT64_FORMAT " has lost UID %" G_GINT64_FORMAT
                            " of mailbox %" G_GINT64_FORMAT,
                            db_column_int(stmt, 0), db_column_int(stmt, 2), db_column_int(stmt, 1));
        finding(text, data);
    }
    return step != DB_FAILED;
}
