/* The body of the document is written as it is said; everything else of the package is the same for
 * every paper. What is open (a paragraph, a cell, a row, a table) is a state that each call checks:
 * a wrong order is a mistake of ours and ends the process. */
#include "office/paper_internal.h"

#include "office/pack.h"

#include <stdarg.h>

#define MAIN      "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define HEAD      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

enum { CELL_MARGIN = 85, LINE_ROOM = 20, PAGE_WIDTH = 11906, PAGE_HEIGHT = 16838 };

struct Paper {
    GString *body;
    char *title;
    gboolean numbered;
    gboolean in_paragraph, in_table, in_row, in_cell;
    gboolean cell_filled; /* the open cell has a paragraph */
    gboolean after_table; /* nothing came since the last one */
    PaperTable table;     /* the open one */
    guint rows, column;   /* of the open table: begun so far */
    /* For the next paragraph. */
    gboolean keep, new_page;
    gint room; /* -1: the style's */
};

Paper *paper_new(const char *title, gboolean numbered) {
    Paper *paper = g_new0(Paper, 1);
    paper->body = g_string_sized_new(16 * 1024);
    paper->title = g_strdup(title);
    paper->numbered = numbered;
    paper->room = -1;
    return paper;
}

void paper_free(Paper *paper) {
    if (paper == NULL)
        return;
    office_text_free(paper->body);
    g_free(paper->title);
    g_free(paper);
}

/* ---- Paragraphs ---- */

void paper_keep(Paper *paper) {
    paper->keep = TRUE;
}

void paper_new_page(Paper *paper) {
    paper->new_page = TRUE;
}

void paper_room(Paper *paper, guint twentieths) {
    paper->room = (gint)twentieths;
}

/* Begins a paragraph up to where its borders and spacing are said. */
static void open_paragraph(Paper *paper, PaperStyle style) {
    const PaperLook *look = &paper_looks[style];
    g_assert(!paper->in_paragraph && (!paper->in_table || paper->in_cell));
    paper->in_paragraph = TRUE;
    paper->cell_filled = TRUE;
    paper->after_table = FALSE;
    g_string_append_printf(paper->body, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/>", look->id);
    if (paper->keep || (paper->in_table && paper->table.keep))
        g_string_append(paper->body, "<w:keepNext/>");
    if (paper->new_page)
        g_string_append(paper->body, "<w:pageBreakBefore/>");
}

static void forget_wishes(Paper *paper) {
    paper->keep = paper->new_page = FALSE;
    paper->room = -1;
}

void paper_begin(Paper *paper, PaperStyle style) {
    open_paragraph(paper, style);
    if (paper->room >= 0)
        g_string_append_printf(paper->body, "<w:spacing w:before=\"%d\"/>", paper->room);
    g_string_append(paper->body, "</w:pPr>");
    forget_wishes(paper);
}

void paper_run(Paper *paper, guint look, const char *text) {
    g_assert(paper->in_paragraph);
    g_string_append(paper->body, "<w:r>");
    if (look != 0) {
        g_string_append(paper->body, "<w:rPr>");
        if ((look & PAPER_MONO) != 0)
            g_string_append(paper->body, "<w:rFonts w:ascii=\"Courier New\" w:hAnsi=\"Courier New\""
                                         " w:cs=\"Courier New\"/>");
        if ((look & PAPER_BOLD) != 0)
            g_string_append(paper->body, "<w:b/><w:bCs/>");
        if ((look & PAPER_ITALIC) != 0)
            g_string_append(paper->body, "<w:i/><w:iCs/>");
        if ((look & PAPER_LARGE) != 0)
            g_string_append(paper->body, "<w:sz w:val=\"32\"/><w:szCs w:val=\"32\"/>");
        g_string_append(paper->body, "</w:rPr>");
    }
    g_string_append(paper->body, "<w:t xml:space=\"preserve\">");
    office_xml_put(paper->body, text == NULL ? "" : text,
                   "</w:t><w:br/><w:t xml:space=\"preserve\">", 0);
    g_string_append(paper->body, "</w:t></w:r>");
}

void paper_end(Paper *paper) {
    g_assert(paper->in_paragraph);
    paper->in_paragraph = FALSE;
    g_string_append(paper->body, "</w:p>");
}

void paper_text(Paper *paper, PaperStyle style, const char *text) {
    paper_begin(paper, style);
    if (text != NULL && *text != '\0')
        paper_run(paper, 0, text);
    paper_end(paper);
}

void paper_printf(Paper *paper, PaperStyle style, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    paper_text(paper, style, text);
}

/* ---- Lines ---- */

/* The lower border of an empty paragraph, drawn in from both sides. */
void paper_line(Paper *paper, guint width, guint length) {
    guint aside = length >= width ? 0 : (width - length) / 2;
    open_paragraph(paper, PAPER_RULE);
    g_string_append_printf(
        paper->body,
        "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/></w:pBdr>"
        "<w:spacing w:before=\"%d\" w:after=\"0\" w:line=\"40\" w:lineRule=\"exact\"/>"
        "<w:ind w:left=\"%u\" w:right=\"%u\"/></w:pPr>",
        paper->room < 0 ? LINE_ROOM : paper->room, aside, aside);
    forget_wishes(paper);
    paper_end(paper);
}

void paper_blank(Paper *paper, PaperStyle style) {
    open_paragraph(paper, style);
    g_string_append_printf(paper->body,
                           "<w:tabs><w:tab w:val=\"right\" w:leader=\"dot\" w:pos=\"%u\"/></w:tabs>"
                           "</w:pPr><w:r><w:tab/></w:r>",
                           PAPER_WIDTH);
    forget_wishes(paper);
    paper_end(paper);
}

/* Thousandths of the letter's height, from '!' on: the metrics that Times New Roman Bold and its
 * replacements share. Marks add nothing. */
static const guint16 bold_widths[] = {
    333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500,  500, 500,
    500, 500, 500, 500, 500,  500, 333, 333, 570, 570, 570, 500, 930, 722, 667, 722, 722,  667, 611,
    778, 778, 389, 500, 778,  667, 944, 722, 778, 611, 778, 722, 556, 667, 722, 722, 1000, 722, 722,
    667, 333, 278, 333, 581,  500, 333, 500, 556, 444, 556, 444, 333, 500, 556, 278, 333,  556, 278,
    833, 556, 500, 556, 556,  444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394,  520,
};

guint paper_width_of(PaperStyle style, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    /* Marks become characters of their own. Đ and đ have none to give, so they stay. */
    g_autofree char *apart = g_utf8_normalize(valid, -1, G_NORMALIZE_NFD);
    guint64 sum = 0;
    for (const char *p = apart; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_ismark(c))
            continue;
        if (c == 0x110 || c == 0x111)
            c = c == 0x110 ? 'D' : 'd';
        if (c > ' ' && c - '!' < G_N_ELEMENTS(bold_widths))
            sum += bold_widths[c - '!'];
        else
            sum += c <= ' ' ? 250 : 600;
    }
    guint64 width = sum * paper_looks[style].half_points * 10 / 1000;
    return (guint)MIN(width, G_MAXINT);
}

/* Lines of at most this width, joined into out; how many they are. */
static guint wrap(PaperStyle style, char **words, guint width, GString *out, guint *longest) {
    guint lines = 0, at = 0;
    g_string_truncate(out, 0);
    *longest = 0;
    for (char **word = words; *word != NULL; word++) {
        guint wide = paper_width_of(style, *word);
        gboolean first = lines == 0 || at + paper_width_of(style, " ") + wide > width;
        if (out->len > 0)
            g_string_append_c(out, first ? '\n' : ' ');
        g_string_append(out, *word);
        at = first ? wide : at + paper_width_of(style, " ") + wide;
        lines += first ? 1 : 0;
        *longest = MAX(*longest, at);
    }
    return lines;
}

char *paper_balanced(PaperStyle style, const char *text, guint width, guint *longest) {
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GString) out = g_string_new(NULL);
    guint widest = 0;
    guint least = wrap(style, words, width, out, &widest);
    /* The narrowest column that takes no line more. */
    guint low = 0, high = width;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (wrap(style, words, middle, out, &widest) > least)
            low = middle;
        else
            high = middle;
    }
    wrap(style, words, high, out, &widest);
    if (longest != NULL)
        *longest = widest;
    return g_strdup(out->str);
}

/* ---- Tables ---- */

/* Between two tables, which would become one, and at the end, which must not be a table. */
static void part_tables(Paper *paper) {
    if (paper->after_table)
        paper_text(paper, PAPER_RULE, "");
}

void paper_table_begin(Paper *paper, const PaperTable *table) {
    part_tables(paper);
    g_assert(!paper->in_table && !paper->in_paragraph && table->columns > 0 &&
             table->columns <= PAPER_COLUMNS);
    paper->in_table = TRUE;
    paper->table = *table;
    paper->rows = 0;
    guint all = 0;
    for (guint i = 0; i < table->columns; i++)
        all += table->widths[i];
    g_string_append_printf(paper->body, "<w:tbl><w:tblPr><w:tblW w:w=\"%u\" w:type=\"dxa\"/>", all);
    if (table->outdent > 0)
        g_string_append_printf(paper->body, "<w:tblInd w:w=\"-%u\" w:type=\"dxa\"/>",
                               table->outdent);
    if (table->lines) {
        static const char *const sides[] = {"top", "left", "bottom", "right", "insideH", "insideV"};
        g_string_append(paper->body, "<w:tblBorders>");
        for (guint i = 0; i < G_N_ELEMENTS(sides); i++)
            g_string_append_printf(
                paper->body, "<w:%s w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>",
                sides[i]);
        g_string_append(paper->body, "</w:tblBorders>");
    }
    g_string_append(paper->body, "<w:tblLayout w:type=\"fixed\"/>");
    int margin = table->lines ? CELL_MARGIN : 0;
    g_string_append_printf(paper->body,
                           "<w:tblCellMar><w:left w:w=\"%d\" w:type=\"dxa\"/>"
                           "<w:right w:w=\"%d\" w:type=\"dxa\"/></w:tblCellMar>",
                           margin, margin);
    g_string_append(paper->body, "</w:tblPr><w:tblGrid>");
    for (guint i = 0; i < table->columns; i++)
        g_string_append_printf(paper->body, "<w:gridCol w:w=\"%u\"/>", table->widths[i]);
    g_string_append(paper->body, "</w:tblGrid>");
}

static void close_cell(Paper *paper) {
    g_assert(!paper->in_paragraph);
    if (!paper->in_cell)
        return;
    if (!paper->cell_filled)
        paper_text(paper, PAPER_CELL, "");
    g_string_append(paper->body, "</w:tc>");
    paper->in_cell = FALSE;
}

static void close_row(Paper *paper) {
    if (!paper->in_row)
        return;
    if (paper->column < paper->table.columns)
        paper_cell(paper, paper->table.columns - paper->column);
    close_cell(paper);
    g_string_append(paper->body, "</w:tr>");
    paper->in_row = FALSE;
}

void paper_row(Paper *paper) {
    g_assert(paper->in_table);
    close_row(paper);
    paper->in_row = TRUE;
    paper->column = 0;
    g_string_append(paper->body, "<w:tr><w:trPr><w:cantSplit/>");
    if (paper->rows++ < paper->table.headings)
        g_string_append(paper->body, "<w:tblHeader/>");
    g_string_append(paper->body, "</w:trPr>");
}

void paper_cell(Paper *paper, guint columns) {
    close_cell(paper);
    g_assert(paper->in_row && columns > 0 && columns <= paper->table.columns - paper->column);
    guint width = 0;
    for (guint i = 0; i < columns; i++)
        width += paper->table.widths[paper->column + i];
    paper->column += columns;
    g_string_append_printf(paper->body, "<w:tc><w:tcPr><w:tcW w:w=\"%u\" w:type=\"dxa\"/>", width);
    if (columns > 1)
        g_string_append_printf(paper->body, "<w:gridSpan w:val=\"%u\"/>", columns);
    if (paper->table.lines)
        g_string_append(paper->body, "<w:vAlign w:val=\"center\"/>");
    g_string_append(paper->body, "</w:tcPr>");
    paper->in_cell = TRUE;
    paper->cell_filled = FALSE;
}

void paper_cell_text(Paper *paper, PaperStyle style, const char *text) {
    paper_cell(paper, 1);
    paper_text(paper, style, text);
}

void paper_table_end(Paper *paper) {
    close_row(paper);
    g_assert(paper->in_table && paper->rows > 0);
    paper->in_table = FALSE;
    paper->after_table = TRUE;
    g_string_append(paper->body, "</w:tbl>");
}

/* ---- The package ---- */

#define TYPE(part, type)                                                                           \
    "<Override PartName=\"/" part "\" ContentType=\"application/vnd.openxmlformats-" type "+xml\"" \
    "/>"
#define WORD "officedocument.wordprocessingml."

static const char content_types[] =
    HEAD "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
         "<Default Extension=\"rels\""
         " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
         "<Default Extension=\"xml\" ContentType=\"application/xml\"/>" TYPE("word/document.xml",
                                                                             WORD "document.main")
             TYPE("word/styles.xml", WORD "styles") TYPE("word/settings.xml", WORD "settings")
                 TYPE("word/header1.xml", WORD "header") TYPE("word/header2.xml", WORD "header")
                     TYPE("docProps/core.xml", "package.core-properties") "</Types>";

#define PACKAGE_RELATIONS "http://schemas.openxmlformats.org/package/2006/relationships"

static const char package_relations[] = HEAD
    "<Relationships xmlns=\"" PACKAGE_RELATIONS "\">"
    "<Relationship Id=\"rId1\" Type=\"" RELATIONS "/officeDocument\" Target=\"word/document.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/"
    "relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/></Relationships>";

static const char document_relations[] =
    HEAD "<Relationships xmlns=\"" PACKAGE_RELATIONS "\">"
         "<Relationship Id=\"rId1\" Type=\"" RELATIONS "/styles\" Target=\"styles.xml\"/>"
         "<Relationship Id=\"rId2\" Type=\"" RELATIONS "/settings\" Target=\"settings.xml\"/>"
         "<Relationship Id=\"rId3\" Type=\"" RELATIONS "/header\" Target=\"header1.xml\"/>"
         "<Relationship Id=\"rId4\" Type=\"" RELATIONS "/header\" Target=\"header2.xml\"/>"
         "</Relationships>";

/* 15: laid out as by the word processors of today, not as by those of before 2013. */
static const char settings[] =
    HEAD "<w:settings xmlns:w=\"" MAIN "\"><w:defaultTabStop w:val=\"567\"/>"
         "<w:characterSpacingControl w:val=\"doNotCompress\"/><w:compat><w:compatSetting"
         " w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\""
         " w:val=\"15\"/></w:compat><w:themeFontLang w:val=\"vi-VN\"/></w:settings>";

static const char page_number[] =
    HEAD "<w:hdr xmlns:w=\"" MAIN "\"><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>"
         "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>"
         "<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>"
         "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>2</w:t></w:r>"
         "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>";

static const char no_number[] = HEAD "<w:hdr xmlns:w=\"" MAIN "\"><w:p/></w:hdr>";

static GString *document(const Paper *paper) {
    GString *out = g_string_sized_new(paper->body->len + 2048);
    g_string_append(out,
                    HEAD "<w:document xmlns:w=\"" MAIN "\" xmlns:r=\"" RELATIONS "\"><w:body>");
    g_string_append_len(out, paper->body->str, (gssize)paper->body->len);
    g_string_append_printf(
        out,
        "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"%s\"/>"
        "<w:headerReference w:type=\"first\" r:id=\"rId4\"/>"
        "<w:pgSz w:w=\"%d\" w:h=\"%d\"/><w:pgMar w:top=\"%u\" w:right=\"%u\" w:bottom=\"%u\""
        " w:left=\"%u\" w:header=\"%u\" w:footer=\"%u\" w:gutter=\"0\"/><w:titlePg/></w:sectPr>"
        "</w:body></w:document>",
        paper->numbered ? "rId3" : "rId4", PAGE_WIDTH, PAGE_HEIGHT, PAPER_MM(20), PAPER_MM(15),
        PAPER_MM(20), PAPER_MM(30), PAPER_MM(10), PAPER_MM(10));
    return out;
}

static GString *properties(const Paper *paper) {
    GString *out = g_string_new(
        HEAD "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/"
             "metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>");
    office_xml_put(out, paper->title, " ", 255);
    g_string_append(out, "</dc:title><dc:language>vi-VN</dc:language></cp:coreProperties>");
    return out;
}

GBytes *paper_finish(Paper *paper, GError **error) {
    g_assert(!paper->in_paragraph && !paper->in_table);
    part_tables(paper);
    if (paper->body->len > PAPER_BYTES) {
        cv_fail(error, CV_ERROR_LIMIT,
                "văn bản quá lớn (hơn %d MB); the document is larger than %d MiB: make it in parts",
                PAPER_BYTES / 1024 / 1024, PAPER_BYTES / 1024 / 1024);
        return NULL;
    }
    const OfficePart parts[] = {
        {"[Content_Types].xml", g_string_new(content_types)},
        {"_rels/.rels", g_string_new(package_relations)},
        {"docProps/core.xml", properties(paper)},
        {"word/document.xml", document(paper)},
        {"word/_rels/document.xml.rels", g_string_new(document_relations)},
        {"word/styles.xml", paper_styles()},
        {"word/settings.xml", g_string_new(settings)},
        {"word/header1.xml", g_string_new(page_number)},
        {"word/header2.xml", g_string_new(no_number)},
    };
    GBytes *file = office_pack(parts, G_N_ELEMENTS(parts), error);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        office_text_free(parts[i].text);
    return file;
}
