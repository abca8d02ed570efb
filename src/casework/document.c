/* The document behind a request: what is known of it, from the options and from the paper; and the
 * document of what was entered on line before it came [Điều 4.2.a]. */
#include "casework/internal.h"

#include "text/fold.h"

void request_paper_clear(RequestPaper *paper) {
    g_free(paper->number);
    g_free(paper->number_key);
    g_free(paper->signer);
    g_free(paper->signer_title);
    *paper = (RequestPaper){0};
}

/* ---- The document's own fields ---- */

/* What was given, else what the paper says; NULL after an error. */
static char *field(const char *given, const char *paper, const char *what, const char *option,
                   GError **error) {
    const char *said = given != NULL ? given : paper == NULL ? "" : paper;
    g_autofree char *text = text_nfc(bytes_of_string(said));
    g_strstrip(text);
    if (*text == '\0') {
        cv_fail(error, CV_ERROR_INPUT,
                "chưa có %s của văn bản đề nghị và không đọc được từ tệp (khoản 1 Điều 11 Quy "
                "chế); give %s",
                what, option);
        return NULL;
    }
    if (strlen(text) > REQUEST_TEXT_MAXIMUM) {
        cv_fail(error, CV_ERROR_LIMIT, "%s dài quá; it is too long", what);
        return NULL;
    }
    return g_steal_pointer(&text);
}

/* "12 / SNV-VP" and "12/snv-vp" are one number. */
static char *key_of_number(const char *number) {
    g_autofree char *folded = text_casefold(bytes_of_string(number));
    char *to = folded;
    for (const char *p = folded; *p != '\0'; p++)
        if (!g_ascii_isspace(*p))
            *to++ = *p;
    *to = '\0';
    return g_steal_pointer(&folded);
}

static gboolean take_date(RequestPaper *out, const char *given, const char *paper, GError **error) {
    g_autofree char *said = field(given, paper, "ngày", "the document's date (--date)", error);
    if (said == NULL)
        return FALSE;
    return request_date_read(said, out->dated) ||
           cv_fail(
               error, CV_ERROR_INPUT,
               "ngày văn bản \"%s\" không phải một ngày có thật; it is no such day: write it as "
               "YYYY-MM-DD or DD/MM/YYYY",
               said);
}

/* The clock starts with the receipt, which lies between the document's date and now. */
static gboolean take_receipt(RequestPaper *out, const Regulation *regulation, gint64 received,
                             GError **error) {
    CalendarDay dated = CALENDAR_NONE, day;
    gint64 now = clock_now();
    out->received = received == 0 ? now : received;
    day = calendar_day_of(out->received);
    if (!calendar_parse(bytes_of_string(out->dated), &dated))
        return FALSE;
    if (out->received > now)
        return cv_fail(error, CV_ERROR_INPUT,
                       "ngày tiếp nhận ở tương lai; the receipt lies in the future");
    if (dated > day)
        return cv_fail(error, CV_ERROR_INPUT,
                       "văn bản đề ngày %s, sau ngày tiếp nhận; the document is dated after its "
                       "receipt",
                       out->dated);
    calendar_format(calendar_due(regulation, day), out->due);
    return TRUE;
}

/* There is none yet: what is known of it counts, nothing is needed, the clock stands. */
static void take_draft(RequestPaper *out, const RequestDocument *document,
                       const RequestHead *head) {
    const char *signer = document->signer != NULL ? document->signer : head->signer;
    const char *title =
        document->signer_title != NULL ? document->signer_title : head->signer_title;
    out->number = g_strdup("");
    out->number_key = g_strdup("");
    out->signer = text_nfc(bytes_slice(bytes_of_string(signer), 0, REQUEST_TEXT_MAXIMUM));
    out->signer_title = text_nfc(bytes_slice(bytes_of_string(title), 0, REQUEST_TEXT_MAXIMUM));
}

gboolean request_paper_read(RequestPaper *out, const Regulation *regulation,
                            const RequestDocument *document, const RequestHead *head,
                            GError **error) {
    if (document->draft) {
        take_draft(out, document, head);
        return TRUE;
    }
    out->number =
        field(document->number, head->number, "số, ký hiệu", "its number (--number)", error);
    if (out->number == NULL || !take_date(out, document->dated, head->dated, error))
        return FALSE;
    out->signer = field(document->signer, head->signer, "người ký", "who signed (--signer)", error);
    if (out->signer == NULL)
        return FALSE;
    out->signer_title = field(document->signer_title, head->signer_title, "chức vụ người ký",
                              "the signer's title (--signer-title)", error);
    if (out->signer_title == NULL)
        return FALSE;
    out->number_key = key_of_number(out->number);
    return take_receipt(out, regulation, document->received, error);
}

/* ---- Received before? ---- */

gboolean request_refuse_known(DbStmt *stmt, const char *what, GError **error) {
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        cv_fail(error, CV_ERROR_EXISTS,
                "%s đã tiếp nhận: đề nghị số %" G_GINT64_FORMAT " (%s); it was received before, as "
                "request %" G_GINT64_FORMAT,
                what, id, request_state_text((RequestState)db_column_int(stmt, 1)), id);
        db_reset(stmt);
    }
    return step == DB_DONE;
}

gboolean request_paper_is_new(DbConn *conn, gint64 unit, const RequestPaper *paper,
                              GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, state FROM request WHERE unit = ? AND dated = ?"
                                    " AND number_key = ? AND number_key <> ''");
    db_bind(stmt, "itt", unit, paper->dated, paper->number_key);
    return request_refuse_known(stmt, "văn bản này", error);
}

gboolean request_file_put(Directory *d, DbConn *conn, gint64 id, Bytes file, GError **error) {
    g_autofree char *context = g_strdup_printf("request %" G_GINT64_FORMAT " file", id);
    g_autoptr(GBytes) sealed = directory_seal(d, context, file, error);
    if (sealed == NULL)
        return FALSE;
    gsize n = 0;
    const void *p = g_bytes_get_data(sealed, &n);
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET file = ? WHERE id = ?");
    db_bind(stmt, "bi", bytes_of(p, n), id);
    return db_run(stmt, error);
}

char *request_paper_json(gint64 id, const RequestPaper *paper) {
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "request", id);
    json_text(&w, "number", paper->number);
    json_text(&w, "date", paper->dated);
    json_text(&w, "signer", paper->signer);
    json_text(&w, "signer_title", paper->signer_title);
    json_text(&w, "due", paper->due);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

/* ---- The document comes ---- */

typedef struct {
    Directory *directory;
    gint64 id;
    Bytes file;
    const RequestPaper *paper;
    const AuditAct *act;
} Arrival;

static gboolean write_paper(const Arrival *c, DbConn *conn, GError **error) {
    const RequestPaper *p = c->paper;
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET number = ?, number_key = ?, dated = ?,"
                                    " signer = ?, signer_title = ?, received = ?, due = ?,"
                                    " state = ? WHERE id = ?");
    db_bind(stmt, "tttttitii", p->number, p->number_key, p->dated, p->signer, p->signer_title,
            p->received, p->due, (gint64)REQUEST_CHECKED, c->id);
    return db_run(stmt, error) &&
           (c->file.n == 0 || request_file_put(c->directory, conn, c->id, c->file, error)) &&
           request_settle(conn, c->id, error);
}

static gboolean arrive(DbConn *conn, gpointer data, GError **error) {
    const Arrival *c = data;
    g_auto(RequestRow) row = {0};
    if (!request_row_read(conn, c->id, &row, error))
        return FALSE;
    if (row.state != REQUEST_DRAFT)
        return cv_fail(error, CV_ERROR_EXISTS,
                       "đề nghị %" G_GINT64_FORMAT " đã có văn bản số %s; it has its document "
                       "already",
                       c->id, row.number);
    g_autofree char *ground = request_ground(c->id, 0, c->paper->number, c->paper->dated);
    g_autofree char *after = request_paper_json(c->id, c->paper);
    AuditAct act = {c->act->who, ground};
    return request_paper_is_new(conn, row.unit, c->paper, error) && write_paper(c, conn, error) &&
           request_audit(c->directory, conn, row.unit, &act, "request.receive", NULL, after, error);
}

gboolean request_arrive(Directory *d, const Regulation *regulation, gint64 id, Bytes file,
                        const RequestDocument *document, const AuditAct *act, GError **error) {
    static const RequestHead nothing = {0};
    g_auto(RequestPaper) paper = {0};
    if (file.n > REQUEST_FILE_BYTES)
        return cv_fail(error, CV_ERROR_LIMIT, "tệp lớn hơn %d MB; the file is larger than %d MiB",
                       REQUEST_FILE_BYTES >> 20, REQUEST_FILE_BYTES >> 20);
    if (!request_paper_read(&paper, regulation, document, &nothing, error))
        return FALSE;
    Arrival c = {d, id, file, &paper, act};
    return db_write(directory_db(d), arrive, &c, error);
}
