/* Files as offices make them, and as somebody who means harm does. The packages are put together
 * here, part by part. */
#include "office/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <zip.h>

#include <cmocka.h>

/* ---- Making packages ---- */

typedef struct {
    const char *name, *text;
} Part;

static GBytes *package_of(const Part *parts) {
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(source);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    for (const Part *part = parts; part->name != NULL; part++)
        assert_true(zip_file_add(zip, part->name,
                                 zip_source_buffer(zip, part->text, strlen(part->text), 0),
                                 ZIP_FL_ENC_UTF_8) >= 0);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(source), 0);
    zip_source_seek(source, 0, SEEK_END);
    gsize n = (gsize)zip_source_tell(source);
    zip_source_seek(source, 0, SEEK_SET);
    guint8 *bytes = g_malloc(n);
    assert_int_equal(zip_source_read(source, bytes, n), n);
    zip_source_close(source);
    zip_source_free(source);
    return g_bytes_new_take(bytes, n);
}

#define OFFICE_TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define ROOT(target)                                                                               \
    "<Relationships><Relationship Id='r1' Type='" OFFICE_TYPE "officeDocument' Target='" target    \
    "'/></Relationships>"

static OfficeFile *read_package(const Part *parts, char **why) {
    g_autoptr(GBytes) bytes = package_of(parts);
    g_autoptr(GError) error = NULL;
    gsize n;
    const void *p = g_bytes_get_data(bytes, &n);
    OfficeFile *file = office_read(bytes_of(p, n), &error);
    *why = file == NULL ? g_strdup(error->message) : NULL;
    return file;
}

static OfficeFile *read_sheet(const char *sheet, char **why) {
    const Part parts[] = {
        {"_rels/.rels", ROOT("xl/workbook.xml")},
        {"xl/workbook.xml", "<workbook xmlns:r='r'><sheets><sheet name='Hidden' state='hidden'"
                            " r:id='h'/><sheet name='Danh sách' r:id='a'/></sheets></workbook>"},
        {"xl/_rels/workbook.xml.rels",
         "<Relationships><Relationship Id='a' Type='" OFFICE_TYPE "worksheet'"
         " Target='worksheets/sheet1.xml'/>"
         "<Relationship Id='s' Type='" OFFICE_TYPE "sharedStrings'"
         " Target='/xl/sharedStrings.xml'/>"
         "<Relationship Id='y' Type='" OFFICE_TYPE "styles' Target='./styles.xml'/>"
         "</Relationships>"},
        {"xl/sharedStrings.xml",
         "<sst><si><t>Họ và tên</t></si><si><r><t xml:space='preserve'>"
         "Nguyễn </t></r><r><t>Văn A</t></r><rPh><t>x</t></rPh></si></sst>"},
        {"xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='dd/mm/yyyy'/>"
                          "<numFmt numFmtId='171' formatCode='0\"day\"'/></numFmts><cellStyleXfs>"
                          "<xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/>"
                          "<xf numFmtId='170'/><xf numFmtId='171'/><xf numFmtId='14'/></cellXfs>"
                          "</styleSheet>"},
        {"xl/worksheets/sheet1.xml", sheet},
        {NULL, NULL},
    };
    return read_package(parts, why);
}

static const OfficeTable *only_table(const OfficeFile *file) {
    assert_int_equal(file->tables->len, 1);
    return file->tables->pdata[0];
}

/* "a|b|c" of the row at this place. */
static void assert_row(const OfficeTable *table, guint at, guint line, const char *expected) {
    assert_true(at < table->rows->len);
    const OfficeRow *row = table->rows->pdata[at];
    assert_int_equal(row->line, line);
    g_ptr_array_add(row->cells, NULL);
    g_autofree char *shown = g_strjoinv("|", (char **)row->cells->pdata);
    g_ptr_array_set_size(row->cells, (int)row->cells->len - 1);
    assert_string_equal(shown, expected);
}

/* ---- Sheets ---- */

static void a_sheet_reads_as_it_looks(void **state) {
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_sheet(
        "<worksheet><sheetData>"
        "<row r='2'><c r='A2' t='s'><v>0</v></c><c r='C2' t='inlineStr'><is><t> Ngày  sinh </t>"
        "</is></c></row><row r='3'/>"
        "<row r='5'><c r='A5' t='s'><v>1</v></c><c r='B5'><v>9.99186906766E+11</v></c>"
        "<c r='C5' s='1'><v>31561</v></c><c r='D5' s='2'><v>3</v></c><c r='E5'><v>0.1</v></c>"
        "<c r='F5' t='str'><f>A5</f><v>kết quả</v></c><c r='G5' s='3'><v>59</v></c></row>"
        "</sheetData></worksheet>",
        &why);
    assert_non_null(file);
    const OfficeTable *table = only_table(file);
    assert_string_equal(table->name, "Danh sách");
    assert_int_equal(table->rows->len, 2);
    assert_row(table, 0, 2, "Họ và tên||Ngày sinh");
    assert_row(table, 1, 5, "Nguyễn Văn A|999186906766|29/05/1986|3|0.1|kết quả|28/02/1900");
    assert_string_equal(office_cell(table->rows->pdata[0], 200), "");
}

static void a_merged_cell_counts_at_each_place(void **state) {
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file =
        read_sheet("<worksheet><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>Sở</t></is></c>"
                   "<c r='B1' t='inlineStr'><is><t>An</t></is></c></row>"
                   "<row r='2'><c r='B2' t='inlineStr'><is><t>Bình</t></is></c></row></sheetData>"
                   "<mergeCells><mergeCell ref='A1:A2'/><mergeCell ref='nonsense'/>"
                   "<mergeCell ref='F1:XFD1048576'/></mergeCells></worksheet>",
                   &why);
    assert_non_null(file);
    assert_row(only_table(file), 0, 1, "Sở|An");
    assert_row(only_table(file), 1, 2, "Sở|Bình");
}

static void assert_sheet_refused(const char *sheet, const char *reason) {
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_sheet(sheet, &why);
    assert_null(file);
    if (strstr(why, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why, reason);
}

static void what_a_sheet_cannot_say_is_refused_with_its_cell(void **state) {
    assert_sheet_refused("<worksheet><sheetData><row r='4'><c r='C4'><f>A1</f></c></row>"
                         "</sheetData></worksheet>",
                         "ô C4");
    assert_sheet_refused("<worksheet><sheetData><row r='4'><c r='D4' t='e'><v>#REF!</v></c></row>"
                         "</sheetData></worksheet>",
                         "ô D4");
    assert_sheet_refused("<worksheet><sheetData><row r='4'><c r='E4' t='s'><v>7</v></c></row>"
                         "</sheetData></worksheet>",
                         "ô E4");
    assert_sheet_refused("<worksheet><sheetData><row r='4'/><row r='3'/></sheetData></worksheet>",
                         "thứ tự");
    assert_sheet_refused("<worksheet><sheetData><row r='1'><c r='ZZZ1'><v>1</v></c></row>"
                         "</sheetData></worksheet>",
                         "cột");
    assert_sheet_refused("<worksheet><sheetData><row", "XML");
}

static void a_sheet_of_too_many_rows_is_refused(void **state) {
    g_autoptr(GString) sheet = g_string_new("<worksheet><sheetData>");
    for (guint i = 1; i <= OFFICE_ROWS + 1; i++)
        g_string_append_printf(sheet, "<row r='%u'><c><v>1</v></c></row>", i);
    g_string_append(sheet, "</sheetData></worksheet>");
    assert_sheet_refused(sheet->str, "100000");
}

/* ---- Documents ---- */

static OfficeFile *read_body(const char *body, char **why) {
    g_autofree char *text =
        g_strdup_printf("<w:document xmlns:w='w'><w:body>%s</w:body></w:document>", body);
    const Part parts[] = {
        {"_rels/.rels", ROOT("word/document.xml")}, {"word/document.xml", text}, {NULL, NULL}};
    return read_package(parts, why);
}

#define P(text)  "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"
#define TC(text) "<w:tc>" P(text) "</w:tc>"

static void a_document_reads_as_it_looks(void **state) {
    g_autofree char *why = NULL;
    /* Put together piece by piece: rows over two columns, a merged cell, a line break, text struck
     * out and put in, a table within a cell. */
    static const char *const pieces[] = {
        P("Kính gửi: Trung tâm"),
        "<w:p/>",
        "<w:tbl><w:tr>",
        TC("STT"),
        "<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>",
        P("Họ tên"),
        "</w:tc></w:tr><w:tr>",
        "<w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr>",
        P("1"),
        "</w:tc>",
        "<w:tc><w:p><w:r><w:t>Nguyễn</w:t><w:br/><w:t>Văn A</w:t></w:r></w:p></w:tc>",
        TC("Nam"),
        "</w:tr><w:tr>",
        "<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>",
        "<w:tc><w:p><w:del><w:r><w:delText>cũ</w:delText></w:r></w:del>",
        "<w:ins><w:r><w:t>mới</w:t></w:r></w:ins></w:p>",
        "<w:tbl><w:tr>",
        TC("lồng"),
        "</w:tr></w:tbl></w:tc></w:tr>",
        "<w:tr>",
        TC(""),
        TC(""),
        "</w:tr></w:tbl>",
        P("Nơi nhận:"),
        NULL,
    };
    g_autofree char *body = g_strjoinv("", (char **)pieces);
    g_autoptr(OfficeFile) file = read_body(body, &why);
    assert_non_null(file);
    const OfficeTable *table = only_table(file);
    assert_int_equal(table->rows->len, 3);
    assert_row(table, 0, 1, "STT|Họ tên|Họ tên");
    assert_row(table, 1, 2, "1|Nguyễn Văn A|Nam");
    assert_row(table, 2, 3, "1|mới lồng");
    assert_int_equal(file->paragraphs->len, 2);
    assert_string_equal(file->paragraphs->pdata[0], "Kính gửi: Trung tâm");
    assert_string_equal(file->paragraphs->pdata[1], "Nơi nhận:");
}

/* ---- Hostile and wrong files ---- */

static void assert_refused(Bytes bytes, const char *reason) {
    g_autoptr(GError) error = NULL;
    g_autoptr(OfficeFile) file = office_read(bytes, &error);
    assert_null(file);
    if (strstr(error->message, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, reason);
}

static void assert_body_refused(const char *body, const char *reason) {
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_body(body, &why);
    assert_null(file);
    if (strstr(why, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why, reason);
}

static void what_is_no_table_is_refused_with_what_to_do(void **state) {
    assert_refused(BYTES_LITERAL("PK\x03\x04 and nothing"), ".xlsx");
    assert_refused(BYTES_LITERAL("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "kiểu cũ");
    assert_refused(BYTES_LITERAL("%PDF-1.7 …"), "PDF");
    assert_refused(BYTES_LITERAL("H\xd4 t\xean\n"), "UTF-8");
    assert_refused(BYTES_LITERAL("a,\"b\nc"), "ngoặc kép");
}

static void entities_are_never_expanded(void **state) {
    const Part parts[] = {{"_rels/.rels", ROOT("word/document.xml")},
                          {"word/document.xml",
                           "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>"
                           "<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d><p><t>&b;&x;</t></p></d>"},
                          {NULL, NULL}};
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_package(parts, &why);
    assert_null(file);
    assert_non_null(strstr(why, "DTD"));
}

static void deep_xml_is_refused(void **state) {
    g_autoptr(GString) deep = g_string_new(NULL);
    for (guint i = 0; i < 250; i++)
        g_string_append(deep, "<w:sdt>");
    for (guint i = 0; i < 250; i++)
        g_string_append(deep, "</w:sdt>");
    assert_body_refused(deep->str, "quá sâu");
}

static void a_bomb_is_unpacked_no_further_than_the_limit(void **state) {
    g_autofree char *much = g_malloc0(200 * 1024 * 1024 + 1);
    memset(much, ' ', 200 * 1024 * 1024);
    const Part parts[] = {
        {"_rels/.rels", ROOT("word/document.xml")}, {"word/document.xml", much}, {NULL, NULL}};
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_package(parts, &why);
    assert_null(file);
    assert_non_null(strstr(why, "quá lớn"));
}

static void macros_are_refused(void **state) {
    const Part parts[] = {{"_rels/.rels", ROOT("xl/workbook.xml")},
                          {"xl/workbook.xml", "<workbook/>"},
                          {"xl/vbaProject.bin", "x"},
                          {NULL, NULL}};
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_package(parts, &why);
    assert_null(file);
    assert_non_null(strstr(why, "macro"));
}

static void a_target_stays_inside_the_package(void **state) {
    const Part parts[] = {{"_rels/.rels", ROOT("../../etc/passwd")}, {NULL, NULL}};
    g_autofree char *why = NULL;
    g_autoptr(OfficeFile) file = read_package(parts, &why);
    assert_null(file);
    assert_non_null(strstr(why, "không phải"));
}

/* ---- CSV ---- */

static void csv_is_read_with_each_separator_and_charset(void **state) {
    static const char *const texts[] = {"\xef\xbb\xbfTên,Chức vụ\r\n\"A, B\",\"Phó\n phòng\"\r\n",
                                        "Tên;Chức vụ\n\"A, B\";\"Phó\n phòng\"\n",
                                        "Tên\tChức vụ\nA, B\t\"Phó\n phòng\"\n"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(OfficeFile) file = office_read(bytes_of_string(texts[i]), NULL);
        assert_non_null(file);
        assert_row(only_table(file), 0, 1, "Tên|Chức vụ");
        assert_row(only_table(file), 1, 2, "A, B|Phó phòng");
    }
    g_autoptr(OfficeFile) wide =
        office_read(BYTES_LITERAL("\xff\xfeT\0\xea\0n\0\t\0b\0\r\0\n\0"), NULL);
    assert_non_null(wide);
    assert_row(only_table(wide), 0, 1, "Tên|b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_reads_as_it_looks),
        cmocka_unit_test(a_merged_cell_counts_at_each_place),
        cmocka_unit_test(what_a_sheet_cannot_say_is_refused_with_its_cell),
        cmocka_unit_test(a_sheet_of_too_many_rows_is_refused),
        cmocka_unit_test(a_document_reads_as_it_looks),
        cmocka_unit_test(what_is_no_table_is_refused_with_what_to_do),
        cmocka_unit_test(entities_are_never_expanded),
        cmocka_unit_test(deep_xml_is_refused),
        cmocka_unit_test(a_bomb_is_unpacked_no_further_than_the_limit),
        cmocka_unit_test(macros_are_refused),
        cmocka_unit_test(a_target_stays_inside_the_package),
        cmocka_unit_test(csv_is_read_with_each_separator_and_charset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
