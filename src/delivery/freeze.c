/* The notice is one blob for all mailboxes. It is small, so it may be made inside the transaction,
 * where the number of the record is known that it tells. */
#include "delivery/freeze.h"

#include "base/clock.h"
#include "delivery/internal.h"
#include "delivery/mailer.h"

enum { NOTICE_BYTES = 16 * 1024 };

static const char frozen_subject[] = "Thư được giữ lại tại chỗ vì có dấu độ mật";

void freeze_clear(Freeze *freeze) {
    g_clear_pointer(&freeze->parsed, message_parsed_free);
}

static gboolean write_notice(const Freeze *freeze, Buffer *out, GError **error) {
    const Delivery *delivery = freeze->delivery;
    g_autoptr(Regulation) regulation = delivery_regulation(freeze->delivery);
    if (regulation == NULL || delivery->directory == NULL)
        return cv_fail(error, CV_ERROR_INTERNAL, "there is no regulation to freeze by");
    g_autoptr(Verdict) words = regulation_secret_frozen(regulation, freeze->withdrawal);
    const char *domain = directory_domain(delivery->directory);
    const MailerHead head = {.name = "Người sử dụng hộp thư", .subject = frozen_subject};
    mailer_begin(delivery->hostname == NULL ? domain : delivery->hostname, domain, &head, out);
    buffer_printf(out, "%s\r\n\r\n", words->text_vi);
    mailer_end(out);
    return !out->overflow || cv_fail(error, CV_ERROR_INTERNAL, "the notice is too long");
}

static gboolean make_notice(Freeze *freeze, DbConn *conn, GError **error) {
    g_auto(Buffer) text;
    buffer_init(&text, NOTICE_BYTES);
    if (!write_notice(freeze, &text, error))
        return FALSE;
    Bytes all = buffer_bytes(&text);
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(freeze->delivery->store));
    freeze->parsed = message_parse(all);
    freeze->notice_size = all.n;
    return blob_writer_append(writer, all, error) && blob_writer_finish(writer, error) &&
           blob_insert(conn, writer, bytes_slice(all, 0, freeze->parsed->header_bytes), 1,
                       &freeze->notice, error);
}

static gboolean put_notice(Freeze *freeze, DbConn *conn, gint64 mailbox, GError **error) {
    gboolean first = freeze->parsed == NULL;
    if (first ? !make_notice(freeze, conn, error) : !blob_reference(conn, freeze->notice, 1, error))
        return FALSE;
    StoreNewMessage message = {
        .mailbox = mailbox,
        .blob = freeze->notice,
        .blob_size = freeze->notice_size,
        .parsed = freeze->parsed,
        .received = clock_now(),
    };
    guint32 uid;
    g_autoptr(GError) full = NULL;
    if (store_message_insert(freeze->delivery->store, conn, &message, &uid, &full))
        return TRUE;
    if (!cv_error_is(full, CV_ERROR_QUOTA) && !cv_error_is(full, CV_ERROR_LIMIT)) {
        g_propagate_error(error, g_steal_pointer(&full));
        return FALSE;
    }
    return blob_reference(conn, freeze->notice, -1, error); /* frozen without a word */
}

gboolean freeze_begin(Freeze *freeze, DbConn *conn, BlobId blob, const char *evidence,
                      GError **error) {
    const StoreWithdrawal record = {.kind = STORE_FROZEN,
                                    .message_id = "",
                                    .ground = "Điều 6.1",
                                    .who = "congvu",
                                    .evidence = evidence};
    return store_withdrawal_add(conn, &record, &blob, 1, &freeze->withdrawal, error);
}

gboolean freeze_copy(Freeze *freeze, DbConn *conn, gint64 mailbox, guint32 uid, GError **error) {
    return store_withdraw_copy(freeze->delivery->store, conn, freeze->withdrawal, mailbox, uid,
                               error) &&
           put_notice(freeze, conn, mailbox, error);
}

gboolean freeze_end(Freeze *freeze, DbConn *conn, GError **error) {
    return store_withdrawal_set_state(conn, freeze->withdrawal, STORE_WITHDRAWN, error);
}

/* ---- Messages that are in mailboxes already ---- */

typedef struct {
    const StoreWithdrawal *record;
    const BlobId *blobs;
    guint count;
    gint64 id;
} Begin;

static gboolean begin_work(DbConn *conn, gpointer data, GError **error) {
    Begin *b = data;
    return store_withdrawal_add(conn, b->record, b->blobs, b->count, &b->id, error);
}

static gboolean replace(DbConn *conn, gint64 mailbox, gpointer data, GError **error) {
    return put_notice(data, conn, mailbox, error);
}

gboolean delivery_freeze(Delivery *delivery, const BlobId *blobs, guint count,
                         const StoreWithdrawal *record, gint64 resume, gint64 *id, GError **error) {
    Begin begin = {record, blobs, count, resume};
    if (resume == 0 && !db_write(store_db(delivery->store), begin_work, &begin, error))
        return FALSE;
    g_auto(Freeze) freeze = {.delivery = delivery, .withdrawal = begin.id};
    if (!store_withdraw(delivery->store, begin.id, replace, &freeze, error))
        return FALSE;
    *id = begin.id;
    return TRUE;
}
