/* The two rows that every change of a mailbox goes through: the mailbox's (UID, counts) and its
 * account's (modification sequence, quota). They are read, changed as structs and written back in
 * one transaction of the single writer, so the numbers are exact and never go back. */
#include "store/internal.h"

#include "base/clock.h"

gboolean store_box_load(DbConn *conn, gint64 mailbox, StoreBox *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT account, uidvalidity, uidnext, modseq, total, unseen,"
                                    " deleted, size FROM mailbox WHERE id = ?");
    db_bind_int(stmt, 1, mailbox);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW) {
        *out = (StoreBox){
            .id = mailbox,
            .account = db_column_int(stmt, 0),
            .uidvalidity = (guint32)db_column_int(stmt, 1),
            .uidnext = db_column_int(stmt, 2),
            .modseq = (guint64)db_column_int(stmt, 3),
            .total = db_column_int(stmt, 4),
            .unseen = db_column_int(stmt, 5),
            .deleted = db_column_int(stmt, 6),
            .size = db_column_int(stmt, 7),
        };
        db_reset(stmt);
        return TRUE;
    }
    return step == DB_FAILED ? FALSE
                             : cv_fail(error, CV_ERROR_NOT_FOUND, "the mailbox exists no longer");
}

gboolean store_box_save(DbConn *conn, const StoreBox *box, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE mailbox SET uidnext = ?, modseq = ?, total = ?,"
                                    " unseen = ?, deleted = ?, size = ? WHERE id = ?");
    db_bind(stmt, "iiiiiii", box->uidnext, (gint64)box->modseq, box->total, box->unseen,
            box->deleted, box->size, box->id);
    return db_run(stmt, error);
}

gboolean store_owner_load(DbConn *conn, gint64 account, StoreOwner *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT modseq, next_id, quota_limit, quota_used, messages"
                                    " FROM account WHERE id = ?");
    db_bind_int(stmt, 1, account);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW) {
        *out = (StoreOwner){
            .id = account,
            .modseq = (guint64)db_column_int(stmt, 0),
            .next_id = db_column_int(stmt, 1),
            .quota_limit = db_column_int(stmt, 2),
            .quota_used = db_column_int(stmt, 3),
            .messages = db_column_int(stmt, 4),
        };
        db_reset(stmt);
        return TRUE;
    }
    return step == DB_FAILED ? FALSE
                             : cv_fail(error, CV_ERROR_NOT_FOUND,
                                       "account %" G_GINT64_FORMAT " has no mailboxes", account);
}

gboolean store_owner_save(DbConn *conn, const StoreOwner *owner, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE account SET modseq = ?, next_id = ?, quota_used = ?,"
                                    " messages = ? WHERE id = ?");
    db_bind(stmt, "iiiii", (gint64)owner->modseq, owner->next_id, owner->quota_used,
            owner->messages, owner->id);
    return db_run(stmt, error);
}

void store_count(StoreBox *box, StoreOwner *owner, StoreFlags flags, gint64 size, gint64 sign) {
    box->total += sign;
    box->unseen += (flags & STORE_SEEN) == 0 ? sign : 0;
    box->deleted += (flags & STORE_DELETED) != 0 ? sign : 0;
    box->size += sign * size;
    owner->messages += sign;
    owner->quota_used += sign * size;
}

/* RFC 9051 2.3.1.1: "a good UIDVALIDITY value to use is a 32-bit representation of the current
 * date/time when the value is assigned". Kept rising over mailboxes made in one second and over a
 * clock that was set back. */
gboolean store_uidvalidity_next(DbConn *conn, guint32 *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT value FROM counter WHERE name = 'uidvalidity'");
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_FAILED
                   ? FALSE
                   : cv_fail(error, CV_ERROR_CORRUPT, "the counter of UIDVALIDITY is lost");
    gint64 next = MAX(db_column_int(stmt, 0) + 1, clock_now() / CLOCK_SECOND);
    db_reset(stmt);
    if (next > G_MAXUINT32)
        return cv_fail(error, CV_ERROR_LIMIT, "no UIDVALIDITY is left; is the clock right?");
    stmt = db_prepare(conn, "UPDATE counter SET value = ? WHERE name = 'uidvalidity'");
    db_bind_int(stmt, 1, next);
    *out = (guint32)next;
    return db_run(stmt, error);
}

gboolean store_log_mailbox(DbConn *conn, const StoreBox *box, StoreKind kind, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE account SET modseq = modseq + 1 WHERE id = ?");
    db_bind_int(stmt, 1, box->account);
    if (!db_run(stmt, error))
        return FALSE;
    gboolean held = kind == STORE_KIND_BOX_GONE && box->total > 0;
    g_autofree char *number = g_strdup_printf("%u%s", box->uidvalidity, held ? "+" : "");
    stmt = db_prepare(conn, "INSERT INTO change(account, modseq, mailbox, kind, at, uids)"
                            " SELECT id, modseq, ?, ?, ?, ? FROM account WHERE id = ?");
    db_bind(stmt, "iiiti", box->id, (gint64)kind, clock_now(), number, box->account);
    return db_run(stmt, error);
}

gboolean store_log_change(DbConn *conn, const StoreBox *box, StoreKind kind, const StoreUids *uids,
                          GError **error) {
    g_auto(Buffer) text;
    buffer_init(&text, STORE_SLICE * 24 + 1); /* two numbers of ten digits and their signs, each */
    store_uids_write(uids, &text);
    if (!buffer_append_byte(&text, '\0'))
        return cv_fail(error, CV_ERROR_INTERNAL, "a slice of changes is too large for the log");
    DbStmt *stmt = db_prepare(conn, "INSERT INTO change(account, modseq, mailbox, kind, at, uids)"
                                    " VALUES(?,?,?,?,?,?)");
    db_bind(stmt, "iiiiit", box->account, (gint64)box->modseq, box->id, (gint64)kind, clock_now(),
            (const char *)buffer_bytes(&text).p);
    return db_run(stmt, error);
}
