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
    RequestPaper paper;
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
    request_paper_clear(&in->paper);
    directory_unit_free(in->sender);
    g_array_unref(in->found);
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

/* The same list may come again by another document once the first was answered. */
static gboolean is_new(const Intake *in, DbConn *conn, GError **error) {
    DbStmt *content = db_prepare(
        conn, "SELECT id, state FROM request WHERE content = ? AND unit = ? AND state < 4");
    db_bind(content, "bi", bytes_of(in->content, sizeof in->content), in->sender->id);
    return request_paper_is_new(conn, in->sender->id, &in->paper, error) &&
           request_refuse_known(content, "danh sách giống hệt của đơn vị này", error);
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
    db_bind(stmt, "ittttttttttititib", in->sender->id, in->paper.number, in->paper.number_key,
            in->paper.dated, in->paper.signer, in->paper.signer_title, head->subject,
            head->addressee, head->basis, head->place, head->recipients, in->paper.received,
            in->paper.due, (gint64)(in->document->draft ? REQUEST_DRAFT : REQUEST_CHECKED),
            in->act->who, clock_now(), bytes_of(in->content, sizeof in->content));
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
    g_autofree char *after = request_paper_json(in->id, &in->paper);
    g_autofree char *ground = request_ground(in->id, 0, in->paper.number, in->paper.dated);
    AuditAct act = {in->act->who, ground};
    return request_audit(in->directory, conn, in->sender->id, &act,
                         in->document->draft ? "request.draft" : "request.receive", NULL, after,
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
    return request_file_put(in->directory, conn, in->id, in->file, error) &&
           write_lines(in, conn, error) && record(in, conn, error);
}

/* ---- Looking only ---- */

static Request *request_of(const Intake *in) {
    Request *request = g_new0(Request, 1);
    const RequestHead *head = &in->form->head;
    request->unit = in->sender->id;
    request->unit_address = g_strdup(in->sender->address);
    request->unit_name = g_strdup(in->sender->name);
    request->number = g_strdup(in->paper.number);
    request->dated = g_strdup(in->paper.dated);
    request->signer = g_strdup(in->paper.signer);
    request->signer_title = g_strdup(in->paper.signer_title);
    request->subject = g_strdup(head->subject);
    request->addressee = g_strdup(head->addressee);
    request->basis = g_strdup(head->basis);
    request->place = g_strdup(head->place);
    request->recipients = g_strdup(head->recipients);
    request->received = in->paper.received;
    request->due = g_strdup(in->paper.due);
    request->decided_by = g_strdup("");
    request->reply_number = g_strdup("");
    request->reply_dated = g_strdup("");
    request->replied_by = g_strdup("");
    request->entered_by = g_strdup(in->act->who);
    request->state = in->document->draft ? REQUEST_DRAFT : REQUEST_CHECKED;
    request->lines = request->open = in->form->lines->len;
    for (guint i = 0; i < in->found->len; i++)
        if (g_array_index(in->found, RequestFound, i).finding != NULL)
            request->wrong++;
    for (guint i = 0; i < in->form->lines->len && !in->document->draft; i++)
        if (((const RequestAsked *)in->form->lines->pdata[i])->act == REQUEST_ACT_RESET)
            request->reset_due = request_reset_due(in->regulation, in->paper.received);
    if (request->wrong > 0 && !in->document->draft)
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
    if (request_paper_read(&in.paper, regulation, document, &form->head, error) &&
        take_content(&in, error))
        request = document->check ? look(&in, lines, error) : take(&in, lines, error);
    intake_clear(&in);
    return request;
}
