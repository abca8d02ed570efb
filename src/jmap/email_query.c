/* Email/query and Email/queryChanges (RFC 8621 4.4, 4.5). */
#include "jmap/arguments.h"
#include "jmap/methods.h"
#include "jmap/query.h"
#include "jmap/window.h"

typedef struct {
    JmapQuery *query;
    JmapWindow window;
    /* queryChanges */
    const char *since;
    JmapPoint point;
    gint64 most;
} State;

static void state_free(gpointer data) {
    State *state = data;
    if (state->query != NULL)
        jmap_query_free(state->query);
    g_free(state);
}

static State *begin(JmapCall *call) {
    State *state = g_new0(State, 1);
    call->state = state;
    call->state_free = state_free;
    return state;
}

static json_t *id_of(StoreBirth birth) {
    char id[JMAP_ID_BYTES];
    jmap_email_id(birth, id);
    return json_string(id);
}

/* ---- Email/query ---- */

static JmapVerdict answer(JmapCall *call, const State *state) {
    const JmapQuery *query = state->query;
    gint64 first, count, anchor = -1;
    gboolean limited;
    StoreBirth birth;
    if (state->window.anchor != NULL && jmap_email_of(state->window.anchor, &birth))
        anchor = jmap_query_place(query, birth);
    if (!jmap_window_cut(call, &state->window, jmap_query_count(query), anchor, &first, &count,
                         &limited))
        return JMAP_DONE;
    json_t *ids = json_array();
    for (gint64 i = first; i < first + count; i++)
        json_array_append_new(ids, id_of(jmap_query_at(query, i)->birth));
    json_t *result = jmap_query_answer(call, &state->window, jmap_state(&query->account), TRUE, ids,
                                       first, jmap_query_count(query), limited);
    json_object_set_new(result, "collapseThreads", json_boolean(query->collapse));
    return jmap_answer(call, result);
}

JmapVerdict jmap_email_query(JmapCall *call) {
    State *state = call->state;
    if (state == NULL) {
        state = begin(call);
        if (!jmap_take_window(call, &state->window) ||
            (state->query = jmap_query_begin(call)) == NULL)
            return JMAP_DONE;
    }
    JmapVerdict verdict = jmap_query_step(call, state->query);
    return verdict == JMAP_DONE && !call->ended ? answer(call, state) : verdict;
}

/* ---- Email/queryChanges ---- */

typedef struct {
    json_t *removed, *added;
    GHashTable *changed;   /* StoreBirth of the changes: those that are there */
    JmapThreadSet threads; /* of them, with collapseThreads */
} Delta;

/* With collapseThreads an e-mail that did not change may come to the front, or leave it, when
 * another of its conversation does: all of a changed conversation count as changed. */
static void gather_threads(Delta *delta, const JmapListing *listing) {
    guint count = g_hash_table_size(delta->changed);
    jmap_thread_set_init(&delta->threads, count);
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *box = listing->boxes->pdata[i];
        for (guint row = 0; row < box->count; row++)
            if (g_hash_table_contains(delta->changed, &box->rows[row].birth))
                jmap_thread_set_add(&delta->threads, jmap_thread_key(&box->rows[row]));
    }
}

static gboolean is_touched(const Delta *delta, const JmapQuery *query, const StoreEmail *email) {
    return query->collapse ? jmap_thread_set_has(&delta->threads, jmap_thread_key(email))
                           : g_hash_table_contains(delta->changed, &email->birth);
}

/* RFC 8620 5.6: more than was in the old results may be named. */
static void add_removed(Delta *delta, const JmapQuery *query, const GArray *changes) {
    for (guint i = 0; i < changes->len; i++) {
        const StoreEmailChange *change = &g_array_index(changes, StoreEmailChange, i);
        if (change->kind == STORE_DESTROYED || (!query->collapse && change->kind == STORE_UPDATED))
            json_array_append_new(delta->removed, id_of(change->birth));
    }
    if (!query->collapse)
        return;
    for (guint i = 0; i < query->listing->boxes->len; i++) {
        const JmapBoxRows *box = query->listing->boxes->pdata[i];
        for (guint row = 0; row < box->count; row++)
            if (is_touched(delta, query, &box->rows[row]))
                json_array_append_new(delta->removed, id_of(box->rows[row].birth));
    }
}

static void add_added(Delta *delta, const JmapQuery *query) {
    for (guint i = 0; i < jmap_query_count(query); i++)
        if (is_touched(delta, query, jmap_query_at(query, i)))
            json_array_append_new(
                delta->added,
                json_pack("{sosi}", "id", id_of(jmap_query_at(query, i)->birth), "index", (int)i));
}

/* What a conversation's destroyed e-mail stood in front of is not known any more. A filter or an
 * order that looks at whole conversations depends on more than what changed. */
static gboolean can_tell(const JmapQuery *query, const GArray *changes) {
    if (jmap_filter_is_wide(query->filter) || jmap_sorting_is_wide(&query->sorting))
        return changes->len == 0;
    for (guint i = 0; query->collapse && i < changes->len; i++)
        if (g_array_index(changes, StoreEmailChange, i).kind == STORE_DESTROYED)
            return FALSE;
    return TRUE;
}

static JmapVerdict answer_changes(JmapCall *call, const State *state, const GArray *changes) {
    const JmapQuery *query = state->query;
    if (!can_tell(query, changes))
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    Delta delta = {.removed = json_array(),
                   .added = json_array(),
                   .changed = g_hash_table_new(g_int64_hash, g_int64_equal)};
    for (guint i = 0; i < changes->len; i++) {
        StoreEmailChange *change = &g_array_index(changes, StoreEmailChange, i);
        if (change->kind != STORE_DESTROYED)
            g_hash_table_add(delta.changed, &change->birth);
    }
    if (query->collapse)
        gather_threads(&delta, query->listing);
    add_removed(&delta, query, changes);
    add_added(&delta, query);
    g_hash_table_unref(delta.changed);
    jmap_thread_set_clear(&delta.threads);
    gint64 all = (gint64)json_array_size(delta.removed) + (gint64)json_array_size(delta.added);
    json_t *result =
        json_pack("{sOsssososo}", "accountId", json_object_get(call->arguments, "accountId"),
                  "oldQueryState", state->since, "newQueryState", jmap_state(&query->account),
                  "removed", delta.removed, "added", delta.added);
    if (state->window.total)
        json_object_set_new(result, "total", json_integer(jmap_query_count(query)));
    if (state->most == 0 || all <= state->most)
        return jmap_answer(call, result);
    json_decref(result);
    return jmap_fail(call, "tooManyChanges", NULL);
}

/* The changes as of the state that the results are of. */
static JmapVerdict end_changes(JmapCall *call, State *state) {
    g_autoptr(GError) error = NULL;
    gboolean complete = FALSE;
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(StoreEmailChange));
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    if (conn == NULL || !store_email_changes(jmap_store(call), conn, state->query->account.id,
                                             state->point.modseq, changes, &complete, &error))
        return jmap_fail_error(call, error);
    if (!complete || state->point.birth != G_MAXUINT64)
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    return answer_changes(call, state, changes);
}

JmapVerdict jmap_email_query_changes(JmapCall *call) {
    State *state = call->state;
    const char *upto;
    if (state == NULL) {
        state = begin(call);
        if (!jmap_take_text(call, "sinceQueryState", &state->since) ||
            !jmap_take_text(call, "upToId", &upto) ||
            !jmap_take_number(call, "maxChanges", &state->most) ||
            !jmap_take_flag(call, "calculateTotal", &state->window.total))
            return JMAP_DONE;
        if (state->since == NULL)
            return jmap_fail(call, "invalidArguments", "sinceQueryState");
        if ((state->query = jmap_query_begin(call)) == NULL)
            return JMAP_DONE;
        if (!jmap_state_read(&state->query->account, state->since, &state->point))
            return jmap_fail(call, "cannotCalculateChanges", NULL);
    }
    JmapVerdict verdict = jmap_query_step(call, state->query);
    return verdict == JMAP_DONE && !call->ended ? end_changes(call, state) : verdict;
}
