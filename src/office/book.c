/* Strings stand in their cells (inlineStr), so a sheet is written in one pass. */
#include "office/book.h"

#include "office/pack.h"

#include <string.h>

#define MAIN      "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE   "http://schemas.openxmlformats.org/package/2006/relationships"
#define HEAD      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

enum { CELL_CHARACTERS = 32766, NAME_CHARACTERS = 30, LETTERS = 26 };
enum { LOOK_TEXT, LOOK_HEADING, LOOK_SHARE, LOOK_INTEGER };

typedef struct {
    GString *name; /* escaped */
    GString *text;
    guint columns;
} Sheet;

struct Book {
    GArray *sheets; /* Sheet */
    guint row, column;
    gboolean in_row;
};

Book *book_new(void) {
    Book *book = g_new0(Book, 1);
    book->sheets = g_array_new(FALSE, FALSE, sizeof(Sheet));
    return book;
}

void book_free(Book *book) {
    if (book == NULL)
        return;
    for (guint i = 0; i < book->sheets->len; i++) {
        Sheet *sheet = &g_array_index(book->sheets, Sheet, i);
        g_string_free(sheet->name, TRUE);
        office_text_free(sheet->text);
    }
    g_array_free(book->sheets, TRUE);
    g_free(book);
}

static Sheet *current(Book *book) {
    g_assert(book->sheets->len > 0);
    return &g_array_index(book->sheets, Sheet, book->sheets->len - 1);
}

static void close_row(Book *book) {
    if (book->in_row)
        g_string_append(current(book)->text, "</row>");
    book->in_row = FALSE;
}

/* "A" to "BL". */
static void append_column(GString *out, guint column) {
    if (column >= LETTERS)
        g_string_append_c(out, (char)('A' + column / LETTERS - 1));
    g_string_append_c(out, (char)('A' + column % LETTERS));
}

static GString *open_cell(Book *book, guint look, const char *type) {
    GString *out = current(book)->text;
    g_assert(book->in_row && book->column < current(book)->columns);
    g_string_append(out, "<c r=\"");
    append_column(out, book->column++);
    g_string_append_printf(out, "%u\" s=\"%u\"%s>", book->row, look, type);
    return out;
}

static void put_text(Book *book, guint look, const char *text) {
    if (text == NULL || *text == '\0') {
        book->column++;
        return;
    }
    GString *out = open_cell(book, look, " t=\"inlineStr\"");
    g_string_append(out, "<is><t xml:space=\"preserve\">");
    office_xml_put(out, text, "\n", CELL_CHARACTERS);
    g_string_append(out, "</t></is></c>");
}

void book_row(Book *book) {
    close_row(book);
    book->in_row = TRUE;
    book->column = 0;
    g_string_append_printf(current(book)->text, "<row r=\"%u\">", ++book->row);
}

void book_text(Book *book, const char *text) {
    put_text(book, LOOK_TEXT, text);
}

void book_integer(Book *book, gint64 value) {
    g_string_append_printf(open_cell(book, LOOK_INTEGER, ""), "<v>%" G_GINT64_FORMAT "</v></c>",
                           value);
}

void book_share(Book *book, double share) {
    char shown[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(shown, sizeof shown, "%.6f", share);
    g_string_append_printf(open_cell(book, LOOK_SHARE, ""), "<v>%s</v></c>", shown);
}

/* ---- Sheets ---- */

static void finish_sheet(Book *book) {
    if (book->sheets->len == 0)
        return;
    close_row(book);
    Sheet *sheet = current(book);
    GString *out = sheet->text;
    g_string_append(out, "</sheetData><autoFilter ref=\"A1:");
    append_column(out, sheet->columns - 1);
    g_string_append_printf(
        out,
        "%u\"/><pageMargins left=\"0.5\" right=\"0.5\" top=\"0.75\" bottom=\"0.75\""
        " header=\"0.3\" footer=\"0.3\"/><pageSetup paperSize=\"9\" orientation=\"landscape\""
        " fitToWidth=\"1\" fitToHeight=\"0\"/></worksheet>",
        book->row);
    book->row = 0;
}

static GString *sheet_name(const char *name) {
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_strdelimit(valid, "[]:*?/\\'", ' ');
    GString *out = g_string_new(NULL);
    office_xml_put(out, valid, " ", NAME_CHARACTERS);
    return out;
}

void book_sheet(Book *book, const char *name, const BookColumn *columns, guint count) {
    g_assert(count > 0 && count <= BOOK_COLUMNS);
    finish_sheet(book);
    Sheet sheet = {
        .name = sheet_name(name), .text = g_string_sized_new(16 * 1024), .columns = count};
    g_array_append_val(book->sheets, sheet);
    GString *out = sheet.text;
    g_string_append(out, HEAD
                    "<worksheet xmlns=\"" MAIN "\"><sheetPr><pageSetUpPr fitToPage=\"1\"/>"
                    "</sheetPr><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\""
                    " topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView>"
                    "</sheetViews><cols>");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(out, "<col min=\"%u\" max=\"%u\" width=\"%u\" customWidth=\"1\"/>",
                               i + 1, i + 1, columns[i].width);
    g_string_append(out, "</cols><sheetData>");
    book_row(book);
    for (guint i = 0; i < count; i++)
        put_text(book, LOOK_HEADING, columns[i].heading);
}

/* ---- The package ---- */

#define XF(format, font, align)                                                                    \
    "<xf numFmtId=\"" format "\" fontId=\"" font "\" fillId=\"0\" borderId=\"1\" xfId=\"0\""       \
    " applyNumberFormat=\"1\" applyFont=\"1\" applyBorder=\"1\" applyAlignment=\"1\"><alignment"   \
    " " align "/></xf>"
#define TYPE(part, type)                                                                           \
    "<Override PartName=\"/xl/" part "\" ContentType=\"application/vnd.openxmlformats-"            \
    "officedocument.spreadsheetml." type "+xml\"/>"

/* In the order of LOOK_…; 165 is a number format of the file's own. */
static const char styles[] = HEAD
    "<styleSheet xmlns=\"" MAIN "\"><numFmts count=\"1\"><numFmt numFmtId=\"165\""
    " formatCode=\"0.00%\"/></numFmts><fonts count=\"2\"><font><sz val=\"12\"/>"
    "<name val=\"Times New Roman\"/></font><font><b/><sz val=\"12\"/>"
    "<name val=\"Times New Roman\"/></font></fonts><fills count=\"2\"><fill><patternFill"
    " patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>"
    "<borders count=\"2\"><border/><border><left style=\"thin\"/><right style=\"thin\"/>"
    "<top style=\"thin\"/><bottom style=\"thin\"/></border></borders>"
    "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>"
    "</cellStyleXfs><cellXfs count=\"4\">" XF("49", "0", "vertical=\"center\" wrapText=\"1\"")
        XF("49", "1", "horizontal=\"center\" vertical=\"center\" wrapText=\"1\"")
            XF("165", "0", "vertical=\"center\"")
                XF("3", "0", "vertical=\"center\"") "</cellXfs><cellStyles count=\"1\"><cellStyle "
                                                    "name=\"Normal\" xfId=\"0\" builtinId=\"0\"/>"
                                                    "</cellStyles></styleSheet>";

static const char package_relations[] =
    HEAD "<Relationships xmlns=\"" PACKAGE "\"><Relationship Id=\"rId1\" Type=\"" RELATIONS
         "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";

static GString *content_types(const Book *book) {
    GString *out = g_string_new(
        HEAD "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
             "<Default Extension=\"rels\""
             " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
             "<Default Extension=\"xml\" ContentType=\"application/xml\"/>" TYPE(
                 "workbook.xml", "sheet.main") TYPE("styles.xml", "styles"));
    for (guint i = 1; i <= book->sheets->len; i++)
        g_string_append_printf(out, TYPE("worksheets/sheet%u.xml", "worksheet"), i);
    g_string_append(out, "</Types>");
    return out;
}

static GString *workbook(const Book *book) {
    GString *out =
        g_string_new(HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELATIONS "\"><sheets>");
    for (guint i = 0; i < book->sheets->len; i++)
        g_string_append_printf(out, "<sheet name=\"%s\" sheetId=\"%u\" r:id=\"rId%u\"/>",
                               g_array_index(book->sheets, Sheet, i).name->str, i + 1, i + 1);
    g_string_append(out, "</sheets><definedNames>");
    for (guint i = 0; i < book->sheets->len; i++)
        g_string_append_printf(out,
                               "<definedName name=\"_xlnm.Print_Titles\" localSheetId=\"%u\">"
                               "'%s'!$1:$1</definedName>",
                               i, g_array_index(book->sheets, Sheet, i).name->str);
    g_string_append(out, "</definedNames></workbook>");
    return out;
}

static GString *workbook_relations(const Book *book) {
    GString *out = g_string_new(HEAD "<Relationships xmlns=\"" PACKAGE "\">");
    for (guint i = 1; i <= book->sheets->len; i++)
        g_string_append_printf(out,
                               "<Relationship Id=\"rId%u\" Type=\"" RELATIONS
                               "/worksheet\" Target=\"worksheets/sheet%u.xml\"/>",
                               i, i);
    g_string_append_printf(out,
                           "<Relationship Id=\"rId%u\" Type=\"" RELATIONS
                           "/styles\" Target=\"styles.xml\"/></Relationships>",
                           book->sheets->len + 1);
    return out;
}

GBytes *book_finish(Book *book, GError **error) {
    g_assert(book->sheets->len > 0);
    finish_sheet(book);
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(OfficePart));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    OfficePart first[] = {{"[Content_Types].xml", content_types(book)},
                          {"_rels/.rels", g_string_new(package_relations)},
                          {"xl/workbook.xml", workbook(book)},
                          {"xl/_rels/workbook.xml.rels", workbook_relations(book)},
                          {"xl/styles.xml", g_string_new(styles)}};
    g_array_append_vals(parts, first, G_N_ELEMENTS(first));
    gsize size = 0;
    for (guint i = 0; i < book->sheets->len; i++) {
        GString *text = g_array_index(book->sheets, Sheet, i).text;
        char *name = g_strdup_printf("xl/worksheets/sheet%u.xml", i + 1);
        g_ptr_array_add(names, name);
        size += text->len;
        OfficePart part = {name, text};
        g_array_append_val(parts, part);
    }
    GBytes *file = NULL;
    if (size > BOOK_BYTES)
        cv_fail(error, CV_ERROR_LIMIT,
                "bảng quá lớn (hơn %d MB); the workbook is larger than %d MiB: make it in parts",
                BOOK_BYTES / 1024 / 1024, BOOK_BYTES / 1024 / 1024);
    else
        file = office_pack((const OfficePart *)(const void *)parts->data, parts->len, error);
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        g_string_free(first[i].text, TRUE);
    return file;
}
