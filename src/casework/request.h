/* Request: what a unit asks for by a document, line by line, from its receipt to the reply
 * [Điều 4, phụ lục 2].
 *
 * A request is received with its document's number, date and signer; the clock of working days runs
 * from its receipt [Điều 4.2.b]. Its lines are checked against the registry, done or returned with
 * a reason, and it is closed when the reply's number and date are recorded. What a line asks for,
 * the line's own state and the audit record are one transaction, so doing it again does nothing
 * twice. The file as it came, identity numbers and birth dates are sealed and deleted on schedule.
 * They appear in no log, error or record.
 *
 * Tables: directory/schema_request.c. Strings are owned by their structure. The calls wait for the
 * flush: not from the writer thread. */
#ifndef CV_CASEWORK_REQUEST_H
#define CV_CASEWORK_REQUEST_H

#include "audit/audit.h"
#include "directory/directory.h"

enum {
    REQUEST_LINES_MAXIMUM = 10000,
    REQUEST_FILE_BYTES = 8 * 1024 * 1024,
    REQUEST_TEXT_MAXIMUM = 500, /* bytes of a number, signer, reason */
};

typedef enum {
    REQUEST_ACT_UNKNOWN, /* the line says nothing that is an act */
    REQUEST_ACT_NEW,     /* cấp mới */
    REQUEST_ACT_LOCK,    /* tạm khóa */
    REQUEST_ACT_CLOSE,   /* hủy bỏ; thu hồi [Điều 11.1] */
    REQUEST_ACT_CHANGE,  /* thay đổi thông tin */
    REQUEST_ACT_UNLOCK,  /* mở khóa */
    REQUEST_ACT_RESET,   /* cấp lại mật khẩu [Điều 12.2] */
    REQUEST_ACTS,
} RequestAct;

typedef enum {
    REQUEST_DRAFT,    /* entered on line, no document yet: the clock stands */
    REQUEST_RECEIVED, /* a line stands open that cannot be done as it is */
    REQUEST_CHECKED,  /* every open line can be done */
    REQUEST_DECIDED,  /* every line is done or returned: the reply is to be sent */
    REQUEST_CLOSED,   /* the reply was sent [Điều 4.2.b] */
} RequestState;

typedef enum {
    REQUEST_LINE_OPEN,
    REQUEST_LINE_ACCEPTED, /* decided, but not done yet: what was interrupted goes on from here */
    REQUEST_LINE_RETURNED, /* with its reason */
    REQUEST_LINE_DONE,
} RequestLineState;

/* "new", "lock" … for programs; the words of the regulation for people. */
const char *request_act_name(RequestAct act);
const char *request_act_text(RequestAct act);
const char *request_state_name(RequestState state);
const char *request_state_text(RequestState state);
const char *request_line_state_name(RequestLineState state);
const char *request_line_state_text(RequestLineState state);

typedef struct {
    gint64 id, unit;
    char *unit_address, *unit_name; /* of the sender: local part, official name */
    char *number, *dated;           /* "12/SNV-VP", YYYY-MM-DD */
    char *signer, *signer_title;
    char *subject, *addressee, *basis, *place, *recipients; /* as printed, or "" */
    gint64 received;                                        /* Unix microseconds */
    char *due;      /* YYYY-MM-DD: the last day for the reply; "" for a draft */
    gint64 overdue; /* working days past it; 0 when it is not, or closed */
    /* Lost passwords that are still to be given anew: until when, Unix microseconds, where the
     * regulation has a term of its own for them; 0: none, or no such term. */
    gint64 reset_due;
    RequestState state;
    char *decided_by;
    gint64 decided;
    char *reply_number, *reply_dated, *replied_by;
    gint64 replied, entered;
    char *entered_by;
    gboolean has_file;                        /* the file as it came is still kept */
    guint lines, open, wrong, returned, done; /* wrong: those of open that cannot be done */
} Request;
void request_free(Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

typedef struct {
    guint line, place; /* 1, 2 … ; row of the file */
    char *ordinal;     /* STT */
    RequestAct act;
    char *said, *name, *sex, *title, *category, *unit_said, *what, *wanted, *note;
    char *identity; /* all but the last three digits masked; "" when not told or deleted */
    RequestLineState state;
    char *finding;  /* why it cannot be done, as of the last check; "" */
    char *reason;   /* why it was returned */
    char *address;  /* full: proposed, or meant; once done what it is */
    gint64 account; /* whom it was done to; 0 */
    char *decided_by;
    gint64 decided;
} RequestLine;

/* ---- Receiving ---- */

/* What is known of the document; NULL: not given, then taken from the paper itself where it says
 * so. */
typedef struct {
    const char *unit; /* key of the sender, see directory_unit_find */
    const char *number, *dated, *signer, *signer_title;
    gint64 received; /* Unix microseconds; 0: now */
    gboolean check;  /* reads and checks everything, writes nothing */
    gboolean draft;  /* entered on line: there is no document yet [Điều 4.2.a] */
} RequestDocument;
/* Takes in a file (.docx, .xlsx, CSV). The request as it then is, with *lines (RequestLine; may be
 * NULL) checked; with `check` its id is 0. INPUT: not a form, or a field of the document missing or
 * impossible; REFUSED: the sender may not file requests [Điều 4.2.a]; EXISTS: the document, or the
 * same list, was received before; LIMIT; NOT_FOUND: the unit. */
Request *request_import(Directory *directory, const Regulation *regulation, Bytes file,
                        const RequestDocument *document, const AuditAct *act, GPtrArray **lines,
                        GError **error);

/* The document of a draft has come: its clock starts. file: the signed paper, of any kind, kept
 * instead of what was entered (n 0: none). document: every field but the unit is needed. EXISTS: it
 * has its document, or this one belongs to another request; INPUT, LIMIT, NOT_FOUND. */
gboolean request_arrive(Directory *directory, const Regulation *regulation, gint64 id, Bytes file,
                        const RequestDocument *document, const AuditAct *act, GError **error);

/* ---- Looking ---- */

typedef struct {
    gint64 id;        /* only this one; 0: all */
    gint64 unit;      /* of this unit and those below; 0: all */
    gboolean open;    /* not closed */
    gboolean overdue; /* not closed, and past its last day, or past reset_due */
} RequestFilter;
/* FALSE stops the walk. The most urgent first, closed ones last. */
typedef gboolean (*RequestEach)(const Request *request, gpointer data);
gboolean request_each(Directory *directory, const Regulation *regulation,
                      const RequestFilter *filter, RequestEach each, gpointer data, GError **error);
/* NOT_FOUND. */
Request *request_find(Directory *directory, const Regulation *regulation, gint64 id,
                      GError **error);
/* In their order; RequestLine. */
GPtrArray *request_lines(Directory *directory, gint64 id, GError **error);

typedef struct {
    gint64 states[REQUEST_CLOSED + 1];
    gint64 overdue, due_today; /* of those that are not closed */
} RequestFigures;
/* admin: also one that was opened only to read. */
gboolean request_figures(Db *admin, const Regulation *regulation, RequestFigures *out,
                         GError **error);

/* ---- Deciding [Điều 4.1, 4.2.b] ---- */

/* Line numbers; count 0: every line that is not decided. */
typedef struct {
    const guint *lines;
    gsize count;
    /* Of all: a line that cannot be done is returned with its finding; otherwise the whole call is
     * refused when there is one. */
    gboolean return_wrong;
} RequestChoice;
/* Does what the lines ask for: first all are accepted, then each is done in a transaction of its
 * own. Lines that are done stay as they are, so that it may be called again after an interruption;
 * a returned line that is named is done after all, until the reply. INPUT: lines that cannot be
 * done (each with its finding, in Vietnamese), or there is no such line; DENIED: closed, or a
 * draft. */
gboolean request_approve(Directory *directory, const Regulation *regulation, gint64 id,
                         const RequestChoice *choice, const AuditAct *act, GError **error);
/* Returns lines with the reason [R020]; EXISTS: one is done already. */
gboolean request_reject(Directory *directory, const Regulation *regulation, gint64 id,
                        const RequestChoice *choice, const char *reason, const AuditAct *act,
                        GError **error);
/* Records the reply that was sent; closes. DENIED: a line is neither done nor returned, or it is
 * closed already by another document. */
gboolean request_reply(Directory *directory, gint64 id, const char *number, const char *dated,
                       const AuditAct *act, GError **error);

/* ---- Slips for the first sign-in [Điều 5.2, 12.2] ---- */

typedef struct {
    guint line;
    char *name, *title, *unit, *address;
    char *password; /* one-time; wiped with the slip */
    gint64 expires; /* Unix microseconds */
    gboolean reset; /* a lost password is given anew; else a new account */
} RequestSlip;
void request_slip_free(RequestSlip *slip);
/* Gives a one-time password to each account that these lines (return_wrong has no meaning) made, or
 * asked a new password for, unless its owner has set an own one since; RequestSlip. What it gave
 * before is then worth nothing. Slow: a hash each. EXISTS: none needs one. */
GPtrArray *request_slips(Directory *directory, const Regulation *regulation, gint64 id,
                         const RequestChoice *choice, const AuditAct *act, GError **error);

/* ---- Housekeeping ---- */

/* Computes the due days of what is open again, as the calendar now says, and records what changed;
 * deletes files and personal data whose time is over. Cheap when there is nothing to do. */
gboolean request_keep(Directory *directory, const Regulation *regulation, GError **error);

#endif
