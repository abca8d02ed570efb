/* Reading the forms of appendix 2. A table is looked through for a row whose cells are the names of
 * columns; the rows below it are lines until the paper's foot begins. Rows that number the columns,
 * repeat the header or are a heading over all columns are no lines; such a heading that names an
 * act
 * ("I. Cấp mới") stands for the empty cells below it. */
#include "casework/form.h"

#include "text/fold.h"

enum { HEADER_WITHIN = 60 }; /* rows; a letterhead above it is shorter */

typedef enum {
    COLUMN_ORDINAL,
    COLUMN_NAME,
    COLUMN_BIRTH,
    COLUMN_SEX,
    COLUMN_IDENTITY,
    COLUMN_TITLE,
    COLUMN_CATEGORY,
    COLUMN_UNIT,
    COLUMN_ACT,
    COLUMN_ADDRESS,
    COLUMN_WHAT,
    COLUMN_WANTED,
    COLUMN_NOTE,
    COLUMNS
} Column;

/* As printed in the appendix: how a refusal calls it. */
static const char *const titles[COLUMNS] = {
    "STT",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số CMT/CCCD",
    "Chức vụ",
    "Loại",
    "Đơn vị công tác",
    "Nội dung đề nghị",
    "Tài khoản",
    "Thông tin cần thay đổi",
    "Thông tin mới",
    "Ghi chú",
};

static const struct {
    const char *key;
    Column column;
} names[] = {
    {"stt", COLUMN_ORDINAL},
    {"tt", COLUMN_ORDINAL},
    {"sott", COLUMN_ORDINAL},
    {"hovaten", COLUMN_NAME},
    {"hoten", COLUMN_NAME},
    {"hovatencanbo", COLUMN_NAME},
    {"ngaysinh", COLUMN_BIRTH},
    {"ngaythangnamsinh", COLUMN_BIRTH},
    {"gioitinh", COLUMN_SEX},
    {"namnu", COLUMN_SEX},
    {"socmtcccd", COLUMN_IDENTITY},
    {"socccdcmt", COLUMN_IDENTITY},
    {"socmndcccd", COLUMN_IDENTITY},
    {"socccdcmnd", COLUMN_IDENTITY},
    {"cmtcccd", COLUMN_IDENTITY},
    {"cmndcccd", COLUMN_IDENTITY},
    {"socccd", COLUMN_IDENTITY},
    {"cccd", COLUMN_IDENTITY},
    {"socmt", COLUMN_IDENTITY},
    {"socmnd", COLUMN_IDENTITY},
    {"socancuoc", COLUMN_IDENTITY},
    {"socancuoccongdan", COLUMN_IDENTITY},
    {"cancuoccongdan", COLUMN_IDENTITY},
    {"sodinhdanh", COLUMN_IDENTITY},
    {"sodinhdanhcanhan", COLUMN_IDENTITY},
    {"chucvu", COLUMN_TITLE},
    {"chucdanh", COLUMN_TITLE},
    {"chucvuchucdanh", COLUMN_TITLE},
    {"loai", COLUMN_CATEGORY},
    {"doituong", COLUMN_CATEGORY},
    {"donvicongtac", COLUMN_UNIT},
    {"donvi", COLUMN_UNIT},
    {"coquandonvi", COLUMN_UNIT},
    {"coquandonvicongtac", COLUMN_UNIT},
    {"noicongtac", COLUMN_UNIT},
    {"phongban", COLUMN_UNIT},
    {"noidungdenghi", COLUMN_ACT},
    {"noidung", COLUMN_ACT},
    {"denghi", COLUMN_ACT},
    {"hinhthuc", COLUMN_ACT},
    {"hinhthucdenghi", COLUMN_ACT},
    {"noidungyeucau", COLUMN_ACT},
    {"taikhoan", COLUMN_ADDRESS},
    {"taikhoanthudientu", COLUMN_ADDRESS},
    {"taikhoanthudientucongvu", COLUMN_ADDRESS},
    {"diachithu", COLUMN_ADDRESS},
    {"diachithudientu", COLUMN_ADDRESS},
    {"thudientu", COLUMN_ADDRESS},
    {"email", COLUMN_ADDRESS},
    {"diachiemail", COLUMN_ADDRESS},
    {"thongtincanthaydoi", COLUMN_WHAT},
    {"thongtinthaydoi", COLUMN_WHAT},
    {"thongtinmoi", COLUMN_WANTED},
    {"ghichu", COLUMN_NOTE},
};

/* ---- The header ---- */

typedef struct {
    RequestForm *form;
    const OfficeRow *row;
    int at[COLUMNS];    /* index of the cell, or -1 */
    RequestAct heading; /* what the last heading over all columns said */
    GString *fault;
    GPtrArray *around; /* char *, borrowed: the texts of the paper around the tables */
} Reading;

static const char *cell(const Reading *r, Column column) {
    return r->at[column] < 0 ? "" : office_cell(r->row, (guint)r->at[column]);
}

static guint map_columns(const OfficeRow *row, int at[COLUMNS]) {
    guint known = 0;
    for (int i = 0; i < COLUMNS; i++)
        at[i] = -1;
    for (guint i = 0; i < row->cells->len; i++) {
        g_autofree char *key = request_form_key(office_cell(row, i));
        for (gsize n = 0; n < G_N_ELEMENTS(names); n++) {
            if (!g_str_equal(key, names[n].key) || at[names[n].column] >= 0)
                continue;
            at[names[n].column] = (int)i;
            known++;
            break;
        }
    }
    return known;
}

static gboolean is_first_form(const int at[COLUMNS]) {
    return at[COLUMN_NAME] >= 0;
}

static gboolean missing(const OfficeRow *row, Column column, GError **error) {
    return cv_fail(error, CV_ERROR_INPUT,
                   "Dòng %u: thiếu cột \"%s\" của biểu mẫu (Phụ lục 2); the column \"%s\" of the "
                   "form is missing",
                   row->line, titles[column], titles[column]);
}

/* *found: this row is the header of one of the forms. FALSE: it is one without a needed column. */
static gboolean read_header(Reading *r, const OfficeRow *row, gboolean *found, GError **error) {
    static const Column first[] = {COLUMN_NAME, COLUMN_UNIT, COLUMN_ACT};
    guint known = map_columns(row, r->at);
    gboolean second = r->at[COLUMN_WHAT] >= 0 || r->at[COLUMN_WANTED] >= 0;
    *found = known >= 3 && (is_first_form(r->at) || second);
    if (!*found)
        return TRUE;
    if (second && !is_first_form(r->at)) {
        if (r->at[COLUMN_WHAT] < 0)
            return missing(row, COLUMN_WHAT, error);
        return r->at[COLUMN_WANTED] >= 0 || missing(row, COLUMN_WANTED, error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
        if (r->at[first[i]] < 0)
            return missing(row, first[i], error);
    return TRUE;
}

/* ---- Rows that are no lines ---- */

/* The one text of the row, as a merged cell gives it at every place, and at how many; NULL: there
 * is none, or several. */
static const char *only_text(const OfficeRow *row, guint *places) {
    const char *text = NULL;
    *places = 0;
    for (guint i = 0; i < row->cells->len; i++) {
        const char *one = office_cell(row, i);
        if (*one == '\0')
            continue;
        if (text != NULL && !g_str_equal(text, one))
            return NULL;
        text = one;
        (*places)++;
    }
    return text;
}

/* The paper's foot begins; empty: the row asks for nothing, so that a person's title is none. */
static gboolean is_foot(const OfficeRow *row, gboolean empty) {
    static const char *const words[] = {"noinhan", "thutruong", "ghichunoidung", "kythaythutruong"};
    for (guint i = 0; i < row->cells->len; i++) {
        g_autofree char *key = request_form_key(office_cell(row, i));
        for (gsize w = 0; w < (empty ? G_N_ELEMENTS(words) : 1); w++)
            if (g_str_has_prefix(key, words[w]))
                return TRUE;
    }
    return FALSE;
}

/* "(1)", "2": the row that numbers the columns. */
static gboolean is_number_alone(const char *text) {
    return *text != '\0' && strspn(text, "0123456789() ") == strlen(text);
}

static gboolean repeats_header(const Reading *r) {
    int at[COLUMNS];
    return map_columns(r->row, at) >= 3 && memcmp(at, r->at, sizeof at) == 0;
}

static gboolean is_empty_line(const Reading *r) {
    static const Column first[] = {COLUMN_NAME, COLUMN_IDENTITY, COLUMN_ACT, COLUMN_ADDRESS};
    static const Column second[] = {COLUMN_WHAT, COLUMN_WANTED};
    const Column *columns = is_first_form(r->at) ? first : second;
    gsize n = is_first_form(r->at) ? G_N_ELEMENTS(first) : G_N_ELEMENTS(second);
    for (gsize i = 0; i < n; i++)
        if (*cell(r, columns[i]) != '\0')
            return FALSE;
    return TRUE;
}

/* ---- Fields ---- */

static void wrong(Reading *r, Column column, const char *value, const char *reason) {
    g_string_append_printf(r->fault, "%sDòng %u, cột \"%s\": ", r->fault->len == 0 ? "" : "; ",
                           r->row->line, titles[column]);
    g_autofree char *shown = g_strdup(value == NULL ? "" : value);
    request_mask_numbers(shown);
    if (*shown != '\0')
        g_string_append_printf(r->fault, "\"%s\": ", shown);
    g_string_append(r->fault, reason);
}

/* What may be an identity number does not stay readable, whichever column it was put into. */
static void replace(char **text, const char *with) {
    g_free(*text);
    *text = text_nfc(bytes_of_string(with));
    request_mask_numbers(*text);
}

/* The sealed fields: a wrong one is told without its value. */
static void read_sealed(Reading *r, RequestAsked *asked) {
    g_autofree char *birth = request_plain_date(cell(r, COLUMN_BIRTH));
    const char *identity = cell(r, COLUMN_IDENTITY);
    const char *why = *birth == '\0' ? NULL : person_birth_read(birth, asked->birth);
    if (why != NULL) {
        asked->birth[0] = '\0';
        wrong(r, COLUMN_BIRTH, NULL, why);
    }
    why = *identity == '\0' ? NULL : person_identity_read(identity, asked->identity);
    if (why != NULL) {
        asked->identity[0] = '\0';
        wrong(r, COLUMN_IDENTITY, NULL, why);
    }
}

static void read_word(Reading *r, Column column, const char *(*read)(const char *), char **to,
                      const char *may_be) {
    const char *said = cell(r, column);
    if (*said == '\0')
        return;
    const char *word = read(said);
    if (word == NULL)
        wrong(r, column, said, may_be);
    else
        replace(to, word);
}

static void read_first_form(Reading *r, RequestAsked *asked) {
    const char *said = cell(r, COLUMN_ACT);
    replace(&asked->said, said);
    replace(&asked->name, cell(r, COLUMN_NAME));
    replace(&asked->title, cell(r, COLUMN_TITLE));
    replace(&asked->unit, cell(r, COLUMN_UNIT));
    asked->act = *said == '\0' ? r->heading : request_act_read(said);
    if (asked->act == REQUEST_ACT_UNKNOWN)
        wrong(r, COLUMN_ACT, said, "phải là một trong: cấp mới, tạm khóa, hủy bỏ");
    if (*asked->unit == '\0')
        wrong(r, COLUMN_UNIT, NULL, "thiếu đơn vị công tác");
    read_word(r, COLUMN_SEX, person_sex_read, &asked->sex, "chỉ nhận nam, nữ");
    read_word(r, COLUMN_CATEGORY, person_category_read, &asked->category,
              "chỉ nhận cán bộ, công chức, viên chức, người lao động");
    read_sealed(r, asked);
    /* Who is meant is never made up: the unit's own account is asked for by its name. */
    if (*asked->name == '\0' &&
        (asked->act == REQUEST_ACT_NEW || (*asked->identity == '\0' && *asked->address == '\0')))
        wrong(r, COLUMN_NAME, NULL, "thiếu họ và tên");
}

/* A birth date or identity number goes to the sealed fields, wherever it was written. */
static void read_second_form(Reading *r, RequestAsked *asked) {
    const char *what = cell(r, COLUMN_WHAT), *wanted = cell(r, COLUMN_WANTED);
    const char *why = NULL;
    asked->act = REQUEST_ACT_CHANGE;
    RequestField field = request_field_read(what);
    replace(&asked->what, what);
    replace(&asked->wanted, wanted);
    if (*what == '\0')
        wrong(r, COLUMN_WHAT, NULL, "thiếu thông tin cần thay đổi");
    if (*wanted == '\0')
        wrong(r, COLUMN_WANTED, NULL, "thiếu thông tin mới");
    else if (field == REQUEST_FIELD_IDENTITY)
        why = person_identity_read(wanted, asked->identity);
    else if (field == REQUEST_FIELD_BIRTH) {
        g_autofree char *birth = request_plain_date(wanted);
        why = person_birth_read(birth, asked->birth);
    } else
        request_number_in(what, asked->identity);
    if (why != NULL)
        wrong(r, COLUMN_WANTED, NULL, why);
    if (field == REQUEST_FIELD_BIRTH)
        replace(&asked->wanted, "(ngày sinh mới)");
}

static gboolean take_line(Reading *r, GError **error) {
    if (r->form->lines->len == REQUEST_LINES_MAXIMUM)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "Dòng %u: một đề nghị có tối đa %d dòng, hãy gửi thành nhiều văn bản; a "
                       "request has at most %d lines: send it in parts",
                       r->row->line, REQUEST_LINES_MAXIMUM, REQUEST_LINES_MAXIMUM);
    RequestAsked *asked = request_asked_new();
    asked->place = r->row->line;
    g_string_truncate(r->fault, 0);
    replace(&asked->ordinal, cell(r, COLUMN_ORDINAL));
    replace(&asked->address, cell(r, COLUMN_ADDRESS));
    replace(&asked->note, cell(r, COLUMN_NOTE));
    if (is_first_form(r->at))
        read_first_form(r, asked);
    else
        read_second_form(r, asked);
    asked->fault = r->fault->len == 0 ? NULL : g_strdup(r->fault->str);
    g_ptr_array_add(r->form->lines, asked);
    return TRUE;
}

/* ---- Tables ---- */

static void take_around(Reading *r, const OfficeRow *row) {
    const char *last = "";
    for (guint i = 0; i < row->cells->len; i++) {
        const char *text = office_cell(row, i);
        if (*text != '\0' && !g_str_equal(text, last)) /* a merged cell is one text */
            g_ptr_array_add(r->around, (gpointer)text);
        last = text;
    }
}

/* A heading over the columns: merged, or beside them, or the name of an act. */
static gboolean take_heading(Reading *r) {
    guint places;
    const char *text = only_text(r->row, &places);
    if (text == NULL || is_number_alone(text))
        return FALSE;
    RequestAct act = request_act_in(text);
    if (places < 2 && !is_empty_line(r) && act == REQUEST_ACT_UNKNOWN)
        return FALSE;
    r->heading = act == REQUEST_ACT_UNKNOWN ? r->heading : act;
    return TRUE;
}

/* The rows below a header, from row i on; stops at the first that is not theirs any more. */
static gboolean take_lines(Reading *r, const OfficeTable *table, guint *i, GError **error) {
    r->heading = REQUEST_ACT_UNKNOWN;
    for (; *i < table->rows->len; (*i)++) {
        r->row = table->rows->pdata[*i];
        gboolean empty = is_empty_line(r);
        const char *first = cell(r, is_first_form(r->at) ? COLUMN_NAME : COLUMN_WHAT);
        if (is_foot(r->row, empty))
            return TRUE;
        if (take_heading(r) || is_number_alone(first) || repeats_header(r))
            continue;
        if (empty)
            take_around(r, r->row);
        else if (!take_line(r, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean take_table(Reading *r, const OfficeTable *table, GError **error) {
    gboolean found = FALSE;
    guint i = 0;
    for (; i < table->rows->len && !found; i++) {
        const OfficeRow *row = table->rows->pdata[i];
        if (i < HEADER_WITHIN && !read_header(r, row, &found, error))
            return FALSE;
        if (!found)
            take_around(r, row);
    }
    if (found && !take_lines(r, table, &i, error))
        return FALSE;
    for (; i < table->rows->len; i++)
        take_around(r, table->rows->pdata[i]);
    return TRUE;
}

static gboolean read_file(Reading *r, const OfficeFile *file, GError **error) {
    for (guint i = 0; i < file->tables->len; i++)
        if (!take_table(r, file->tables->pdata[i], error))
            return FALSE;
    if (r->form->lines->len == 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "không thấy bảng theo Biểu mẫu 1 (STT, Họ và tên … Nội dung đề nghị) hay "
                       "Biểu mẫu 2 (Thông tin cần thay đổi, Thông tin mới) của Phụ lục 2, hoặc "
                       "bảng không có dòng nào; no table of either form of appendix 2 with a line "
                       "in it");
    for (guint i = 0; i < file->paragraphs->len; i++)
        g_ptr_array_add(r->around, file->paragraphs->pdata[i]);
    request_head_read(&r->form->head, r->around);
    return TRUE;
}

RequestForm *request_form_read(Bytes file, GError **error) {
    g_autoptr(OfficeFile) office = office_read(file, error);
    if (office == NULL)
        return NULL;
    g_autoptr(RequestForm) form = g_new0(RequestForm, 1);
    form->lines = g_ptr_array_new_with_free_func((GDestroyNotify)request_asked_free);
    g_autoptr(GString) fault = g_string_new(NULL);
    g_autoptr(GPtrArray) around = g_ptr_array_new();
    Reading reading = {.form = form, .fault = fault, .around = around};
    return read_file(&reading, office, error) ? g_steal_pointer(&form) : NULL;
}
