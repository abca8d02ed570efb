/* Csv: a table as text (RFC 4180): fields separated by commas, quoted where they hold commas,
 * quotes (doubled) or line ends. A byte order mark is skipped, CRLF and LF both end a line, empty
 * lines are left out. Spreadsheets of countries with a decimal comma write semicolons, and what is
 * copied out of them has tabs: whichever of the three the first line has most of, outside quotes,
 * separates. Linear; memory is one row. */
#ifndef CV_OFFICE_CSV_H
#define CV_OFFICE_CSV_H

#include "base/bytes.h"

typedef struct {
    Reader rest;
    guint line;         /* of the row that was read last, from 1 */
    guint next_line;    /* private */
    guint8 separator;   /* private */
    GPtrArray *fields;  /* char *, of the row that was read last */
    const char *broken; /* what is wrong with the text, or NULL */
} Csv;

void csv_init(Csv *csv, Bytes text);
void csv_clear(Csv *csv);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Csv, csv_clear)
/* FALSE at the end, or when the text is broken (a quote that does not end). */
gboolean csv_next(Csv *csv);
/* "" for a column that the row does not have. */
const char *csv_field(const Csv *csv, int column);

#endif
