/* APPEND: a client puts a message into a mailbox. The bytes are parsed and, when they are many,
 * flushed on the calling worker; the transaction is short. */
#include "store/internal.h"

typedef struct {
    Store *store;
    BlobWriter *writer;
    Bytes head;
    const char *const *keywords;
    StoreNewMessage message;
    guint32 uidvalidity, uid;
} Append;

static gboolean append_work(DbConn *conn, gpointer data, GError **error) {
    Append *append = data;
    StoreBox box;
    StoreFlags keywords;
    if (!store_box_load(conn, append->message.mailbox, &box, error) ||
        !store_keywords_of(conn, box.account, append->keywords, TRUE, &keywords, error))
        return FALSE;
    StoreNewMessage message = append->message;
    message.flags |= keywords;
    append->uidvalidity = box.uidvalidity;
    return blob_insert(conn, append->writer, append->head, 1, &message.blob, error) &&
           store_message_insert(append->store, conn, &message, &append->uid, error);
}

gboolean store_message_append(Store *store, gint64 mailbox, BlobWriter *writer, StoreFlags flags,
                              const char *const *keywords, gint64 received, guint32 *uidvalidity,
                              guint32 *uid, GError **error) {
    Bytes all;
    if (!blob_writer_view(writer, &all, error))
        return FALSE;
    g_autoptr(MessageParsed) parsed = message_parse(all);
    Append append = {
        .store = store,
        .writer = writer,
        .head = bytes_slice(all, 0, parsed->header_bytes),
        .keywords = keywords,
        .message =
            {
                .mailbox = mailbox,
                .blob_size = all.n,
                .parsed = parsed,
                .flags = flags & STORE_SYSTEM_FLAGS,
                .received = received,
                .quota_strict = TRUE,
            },
    };
    if (!blob_writer_finish(writer, error) || !db_write(store->db, append_work, &append, error))
        return FALSE;
    *uidvalidity = append.uidvalidity;
    *uid = append.uid;
    return TRUE;
}
