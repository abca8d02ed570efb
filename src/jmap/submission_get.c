/* EmailSubmission/get, changes, query and queryChanges (RFC 8621 7.1 to 7.4), of what is kept of
 * them: the last STORE_OBJECT_COUNT of an account. */
#include "jmap/arguments.h"
#include "jmap/kept.h"
#include "jmap/methods.h"
#include "jmap/submission.h"
#include "jmap/window.h"

static const char *const properties[] = {"id",         "identityId", "emailId",    "threadId",
                                         "envelope",   "sendAt",     "undoStatus", "deliveryStatus",
                                         "dsnBlobIds", "mdnBlobIds", NULL};

JmapVerdict jmap_submission_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    guint64 mask;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids) ||
        !jmap_take_properties(call, properties, &mask) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) all = jmap_kept_all(conn, &account, JMAP_KIND_SUBMISSION, &error);
    json_t *state =
        all == NULL ? NULL : jmap_kept_state(conn, &account, JMAP_KIND_SUBMISSION, &error);
    if (state == NULL)
        return jmap_fail_error(call, error);
    return jmap_kept_list(call, all, ids, properties, mask, state);
}

JmapVerdict jmap_submission_changes(JmapCall *call) {
    return jmap_kept_changes(call, JMAP_KIND_SUBMISSION);
}

/* ---- Query ---- */

typedef struct {
    JmapCall *call;
    const char *wrong;
    GPtrArray *found; /* json_t, borrowed */
    const char *by;   /* of the sort */
    gboolean falling;
} Query;

static gboolean lists(json_t *list, json_t *value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return TRUE;
    return FALSE;
}

static gboolean meets_one(Query *query, json_t *one, const char *name, json_t *value) {
    static const struct {
        const char *name, *property;
    } listed[] = {
        {"identityIds", "identityId"}, {"emailIds", "emailId"}, {"threadIds", "threadId"}};
    for (gsize i = 0; i < G_N_ELEMENTS(listed); i++)
        if (g_str_equal(listed[i].name, name) && json_is_array(value))
            return lists(value, json_object_get(one, listed[i].property));
    const char *at = json_string_value(json_object_get(one, "sendAt"));
    const char *text = json_string_value(value);
    if (g_str_equal(name, "undoStatus") && text != NULL)
        return json_equal(value, json_object_get(one, "undoStatus"));
    if (g_str_equal(name, "before") && text != NULL)
        return g_strcmp0(at, text) < 0; /* both are UTC dates of the same form */
    if (g_str_equal(name, "after") && text != NULL)
        return g_strcmp0(at, text) >= 0;
    query->wrong = "unsupportedFilter";
    return FALSE;
}

static gboolean meets(Query *query, json_t *one, json_t *filter, guint depth) {
    enum { DEEPEST = 10 };
    const char *op = json_string_value(json_object_get(filter, "operator")), *name;
    json_t *conditions = json_object_get(filter, "conditions"), *value;
    gboolean all = TRUE, any = FALSE;
    if (filter == NULL)
        return TRUE;
    if (!json_is_object(filter) || depth > DEEPEST)
        query->wrong = "unsupportedFilter";
    if (op == NULL) {
        json_object_foreach(filter, name, value) all = meets_one(query, one, name, value) && all;
        return all;
    }
    for (size_t i = 0; query->wrong == NULL && i < json_array_size(conditions); i++) {
        gboolean met = meets(query, one, json_array_get(conditions, i), depth + 1);
        all = all && met;
        any = any || met;
    }
    return g_str_equal(op, "AND") ? all : g_str_equal(op, "OR") ? any : !any;
}

static gboolean take_sort(Query *query) {
    json_t *sort;
    if (!jmap_take_array(query->call, "sort", &sort))
        return FALSE;
    query->by = "sentAt";
    if (json_array_size(sort) == 0)
        return TRUE;
    json_t *first = json_array_get(sort, 0);
    const char *name = json_string_value(json_object_get(first, "property"));
    if (json_array_size(sort) > 1 ||
        (g_strcmp0(name, "emailId") != 0 && g_strcmp0(name, "threadId") != 0 &&
         g_strcmp0(name, "sentAt") != 0)) {
        jmap_fail(query->call, "unsupportedSort", NULL);
        return FALSE;
    }
    query->by = name;
    query->falling = json_is_false(json_object_get(first, "isAscending"));
    return TRUE;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data) {
    const Query *query = data;
    const char *by = g_str_equal(query->by, "sentAt") ? "sendAt" : query->by;
    json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    gint order = g_strcmp0(json_string_value(json_object_get(x, by)),
                           json_string_value(json_object_get(y, by)));
    if (order == 0)
        order = g_strcmp0(json_string_value(json_object_get(x, "id")),
                          json_string_value(json_object_get(y, "id")));
    return query->falling ? -order : order;
}

static json_t *id_of(json_t *one) {
    return json_incref(json_object_get(one, "id"));
}

JmapVerdict jmap_submission_query(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    Query query = {.call = call, .found = found};
    JmapWindow window;
    json_t *filter, *one;
    const char *id;
    gint64 first, count, anchor = -1;
    gboolean limited;
    if (!jmap_take_window(call, &window) || !jmap_take_object(call, "filter", &filter) ||
        !take_sort(&query) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) all = jmap_kept_all(conn, &account, JMAP_KIND_SUBMISSION, &error);
    g_autoptr(json_t) state =
        all == NULL ? NULL : jmap_kept_state(conn, &account, JMAP_KIND_SUBMISSION, &error);
    if (state == NULL)
        return jmap_fail_error(call, error);
    json_object_foreach(all, id, one) if (meets(&query, one, filter, 0))
        g_ptr_array_add(found, one);
    if (query.wrong != NULL)
        return jmap_fail(call, query.wrong, NULL);
    g_ptr_array_sort_with_data(found, compare, &query);
    for (guint i = 0; window.anchor != NULL && i < found->len; i++)
        if (g_strcmp0(json_string_value(json_object_get(found->pdata[i], "id")), window.anchor) ==
            0)
            anchor = i;
    if (!jmap_window_cut(call, &window, found->len, anchor, &first, &count, &limited))
        return JMAP_DONE;
    json_t *ids = json_array();
    for (gint64 i = first; i < first + count; i++)
        json_array_append_new(ids, id_of(found->pdata[i]));
    return jmap_answer(call, jmap_query_answer(call, &window, json_incref(state), FALSE, ids, first,
                                               found->len, limited));
}

/* RFC 8621 7.4: results are few, and asked for again. */
JmapVerdict jmap_submission_query_changes(JmapCall *call) {
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    const char *since;
    if (!jmap_take_text(call, "sinceQueryState", &since) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    return since == NULL ? jmap_fail(call, "invalidArguments", "sinceQueryState")
                         : jmap_fail(call, "cannotCalculateChanges", NULL);
}
