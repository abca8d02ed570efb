/* UID maps as sorted runs of consecutive UIDs. `before` of a run (how many UIDs lie in front of it)
 * is right for the first `counted` runs only and brought up to date on demand, so that a removal
 * costs no walk over all later runs. A run never touches the next: [1,3] and [4,5] are [1,5]. */
#include "store/internal.h"

typedef struct {
    guint32 first, last;
    guint32 before;
} Run;

struct StoreUids {
    Run *runs;
    guint32 n, capacity;
    guint32 counted;
    guint32 count;
};

StoreUids *store_uids_new(void) {
    return g_new0(StoreUids, 1);
}

void store_uids_free(StoreUids *uids) {
    if (uids == NULL)
        return;
    g_free(uids->runs);
    g_free(uids);
}

guint32 store_uids_count(const StoreUids *uids) {
    return uids->count;
}

guint32 store_uids_last(const StoreUids *uids) {
    return uids->n == 0 ? 0 : uids->runs[uids->n - 1].last;
}

/* Brings `before` up to date for the first `runs` runs. The map is constant for its user: this is
 * a remembered result, not a change (and a map belongs to one thread at a time). */
static void count_up(const StoreUids *uids, guint32 runs) {
    StoreUids *own = (StoreUids *)uids;
    for (guint32 i = own->counted; i < runs; i++)
        own->runs[i].before =
            i == 0 ? 0
                   : own->runs[i - 1].before + (own->runs[i - 1].last - own->runs[i - 1].first + 1);
    own->counted = MAX(own->counted, runs);
}

/* The first run that ends at or behind uid; n when there is none. */
static guint32 find_run(const StoreUids *uids, guint32 uid) {
    guint32 low = 0, high = uids->n;
    while (low < high) {
        guint32 middle = low + (high - low) / 2;
        if (uids->runs[middle].last < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint32 store_uids_at(const StoreUids *uids, guint32 sequence) {
    if (sequence == 0 || sequence > uids->count)
        return 0;
    count_up(uids, uids->n);
    guint32 low = 0, high = uids->n; /* the last run with before < sequence */
    while (high - low > 1) {
        guint32 middle = low + (high - low) / 2;
        if (uids->runs[middle].before < sequence)
            low = middle;
        else
            high = middle;
    }
    return uids->runs[low].first + (sequence - uids->runs[low].before - 1);
}

guint32 store_uids_sequence_from(const StoreUids *uids, guint32 uid) {
    guint32 i = find_run(uids, uid);
    if (i == uids->n)
        return uids->count + 1;
    count_up(uids, i + 1);
    const Run *run = &uids->runs[i];
    return run->before + 1 + (uid > run->first ? uid - run->first : 0);
}

guint32 store_uids_sequence(const StoreUids *uids, guint32 uid) {
    guint32 i = find_run(uids, uid);
    if (i == uids->n || uids->runs[i].first > uid)
        return 0;
    return store_uids_sequence_from(uids, uid);
}

/* Replaces runs [at, at + out) by `in` others, whose content the caller fills. */
static void splice(StoreUids *uids, guint32 at, guint32 out, guint32 in) {
    guint32 n = uids->n - out + in;
    if (n > uids->capacity) {
        uids->capacity = MAX(n, MAX(4, uids->capacity * 2));
        uids->runs = g_renew(Run, uids->runs, uids->capacity);
    }
    if (uids->n > at + out && in != out)
        memmove(uids->runs + at + in, uids->runs + at + out, (uids->n - at - out) * sizeof(Run));
    uids->n = n;
    uids->counted = MIN(uids->counted, at);
}

void store_uids_add_run(StoreUids *uids, guint32 first, guint32 last) {
    if (first == 0 || first > last)
        return;
    /* The runs that overlap or touch [first, last] are at … end - 1. */
    guint32 at = find_run(uids, first == 1 ? 1 : first - 1);
    guint32 end = at;
    guint32 held = 0;
    Run run = {first, last, 0};
    while (end < uids->n && (last == G_MAXUINT32 || uids->runs[end].first <= last + 1)) {
        run.first = MIN(run.first, uids->runs[end].first);
        run.last = MAX(run.last, uids->runs[end].last);
        held += uids->runs[end].last - uids->runs[end].first + 1;
        end++;
    }
    splice(uids, at, end - at, 1);
    uids->runs[at] = run;
    uids->count += run.last - run.first + 1 - held;
}

void store_uids_append(StoreUids *uids, guint32 uid) {
    g_assert(uid > store_uids_last(uids));
    if (uids->n > 0 && uids->runs[uids->n - 1].last == uid - 1) {
        uids->runs[uids->n - 1].last = uid;
    } else {
        splice(uids, uids->n, 0, 1);
        uids->runs[uids->n - 1] = (Run){uid, uid, 0};
    }
    uids->count++;
}

gboolean store_uids_add(StoreUids *uids, guint32 uid) {
    guint32 before = uids->count;
    store_uids_add_run(uids, uid, uid);
    return uids->count != before;
}

gboolean store_uids_remove(StoreUids *uids, guint32 uid) {
    guint32 i = find_run(uids, uid);
    if (i == uids->n || uids->runs[i].first > uid)
        return FALSE;
    Run run = uids->runs[i];
    guint32 pieces = (uid > run.first ? 1 : 0) + (uid < run.last ? 1 : 0);
    splice(uids, i, 1, pieces);
    if (uid > run.first)
        uids->runs[i++] = (Run){run.first, uid - 1, 0};
    if (uid < run.last)
        uids->runs[i] = (Run){uid + 1, run.last, 0};
    uids->count--;
    return TRUE;
}

gboolean store_uids_run(const StoreUids *uids, guint32 index, guint32 *first, guint32 *last) {
    if (index >= uids->n)
        return FALSE;
    *first = uids->runs[index].first;
    *last = uids->runs[index].last;
    return TRUE;
}

void store_uids_write(const StoreUids *uids, Buffer *out) {
    for (guint32 i = 0; i < uids->n; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        buffer_append_u64(out, uids->runs[i].first);
        if (uids->runs[i].last > uids->runs[i].first) {
            buffer_append_byte(out, ':');
            buffer_append_u64(out, uids->runs[i].last);
        }
    }
}

gboolean store_uids_parse(StoreUids *uids, Bytes text) {
    Reader in = reader_of(text);
    while (!reader_done(&in)) {
        guint64 first, last;
        if (!reader_u64(&in, &first))
            return FALSE;
        last = first;
        if (reader_skip_byte(&in, ':') && !reader_u64(&in, &last))
            return FALSE;
        if (first == 0 || first > last || last > G_MAXUINT32)
            return FALSE;
        store_uids_add_run(uids, (guint32)first, (guint32)last);
        if (!reader_done(&in) && (!reader_skip_byte(&in, ',') || reader_done(&in)))
            return FALSE;
    }
    return TRUE;
}

/* ---- From the database ---- */

/* Lowest and highest UID that exist; FALSE: none or an error. */
static gboolean bounds(DbConn *conn, gint64 mailbox, guint32 *first, guint32 *last,
                       GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT min(key), (SELECT max(key) FROM message"
                                    " WHERE key BETWEEN ?1 AND ?2)"
                                    " FROM message WHERE key BETWEEN ?1 AND ?2");
    db_bind(stmt, "ii", store_key(mailbox, 1), store_key(mailbox, G_MAXUINT32));
    gboolean some = db_step(stmt, error) == DB_ROW && !db_column_is_null(stmt, 0);
    if (some) {
        *first = store_key_uid(db_column_int(stmt, 0));
        *last = store_key_uid(db_column_int(stmt, 1));
    }
    db_reset(stmt);
    return some;
}

static gboolean walk(DbConn *conn, gint64 mailbox, StoreUids *uids, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "SELECT key FROM message WHERE key BETWEEN ? AND ? ORDER BY key");
    db_bind(stmt, "ii", store_key(mailbox, 1), store_key(mailbox, G_MAXUINT32));
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW)
        store_uids_append(uids, store_key_uid(db_column_int(stmt, 0)));
    return step == DB_DONE;
}

/* A mailbox from which nothing was ever taken is one run: its count says so, no row is read. */
StoreUids *store_uids_load(Store *store, DbConn *conn, gint64 mailbox, GError **error) {
    StoreBox box;
    if (!store_box_load(conn, mailbox, &box, error))
        return NULL;
    g_autoptr(StoreUids) uids = store_uids_new();
    guint32 first = 0, last = 0;
    GError *failed = NULL;
    if (bounds(conn, mailbox, &first, &last, &failed) && (gint64)last - first + 1 == box.total)
        store_uids_add_run(uids, first, last);
    else if (failed == NULL && first != 0)
        walk(conn, mailbox, uids, &failed);
    if (failed != NULL) {
        g_propagate_error(error, failed);
        return NULL;
    }
    return g_steal_pointer(&uids);
}
