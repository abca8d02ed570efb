/* The two forms of appendix 2 as documents: blank for a unit to fill in, or with what a request has
 * asked for, field by field, so that what was read from a paper can be printed and read again. */
#include "casework/request_letter.h"

#include "casework/internal.h"
#include "casework/letter_internal.h"

enum { BLANK_ROWS = 10 };

/* What one paper is made of; request NULL: blank. */
typedef struct {
    Paper *paper;
    const Regulation *regulation;
    const char *unit; /* official name, or dots */
    const Request *request;
    const GPtrArray *stored; /* RequestStored, opened */
} FormPaper;

#define DOTS "……………………"

/* ---- Around the tables ---- */

static void write_top(const FormPaper *c, const char *about) {
    const Request *r = c->request;
    g_autofree char *number = NULL;
    LetterHead head = {.superior = regulation_text(c->regulation, REGULATION_BODY),
                       .issuer = c->unit,
                       .day = CALENDAR_NONE};
    if (r != NULL) {
        gsize n = strcspn(r->number, "/");
        number = g_strndup(r->number, n);
        head.number = number;
        head.sign = r->number[n] == '\0' ? NULL : r->number + n + 1;
        head.place = r->place;
        calendar_parse(bytes_of_string(r->dated), &head.day);
    }
    letter_head(c->paper, c->regulation, &head, about, NULL);
    letter_addressee(c->paper, regulation_text(c->regulation, REGULATION_OPERATOR));
    g_auto(GStrv) basis =
        g_strsplit(r == NULL || *r->basis == '\0' ? "Căn cứ " DOTS ";" : r->basis, "\n", -1);
    for (gsize i = 0; basis[i] != NULL; i++)
        paper_text(c->paper, PAPER_BODY, basis[i]);
}

/* "Nơi nhận: - Như trên; - Lưu: VT." as its items; what every document has is left to the closing.
 */
static char **receivers_of(const Request *r) {
    g_auto(GStrv) parts = g_strsplit(r == NULL ? "" : r->recipients, "- ", -1);
    GStrvBuilder *kept = g_strv_builder_new();
    for (gsize i = 0; parts[i] != NULL; i++) {
        g_strdelimit(g_strstrip(parts[i]), ";", ' ');
        g_strchomp(parts[i]);
        if (i > 0 && *parts[i] != '\0' && !g_str_has_prefix(parts[i], "Lưu"))
            g_strv_builder_add(kept, parts[i]);
    }
    char **out = g_strv_builder_end(kept);
    g_strv_builder_unref(kept);
    return out;
}

static void write_bottom(const FormPaper *c) {
    const Request *r = c->request;
    g_auto(GStrv) receivers = receivers_of(r);
    LetterSigner signer = {.authority = r == NULL || *r->signer_title == '\0' ? "Thủ trưởng đơn vị"
                                                                              : r->signer_title,
                           .name = r == NULL ? NULL : r->signer};
    letter_close(c->paper, c->regulation, &signer, receivers[0] == NULL ? "Như trên" : receivers[0],
                 (const char *const *)(receivers[0] == NULL ? receivers : receivers + 1),
                 "(Ký tên, đóng dấu)");
}

/* ---- The tables ---- */

static void begin_table(const FormPaper *c, const PaperTable *table, const char *const *heads) {
    paper_table_begin(c->paper, table);
    paper_row(c->paper);
    for (guint i = 0; i < table->columns; i++)
        paper_cell_text(c->paper, PAPER_CELL_HEAD, heads[i]);
}

static void write_row(const FormPaper *c, const char *const *cells, guint columns) {
    paper_row(c->paper);
    for (guint i = 0; i < columns; i++)
        paper_cell_text(c->paper, PAPER_CELL, cells[i]);
}

static const char *ordinal_of(const RequestAsked *a, guint line, char out[12]) {
    g_snprintf(out, 12, "%u", line);
    return *a->ordinal == '\0' ? out : a->ordinal;
}

/* "07/03/1985" of "1985-03-07"; "" of "". */
static void shown_day(const char *day, char out[11]) {
    out[0] = '\0';
    if (strlen(day) == 10)
        g_snprintf(out, 11, "%.2s/%.2s/%.4s", day + 8, day + 5, day);
}

static const char *sex_of(const RequestAsked *a) {
    return g_str_equal(a->sex, "nam") ? "Nam" : g_str_equal(a->sex, "nữ") ? "Nữ" : a->sex;
}

static void write_first(const FormPaper *c) {
    static const char *const heads[] = {
        "STT",         "Họ và tên", "Ngày sinh",       "Giới tính",
        "Số CMT/CCCD", "Chức vụ",   "Đơn vị công tác", "Nội dung đề nghị"};
    static const char *const blank[G_N_ELEMENTS(heads)] = {"", "", "", "", "", "", "", ""};
    const PaperTable table = {.columns = G_N_ELEMENTS(heads),
                              .widths = {PAPER_MM(11), PAPER_MM(30), PAPER_MM(23), PAPER_MM(13),
                                         PAPER_MM(29), PAPER_MM(22), PAPER_MM(27), PAPER_MM(22)},
                              .outdent = PAPER_MM(12),
                              .lines = TRUE,
                              .headings = 1};
    begin_table(c, &table, heads);
    for (guint i = 0; c->stored == NULL && i < BLANK_ROWS; i++)
        write_row(c, blank, table.columns);
    for (guint i = 0; c->stored != NULL && i < c->stored->len; i++) {
        const RequestStored *stored = c->stored->pdata[i];
        const RequestAsked *a = stored->asked;
        char number[12], birth[11];
        shown_day(a->birth, birth);
        const char *cells[] = {ordinal_of(a, stored->line, number),
                               a->name,
                               birth,
                               sex_of(a),
                               a->identity,
                               a->title,
                               a->unit,
                               *a->said == '\0' ? request_act_text(a->act) : a->said};
        if (a->act != REQUEST_ACT_CHANGE)
            write_row(c, cells, table.columns);
    }
    paper_table_end(c->paper);
}

static void write_second(const FormPaper *c) {
    static const char *const heads[] = {"STT", "Thông tin cần thay đổi", "Thông tin mới",
                                        "Ghi chú"};
    static const char *const blank[G_N_ELEMENTS(heads)] = {"", "", "", ""};
    const PaperTable table = {.columns = G_N_ELEMENTS(heads),
                              .widths = {PAPER_MM(13), PAPER_MM(70), PAPER_MM(52), PAPER_MM(30)},
                              .lines = TRUE,
                              .headings = 1};
    begin_table(c, &table, heads);
    for (guint i = 0; c->stored == NULL && i < BLANK_ROWS; i++)
        write_row(c, blank, table.columns);
    for (guint i = 0; c->stored != NULL && i < c->stored->len; i++) {
        const RequestStored *stored = c->stored->pdata[i];
        const RequestAsked *a = stored->asked;
        RequestField field = request_field_read(a->what);
        char number[12], birth[11];
        shown_day(a->birth, birth);
        const char *wanted = field == REQUEST_FIELD_BIRTH && *birth != '\0'            ? birth
                             : field == REQUEST_FIELD_IDENTITY && *a->identity != '\0' ? a->identity
                                                                                       : a->wanted;
        const char *cells[] = {ordinal_of(a, stored->line, number), a->what, wanted, a->note};
        if (a->act == REQUEST_ACT_CHANGE)
            write_row(c, cells, table.columns);
    }
    paper_table_end(c->paper);
}

/* ---- Papers ---- */

static void write_form(const FormPaper *c, RequestFormKind kind) {
    gboolean first = kind == REQUEST_FORM_FIRST;
    const char *subject = c->request == NULL ? "" : c->request->subject;
    write_top(c, *subject != '\0' ? subject
                 : first ? "đăng ký cấp mới, tạm khóa và hủy bỏ tài khoản thư điện tử công vụ"
                         : "thay đổi thông tin tài khoản thư điện tử công vụ");
    paper_printf(
        c->paper, PAPER_BODY,
        first ? "%s gửi bản danh sách đăng ký cấp mới, tạm khóa và hủy bỏ tài khoản thư điện "
                "tử công vụ cụ thể như sau:"
              : "%s gửi bản danh sách đăng ký thay đổi thông tin các tài khoản sau:",
        c->unit);
    if (first)
        write_first(c);
    else
        write_second(c);
    write_bottom(c);
    if (!first)
        return;
    paper_room(c->paper, 12 * 20);
    paper_text(c->paper, PAPER_NOTE,
               "Ghi chú: Nội dung đề nghị là một trong các hình thức: cấp mới, tạm khóa hoặc hủy "
               "bỏ.");
}

GBytes *request_form_blank(const Regulation *regulation, RequestFormKind kind, const char *unit,
                           GError **error) {
    g_autoptr(Paper) paper = paper_new("Biểu mẫu đề nghị", TRUE);
    FormPaper c = {.paper = paper, .regulation = regulation, .unit = unit == NULL ? DOTS : unit};
    write_form(&c, kind);
    return paper_finish(paper, error);
}

static gboolean has_act(const GPtrArray *stored, gboolean change) {
    for (guint i = 0; i < stored->len; i++)
        if ((((const RequestStored *)stored->pdata[i])->asked->act == REQUEST_ACT_CHANGE) == change)
            return TRUE;
    return FALSE;
}

typedef struct {
    Directory *directory;
    gint64 id, unit;
    const AuditAct *act;
} Printed;

/* Who saw the personal data of a request is on the record. */
static gboolean record_printed(DbConn *conn, gpointer data, GError **error) {
    const Printed *c = data;
    g_autofree char *after = g_strdup_printf("{\"request\":%" G_GINT64_FORMAT "}", c->id);
    return request_audit(c->directory, conn, c->unit, c->act, "request.form", NULL, after, error);
}

static GPtrArray *open_lines(Directory *d, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(directory_db(d), error);
    return conn == NULL ? NULL : request_stored(d, conn, id, 0, error);
}

GBytes *request_form_docx(Directory *d, const Regulation *regulation, gint64 id,
                          const AuditAct *act, GError **error) {
    g_autoptr(Request) request = request_find(d, regulation, id, error);
    g_autoptr(GPtrArray) stored = request == NULL ? NULL : open_lines(d, id, error);
    if (stored == NULL)
        return NULL;
    g_autofree char *ground = request_ground(id, 0, request->number, request->dated);
    AuditAct by = {act->who, ground};
    Printed printed = {d, id, request->unit, &by};
    if (!db_write(directory_db(d), record_printed, &printed, error))
        return NULL;
    g_autoptr(Paper) paper = paper_new("Văn bản đề nghị", TRUE);
    FormPaper c = {paper, regulation, request->unit_name, request, stored};
    gboolean first = has_act(stored, FALSE);
    if (first)
        write_form(&c, REQUEST_FORM_FIRST);
    if (first && has_act(stored, TRUE))
        paper_new_page(paper);
    if (has_act(stored, TRUE))
        write_form(&c, REQUEST_FORM_SECOND);
    return paper_finish(paper, error);
}
