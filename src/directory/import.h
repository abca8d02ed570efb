/* Import: units and people in bulk, from the tables that office/ reads (CSV, .xlsx, .docx; the
 * first table of the file, its first row the header).
 *
 * All rows or none, in one transaction of admin.db; each wrong row is told by its line and column,
 * in Vietnamese. What is there already is left alone, so a file may be read again after it was
 * extended. Each row costs a few probes of an index, however many there are. Every unit and account
 * made leaves its audit record. The calls wait for the flush: not from the writer thread. */
#ifndef CV_DIRECTORY_IMPORT_H
#define CV_DIRECTORY_IMPORT_H

#include "audit/audit.h"
#include "directory/directory.h"

/* What became of a row; strings are valid during the call. */
typedef struct {
    guint line;
    const char *name, *unit, *address; /* unit: address of its mailbox; address: full */
    gboolean present;                  /* was there before */
} DirectoryImported;

typedef struct {
    void (*progress)(gint64 done, gint64 all, gpointer data); /* or NULL */
    /* Of people, each row in order; all are in vain when the call fails. Or NULL. */
    void (*each)(const DirectoryImported *row, gpointer data);
    gpointer data;         /* for both; they run on the writer thread */
    gboolean dry_run;      /* checks and names everything, writes nothing */
    const char *agreement; /* units: for rows of agreed names that bring none; NULL: refused */
    /* People: an address in the file is kept though the regulation would give another (moving in
     * from another system); otherwise such a row is wrong. */
    gboolean keep_addresses;
} DirectoryImportOptions;

typedef struct {
    guint added, present, wrong;
    GString *errors; /* "Dòng 12, cột …", a line each */
} DirectoryImport;
void directory_import_clear(DirectoryImport *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DirectoryImport, directory_import_clear)

/* out is filled in any case. INPUT: the file is no table, or rows are wrong (out->errors). The
 * columns of each are listed in import_unit.c and import_person.c. */
gboolean directory_unit_import(Directory *directory, const Regulation *regulation, Bytes file,
                               const DirectoryImportOptions *options, const AuditAct *act,
                               DirectoryImport *out, GError **error);
/* People with their accounts [Điều 3.2, 4.1]. A person is known again by the identity number, else
 * by unit, name and birth date, each person by one row of the file: of two namesakes in it, the
 * second is the second in the registry. Identity numbers and birth dates are sealed and appear in
 * no log, error or record. Password hashes of other systems (legacy_hash.h) are taken over; without
 * one the account has no password until `account passwd`. */
gboolean directory_person_import(Directory *directory, const Regulation *regulation, Bytes file,
                                 const DirectoryImportOptions *options, const AuditAct *act,
                                 DirectoryImport *out, GError **error);

#endif
