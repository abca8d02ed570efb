/* The text of a file line by line, for a look at its words: paragraphs, cells and shapes of the
 * packages that office programs write (OOXML and OpenDocument), headers and footers too, and the
 * text runs of a .doc of before 2007. What cannot be read has no words: nothing is refused here,
 * because the mail that carries it is judged elsewhere. */
#include "office/internal.h"

#include <string.h>

enum { PART_BYTES = 16 * 1024 * 1024, LINE_BYTES = 4096, PARTS_READ = 400 };

typedef struct {
    OfficeLine each;
    gpointer data;
    Buffer line;
    gboolean stopped;
} Lines;

static void end_line(Lines *l) {
    if (l->line.n > 0 && !l->stopped)
        l->stopped = !l->each(buffer_bytes(&l->line), l->data);
    buffer_clear(&l->line);
}

/* A longer line is no stamp and no label: its rest is left out. */
static void add_text(Lines *l, Bytes text) {
    gsize room = LINE_BYTES - MIN(l->line.n, (gsize)LINE_BYTES);
    if (text.n > room) {
        text.n = room;
        while (text.n > 0 && (text.p[text.n] & 0xc0) == 0x80)
            text.n--;
    }
    buffer_append_bytes(&l->line, text);
}

/* ---- Packages ---- */

/* Parts whose text a reader sees. */
static gboolean is_text_part(const char *name) {
    static const struct {
        const char *begins, *ends;
    } parts[] = {
        {"word/document", ".xml"},
        {"word/header", ".xml"},
        {"word/footer", ".xml"},
        {"xl/sharedStrings", ".xml"},
        {"xl/worksheets/sheet", ".xml"},
        {"xl/drawings/drawing", ".xml"},
        {"ppt/slides/slide", ".xml"},
        {"content.xml", ""},
        {"styles.xml", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (g_ascii_strncasecmp(name, parts[i].begins, strlen(parts[i].begins)) == 0 &&
            g_str_has_suffix(name, parts[i].ends))
            return TRUE;
    return FALSE;
}

/* Of WordprocessingML, SpreadsheetML, DrawingML and OpenDocument alike. */
static gboolean ends_line(const OfficeXml *xml) {
    static const char *const names[] = {"p",  "h",  "si",         "is",          "c",   "row",
                                        "br", "cr", "line-break", "txbxContent", "tab", NULL};
    return g_strv_contains(names, office_xml_name(xml));
}

/* Text that is there for the program only, or was deleted under "track changes". */
static gboolean is_hidden(const OfficeXml *xml) {
    static const char *const names[] = {"delText", "instrText", "f", "formula", NULL};
    return g_strv_contains(names, office_xml_name(xml));
}

static void part_lines(Lines *l, Bytes part) {
    g_autoptr(OfficeXml) xml = office_xml_open(part);
    while (!l->stopped) {
        OfficeXmlEvent event = office_xml_next(xml);
        if (event == OFFICE_XML_END || event == OFFICE_XML_BROKEN)
            break;
        if (event == OFFICE_XML_TEXT)
            add_text(l, bytes_of_string(office_xml_text(xml)));
        else if (event == OFFICE_XML_BEGIN && is_hidden(xml)) {
            if (!office_xml_skip(xml))
                break;
        } else if (ends_line(xml))
            end_line(l);
    }
    end_line(l);
}

static void package_lines(Lines *l, Bytes file) {
    g_autoptr(OfficePackage) package = office_package_open_any(file);
    if (package == NULL)
        return;
    guint count = office_package_count(package), read = 0;
    for (guint i = 0; i < count && read < PARTS_READ && !l->stopped; i++) {
        g_autofree char *name = office_package_name(package, i);
        if (!is_text_part(name))
            continue;
        g_auto(Buffer) part;
        buffer_init(&part, PART_BYTES);
        read++;
        if (office_package_part(package, name, &part, NULL, NULL))
            part_lines(l, buffer_bytes(&part));
    }
}

/* ---- .doc ---- */

/* Word keeps text that is not all Latin as UTF-16, paragraphs ended by CR and cells by BEL
 * ([MS-DOC] 2.4.1). Where it lies is not looked up: bytes that are no text make lines that match
 * nothing. */
static void binary_lines(Lines *l, Bytes file) {
    for (gsize i = 0; i + 1 < file.n && !l->stopped; i += 2) {
        guint c = file.p[i] | (guint)file.p[i + 1] << 8;
        gboolean text =
            (c >= 0x20 && c < 0x250) || (c >= 0x300 && c < 0x370) || (c >= 0x1e00 && c < 0x2040);
        if (!text) {
            end_line(l);
            continue;
        }
        char utf8[6];
        add_text(l, bytes_of(utf8, (gsize)g_unichar_to_utf8(c, utf8)));
    }
    end_line(l);
}

gboolean office_has_lines(Bytes head) {
    return head.n >= 4 &&
           (memcmp(head.p, "PK\3\4", 4) == 0 || memcmp(head.p, "\xd0\xcf\x11\xe0", 4) == 0);
}

void office_lines(Bytes file, OfficeLine each, gpointer data) {
    if (!office_has_lines(file))
        return;
    Lines l = {.each = each, .data = data};
    buffer_init(&l.line, LINE_BYTES + 8);
    if (file.p[0] == 'P')
        package_lines(&l, file);
    else
        binary_lines(&l, file);
    buffer_release(&l.line);
}
