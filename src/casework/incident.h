/* Incident: case files of forbidden acts and of incidents [Điều 8, 12.3, 13.2], rows R041, R068,
 * R072 and R075.
 *
 * A case is opened by a report (by mail, through the interface, by an operator) or by the system
 * from what the audit trail tells. It is new, taken by somebody, then measures are taken, then it
 * is closed with its result; a closed one may be taken up again with a reason. Evidence are
 * messages and files: their bytes lie in mail.db (store/evidence.h), their hashes here. Every act
 * is one transaction with its audit record under the case's name (SC-12).
 *
 * Kinds are the regulation's (regulation/incident.h). Tables: directory/schema_incident.c. Strings
 * are owned by their structure. The calls that change wait for the flush: not from the writer
 * thread. */
#ifndef CV_CASEWORK_INCIDENT_H
#define CV_CASEWORK_INCIDENT_H

#include "audit/audit.h"
#include "base/json.h"
#include "casework/letter.h"
#include "directory/directory.h"
#include "regulation/incident.h"
#include "store/evidence.h"

enum {
    INCIDENT_TEXT_CHARACTERS = 1000, /* of what was seen, of a measure */
    INCIDENT_NAME_CHARACTERS = 200,  /* of who decided, of a document */
    /* Cases that one person opens within a day: what is reported beyond by mail is added to the
     * last of them, so that whoever has the account fills no register. */
    INCIDENT_REPORTER_MOST = 50,
};

typedef enum {
    INCIDENT_NEW,
    INCIDENT_TAKEN,
    INCIDENT_MEASURED, /* at least one measure was taken */
    INCIDENT_CLOSED,
    INCIDENT_STATES,
} IncidentState;

typedef enum {
    INCIDENT_MAIL,
    INCIDENT_INTERFACE,
    INCIDENT_OPERATOR,
    INCIDENT_SYSTEM
} IncidentSource;

typedef enum {
    INCIDENT_OPEN,
    INCIDENT_VIOLATION, /* somebody violated the regulation: in the register of violations */
    INCIDENT_NO_BLAME,  /* an incident, nobody's violation */
    INCIDENT_UNFOUNDED, /* nothing of the kind: not counted in reports */
    INCIDENT_RESULTS,
} IncidentResult;

typedef enum {
    MEASURE_WARNING,    /* nhắc nhở, cảnh báo */
    MEASURE_LOCK,       /* tạm khóa tài khoản: done by the measure itself [Điều 4.2.c] */
    MEASURE_PASSWORD,   /* cấp lại mật khẩu */
    MEASURE_MAIL,       /* giữ, bỏ hoặc thu hồi thư */
    MEASURE_DISCIPLINE, /* xử lý vi phạm theo thẩm quyền [Điều 13.2] */
    MEASURE_OTHER,
    MEASURES,
} IncidentMeasure;

/* "taken", "system", "violation", "lock" for programs; words for people. _find: FALSE: none. */
const char *incident_state_name(IncidentState state);
const char *incident_state_text(IncidentState state);
gboolean incident_state_find(const char *name, IncidentState *state);
const char *incident_source_name(IncidentSource source);
const char *incident_source_text(IncidentSource source);
const char *incident_result_name(IncidentResult result);
const char *incident_result_text(IncidentResult result);
gboolean incident_result_find(const char *name, IncidentResult *result);
const char *incident_measure_name(IncidentMeasure measure);
const char *incident_measure_text(IncidentMeasure measure);
gboolean incident_measure_find(const char *name, IncidentMeasure *measure);

/* "SC-12": how a case is called on paper and in the audit trail; g_free. */
char *incident_name(gint64 id);
/* "SC-12", "sc-12" or "12"; FALSE: none of them. */
gboolean incident_parse(const char *said, gint64 *id);

typedef struct {
    gint64 id;
    char *name;                       /* "SC-12" */
    char *kind, *kind_text, *article; /* by the regulation given; a kind it has not: the id, "" */
    IncidentState state;
    IncidentSource source;
    gint64 opened, happened;                /* Unix microseconds */
    gint64 account, unit, reporter;         /* 0: none */
    char *address, *person;                 /* of the account concerned, or "" */
    char *unit_name, *unit_address;         /* local part; or "" */
    char *reporter_address, *reporter_name; /* or "" */
    char *what, *about;
    char *handler;
    gint64 handled;
    IncidentResult result;
    gint64 closed;
    char *closed_by, *closed_why;
    char *letter_number, *letter_dated;
    gint64 events, evidence, measures; /* how many */
} Incident;
void incident_free(Incident *incident);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Incident, incident_free)

/* ---- The acts ---- */

/* NULL and 0: not given. */
typedef struct {
    const char *kind;    /* needed */
    const char *what;    /* needed, one line */
    const char *account; /* address of the account concerned */
    const char *unit;    /* key of the unit, where no account is concerned */
    gint64 happened;     /* not given: now */
    IncidentSource source;
    gint64 reporter; /* account */
} NewIncident;
/* Would a report of this kind, with these words, be taken? INPUT. */
gboolean incident_check(const Regulation *regulation, const char *kind, const char *what,
                        GError **error);
/* INPUT, NOT_FOUND (account, unit). */
Incident *incident_report(Directory *directory, const Regulation *regulation,
                          const NewIncident *new, const AuditAct *act, GError **error);

/* NULL: stays. */
typedef struct {
    const char *kind, *account;
    const char *reason; /* needed to take up a closed case again */
} IncidentTake;
/* Whoever acts handles it from now on. INPUT, NOT_FOUND, REFUSED. */
gboolean incident_take(Directory *directory, const Regulation *regulation, gint64 id,
                       const IncidentTake *take, const AuditAct *act, GError **error);

typedef struct {
    IncidentMeasure kind;
    const char *text;       /* needed but for LOCK */
    const char *account;    /* address; NULL: the case's */
    const char *article;    /* "8.3"; NULL: the kind's */
    const char *law;        /* LOCK: another law, cited in full, instead of the article */
    const char *decided_by; /* needed for DISCIPLINE: who, with post */
    const char *document;   /* needed for DISCIPLINE: number and date */
} NewMeasure;
/* The case must have been taken. LOCK locks the account in the same transaction, with the case as
 * evidence. REFUSED, INPUT, NOT_FOUND, EXISTS (it is locked already). */
gboolean incident_measure(Directory *directory, const Regulation *regulation, gint64 id,
                          const NewMeasure *measure, const AuditAct *act, GError **error);

/* Not a new one. VIOLATION needs a measure. INPUT, NOT_FOUND, REFUSED. */
gboolean incident_close(Directory *directory, gint64 id, IncidentResult result, const char *why,
                        const AuditAct *act, GError **error);

/* The letter to the unit was sent under this number on this day. */
gboolean incident_letter_sent(Directory *directory, gint64 id, const char *number, CalendarDay day,
                              const AuditAct *act, GError **error);

/* ---- Evidence (incident_intake.c) ---- */

typedef struct {
    Incident *incident;
    gboolean opened;                     /* a new case; else one that was there */
    char *subject, *sender, *message_id; /* of the message that came; for the answer */
} IncidentTaken;
void incident_taken_clear(IncidentTaken *taken);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IncidentTaken, incident_taken_clear)
/* Puts what waits in mail.db into its case: the one it is wanted for, an open one about the same
 * message, or a new one. Done before (a crash came in between): that case. A reporter with an
 * address to be answered wrote a mail about something; without, the evidence is the thing itself.
 * Of no reporter it is an operator's file: `what` is its name, `address` who gave it. The row in
 * mail.db stays as it is: store_evidence_taken. Clear *out in any case. NOT_FOUND, STORAGE. */
gboolean incident_take_evidence(Directory *directory, const Regulation *regulation,
                                const StoreEvidenceRead *evidence, IncidentTaken *out,
                                GError **error);
/* The first message that this one has attached (message/rfc822), as it stands in its bytes; empty:
 * none. */
Bytes incident_attached(Bytes message);

/* Opens cases for what the audit trail tells since the last call: outgoing limits crossed, refused
 * forwarding, emergency stops, locks for takeover or a forbidden act that no case asked for. What
 * concerns an open case of the same kind and account is added to that. */
gboolean incident_scan(Directory *directory, const Regulation *regulation, GError **error);

/* ---- Reading ---- */

Incident *incident_find(Directory *directory, const Regulation *regulation, gint64 id,
                        GError **error);
typedef struct {
    const char *kind;    /* NULL: all */
    gint64 unit;         /* and those below; 0: all */
    IncidentState state; /* INCIDENT_STATES: all */
    gboolean open;       /* only those that are not closed */
    gint64 reporter;     /* account that reported it, or added to it; 0: all */
    gint64 from, until;  /* opened: from, and before; until 0: no end */
} IncidentFilter;
/* The case that has this evidence; NOT_FOUND: none yet. */
Incident *incident_with_evidence(Directory *directory, const Regulation *regulation,
                                 gint64 evidence, GError **error);
/* The newest first; Incident *, free with the array. */
GPtrArray *incident_list(Directory *directory, const Regulation *regulation,
                         const IncidentFilter *filter, GError **error);

typedef struct {
    gint64 moment, record;
    char *text;
} IncidentEvent;
typedef struct {
    gint64 evidence; /* row of mail.db */
    gint64 added, size;
    char *added_by, *sha256, *name, *sender, *subject;
} IncidentEvidence;
typedef struct {
    gint64 incident; /* the case */
    IncidentMeasure kind;
    gint64 made;
    char *address, *person, *unit_name; /* of the account, or "" */
    char *article, *text, *decided_by, *document, *made_by;
} IncidentMeasureRow;
/* Of one case, in their order; free with the array. */
GPtrArray *incident_events(Directory *directory, gint64 id, GError **error);
GPtrArray *incident_evidence(Directory *directory, gint64 id, GError **error);
/* id 0: of all cases with the result VIOLATION that were closed in [from, until): the register of
 * violations [Điều 13.2]. */
GPtrArray *incident_measures(Directory *directory, gint64 id, gint64 from, gint64 until,
                             GError **error);

/* ---- What is made of it ---- */

/* As JSON objects (incident_json.c). _whole: with events, evidence and measures. */
void incident_write(JsonWriter *w, const Incident *incident);
void incident_write_event(JsonWriter *w, const IncidentEvent *event);
void incident_write_evidence(JsonWriter *w, const IncidentEvidence *evidence);
void incident_write_measure(JsonWriter *w, const IncidentMeasureRow *measure);
gboolean incident_write_whole(JsonWriter *w, Directory *directory, const Incident *incident,
                              GError **error);

/* Letter to the unit (letter.h). answer: by which day; asks NULL: the usual. REFUSED: the case is
 * of no unit. */
typedef struct {
    LetterHead head;
    LetterSigner signer;
    const char *const *asks;
    CalendarDay answer;
} IncidentLetter;
GBytes *incident_letter(Directory *directory, const Regulation *regulation, gint64 id,
                        const IncidentLetter *letter, GError **error);

/* The whole case for another authority [Điều 11.5]: one ZIP with an index to read, the case as
 * JSON, the evidence as it came, the steps from the audit trail, and SHA256SUMS. The hand-over is
 * on record with the archive's own hash. document: on whose request (number and date); receiver: to
 * whom. CORRUPT: evidence is not what it was. LIMIT: too large. */
GBytes *incident_export(Directory *directory, Store *store, const Regulation *regulation, gint64 id,
                        const char *document, const char *receiver, const AuditAct *act,
                        GError **error);

/* How many there are, by state. */
gboolean incident_states(Directory *directory, gint64 counts[INCIDENT_STATES], GError **error);
/* Cases opened in the period, those that were unfounded left out, by unit (0: none) and kind.
 * began: since when there are cases at all. */
typedef void (*IncidentCount)(gint64 unit, const char *kind, gint64 count, gpointer data);
gboolean incident_count(Directory *directory, gint64 from, gint64 until, gint64 *began,
                        IncidentCount each, gpointer data, GError **error);

#endif
