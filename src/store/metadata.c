/* Annotations; see metadata.h. */
#include "store/metadata.h"

#include "store/internal.h"

typedef struct {
    Store *store;
    gint64 who;
    const StoreMetadata *entries;
    guint count;
    guint64 sequence;
} Set;

gboolean store_metadata_sequence(DbConn *conn, guint64 *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT value FROM counter WHERE name = 'metadata'");
    DbStep step = db_step(stmt, error);
    if (step == DB_ROW)
        *out = (guint64)db_column_int(stmt, 0);
    db_reset(stmt);
    return step == DB_ROW || (step == DB_DONE && cv_fail(error, CV_ERROR_CORRUPT,
                                                         "the counter of metadata is missing"));
}

static gboolean next_sequence(DbConn *conn, guint64 *out, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE counter SET value = value + 1 WHERE name = 'metadata'");
    return db_run(stmt, error) && store_metadata_sequence(conn, out, error);
}

/* One number of one row. */
static gboolean ask(DbStmt *stmt, gint64 *out, GError **error) {
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    *out = db_column_int(stmt, 0);
    db_reset(stmt);
    return TRUE;
}

static gboolean check_room(DbConn *conn, gint64 account, const StoreMetadata *entry,
                           GError **error) {
    gint64 entries, bytes;
    DbStmt *stmt = db_prepare(conn, "SELECT count(*) FROM metadata WHERE account = ? AND"
                                    " mailbox = ? AND shared = ? AND value IS NOT NULL");
    db_bind(stmt, "iii", account, entry->mailbox, (gint64)entry->shared);
    if (!ask(stmt, &entries, error))
        return FALSE;
    stmt = db_prepare(conn, "SELECT coalesce(sum(length(entry) + length(value)), 0) FROM metadata"
                            " WHERE account = ? AND value IS NOT NULL");
    db_bind_int(stmt, 1, account);
    if (!ask(stmt, &bytes, error))
        return FALSE;
    if (entries > STORE_METADATA_ENTRIES)
        return cv_fail(error, CV_ERROR_LIMIT, "a mailbox may have %d annotations; remove one first",
                       STORE_METADATA_ENTRIES);
    return bytes <= STORE_METADATA_BYTES ||
           cv_fail(error, CV_ERROR_LIMIT,
                   "the annotations of an account may have %d bytes; remove one first",
                   STORE_METADATA_BYTES);
}

/* Names without a value that nobody will ask for any more. */
static gboolean forget_removed(DbConn *conn, gint64 account, const StoreMetadata *entry,
                               GError **error) {
    DbStmt *stmt = db_prepare(conn, "DELETE FROM metadata WHERE account = ?1 AND mailbox = ?2"
                                    " AND shared = ?3 AND value IS NULL AND sequence <= (SELECT"
                                    " sequence FROM metadata WHERE account = ?1 AND mailbox = ?2"
                                    " AND shared = ?3 AND value IS NULL ORDER BY sequence DESC"
                                    " LIMIT 1 OFFSET ?4)");
    db_bind(stmt, "iiii", account, entry->mailbox, (gint64)entry->shared,
            (gint64)STORE_METADATA_ENTRIES);
    return db_run(stmt, error);
}

static gboolean set_one(Set *set, DbConn *conn, const StoreMetadata *entry, GError **error) {
    StoreBox box = {0};
    if (entry->mailbox != 0 && !store_box_load(conn, entry->mailbox, &box, error))
        return FALSE;
    if (entry->mailbox == 0 && entry->shared)
        return cv_fail(error, CV_ERROR_DENIED, "annotations of the server are read only");
    gint64 account = entry->shared ? box.account : set->who;
    if (!next_sequence(conn, &set->sequence, error))
        return FALSE;
    DbStmt *stmt =
        entry->value.p != NULL
            ? db_prepare(conn, "INSERT OR REPLACE INTO metadata(account, mailbox, shared, entry,"
                               " sequence, value) VALUES(?,?,?,?,?,?)")
            : db_prepare(conn, "UPDATE metadata SET value = NULL, sequence = ?5 WHERE account = ?1"
                               " AND mailbox = ?2 AND shared = ?3 AND entry = ?4"
                               " AND value IS NOT NULL");
    db_bind(stmt, "iiiti", account, entry->mailbox, (gint64)entry->shared, entry->entry,
            (gint64)set->sequence);
    if (entry->value.p != NULL)
        db_bind_bytes(stmt, 6, entry->value);
    if (!db_run(stmt, error) ||
        !(entry->value.p != NULL ? check_room(conn, account, entry, error)
                                 : forget_removed(conn, account, entry, error)))
        return FALSE;
    if (entry->mailbox == 0)
        return store_publish_account(set->store, conn, set->who, STORE_EVENT_METADATA, error);
    store_publish(set->store, conn, box.id, box.modseq, STORE_EVENT_METADATA);
    return TRUE;
}

static gboolean set_work(DbConn *conn, gpointer data, GError **error) {
    Set *set = data;
    for (guint i = 0; i < set->count; i++)
        if (!set_one(set, conn, &set->entries[i], error))
            return FALSE;
    return TRUE;
}

gboolean store_metadata_set(Store *store, gint64 who, const StoreMetadata *entries, guint count,
                            guint64 *sequence, GError **error) {
    Set set = {store, who, entries, count, 0};
    if (!db_write(store->db, set_work, &set, error))
        return FALSE;
    *sequence = set.sequence;
    return TRUE;
}

static gboolean walk(DbStmt *stmt, StoreMetadataEach each, gpointer data, GError **error) {
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        StoreMetadata metadata = {
            .mailbox = db_column_int(stmt, 0),
            .shared = db_column_int(stmt, 1) != 0,
            .entry = db_column_text(stmt, 2),
            .sequence = (guint64)db_column_int(stmt, 3),
        };
        if (!db_column_is_null(stmt, 4)) {
            metadata.value = db_column_bytes(stmt, 4);
            if (metadata.value.p == NULL)
                metadata.value.p = (const guint8 *)"";
        }
        if (!each(&metadata, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean store_metadata_each(DbConn *conn, gint64 account, gint64 mailbox, gboolean shared,
                             StoreMetadataEach each, gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT mailbox, shared, entry, sequence, value FROM metadata"
                                    " WHERE account = ? AND mailbox = ? AND shared = ?"
                                    " AND value IS NOT NULL ORDER BY entry");
    db_bind(stmt, "iii", account, mailbox, (gint64)shared);
    return walk(stmt, each, data, error);
}

gboolean store_metadata_changes(DbConn *conn, gint64 who, guint64 since, StoreMetadataEach each,
                                gpointer data, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT mailbox, shared, entry, sequence, value FROM metadata"
                                    " WHERE sequence > ? AND (shared = 1 OR account = ?)"
                                    " ORDER BY sequence");
    db_bind(stmt, "ii", (gint64)since, who);
    return walk(stmt, each, data, error);
}
