/* Picks the rows of one slice: the messages of a set of UIDs that exist (and carry some flags), in
 * order of UID, from where the last slice ended. Rows between which no other message lies are
 * marked as joined, so that a stretch of them can be changed by one statement over a range. */
#include "store/internal.h"

void store_cursor_init(StoreCursor *cursor, const StoreUids *uids) {
    *cursor = (StoreCursor){.uids = uids, .limit = G_MAXUINT32};
}

/* The part of the present run that was not seen yet; FALSE: nothing is left. */
static gboolean next_range(StoreCursor *cursor, guint32 *first, guint32 *last) {
    if (cursor->uids == NULL) {
        *first = 1;
        *last = G_MAXUINT32;
        if (cursor->run > 0)
            return FALSE;
    } else if (!store_uids_run(cursor->uids, cursor->run, first, last)) {
        return FALSE;
    }
    *last = MIN(*last, cursor->limit);
    if (*first <= cursor->last)
        *first = cursor->last + 1;
    return cursor->last < cursor->limit && *first <= cursor->limit;
}

/* Takes rows of one range. *more: stopped because there are enough. */
static gboolean take_range(DbConn *conn, gint64 mailbox, StoreCursor *cursor, guint32 last,
                           StoreFlags required, guint most, GArray *rows, DbStmt *stmt,
                           gboolean *more, GError **error) {
    gboolean joined = FALSE;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreRow row = {
            .uid = store_key_uid(db_column_int(stmt, 0)),
            .joined = joined,
            .flags = (StoreFlags)db_column_int(stmt, 1),
            .modseq = (guint64)db_column_int(stmt, 2),
            .id = db_column_int(stmt, 3),
            .received = db_column_int(stmt, 4),
            .size = db_column_int(stmt, 5),
            .blob = db_column_int(stmt, 6),
        };
        cursor->last = row.uid;
        joined = (row.flags & required) == required;
        if (joined)
            g_array_append_val(rows, row);
        if (rows->len >= most) {
            *more = TRUE;
            db_reset(stmt);
            return TRUE;
        }
    }
    cursor->last = MAX(cursor->last, last);
    return step != DB_FAILED;
}

gboolean store_rows_take(DbConn *conn, gint64 mailbox, StoreCursor *cursor, StoreFlags required,
                         guint most, GArray *rows, GError **error) {
    guint32 first, last;
    while (next_range(cursor, &first, &last)) {
        gboolean more = FALSE;
        if (first <= last) {
            DbStmt *stmt = db_prepare(conn, "SELECT key, flags, modseq, id, received, size, blob"
                                            " FROM message WHERE key BETWEEN ? AND ? ORDER BY key");
            db_bind(stmt, "ii", store_key(mailbox, first), store_key(mailbox, last));
            if (!take_range(conn, mailbox, cursor, last, required, most, rows, stmt, &more, error))
                return FALSE;
        }
        if (more)
            return TRUE;
        cursor->run++;
    }
    cursor->done = TRUE;
    return TRUE;
}

guint store_rows_stretch(const GArray *rows, guint from) {
    guint to = from + 1;
    while (to < rows->len && g_array_index(rows, StoreRow, to).joined)
        to++;
    return to;
}
