/* Settling an entry after an attempt, in one transaction: see result.h. */
#include "queue/result.h"

#include "base/clock.h"

const char queue_schema_v2[] =
    "ALTER TABLE queue_entry ADD COLUMN warned INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX queue_intake ON queue_entry(intake);"
    "CREATE TABLE queue_result("
    " intake INTEGER NOT NULL,"
    " entry INTEGER NOT NULL,"
    " number INTEGER NOT NULL,"
    " at INTEGER NOT NULL," /* Unix microseconds */
    " recipient TEXT NOT NULL,"
    " action INTEGER NOT NULL," /* QueueAction */
    " status TEXT NOT NULL,"
    " answer TEXT NOT NULL,"
    " remote TEXT NOT NULL,"
    " PRIMARY KEY(intake, entry, number)) STRICT, WITHOUT ROWID;";

enum { SWEEP_ROWS = 500 };

const char *queue_action_name(QueueAction action) {
    static const char *const names[] = {"waiting", "delivered", "relayed",
                                        "failed",  "expired",   "dropped"};
    return (guint)action < G_N_ELEMENTS(names) ? names[action] : "unknown";
}

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

static gboolean next_number(DbConn *conn, gint64 intake, gint64 entry, gint64 *number,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT coalesce(max(number), 0) + 1 FROM queue_result"
                                    " WHERE intake = ? AND entry = ?");
    db_bind(stmt, "ii", intake, entry);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    *number = db_column_int(stmt, 0);
    db_reset(stmt);
    return TRUE;
}

static gboolean keep_fates(DbConn *conn, const QueueSettlement *s, GError **error) {
    gint64 number;
    if (!next_number(conn, s->intake, s->entry, &number, error))
        return FALSE;
    for (gsize i = 0; i < s->count; i++) {
        const QueueFate *fate = &s->fates[i];
        if (fate->action == QUEUE_STAYS)
            continue;
        DbStmt *stmt = db_prepare(conn, "INSERT INTO queue_result(intake, entry, number, at,"
                                        " recipient, action, status, answer, remote)"
                                        " VALUES(?,?,?,?,?,?,?,?,?)");
        db_bind(stmt, "iiiitittt", s->intake, s->entry, number++, clock_now(), fate->recipient,
                (gint64)fate->action, or_empty(fate->status), or_empty(fate->answer),
                or_empty(fate->remote));
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean take_blob(const QueueEntry *entry, gpointer data) {
    *(BlobId *)data = entry->blob;
    return TRUE;
}

static gboolean end_entry(DbConn *conn, gint64 id, GError **error) {
    BlobId blob = 0;
    GError *missing = NULL;
    if (!queue_get(conn, id, take_blob, &blob, &missing)) {
        gboolean dropped = cv_error_is(missing, CV_ERROR_NOT_FOUND);
        if (dropped)
            g_error_free(missing);
        else
            g_propagate_error(error, missing);
        return dropped;
    }
    DbStmt *stmt = db_prepare(conn, "DELETE FROM queue_entry WHERE id = ?");
    db_bind_int(stmt, 1, id);
    return db_run(stmt, error) && blob_reference(conn, blob, -1, error);
}

/* One that was held meanwhile stays held, and keeps the reason. */
static gboolean keep_entry(DbConn *conn, const QueueSettlement *s, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE queue_entry SET recipients = ?, dsn = ?, next = ?,"
                                    " attempts = attempts + 1, warned = ?, last_answer = CASE"
                                    " state WHEN 1 THEN last_answer ELSE ? END WHERE id = ?");
    db_bind(stmt, "ttiiti", s->recipients, or_empty(s->dsn), s->next, (gint64)s->warned,
            or_empty(s->last_answer), s->entry);
    return db_run(stmt, error);
}

gboolean queue_settle(DbConn *conn, const QueueSettlement *settlement, GError **error) {
    if (!keep_fates(conn, settlement, error))
        return FALSE;
    if (settlement->recipients == NULL || *settlement->recipients == '\0')
        return end_entry(conn, settlement->entry, error);
    return keep_entry(conn, settlement, error);
}

gboolean queue_postpone(DbConn *conn, const gint64 *entries, gsize count, gint64 next,
                        const char *why, GError **error) {
    for (gsize i = 0; i < count; i++) {
        DbStmt *stmt = db_prepare(conn, "UPDATE queue_entry SET next = ?, last_answer = ?,"
                                        " attempts = attempts + 1 WHERE id = ? AND state = 0");
        db_bind(stmt, "iti", next, or_empty(why), entries[i]);
        if (!db_run(stmt, error))
            return FALSE;
    }
    return TRUE;
}

gboolean queue_each_fate(DbConn *conn, gint64 intake, QueueEachFate each, gpointer data,
                         GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT entry, at, recipient, action, status, answer, remote"
                                    " FROM queue_result WHERE intake = ? ORDER BY at, entry,"
                                    " number");
    db_bind_int(stmt, 1, intake);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        QueueFate fate = {
            .recipient = db_column_text(stmt, 2),
            .action = (QueueAction)db_column_int(stmt, 3),
            .status = db_column_text(stmt, 4),
            .answer = db_column_text(stmt, 5),
            .remote = db_column_text(stmt, 6),
        };
        each(db_column_int(stmt, 0), db_column_int(stmt, 1), &fate, data);
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* Whole receptions, as many as about SWEEP_ROWS rows have. *more: there may be others. */
typedef struct {
    gint64 gone;
    gboolean more;
} Sweep;

static gboolean sweep_work(DbConn *conn, gpointer data, GError **error) {
    Sweep *sweep = data;
    DbStmt *stmt =
        db_prepare(conn, "SELECT max(intake), count(*) FROM (SELECT intake FROM queue_result WHERE"
                         " intake < (SELECT coalesce(min(id), 0) FROM intake) ORDER BY intake"
                         " LIMIT ?)");
    db_bind_int(stmt, 1, SWEEP_ROWS);
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    gint64 last = db_column_int(stmt, 0);
    sweep->gone = db_column_int(stmt, 1);
    db_reset(stmt);
    sweep->more = sweep->gone == SWEEP_ROWS;
    if (sweep->gone == 0)
        return TRUE;
    stmt = db_prepare(conn, "DELETE FROM queue_result WHERE intake <= ?");
    db_bind_int(stmt, 1, last);
    return db_run(stmt, error);
}

gboolean queue_sweep(Db *mail, GError **error) {
    Sweep sweep = {.more = TRUE};
    while (sweep.more)
        if (!db_write(mail, sweep_work, &sweep, error))
            return FALSE;
    return TRUE;
}
