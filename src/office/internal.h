/* What the files of this folder share. Not for other folders. */
#ifndef CV_OFFICE_INTERNAL_H
#define CV_OFFICE_INTERNAL_H

#include "base/buffer.h"
#include "office/office.h"

/* ---- package.c: an OPC package (ECMA-376 part 2), which is a ZIP archive ---- */

typedef struct OfficePackage OfficePackage;

/* file must outlive the package. INPUT: not a package, encrypted, or with macros. */
OfficePackage *office_package_open(Bytes file, GError **error);
void office_package_close(OfficePackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OfficePackage, office_package_close)
/* For a look only: macros do not matter, and no more than OFFICE_LOOK_BYTES are unpacked. NULL: not
 * a package. */
enum { OFFICE_LOOK_BYTES = 32 * 1024 * 1024 };
OfficePackage *office_package_open_any(Bytes file);
guint office_package_count(const OfficePackage *package);
/* "" for one that has no name; g_free. */
char *office_package_name(const OfficePackage *package, guint i);
/* The unpacked part, appended to out; name without a slash in front. *found FALSE (and TRUE
 * returned): there is no such part. LIMIT: it is too large. found may be NULL: then it must be
 * there. */
gboolean office_package_part(OfficePackage *package, const char *name, Buffer *out, gboolean *found,
                             GError **error);
/* The target of the first relationship of `part` ("" for the package) whose type ends in "/kind" or
 * whose id is `id` (one of the two is NULL); g_free. *target NULL: there is none. */
gboolean office_package_target(OfficePackage *package, const char *part, const char *kind,
                               const char *id, char **target, GError **error);

/* ---- xml.c: pulling XML apart ---- */

typedef enum {
    OFFICE_XML_BEGIN,  /* an element begins */
    OFFICE_XML_TEXT,   /* characters, white space included */
    OFFICE_XML_FINISH, /* an element ends; also follows BEGIN of an empty one */
    OFFICE_XML_END,    /* of the document */
    OFFICE_XML_BROKEN,
} OfficeXmlEvent;

typedef struct OfficeXml OfficeXml;

/* text must outlive it. */
OfficeXml *office_xml_open(Bytes text);
void office_xml_close(OfficeXml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OfficeXml, office_xml_close)
OfficeXmlEvent office_xml_next(OfficeXml *xml);
/* Reads on to the end of the element that just began; FALSE: broken. */
gboolean office_xml_skip(OfficeXml *xml);
/* Of BEGIN and FINISH: the name without its prefix. Valid until the next call. */
const char *office_xml_name(const OfficeXml *xml);
gboolean office_xml_is(const OfficeXml *xml, const char *name);
/* Of TEXT. */
const char *office_xml_text(const OfficeXml *xml);
/* Of BEGIN: an attribute by its name without prefix, or NULL; g_free. */
char *office_xml_attribute(OfficeXml *xml, const char *name);
/* Why it is BROKEN, for a person. */
const char *office_xml_reason(const OfficeXml *xml);

/* ---- table.c ---- */

OfficeFile *office_file_new(void);
/* name is copied. */
OfficeTable *office_table_new(OfficeFile *file, const char *name);
/* A row with no cell yet. LIMIT when the file has OFFICE_ROWS. */
OfficeRow *office_row_new(OfficeFile *file, OfficeTable *table, guint line, GError **error);
/* Sets a cell: text is cleaned (valid UTF-8, white space to single blanks). LIMIT for a column or
 * length beyond ours, where there is text. */
gboolean office_row_set(OfficeRow *row, guint column, const char *text, GError **error);
/* Drops the rows that have no text; called once a table is whole. */
void office_table_trim(OfficeTable *table);

/* ---- workbook.c, sheet.c ---- */

/* What the sheets of one workbook share. */
typedef struct {
    GPtrArray *strings; /* char *, by the number that cells give */
    GArray *dates;      /* gboolean, by cell format: shows dates */
    gboolean from_1904; /* days are counted from 1904-01-01, not from 1899-12-30 */
} OfficeWorkbook;

/* One worksheet into a table of its own. */
gboolean office_sheet_text(Bytes xml, const OfficeWorkbook *workbook, const char *name,
                           OfficeFile *out, GError **error);
/* The two parts that sheets refer to; either fills its array. */
gboolean office_strings_text(Bytes xml, OfficeWorkbook *out, GError **error);
gboolean office_styles_text(Bytes xml, OfficeWorkbook *out, GError **error);
void office_workbook_init(OfficeWorkbook *workbook);
void office_workbook_clear(OfficeWorkbook *workbook);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OfficeWorkbook, office_workbook_clear)

/* ---- The formats ---- */

gboolean office_read_sheets(OfficePackage *package, const char *workbook, OfficeFile *out,
                            GError **error);
gboolean office_read_document(OfficePackage *package, const char *document, OfficeFile *out,
                              GError **error);
gboolean office_read_csv(Bytes text, OfficeFile *out, GError **error);

/* From parts' text alone, as the two above call them and as the fuzz targets do. */
gboolean office_document_text(Bytes xml, OfficeFile *out, GError **error);

#endif
