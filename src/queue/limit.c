/* Limits on what is sent; see limit.h. All on the writer of mail.db, so no two messages are judged
 * by the same count. */
#include "queue/limit.h"

#include "base/json.h"
#include "queue/queue.h"

enum { SCOPE_ACCOUNT, SCOPE_UNIT, EVIDENCE_BYTES = 4096, THOUSAND = 1000 };

const char queue_schema_v3[] =
    "CREATE TABLE outgoing("
    " scope INTEGER NOT NULL CHECK(scope IN (0, 1))," /* account, unit */
    " id INTEGER NOT NULL,"
    " unit INTEGER NOT NULL," /* of an account; 0: none */
    " at INTEGER NOT NULL,"   /* Unix microseconds, of what follows: how full the buckets were */
    " messages INTEGER NOT NULL," /* in thousandths */
    " recipients INTEGER NOT NULL,"
    " outside INTEGER NOT NULL,"
    " PRIMARY KEY(scope, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX outgoing_unit ON outgoing(unit) WHERE unit > 0;"
    "CREATE TABLE suspect("
    " account INTEGER PRIMARY KEY,"
    " since INTEGER NOT NULL,"
    " evidence TEXT NOT NULL," /* JSON */
    " recorded INTEGER NOT NULL DEFAULT 0) STRICT;";

const char queue_held_by_limit[] = "more than the account may send (Điều 8.3)";

static const char *const measure_names[LIMIT_MEASURES] = {"messages", "recipients", "outside"};

const char *queue_measure_name(QueueMeasure measure) {
    return measure_names[measure];
}

/* ---- Buckets ---- */

typedef struct {
    gint64 at;
    gint64 level[LIMIT_MEASURES]; /* thousandths */
} Buckets;

/* What is left after the time since. A clock set back empties nothing. */
static void drain(Buckets *b, const gint64 most[LIMIT_MEASURES], gint64 window, gint64 now) {
    double elapsed = (double)MAX(now - b->at, 0) / (double)window;
    for (int m = 0; m < LIMIT_MEASURES; m++)
        b->level[m] = (gint64)MAX(0, (double)b->level[m] - (double)most[m] * THOUSAND * elapsed);
    b->at = MAX(now, b->at);
}

static void take_row(DbStmt *stmt, int at, Buckets *b) {
    b->at = db_column_int(stmt, at);
    for (int m = 0; m < LIMIT_MEASURES; m++)
        b->level[m] = db_column_int(stmt, at + 1 + m);
}

static gboolean load(DbConn *conn, int scope, gint64 id, gint64 now, Buckets *b, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT at, messages, recipients, outside FROM outgoing"
                                    " WHERE scope = ? AND id = ?");
    db_bind(stmt, "ii", (gint64)scope, id);
    *b = (Buckets){.at = now};
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        take_row(stmt, 0, b);
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean save(DbConn *conn, int scope, gint64 id, gint64 unit, const Buckets *b,
                     GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO outgoing VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                                    " ON CONFLICT(scope, id) DO UPDATE SET unit = ?3, at = ?4,"
                                    " messages = ?5, recipients = ?6, outside = ?7");
    db_bind(stmt, "iiii", (gint64)scope, id, unit, b->at);
    for (int m = 0; m < LIMIT_MEASURES; m++)
        db_bind_int(stmt, 5 + m, b->level[m]);
    return db_run(stmt, error);
}

/* The first measure whose bucket overflows by this message; LIMIT_MEASURES: none. */
static QueueMeasure overflow(const Buckets *b, const gint64 most[LIMIT_MEASURES],
                             const QueueSent *sent) {
    for (int m = 0; m < LIMIT_MEASURES; m++)
        if (most[m] > 0 && sent->count[m] > 0 &&
            b->level[m] + sent->count[m] * THOUSAND > most[m] * THOUSAND)
            return (QueueMeasure)m;
    return LIMIT_MEASURES;
}

static void fill(Buckets *b, const QueueSent *sent) {
    for (int m = 0; m < LIMIT_MEASURES; m++)
        b->level[m] += sent->count[m] * THOUSAND;
}

/* ---- Suspects ---- */

static gboolean is_suspect(DbConn *conn, gint64 account, gboolean *yes, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM suspect WHERE account = ?");
    db_bind(stmt, "i", account);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *yes = step == DB_ROW;
    return step != DB_FAILED;
}

static char *evidence_of(const QueueLimits *limits, const QueueSent *sent, const Buckets *b,
                         QueueMeasure measure, gboolean unit) {
    g_auto(Buffer) out;
    buffer_init(&out, EVIDENCE_BYTES);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "scope", unit ? "unit" : "account");
    json_text(&w, "measure", measure_names[measure]);
    json_int(&w, "limit", unit ? limits->unit[measure] : limits->account[measure]);
    json_int(&w, "window_minutes", limits->window / (60 * G_USEC_PER_SEC));
    for (int m = 0; m < LIMIT_MEASURES; m++)
        json_int(&w, measure_names[m], (b->level[m] + THOUSAND - 1) / THOUSAND + sent->count[m]);
    json_text(&w, "session", sent->session);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean cross(DbConn *conn, const QueueSent *sent, const char *evidence, gint64 now,
                      GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO suspect(account, since, evidence) VALUES(?, ?, ?)");
    db_bind(stmt, "iit", sent->account, now, evidence);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE queue_entry SET state = ?, last_answer = ?"
                            " WHERE account = ? AND state = ?");
    db_bind(stmt, "itii", (gint64)QUEUE_HELD, queue_held_by_limit, sent->account,
            (gint64)QUEUE_WAITING);
    return db_run(stmt, error);
}

/* Of the accounts of the unit, does another one send more now? Then the unit's overflow is not this
 * one's doing. */
static gboolean is_heaviest(DbConn *conn, const QueueLimits *limits, const QueueSent *sent,
                            const Buckets *own, QueueMeasure measure, gint64 now, gboolean *yes,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT at, messages, recipients, outside, id FROM outgoing"
                                    " WHERE unit = ?1 AND unit > 0 AND scope = 0 AND id <> ?2");
    db_bind(stmt, "ii", sent->unit, sent->account);
    DbStep step;
    *yes = TRUE;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Buckets other;
        take_row(stmt, 0, &other);
        drain(&other, limits->account, limits->window, now);
        *yes = *yes && other.level[measure] <= own->level[measure];
    }
    return step != DB_FAILED;
}

gboolean queue_limit_count(DbConn *conn, const QueueLimits *limits, const QueueSent *sent,
                           gint64 now, QueueLimitState *state, GError **error) {
    gboolean before, heaviest = FALSE;
    Buckets own, unit = {.at = now};
    *state = LIMIT_WITHIN;
    if (!is_suspect(conn, sent->account, &before, error) ||
        !load(conn, SCOPE_ACCOUNT, sent->account, now, &own, error) ||
        (sent->unit != 0 && !load(conn, SCOPE_UNIT, sent->unit, now, &unit, error)))
        return FALSE;
    if (before) {
        *state = LIMIT_SUSPECT;
        return TRUE;
    }
    drain(&own, limits->account, limits->window, now);
    drain(&unit, limits->unit, limits->window, now);
    QueueMeasure measure = overflow(&own, limits->account, sent), shared = LIMIT_MEASURES;
    if (measure == LIMIT_MEASURES && sent->unit != 0)
        shared = overflow(&unit, limits->unit, sent);
    if (shared != LIMIT_MEASURES &&
        !is_heaviest(conn, limits, sent, &own, shared, now, &heaviest, error))
        return FALSE;
    if (measure != LIMIT_MEASURES || heaviest) {
        gboolean by_unit = measure == LIMIT_MEASURES;
        g_autofree char *evidence =
            evidence_of(limits, sent, by_unit ? &unit : &own, by_unit ? shared : measure, by_unit);
        *state = LIMIT_CROSSED;
        return cross(conn, sent, evidence, now, error);
    }
    fill(&own, sent);
    if (shared == LIMIT_MEASURES) /* a full bucket stays full, and no fuller */
        fill(&unit, sent);
    return save(conn, SCOPE_ACCOUNT, sent->account, sent->unit, &own, error) &&
           (sent->unit == 0 || save(conn, SCOPE_UNIT, sent->unit, 0, &unit, error));
}

gboolean queue_each_suspect(DbConn *conn, gint64 account, QueueEachSuspect each, gpointer data,
                            GError **error) {
    DbStmt *stmt = db_prepare(
        conn, "SELECT s.account, s.since, s.evidence, s.recorded, (SELECT count(*) FROM queue_entry"
              " q WHERE q.account = s.account AND q.state = ?2 AND q.last_answer = ?3)"
              " FROM suspect s WHERE ?1 IN (0, s.account) ORDER BY s.since");
    db_bind(stmt, "iit", account, (gint64)QUEUE_HELD, queue_held_by_limit);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        QueueSuspect suspect = {
            .account = db_column_int(stmt, 0),
            .since = db_column_int(stmt, 1),
            .evidence = db_column_text(stmt, 2),
            .recorded = db_column_int(stmt, 3) != 0,
            .held = db_column_int(stmt, 4),
        };
        each(&suspect, data);
    }
    return step != DB_FAILED;
}

static gboolean set_recorded(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE suspect SET recorded = 1 WHERE account = ?");
    db_bind(stmt, "i", *(const gint64 *)data);
    return db_run(stmt, error);
}

gboolean queue_suspect_recorded(Db *mail, gint64 account, GError **error) {
    return db_write(mail, set_recorded, &account, error);
}

typedef struct {
    gint64 account, entries;
    gboolean drop, may_send;
} Release;

static gboolean forget(DbConn *conn, const Release *r, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM suspect WHERE account = ?");
    db_bind(stmt, "i", r->account);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND,
                       "tài khoản này không bị giữ thư vì gửi quá mức; its mail is not held for "
                       "sending too much");
    stmt = db_prepare(conn, "DELETE FROM outgoing WHERE scope = 0 AND id = ?");
    db_bind(stmt, "i", r->account);
    return db_run(stmt, error);
}

static gboolean release(DbConn *conn, gpointer data, GError **error) {
    Release *r = data;
    if (!forget(conn, r, error))
        return FALSE;
    if (r->drop)
        return queue_drop_held(conn, r->account, queue_held_by_limit, &r->entries, error);
    return queue_release_held(conn, r->account, queue_held_by_limit, r->may_send, &r->entries,
                              error);
}

gboolean queue_suspect_release(Db *mail, gint64 account, gboolean drop, gboolean may_send,
                               gint64 *entries, GError **error) {
    Release r = {.account = account, .drop = drop, .may_send = may_send};
    if (!db_write(mail, release, &r, error))
        return FALSE;
    *entries = r.entries;
    return TRUE;
}
