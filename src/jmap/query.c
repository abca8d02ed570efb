/* Finding; see query.h. First the rows of each mailbox that the filter could be about are judged,
 * with what the index knows of it; those that are left in doubt are read; then keys are made where
 * the order is another than the listing's. */
#include "jmap/query.h"

#include "jmap/arguments.h"

#include "base/clock.h"

enum { LOOK = 2000 }; /* rows between two looks at the clock */

static void found_clear(gpointer data) {
    g_free(((JmapFound *)data)->key);
}

void jmap_query_free(gpointer data) {
    JmapQuery *query = data;
    jmap_filter_free(query->filter);
    jmap_sorting_clear(&query->sorting);
    jmap_listing_unref(query->listing);
    jmap_account_clear(&query->account);
    g_clear_pointer(&query->found, g_array_unref);
    g_clear_pointer(&query->doubt, g_array_unref);
    g_free(query);
}

JmapQuery *jmap_query_begin(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    json_t *filter;
    const char *type = NULL;
    JmapQuery *query = g_new0(JmapQuery, 1);
    query->found = g_array_new(FALSE, FALSE, sizeof(JmapFound));
    g_array_set_clear_func(query->found, found_clear);
    query->doubt = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (jmap_take_object(call, "filter", &filter) &&
        jmap_take_flag(call, "collapseThreads", &query->collapse) &&
        jmap_account_begin(call, &conn, &query->account)) {
        query->filter = jmap_filter_new(jmap_service(call), &query->account, filter, &type);
        if (query->filter == NULL)
            jmap_fail(call, type, "filter");
        else if (jmap_take_sort(call, &query->account, &query->sorting)) {
            query->listing = jmap_listing_get(jmap_service(call), conn, &query->account, &error);
            if (query->listing != NULL) {
                jmap_filter_threads(query->filter, query->listing);
                jmap_sorting_threads(&query->sorting, query->listing);
                return query;
            }
            jmap_fail_error(call, error);
        }
    }
    jmap_query_free(query);
    return NULL;
}

/* ---- Rows ---- */

static const JmapBoxRows *box_at(const JmapQuery *query, guint place) {
    return query->listing->boxes->pdata[place];
}

static JmapTri wants(const JmapQuery *query, gint64 mailbox) {
    const JmapBox *box = jmap_box_of(&query->account, mailbox);
    return box != NULL && (box->rights & STORE_RIGHT_READ) != 0
               ? jmap_filter_wants(query->filter, mailbox)
               : JMAP_NO;
}

/* What a page asks for most: all of one mailbox, the newest first. Nothing has to be looked at. */
static gboolean take_whole(JmapQuery *query) {
    const JmapBoxRows *only = NULL;
    for (guint i = 0; i < query->listing->boxes->len && query->sorting.plain; i++) {
        const JmapBoxRows *box = box_at(query, i);
        JmapTri got = wants(query, box->mailbox);
        if (got == JMAP_NO)
            continue;
        if (got == JMAP_PERHAPS || only != NULL)
            return FALSE;
        only = box;
    }
    if (only == NULL)
        return FALSE;
    query->whole = only;
    query->places = only->order;
    query->places_count = only->count;
    if (query->collapse)
        query->places = jmap_box_rows_fronts(only, &query->places_count);
    query->ended = TRUE;
    return TRUE;
}

static void judge_row(JmapQuery *query, const JmapBoxRows *box, JmapCandidate *candidate) {
    candidate->email = &box->rows[box->order[query->row]];
    JmapTri got = jmap_filter_judge(query->filter, candidate);
    if (got == JMAP_NO)
        return;
    guint32 place = query->found->len;
    JmapFound found = {.email = candidate->email, .mailbox = box->mailbox};
    g_array_append_val(query->found, found);
    if (got == JMAP_PERHAPS)
        g_array_append_val(query->doubt, place);
}

/* FALSE: the time is over. */
static gboolean walk_rows(JmapCall *call, JmapQuery *query) {
    SearchIndex *index = jmap_service(call)->search;
    for (; query->box < query->listing->boxes->len; query->box++, query->row = 0) {
        const JmapBoxRows *box = box_at(query, query->box);
        if (wants(query, box->mailbox) == JMAP_NO)
            continue;
        if (query->row == 0 && !jmap_filter_ask(query->filter, index, box, call->until))
            return FALSE;
        JmapCandidate candidate = {.mailbox = box->mailbox};
        for (; query->row < box->count; query->row++) {
            if (query->row % LOOK == LOOK - 1 && clock_monotonic() >= call->until) {
                judge_row(query, box, &candidate);
                query->row++;
                return FALSE;
            }
            judge_row(query, box, &candidate);
        }
    }
    return TRUE;
}

/* ---- Doubts ---- */

typedef struct {
    const JmapFilter *filter;
    JmapCandidate candidate;
    gboolean met;
} Reading;

static gboolean on_doubt(const StoreMessage *message, gpointer data) {
    Reading *reading = data;
    reading->candidate.message = message;
    reading->met = jmap_filter_judge(reading->filter, &reading->candidate) == JMAP_YES &&
                   !reading->candidate.failed;
    return TRUE;
}

static gboolean read_doubt(JmapCall *call, JmapQuery *query, DbConn *conn, JmapFound *found,
                           GError **error) {
    Reading reading = {.filter = query->filter,
                       .candidate = {.store = jmap_store(call),
                                     .conn = conn,
                                     .mailbox = found->mailbox,
                                     .email = found->email}};
    buffer_init(&reading.candidate.bytes, G_MAXUINT32);
    gboolean good =
        store_message_each(jmap_store(call), conn, found->mailbox, found->email->uid,
                           found->email->uid, STORE_WANT_META, on_doubt, &reading, error);
    buffer_release(&reading.candidate.bytes);
    if (good && !reading.met)
        found->email = NULL;
    return good;
}

/* The index's answers are of the mailbox that was asked last: a doubt is judged by reading alone
 * where it is of another one. */
static JmapVerdict read_doubts(JmapCall *call, JmapQuery *query, DbConn *conn, GError **error) {
    while (query->doubted < query->doubt->len) {
        guint32 place = g_array_index(query->doubt, guint32, query->doubted);
        query->doubted++;
        if (!read_doubt(call, query, conn, &g_array_index(query->found, JmapFound, place), error))
            return JMAP_DONE;
        if (clock_monotonic() >= call->until && query->doubted < query->doubt->len)
            return JMAP_AGAIN;
    }
    return JMAP_DONE;
}

/* Takes out what a reading has shown not to be met. */
static void drop_unmet(JmapQuery *query) {
    if (query->doubt->len == 0)
        return;
    guint to = 0;
    for (guint i = 0; i < query->found->len; i++) {
        JmapFound found = g_array_index(query->found, JmapFound, i);
        if (found.email != NULL)
            g_array_index(query->found, JmapFound, to++) = found;
    }
    g_array_set_size(query->found, to);
    g_array_set_size(query->doubt, 0);
    query->doubted = 0;
}

/* ---- Order ---- */

typedef struct {
    JmapQuery *query;
    JmapFound *found;
} Keying;

static gboolean on_keyed(const StoreMessage *message, gpointer data) {
    Keying *keying = data;
    jmap_sorting_key(&keying->query->sorting, message, keying->found);
    return TRUE;
}

static JmapVerdict make_keys(JmapCall *call, JmapQuery *query, DbConn *conn, GError **error) {
    for (; query->keyed < query->found->len; query->keyed++) {
        JmapFound *found = &g_array_index(query->found, JmapFound, query->keyed);
        Keying keying = {query, found};
        if (query->keyed % 100 == 99 && clock_monotonic() >= call->until)
            return JMAP_AGAIN;
        if (query->sorting.meta &&
            !store_message_each(jmap_store(call), conn, found->mailbox, found->email->uid,
                                found->email->uid, STORE_WANT_META, on_keyed, &keying, error))
            return JMAP_DONE;
        if (found->key == NULL) /* nothing to read, or it is gone */
            jmap_sorting_key(&query->sorting, NULL, found);
    }
    return JMAP_DONE;
}

/* RFC 8621 4.4.3: of each conversation the first in the order. */
static void collapse(JmapQuery *query) {
    g_auto(JmapThreadSet) seen = {0};
    jmap_thread_set_init(&seen, query->found->len);
    guint to = 0;
    for (guint i = 0; i < query->found->len; i++) {
        JmapFound found = g_array_index(query->found, JmapFound, i);
        if (jmap_thread_set_add(&seen, jmap_thread_key(found.email)))
            g_array_index(query->found, JmapFound, to++) = found;
        else
            g_free(found.key);
    }
    for (guint i = to; i < query->found->len; i++)
        g_array_index(query->found, JmapFound, i).key = NULL;
    g_array_set_size(query->found, to);
}

static gboolean lies_in_several(const JmapQuery *query) {
    for (guint i = 1; i < query->found->len; i++)
        if (g_array_index(query->found, JmapFound, i).mailbox !=
            g_array_index(query->found, JmapFound, 0).mailbox)
            return TRUE;
    return FALSE;
}

JmapVerdict jmap_query_step(JmapCall *call, JmapQuery *query) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    if (query->ended || take_whole(query))
        return JMAP_DONE;
    if (!walk_rows(call, query))
        return JMAP_AGAIN;
    gboolean keys = !query->sorting.plain;
    if ((query->doubt->len > 0 || keys) &&
        (conn = db_read_begin(store_db(jmap_store(call)), &error)) == NULL)
        return jmap_fail_error(call, error);
    JmapVerdict verdict = read_doubts(call, query, conn, &error);
    if (verdict == JMAP_DONE && error == NULL) {
        drop_unmet(query);
        if (keys)
            verdict = make_keys(call, query, conn, &error);
    }
    if (error != NULL)
        return jmap_fail_error(call, error);
    if (verdict == JMAP_AGAIN)
        return JMAP_AGAIN;
    if (keys || lies_in_several(query))
        g_array_sort(query->found, jmap_found_compare);
    if (query->collapse)
        collapse(query);
    query->ended = TRUE;
    return JMAP_DONE;
}

guint jmap_query_count(const JmapQuery *query) {
    return query->whole != NULL ? query->places_count : query->found->len;
}

const StoreEmail *jmap_query_at(const JmapQuery *query, gint64 place) {
    return query->whole != NULL ? &query->whole->rows[query->places[place]]
                                : g_array_index(query->found, JmapFound, place).email;
}

gint64 jmap_query_place(const JmapQuery *query, StoreBirth birth) {
    for (guint i = 0; i < jmap_query_count(query); i++)
        if (jmap_query_at(query, i)->birth == birth)
            return i;
    return -1;
}
