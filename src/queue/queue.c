/* The durable queue's table and the few acts on it; see queue.h. Recipients of one entry share its
 * destination, its sender and its fate until the far end answers for each of them. */
#include "queue/queue.h"

#include "queue/result.h"

const char queue_schema_v1[] =
    "CREATE TABLE queue_entry("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* never reused: people quote these numbers */
    " account INTEGER NOT NULL,"
    " sender TEXT NOT NULL,"
    " domain TEXT NOT NULL,"
    " recipients TEXT NOT NULL,"
    " dsn TEXT NOT NULL,"
    " body TEXT NOT NULL,"
    " smtputf8 INTEGER NOT NULL,"
    " blob INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " intake INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),"
    " received INTEGER NOT NULL,"
    " next INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL,"
    " last_answer TEXT NOT NULL);"
    "CREATE INDEX queue_due ON queue_entry(state, next);"
    "CREATE INDEX queue_account ON queue_entry(account);";

#define COLUMNS                                                                                    \
    "id, account, sender, domain, recipients, dsn, body, smtputf8, blob, size, intake, state,"     \
    " received, next, attempts, last_answer, warned"

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

static struct {
    void (*call)(gint64 id, gpointer data);
    gpointer data;
} listener;

void queue_set_listener(void (*call)(gint64 id, gpointer data), gpointer data) {
    listener.call = call;
    listener.data = data;
}

static void told(gpointer id) {
    listener.call(*(gint64 *)id, listener.data);
}

static void tell(DbConn *conn, gint64 id) {
    if (listener.call != NULL)
        db_after_commit(conn, told, g_memdup2(&id, sizeof id), g_free);
}

gboolean queue_insert(DbConn *conn, const QueueEntry *e, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO queue_entry(account, sender, domain, recipients,"
                                    " dsn, body, smtputf8, blob, size, intake, state, received,"
                                    " next, attempts, last_answer)"
                                    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    db_bind(stmt, "itttttiiiiiiiit", e->account, or_empty(e->sender), e->domain, e->recipients,
            or_empty(e->dsn), or_empty(e->body), (gint64)e->smtputf8, (gint64)e->blob,
            (gint64)e->size, e->intake, (gint64)e->state, e->received, e->next, (gint64)e->attempts,
            or_empty(e->last_answer));
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    tell(conn, *id);
    return TRUE;
}

gboolean queue_set_intake(DbConn *conn, gint64 first, gint64 last, gint64 intake, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE queue_entry SET intake = ? WHERE id BETWEEN ? AND ?");
    db_bind(stmt, "iii", intake, first, last);
    return db_run(stmt, error);
}

static QueueEntry entry_of_row(DbStmt *stmt) {
    return (QueueEntry){
        .id = db_column_int(stmt, 0),
        .account = db_column_int(stmt, 1),
        .sender = db_column_text(stmt, 2),
        .domain = db_column_text(stmt, 3),
        .recipients = db_column_text(stmt, 4),
        .dsn = db_column_text(stmt, 5),
        .body = db_column_text(stmt, 6),
        .smtputf8 = db_column_int(stmt, 7) != 0,
        .blob = db_column_int(stmt, 8),
        .size = (guint64)db_column_int(stmt, 9),
        .intake = db_column_int(stmt, 10),
        .state = (QueueState)db_column_int(stmt, 11),
        .received = db_column_int(stmt, 12),
        .next = db_column_int(stmt, 13),
        .attempts = (guint)db_column_int(stmt, 14),
        .last_answer = db_column_text(stmt, 15),
        .warned = db_column_int(stmt, 16) != 0,
    };
}

/* found may be NULL; it counts the rows. */
static gboolean walk(DbStmt *stmt, QueueEach each, gpointer data, guint *found, GError **error) {
    for (;;) {
        switch (db_step(stmt, error)) {
        case DB_FAILED:
            return FALSE;
        case DB_DONE:
            db_reset(stmt);
            return TRUE;
        case DB_ROW:
            if (found != NULL)
                (*found)++;
            QueueEntry entry = entry_of_row(stmt);
            if (!each(&entry, data)) {
                db_reset(stmt);
                return TRUE;
            }
        }
    }
}

gboolean queue_each(DbConn *conn, QueueEach each, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " FROM queue_entry ORDER BY id");
    return walk(stmt, each, data, NULL, error);
}

gboolean queue_each_waiting(DbConn *conn, gint64 after, guint limit, QueueEach each, gpointer data,
                            GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " FROM queue_entry WHERE id > ? AND state = ?"
                                    " ORDER BY id LIMIT ?");
    db_bind(stmt, "iii", after, (gint64)QUEUE_WAITING, (gint64)limit);
    return walk(stmt, each, data, NULL, error);
}

gboolean queue_each_of_intake(DbConn *conn, gint64 intake, QueueEach each, gpointer data,
                              GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " FROM queue_entry WHERE intake = ?"
                                    " ORDER BY id");
    db_bind_int(stmt, 1, intake);
    return walk(stmt, each, data, NULL, error);
}

gboolean queue_count(DbConn *conn, gint64 counts[QUEUE_SENDING + 1], GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT state, count(*) FROM queue_entry GROUP BY state");
    memset(counts, 0, (QUEUE_SENDING + 1) * sizeof counts[0]);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        counts[db_column_int(stmt, 0)] = db_column_int(stmt, 1);
    return step != DB_FAILED;
}

gboolean queue_get(DbConn *conn, gint64 id, QueueEach each, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " FROM queue_entry WHERE id = ?");
    db_bind_int(stmt, 1, id);
    guint found = 0;
    if (!walk(stmt, each, data, &found, error))
        return FALSE;
    if (found == 0)
        return cv_fail(
            error, CV_ERROR_NOT_FOUND,
            "không có thư số này trong hàng đợi; there is no queue entry %" G_GINT64_FORMAT, id);
    return TRUE;
}

typedef struct {
    gint64 id;
    gboolean hold;
    const char *why;
} Act;

static gboolean must_have_changed(DbConn *conn, const Act *act, GError **error) {
    if (db_changes(conn) > 0)
        return TRUE;
    return cv_fail(error, CV_ERROR_NOT_FOUND,
                   "không có thư số này trong hàng đợi; there is no queue entry %" G_GINT64_FORMAT,
                   act->id);
}

static gboolean hold_one(DbConn *conn, gpointer data, GError **error) {
    const Act *act = data;
    DbStmt *stmt =
        db_prepare(conn, "UPDATE queue_entry SET state = ?, last_answer = ? WHERE id = ?");
    db_bind(stmt, "iti", (gint64)(act->hold ? QUEUE_HELD : QUEUE_WAITING), or_empty(act->why),
            act->id);
    tell(conn, act->id);
    return db_run(stmt, error) && must_have_changed(conn, act, error);
}

/* The words are the mark by which a release knows its own. */
#define HELD_BY_LOCK "the account is locked (Điều 4.2.c)"

gboolean queue_follow_account(DbConn *conn, gint64 account, gboolean may_send, GError **error) {
    DbStmt *stmt = may_send
                       ? db_prepare(conn, "UPDATE queue_entry SET state = ?1, last_answer = ''"
                                          " WHERE account = ?3 AND state = ?2 AND last_answer = ?4")
                       : db_prepare(conn, "UPDATE queue_entry SET state = ?2, last_answer = ?4"
                                          " WHERE account = ?3 AND state = ?1");
    db_bind(stmt, "iiit", (gint64)QUEUE_WAITING, (gint64)QUEUE_HELD, account, HELD_BY_LOCK);
    if (!db_run(stmt, error))
        return FALSE;
    if (may_send && db_changes(conn) > 0)
        tell(conn, 0);
    return TRUE;
}

static gboolean hold_all(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "UPDATE queue_entry SET state = ?1, last_answer = ?2 WHERE state <> ?1");
    db_bind(stmt, "it", (gint64)QUEUE_HELD, (const char *)data);
    return db_run(stmt, error);
}

gboolean queue_hold_all(Db *mail, const char *why, GError **error) {
    return db_write(mail, hold_all, (gpointer)or_empty(why), error);
}

static gboolean retry_one(DbConn *conn, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE queue_entry SET next = 0 WHERE id = ?");
    db_bind_int(stmt, 1, ((const Act *)data)->id);
    tell(conn, ((const Act *)data)->id);
    return db_run(stmt, error) && must_have_changed(conn, data, error);
}

typedef struct {
    gint64 intake;
    char **recipients;
} Dropped;

static gboolean note_dropped(const QueueEntry *entry, gpointer data) {
    Dropped *dropped = data;
    dropped->intake = entry->intake;
    dropped->recipients = g_strsplit(entry->recipients, "\n", -1);
    return TRUE;
}

static gboolean drop_one(DbConn *conn, gpointer data, GError **error) {
    const Act *act = data;
    Dropped dropped = {0};
    if (!queue_get(conn, act->id, note_dropped, &dropped, error))
        return FALSE;
    guint count = g_strv_length(dropped.recipients);
    g_autofree QueueFate *fates = g_new0(QueueFate, count);
    for (guint i = 0; i < count; i++)
        fates[i] = (QueueFate){dropped.recipients[i], QUEUE_DROPPED, "", "", ""};
    QueueSettlement settlement = {
        .entry = act->id, .intake = dropped.intake, .fates = fates, .count = count};
    gboolean settled = queue_settle(conn, &settlement, error);
    g_strfreev(dropped.recipients);
    return settled;
}

gboolean queue_release_held(DbConn *conn, gint64 account, const char *why, gboolean may_send,
                            gint64 *entries, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE queue_entry SET state = ?1, last_answer = ?2"
                                    " WHERE account = ?3 AND state = ?4 AND last_answer = ?5");
    db_bind(stmt, "itiit", (gint64)(may_send ? QUEUE_WAITING : QUEUE_HELD),
            may_send ? "" : HELD_BY_LOCK, account, (gint64)QUEUE_HELD, why);
    if (!db_run(stmt, error))
        return FALSE;
    *entries = db_changes(conn);
    if (may_send && *entries > 0)
        tell(conn, 0);
    return TRUE;
}

gboolean queue_drop_held(DbConn *conn, gint64 account, const char *why, gint64 *entries,
                         GError **error) {
    g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(gint64));
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM queue_entry WHERE account = ? AND state = ?"
                                    " AND last_answer = ?");
    db_bind(stmt, "iit", account, (gint64)QUEUE_HELD, why);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        g_array_append_val(held, id);
    }
    if (step == DB_FAILED)
        return FALSE;
    for (guint i = 0; i < held->len; i++) {
        Act act = {.id = g_array_index(held, gint64, i)};
        if (!drop_one(conn, &act, error))
            return FALSE;
    }
    *entries = held->len;
    return TRUE;
}

gboolean queue_hold(Db *mail, gint64 id, gboolean hold, const char *why, GError **error) {
    Act act = {.id = id, .hold = hold, .why = why};
    return db_write(mail, hold_one, &act, error);
}

gboolean queue_retry(Db *mail, gint64 id, GError **error) {
    Act act = {.id = id};
    return db_write(mail, retry_one, &act, error);
}

gboolean queue_drop(Db *mail, gint64 id, GError **error) {
    Act act = {.id = id};
    return db_write(mail, drop_one, &act, error);
}
