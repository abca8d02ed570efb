/* RFC 9051 6.3.6: "Renaming INBOX is permitted and does not result in a tagged BAD response, and it
 * has special behavior: It moves all messages in INBOX to a new mailbox with the given name,
 * leaving INBOX empty." Its children stay. The move goes in slices; what it has not reached when it
 * fails is still in INBOX. */
#include "store/internal.h"

typedef struct {
    gint64 from, to;
} Notes;

/* RFC 5464 4.1: annotations are on both afterwards. */
static gboolean copy_notes(DbConn *conn, gpointer data, GError **error) {
    const Notes *notes = data;
    DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO metadata(account, mailbox, shared,"
                                    " entry, sequence, value) SELECT account, ?, shared, entry,"
                                    " sequence, value FROM metadata WHERE mailbox = ?");
    db_bind(stmt, "ii", notes->to, notes->from);
    return db_run(stmt, error);
}

gboolean store_rename_inbox(Store *store, gint64 account, const char *to, GError **error) {
    DbConn *conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    g_autoptr(StoreMailbox) inbox = store_mailbox_find(store, conn, account, "INBOX", error);
    g_autoptr(StoreUids) uids =
        inbox == NULL ? NULL : store_uids_load(store, conn, inbox->id, error);
    db_read_end(conn);
    gint64 target;
    if (uids == NULL || !store_mailbox_create(store, account, to, STORE_USE_NONE, &target, error))
        return FALSE;
    Notes notes = {inbox->id, target};
    if (!db_write(store->db, copy_notes, &notes, error))
        return FALSE;
    if (store_uids_count(uids) == 0)
        return TRUE;
    g_autoptr(GArray) moved = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    return store_copy(store, inbox->id, uids, target, TRUE, ~(StoreFlags)0, &uidvalidity, moved,
                      made, error);
}
