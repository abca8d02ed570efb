/* What both imports share: the columns of a table by their names, and telling wrong rows. Not for
 * other folders. */
#ifndef CV_DIRECTORY_IMPORT_TABLE_H
#define CV_DIRECTORY_IMPORT_TABLE_H

#include "directory/import.h"
#include "office/office.h"

/* A name that a column may have; compared folded, so "Họ và tên" is also "HO VA TEN". */
typedef struct {
    const char *name;
    int column; /* of the caller's enum, from 0 */
} ImportColumn;

/* One thing that is wrong, however many rows have it: an unknown unit is told once. */
typedef struct {
    char *text; /* column, value, reason */
    guint line; /* the first */
    guint rows;
} ImportFault;

typedef struct {
    OfficeFile *file;
    const GPtrArray *rows; /* OfficeRow *, the header first */
    const OfficeRow *row;  /* the one that is being read */
    int *at;               /* by column: its index in the file, or -1 */
    GPtrArray *faults;     /* ImportFault, in the order of the file */
    GHashTable *by_text;   /* the same, by text */
    DirectoryImport *out;
} ImportTable;
void import_table_clear(ImportTable *table);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImportTable, import_table_clear)

/* Reads the file and its header. FALSE: INPUT, LIMIT; out has its empty list of errors in any case.
 * Clear table in any case. */
gboolean import_table_read(ImportTable *table, Bytes file, const ImportColumn *names, gsize count,
                           int columns, DirectoryImport *out, GError **error);
gboolean import_has(const ImportTable *table, int column);
/* "" when the row or the file does not have it. */
const char *import_field(const ImportTable *table, int column);
/* Counts the row as wrong. value is repeated to the person: NULL for what must not be. */
void import_wrong(ImportTable *table, const char *column, const char *value, const char *reason);

/* Ends a work of import_write: INPUT when any row was wrong; a dry run is rolled back. */
gboolean import_settle(const ImportTable *table, const DirectoryImportOptions *options,
                       GError **error);
/* db_write, which also succeeds when a dry run found nothing wrong. */
gboolean import_write(Db *db, DbWork work, gpointer data, const ImportTable *table,
                      const DirectoryImportOptions *options, GError **error);
/* Tells the progress after row i of the table, now and then. */
void import_progress(const ImportTable *table, const DirectoryImportOptions *options, guint i);

#endif
