/* The first byte chooses what the rest is: a whole file, or one part of a package, which the fuzzer
 * could not reach through the compression. Nothing may fall over, and the limits hold. */
#include "office/internal.h"

static void check(const OfficeFile *file) {
    guint rows = 0;
    for (guint i = 0; i < file->tables->len; i++) {
        const OfficeTable *table = file->tables->pdata[i];
        rows += table->rows->len;
        for (guint j = 0; j < table->rows->len; j++) {
            const OfficeRow *row = table->rows->pdata[j];
            g_assert(row->line > 0 && row->cells->len <= OFFICE_COLUMNS);
            for (guint k = 0; k < row->cells->len; k++) {
                const char *text = office_cell(row, k);
                g_assert(strlen(text) <= OFFICE_CELL && g_utf8_validate(text, -1, NULL));
            }
        }
    }
    g_assert(rows <= OFFICE_ROWS);
}

static void one_part(guint8 kind, Bytes part) {
    g_autoptr(OfficeFile) file = office_file_new();
    g_auto(OfficeWorkbook) book;
    office_workbook_init(&book);
    gboolean date = TRUE;
    g_array_append_val(book.dates, date);
    g_ptr_array_add(book.strings, g_strdup("Nguyễn Văn A"));
    if (kind == 1)
        office_document_text(part, file, NULL);
    else if (kind == 2)
        office_sheet_text(part, &book, "S", file, NULL);
    else if (kind == 3)
        office_strings_text(part, &book, NULL);
    else
        office_styles_text(part, &book, NULL);
    check(file);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    if (size == 0)
        return 0;
    guint8 kind = data[0] % 5;
    Bytes rest = bytes_of(data + 1, size - 1);
    if (kind != 0) {
        one_part(kind, rest);
        return 0;
    }
    g_autoptr(OfficeFile) file = office_read(rest, NULL);
    if (file != NULL)
        check(file);
    return 0;
}
