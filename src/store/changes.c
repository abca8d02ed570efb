/* What happened in a mailbox since a modification sequence. Flags and expunges stand in the log;
 * arrivals do not, because UIDs and the sequence of arrival rise together: the first message that
 * is newer is found by bisection, and all behind it are. The log has an end (the horizon); behind
 * it the narrow rows are compared one by one, which is slower and as right. */
#include "store/internal.h"

gboolean store_load_horizon(DbConn *conn, gint64 account, guint64 *horizon, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT horizon FROM account WHERE id = ?");
    db_bind_int(stmt, 1, account);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *horizon = (guint64)db_column_int(stmt, 0);
    db_reset(stmt);
    return step == DB_ROW ||
           (step == DB_DONE && cv_fail(error, CV_ERROR_NOT_FOUND, "the account is gone"));
}

/* Sorts the log's entries behind `since` into the two sets. */
static gboolean read_log(DbConn *conn, const StoreBox *box, guint64 since, StoreUids *touched,
                         StoreUids *vanished, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT kind, uids FROM change WHERE account = ?"
                                    " AND modseq > ? AND mailbox = ? AND kind <= 2");
    db_bind(stmt, "iii", box->account, (gint64)since, box->id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gboolean gone = db_column_int(stmt, 0) == STORE_KIND_EXPUNGED;
        if (!store_uids_parse(gone ? vanished : touched, db_column_bytes(stmt, 1))) {
            db_reset(stmt);
            return cv_fail(error, CV_ERROR_CORRUPT,
                           "the change log of mailbox %" G_GINT64_FORMAT
                           " is damaged; run `congvu doctor`",
                           box->id);
        }
    }
    return step == DB_DONE;
}

/* Is the first message with a UID >= uid newer than `since` (or is there none)? */
static gboolean is_newer(DbConn *conn, gint64 mailbox, gint64 uid, guint64 since, gboolean *newer,
                         GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT created_modseq FROM message WHERE key BETWEEN ? AND ?"
                                    " ORDER BY key LIMIT 1");
    db_bind(stmt, "ii", (mailbox << 32) + uid, store_key(mailbox, G_MAXUINT32));
    DbStep step = db_step(stmt, error);
    *newer = step == DB_DONE || (guint64)db_column_int(stmt, 0) > since;
    db_reset(stmt);
    return step != DB_FAILED;
}

/* The lowest UID from which on all messages arrived after `since`. Looks near the end first, where
 * it is for a session that keeps in step. */
gboolean store_first_arrival(DbConn *conn, const StoreBox *box, guint64 since, gint64 *first,
                             GError **error) {
    gint64 newer = MIN(box->uidnext, (gint64)G_MAXUINT32), older = 0, step = 1;
    gboolean is = FALSE;
    while (newer - step > 0) {
        if (!is_newer(conn, box->id, newer - step, since, &is, error))
            return FALSE;
        if (!is) {
            older = newer - step;
            break;
        }
        newer -= step;
        step *= 2;
    }
    while (newer - older > 1) {
        gint64 middle = older + (newer - older) / 2;
        if (!is_newer(conn, box->id, middle, since, &is, error))
            return FALSE;
        if (is)
            newer = middle;
        else
            older = middle;
    }
    *first = newer;
    return TRUE;
}

static gboolean add_changed(DbConn *conn, gint64 mailbox, gint64 first, gint64 last, guint64 since,
                            GArray *changed, GError **error) {
    if (first > last)
        return TRUE;
    DbStmt *stmt = db_prepare(conn, "SELECT key, flags, modseq FROM message"
                                    " WHERE key BETWEEN ? AND ? AND modseq > ? ORDER BY key");
    db_bind(stmt, "iii", (mailbox << 32) + first, (mailbox << 32) + last, (gint64)since);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreChange change = {store_key_uid(db_column_int(stmt, 0)),
                              (StoreFlags)db_column_int(stmt, 1), (guint64)db_column_int(stmt, 2)};
        g_array_append_val(changed, change);
    }
    return step == DB_DONE;
}

static gboolean from_log(DbConn *conn, const StoreBox *box, guint64 since, StoreChanges *out,
                         GError **error) {
    g_autoptr(StoreUids) touched = store_uids_new();
    gint64 arrivals;
    if (!read_log(conn, box, since, touched, out->vanished, error) ||
        !store_first_arrival(conn, box, since, &arrivals, error))
        return FALSE;
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(touched, i, &first, &last); i++)
        if (!add_changed(conn, box->id, first, MIN((gint64)last, arrivals - 1), since, out->changed,
                         error))
            return FALSE;
    return add_changed(conn, box->id, arrivals, G_MAXUINT32, since, out->changed, error);
}

static gboolean from_rows(Store *store, DbConn *conn, const StoreBox *box, guint64 since,
                          StoreChanges *out, GError **error) {
    g_autoptr(StoreUids) there = store_uids_load(store, conn, box->id, error);
    if (there == NULL)
        return FALSE;
    gint64 next = 1; /* the first UID that is not accounted for */
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(there, i, &first, &last); i++) {
        if (first > next)
            store_uids_add_run(out->vanished, (guint32)next, first - 1);
        next = (gint64)last + 1;
    }
    if (next < box->uidnext)
        store_uids_add_run(out->vanished, (guint32)next, (guint32)(box->uidnext - 1));
    return add_changed(conn, box->id, 1, G_MAXUINT32, since, out->changed, error);
}

gboolean store_changes(Store *store, DbConn *conn, gint64 mailbox, guint64 since, StoreChanges *out,
                       GError **error) {
    StoreBox box;
    guint64 horizon = 0;
    if (!store_box_load(conn, mailbox, &box, error) ||
        !store_load_horizon(conn, box.account, &horizon, error))
        return FALSE;
    g_auto(StoreChanges) changes = {
        .vanished = store_uids_new(),
        .changed = g_array_new(FALSE, FALSE, sizeof(StoreChange)),
        .modseq = box.modseq,
        .complete = since >= horizon,
    };
    /* A peer may send any number: above G_MAXINT64 is above everything that was given. */
    if (since < box.modseq &&
        !(changes.complete ? from_log(conn, &box, since, &changes, error)
                           : from_rows(store, conn, &box, since, &changes, error)))
        return FALSE;
    *out = changes;
    changes = (StoreChanges){0};
    return TRUE;
}

void store_changes_clear(StoreChanges *changes) {
    g_clear_pointer(&changes->vanished, store_uids_free);
    g_clear_pointer(&changes->changed, g_array_unref);
}
