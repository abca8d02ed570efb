/* RFC 9051 6.3.6: "Renaming INBOX is permitted and does not result in a tagged BAD response, and it
 * has special behavior: It moves all messages in INBOX to a new mailbox with the given name,
 * leaving INBOX empty." Its children stay. The move goes in slices; what it has not reached when it
 * fails is still in INBOX. */
#include "store/internal.h"

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
    if (store_uids_count(uids) == 0)
        return TRUE;
    g_autoptr(GArray) moved = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) made = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    return store_copy(store, inbox->id, uids, target, TRUE, ~(StoreFlags)0, &uidvalidity, moved,
                      made, error);
}
