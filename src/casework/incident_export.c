/* A case as one archive for another authority [Điều 11.5]. What is in it can be checked without
 * this program: every file stands in SHA256SUMS, as `sha256sum -c` reads it. */
#include "casework/incident_internal.h"
#include "casework/letter_internal.h"
#include "office/archive.h"

enum { JSON_BYTES = 8 * 1024 * 1024 };

typedef struct {
    Directory *directory;
    const Incident *incident;
    const char *document, *receiver;
    const AuditAct *act;
    GArray *files; /* ArchiveFile; names and contents are owned */
    GString *index;
    const char *sha256; /* of the archive */
} Export;

static void file_clear(gpointer data) {
    ArchiveFile *file = data;
    g_free((char *)file->name);
    g_bytes_unref(file->content);
}

/* Takes content. */
static void add_file(Export *e, const char *name, GBytes *content) {
    ArchiveFile file = {g_strdup(name), content};
    g_array_append_val(e->files, file);
}

static void add_bytes(Export *e, const char *name, Bytes bytes) {
    add_file(e, name, g_bytes_new(bytes.p, bytes.n));
}

/* ---- Evidence ---- */

static gboolean add_one(Export *e, Store *store, guint number, const IncidentEvidence *row,
                        GError **error) {
    g_auto(StoreEvidenceRead) read = {0};
    if (!store_evidence_read(store, row->evidence, &read, error))
        return FALSE;
    Bytes bytes = buffer_bytes(&read.bytes);
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes.p, bytes.n);
    if (!g_str_equal(sha256, row->sha256))
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "chứng cứ %u của hồ sơ %s không còn như khi nhận; evidence is not what it "
                       "was: run `congvu doctor`",
                       number, e->incident->name);
    g_autofree char *kept = *row->name == '\0' ? NULL : archive_name(row->name);
    g_autofree char *name = kept == NULL ? g_strdup_printf("chung-cu-%02u.eml", number)
                                         : g_strdup_printf("chung-cu-%02u-%s", number, kept);
    add_bytes(e, name, bytes);
    g_autofree char *added = letter_moment(row->added);
    g_string_append_printf(e->index, "\n%u. %s\n   Nhận từ: %s, %s\n", number, name, row->added_by,
                           added);
    if (kept == NULL)
        g_string_append_printf(e->index, "   Thư của: %s\n   Tiêu đề: %s\n", row->sender,
                               row->subject);
    g_string_append_printf(e->index, "   Dung lượng: %" G_GINT64_FORMAT " byte\n   SHA-256: %s\n",
                           row->size, row->sha256);
    Bytes attached = kept == NULL ? incident_attached(bytes) : bytes_of(NULL, 0);
    if (attached.n > 0) {
        g_autofree char *inner = g_strdup_printf("chung-cu-%02u-thu-goc.eml", number);
        add_bytes(e, inner, attached);
        g_string_append_printf(e->index, "   Thư gốc tách ra từ thư báo cáo: %s\n", inner);
    }
    return TRUE;
}

static gboolean add_evidence(Export *e, Store *store, GError **error) {
    g_autoptr(GPtrArray) rows = incident_evidence(e->directory, e->incident->id, error);
    if (rows == NULL)
        return FALSE;
    g_string_append(e->index, "\nCHỨNG CỨ\n");
    if (rows->len == 0)
        g_string_append(e->index, "\nKhông có.\n");
    for (guint i = 0; i < rows->len; i++)
        if (!add_one(e, store, i + 1, rows->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* ---- The case ---- */

static void put_line(GString *out, const char *name, const char *value) {
    if (value != NULL && *value != '\0')
        g_string_append_printf(out, "%s: %s\n", name, value);
}

static void begin_index(Export *e, const Regulation *regulation) {
    const Incident *i = e->incident;
    g_autofree char *cite = regulation_cite(i->article);
    g_autofree char *opened = letter_moment(i->opened);
    g_autofree char *happened = letter_moment(i->happened);
    g_autofree char *now = letter_moment(clock_now());
    g_string_append_printf(e->index, "HỒ SƠ %s\n%s\n\n", i->name,
                           regulation_text(regulation, REGULATION_OPERATOR));
    put_line(e->index, "Loại", i->kind_text);
    put_line(e->index, "Điều khoản", cite);
    put_line(e->index, "Trạng thái", incident_state_text(i->state));
    put_line(e->index, "Kết luận",
             i->result == INCIDENT_OPEN ? "" : incident_result_text(i->result));
    put_line(e->index, "Nội dung", i->what);
    put_line(e->index, "Xảy ra", happened);
    put_line(e->index, "Lập hồ sơ", opened);
    put_line(e->index, "Tài khoản liên quan", i->address);
    put_line(e->index, "Người sử dụng", i->person);
    put_line(e->index, "Đơn vị", i->unit_name);
    put_line(e->index, "Người báo cáo", i->reporter_address);
    put_line(e->index, "Người xử lý", i->handler);
    put_line(e->index, "Bàn giao cho", e->receiver);
    put_line(e->index, "Theo văn bản", e->document);
    put_line(e->index, "Xuất hồ sơ", now);
    put_line(e->index, "Người xuất", e->act->who);
}

static gboolean add_measures(Export *e, GError **error) {
    g_autoptr(GPtrArray) rows = incident_measures(e->directory, e->incident->id, 0, 0, error);
    if (rows == NULL)
        return FALSE;
    g_string_append(e->index, "\nBIỆN PHÁP ĐÃ ÁP DỤNG\n\n");
    if (rows->len == 0)
        g_string_append(e->index, "Chưa có.\n");
    for (guint i = 0; i < rows->len; i++) {
        const IncidentMeasureRow *m = rows->pdata[i];
        g_autofree char *made = letter_moment(m->made);
        g_string_append_printf(e->index, "%u. %s%s%s\n   %s, %s\n", i + 1,
                               incident_measure_text(m->kind), *m->text == '\0' ? "" : ": ",
                               m->text, made, m->made_by);
        if (*m->decided_by != '\0' || *m->document != '\0')
            g_string_append_printf(e->index, "   Người quyết định: %s%s%s\n", m->decided_by,
                                   *m->document == '\0' ? "" : ", văn bản: ", m->document);
    }
    return TRUE;
}

static gboolean add_case(Export *e, GError **error) {
    g_auto(Buffer) out;
    buffer_init(&out, JSON_BYTES);
    JsonWriter w = json_writer(&out);
    if (!incident_write_whole(&w, e->directory, e->incident, error))
        return FALSE;
    add_bytes(e, "ho-so.json", buffer_bytes(&out));
    return !out.overflow || cv_fail(error, CV_ERROR_LIMIT, "hồ sơ quá lớn; the case is too large");
}

static gboolean write_step(const AuditRecord *record, gpointer data) {
    JsonWriter *w = data;
    char hash[2 * CRYPTO_DIGEST_BYTES + 1];
    for (guint i = 0; i < CRYPTO_DIGEST_BYTES; i++)
        g_snprintf(hash + (gsize)2 * i, 3, "%02x", record->hash[i]);
    json_open(w, NULL, '{');
    json_int(w, "number", record->seq);
    json_int(w, "time", record->time);
    json_text(w, "who", record->by.who);
    json_text(w, "ground", record->by.ground);
    json_text(w, "act", record->change.act);
    if (record->change.before != NULL)
        json_raw(w, "before", record->change.before);
    if (record->change.after != NULL)
        json_raw(w, "after", record->change.after);
    json_text(w, "hash", hash);
    json_close(w, '}');
    return TRUE;
}

static gboolean add_steps(Export *e, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(e->directory), error);
    g_auto(Buffer) out;
    buffer_init(&out, JSON_BYTES);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '[');
    if (conn == NULL || !audit_each(conn, e->incident->name, 0, write_step, &w, error))
        return FALSE;
    json_close(&w, ']');
    add_bytes(e, "nhat-ky.json", buffer_bytes(&out));
    return !out.overflow ||
           cv_fail(error, CV_ERROR_LIMIT, "nhật ký quá lớn; the record is too large");
}

/* The index itself is the first of the files, and the sums stand last. */
static void add_sums(Export *e) {
    g_string_append(e->index,
                    "\nCÁC TỆP KHÁC\n\nho-so.json: hồ sơ ở dạng dữ liệu\nnhat-ky.json: các bước xử "
                    "lý theo nhật ký hệ thống\nSHA256SUMS: mã kiểm tra của mọi tệp (sha256sum -c "
                    "SHA256SUMS)\n");
    add_bytes(e, "muc-luc.txt", bytes_of(e->index->str, e->index->len));
    g_autoptr(GString) sums = g_string_new(NULL);
    for (guint i = 0; i < e->files->len; i++) {
        const ArchiveFile *file = &g_array_index(e->files, ArchiveFile, i);
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, file->content);
        g_string_append_printf(sums, "%s  %s\n", sum, file->name);
    }
    add_bytes(e, "SHA256SUMS", bytes_of(sums->str, sums->len));
}

static gboolean record_work(DbConn *conn, gpointer data, GError **error) {
    const Export *e = data;
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "receiver", e->receiver);
    json_text(&w, "document", e->document);
    json_int(&w, "files", e->files->len);
    json_text(&w, "sha256", e->sha256);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    return incident_audit(conn, e->act, "incident.export", e->incident->id, NULL, after, error);
}

static GBytes *make(Export *e, Store *store, const Regulation *regulation, GError **error) {
    begin_index(e, regulation);
    if (!add_measures(e, error) || !add_evidence(e, store, error) || !add_case(e, error) ||
        !add_steps(e, error))
        return NULL;
    add_sums(e);
    return archive_make((const ArchiveFile *)(gpointer)e->files->data, e->files->len, error);
}

GBytes *incident_export(Directory *directory, Store *store, const Regulation *regulation, gint64 id,
                        const char *document, const char *receiver, const AuditAct *act,
                        GError **error) {
    if (!casework_is_line(document, INCIDENT_NAME_CHARACTERS, "số, ngày văn bản yêu cầu",
                          "the document that asks for it", error) ||
        !casework_is_line(receiver, INCIDENT_NAME_CHARACTERS, "cơ quan nhận hồ sơ", "the receiver",
                          error))
        return NULL;
    g_autoptr(Incident) incident = incident_find(directory, regulation, id, error);
    if (incident == NULL)
        return NULL;
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(ArchiveFile));
    g_array_set_clear_func(files, file_clear);
    g_autoptr(GString) index = g_string_new(NULL);
    Export e = {.directory = directory,
                .incident = incident,
                .document = document,
                .receiver = receiver,
                .act = act,
                .files = files,
                .index = index};
    g_autoptr(GBytes) archive = make(&e, store, regulation, error);
    if (archive == NULL)
        return NULL;
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, archive);
    e.sha256 = sum;
    return db_write(directory_db(directory), record_work, &e, error) ? g_steal_pointer(&archive)
                                                                     : NULL;
}
