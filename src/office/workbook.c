/* Workbooks (.xlsx, ECMA-376 part 1, 18.2, 18.4, 18.8): which sheets there are, and the strings and
 * cell formats that they share. */
#include "office/internal.h"

enum {
    PART_BYTES = 96 * 1024 * 1024,
    SHEETS = 64,
    STRINGS = 1000000,
    FORMATS = 65536,
};

void office_workbook_init(OfficeWorkbook *workbook) {
    workbook->strings = g_ptr_array_new_with_free_func(g_free);
    workbook->dates = g_array_new(FALSE, TRUE, sizeof(gboolean));
    workbook->from_1904 = FALSE;
}

void office_workbook_clear(OfficeWorkbook *workbook) {
    g_clear_pointer(&workbook->strings, g_ptr_array_unref);
    g_clear_pointer(&workbook->dates, g_array_unref);
}

static gboolean fail_xml(OfficeXml *xml, GError **error) {
    return cv_fail(error, CV_ERROR_INPUT, "%s", office_xml_reason(xml));
}

/* ---- Shared strings (18.4) ---- */

gboolean office_strings_text(Bytes text, OfficeWorkbook *out, GError **error) {
    g_autoptr(OfficeXml) xml = office_xml_open(text);
    g_autoptr(GString) string = g_string_new(NULL);
    gboolean in_text = FALSE;
    for (OfficeXmlEvent event; (event = office_xml_next(xml)) != OFFICE_XML_END;) {
        if (event == OFFICE_XML_BROKEN)
            return fail_xml(xml, error);
        if (event == OFFICE_XML_TEXT) {
            if (in_text && string->len < 2 * OFFICE_CELL)
                g_string_append(string, office_xml_text(xml));
        } else if (office_xml_is(xml, "t")) {
            in_text = event == OFFICE_XML_BEGIN;
        } else if (office_xml_is(xml, "rPh") && event == OFFICE_XML_BEGIN) {
            if (!office_xml_skip(xml)) /* how it is read aloud: not part of the text */
                return fail_xml(xml, error);
        } else if (office_xml_is(xml, "si") && event == OFFICE_XML_FINISH) {
            if (out->strings->len >= STRINGS)
                return cv_fail(error, CV_ERROR_LIMIT,
                               "bảng tính có quá nhiều chuỗi; too many strings in the workbook");
            g_ptr_array_add(out->strings, g_strdup(string->str));
            g_string_truncate(string, 0);
        }
    }
    return TRUE;
}

/* ---- Formats (18.8): which cells show dates ---- */

/* A number format shows a date when it has a d or y outside of quotes, brackets and escapes. */
static gboolean code_is_date(const char *code) {
    for (const char *p = code; *p != '\0'; p++) {
        if (*p == '"' || *p == '[') {
            const char *close = strchr(p + 1, *p == '"' ? '"' : ']');
            if (close == NULL)
                return FALSE;
            p = close;
        } else if ((*p == '\\' || *p == '_' || *p == '*') && p[1] != '\0') {
            p++;
        } else if (*p == ';') {
            return FALSE;
        } else if (strchr("dDyY", *p) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The built-in ones (18.8.30), those of East Asian tongues included. */
static gboolean number_is_date(guint64 id) {
    return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || (id >= 34 && id <= 36) ||
           (id >= 50 && id <= 58);
}

static guint64 number_of(OfficeXml *xml, const char *name) {
    g_autofree char *value = office_xml_attribute(xml, name);
    guint64 number = 0;
    return value != NULL && bytes_parse_u64(bytes_of_string(value), &number) ? number : 0;
}

static gboolean take_format(OfficeXml *xml, const GHashTable *own, OfficeWorkbook *out,
                            GError **error) {
    guint64 id = number_of(xml, "numFmtId");
    gpointer key = GUINT_TO_POINTER((guint)MIN(id, G_MAXUINT)), known;
    gboolean date = g_hash_table_lookup_extended((GHashTable *)own, key, NULL, &known)
                        ? GPOINTER_TO_INT(known)
                        : number_is_date(id);
    if (out->dates->len >= FORMATS)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "bảng tính có quá nhiều định dạng; too many formats in the workbook");
    g_array_append_val(out->dates, date);
    return TRUE;
}

gboolean office_styles_text(Bytes text, OfficeWorkbook *out, GError **error) {
    g_autoptr(OfficeXml) xml = office_xml_open(text);
    g_autoptr(GHashTable) own = g_hash_table_new(NULL, NULL); /* number → shows a date */
    gboolean in_cells = FALSE; /* cellXfs: what cells point to; others have xf too */
    for (OfficeXmlEvent event; (event = office_xml_next(xml)) != OFFICE_XML_END;) {
        if (event == OFFICE_XML_BROKEN)
            return fail_xml(xml, error);
        if (event == OFFICE_XML_TEXT)
            continue;
        if (office_xml_is(xml, "cellXfs")) {
            in_cells = event == OFFICE_XML_BEGIN;
        } else if (event == OFFICE_XML_BEGIN && office_xml_is(xml, "numFmt")) {
            g_autofree char *code = office_xml_attribute(xml, "formatCode");
            guint64 id = number_of(xml, "numFmtId");
            if (g_hash_table_size(own) < FORMATS)
                g_hash_table_insert(own, GUINT_TO_POINTER((guint)MIN(id, G_MAXUINT)),
                                    GINT_TO_POINTER(code != NULL && code_is_date(code)));
        } else if (event == OFFICE_XML_BEGIN && in_cells && office_xml_is(xml, "xf")) {
            if (!take_format(xml, own, out, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* ---- The workbook (18.2) ---- */

typedef struct {
    char *name, *relationship;
} Sheet;

static void sheet_clear(gpointer data) {
    Sheet *sheet = data;
    g_free(sheet->name);
    g_free(sheet->relationship);
}

static gboolean is_true(OfficeXml *xml, const char *name) {
    g_autofree char *value = office_xml_attribute(xml, name);
    return value != NULL && (g_str_equal(value, "1") || g_str_equal(value, "true"));
}

/* Sheets that a person sees. */
static gboolean list_sheets(Bytes text, OfficeWorkbook *out, GArray *sheets, GError **error) {
    g_autoptr(OfficeXml) xml = office_xml_open(text);
    for (OfficeXmlEvent event; (event = office_xml_next(xml)) != OFFICE_XML_END;) {
        if (event == OFFICE_XML_BROKEN)
            return fail_xml(xml, error);
        if (event != OFFICE_XML_BEGIN)
            continue;
        if (office_xml_is(xml, "workbookPr"))
            out->from_1904 = is_true(xml, "date1904");
        if (!office_xml_is(xml, "sheet"))
            continue;
        g_autofree char *state = office_xml_attribute(xml, "state");
        if (state != NULL && !g_str_equal(state, "visible"))
            continue;
        Sheet sheet = {office_xml_attribute(xml, "name"), office_xml_attribute(xml, "id")};
        g_array_append_val(sheets, sheet);
        if (sheet.relationship == NULL || sheets->len > SHEETS)
            return cv_fail(error, CV_ERROR_INPUT,
                           "sổ bảng tính bị hỏng hoặc có hơn %d trang; the workbook is damaged or "
                           "has more than %d sheets",
                           SHEETS, SHEETS);
    }
    return TRUE;
}

typedef gboolean (*TakePart)(Bytes xml, OfficeWorkbook *out, GError **error);

/* A part that may be missing: a workbook without text has no strings. */
static gboolean take_shared(OfficePackage *package, const char *workbook, const char *kind,
                            TakePart take, OfficeWorkbook *out, GError **error) {
    g_autofree char *part = NULL;
    if (!office_package_target(package, workbook, kind, NULL, &part, error))
        return FALSE;
    if (part == NULL)
        return TRUE;
    g_auto(Buffer) text;
    buffer_init(&text, PART_BYTES);
    return office_package_part(package, part, &text, NULL, error) &&
           take(buffer_bytes(&text), out, error);
}

static gboolean read_sheet(OfficePackage *package, const char *workbook, const OfficeWorkbook *book,
                           const Sheet *sheet, OfficeFile *out, GError **error) {
    g_autofree char *part = NULL;
    if (!office_package_target(package, workbook, NULL, sheet->relationship, &part, error))
        return FALSE;
    if (part == NULL || strstr(part, "worksheet") == NULL)
        return TRUE; /* a chart on a sheet of its own */
    g_auto(Buffer) text;
    buffer_init(&text, PART_BYTES);
    return office_package_part(package, part, &text, NULL, error) &&
           office_sheet_text(buffer_bytes(&text), book, sheet->name == NULL ? "" : sheet->name, out,
                             error);
}

gboolean office_read_sheets(OfficePackage *package, const char *workbook, OfficeFile *out,
                            GError **error) {
    g_auto(OfficeWorkbook) book;
    office_workbook_init(&book);
    g_autoptr(GArray) sheets = g_array_new(FALSE, FALSE, sizeof(Sheet));
    g_array_set_clear_func(sheets, sheet_clear);
    g_auto(Buffer) text;
    buffer_init(&text, PART_BYTES);
    if (!office_package_part(package, workbook, &text, NULL, error) ||
        !list_sheets(buffer_bytes(&text), &book, sheets, error) ||
        !take_shared(package, workbook, "sharedStrings", office_strings_text, &book, error) ||
        !take_shared(package, workbook, "styles", office_styles_text, &book, error))
        return FALSE;
    for (guint i = 0; i < sheets->len; i++)
        if (!read_sheet(package, workbook, &book, &g_array_index(sheets, Sheet, i), out, error))
            return FALSE;
    return TRUE;
}
