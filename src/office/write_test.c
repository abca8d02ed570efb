/* What is written is read back by the readers of this folder, which judge strictly. */
#include "office/book.h"
#include "office/internal.h"
#include "office/paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Bytes view(GBytes *file) {
    gsize n;
    const void *p = g_bytes_get_data(file, &n);
    return bytes_of(p, n);
}

static OfficeFile *read_back(GBytes *file) {
    g_autoptr(GError) error = NULL;
    assert_non_null(file);
    OfficeFile *read = office_read(view(file), &error);
    if (read == NULL)
        fail_msg("%s", error->message);
    return read;
}

static char *part_of(GBytes *file, const char *name) {
    g_autoptr(OfficePackage) package = office_package_open(view(file), NULL);
    assert_non_null(package);
    g_auto(Buffer) out;
    buffer_init(&out, 64 * 1024 * 1024);
    assert_true(office_package_part(package, name, &out, NULL, NULL));
    return buffer_steal_string(&out);
}

static guint count_of(const char *text, const char *needle) {
    guint n = 0;
    for (const char *p = text; (p = strstr(p, needle)) != NULL; p += strlen(needle))
        n++;
    return n;
}

static const char *cell(const OfficeFile *file, guint table, guint row, guint column) {
    const OfficeTable *t = file->tables->pdata[table];
    assert_true(row < t->rows->len);
    return office_cell(t->rows->pdata[row], column);
}

/* ---- Papers ---- */

static GBytes *small_paper(void) {
    g_autoptr(Paper) paper = paper_new("Thử", TRUE);
    const PaperTable table = {
        .columns = 3, .widths = {1000, 2000, 3000}, .lines = TRUE, .headings = 1};
    paper_text(paper, PAPER_NAME, "BÁO CÁO");
    paper_begin(paper, PAPER_BODY);
    paper_run(paper, 0, "Kính gửi: ");
    paper_run(paper, PAPER_BOLD | PAPER_ITALIC, "Sở Tài chính");
    paper_end(paper);
    paper_table_begin(paper, &table);
    paper_row(paper);
    paper_cell_text(paper, PAPER_CELL_HEAD, "STT");
    paper_cell_text(paper, PAPER_CELL_HEAD, "Họ và tên");
    paper_row(paper);
    paper_cell_text(paper, PAPER_CELL, "1");
    paper_cell(paper, 2);
    paper_text(paper, PAPER_CELL, "Trần Văn Anh");
    paper_text(paper, PAPER_CELL, "tvanh");
    paper_table_end(paper);
    return paper_finish(paper, NULL);
}

static void a_paper_reads_back_as_it_was_said(void **state) {
    g_autoptr(GBytes) file = small_paper();
    g_autoptr(OfficeFile) read = read_back(file);
    assert_int_equal(read->paragraphs->len, 2);
    assert_string_equal(read->paragraphs->pdata[0], "BÁO CÁO");
    assert_string_equal(read->paragraphs->pdata[1], "Kính gửi: Sở Tài chính");
    assert_int_equal(read->tables->len, 1);
    assert_string_equal(cell(read, 0, 0, 1), "Họ và tên");
    assert_string_equal(cell(read, 0, 1, 1), "Trần Văn Anh tvanh");
    assert_string_equal(cell(read, 0, 1, 2), "Trần Văn Anh tvanh"); /* over two columns */
}

static void the_same_calls_give_the_same_bytes(void **state) {
    g_autoptr(GBytes) one = small_paper();
    g_autoptr(GBytes) two = small_paper();
    assert_true(g_bytes_equal(one, two));
}

static void tables_repeat_their_heading_and_split_no_row(void **state) {
    g_autoptr(GBytes) file = small_paper();
    g_autofree char *xml = part_of(file, "word/document.xml");
    assert_int_equal(count_of(xml, "<w:tblHeader/>"), 1);
    assert_int_equal(count_of(xml, "<w:tr>"), 2);
    assert_int_equal(count_of(xml, "<w:cantSplit/>"), 2);
    /* A document may not end with a table. */
    assert_non_null(strstr(xml, "</w:tbl><w:p>"));
    /* Number on every page but the first. */
    assert_non_null(strstr(xml, "<w:titlePg/>"));
    g_autofree char *header = part_of(file, "word/header1.xml");
    assert_non_null(strstr(header, " PAGE "));
}

static void every_part_is_well_formed_and_named(void **state) {
    static const char *const parts[] = {"[Content_Types].xml",
                                        "_rels/.rels",
                                        "docProps/core.xml",
                                        "word/document.xml",
                                        "word/_rels/document.xml.rels",
                                        "word/styles.xml",
                                        "word/settings.xml",
                                        "word/header1.xml",
                                        "word/header2.xml"};
    g_autoptr(GBytes) file = small_paper();
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *xml = part_of(file, parts[i]);
        g_autoptr(OfficeXml) reader = office_xml_open(bytes_of_string(xml));
        OfficeXmlEvent event;
        while ((event = office_xml_next(reader)) != OFFICE_XML_END)
            if (event == OFFICE_XML_BROKEN)
                fail_msg("%s: %s", parts[i], office_xml_reason(reader));
    }
}

static void hostile_text_stays_text(void **state) {
    g_autoptr(Paper) paper = paper_new("]]><x>&", TRUE);
    g_autofree char *long_text = g_strnfill(10000, 'a');
    paper_text(paper, PAPER_BODY, "<w:p>&amp;\"'\x01\x1b\x7f\xc2\x85]]>");
    paper_text(paper, PAPER_BODY, "a\xff\xc3(b");
    paper_text(paper, PAPER_BODY, "x\xe2\x80\xaeyz\xef\xbf\xbe\xef\xbb\xbf");
    paper_text(paper, PAPER_BODY, "Nguye\xcc\x82\xcc\x83n"); /* marks apart */
    paper_text(paper, PAPER_BODY, "một\nhai\tba");
    paper_text(paper, PAPER_BODY, long_text);
    g_autoptr(GBytes) file = paper_finish(paper, NULL);
    g_autoptr(OfficeFile) read = read_back(file);
    const char *const *said = (const char *const *)read->paragraphs->pdata;
    assert_int_equal(read->paragraphs->len, 6);
    assert_string_equal(said[0], "<w:p>&amp;\"']]>");
    assert_string_equal(said[1], "a\xef\xbf\xbd\xef\xbf\xbd(b");
    assert_string_equal(said[2], "xyz");
    assert_string_equal(said[3], "Nguyễn");
    assert_string_equal(said[4], "một hai ba");
    assert_string_equal(said[5], long_text);
    g_autofree char *xml = part_of(file, "word/document.xml");
    assert_non_null(strstr(xml, "một</w:t><w:br/><w:t xml:space=\"preserve\">hai ba"));
}

static void a_document_of_any_size_is_refused_beyond_the_limit(void **state) {
    g_autoptr(Paper) paper = paper_new("Thử", TRUE);
    g_autofree char *text = g_strnfill(1024 * 1024, 'a');
    for (guint i = 0; i <= PAPER_BYTES / (1024 * 1024); i++)
        paper_text(paper, PAPER_BODY, text);
    g_autoptr(GError) error = NULL;
    assert_null(paper_finish(paper, &error));
    assert_true(cv_error_is(error, CV_ERROR_LIMIT));
}

/* By the AFM of the font: 12,197 thousandths at 13 points. */
static void the_width_of_words_is_that_of_the_font(void **state) {
    guint motto = paper_width_of(PAPER_MOTTO, "Độc lập - Tự do - Hạnh phúc");
    assert_in_range(motto, PAPER_MM(55), PAPER_MM(57));
    assert_int_equal(paper_width_of(PAPER_MOTTO, ""), 0);
}

static void long_names_are_broken_into_lines_of_about_the_same_length(void **state) {
    guint longest = 0;
    g_autofree char *two = paper_balanced(
        PAPER_ISSUER, "TRUNG TÂM CÔNG NGHỆ THÔNG TIN VÀ TRUYỀN THÔNG", PAPER_MM(77), &longest);
    assert_string_equal(two, "TRUNG TÂM CÔNG NGHỆ\nTHÔNG TIN VÀ TRUYỀN THÔNG");
    assert_in_range(longest, PAPER_MM(55), PAPER_MM(77));
    g_autofree char *one = paper_balanced(PAPER_ISSUER, "SỞ NỘI VỤ", PAPER_MM(77), NULL);
    assert_string_equal(one, "SỞ NỘI VỤ");
    g_autofree char *word = paper_balanced(PAPER_ISSUER, "AAAAAAAAAAAAAAAA B", 100, NULL);
    assert_string_equal(word, "AAAAAAAAAAAAAAAA\nB");
    g_autofree char *none = paper_balanced(PAPER_ISSUER, "", 100, NULL);
    assert_string_equal(none, "");
}

/* ---- Books ---- */

static const BookColumn two_columns[] = {{"Đơn vị", 30}, {"Số tài khoản", 12}};

static GBytes *small_book(void) {
    g_autoptr(Book) book = book_new();
    book_sheet(book, "Tổng hợp [2022]: A/B và một tên rất là dài", two_columns, 2);
    book_row(book);
    book_text(book, "=HYPERLINK(\"x\")<&\x01");
    book_integer(book, 1234);
    book_row(book);
    book_text(book, NULL);
    book_share(book, 0.755);
    book_sheet(book, "Hai", two_columns, 2);
    return book_finish(book, NULL);
}

static void a_book_reads_back_as_it_was_said(void **state) {
    g_autoptr(GBytes) file = small_book();
    g_autoptr(OfficeFile) read = read_back(file);
    assert_int_equal(read->tables->len, 2);
    const OfficeTable *first = read->tables->pdata[0];
    assert_int_equal(g_utf8_strlen(first->name, -1), 31);
    assert_null(strpbrk(first->name, "[]:*?/\\"));
    assert_string_equal(cell(read, 0, 0, 1), "Số tài khoản");
    assert_string_equal(cell(read, 0, 1, 0), "=HYPERLINK(\"x\")<&"); /* text, no formula */
    assert_string_equal(cell(read, 0, 1, 1), "1234");
    assert_string_equal(cell(read, 0, 2, 0), "");
    assert_string_equal(cell(read, 0, 2, 1), "0.755");
    g_autoptr(GBytes) again = small_book();
    assert_true(g_bytes_equal(file, again));
}

static void a_cell_is_cut_at_the_limit_of_the_format(void **state) {
    g_autoptr(Book) book = book_new();
    g_autofree char *text = g_strnfill(40000, 'a');
    book_sheet(book, "Một", two_columns, 2);
    book_row(book);
    book_text(book, text);
    g_autoptr(GBytes) file = book_finish(book, NULL);
    g_autofree char *xml = part_of(file, "xl/worksheets/sheet1.xml");
    const char *from = strstr(xml, "aaaa");
    const char *to = strstr(from, "</t>");
    assert_int_equal(g_utf8_strlen(from, to - from), 32767);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paper_reads_back_as_it_was_said),
        cmocka_unit_test(the_same_calls_give_the_same_bytes),
        cmocka_unit_test(tables_repeat_their_heading_and_split_no_row),
        cmocka_unit_test(every_part_is_well_formed_and_named),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(a_document_of_any_size_is_refused_beyond_the_limit),
        cmocka_unit_test(the_width_of_words_is_that_of_the_font),
        cmocka_unit_test(long_names_are_broken_into_lines_of_about_the_same_length),
        cmocka_unit_test(a_book_reads_back_as_it_was_said),
        cmocka_unit_test(a_cell_is_cut_at_the_limit_of_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
