/* The slices of a mailing; see mailing.h. A slice names the account behind which it begins, and
 * its transaction does nothing when another was there first: so it may be tried again, and two
 * callers may work side by side. */
#include "delivery/mailing.h"

#include "base/clock.h"
#include "base/log.h"
#include "delivery/internal.h"

enum {
    SLICE = 200,
    MESSAGE_MAXIMUM = 1024 * 1024,
    OUTCOME_BYTES = 128 * 1024,
    PREFIX_BYTES = 4096
};

typedef struct {
    gboolean there;
    gint64 id, after;
    BlobId blob;
    DeliveryMailed mailed;
} Row;

static gboolean load(DbConn *conn, const char *name, Row *row, GError **error) {
    *row = (Row){0};
    DbStmt *stmt = db_prepare(conn, "SELECT id, ifnull(blob, 0), after, delivered, refused, began,"
                                    " ended FROM mailing WHERE name = ?");
    db_bind(stmt, "t", name);
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *row = (Row){.there = TRUE,
                     .id = db_column_int(stmt, 0),
                     .blob = db_column_int(stmt, 1),
                     .after = db_column_int(stmt, 2),
                     .mailed = {db_column_int(stmt, 3), db_column_int(stmt, 4),
                                db_column_int(stmt, 5), db_column_int(stmt, 6)}};
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean look(Delivery *delivery, const char *name, Row *row, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(delivery->store), error);
    return conn != NULL && load(conn, name, row, error);
}

gboolean delivery_mailing_find(Delivery *delivery, const char *name, DeliveryMailed *out,
                               GError **error) {
    Row row;
    if (!look(delivery, name, &row, error))
        return FALSE;
    *out = row.mailed;
    return TRUE;
}

/* ---- Its beginning ---- */

typedef struct {
    const char *name;
    BlobWriter *writer;
    gsize header_bytes;
} Begin;

static gboolean begin_work(DbConn *conn, gpointer data, GError **error) {
    const Begin *begin = data;
    Bytes all;
    BlobId blob;
    if (!blob_writer_view(begin->writer, &all, error) ||
        !blob_insert(conn, begin->writer, bytes_slice(all, 0, begin->header_bytes), 1, &blob,
                     error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "INSERT INTO mailing(name, blob, after, delivered, refused,"
                                    " began, ended) VALUES(?, ?, 0, 0, 0, ?, 0)");
    db_bind(stmt, "tii", begin->name, (gint64)blob, clock_now());
    return db_run(stmt, error);
}

static gboolean begin_mailing(Delivery *delivery, const DeliveryMailing *mailing, GError **error) {
    g_auto(Buffer) text;
    buffer_init(&text, MESSAGE_MAXIMUM);
    if (!mailing->write(&text, mailing->data, error))
        return FALSE;
    if (text.overflow)
        return cv_fail(error, CV_ERROR_LIMIT, "thư quá dài; the message is too long");
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(delivery->store));
    MessageParsed *parsed = message_parse(buffer_bytes(&text));
    Begin begin = {mailing->name, writer, parsed->header_bytes};
    message_parsed_free(parsed);
    g_autoptr(GError) failure = NULL;
    if (blob_writer_append(writer, buffer_bytes(&text), &failure) &&
        blob_writer_finish(writer, &failure) &&
        db_write(store_db(delivery->store), begin_work, &begin, &failure))
        return TRUE;
    if (cv_error_is(failure, CV_ERROR_EXISTS)) /* another caller was faster */
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- A slice ---- */

typedef struct {
    Delivery *delivery;
    const char *name;
    const MessageParsed *parsed;
    gsize size;
    GArray *readers; /* DirectoryReader */
    gint64 after;    /* where the slice begins */
    gboolean last;   /* nobody comes behind it */
    gint64 delivered, refused;
    Buffer outcome, recipients; /* for `trace` */
} Slice;

/* FALSE with no error: this mailbox does not take it. */
static gboolean deliver_one(Slice *slice, DbConn *conn, BlobId blob, const DirectoryReader *reader,
                            GError **error) {
    Store *store = slice->delivery->store;
    g_autoptr(GError) refused = NULL;
    guint32 uid;
    g_autoptr(StoreMailbox) inbox =
        store_mailbox_find(store, conn, reader->account, "INBOX", &refused);
    g_auto(Buffer) prefix;
    buffer_init(&prefix, PREFIX_BYTES);
    /* RFC 5321 4.4; the addresses are the directory's own. */
    buffer_printf(&prefix, "Return-Path: <>\r\nDelivered-To: %s\r\n", reader->address);
    StoreNewMessage message = {.mailbox = inbox == NULL ? 0 : inbox->id,
                               .blob = blob,
                               .blob_size = slice->size,
                               .parsed = slice->parsed,
                               .share_meta = TRUE,
                               .received = clock_now(),
                               .prefix = buffer_bytes(&prefix)};
    if (inbox != NULL && store_message_insert(store, conn, &message, &uid, &refused)) {
        buffer_printf(&slice->outcome, "%s account=%" G_GINT64_FORMAT " mailbox=INBOX uid=%u\n",
                      reader->address, reader->account, uid);
        return TRUE;
    }
    if (!cv_error_is(refused, CV_ERROR_QUOTA) && !cv_error_is(refused, CV_ERROR_LIMIT) &&
        !cv_error_is(refused, CV_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return FALSE;
    }
    log_event(LOG_LEVEL_WARNING, "delivery.refused", "mailing", slice->name, "recipient",
              reader->address, "error", refused->message, NULL);
    return FALSE;
}

static gboolean deliver_slice(Slice *slice, DbConn *conn, BlobId blob, GError **error) {
    for (guint i = 0; i < slice->readers->len; i++) {
        const DirectoryReader *reader = &g_array_index(slice->readers, DirectoryReader, i);
        g_autoptr(GError) failure = NULL;
        if (deliver_one(slice, conn, blob, reader, &failure)) {
            buffer_printf(&slice->recipients, "%s%s", slice->recipients.n == 0 ? "" : " ",
                          reader->address);
            slice->delivered++;
        } else if (failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        } else {
            slice->refused++;
        }
    }
    return TRUE;
}

static gboolean note_progress(const Slice *slice, DbConn *conn, const Row *row, GError **error) {
    gint64 after = slice->after;
    if (slice->readers->len > 0)
        after = g_array_index(slice->readers, DirectoryReader, slice->readers->len - 1).account;
    DbStmt *stmt = db_prepare(conn, "UPDATE mailing SET after = ?, delivered = delivered + ?,"
                                    " refused = refused + ?, ended = ?5,"
                                    " blob = iif(?5 = 0, blob, NULL) WHERE id = ?4");
    db_bind(stmt, "iiiii", after, slice->delivered, slice->refused, row->id,
            slice->last ? clock_now() : 0);
    gint64 references = slice->delivered - (slice->last ? 1 : 0);
    return db_run(stmt, error) &&
           (references == 0 || blob_reference(conn, row->blob, references, error));
}

static gboolean add_intake(Slice *slice, DbConn *conn, GError **error) {
    if (slice->delivered == 0)
        return TRUE;
    gint64 id;
    g_autofree char *outcome = buffer_steal_string(&slice->outcome);
    g_autofree char *recipients = buffer_steal_string(&slice->recipients);
    StoreIntake intake = {.session = slice->name,
                          .door = "notice",
                          .sender = "",
                          .recipients = recipients,
                          .message_id = slice->parsed->message_id,
                          .outcome = outcome,
                          .size = slice->size,
                          .received = clock_now()};
    return store_intake_add(slice->delivery->store, conn, &intake, &id, error);
}

static gboolean slice_work(DbConn *conn, gpointer data, GError **error) {
    Slice *slice = data;
    Row row;
    slice->delivered = slice->refused = 0;
    if (!load(conn, slice->name, &row, error))
        return FALSE;
    if (!row.there || row.after != slice->after || row.mailed.ended != 0)
        return TRUE; /* another caller was here */
    return deliver_slice(slice, conn, row.blob, error) && note_progress(slice, conn, &row, error) &&
           add_intake(slice, conn, error);
}

static gboolean run_slice(Slice *slice, Directory *directory, GError **error) {
    slice->readers = directory_readers(directory, slice->after, SLICE, error);
    if (slice->readers == NULL)
        return FALSE;
    slice->last = slice->readers->len < SLICE;
    buffer_init(&slice->outcome, OUTCOME_BYTES);
    buffer_init(&slice->recipients, OUTCOME_BYTES);
    gboolean ok = db_write(store_db(slice->delivery->store), slice_work, slice, error);
    if (ok)
        delivery_count_copies(slice->delivered);
    buffer_release(&slice->outcome);
    buffer_release(&slice->recipients);
    g_array_unref(slice->readers);
    return ok;
}

/* ---- All of it ---- */

static BlobReader *open_message(Delivery *delivery, BlobId blob, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(delivery->store), error);
    return conn == NULL ? NULL : blob_open(store_blobs(delivery->store), conn, blob, error);
}

static gboolean run_slices(Delivery *delivery, Directory *directory, const char *name, Row *row,
                           GError **error) {
    g_autoptr(BlobReader) reader = open_message(delivery, row->blob, error);
    if (reader == NULL)
        return FALSE;
    Bytes bytes = blob_reader_bytes(reader);
    MessageParsed *parsed = message_parse(bytes);
    Slice slice = {.delivery = delivery, .name = name, .parsed = parsed, .size = bytes.n};
    gboolean ok = TRUE;
    while (ok && row->mailed.ended == 0) {
        slice.after = row->after;
        ok = run_slice(&slice, directory, error) && look(delivery, name, row, error);
    }
    message_parsed_free(parsed);
    return ok;
}

gboolean delivery_mailing_run(Delivery *delivery, Directory *directory,
                              const DeliveryMailing *mailing, DeliveryMailed *out, GError **error) {
    Row row;
    if (!look(delivery, mailing->name, &row, error) ||
        (!row.there &&
         (!begin_mailing(delivery, mailing, error) || !look(delivery, mailing->name, &row, error))))
        return FALSE;
    if (row.mailed.ended == 0) {
        gint64 began = clock_monotonic();
        if (!run_slices(delivery, directory, mailing->name, &row, error))
            return FALSE;
        log_event(LOG_LEVEL_INFO, "delivery.mailing", "name", mailing->name, "delivered",
                  log_number(row.mailed.delivered), "refused", log_number(row.mailed.refused),
                  "milliseconds", log_number((clock_monotonic() - began) / 1000), NULL);
    }
    *out = row.mailed;
    return TRUE;
}
