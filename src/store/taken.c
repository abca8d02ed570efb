/* The rows behind taken.h. A UID is a row of a few bytes beside its neighbours; a digest is one of
 * some thirty. They belong to no message of ours and are looked at by nobody else. */
#include "store/taken.h"

#include "store/internal.h"

/* A step of the schema of mail.db. */
extern const char store_taken_schema[];
const char store_taken_schema[] =
    "CREATE TABLE import_source("
    " id INTEGER PRIMARY KEY,"
    " account INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " uidvalidity INTEGER NOT NULL," /* of the source, 0: has none */
    " UNIQUE(account, name)) STRICT;"
    "CREATE TABLE import_uid("
    " source INTEGER NOT NULL,"
    " uid INTEGER NOT NULL,"
    " PRIMARY KEY(source, uid)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE import_content("
    " source INTEGER NOT NULL,"
    " digest BLOB NOT NULL,"
    " copies INTEGER NOT NULL," /* messages with this digest that were taken */
    " PRIMARY KEY(source, digest)) STRICT, WITHOUT ROWID;";

gboolean store_taken_find(DbConn *conn, gint64 account, const char *source, gint64 *id,
                          guint32 *uidvalidity, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, uidvalidity FROM import_source WHERE account = ?"
                                    " AND name = ?");
    db_bind(stmt, "it", account, source);
    DbStep step = db_step(stmt, error);
    gboolean found = step == DB_ROW;
    gint64 number = found ? db_column_int(stmt, 0) : 0;
    guint32 validity = found ? (guint32)db_column_int(stmt, 1) : 0;
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    *id = number;
    if (uidvalidity != NULL)
        *uidvalidity = validity;
    return TRUE;
}

static gboolean renew(DbConn *conn, gint64 id, guint32 uidvalidity, GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM import_uid WHERE source = ?");
    db_bind_int(stmt, 1, id);
    if (!db_run(stmt, error))
        return FALSE;
    stmt = db_prepare(conn, "UPDATE import_source SET uidvalidity = ? WHERE id = ?");
    db_bind(stmt, "ii", (gint64)uidvalidity, id);
    return db_run(stmt, error);
}

gboolean store_taken_source(DbConn *conn, gint64 account, const char *source, guint32 uidvalidity,
                            gint64 *id, GError **error) {
    gint64 found;
    guint32 before;
    if (!store_taken_find(conn, account, source, &found, &before, error))
        return FALSE;
    if (found != 0) {
        if (uidvalidity != 0 && before != uidvalidity && !renew(conn, found, uidvalidity, error))
            return FALSE;
        *id = found;
        return TRUE;
    }
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO import_source(account, name, uidvalidity) VALUES(?,?,?)");
    db_bind(stmt, "iti", account, source, (gint64)uidvalidity);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return TRUE;
}

gboolean store_taken_uids(DbConn *conn, gint64 source, StoreUids *uids, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT uid FROM import_uid WHERE source = ? ORDER BY uid");
    db_bind_int(stmt, 1, source);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        store_uids_add(uids, (guint32)db_column_int(stmt, 0));
    return step == DB_DONE;
}

gboolean store_taken_has_uid(DbConn *conn, gint64 source, guint32 uid, gboolean *has,
                             GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM import_uid WHERE source = ? AND uid = ?");
    db_bind(stmt, "ii", source, (gint64)uid);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    *has = step == DB_ROW;
    return TRUE;
}

gboolean store_taken_add_uid(DbConn *conn, gint64 source, guint32 uid, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT OR IGNORE INTO import_uid(source, uid) VALUES(?,?)");
    db_bind(stmt, "ii", source, (gint64)uid);
    return db_run(stmt, error);
}

gboolean store_taken_copies(DbConn *conn, gint64 source,
                            const guint8 digest[STORE_TAKEN_DIGEST_BYTES], gint64 *copies,
                            GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT copies FROM import_content WHERE source = ? AND digest = ?");
    db_bind(stmt, "ib", source, bytes_of(digest, STORE_TAKEN_DIGEST_BYTES));
    DbStep step = db_step(stmt, error);
    gint64 found = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    *copies = found;
    return TRUE;
}

gboolean store_taken_add_copy(DbConn *conn, gint64 source,
                              const guint8 digest[STORE_TAKEN_DIGEST_BYTES], GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO import_content(source, digest, copies)"
                                    " VALUES(?,?,1) ON CONFLICT(source, digest) DO UPDATE SET"
                                    " copies = copies + 1");
    db_bind(stmt, "ib", source, bytes_of(digest, STORE_TAKEN_DIGEST_BYTES));
    return db_run(stmt, error);
}

/* ---- Forgetting ---- */

typedef struct {
    gint64 account; /* 0: any */
    gint64 slice;
    gint64 gone;    /* out: rows of this slice */
    gint64 content; /* out: of them, messages known by content */
} Forget;

static gboolean forget_rows(DbStmt *stmt, const Forget *forget, GError **error) {
    db_bind(stmt, "ii", forget->account, forget->slice);
    return db_run(stmt, error);
}

static gboolean forget_work(DbConn *conn, gpointer data, GError **error) {
    Forget *forget = data;
    DbStmt *stmt =
        db_prepare(conn, "DELETE FROM import_content WHERE (source, digest) IN (SELECT source,"
                         " digest FROM import_content WHERE source IN (SELECT id FROM import_source"
                         " WHERE ?1 IN (0, account)) LIMIT ?2)");
    if (!forget_rows(stmt, forget, error))
        return FALSE;
    forget->content = db_changes(conn);
    stmt = db_prepare(conn, "DELETE FROM import_uid WHERE (source, uid) IN (SELECT source, uid"
                            " FROM import_uid WHERE source IN (SELECT id FROM import_source"
                            " WHERE ?1 IN (0, account)) LIMIT ?2)");
    if (!forget_rows(stmt, forget, error))
        return FALSE;
    forget->gone = forget->content + db_changes(conn);
    if (forget->gone > 0)
        return TRUE;
    stmt = db_prepare(conn, "DELETE FROM import_source WHERE ?1 IN (0, account)");
    db_bind_int(stmt, 1, forget->account);
    return db_run(stmt, error);
}

gboolean store_taken_forget(Store *store, gint64 account, gint64 *forgotten, GError **error) {
    Forget forget = {.account = account, .slice = store->slice};
    gint64 messages = 0;
    do {
        if (!db_write(store->db, forget_work, &forget, error))
            return FALSE;
        messages += forget.content;
    } while (forget.gone > 0);
    *forgotten = messages;
    return TRUE;
}

/* ---- Doctor ---- */

gboolean store_taken_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                            gpointer data, GError **error) {
    static const char *const questions[] = {
        "SELECT 'what was moved in is remembered for account ' || account || ', which does not"
        " exist' FROM import_source s WHERE NOT EXISTS(SELECT 1 FROM account a WHERE a.id ="
        " s.account)",
        "SELECT DISTINCT 'UIDs that were moved in are remembered for source ' || source || ', which"
        " does not exist' FROM import_uid u WHERE NOT EXISTS(SELECT 1 FROM import_source s"
        " WHERE s.id = u.source)",
        "SELECT DISTINCT 'messages that were moved in are remembered for source ' || source ||"
        " ', which does not exist' FROM import_content c WHERE NOT EXISTS(SELECT 1 FROM"
        " import_source s WHERE s.id = c.source)",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        DbStmt *stmt = db_prepare(conn, questions[i]);
        DbStep step;
        while ((step = db_step(stmt, error)) == DB_ROW)
            finding(db_column_text(stmt, 0), data);
        if (step == DB_FAILED)
            return FALSE;
    }
    return TRUE;
}
