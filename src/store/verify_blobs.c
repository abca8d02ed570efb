/* The references of blobs against the rows that hold them: messages, expunged messages, entries of
 * the outbound queue, mailings under way, uploads, evidence. The counts stand in one array over the
 * range of blob numbers (they are dense), four bytes each, filled in slices; what differs then is
 * counted once more in one transaction, because the server may have been at work in between. To
 * repair is to take that transaction for writing. */
#include "store/internal.h"

enum { READ_SLICE = 20000 };

#define N "%" G_GINT64_FORMAT

typedef struct {
    Store *store;
    gint64 first, last; /* range of blob numbers */
    guint32 *counts;
    GHashTable *suspects; /* blob (gint64 *) → the key itself */
} Sum;

static const struct {
    const char *slice;   /* rows behind ?1, at most ?2: key, blob */
    const char *recount; /* references to blob ?1 can only be found by a walk */
} holders[] = {
    {"SELECT key, blob FROM message WHERE key > ? ORDER BY key LIMIT ?",
     "SELECT blob FROM message"},
    {"SELECT key, blob FROM expunged WHERE key > ? ORDER BY key LIMIT ?",
     "SELECT blob FROM expunged"},
    {"SELECT id, blob FROM queue_entry WHERE id > ? ORDER BY id LIMIT ?",
     "SELECT blob FROM queue_entry"},
    {"SELECT id, blob FROM mailing WHERE id > ? AND blob IS NOT NULL ORDER BY id LIMIT ?",
     "SELECT blob FROM mailing WHERE blob IS NOT NULL"},
    {"SELECT id, blob FROM upload WHERE id > ? ORDER BY id LIMIT ?", "SELECT blob FROM upload"},
    {"SELECT id, blob FROM evidence WHERE id > ? ORDER BY id LIMIT ?", "SELECT blob FROM evidence"},
};

static void suspect(Sum *sum, gint64 blob) {
    gint64 *key = g_new(gint64, 1);
    *key = blob;
    g_hash_table_add(sum->suspects, key);
}

static gboolean count_slice(Sum *sum, const char *sql, gint64 *after, gboolean *end,
                            GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(sum->store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, sql);
    db_bind(stmt, "ii", *after, (gint64)READ_SLICE);
    guint seen = 0;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        *after = db_column_int(stmt, 0);
        gint64 blob = db_column_int(stmt, 1);
        seen++;
        if (blob >= sum->first && blob <= sum->last)
            sum->counts[blob - sum->first]++;
        else
            suspect(sum, blob);
    }
    *end = seen < READ_SLICE;
    return step == DB_DONE;
}

static gboolean count_all(Sum *sum, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(holders); i++) {
        gint64 after = -1;
        for (gboolean end = FALSE; !end;)
            if (!count_slice(sum, holders[i].slice, &after, &end, error))
                return FALSE;
    }
    return TRUE;
}

static gboolean load_range(Sum *sum, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(sum->store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT (SELECT min(id) FROM blob), (SELECT max(id) FROM"
                                    " blob)");
    if (db_step(stmt, error) != DB_ROW)
        return FALSE;
    sum->first = db_column_int(stmt, 0);
    sum->last = db_column_int(stmt, 1);
    gsize n = (gsize)(sum->last - sum->first) + 1;
    sum->counts = n > G_MAXSIZE / 8 ? NULL : g_try_new0(guint32, n);
    return sum->counts != NULL ||
           cv_fail(error, CV_ERROR_LIMIT, "there is no memory to count " N " blobs", (gint64)n);
}

/* Compares a slice of the blobs' rows with the counts; a number without a row must have none. */
static gboolean compare_slice(Sum *sum, gint64 *next, gboolean *end, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(sum->store->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT id, refs FROM blob WHERE id BETWEEN ? AND ?"
                                    " ORDER BY id LIMIT ?");
    db_bind(stmt, "iii", *next, sum->last, (gint64)READ_SLICE);
    guint seen = 0;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        for (; *next < id; (*next)++)
            if (sum->counts[*next - sum->first] != 0)
                suspect(sum, *next);
        if ((gint64)sum->counts[id - sum->first] != db_column_int(stmt, 1))
            suspect(sum, id);
        *next = id + 1;
        seen++;
    }
    *end = seen < READ_SLICE;
    return step == DB_DONE;
}

/* ---- Counting the suspects again ---- */

static gint64 refs_of(DbConn *conn, gint64 blob) {
    DbStmt *stmt = db_prepare(conn, "SELECT refs FROM blob WHERE id = ?");
    db_bind_int(stmt, 1, blob);
    gint64 refs = db_step(stmt, NULL) == DB_ROW ? db_column_int(stmt, 0) : -1;
    db_reset(stmt);
    return refs;
}

static gboolean recount(GHashTable *suspects, DbConn *conn, GHashTable *found, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(holders); i++) {
        DbStmt *stmt = db_prepare(conn, holders[i].recount);
        DbStep step;
        while ((step = db_step(stmt, error)) == DB_ROW) {
            gint64 blob = db_column_int(stmt, 0);
            gpointer key = g_hash_table_lookup(suspects, &blob);
            if (key != NULL)
                g_hash_table_insert(
                    found, key,
                    GSIZE_TO_POINTER(GPOINTER_TO_SIZE(g_hash_table_lookup(found, key)) + 1));
        }
        if (step == DB_FAILED)
            return FALSE;
    }
    return TRUE;
}

/* One suspect, counted in one transaction: what is wrong with it (g_free), NULL when nothing is.
 * *change: how many references its row lacks. */
static char *judge(DbConn *conn, gint64 blob, gint64 rows, gint64 *change) {
    gint64 refs = refs_of(conn, blob);
    *change = refs < 0 ? 0 : rows - refs;
    if (refs < 0 && rows > 0)
        return g_strdup_printf("blob " N " does not exist but " N " messages need it", blob, rows);
    if (refs >= 0 && refs != rows)
        return g_strdup_printf("blob " N " counts " N " references, there are " N, blob, refs,
                               rows);
    return NULL;
}

typedef struct {
    GHashTable *suspects;
    gboolean repair;
    void (*finding)(const char *text, gpointer data);
    gpointer data;
} Judge;

/* A DbWork when it repairs. */
static gboolean judge_suspects(DbConn *conn, gpointer data, GError **error) {
    Judge *judged = data;
    g_autoptr(GHashTable) found = g_hash_table_new(g_int64_hash, g_int64_equal);
    if (!recount(judged->suspects, conn, found, error))
        return FALSE;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, judged->suspects);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        gint64 rows = (gint64)GPOINTER_TO_SIZE(g_hash_table_lookup(found, key)), change;
        g_autofree char *text = judge(conn, *(gint64 *)key, rows, &change);
        if (text != NULL && judged->repair && change != 0) {
            if (!blob_reference(conn, *(gint64 *)key, change, error))
                return FALSE;
            g_autofree char *repaired = g_strconcat(text, "; set right", NULL);
            judged->finding(repaired, judged->data);
        } else if (text != NULL) {
            judged->finding(text, judged->data);
        }
    }
    return TRUE;
}

static gboolean judge_all(Store *store, Judge *judged, GError **error) {
    if (g_hash_table_size(judged->suspects) == 0)
        return TRUE;
    if (judged->repair)
        return db_write(store->db, judge_suspects, judged, error);
    g_autoptr(DbConn) conn = db_read_begin(store->db, error);
    return conn != NULL && judge_suspects(conn, judged, error);
}

gboolean store_verify_blobs(Store *store, gboolean repair,
                            void (*finding)(const char *text, gpointer data), gpointer data,
                            GError **error) {
    Sum sum = {.store = store};
    sum.suspects = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Judge judged = {sum.suspects, repair, finding, data};
    gboolean ok = load_range(&sum, error) && count_all(&sum, error);
    gint64 next = sum.first;
    for (gboolean end = FALSE; ok && !end;)
        ok = compare_slice(&sum, &next, &end, error);
    for (; ok && next <= sum.last && next > 0; next++)
        if (sum.counts[next - sum.first] != 0)
            suspect(&sum, next);
    ok = ok && judge_all(store, &judged, error);
    g_free(sum.counts);
    g_hash_table_unref(sum.suspects);
    return ok;
}
