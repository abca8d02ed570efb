/* The table of evidence.h. A row holds one reference of its blob for as long as it is there. */
#include "store/evidence.h"

#include "base/clock.h"
#include "store/internal.h"

const char store_evidence_schema[] =
    "CREATE TABLE evidence("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* never reused: admin.db names it */
    " blob INTEGER NOT NULL,"
    " size INTEGER NOT NULL," /* bytes, prefix included */
    " prefix BLOB NOT NULL,"
    " reporter INTEGER NOT NULL," /* account; 0: the operator */
    " address TEXT NOT NULL,"     /* who is answered; '': nobody */
    " kind TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " wanted INTEGER NOT NULL,"           /* case; 0: perhaps a new one */
    " received INTEGER NOT NULL,"         /* Unix microseconds */
    " incident INTEGER NOT NULL) STRICT;" /* 0: it waits for its case */
    "CREATE INDEX evidence_waiting ON evidence(id) WHERE incident = 0;";

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

gboolean store_evidence_add(DbConn *conn, const StoreEvidence *e, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO evidence(blob, size, prefix, reporter, address,"
                                    " kind, what, wanted, received, incident)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
    db_bind(stmt, "iibitttii", e->blob, (gint64)e->size,
            e->prefix.p == NULL ? BYTES_LITERAL("") : e->prefix, e->reporter, or_empty(e->address),
            or_empty(e->kind), or_empty(e->what), e->wanted, e->received);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return TRUE;
}

/* ---- A copy of a message ---- */

typedef struct {
    Store *store;
    gint64 account;
    const char *mailbox;
    guint32 uid;
    StoreEvidence evidence;
    BlobWriter *writer;
    Buffer prefix;
    gboolean found;
    gint64 id;
} Keep;

static gboolean take_message(const StoreMessage *message, gpointer data) {
    Keep *keep = data;
    keep->found = !message->expunged;
    keep->evidence.blob = message->blob;
    keep->evidence.size = message->size;
    buffer_append_bytes(&keep->prefix, message->prefix);
    return FALSE;
}

static gboolean copy_work(DbConn *conn, gpointer data, GError **error) {
    Keep *keep = data;
    g_autoptr(StoreMailbox) mailbox =
        store_mailbox_find(keep->store, conn, keep->account, keep->mailbox, error);
    if (mailbox == NULL || !store_message_each(keep->store, conn, mailbox->id, keep->uid, keep->uid,
                                               STORE_WANT_META, take_message, keep, error))
        return FALSE;
    if (!keep->found)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "không có thư số %u trong %s; there is no message %u in %s", keep->uid,
                       keep->mailbox, keep->uid, keep->mailbox);
    keep->evidence.prefix = buffer_bytes(&keep->prefix);
    return blob_reference(conn, keep->evidence.blob, 1, error) &&
           store_evidence_add(conn, &keep->evidence, &keep->id, error);
}

gboolean store_evidence_copy(Store *store, gint64 account, const char *mailbox, guint32 uid,
                             const StoreEvidence *evidence, gint64 *id, GError **error) {
    Keep keep = {
        .store = store, .account = account, .mailbox = mailbox, .uid = uid, .evidence = *evidence};
    buffer_init(&keep.prefix, 64 * 1024);
    gboolean ok = db_write(store->db, copy_work, &keep, error);
    buffer_release(&keep.prefix);
    if (ok)
        *id = keep.id;
    return ok;
}

/* ---- A file ---- */

static gboolean file_work(DbConn *conn, gpointer data, GError **error) {
    Keep *keep = data;
    Bytes all;
    return blob_writer_view(keep->writer, &all, error) &&
           blob_insert(conn, keep->writer, bytes_slice(all, 0, BLOB_HEAD_LIMIT), 1,
                       &keep->evidence.blob, error) &&
           store_evidence_add(conn, &keep->evidence, &keep->id, error);
}

gboolean store_evidence_file(Store *store, Bytes file, const StoreEvidence *evidence, gint64 *id,
                             GError **error) {
    g_autoptr(BlobWriter) writer = blob_writer_new(store->blobs);
    Keep keep = {.store = store, .evidence = *evidence, .writer = writer};
    keep.evidence.size = file.n;
    keep.evidence.prefix = bytes_of(NULL, 0);
    if (!blob_writer_append(writer, file, error) || !blob_writer_finish(writer, error) ||
        !db_write(store->db, file_work, &keep, error))
        return FALSE;
    *id = keep.id;
    return TRUE;
}

/* ---- Reading ---- */

GArray *store_evidence_waiting(Store *store, guint most, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return NULL;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(gint64));
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM evidence WHERE incident = 0 ORDER BY id"
                                    " LIMIT ?");
    db_bind(stmt, "i", (gint64)most);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        g_array_append_val(list, id);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&list);
}

void store_evidence_clear(StoreEvidenceRead *evidence) {
    buffer_release(&evidence->bytes);
    g_clear_pointer(&evidence->address, g_free);
    g_clear_pointer(&evidence->kind, g_free);
    g_clear_pointer(&evidence->what, g_free);
}

static gboolean read_row(DbConn *conn, gint64 id, StoreEvidenceRead *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT blob, size, prefix, reporter, address, kind, what,"
                                    " wanted, received, incident FROM evidence WHERE id = ?");
    db_bind(stmt, "i", id);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_FAILED
                   ? FALSE
                   : cv_fail(error, CV_ERROR_NOT_FOUND,
                             "không có chứng cứ số %" G_GINT64_FORMAT "; there is no such evidence",
                             id);
    out->address = g_strdup(db_column_text(stmt, 4));
    out->kind = g_strdup(db_column_text(stmt, 5));
    out->what = g_strdup(db_column_text(stmt, 6));
    out->row = (StoreEvidence){.id = id,
                               .blob = db_column_int(stmt, 0),
                               .size = (guint64)db_column_int(stmt, 1),
                               .reporter = db_column_int(stmt, 3),
                               .address = out->address,
                               .kind = out->kind,
                               .what = out->what,
                               .wanted = db_column_int(stmt, 7),
                               .received = db_column_int(stmt, 8),
                               .incident = db_column_int(stmt, 9)};
    Bytes prefix = db_column_bytes(stmt, 2);
    buffer_init(&out->bytes, (gsize)out->row.size + 1);
    gboolean ok = buffer_append_bytes(&out->bytes, prefix);
    db_reset(stmt);
    return ok || cv_fail(error, CV_ERROR_CORRUPT, "evidence %" G_GINT64_FORMAT " is damaged", id);
}

gboolean store_evidence_read(Store *store, gint64 id, StoreEvidenceRead *out, GError **error) {
    *out = (StoreEvidenceRead){0};
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL || !read_row(conn, id, out, error))
        return FALSE;
    g_autoptr(BlobReader) reader = blob_open(store->blobs, conn, out->row.blob, error);
    if (reader == NULL)
        return FALSE;
    return (buffer_append_bytes(&out->bytes, blob_reader_bytes(reader)) &&
            out->bytes.n == out->row.size) ||
           cv_fail(error, CV_ERROR_CORRUPT,
                   "chứng cứ %" G_GINT64_FORMAT " không còn nguyên; evidence is damaged: run "
                   "`congvu doctor`",
                   id);
}

gboolean store_evidence_taken(DbConn *conn, gint64 id, gint64 incident, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "UPDATE evidence SET incident = ? WHERE id = ? AND incident = 0");
    db_bind(stmt, "ii", incident, id);
    return db_run(stmt, error);
}
