/* Report: the figures of the yearly report of a unit or of the whole body [Điều 11.2, 10.2.e, Phụ
 * lục 1], and the documents made of them.
 *
 * Every figure can be traced: the people and accounts behind it are kept with it (report_json lists
 * them). What is not recorded is told as such ("chưa có số liệu") and never guessed. Figures are
 * those of the day on which the period ends; an account that was cancelled later still counts.
 * The calls read; any thread that may read the databases. */
#ifndef CV_CASEWORK_REPORT_H
#define CV_CASEWORK_REPORT_H

#include "base/buffer.h"
#include "casework/letter.h"
#include "directory/people.h"
#include "directory/unit.h"
#include "regulation/incident.h"
#include "store/store.h"

typedef enum {
    REPORT_UNKNOWN, /* nothing was recorded that could tell */
    REPORT_IRREGULAR,
    REPORT_REGULAR,
} ReportUse;

/* Kinds of request that are counted. */
typedef enum {
    REPORT_NEW,    /* cấp mới */
    REPORT_CHANGE, /* thay đổi thông tin */
    REPORT_LOCK,   /* tạm khóa */
    REPORT_CANCEL, /* hủy bỏ */
    REPORT_OTHER,  /* mở khóa, cấp lại mật khẩu … */
    REPORT_KINDS,
} ReportKind;

/* ---- What is recorded ---- */

/* In which weeks accounts were used (report_use.c). */
typedef struct ReportRecord ReportRecord;
ReportRecord *report_record_read(Directory *directory, const Regulation *regulation,
                                 CalendarDay from, CalendarDay until, GError **error);
void report_record_free(ReportRecord *record); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportRecord, report_record_free)
/* The first day that is judged: of the period, or of the record when that began later. */
CalendarDay report_record_from(const ReportRecord *record);
/* Does the person use the account regularly, as the regulation says? created: Unix microseconds. */
ReportUse report_record_use(const ReportRecord *record, gint64 account, gint64 created);

/* Lines of requests of each kind that were received in the period, by unit. */
gboolean report_requests(Directory *directory, CalendarDay from, CalendarDay until,
                         void (*each)(gint64 unit, ReportKind kind, gint64 count, gpointer data),
                         gpointer data, GError **error);

/* Accounts (gint64) that got the confirmation of a sign-up in the months of the period: the set's
 * keys, in the pointers. */
gboolean report_signups(Db *mail, CalendarDay from, CalendarDay until, GHashTable *accounts,
                        GError **error);

/* ---- Figures ---- */

typedef struct {
    /* Line 1.1: people of all four categories, and how many of them hold an account that is not
     * cancelled, locked ones included. */
    gint64 staff, holders;
    /* Line 1.2: cán bộ, công chức, viên chức (without người lao động); of these, those who hold an
     * account, those of whose use something is recorded, those who use it regularly. */
    gint64 officials, official_holders, judged, regular;
    gint64 uncategorised; /* people without a recorded category: counted as officials */
    gint64 told;          /* units whose staff is as they told it, not as the registry has it */
    gint64 unit_accounts, locked, used; /* used: bytes */
    gint64 requests[REPORT_KINDS], incidents;
    gint64 incident_kinds[REGULATION_INCIDENTS_MAXIMUM]; /* in the regulation's order */
    gint64 signups; /* accounts that got the confirmation of a sign-up elsewhere [Điều 8.4] */
} ReportFigures;

/* A person with what was counted. */
typedef struct {
    gint64 person, account; /* account 0: none */
    char *name, *title, *category, *address;
    gboolean holds, official;
    DirectoryState state;
    ReportUse use;
    gint64 used;
} ReportPerson;

/* A unit; figures are of it and of those below it that are part of its report. */
typedef struct {
    gint64 unit, parent;
    char *name, *kind, *abbreviation, *address; /* address: local part */
    gboolean reports;                           /* sends a report of its own [Điều 11.2] */
    gint64 published; /* Unix microseconds; 0: the directory was never published */
    ReportFigures figures;
    GPtrArray *people;              /* ReportPerson *, of this unit alone */
    char *sent_number, *sent_dated; /* of the report that came in, or NULL */
} ReportUnit;

typedef struct {
    CalendarDay from, until, deadline;
    gint64 year;
    CalendarDay use_from;       /* from when on use is recorded, within the period */
    gboolean has_incidents;     /* FALSE: not recorded */
    CalendarDay incidents_from; /* from when on cases are recorded */
    const ReportUnit *asked;    /* of units, the one that was asked for; NULL: everything */
    const char *above;          /* name of the unit above the asked one, or NULL */
    GPtrArray *units;  /* ReportUnit *: the asked one and those below it, or all; by name */
    ReportFigures all; /* of the asked one, or of everything */
    char *above_kept;  /* private */
    const Regulation *regulation; /* the caller's */
    const char *domain;
} Report;
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* The usual period of the report that is due in this year: 1 November to 31 October. */
void report_period(const Regulation *regulation, gint64 year, CalendarDay *from,
                   CalendarDay *until);

/* The year whose report comes next: from the day after the last day for it, the following one. */
gint64 report_next_year(const Regulation *regulation, CalendarDay today);

/* What was seen and not written yet is written first. unit: key (see directory_unit_find) or NULL.
 * mail: mail.db. regulation must outlive the report.
 */
Report *report_make(Directory *directory, Db *mail, const Regulation *regulation, const char *unit,
                    CalendarDay from, CalendarDay until, GError **error);

/* The report of one of its units, as a view: it lives as long as the whole and is not freed.
 * Figures are those of the unit and of what is part of its report. */
void report_of_unit(const Report *whole, const ReportUnit *unit, Report *out);

/* ---- What is made of it ---- */

/* "95,24%"; "chưa có số liệu" when there is nothing to divide by; g_free. */
char *report_share(gint64 part, gint64 whole);
/* "1.234,5 MB"; g_free. */
char *report_size(gint64 bytes);

/* Who writes and signs it, as far as the registry knows: the unit, or the supervising department
 * for everything. Borrowed from the report. */
void report_heading(const Report *report, LetterHead *head, LetterSigner *signer);
/* In the layout of appendix 1, figures filled in, the free parts left to write. signer may be
 * empty.
 */
GBytes *report_docx(const Report *report, const LetterHead *head, const LetterSigner *signer,
                    GError **error);
/* One row a unit that reports, and a sheet of people. */
GBytes *report_xlsx(const Report *report, GError **error);
/* One line a unit that reports, for other systems [Điều 11.3]; UTF-8 with a mark, RFC 4180. */
GBytes *report_csv(const Report *report);
void report_json(const Report *report, Buffer *out);

#endif
