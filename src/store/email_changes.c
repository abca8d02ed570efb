/* What happened in a whole account since a modification sequence, told by e-mail instead of by
 * place. Arrivals and changed flags come from the mailboxes as they are, what vanished from the
 * log. A message that was moved vanished in one mailbox and arrived in another in the same
 * transaction: it is found among the arrivals, and so is not gone. See email.h. */
#include "store/internal.h"

#include "base/clock.h"

#include <string.h>

typedef struct {
    guint32 uidvalidity;
    gboolean alive;
    gboolean held;   /* gone: it held messages that no log entry names */
    guint64 modseq;  /* gone: when */
    gint64 arrivals; /* alive: UIDs from here on arrived since */
} Box;

typedef struct {
    Store *store;
    DbConn *conn;
    gint64 account;
    guint64 since;
    GHashTable *boxes; /* mailbox (gint64 *) → Box */
    GHashTable *found; /* birth (gint64 *, in the value) → StoreEmailChange */
    gboolean complete;
} Walk;

static gpointer key_of(gint64 number) {
    return g_memdup2(&number, sizeof number);
}

static void add(Walk *walk, StoreChangeKind kind, guint64 modseq, StoreBirth birth,
                gint64 mailbox) {
    StoreEmailChange *change = g_new(StoreEmailChange, 1);
    *change = (StoreEmailChange){kind, modseq, birth, mailbox};
    g_hash_table_replace(walk->found, &change->birth, change);
}

/* It is somewhere. (What went through several places left each of them; the last time counts.) */
static gboolean is_alive(const Walk *walk, StoreBirth birth) {
    const StoreEmailChange *change = g_hash_table_lookup(walk->found, &birth);
    return change != NULL && change->kind != STORE_DESTROYED;
}

/* ---- What is there ---- */

/* A row with its place: born NULL where it was never moved. */
static void add_row(Walk *walk, gint64 mailbox, guint32 uidvalidity, DbStmt *stmt,
                    gboolean arrived) {
    guint64 modseq = (guint64)db_column_int(stmt, 1), born = (guint64)db_column_int(stmt, 2);
    guint32 uid = store_key_uid(db_column_int(stmt, 0));
    StoreBirth birth = db_column_is_null(stmt, 3) ? store_birth(uidvalidity, uid)
                                                  : (StoreBirth)db_column_int(stmt, 3);
    if (modseq <= walk->since)
        return;
    /* It counts as made when it was: a client that stops before a later change must have it. */
    gboolean made = arrived && born > walk->since;
    add(walk, made ? STORE_CREATED : STORE_UPDATED, made ? born : modseq, birth, mailbox);
}

static gboolean add_rows(Walk *walk, gint64 mailbox, guint32 uidvalidity, gint64 first, gint64 last,
                         gboolean arrived, GError **error) {
    if (first > last)
        return TRUE;
    DbStmt *stmt =
        db_prepare(walk->conn, "SELECT m.key, m.modseq, coalesce(p.born, m.created_modseq), p.birth"
                               " FROM message m LEFT JOIN place p ON p.key = m.key"
                               " WHERE m.key BETWEEN ? AND ? ORDER BY m.key");
    db_bind(stmt, "ii", (mailbox << 32) + first, (mailbox << 32) + last);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        add_row(walk, mailbox, uidvalidity, stmt, arrived);
    return step == DB_DONE;
}

static gboolean add_arrivals(Walk *walk, gint64 mailbox, GError **error) {
    StoreBox box;
    Box *known = g_hash_table_lookup(walk->boxes, &mailbox);
    if (!store_box_load(walk->conn, mailbox, &box, error))
        return FALSE;
    known->arrivals = box.uidnext;
    if (box.modseq <= walk->since)
        return TRUE;
    return store_first_arrival(walk->conn, &box, walk->since, &known->arrivals, error) &&
           add_rows(walk, mailbox, box.uidvalidity, known->arrivals, G_MAXUINT32, TRUE, error);
}

static gboolean load_boxes(Walk *walk, GError **error) {
    DbStmt *stmt = db_prepare(walk->conn, "SELECT id, uidvalidity FROM mailbox WHERE account = ?");
    db_bind_int(stmt, 1, walk->account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Box *box = g_new0(Box, 1);
        *box = (Box){.uidvalidity = (guint32)db_column_int(stmt, 1), .alive = TRUE};
        g_hash_table_insert(walk->boxes, key_of(db_column_int(stmt, 0)), box);
    }
    return step == DB_DONE;
}

static gboolean add_all_arrivals(Walk *walk, GError **error) {
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(walk->boxes, NULL);
    for (gsize i = 0; keys[i] != NULL; i++)
        if (!add_arrivals(walk, *(gint64 *)keys[i], error))
            return FALSE;
    return TRUE;
}

/* ---- What the log has ---- */

typedef struct {
    gint64 mailbox;
    guint64 modseq;
    gint64 kind;
    StoreUids *uids;
} Entry;

static void entry_clear(gpointer data) {
    store_uids_free(((Entry *)data)->uids);
}

/* "6925a1b3" in decimal, with a plus behind it where messages were left in the mailbox. */
static void note_gone(Walk *walk, gint64 mailbox, guint64 modseq, const char *text) {
    Box *box = g_new0(Box, 1);
    *box = (Box){.uidvalidity = (guint32)g_ascii_strtoull(text, NULL, 10),
                 .modseq = modseq,
                 .held = strchr(text, '+') != NULL};
    g_hash_table_insert(walk->boxes, key_of(mailbox), box);
}

static GArray *read_log(Walk *walk, GError **error) {
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(entries, entry_clear);
    DbStmt *stmt = db_prepare(walk->conn, "SELECT mailbox, modseq, kind, uids FROM change"
                                          " WHERE account = ? AND modseq > ? ORDER BY modseq");
    db_bind(stmt, "ii", walk->account, (gint64)MIN(walk->since, G_MAXINT64));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Entry entry = {db_column_int(stmt, 0), (guint64)db_column_int(stmt, 1),
                       db_column_int(stmt, 2), NULL};
        if (entry.kind == STORE_KIND_BOX_GONE)
            note_gone(walk, entry.mailbox, entry.modseq, db_column_text(stmt, 3));
        if (entry.kind > STORE_KIND_EXPUNGED)
            continue;
        entry.uids = store_uids_new();
        g_array_append_val(entries, entry);
        if (!store_uids_parse(entry.uids, db_column_bytes(stmt, 3))) {
            db_reset(stmt);
            cv_fail(error, CV_ERROR_CORRUPT,
                    "the change log of account %" G_GINT64_FORMAT
                    " is damaged; run `congvu doctor`",
                    walk->account);
            return NULL;
        }
    }
    return step == DB_DONE ? g_steal_pointer(&entries) : NULL;
}

static gboolean add_touched(Walk *walk, const Entry *entry, GError **error) {
    const Box *box = g_hash_table_lookup(walk->boxes, &entry->mailbox);
    guint32 first, last;
    if (box == NULL || !box->alive)
        return TRUE;
    for (guint32 i = 0; store_uids_run(entry->uids, i, &first, &last); i++)
        if (!add_rows(walk, entry->mailbox, box->uidvalidity, first,
                      MIN((gint64)last, box->arrivals - 1), FALSE, error))
            return FALSE;
    return TRUE;
}

/* One place that a message has left for good or for another. */
static gboolean add_vanished(Walk *walk, const Box *box, gint64 mailbox, guint32 uid,
                             guint64 modseq, GError **error) {
    DbStmt *stmt = db_prepare(walk->conn, "SELECT birth, born FROM place WHERE key = ?");
    db_bind_int(stmt, 1, store_key(mailbox, uid));
    DbStep step = db_step(stmt, error);
    StoreBirth birth =
        step == DB_ROW ? (StoreBirth)db_column_int(stmt, 0) : store_birth(box->uidvalidity, uid);
    gboolean made = step == DB_ROW ? (guint64)db_column_int(stmt, 1) > walk->since
                                   : box->alive && uid >= box->arrivals;
    db_reset(stmt);
    if (step != DB_FAILED && !made && !is_alive(walk, birth))
        add(walk, STORE_DESTROYED, modseq, birth, mailbox);
    return step != DB_FAILED;
}

static gboolean add_expunged(Walk *walk, const Entry *entry, GError **error) {
    const Box *box = g_hash_table_lookup(walk->boxes, &entry->mailbox);
    guint32 first, last;
    if (box == NULL) { /* deleted by a version that did not log it */
        walk->complete = FALSE;
        return TRUE;
    }
    for (guint32 i = 0; store_uids_run(entry->uids, i, &first, &last); i++)
        for (guint64 uid = first; uid <= last; uid++)
            if (!add_vanished(walk, box, entry->mailbox, (guint32)uid, entry->modseq, error))
                return FALSE;
    return TRUE;
}

/* ---- Mailboxes that went with what was in them ---- */

static gboolean is_unswept(DbConn *conn, gint64 mailbox, gboolean *unswept, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT at FROM gone WHERE mailbox = ?");
    db_bind_int(stmt, 1, mailbox);
    DbStep step = db_step(stmt, error);
    *unswept = step == DB_ROW && db_column_int(stmt, 0) > clock_now() - STORE_EXPUNGED_AGE;
    db_reset(stmt);
    return step != DB_FAILED;
}

static gboolean add_left(Walk *walk, gint64 mailbox, const Box *box, GError **error) {
    DbStmt *stmt =
        db_prepare(walk->conn, "SELECT m.key, p.birth, coalesce(p.born, m.created_modseq)"
                               " FROM message m LEFT JOIN place p ON p.key = m.key"
                               " WHERE m.key BETWEEN ? AND ?");
    db_bind(stmt, "ii", store_key(mailbox, 0), store_key(mailbox, G_MAXUINT32));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        guint32 uid = store_key_uid(db_column_int(stmt, 0));
        StoreBirth birth = db_column_is_null(stmt, 1) ? store_birth(box->uidvalidity, uid)
                                                      : (StoreBirth)db_column_int(stmt, 1);
        if ((guint64)db_column_int(stmt, 2) <= walk->since && !is_alive(walk, birth))
            add(walk, STORE_DESTROYED, box->modseq, birth, mailbox);
    }
    return step == DB_DONE;
}

static gboolean add_gone(Walk *walk, GError **error) {
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, walk->boxes);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Box *box = value;
        gint64 mailbox = *(gint64 *)key;
        gboolean unswept = TRUE;
        if (box->alive || !box->held)
            continue;
        if (!is_unswept(walk->conn, mailbox, &unswept, error) ||
            !add_left(walk, mailbox, box, error))
            return FALSE;
        walk->complete = walk->complete && unswept;
    }
    return TRUE;
}

/* ---- All of it ---- */

static gboolean add_logged(Walk *walk, const GArray *entries, gint64 kind, GError **error) {
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);
        if (entry->kind == kind &&
            !(kind == STORE_KIND_FLAGS ? add_touched : add_expunged)(walk, entry, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean walk_all(Walk *walk, GError **error) {
    if (!load_boxes(walk, error))
        return FALSE;
    g_autoptr(GArray) entries = NULL;
    return add_all_arrivals(walk, error) && (entries = read_log(walk, error)) != NULL &&
           add_logged(walk, entries, STORE_KIND_FLAGS, error) &&
           add_logged(walk, entries, STORE_KIND_EXPUNGED, error) && add_gone(walk, error);
}

static gint compare(gconstpointer a, gconstpointer b) {
    const StoreEmailChange *x = a, *y = b;
    if (x->modseq != y->modseq)
        return x->modseq < y->modseq ? -1 : 1;
    return x->birth < y->birth ? -1 : x->birth > y->birth;
}

static gboolean begin(DbConn *conn, gint64 account, guint64 since, gboolean *complete,
                      GError **error) {
    guint64 horizon = 0;
    if (!store_load_horizon(conn, account, &horizon, error))
        return FALSE;
    *complete = since >= horizon;
    return TRUE;
}

gboolean store_email_changes(Store *store, DbConn *conn, gint64 account, guint64 since, GArray *out,
                             gboolean *complete, GError **error) {
    if (!begin(conn, account, since, complete, error))
        return FALSE;
    if (!*complete)
        return TRUE;
    Walk walk = {.store = store,
                 .conn = conn,
                 .account = account,
                 .since = since,
                 .complete = TRUE,
                 .boxes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                 .found = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free)};
    gboolean good = walk_all(&walk, error);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, walk.found);
    while (good && g_hash_table_iter_next(&iter, NULL, &value))
        g_array_append_vals(out, value, 1);
    g_array_sort(out, compare);
    *complete = walk.complete;
    g_hash_table_unref(walk.boxes);
    g_hash_table_unref(walk.found);
    return good;
}

/* ---- Mailboxes ---- */

static StoreMailboxChange *change_of(GArray *out, guint32 uidvalidity) {
    for (guint i = 0; i < out->len; i++)
        if (g_array_index(out, StoreMailboxChange, i).uidvalidity == uidvalidity)
            return &g_array_index(out, StoreMailboxChange, i);
    StoreMailboxChange change = {STORE_UPDATED, uidvalidity, FALSE};
    g_array_append_val(out, change);
    return &g_array_index(out, StoreMailboxChange, out->len - 1);
}

static gboolean add_counts(DbConn *conn, gint64 account, guint64 since, GArray *out,
                           GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT uidvalidity FROM mailbox WHERE account = ?"
                                    " AND modseq > ?");
    db_bind(stmt, "ii", account, (gint64)since);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        change_of(out, (guint32)db_column_int(stmt, 0));
    return step == DB_DONE;
}

/* In order of the log: what was made and went since is known by nobody. */
static void apply(GArray *out, gint64 kind, guint32 uidvalidity) {
    StoreMailboxChange *change = change_of(out, uidvalidity);
    if (kind == STORE_KIND_BOX_MADE)
        change->kind = STORE_CREATED;
    else if (kind == STORE_KIND_BOX_CHANGED)
        change->named = TRUE;
    else if (change->kind == STORE_CREATED)
        g_array_remove_index_fast(out, (guint)(change - (StoreMailboxChange *)(void *)out->data));
    else
        change->kind = STORE_DESTROYED;
}

gboolean store_mailbox_changes(Store *store, DbConn *conn, gint64 account, guint64 since,
                               GArray *out, gboolean *complete, GError **error) {
    if (!begin(conn, account, since, complete, error))
        return FALSE;
    if (!*complete)
        return TRUE;
    since = MIN(since, G_MAXINT64);
    if (!add_counts(conn, account, since, out, error))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, "SELECT kind, uids FROM change WHERE account = ?"
                                    " AND modseq > ? AND kind > 2 ORDER BY modseq");
    db_bind(stmt, "ii", account, (gint64)since);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        apply(out, db_column_int(stmt, 0),
              (guint32)g_ascii_strtoull(db_column_text(stmt, 1), NULL, 10));
    return step == DB_DONE;
}
