/* One worksheet (.xlsx, ECMA-376 part 1, 18.3) as the table that a person sees. */
#include "office/internal.h"

#include <math.h>

enum {
    MERGED_CELLS = 1000000, /* places filled by merged cells */
    VALUE_BYTES = 2 * OFFICE_CELL,
    DAY_MAXIMUM = 2958465, /* 9999-12-31 */
};

typedef struct {
    OfficeXml *xml;
    const OfficeWorkbook *book;
    OfficeFile *out;
    OfficeTable *table;
    OfficeRow *row;
    GString *value;         /* of the cell: v, or the text of is */
    char *reference, *type; /* of the cell: "B12", "s" */
    guint column;           /* of the cell, from 0 */
    guint64 format;         /* of the cell: index of its format */
    gboolean formula, value_found;
    guint merged;
} Sheet;

/* "AB12": column 27, row 12; FALSE when it is none. */
static gboolean take_reference(Reader *r, guint *column, guint *row) {
    guint64 value = 0, number;
    guint letters = 0;
    for (int c; (c = reader_peek(r)) >= 'A' && c <= 'Z' && letters < 4; letters++) {
        value = value * 26 + (guint)(c - 'A' + 1);
        reader_byte(r);
    }
    if (letters == 0 || !reader_u64(r, &number) || number == 0 || number > 1048576)
        return FALSE;
    *column = (guint)value - 1;
    *row = (guint)number;
    return TRUE;
}

static gboolean fail_cell(const Sheet *s, GError **error, const char *vietnamese,
                          const char *english) {
    const char *where = s->reference == NULL ? "?" : s->reference;
    return cv_fail(error, CV_ERROR_INPUT, "trang \"%s\", ô %s: %s; sheet \"%s\", cell %s: %s",
                   s->table->name, where, vietnamese, s->table->name, where, english);
}

/* ---- Values ---- */

/* A serial day as DD/MM/YYYY. Day 60 of the 1900 system is the 29 February that never was
 * (18.17.4.1): with 1899-12-30 as day 0 every day from 61 on is right. */
static char *day_text(const Sheet *s, double serial) {
    g_autoptr(GDate) date = g_date_new_dmy(30, G_DATE_DECEMBER, 1899);
    guint days = (guint)serial;
    if (s->book->from_1904)
        days += 1462;
    else if (days < 61)
        days++;
    g_date_add_days(date, days);
    return g_strdup_printf("%02u/%02u/%04u", g_date_get_day(date), g_date_get_month(date),
                           g_date_get_year(date));
}

/* Numbers are stored as they were computed, "0.30000000000000004" and "9.99186906766E+11"
 * included; a person sees 15 digits at most. */
static char *number_text(const Sheet *s, const char *stored) {
    char *end = NULL;
    double number = g_ascii_strtod(stored, &end);
    if (end == stored || *end != '\0' || !isfinite(number))
        return g_strdup(stored);
    gboolean date = s->format < s->book->dates->len &&
                    g_array_index(s->book->dates, gboolean, (guint)s->format);
    if (date && number >= 1 && number <= DAY_MAXIMUM)
        return day_text(s, number);
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    gboolean whole = fabs(number) < 1e15 && number == floor(number);
    return g_strdup(g_ascii_formatd(text, sizeof text, whole ? "%.0f" : "%.15g", number));
}

static gboolean string_of(const Sheet *s, const char **text, GError **error) {
    guint64 index;
    if (!bytes_parse_u64(bytes_of_string(s->value->str), &index) || index >= s->book->strings->len)
        return fail_cell(s, error, "bị hỏng", "damaged");
    *text = s->book->strings->pdata[index];
    return TRUE;
}

static gboolean finish_cell(Sheet *s, GError **error) {
    const char *type = s->type == NULL ? "n" : s->type, *text = s->value->str;
    g_autofree char *made = NULL;
    if (s->formula && !s->value_found)
        return fail_cell(s, error, "là công thức chưa có kết quả; mở tệp, tính và lưu lại",
                         "a formula without its result: open the file, compute and save it");
    if (g_str_equal(type, "e"))
        return fail_cell(s, error, "là lỗi của công thức", "a formula's error");
    if (g_str_equal(type, "s") && s->value_found && !string_of(s, &text, error))
        return FALSE;
    if (g_str_equal(type, "n"))
        text = made = number_text(s, text);
    return office_row_set(s->row, s->column++, text, error);
}

/* ---- Merged cells (18.3.1.55) ---- */

static OfficeRow *row_at(const Sheet *s, guint line) {
    guint low = 0, high = s->table->rows->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        OfficeRow *row = s->table->rows->pdata[middle];
        if (row->line == line)
            return row;
        if (row->line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The text of the first place counts at every place. */
static gboolean merge(Sheet *s, GError **error) {
    g_autofree char *range = office_xml_attribute(s->xml, "ref");
    guint left, top, right, bottom;
    Reader r = reader_of(bytes_of_string(range));
    if (range == NULL || !take_reference(&r, &left, &top) || !reader_skip_byte(&r, ':') ||
        !take_reference(&r, &right, &bottom) || !reader_done(&r) || right < left || bottom < top)
        return TRUE;
    const OfficeRow *first = row_at(s, top);
    g_autofree char *text = first == NULL ? NULL : g_strdup(office_cell(first, left));
    if (text == NULL || *text == '\0')
        return TRUE;
    right = MIN(right, OFFICE_COLUMNS - 1);
    for (guint line = top; line <= bottom; line++) {
        OfficeRow *row = row_at(s, line);
        if (++s->merged > MERGED_CELLS)
            return cv_fail(error, CV_ERROR_LIMIT,
                           "trang \"%s\" gộp quá nhiều ô; too many merged cells", s->table->name);
        for (guint column = left; row != NULL && column <= right; column++, s->merged++)
            if (*office_cell(row, column) == '\0' && !office_row_set(row, column, text, error))
                return FALSE;
    }
    return TRUE;
}

/* ---- Rows and cells (18.3.1.73, 18.3.1.4) ---- */

static guint64 number_of(Sheet *s, const char *name, guint64 otherwise) {
    g_autofree char *value = office_xml_attribute(s->xml, name);
    guint64 number;
    return value != NULL && bytes_parse_u64(bytes_of_string(value), &number) ? number : otherwise;
}

static gboolean begin_row(Sheet *s, GError **error) {
    guint before = s->row == NULL ? 0 : s->row->line;
    guint64 line = number_of(s, "r", before + 1);
    if (line <= before || line > 1048576)
        return cv_fail(error, CV_ERROR_INPUT,
                       "trang \"%s\": các dòng không theo thứ tự; the rows of sheet \"%s\" are out "
                       "of order",
                       s->table->name, s->table->name);
    s->row = office_row_new(s->out, s->table, (guint)line, error);
    s->column = 0;
    return s->row != NULL;
}

static gboolean begin_cell(Sheet *s) {
    g_free(s->reference);
    g_free(s->type);
    s->reference = office_xml_attribute(s->xml, "r");
    s->type = office_xml_attribute(s->xml, "t");
    s->format = number_of(s, "s", 0);
    s->formula = s->value_found = FALSE;
    g_string_truncate(s->value, 0);
    guint column, row;
    Reader r = reader_of(bytes_of_string(s->reference));
    if (s->reference != NULL && take_reference(&r, &column, &row) && reader_done(&r))
        s->column = column;
    return TRUE;
}

static gboolean begin(Sheet *s, const char *name, GError **error) {
    if (g_str_equal(name, "row"))
        return begin_row(s, error);
    if (g_str_equal(name, "c") && s->row != NULL)
        return begin_cell(s);
    if (g_str_equal(name, "f"))
        s->formula = TRUE;
    else if (g_str_equal(name, "mergeCell"))
        return merge(s, error);
    else if (g_str_equal(name, "rPh") || g_str_equal(name, "extLst"))
        return office_xml_skip(s->xml) ||
               cv_fail(error, CV_ERROR_INPUT, "%s", office_xml_reason(s->xml));
    return TRUE;
}

static gboolean read_events(Sheet *s, GError **error) {
    gboolean in_value = FALSE;
    for (;;) {
        OfficeXmlEvent event = office_xml_next(s->xml);
        if (event == OFFICE_XML_END)
            return TRUE;
        if (event == OFFICE_XML_BROKEN)
            return cv_fail(error, CV_ERROR_INPUT, "trang \"%s\": %s", s->table->name,
                           office_xml_reason(s->xml));
        if (event == OFFICE_XML_TEXT) {
            if (in_value && s->value->len < VALUE_BYTES)
                g_string_append(s->value, office_xml_text(s->xml));
            continue;
        }
        const char *name = office_xml_name(s->xml);
        if (g_str_equal(name, "v") || g_str_equal(name, "t")) {
            in_value = event == OFFICE_XML_BEGIN;
            s->value_found = TRUE;
        } else if (event == OFFICE_XML_BEGIN) {
            if (!begin(s, name, error))
                return FALSE;
        } else if (g_str_equal(name, "c") && s->row != NULL) {
            if (!finish_cell(s, error))
                return FALSE;
        }
    }
}

gboolean office_sheet_text(Bytes text, const OfficeWorkbook *workbook, const char *name,
                           OfficeFile *out, GError **error) {
    g_autoptr(OfficeXml) xml = office_xml_open(text);
    g_autoptr(GString) value = g_string_new(NULL);
    Sheet sheet = {.xml = xml,
                   .book = workbook,
                   .out = out,
                   .table = office_table_new(out, name),
                   .value = value};
    gboolean ok = read_events(&sheet, error);
    office_table_trim(sheet.table);
    g_free(sheet.reference);
    g_free(sheet.type);
    return ok;
}
