/* E-mails by name: the places that lead back to a birth, and the walk that a listing is made of.
 * See email.h. */
#include "store/internal.h"

#include "base/clock.h"
#include "message/references.h"

const char store_email_schema[] =
    /* Older messages have NULL: made from the wide row where it is asked for. */
    "ALTER TABLE message ADD COLUMN thread INTEGER;"
    "ALTER TABLE message ADD COLUMN traits INTEGER;" /* STORE_TRAIT_… */
    "CREATE TABLE place("
    " key INTEGER PRIMARY KEY," /* where the message lies, or lay, after a move */
    " birth INTEGER NOT NULL,"  /* UIDVALIDITY << 32 | UID of where it first lay */
    " born INTEGER NOT NULL,"   /* modification sequence of its arrival there */
    " gone INTEGER) STRICT;"    /* Unix microseconds when it left; NULL: it is there */
    "CREATE INDEX place_birth ON place(birth);"
    "CREATE INDEX place_gone ON place(gone) WHERE gone IS NOT NULL;";

/* ---- Conversations ---- */

static guint64 thread_of(Bytes ancestry) {
    MessageReferences references;
    message_references_read(ancestry, &references);
    return references.count > 0 ? references.ids[0] : references.own;
}

gint64 store_thread_number(Bytes ancestry) {
    return (gint64)thread_of(ancestry);
}

gboolean store_email_thread(Store *store, DbConn *conn, const StoreMessage *message,
                            guint64 *thread, GError **error) {
    g_auto(Buffer) scratch;
    Bytes packed;
    buffer_init(&scratch, 4096);
    if (!store_message_ancestry(store, conn, message, &scratch, &packed, error))
        return FALSE;
    *thread = thread_of(packed);
    return TRUE;
}

/* As message_parse counts them. */
static guint traits_of(Bytes structure) {
    MessagePartIter iter;
    MessagePart part;
    if (message_part_iter_init(&iter, structure))
        while (message_part_next(&iter, &part))
            if (part.attachment)
                return STORE_TRAIT_ATTACHMENT;
    return 0;
}

/* ---- Places ---- */

/* A message is about to be moved: its name, and when it got it. */
gboolean store_place_of(DbConn *conn, const StoreBox *from, guint32 uid, StorePlace *out,
                        GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT birth, born FROM place WHERE key = ?");
    db_bind_int(stmt, 1, store_key(from->id, uid));
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *out = (StorePlace){(StoreBirth)db_column_int(stmt, 0), db_column_int(stmt, 1)};
    db_reset(stmt);
    if (step != DB_DONE)
        return step == DB_ROW;
    stmt = db_prepare(conn, "SELECT created_modseq FROM message WHERE key = ?");
    db_bind_int(stmt, 1, store_key(from->id, uid));
    step = db_step(stmt, error);
    if (step == DB_ROW)
        *out = (StorePlace){store_birth(from->uidvalidity, uid), db_column_int(stmt, 0)};
    db_reset(stmt);
    return step == DB_ROW ||
           (step == DB_DONE && cv_fail(error, CV_ERROR_CORRUPT, "a message vanished as it moved"));
}

gboolean store_place_put(DbConn *conn, const StorePlace *place, gint64 key, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO place(key, birth, born) VALUES(?,?,?)");
    db_bind(stmt, "iii", key, (gint64)place->birth, place->born);
    return db_run(stmt, error);
}

gboolean store_place_leave(DbConn *conn, gint64 first, gint64 last, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE place SET gone = ? WHERE key BETWEEN ? AND ?"
                                    " AND gone IS NULL");
    db_bind(stmt, "iii", clock_now(), first, last);
    return db_run(stmt, error);
}

static gboolean forget_places(DbConn *conn, gpointer data, GError **error) {
    gint64 *before = data; /* 0 afterwards: nothing was left to do */
    DbStmt *stmt = db_prepare(conn, "DELETE FROM place WHERE key IN (SELECT key FROM place"
                                    " WHERE gone < ? ORDER BY gone LIMIT ?)");
    db_bind(stmt, "ii", *before, (gint64)STORE_SLICE);
    if (!db_run(stmt, error))
        return FALSE;
    if (db_changes(conn) < STORE_SLICE)
        *before = 0;
    return TRUE;
}

/* Asked by a reader, so that a sweep that finds nothing writes nothing. */
static gboolean is_old(Store *store, gint64 before, gboolean *old, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM place WHERE gone < ? LIMIT 1");
    db_bind_int(stmt, 1, before);
    DbStep step = db_step(stmt, error);
    *old = step == DB_ROW;
    return step != DB_FAILED;
}

gboolean store_place_sweep(Store *store, gint64 before, GError **error) {
    gboolean old = FALSE;
    if (!is_old(store, before, &old, error))
        return FALSE;
    while (old && before > 0)
        if (!db_write(store->db, forget_places, &before, error))
            return FALSE;
    return TRUE;
}

gboolean store_email_birth(DbConn *conn, gint64 mailbox, guint32 uidvalidity, guint32 uid,
                           StoreBirth *birth, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT birth FROM place WHERE key = ?");
    db_bind_int(stmt, 1, store_key(mailbox, uid));
    DbStep step = db_step(stmt, error);
    *birth = step == DB_ROW ? (StoreBirth)db_column_int(stmt, 0) : store_birth(uidvalidity, uid);
    db_reset(stmt);
    return step != DB_FAILED;
}

/* 0: there is no mailbox of this UIDVALIDITY in the account. */
static gboolean mailbox_born(DbConn *conn, gint64 account, guint32 uidvalidity, gint64 *mailbox,
                             GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id FROM mailbox WHERE account = ? AND uidvalidity = ?");
    db_bind(stmt, "ii", account, (gint64)uidvalidity);
    DbStep step = db_step(stmt, error);
    *mailbox = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    return step != DB_FAILED;
}

/* What came here from elsewhere was born there. */
static gboolean is_there(DbConn *conn, gint64 key, gboolean *there, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM message m WHERE key = ? AND NOT EXISTS"
                                    "(SELECT 1 FROM place p WHERE p.key = m.key)");
    db_bind_int(stmt, 1, key);
    DbStep step = db_step(stmt, error);
    *there = step == DB_ROW;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean store_email_find(Store *store, DbConn *conn, gint64 account, StoreBirth birth,
                          gint64 *mailbox, guint32 *uid, GError **error) {
    gint64 box;
    gboolean there = FALSE;
    if (!mailbox_born(conn, account, (guint32)(birth >> 32), &box, error))
        return FALSE;
    *uid = (guint32)birth;
    *mailbox = box;
    if (box != 0 && !is_there(conn, store_key(box, *uid), &there, error))
        return FALSE;
    if (there)
        return TRUE;
    DbStmt *stmt = db_prepare(conn, "SELECT m.key FROM place p JOIN message m ON m.key = p.key"
                                    " JOIN mailbox b ON b.id = m.key >> 32"
                                    " WHERE p.birth = ? AND p.gone IS NULL AND b.account = ?");
    db_bind(stmt, "ii", (gint64)birth, account);
    DbStep step = db_step(stmt, error);
    gint64 key = step == DB_ROW ? db_column_int(stmt, 0) : 0;
    db_reset(stmt);
    *mailbox = key == 0 ? 0 : store_key_mailbox(key);
    *uid = key == 0 ? 0 : store_key_uid(key);
    return step != DB_FAILED;
}

/* ---- Walking ---- */

typedef struct {
    guint64 thread;
    guint traits;
    Store *store;
    DbConn *conn;
    GError *error;
} Older;

static gboolean on_older(const StoreMessage *message, gpointer data) {
    Older *older = data;
    older->traits = traits_of(message->structure);
    store_email_thread(older->store, older->conn, message, &older->thread, &older->error);
    return TRUE;
}

/* What a message that came before these columns has not got in its row. */
static gboolean fill_older(Store *store, DbConn *conn, gint64 mailbox, StoreEmail *email,
                           GError **error) {
    Older older = {.store = store, .conn = conn};
    if (!store_message_each(store, conn, mailbox, email->uid, email->uid, STORE_WANT_META, on_older,
                            &older, error))
        return FALSE;
    if (older.error != NULL) {
        g_propagate_error(error, older.error);
        return FALSE;
    }
    email->thread = older.thread;
    email->traits = older.traits;
    return TRUE;
}

static gboolean next_place(DbStmt *places, gint64 *key, StoreBirth *birth, GError **error) {
    DbStep step = db_step(places, error);
    *key = step == DB_ROW ? db_column_int(places, 0) : G_MAXINT64;
    if (step == DB_ROW)
        *birth = (StoreBirth)db_column_int(places, 1);
    return step != DB_FAILED;
}

gboolean store_email_each(Store *store, DbConn *conn, gint64 mailbox, guint32 uidvalidity,
                          guint32 from, guint32 to, StoreEmailEach each, gpointer data,
                          GError **error) {
    gint64 first = store_key(mailbox, from), last = store_key(mailbox, to), place;
    StoreBirth birth = 0;
    DbStmt *places = db_prepare(conn, "SELECT key, birth FROM place WHERE key BETWEEN ? AND ?"
                                      " ORDER BY key");
    db_bind(places, "ii", first, last);
    if (!next_place(places, &place, &birth, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT key, flags, received, size, thread, traits FROM message"
                                    " WHERE key BETWEEN ? AND ? ORDER BY key");
    db_bind(stmt, "ii", first, last);
    gboolean good = TRUE, more = TRUE;
    DbStep step = DB_DONE;
    while (good && more && (step = db_step(stmt, error)) == DB_ROW) {
        gint64 key = db_column_int(stmt, 0);
        StoreEmail email = {.uid = store_key_uid(key),
                            .flags = (StoreFlags)db_column_int(stmt, 1),
                            .received = db_column_int(stmt, 2),
                            .size = (guint64)db_column_int(stmt, 3),
                            .thread = (guint64)db_column_int(stmt, 4),
                            .traits = (guint)db_column_int(stmt, 5)};
        gboolean older = db_column_is_null(stmt, 4);
        while (good && place < key)
            good = next_place(places, &place, &birth, error);
        email.birth = place == key ? birth : store_birth(uidvalidity, email.uid);
        good = good && (!older || fill_older(store, conn, mailbox, &email, error));
        more = good && each(&email, data);
    }
    db_reset(stmt);
    db_reset(places);
    return good && step != DB_FAILED;
}

gboolean store_email_destroy(Store *store, gint64 mailbox, const StoreUids *uids, GError **error) {
    return store_remove(store, mailbox, uids, 0, NULL, NULL, error);
}
