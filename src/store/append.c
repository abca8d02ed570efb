/* APPEND and REPLACE: a client puts messages into a mailbox, all of them or none. The bytes are
 * parsed and, when they are many, flushed on the calling worker; the transaction is short. */
#include "store/internal.h"

typedef struct {
    Bytes head; /* what is kept beside the row of a large blob */
    guint64 size;
    MessageParsed *parsed;
} Prepared;

typedef struct {
    Store *store;
    StoreAppending *appending;
    Prepared *prepared;
} Append;

/* Whose mailbox it is; 0: nobody's, which the transaction will tell. */
static gboolean find_account(Store *store, gint64 mailbox, gint64 *account, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    StoreBox box = {0};
    if (conn == NULL)
        return FALSE;
    store_box_load(conn, mailbox, &box, NULL);
    *account = box.account;
    return TRUE;
}

static gboolean judge(const Append *append, Bytes all, const MessageParsed *parsed,
                      GError **error) {
    const StoreAppending *appending = append->appending;
    StoreJudged judged = {all, parsed, 0, appending->door == NULL ? "imap" : appending->door};
    return append->store->judge == NULL ||
           (find_account(append->store, appending->mailbox, &judged.account, error) &&
            store_judge(append->store, &judged, error));
}

static gboolean prepare(const Append *append, guint i, GError **error) {
    const StoreAppend *message = &append->appending->messages[i];
    Prepared *prepared = &append->prepared[i];
    Bytes all;
    if (!blob_writer_view(message->writer, &all, error))
        return FALSE;
    prepared->size = all.n;
    prepared->parsed = message_parse(all);
    prepared->head = bytes_slice(all, 0, prepared->parsed->header_bytes);
    if (judge(append, all, prepared->parsed, error))
        return blob_writer_finish(message->writer, error);
    blob_writer_wipe(message->writer);
    return FALSE;
}

/* The message that is replaced goes first: only what the account grows by counts (RFC 8508 3.4). */
static gboolean take_out(Append *append, DbConn *conn, GError **error) {
    const StoreAppending *appending = append->appending;
    StoreBox box;
    StoreOwner owner;
    StoreCursor cursor;
    g_autoptr(StoreUids) uids = store_uids_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(StoreRow));
    store_uids_append(uids, appending->replaced_uid);
    store_cursor_init(&cursor, uids);
    if (!store_box_load(conn, appending->replaced_mailbox, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error) ||
        !store_rows_take(conn, box.id, &cursor, 0, 1, rows, error))
        return FALSE;
    if (rows->len == 0)
        return cv_fail(error, CV_ERROR_INPUT, "the message to be replaced is not there any more");
    box.modseq = ++owner.modseq;
    if (!store_bury(conn, &box, &owner, rows, error) || !store_box_save(conn, &box, error) ||
        !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(append->store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    return TRUE;
}

static gboolean put_in(Append *append, DbConn *conn, const StoreBox *box, guint i, guint32 *uid,
                       GError **error) {
    const StoreAppend *message = &append->appending->messages[i];
    const Prepared *prepared = &append->prepared[i];
    StoreFlags keywords;
    if (!store_keywords_of(conn, box->account, message->keywords, TRUE, &keywords, error))
        return FALSE;
    StoreNewMessage row = {
        .mailbox = box->id,
        .blob_size = prepared->size,
        .parsed = prepared->parsed,
        .flags = (message->flags & STORE_SYSTEM_FLAGS) | keywords,
        .received = message->received,
        .quota_strict = TRUE,
    };
    return blob_insert(conn, message->writer, prepared->head, 1, &row.blob, error) &&
           store_message_insert(append->store, conn, &row, uid, error);
}

static gboolean append_work(DbConn *conn, gpointer data, GError **error) {
    Append *append = data;
    StoreAppending *appending = append->appending;
    StoreBox box;
    if (!store_box_load(conn, appending->mailbox, &box, error) ||
        (appending->replaced_uid != 0 && !take_out(append, conn, error)))
        return FALSE;
    appending->uidvalidity = box.uidvalidity;
    for (guint i = 0; i < appending->count; i++) {
        guint32 uid;
        if (!put_in(append, conn, &box, i, &uid, error))
            return FALSE;
        if (i == 0)
            appending->uid = uid;
    }
    return TRUE;
}

gboolean store_append(Store *store, StoreAppending *appending, GError **error) {
    Append append = {store, appending, g_new0(Prepared, appending->count)};
    gboolean done = TRUE;
    for (guint i = 0; i < appending->count && done; i++)
        done = prepare(&append, i, error);
    done = done && db_write(store->db, append_work, &append, error);
    for (guint i = 0; i < appending->count; i++)
        message_parsed_free(append.prepared[i].parsed);
    g_free(append.prepared);
    return done;
}
