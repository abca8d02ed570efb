/* Publication: what of the directory is public, and which reports came in [Điều 11.1, 11.2]. Every
 * change leaves an audit record in the same transaction; the calls wait for the flush. */
#ifndef CV_DIRECTORY_PUBLICATION_H
#define CV_DIRECTORY_PUBLICATION_H

#include "audit/audit.h"
#include "directory/directory.h"

/* ---- The public directory [Điều 11.1], row R064 ---- */

/* The head decided that this account is not made public; document: number and date of the decision.
 * document NULL ends it. EXISTS, NOT_FOUND, INPUT. */
gboolean directory_except(Directory *directory, const char *address, const char *document,
                          const AuditAct *act, GError **error);
typedef struct {
    const char *address, *name, *document; /* valid during the call */
    gint64 since;                          /* Unix microseconds */
} DirectoryException;
gboolean directory_exception_each(Directory *directory,
                                  void (*each)(const DirectoryException *exception, gpointer data),
                                  gpointer data, GError **error);

/* That the directory of this unit (0: all) with so many entries was published now. */
gboolean directory_published(Directory *directory, gint64 unit, gint64 entries, const AuditAct *act,
                             GError **error);
/* The latest time (Unix microseconds) for each unit that was ever published; 0 in unit: all. */
gboolean directory_publication_each(Directory *directory,
                                    void (*each)(gint64 unit, gint64 published, gpointer data),
                                    gpointer data, GError **error);

/* ---- Yearly reports [Điều 11.2], row R065 ---- */

typedef struct {
    gint64 staff, officials; /* of all four categories; without người lao động */
    const char *document;
} DirectoryStaff;
/* Numbers that a unit told for the report of a year; staff < 0 takes them away. unit: key. */
gboolean directory_report_staff(Directory *directory, const char *unit, gint64 year,
                                const DirectoryStaff *staff, const AuditAct *act, GError **error);
gboolean directory_report_staff_each(Directory *directory, gint64 year,
                                     void (*each)(gint64 unit, const DirectoryStaff *staff,
                                                  gpointer data),
                                     gpointer data, GError **error);

/* A unit's report came in. number NULL takes it away. dated: "YYYY-MM-DD". */
gboolean directory_report_sent(Directory *directory, const char *unit, gint64 year,
                               const char *number, const char *dated, const AuditAct *act,
                               GError **error);
typedef struct {
    gint64 unit;
    const char *number, *dated;
    gint64 recorded; /* Unix microseconds */
} DirectoryReport;
gboolean directory_report_each(Directory *directory, gint64 year,
                               void (*each)(const DirectoryReport *report, gpointer data),
                               gpointer data, GError **error);

#endif
