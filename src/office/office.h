/* Office: the tables and paragraphs of the files that units send: .xlsx (ECMA-376 part 1, 18),
 * .docx (17) and CSV.
 *
 * A file is recognised by its bytes, never by its name. What comes in is hostile: packages are
 * unpacked part by part under a limit, XML with a DTD is refused (no entity is ever expanded,
 * nothing is fetched), rows, columns and cells are counted. Files with macros, encrypted files and
 * the formats before 2007 are refused with what to do. Memory is bounded by OFFICE_BYTES and what
 * the limits below let through. Pure; any thread. */
#ifndef CV_OFFICE_OFFICE_H
#define CV_OFFICE_OFFICE_H

#include "base/bytes.h"
#include "base/error.h"

#define OFFICE_BYTES   (32 * 1024 * 1024) /* of a file */
#define OFFICE_ROWS    100001             /* of all tables together: 100,000 and a header */
#define OFFICE_COLUMNS 256
#define OFFICE_CELL    (32 * 1024) /* bytes of one cell's text; Excel's own limit is 32,767 signs */

typedef struct {
    guint line;       /* row of the sheet, of the table, or line of the text; from 1 */
    GPtrArray *cells; /* char *, valid UTF-8 without blanks around it; "" where there is nothing */
} OfficeRow;

typedef struct {
    char *name;      /* of the sheet; "" for a table of a document or a CSV file */
    GPtrArray *rows; /* OfficeRow *; rows without any text are left out */
} OfficeTable;

typedef struct {
    GPtrArray *tables;     /* OfficeTable *, visible ones, in the order of the file */
    GPtrArray *paragraphs; /* char *, of a document: its text outside tables, empty ones left out */
} OfficeFile;

/* What a person sees: a merged cell counts at each place that it covers, a formula as the result
 * that was stored with it, a date as DD/MM/YYYY (in a cell that shows dates), a number without
 * rounding up to 15 digits; deleted text of tracked changes is not read. Errors (in Vietnamese and
 * English, naming sheet and cell): INPUT, LIMIT. */
OfficeFile *office_read(Bytes file, GError **error);
void office_file_free(OfficeFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OfficeFile, office_file_free)

/* Everything that a reader sees of a file as lines of UTF-8 (paragraphs, cells, shapes, headers and
 * footers), of .docx, .xlsx, .pptx, OpenDocument and .doc; nothing of any other file, or of what is
 * broken or encrypted. FALSE from `each` stops. Bounded: of a package 32 MiB unpacked, of a line
 * 4 KiB. */
typedef gboolean (*OfficeLine)(Bytes line, gpointer data);
void office_lines(Bytes file, OfficeLine each, gpointer data);
/* Does a file that begins so (4 bytes are enough) have any? */
gboolean office_has_lines(Bytes head);

/* "" for a column that the row does not have. */
const char *office_cell(const OfficeRow *row, guint column);

#endif
