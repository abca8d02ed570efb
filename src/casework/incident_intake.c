/* From a message or file that waits in mail.db to a case. The row's number is unique among the
 * evidence of all cases, so that what is tried again finds what was done. */
#include "casework/incident_internal.h"

#include "message/message.h"

enum { ABOUT_BYTES = 998, SHOWN_CHARACTERS = 200 };

void incident_taken_clear(IncidentTaken *taken) {
    g_clear_pointer(&taken->incident, incident_free);
    g_clear_pointer(&taken->subject, g_free);
    g_clear_pointer(&taken->sender, g_free);
    g_clear_pointer(&taken->message_id, g_free);
}

/* ---- What the message says ---- */

/* What is told of the message that was reported: the attached one, else the message itself. */
typedef struct {
    char *sender, *subject, *about; /* never NULL */
} Facts;

static void facts_clear(Facts *facts) {
    g_free(facts->sender);
    g_free(facts->subject);
    g_free(facts->about);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

/* A header field for people, not endless; "" when there is none. */
static char *shown(Bytes header, const char *name) {
    Bytes value;
    if (!message_header_find(header, name, &value))
        return g_strdup("");
    g_autofree char *text = message_header_decode(value);
    return g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), SHOWN_CHARACTERS));
}

Bytes incident_attached(Bytes message) {
    g_autoptr(MessageParsed) parsed = message_parse(message);
    MessagePartIter iter;
    MessagePart part;
    if (!message_part_iter_init(&iter, parsed->structure))
        return bytes_of(NULL, 0);
    while (message_part_next(&iter, &part))
        if (part.kind == MESSAGE_PART_MESSAGE)
            return bytes_slice(message, (gsize)part.body_start,
                               (gsize)(part.body_end - part.body_start));
    return bytes_of(NULL, 0);
}

/* A mail program that forwards inside of the text names the message by a reference (RFC 5322
 * 3.6.4). */
static char *reference_of(const MessageParsed *parsed) {
    guint n = g_strv_length(parsed->references);
    if (n > 0)
        return g_strdup(parsed->references[n - 1]);
    return g_strdup(parsed->in_reply_to[0] != NULL ? parsed->in_reply_to[0] : "");
}

/* report: it is a person's mail about another message, not that message. */
static void read_facts(Bytes message, gboolean report, Facts *out) {
    Bytes attached = report ? incident_attached(message) : bytes_of(NULL, 0);
    g_autoptr(MessageParsed) parsed = message_parse(attached.n > 0 ? attached : message);
    Bytes header = bytes_slice(attached.n > 0 ? attached : message, 0, (gsize)parsed->header_bytes);
    out->sender = shown(header, "From");
    out->subject = shown(header, "Subject");
    if (report && attached.n == 0)
        out->about = reference_of(parsed);
    else
        out->about = g_strdup(parsed->message_id == NULL ? "" : parsed->message_id);
    if (strlen(out->about) > ABOUT_BYTES)
        *out->about = '\0';
}

/* ---- Into the case ---- */

typedef struct {
    Directory *directory;
    const StoreEvidence *evidence;
    const Facts *facts;
    IncidentOpening opening;
    const char *sha256, *name;
    gboolean report;
    AuditAct act;
    gint64 id; /* the case */
    gboolean opened;
} Work;

/* The case that has this evidence already; *id 0: none. */
static gboolean find_done(DbConn *conn, gint64 evidence, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT incident FROM incident_evidence WHERE evidence = ?");
    db_bind(stmt, "i", evidence);
    DbStep step = db_step(stmt, error);
    *id = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean find_case(Work *w, DbConn *conn, GError **error) {
    w->id = w->evidence->wanted;
    if (w->id != 0) {
        g_auto(IncidentRow) row = {0};
        return incident_row_read(conn, w->id, &row, error);
    }
    if (!incident_about_in(conn, w->facts->about, &w->id, error))
        return FALSE;
    if (w->id != 0)
        return TRUE;
    gint64 count, last;
    if (!incident_reported_in(conn, w->opening.reporter, &count, &last, error))
        return FALSE;
    w->id = count >= INCIDENT_REPORTER_MOST ? last : 0;
    if (w->id != 0)
        return TRUE;
    w->opened = TRUE;
    return incident_unit_of(w->directory, conn, w->opening.reporter, &w->opening.unit, error) &&
           incident_open_in(conn, &w->opening, &w->act, &w->id, error);
}

static gboolean add_evidence(const Work *w, DbConn *conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO incident_evidence(incident, evidence, added,"
                                    " added_by, sha256, size, name, sender, subject)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iiittittt", w->id, w->evidence->id, clock_now(), w->act.who, w->sha256,
            (gint64)w->evidence->size, w->name, w->facts->sender, w->facts->subject);
    g_auto(Buffer) out;
    buffer_init(&out, CASEWORK_JSON_MAXIMUM);
    JsonWriter json = json_writer(&out);
    json_open(&json, NULL, '{');
    json_int(&json, "evidence", w->evidence->id);
    json_text(&json, "sha256", w->sha256);
    json_int(&json, "size", (gint64)w->evidence->size);
    json_close(&json, '}');
    g_autofree char *after = buffer_steal_string(&out);
    return db_run(stmt, error) &&
           incident_audit(conn, &w->act, "incident.evidence", w->id, NULL, after, error);
}

static gboolean take_work(DbConn *conn, gpointer data, GError **error) {
    Work *w = data;
    w->opened = FALSE;
    if (!find_done(conn, w->evidence->id, &w->id, error))
        return FALSE;
    if (w->id != 0)
        return TRUE;
    if (!find_case(w, conn, error))
        return FALSE;
    if (w->report && !w->opened) {
        g_autofree char *text = g_strdup_printf("%s báo cáo: %s", w->act.who, w->opening.what);
        if (!incident_event_in(conn, w->id, 0, text, error))
            return FALSE;
    }
    return add_evidence(w, conn, error);
}

/* What stands in the case as "what was seen", one line. */
static char *what_of(const StoreEvidence *evidence, const char *subject, const Facts *facts) {
    g_autofree char *text = NULL;
    if (*evidence->what != '\0')
        text = g_strdup(evidence->what);
    else if (*facts->sender != '\0')
        text = g_strdup_printf("thư “%s” của %s", facts->subject, facts->sender);
    else
        text = g_strdup_printf("báo cáo “%s”", subject);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (char *p = valid; *p != '\0'; p++)
        if ((guint8)*p < ' ' || *p == 0x7f)
            *p = ' ';
    glong n = g_utf8_strlen(valid, -1);
    return g_utf8_substring(valid, 0, MIN(n, INCIDENT_TEXT_CHARACTERS));
}

/* Who added it: the reporter, or the operator whose name came with the file. */
static char *who_of(Directory *directory, const StoreEvidence *evidence, GError **error) {
    if (evidence->reporter == 0)
        return g_strdup(*evidence->address == '\0' ? "congvu" : evidence->address);
    g_autoptr(DirectoryAccount) account = directory_account(directory, evidence->reporter, error);
    return account == NULL ? NULL : g_strdup(account->address);
}

gboolean incident_take_evidence(Directory *directory, const Regulation *regulation,
                                const StoreEvidenceRead *read, IncidentTaken *out, GError **error) {
    const StoreEvidence *evidence = &read->row;
    Bytes bytes = buffer_bytes(&read->bytes);
    /* With an address to answer it is a mail about something; else it is the thing itself. */
    gboolean report = evidence->reporter != 0 && *evidence->address != '\0';
    gboolean file = evidence->reporter == 0;
    *out = (IncidentTaken){0};
    g_autofree char *who = who_of(directory, evidence, error);
    if (who == NULL)
        return FALSE;
    g_auto(Facts) facts = {0};
    read_facts(bytes, report, &facts);
    g_autoptr(MessageParsed) parsed = message_parse(bytes);
    Bytes header = bytes_slice(bytes, 0, (gsize)parsed->header_bytes);
    out->subject = shown(header, "Subject");
    out->sender = shown(header, "From");
    out->message_id = g_strdup(parsed->message_id);
    g_autofree char *what = what_of(evidence, out->subject, &facts);
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes.p, bytes.n);
    const RegulationIncident *kind = regulation_incident_guess(
        regulation, *evidence->kind == '\0' ? NULL : evidence->kind, report ? out->subject : NULL);
    Work w = {.directory = directory,
              .evidence = evidence,
              .facts = &facts,
              .opening = {.kind = kind->id,
                          .what = what,
                          .about = facts.about,
                          .source = report ? INCIDENT_MAIL : INCIDENT_INTERFACE,
                          .happened = evidence->received,
                          .reporter = evidence->reporter},
              .sha256 = sha256,
              .name = file ? evidence->what : "",
              .report = evidence->reporter != 0,
              .act = {who, "Điều 12.3"}};
    if (!db_write(directory_db(directory), take_work, &w, error))
        return FALSE;
    out->opened = w.opened;
    out->incident = incident_find(directory, regulation, w.id, error);
    return out->incident != NULL;
}
