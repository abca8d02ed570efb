/* The trail is one table. Numbers have no gap, because a number is the last one plus one and the
 * single writer of the file hands them out inside the transaction; the two triggers keep an
 * honest mistake from changing what is written, the chain shows a dishonest one. */
#include "audit/audit.h"

#include "base/clock.h"

enum { PROGRESS_STEP = 4096 };

const char audit_schema_v1[] = "CREATE TABLE audit("
                               " seq INTEGER PRIMARY KEY,"
                               " time INTEGER NOT NULL," /* Unix microseconds */
                               " who TEXT NOT NULL,"
                               " ground TEXT NOT NULL,"
                               " act TEXT NOT NULL,"
                               " subject TEXT NOT NULL,"
                               " before TEXT,"
                               " after TEXT,"
                               " hash BLOB NOT NULL);"
                               "CREATE INDEX audit_subject ON audit(subject, seq);"
                               "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit"
                               " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
                               "CREATE TRIGGER audit_stays BEFORE DELETE ON audit"
                               " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;";

/* NULL and "" are different facts: a text is preceded by one byte. */
static Bytes marked(const char *text, char **keep) {
    *keep = g_strconcat(text == NULL ? "0" : "1", text, NULL);
    return bytes_of_string(*keep);
}

static void chain(const guint8 previous[CRYPTO_DIGEST_BYTES], const AuditRecord *r,
                  guint8 out[CRYPTO_DIGEST_BYTES]) {
    g_autofree char *numbers =
        g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, r->seq, r->time);
    g_autofree char *before = NULL, *after = NULL;
    Bytes parts[] = {
        bytes_of_string(numbers),           bytes_of_string(r->by.who),
        bytes_of_string(r->by.ground),      bytes_of_string(r->change.act),
        bytes_of_string(r->change.subject), marked(r->change.before, &before),
        marked(r->change.after, &after),
    };
    crypto_keyed_hash(previous, parts, G_N_ELEMENTS(parts), out);
}

static gboolean read_head(DbConn *conn, gint64 *seq, guint8 hash[CRYPTO_DIGEST_BYTES],
                          GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *seq = 0;
    memset(hash, 0, CRYPTO_DIGEST_BYTES);
    if (step == DB_ROW) {
        Bytes stored = db_column_bytes(stmt, 1);
        *seq = db_column_int(stmt, 0);
        if (stored.n == CRYPTO_DIGEST_BYTES)
            memcpy(hash, stored.p, stored.n);
        db_reset(stmt);
    }
    return TRUE;
}

gboolean audit_append(DbConn *conn, const AuditAct *act, const AuditChange *change, gint64 *seq,
                      GError **error) {
    AuditRecord record = {.time = clock_now(), .by = *act, .change = *change};
    guint8 previous[CRYPTO_DIGEST_BYTES];
    if (record.by.ground == NULL)
        record.by.ground = "";
    if (!read_head(conn, &record.seq, previous, error))
        return FALSE;
    record.seq++;
    chain(previous, &record, record.hash);
    DbStmt *stmt = db_prepare(
        conn, "INSERT INTO audit(seq, time, who, ground, act, subject, before, after, hash)"
              " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "iittttttb", record.seq, record.time, record.by.who, record.by.ground,
            change->act, change->subject, change->before, change->after,
            bytes_of(record.hash, sizeof record.hash));
    if (!db_run(stmt, error))
        return FALSE;
    if (seq != NULL)
        *seq = record.seq;
    return TRUE;
}

#define COLUMNS "seq, time, who, ground, act, subject, before, after, hash"

static AuditRecord record_of_row(DbStmt *stmt) {
    AuditRecord record = {
        .seq = db_column_int(stmt, 0),
        .time = db_column_int(stmt, 1),
        .by = {db_column_text(stmt, 2), db_column_text(stmt, 3)},
        .change = {db_column_text(stmt, 4), db_column_text(stmt, 5), db_column_text(stmt, 6),
                   db_column_text(stmt, 7)},
    };
    Bytes hash = db_column_bytes(stmt, 8);
    if (hash.n == CRYPTO_DIGEST_BYTES)
        memcpy(record.hash, hash.p, hash.n);
    return record;
}

gboolean audit_each(DbConn *conn, const char *subject, guint limit, AuditEach each, gpointer data,
                    GError **error) {
    DbStmt *stmt;
    if (subject == NULL) {
        stmt = db_prepare(conn, "SELECT " COLUMNS " FROM audit ORDER BY seq DESC LIMIT ?");
        db_bind(stmt, "i", limit == 0 ? (gint64)-1 : (gint64)limit);
    } else {
        stmt = db_prepare(conn, "SELECT " COLUMNS
                                " FROM audit WHERE subject = ? ORDER BY seq DESC LIMIT ?");
        db_bind(stmt, "ti", subject, limit == 0 ? (gint64)-1 : (gint64)limit);
    }
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        AuditRecord record = record_of_row(stmt);
        if (!each(&record, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

char *audit_hash_text(const guint8 hash[CRYPTO_DIGEST_BYTES]) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < CRYPTO_DIGEST_BYTES; i++)
        g_string_append_printf(text, "%02x", hash[i]);
    return g_string_free(text, FALSE);
}

/* NULL and "" are no wish. */
static const char *wish(const char *text) {
    return text == NULL || *text == '\0' ? NULL : text;
}

#define WANTED                                                                                     \
    " WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR who = ?2)"                             \
    " AND (?3 IS NULL OR substr(act, 1, length(?3)) = ?3) AND time >= ?4 AND time < ?5"            \
    " AND (?6 IS NULL OR instr(ground, ?6) > 0 OR instr(coalesce(before, ''), ?6) > 0"             \
    " OR instr(coalesce(after, ''), ?6) > 0)"

gboolean audit_search(DbConn *conn, const AuditFilter *filter, AuditEach each, gpointer data,
                      GError **error) {
    DbStmt *stmt = filter->oldest ? db_prepare(conn, "SELECT " COLUMNS " FROM audit" WANTED
                                                     " ORDER BY seq LIMIT ?7")
                                  : db_prepare(conn, "SELECT " COLUMNS " FROM audit" WANTED
                                                     " ORDER BY seq DESC LIMIT ?7");
    db_bind(stmt, "tttiiti", wish(filter->subject), wish(filter->who), wish(filter->act),
            filter->since, filter->until == 0 ? G_MAXINT64 : filter->until, wish(filter->text),
            filter->limit == 0 ? (gint64)-1 : (gint64)filter->limit);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        AuditRecord record = record_of_row(stmt);
        if (!each(&record, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean audit_verify(DbConn *conn, gint64 check_seq, const guint8 *check_hash, AuditState *out,
                      void (*progress)(gint64 done, gint64 all, gpointer data), gpointer data,
                      GError **error) {
    AuditState state = {0};
    gint64 last = 0;
    gboolean seen = check_seq == 0;
    if (!read_head(conn, &last, state.head, error))
        return FALSE;
    memset(state.head, 0, sizeof state.head);
    DbStmt *stmt = db_prepare(conn, "SELECT " COLUMNS " FROM audit ORDER BY seq");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        AuditRecord record = record_of_row(stmt);
        guint8 expected[CRYPTO_DIGEST_BYTES];
        chain(state.head, &record, expected);
        gboolean fits =
            record.seq == state.records + 1 && crypto_equal(expected, record.hash, sizeof expected);
        if (record.seq == check_seq) {
            seen = TRUE;
            fits = fits && crypto_equal(check_hash, record.hash, sizeof record.hash);
        }
        if (!fits && state.broken == 0)
            state.broken = state.records + 1;
        state.records++;
        memcpy(state.head, record.hash, sizeof state.head);
        if (progress != NULL && state.records % PROGRESS_STEP == 0)
            progress(state.records, last, data);
    }
    if (step == DB_FAILED)
        return FALSE;
    if (!seen && state.broken == 0)
        state.broken = check_seq;
    *out = state;
    return TRUE;
}
