/* Receiving a document: its form is read, what is known of it is completed from the paper itself,
 * and the request with all its lines, checked, is written in one transaction. */
#include "casework/internal.h"

#include "text/charset.h"
#include "text/fold.h"

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const RequestDocument *document;
    const AuditAct *act;
    Bytes file;
    const RequestForm *form;
    /* The document as it will be written. */
    char *number, *number_key, *signer, *signer_title;
    char dated[11], due[11];
    gint64 received;
    guint8 content[CRYPTO_DIGEST_BYTES];
    /* Found inside of the transaction. */
    DirectoryUnit *sender;
    GArray *found; /* RequestFound, by line */
    gint64 id;
} Intake;

static void found_clear(gpointer found) {
    request_found_clear(found);
}

static void intake_clear(Intake *in) {
    g_free(in->number);
    g_free(in->number_key);
    g_free(in->signer);
    g_free(in->signer_title);
    directory_unit_free(in->sender);
    g_array_unref(in->found);
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

static gboolean take_date(Intake *in, GError **error) {
    const char *given = in->document->dated;
    g_autofree char *said =
        field(given, in->form->head.dated, "ngày", "the document's date (--date)", error);
    if (said == NULL)
        return FALSE;
    return request_date_read(said, in->dated) ||
           cv_fail(
               error, CV_ERROR_INPUT,
               "ngày văn bản \"%s\" không phải một ngày có thật; it is no such day: write it as "
               "YYYY-MM-DD or DD/MM/YYYY",
               said);
}

/* The clock starts with the receipt, which lies between the document's date and now. */
static gboolean take_receipt(Intake *in, GError **error) {
    CalendarDay dated = CALENDAR_NONE, day;
    gint64 now = clock_now();
    in->received = in->document->received == 0 ? now : in->document->received;
    day = calendar_day_of(in->received);
    if (!calendar_parse(bytes_of_string(in->dated), &dated))
        return FALSE;
    if (in->received > now)
        return cv_fail(error, CV_ERROR_INPUT,
                       "ngày tiếp nhận ở tương lai; the receipt lies in the future");
    if (dated > day)
        return cv_fail(error, CV_ERROR_INPUT,
                       "văn bản đề ngày %s, sau ngày tiếp nhận; the document is dated after its "
                       "receipt",
                       in->dated);
    calendar_format(calendar_due(in->regulation, day), in->due);
    return TRUE;
}

/* What the lines ask for, whatever file brought them. */
static gboolean take_content(Intake *in, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < in->form->lines->len; i++) {
        const RequestAsked *a = in->form->lines->pdata[i];
        const char *parts[] = {a->name, a->unit, a->address, a->what, a->wanted, a->title};
        g_string_append_printf(text, "%d %s %s", (int)a->act, a->identity, a->birth);
        for (gsize p = 0; p < G_N_ELEMENTS(parts); p++) {
            g_autofree char *key = directory_name_key(parts[p]);
            g_string_append_printf(text, "|%s", key);
        }
        g_string_append_c(text, '\n');
    }
    gboolean ok = directory_keyed_hash(in->directory, "request content",
                                       bytes_of(text->str, text->len), in->content, error);
    crypto_wipe(text->str, text->len);
    return ok;
}

static gboolean take_document(Intake *in, GError **error) {
    const RequestDocument *d = in->document;
    const RequestHead *head = &in->form->head;
    in->number = field(d->number, head->number, "số, ký hiệu", "its number (--number)", error);
    if (in->number == NULL || !take_date(in, error))
        return FALSE;
    in->signer = field(d->signer, head->signer, "người ký", "who signed (--signer)", error);
    if (in->signer == NULL)
        return FALSE;
    in->signer_title = field(d->signer_title, head->signer_title, "chức vụ người ký",
                             "the signer's title (--signer-title)", error);
    if (in->signer_title == NULL)
        return FALSE;
    in->number_key = key_of_number(in->number);
    return take_receipt(in, error) && take_content(in, error);
}

/* ---- Received before? ---- */

static gboolean refuse_known(DbStmt *stmt, const char *what, GError **error) {
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

static gboolean is_new(const Intake *in, DbConn *conn, GError **error) {
    DbStmt *document = db_prepare(
        conn, "SELECT id, state FROM request WHERE unit = ? AND dated = ? AND number_key = ?");
    db_bind(document, "itt", in->sender->id, in->dated, in->number_key);
    if (!refuse_known(document, "văn bản này", error))
        return FALSE;
    /* The same list may come again by another document once the first was answered. */
    DbStmt *content = db_prepare(
        conn, "SELECT id, state FROM request WHERE content = ? AND unit = ? AND state < 4");
    db_bind(content, "bi", bytes_of(in->content, sizeof in->content), in->sender->id);
    return refuse_known(content, "danh sách giống hệt của đơn vị này", error);
}

/* ---- Writing ---- */

static gboolean check_lines(Intake *in, DbConn *conn, GError **error) {
    g_auto(RequestCheck) check = {0};
    g_array_set_size(in->found, 0);
    g_array_set_size(in->found, in->form->lines->len);
    if (!request_check_begin(&check, in->directory, in->regulation, conn, in->sender, error))
        return FALSE;
    for (guint i = 0; i < in->form->lines->len; i++)
        if (!request_check_line(&check, i + 1, in->form->lines->pdata[i],
                                &g_array_index(in->found, RequestFound, i), error))
            return FALSE;
    return TRUE;
}

static gboolean insert_request(Intake *in, DbConn *conn, GError **error) {
    const RequestHead *head = &in->form->head;
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO request(unit, number, number_key, dated, signer, signer_title, subject,"
              " addressee, basis, place, recipients, received, due, state, entered_by, entered,"
              " content) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "ittttttttttititib", in->sender->id, in->number, in->number_key, in->dated,
            in->signer, in->signer_title, head->subject, head->addressee, head->basis, head->place,
            head->recipients, in->received, in->due, (gint64)REQUEST_CHECKED, in->act->who,
            clock_now(), bytes_of(in->content, sizeof in->content));
    return db_run(stmt, error);
}

static gboolean keep_file(const Intake *in, DbConn *conn, GError **error) {
    g_autofree char *context = g_strdup_printf("request %" G_GINT64_FORMAT " file", in->id);
    g_autoptr(GBytes) sealed = directory_seal(in->directory, context, in->file, error);
    if (sealed == NULL)
        return FALSE;
    gsize n = 0;
    const void *p = g_bytes_get_data(sealed, &n);
    DbStmt *stmt = db_prepare(conn, "UPDATE request SET file = ? WHERE id = ?");
    db_bind(stmt, "bi", bytes_of(p, n), in->id);
    return db_run(stmt, error);
}

static gboolean write_lines(const Intake *in, DbConn *conn, GError **error) {
    for (guint i = 0; i < in->form->lines->len; i++)
        if (!request_line_insert(in->directory, conn, in->id, i + 1, in->form->lines->pdata[i],
                                 error) ||
            !request_line_found(conn, in->id, i + 1, &g_array_index(in->found, RequestFound, i),
                                error))
            return FALSE;
    return request_settle(conn, in->id, error);
}

static gboolean record(const Intake *in, DbConn *conn, GError **error) {
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_int(&w, "request", in->id);
    json_text(&w, "number", in->number);
    json_text(&w, "date", in->dated);
    json_text(&w, "signer", in->signer);
    json_text(&w, "signer_title", in->signer_title);
    json_text(&w, "due", in->due);
    json_int(&w, "lines", in->form->lines->len);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    g_autofree char *ground = request_ground(in->id, 0, in->number, in->dated);
    AuditAct act = {in->act->who, ground};
    return request_audit(in->directory, conn, in->sender->id, &act, "request.receive", NULL, after,
                         error);
}

/* Everything that asks the registry; a reader's transaction will do. */
static gboolean prepare(Intake *in, DbConn *conn, GError **error) {
    g_clear_pointer(&in->sender, directory_unit_free);
    in->sender = directory_unit_find_in(in->directory, conn, in->document->unit, error);
    if (in->sender == NULL)
        return FALSE;
    g_autoptr(Verdict) may =
        regulation_check_sender(in->regulation, in->sender->kind, in->sender->name);
    if (!may->allowed)
        return cv_fail(error, CV_ERROR_REFUSED, "%s; %s (%s)", may->text_vi, may->text_en,
                       may->article);
    return is_new(in, conn, error) && check_lines(in, conn, error);
}

static gboolean receive(DbConn *conn, gpointer data, GError **error) {
    Intake *in = data;
    if (!prepare(in, conn, error) || !insert_request(in, conn, error))
        return FALSE;
    in->id = db_last_insert_id(conn);
    return keep_file(in, conn, error) && write_lines(in, conn, error) && record(in, conn, error);
}

/* ---- Looking only ---- */

static Request *request_of(const Intake *in) {
    Request *request = g_new0(Request, 1);
    const RequestHead *head = &in->form->head;
    request->unit = in->sender->id;
    request->unit_address = g_strdup(in->sender->address);
    request->unit_name = g_strdup(in->sender->name);
    request->number = g_strdup(in->number);
    request->dated = g_strdup(in->dated);
    request->signer = g_strdup(in->signer);
    request->signer_title = g_strdup(in->signer_title);
    request->subject = g_strdup(head->subject);
    request->addressee = g_strdup(head->addressee);
    request->basis = g_strdup(head->basis);
    request->place = g_strdup(head->place);
    request->recipients = g_strdup(head->recipients);
    request->received = in->received;
    request->due = g_strdup(in->due);
    request->decided_by = g_strdup("");
    request->reply_number = g_strdup("");
    request->reply_dated = g_strdup("");
    request->replied_by = g_strdup("");
    request->entered_by = g_strdup(in->act->who);
    request->state = REQUEST_CHECKED;
    request->lines = request->open = in->form->lines->len;
    for (guint i = 0; i < in->found->len; i++)
        if (g_array_index(in->found, RequestFound, i).finding != NULL)
            request->wrong++;
    if (request->wrong > 0)
        request->state = REQUEST_RECEIVED;
    return request;
}

static RequestLine *line_of(guint line, const RequestAsked *asked, const RequestFound *found) {
    RequestLine *out = g_new0(RequestLine, 1);
    out->line = line;
    out->place = asked->place;
    out->act = asked->act;
    out->ordinal = g_strdup(asked->ordinal);
    out->said = g_strdup(asked->said);
    out->name = g_strdup(asked->name);
    out->sex = g_strdup(asked->sex);
    out->title = g_strdup(asked->title);
    out->category = g_strdup(asked->category);
    out->unit_said = g_strdup(asked->unit);
    out->what = g_strdup(asked->what);
    out->wanted = g_strdup(asked->wanted);
    out->note = g_strdup(asked->note);
    out->identity = request_mask(asked->identity);
    out->finding = g_strdup(found->finding == NULL ? "" : found->finding);
    out->reason = g_strdup("");
    out->address = g_strdup(found->address == NULL ? "" : found->address);
    out->decided_by = g_strdup("");
    return out;
}

static Request *look(Intake *in, GPtrArray **lines, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(in->directory), error);
    if (conn == NULL || !prepare(in, conn, error))
        return NULL;
    if (lines != NULL) {
        *lines = request_lines_new();
        for (guint i = 0; i < in->found->len; i++)
            g_ptr_array_add(*lines, line_of(i + 1, in->form->lines->pdata[i],
                                            &g_array_index(in->found, RequestFound, i)));
    }
    return request_of(in);
}

static Request *take(Intake *in, GPtrArray **lines, GError **error) {
    if (!db_write(directory_db(in->directory), receive, in, error))
        return NULL;
    g_autoptr(Request) request = request_find(in->directory, in->regulation, in->id, error);
    if (request == NULL ||
        (lines != NULL && (*lines = request_lines(in->directory, in->id, error)) == NULL))
        return NULL;
    return g_steal_pointer(&request);
}

Request *request_import(Directory *directory, const Regulation *regulation, Bytes file,
                        const RequestDocument *document, const AuditAct *act, GPtrArray **lines,
                        GError **error) {
    if (file.n > REQUEST_FILE_BYTES) {
        cv_fail(error, CV_ERROR_LIMIT, "tệp lớn hơn %d MB; the file is larger than %d MiB",
                REQUEST_FILE_BYTES >> 20, REQUEST_FILE_BYTES >> 20);
        return NULL;
    }
    g_autoptr(RequestForm) form = request_form_read(file, error);
    if (form == NULL)
        return NULL;
    Intake in = {.directory = directory,
                 .regulation = regulation,
                 .document = document,
                 .act = act,
                 .file = file,
                 .form = form,
                 .found = g_array_new(FALSE, TRUE, sizeof(RequestFound))};
    g_array_set_clear_func(in.found, found_clear);
    Request *request = NULL;
    if (take_document(&in, error))
        request = document->check ? look(&in, lines, error) : take(&in, lines, error);
    intake_clear(&in);
    return request;
}
