/* Documents (.docx, ECMA-376 part 1, 17): tables as a reader sees them, and the paragraphs beside
 * them. A cell that spans columns counts at each of them; one that goes on from the row above
 * (vMerge without "restart") has that one's text. A table inside a cell is text of the cell. */
#include "office/internal.h"

enum { DOCUMENT_BYTES = 64 * 1024 * 1024, PARAGRAPHS = 100000 };

typedef struct {
    OfficeFile *out;
    OfficeXml *xml;
    GString *text;      /* of the cell or paragraph that is being read */
    OfficeTable *table; /* NULL outside */
    OfficeRow *row, *above;
    guint depth;  /* tables inside one another */
    guint line;   /* row of the table */
    guint column; /* where the cell begins */
    guint span;
    gboolean in_cell, continues; /* continues: vMerge, not the first of its kind */
} Document;

static guint take_number(Document *d, const char *name, guint otherwise) {
    g_autofree char *value = office_xml_attribute(d->xml, name);
    guint64 number;
    if (value == NULL || !bytes_parse_u64(bytes_of_string(value), &number))
        return otherwise;
    return (guint)MIN(number, OFFICE_COLUMNS);
}

static gboolean finish_cell(Document *d, GError **error) {
    for (guint i = 0; i < d->span; i++) {
        const char *text = d->text->str;
        if (d->continues && d->above != NULL && text[strspn(text, " ")] == '\0')
            text = office_cell(d->above, d->column + i);
        if (!office_row_set(d->row, d->column + i, text, error))
            return FALSE;
    }
    d->column += d->span;
    d->in_cell = FALSE;
    g_string_truncate(d->text, 0);
    return TRUE;
}

static gboolean finish_paragraph(Document *d, GError **error) {
    if (d->in_cell) {
        g_string_append_c(d->text, ' ');
        return TRUE;
    }
    if (d->depth > 0)
        return TRUE;
    char *text = g_strstrip(g_strdup(d->text->str));
    g_string_truncate(d->text, 0);
    if (*text == '\0') {
        g_free(text);
        return TRUE;
    }
    g_ptr_array_add(d->out->paragraphs, text);
    return d->out->paragraphs->len <= PARAGRAPHS ||
           cv_fail(error, CV_ERROR_LIMIT,
                   "văn bản có quá nhiều đoạn; the document has more than %d paragraphs",
                   PARAGRAPHS);
}

static gboolean begin_row(Document *d, GError **error) {
    d->above = d->row;
    d->row = office_row_new(d->out, d->table, ++d->line, error);
    d->column = 0;
    return d->row != NULL;
}

static void begin_cell(Document *d) {
    d->in_cell = TRUE;
    d->continues = FALSE;
    d->span = 1;
    g_string_truncate(d->text, 0);
}

static void begin_table(Document *d) {
    if (d->depth++ > 0)
        return;
    g_string_truncate(d->text, 0);
    d->table = office_table_new(d->out, "");
    d->row = d->above = NULL;
    d->line = 0;
}

static void finish_table(Document *d) {
    if (d->depth == 0 || --d->depth > 0)
        return;
    office_table_trim(d->table);
    d->table = NULL;
    d->in_cell = FALSE;
}

/* Text that a reader does not see, or sees twice. */
static gboolean is_hidden(const char *name) {
    static const char *const hidden[] = {"del", "moveFrom", "Fallback", "instrText", "delText"};
    for (guint i = 0; i < G_N_ELEMENTS(hidden); i++)
        if (g_str_equal(name, hidden[i]))
            return TRUE;
    return FALSE;
}

static gboolean begin(Document *d, const char *name, GError **error) {
    if (is_hidden(name))
        return office_xml_skip(d->xml) ||
               cv_fail(error, CV_ERROR_INPUT, "%s", office_xml_reason(d->xml));
    if (g_str_equal(name, "tbl"))
        begin_table(d);
    else if (g_str_equal(name, "tr") && d->depth == 1)
        return begin_row(d, error);
    else if (g_str_equal(name, "gridBefore") && d->depth == 1 && !d->in_cell)
        d->column += take_number(d, "val", 0);
    else if (g_str_equal(name, "tc") && d->depth == 1 && d->row != NULL)
        begin_cell(d);
    else if (g_str_equal(name, "gridSpan") && d->depth == 1 && d->in_cell)
        d->span = MAX(1, take_number(d, "val", 1));
    else if (g_str_equal(name, "vMerge") && d->depth == 1 && d->in_cell) {
        g_autofree char *value = office_xml_attribute(d->xml, "val");
        d->continues = value == NULL || !g_str_equal(value, "restart");
    } else if (g_str_equal(name, "tab") || g_str_equal(name, "br") || g_str_equal(name, "cr"))
        g_string_append_c(d->text, ' ');
    else if (g_str_equal(name, "noBreakHyphen"))
        g_string_append_c(d->text, '-');
    return TRUE;
}

static gboolean finish(Document *d, const char *name, GError **error) {
    if (g_str_equal(name, "p"))
        return finish_paragraph(d, error);
    if (g_str_equal(name, "tc") && d->depth == 1 && d->in_cell)
        return finish_cell(d, error);
    if (g_str_equal(name, "tbl"))
        finish_table(d);
    return TRUE;
}

static gboolean read_events(Document *d, GError **error) {
    gboolean in_text = FALSE; /* inside w:t: white space elsewhere is only layout of the XML */
    for (;;) {
        OfficeXmlEvent event = office_xml_next(d->xml);
        if (event == OFFICE_XML_END)
            return TRUE;
        if (event == OFFICE_XML_BROKEN)
            return cv_fail(error, CV_ERROR_INPUT, "%s", office_xml_reason(d->xml));
        if (event == OFFICE_XML_TEXT) {
            if (in_text && d->text->len < 2 * OFFICE_CELL)
                g_string_append(d->text, office_xml_text(d->xml));
            continue;
        }
        const char *name = office_xml_name(d->xml);
        if (g_str_equal(name, "t"))
            in_text = event == OFFICE_XML_BEGIN;
        else if (event == OFFICE_XML_BEGIN ? !begin(d, name, error) : !finish(d, name, error))
            return FALSE;
    }
}

gboolean office_document_text(Bytes text, OfficeFile *out, GError **error) {
    g_autoptr(OfficeXml) xml = office_xml_open(text);
    g_autoptr(GString) piece = g_string_new(NULL);
    Document document = {.out = out, .xml = xml, .text = piece};
    return read_events(&document, error);
}

gboolean office_read_document(OfficePackage *package, const char *part, OfficeFile *out,
                              GError **error) {
    g_auto(Buffer) text;
    buffer_init(&text, DOCUMENT_BYTES);
    return office_package_part(package, part, &text, NULL, error) &&
           office_document_text(buffer_bytes(&text), out, error);
}
