/* CSV as a table: bytes to text, rows to rows. Excel writes "Unicode text" as UTF-16 with tabs, and
 * plain CSV in the machine's old charset; the first is read, the second is refused unless it is
 * UTF-8, because a guess would put wrong letters into names. */
#include "office/internal.h"

#include "office/csv.h"
#include "text/charset.h"

static char *decode(Bytes file, GError **error) {
    const char *charset = "utf-8";
    if (file.n >= 2 && file.p[0] == 0xff && file.p[1] == 0xfe)
        charset = "utf-16le";
    else if (file.n >= 2 && file.p[0] == 0xfe && file.p[1] == 0xff)
        charset = "utf-16be";
    else if (!text_is_utf8(file) || bytes_has_nul(file)) {
        cv_fail(
            error, CV_ERROR_INPUT,
            "tệp không phải văn bản UTF-8; the file is no UTF-8 text: in the spreadsheet choose "
            "\"CSV UTF-8\", or send the .xlsx itself");
        return NULL;
    }
    return text_to_utf8(charset, file, 2 * OFFICE_BYTES, NULL);
}

gboolean office_read_csv(Bytes file, OfficeFile *out, GError **error) {
    g_autofree char *text = decode(file, error);
    if (text == NULL)
        return FALSE;
    OfficeTable *table = office_table_new(out, "");
    g_auto(Csv) csv;
    csv_init(&csv, bytes_of_string(text));
    while (csv_next(&csv)) {
        OfficeRow *row = office_row_new(out, table, csv.line, error);
        if (row == NULL)
            return FALSE;
        for (guint i = 0; i < csv.fields->len; i++)
            if (!office_row_set(row, i, csv_field(&csv, (int)i), error))
                return FALSE;
    }
    if (csv.broken != NULL)
        return cv_fail(error, CV_ERROR_INPUT, "dòng %u: dấu ngoặc kép không được đóng; line %u: %s",
                       csv.line, csv.line, csv.broken);
    office_table_trim(table);
    return TRUE;
}
