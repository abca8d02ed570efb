/* Rows and cells as they come out of any format, and which format a file is. */
#include "office/internal.h"

#include "text/charset.h"

static void row_free(gpointer data) {
    OfficeRow *row = data;
    g_ptr_array_unref(row->cells);
    g_free(row);
}

static void table_free(gpointer data) {
    OfficeTable *table = data;
    g_ptr_array_unref(table->rows);
    g_free(table->name);
    g_free(table);
}

OfficeFile *office_file_new(void) {
    OfficeFile *file = g_new0(OfficeFile, 1);
    file->tables = g_ptr_array_new_with_free_func(table_free);
    file->paragraphs = g_ptr_array_new_with_free_func(g_free);
    return file;
}

void office_file_free(OfficeFile *file) {
    if (file == NULL)
        return;
    g_ptr_array_unref(file->tables);
    g_ptr_array_unref(file->paragraphs);
    g_free(file);
}

OfficeTable *office_table_new(OfficeFile *file, const char *name) {
    OfficeTable *table = g_new0(OfficeTable, 1);
    table->name = g_strdup(name);
    table->rows = g_ptr_array_new_with_free_func(row_free);
    g_ptr_array_add(file->tables, table);
    return table;
}

OfficeRow *office_row_new(OfficeFile *file, OfficeTable *table, guint line, GError **error) {
    guint count = 0;
    for (guint i = 0; i < file->tables->len; i++)
        count += ((const OfficeTable *)file->tables->pdata[i])->rows->len;
    if (count >= OFFICE_ROWS) {
        cv_fail(error, CV_ERROR_LIMIT,
                "tệp có hơn %d dòng; the file has more than %d rows: send it in parts",
                OFFICE_ROWS - 1, OFFICE_ROWS - 1);
        return NULL;
    }
    OfficeRow *row = g_new0(OfficeRow, 1);
    row->line = line;
    row->cells = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(table->rows, row);
    return row;
}

/* Blanks of every kind become one, none stay at the ends: what a cell looks like. */
static char *clean(const char *text) {
    g_autofree char *valid = text_make_valid(bytes_of_string(text), NULL);
    GString *out = g_string_sized_new(strlen(valid));
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_isspace(c) && c != 0xfeff)
            g_string_append_unichar(out, c);
        else if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    if (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

gboolean office_row_set(OfficeRow *row, guint column, const char *text, GError **error) {
    g_autofree char *shown = clean(text);
    if (*shown == '\0')
        return TRUE;
    if (column >= OFFICE_COLUMNS)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "dòng %u có hơn %d cột; row %u has more than %d columns", row->line,
                       OFFICE_COLUMNS, row->line, OFFICE_COLUMNS);
    if (strlen(shown) > OFFICE_CELL)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "dòng %u, cột %u: nội dung quá dài; row %u, column %u: the text is too long",
                       row->line, column + 1, row->line, column + 1);
    while (row->cells->len <= column)
        g_ptr_array_add(row->cells, g_strdup(""));
    g_free(row->cells->pdata[column]);
    row->cells->pdata[column] = g_steal_pointer(&shown);
    return TRUE;
}

const char *office_cell(const OfficeRow *row, guint column) {
    return column >= row->cells->len ? "" : row->cells->pdata[column];
}

void office_table_trim(OfficeTable *table) {
    guint kept = 0;
    for (guint i = 0; i < table->rows->len; i++) {
        OfficeRow *row = table->rows->pdata[i];
        if (row->cells->len == 0) {
            row_free(row);
            continue;
        }
        table->rows->pdata[kept++] = row;
    }
    for (guint i = kept; i < table->rows->len; i++)
        table->rows->pdata[i] = NULL;
    /* The freed ones are out of the array already: their places must not be freed again. */
    g_ptr_array_set_free_func(table->rows, NULL);
    g_ptr_array_set_size(table->rows, (int)kept);
    g_ptr_array_set_free_func(table->rows, row_free);
}

/* ---- Which format? ---- */

static gboolean starts_with(Bytes file, const char *magic) {
    Reader r = reader_of(file);
    return reader_skip(&r, magic);
}

static gboolean read_package(Bytes file, OfficeFile *out, GError **error) {
    g_autoptr(OfficePackage) package = office_package_open(file, error);
    g_autofree char *main_part = NULL;
    if (package == NULL ||
        !office_package_target(package, "", "officeDocument", NULL, &main_part, error))
        return FALSE;
    if (main_part != NULL && g_str_has_prefix(main_part, "xl/"))
        return office_read_sheets(package, main_part, out, error);
    if (main_part != NULL && g_str_has_prefix(main_part, "word/"))
        return office_read_document(package, main_part, out, error);
    return cv_fail(error, CV_ERROR_INPUT,
                   "tệp không phải bảng tính .xlsx hay văn bản .docx; the file is neither an .xlsx "
                   "nor a .docx (ODS and others: save it as one of these)");
}

OfficeFile *office_read(Bytes file, GError **error) {
    g_autoptr(OfficeFile) out = office_file_new();
    gboolean ok;
    if (file.n > OFFICE_BYTES)
        ok = cv_fail(error, CV_ERROR_LIMIT, "tệp lớn hơn %d MB; the file is larger than %d MiB",
                     OFFICE_BYTES / 1024 / 1024, OFFICE_BYTES / 1024 / 1024);
    else if (starts_with(file, "PK\x03\x04"))
        ok = read_package(file, out, error);
    else if (starts_with(file, "\xd0\xcf\x11\xe0"))
        ok = cv_fail(error, CV_ERROR_INPUT,
                     "tệp .xls, .doc kiểu cũ hoặc có mật khẩu; a file of the old kind or with a "
                     "password: save it as .xlsx or .docx without a password");
    else if (starts_with(file, "%PDF-"))
        ok = cv_fail(error, CV_ERROR_INPUT,
                     "tệp PDF không đọc được thành bảng; a PDF has no table to read: send the "
                     ".docx or .xlsx that it was made from");
    else
        ok = office_read_csv(file, out, error);
    return ok ? g_steal_pointer(&out) : NULL;
}
