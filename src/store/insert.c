/* Puts one message into a mailbox, inside the transaction of a delivery or an APPEND. The cost of a
 * delivered message is here: two rows read, two changed, two added, all on pages that the next
 * message of the mailbox uses again. Everything that can refuse comes before the first change. */
#include "store/internal.h"

#include "base/clock.h"

static gboolean check_room(const StoreBox *box, const StoreOwner *owner,
                           const StoreNewMessage *message, gint64 size, GError **error) {
    if (box->uidnext > G_MAXUINT32)
        return cv_fail(error, CV_ERROR_LIMIT, "the mailbox has no UID left; make a new one");
    if (owner->quota_limit == 0)
        return TRUE;
    /* A delivery that RCPT let in may pass the limit by this one message: nobody is told of a
     * full mailbox after 250. */
    gboolean fits = message->quota_strict ? size <= owner->quota_limit - owner->quota_used
                                          : owner->quota_used < owner->quota_limit;
    return fits || cv_fail(error, CV_ERROR_QUOTA,
                           "the mailbox is full (%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                           " bytes used); delete something first",
                           owner->quota_used, owner->quota_limit);
}

static gboolean add_shared(DbConn *conn, BlobId blob, const MessageParsed *parsed, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO blob_meta(blob, envelope, structure,"
                                    " preview, ancestry) VALUES(?,?,?,?,?)");
    db_bind(stmt, "ibbbb", (gint64)blob, parsed->envelope, parsed->structure,
            bytes_of_string(parsed->preview), parsed->ancestry);
    return db_run(stmt, error);
}

static gboolean add_meta(DbConn *conn, gint64 key, const StoreNewMessage *message, GError **error) {
    const MessageParsed *parsed = message->parsed;
    Bytes preview = bytes_of_string(parsed->preview);
    gboolean shared = message->share_meta &&
                      parsed->envelope.n + parsed->structure.n + preview.n > STORE_SHARE_BYTES;
    if (shared && !add_shared(conn, message->blob, parsed, error))
        return FALSE;
    Bytes none = {NULL, 0};
    DbStmt *stmt = db_prepare(conn, "INSERT INTO message_meta(key, header_size, prefix, envelope,"
                                    " structure, preview, ancestry) VALUES(?,?,?,?,?,?,?)");
    db_bind(stmt, "iibbbbb", key, (gint64)parsed->header_bytes,
            message->prefix.n == 0 ? none : message->prefix, shared ? none : parsed->envelope,
            shared ? none : parsed->structure, shared ? none : preview,
            shared ? none : parsed->ancestry);
    return db_run(stmt, error);
}

static gboolean add_message(DbConn *conn, const StoreBox *box, const StoreNewMessage *message,
                            guint32 uid, gint64 id, gint64 size, GError **error) {
    gint64 now = clock_now(), traits = message->parsed->has_attachment ? STORE_TRAIT_ATTACHMENT : 0;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO message(key, id, flags, modseq, created_modseq,"
                                    " received, saved, size, blob, thread, traits)"
                                    " VALUES(?,?,?,?,?,?,?,?,?,?,?)");
    db_bind(stmt, "iiiiiiiiiii", store_key(box->id, uid), id, (gint64)message->flags,
            (gint64)box->modseq, (gint64)box->modseq,
            message->received == 0 ? now : message->received, now, size, (gint64)message->blob,
            store_thread_number(message->parsed->ancestry), traits);
    return db_run(stmt, error);
}

gboolean store_message_insert(Store *store, DbConn *conn, const StoreNewMessage *message,
                              guint32 *uid, GError **error) {
    StoreBox box;
    StoreOwner owner;
    gint64 size;
    if (__builtin_add_overflow(message->blob_size, message->prefix.n, &size))
        return cv_fail(error, CV_ERROR_LIMIT, "the message is too large");
    if (!store_box_load(conn, message->mailbox, &box, error) ||
        !store_owner_load(conn, box.account, &owner, error) ||
        !check_room(&box, &owner, message, size, error))
        return FALSE;
    guint32 given = (guint32)box.uidnext++;
    gint64 id = owner.next_id++;
    box.modseq = ++owner.modseq;
    store_count(&box, &owner, message->flags, size, 1);
    if (!add_message(conn, &box, message, given, id, size, error) ||
        !add_meta(conn, store_key(box.id, given), message, error) ||
        !store_box_save(conn, &box, error) || !store_owner_save(conn, &owner, error))
        return FALSE;
    store_publish(store, conn, box.id, box.modseq, STORE_EVENT_MAILBOX);
    *uid = given;
    return TRUE;
}
