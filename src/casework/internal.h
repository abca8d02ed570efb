/* What the files of this folder share. Not for other folders. */
#ifndef CV_CASEWORK_INTERNAL_H
#define CV_CASEWORK_INTERNAL_H

#include "base/clock.h"
#include "base/json.h"
#include "casework/form.h"
#include "casework/request.h"
#include "directory/account.h"
#include "directory/match.h"
#include "directory/transact.h"
#include "directory/unit.h"
#include "regulation/calendar.h"

enum { CASEWORK_JSON_MAXIMUM = 64 * 1024 };

/* ---- line.c ---- */

/* What goes into mails, answers of line protocols and paper: one line of 1 to `most` characters
 * without control characters; INPUT names what it is in Vietnamese and English. */
gboolean casework_is_line(const char *text, guint most, const char *vi, const char *en,
                          GError **error);

/* ---- check.c ---- */

/* What a change of information turns out to mean. */
typedef struct {
    DirectoryPersonChange change; /* points into the RequestAsked and this */
    char *value;                  /* composed */
    char birth[PERSON_BIRTH_BYTES], identity[PERSON_IDENTITY_BYTES];
} RequestMeant;

/* What one line turns out to be. */
typedef struct {
    char *finding;  /* why it cannot be done, in Vietnamese; NULL: it can */
    gint64 unit;    /* of a new account */
    gint64 account; /* that exists and is meant */
    char *address;  /* full: proposed, or of that account; or NULL */
    RequestMeant meant;
} RequestFound;
void request_found_clear(RequestFound *found);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RequestFound, request_found_clear)

/* Checking the lines of one request, in their order, within one transaction of a reader or the
 * writer. */
typedef struct {
    Directory *directory;
    const Regulation *regulation;
    DbConn *conn;
    const DirectoryUnit *sender;
    DirectoryUnitNames *names;
    GHashTable *people;   /* unit (gint64) → GPtrArray of DirectoryMatch */
    GHashTable *seen;     /* key of whom a line is about → its line (guint) */
    GHashTable *proposed; /* local parts that lines before got */
} RequestCheck;
gboolean request_check_begin(RequestCheck *check, Directory *directory,
                             const Regulation *regulation, DbConn *conn,
                             const DirectoryUnit *sender, GError **error);
void request_check_clear(RequestCheck *check);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RequestCheck, request_check_clear)
/* FALSE only when the storage fails. Clear *out in any case. */
gboolean request_check_line(RequestCheck *check, guint line, const RequestAsked *asked,
                            RequestFound *out, GError **error);
/* A finding; always TRUE, so that a check can return it. */
gboolean request_finding(RequestFound *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The only one whom the line means; *out NULL after a finding. Borrowed from the check, or owned:
 * *owned is to be freed. */
gboolean request_check_person(RequestCheck *check, const RequestAsked *asked, gint64 unit,
                              const DirectoryMatch **out, DirectoryMatch **owned,
                              RequestFound *found, GError **error);
/* check_change.c: form 2 [R107]. */
gboolean request_check_change(RequestCheck *check, const RequestAsked *asked, RequestFound *out,
                              GError **error);
/* check.c, for it: the account of an address that a person wrote. *account NULL after a finding. */
gboolean request_check_account(RequestCheck *check, const char *address, DirectoryAccount **account,
                               RequestFound *out, GError **error);
/* The account is the sender's to ask about [R017]; *ok FALSE after a finding. */
gboolean request_check_reach(RequestCheck *check, gint64 unit, gboolean *ok, RequestFound *out,
                             GError **error);

/* ---- document.c ---- */

/* What is known of the document; number and day "" for a draft. */
typedef struct {
    char *number, *number_key, *signer, *signer_title;
    char dated[11], due[11];
    gint64 received;
} RequestPaper;
void request_paper_clear(RequestPaper *paper);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RequestPaper, request_paper_clear)
/* INPUT: a field is missing or impossible; LIMIT. Clear *out in any case. */
gboolean request_paper_read(RequestPaper *out, const Regulation *regulation,
                            const RequestDocument *document, const RequestHead *head,
                            GError **error);
/* EXISTS: it was received before. */
gboolean request_paper_is_new(DbConn *conn, gint64 unit, const RequestPaper *paper, GError **error);
/* EXISTS naming the request when the statement (id, state) finds one. */
gboolean request_refuse_known(DbStmt *stmt, const char *what, GError **error);
/* For the audit trail; g_free. */
char *request_paper_json(gint64 id, const RequestPaper *paper);
/* Keeps the file, sealed. */
gboolean request_file_put(Directory *directory, DbConn *conn, gint64 id, Bytes file,
                          GError **error);

/* ---- rows.c ---- */

typedef struct {
    gint64 unit, received;
    RequestState state;
    char *number, *dated, *reply_number, *reply_dated;
} RequestRow;
void request_row_clear(RequestRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RequestRow, request_row_clear)
/* NOT_FOUND. */
gboolean request_row_read(DbConn *conn, gint64 id, RequestRow *out, GError **error);

/* A line as it is needed to check and do it. */
typedef struct {
    guint line;
    RequestLineState state;
    RequestAsked *asked; /* opened */
} RequestStored;
void request_stored_free(RequestStored *stored);
/* All lines, or the one (line <> 0); RequestStored. */
GPtrArray *request_stored(Directory *directory, DbConn *conn, gint64 id, guint line,
                          GError **error);
gboolean request_line_insert(Directory *directory, DbConn *conn, gint64 id, guint line,
                             const RequestAsked *asked, GError **error);
/* What the check found: finding, address. */
gboolean request_line_found(DbConn *conn, gint64 id, guint line, const RequestFound *found,
                            GError **error);
/* The state that the lines make of the request, but for DRAFT and CLOSED. */
gboolean request_settle(DbConn *conn, gint64 id, GError **error);
/* A record of the audit trail about a request, subject: the sender's mailbox. after: JSON. */
gboolean request_audit(Directory *directory, DbConn *conn, gint64 unit, const AuditAct *act,
                       const char *what, const char *before, const char *after, GError **error);
/* "request 5, line 3: văn bản số 12/SNV-VP ngày 15/06/2022" for the ground of what is done; line 0:
 * none. g_free. */
char *request_ground(gint64 id, guint line, const char *number, const char *dated);

/* ---- list.c ---- */

/* An empty array of RequestLine that frees them. */
GPtrArray *request_lines_new(void);
/* All but the last three digits hidden; g_free. */
char *request_mask(const char *identity);
/* list.c: until when lost passwords of what was received then are given anew; 0: no such term. */
gint64 request_reset_due(const Regulation *regulation, gint64 received);

#endif
