/* What `doctor` asks: do the store's tables agree with one another? Mailboxes are checked one by
 * one, each in a read transaction of its own, so that it works beside a running server. References
 * of blobs are summed up over all tables in slices; where the sum differs (a message may have moved
 * while it was made) that blob is counted again in one transaction before it is reported. */
#include "store/internal.h"
#include "store/withdraw.h"

#include <stdarg.h>

typedef struct {
    Store *store;
    void (*finding)(const char *text, gpointer data);
    gpointer data;
} Check;

static void report(const Check *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void report(const Check *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    check->finding(text, check->data);
}

#define N "%" G_GINT64_FORMAT

/* ---- One mailbox ---- */

static void compare(const Check *check, gint64 mailbox, const char *what, gint64 says,
                    gint64 counted) {
    if (says != counted)
        report(check, "mailbox " N ": its %s is " N ", its messages make " N, mailbox, what, says,
               counted);
}

static gboolean check_rows(const Check *check, DbConn *conn, const StoreBox *box, GError **error) {
    StoreBox sum = {.id = box->id};
    StoreOwner unused = {0};
    gint64 last_created = 0;
    DbStmt *stmt = db_prepare(conn, "SELECT key, flags, modseq, created_modseq, size FROM message"
                                    " WHERE key BETWEEN ? AND ? ORDER BY key");
    db_bind(stmt, "ii", store_key(box->id, 0), store_key(box->id, G_MAXUINT32));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        guint32 uid = store_key_uid(db_column_int(stmt, 0));
        gint64 modseq = db_column_int(stmt, 2), created = db_column_int(stmt, 3);
        store_count(&sum, &unused, (StoreFlags)db_column_int(stmt, 1), db_column_int(stmt, 4), 1);
        if (uid == 0 || uid >= box->uidnext)
            report(check, "mailbox " N ": UID %u is not below UIDNEXT " N, box->id, uid,
                   box->uidnext);
        if (modseq > (gint64)box->modseq || modseq < created || created < last_created)
            report(check, "mailbox " N ": the modification sequence of UID %u is out of order",
                   box->id, uid);
        last_created = created;
    }
    compare(check, box->id, "number of messages", box->total, sum.total);
    compare(check, box->id, "number of unseen messages", box->unseen, sum.unseen);
    compare(check, box->id, "number of deleted messages", box->deleted, sum.deleted);
    compare(check, box->id, "size", box->size, sum.size);
    return step == DB_DONE;
}

/* The wide rows against the narrow ones, both ways. */
static gboolean check_meta(const Check *check, DbConn *conn, gint64 mailbox, GError **error) {
    static const struct {
        const char *sql, *text;
    } questions[] = {
        {"SELECT key FROM message a WHERE key BETWEEN ? AND ? AND NOT EXISTS(SELECT 1 FROM"
         " message_meta b WHERE b.key = a.key)",
         "mailbox " N ": UID %u has no envelope"},
        {"SELECT key FROM expunged a WHERE key BETWEEN ? AND ? AND NOT EXISTS(SELECT 1 FROM"
         " message_meta b WHERE b.key = a.key)",
         "mailbox " N ": the expunged UID %u has no envelope"},
        {"SELECT key FROM message_meta a WHERE key BETWEEN ? AND ? AND NOT EXISTS(SELECT 1 FROM"
         " message b WHERE b.key = a.key) AND NOT EXISTS(SELECT 1 FROM expunged c"
         " WHERE c.key = a.key)",
         "mailbox " N ": an envelope of UID %u has no message"},
        {"SELECT a.key FROM message a JOIN expunged b ON a.key = b.key WHERE a.key BETWEEN ?"
         " AND ?",
         "mailbox " N ": UID %u is there and expunged"},
        {"SELECT a.key FROM message_meta a JOIN message b ON a.key = b.key WHERE a.key BETWEEN ?"
         " AND ? AND a.envelope IS NULL AND NOT EXISTS(SELECT 1 FROM blob_meta c"
         " WHERE c.blob = b.blob)",
         "mailbox " N ": UID %u has lost the envelope that it shares"},
        {"SELECT key FROM place a WHERE key BETWEEN ? AND ? AND (gone IS NULL) <>"
         " EXISTS(SELECT 1 FROM message b WHERE b.key = a.key)",
         "mailbox " N ": UID %u has a name from elsewhere and is not there, or the other way"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        DbStmt *stmt = db_prepare(conn, questions[i].sql);
        db_bind(stmt, "ii", store_key(mailbox, 0), store_key(mailbox, G_MAXUINT32));
        DbStep step;
        while ((step = db_step(stmt, error)) == DB_ROW) {
            gint64 key = db_column_int(stmt, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            report(check, questions[i].text, mailbox, store_key_uid(key));
#pragma GCC diagnostic pop
        }
        if (step == DB_FAILED)
            return FALSE;
    }
    return TRUE;
}

/* ---- All mailboxes that any row names ---- */

/* The next mailbox behind `after` that has rows anywhere; 0: none, -1: *error. */
static gint64 next_mailbox(DbConn *conn, gint64 after, GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT min(m) FROM ("
              "SELECT min(id) m FROM mailbox WHERE id > ?1"
              " UNION ALL SELECT min(mailbox) FROM gone WHERE mailbox > ?1"
              " UNION ALL SELECT min(key) >> 32 FROM message WHERE key > (?1 << 32 | 4294967295)"
              " UNION ALL SELECT min(key) >> 32 FROM message_meta"
              " WHERE key > (?1 << 32 | 4294967295)"
              " UNION ALL SELECT min(key) >> 32 FROM expunged"
              " WHERE key > (?1 << 32 | 4294967295))");
    db_bind_int(stmt, 1, after);
    gint64 found = db_step(stmt, error) == DB_ROW ? db_column_int(stmt, 0) : -1;
    db_reset(stmt);
    return found;
}

static gboolean is_gone(DbConn *conn, gint64 mailbox) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM gone WHERE mailbox = ?");
    db_bind_int(stmt, 1, mailbox);
    gboolean gone = db_step(stmt, NULL) == DB_ROW;
    db_reset(stmt);
    return gone;
}

/* Expunged rows outlive a deleted mailbox whose mark was swept; other rows do not. */
static gboolean check_unknown(const Check *check, DbConn *conn, gint64 mailbox, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM message WHERE key BETWEEN ? AND ? LIMIT 1");
    db_bind(stmt, "ii", store_key(mailbox, 0), store_key(mailbox, G_MAXUINT32));
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    if (step == DB_ROW && !is_gone(conn, mailbox))
        report(check, "mailbox " N " does not exist but has messages", mailbox);
    return step != DB_FAILED;
}

static gboolean check_mailbox(const Check *check, gint64 *mailbox, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(check->store->db, error);
    if (conn == NULL || (*mailbox = next_mailbox(conn, *mailbox, error)) < 0)
        return FALSE;
    if (*mailbox == 0)
        return TRUE;
    StoreBox box;
    StoreOwner owner;
    g_autoptr(GError) missing = NULL;
    if (!store_box_load(conn, *mailbox, &box, &missing)) {
        if (!cv_error_is(missing, CV_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&missing));
            return FALSE;
        }
        return check_unknown(check, conn, *mailbox, error) &&
               check_meta(check, conn, *mailbox, error);
    }
    if (!store_owner_load(conn, box.account, &owner, &missing))
        report(check, "mailbox " N " belongs to account " N ", which does not exist", box.id,
               box.account);
    else if (box.modseq > owner.modseq)
        report(check, "mailbox " N " is ahead of its account's modification sequence", box.id);
    return check_rows(check, conn, &box, error) && check_meta(check, conn, box.id, error);
}

/* ---- Accounts ---- */

static gboolean check_accounts(const Check *check, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(check->store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT a.id, a.messages, a.quota_used, coalesce(sum(m.total), 0),"
                         " coalesce(sum(m.size), 0), max(m.name = 'INBOX') FROM account a"
                         " LEFT JOIN mailbox m ON m.account = a.id GROUP BY a.id");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        if (db_column_int(stmt, 1) != db_column_int(stmt, 3))
            report(check, "account " N " counts " N " messages, its mailboxes hold " N, id,
                   db_column_int(stmt, 1), db_column_int(stmt, 3));
        if (db_column_int(stmt, 2) != db_column_int(stmt, 4))
            report(check, "account " N " counts " N " bytes, its mailboxes hold " N, id,
                   db_column_int(stmt, 2), db_column_int(stmt, 4));
        if (db_column_int(stmt, 5) == 0)
            report(check, "account " N " has no INBOX", id);
    }
    if (step == DB_FAILED)
        return FALSE;
    stmt = db_prepare(conn, "SELECT uidvalidity, count(*) FROM mailbox GROUP BY uidvalidity"
                            " HAVING count(*) > 1 OR uidvalidity > (SELECT value FROM counter"
                            " WHERE name = 'uidvalidity')");
    while ((step = db_step(stmt, error)) == DB_ROW)
        report(check, "UIDVALIDITY " N " is not unique or was never given", db_column_int(stmt, 0));
    return step == DB_DONE && store_taken_verify(conn, check->finding, check->data, error) &&
           store_withdraw_verify(conn, check->finding, check->data, error);
}

/* ---- Annotations ---- */

static gboolean check_metadata(const Check *check, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(check->store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT a.mailbox, a.account, m.account, a.shared, a.sequence >"
                                    " (SELECT value FROM counter WHERE name = 'metadata')"
                                    " FROM metadata a LEFT JOIN mailbox m ON m.id = a.mailbox");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 mailbox = db_column_int(stmt, 0), account = db_column_int(stmt, 1);
        if (mailbox != 0 && db_column_is_null(stmt, 2))
            report(check, "mailbox " N " does not exist but has annotations", mailbox);
        else if (db_column_int(stmt, 3) != 0 && db_column_int(stmt, 2) != account)
            report(check, "shared annotations of mailbox " N " belong to account " N, mailbox,
                   account);
        if (db_column_int(stmt, 4) != 0)
            report(check, "an annotation of mailbox " N " has a sequence that was never given",
                   mailbox);
    }
    return step == DB_DONE;
}

gboolean store_verify(Store *store, gboolean hashes,
                      void (*finding)(const char *text, gpointer data), BlobProgress progress,
                      gpointer data, GError **error) {
    Check check = {store, finding, data};
    gint64 mailbox = 0;
    do {
        if (!check_mailbox(&check, &mailbox, error))
            return FALSE;
    } while (mailbox != 0);
    return check_accounts(&check, error) && check_metadata(&check, error) &&
           store_verify_blobs(store, FALSE, finding, data, error) &&
           blob_verify(store->blobs, hashes, finding, progress, data, error);
}
