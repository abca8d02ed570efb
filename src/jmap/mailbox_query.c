/* Mailbox/query and Mailbox/queryChanges (RFC 8621 2.3, 2.4). Mailboxes are few: everything is
 * looked at each time. */
#include "jmap/arguments.h"
#include "jmap/mailbox.h"
#include "jmap/methods.h"
#include "jmap/window.h"

#include "text/collate.h"
#include "text/fold.h"

#include <string.h>

enum { DEEPEST = 10, SORTS = 4 };

typedef struct {
    JmapCall *call;
    JmapAccount account;
    GHashTable *subscribed;
    const char *wrong; /* the error that the filter or the sort makes, or NULL */
    struct {
        enum { BY_ORDER, BY_NAME, BY_PARENT } by;
        gboolean falling;
    } sort[SORTS];
    guint sorts;
    gboolean sort_tree, filter_tree;
    GPtrArray *found; /* const JmapBox */
} Query;

static void query_clear(Query *query) {
    jmap_account_clear(&query->account);
    g_clear_pointer(&query->subscribed, g_hash_table_unref);
    g_clear_pointer(&query->found, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Query, query_clear)

/* ---- Filter ---- */

static gboolean name_contains(const JmapBox *box, const JmapAccount *account, const char *text) {
    const char *name;
    jmap_box_parent(account, box->mailbox, &name);
    g_autofree char *mine = text_casefold(bytes_of_string(name));
    g_autofree char *wanted = text_casefold(bytes_of_string(text));
    return strstr(mine, wanted) != NULL;
}

static gboolean meets_parent(const JmapBox *box, const JmapAccount *account, const json_t *value) {
    const char *name, *id = json_string_value(value);
    const JmapBox *parent = jmap_box_parent(account, box->mailbox, &name);
    return id == NULL ? parent == NULL : parent != NULL && jmap_box_of_id(account, id) == parent;
}

static gboolean meets_one(Query *query, const JmapBox *box, const char *key, const json_t *value) {
    const char *role = jmap_box_role(box->mailbox), *text = json_string_value(value);
    if (g_str_equal(key, "parentId") && (text != NULL || json_is_null(value)))
        return meets_parent(box, &query->account, value);
    if (g_str_equal(key, "name") && text != NULL)
        return name_contains(box, &query->account, text);
    if (g_str_equal(key, "role") && (text != NULL || json_is_null(value)))
        return g_strcmp0(role, text) == 0;
    if (g_str_equal(key, "hasAnyRole") && json_is_boolean(value))
        return (role != NULL) == json_is_true(value);
    if (g_str_equal(key, "isSubscribed") && json_is_boolean(value))
        return g_hash_table_contains(query->subscribed, box->mailbox->name) == json_is_true(value);
    query->wrong = "unsupportedFilter";
    return FALSE;
}

static gboolean meets(Query *query, const JmapBox *box, json_t *filter, guint depth);

static gboolean meets_operator(Query *query, const JmapBox *box, json_t *filter, guint depth) {
    const char *name = json_string_value(json_object_get(filter, "operator"));
    json_t *conditions = json_object_get(filter, "conditions");
    gboolean and = g_strcmp0(name, "AND") == 0, or = g_strcmp0(name, "OR") == 0;
    if ((!and&&! or &&g_strcmp0(name, "NOT") != 0) || !json_is_array(conditions) ||
        depth > DEEPEST) {
        query->wrong = "unsupportedFilter";
        return FALSE;
    }
    gboolean any = FALSE, all = TRUE;
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        gboolean one = meets(query, box, json_array_get(conditions, i), depth + 1);
        any = any || one;
        all = all && one;
    }
    return and? all : or ? any : !any;
}

static gboolean meets(Query *query, const JmapBox *box, json_t *filter, guint depth) {
    const char *key;
    json_t *value;
    gboolean all = TRUE;
    if (filter == NULL)
        return TRUE;
    if (!json_is_object(filter))
        query->wrong = "unsupportedFilter";
    else if (json_object_get(filter, "operator") != NULL)
        return meets_operator(query, box, filter, depth);
    json_object_foreach(filter, key, value) all = meets_one(query, box, key, value) && all;
    return all;
}

/* ---- Sort ---- */

static gint compare_names(const char *a, const char *b) {
    g_auto(Buffer) x, y;
    buffer_init(&x, 4 * STORE_NAME_BYTES);
    buffer_init(&y, 4 * STORE_NAME_BYTES);
    text_collation_key(bytes_of_string(a), 4 * STORE_NAME_BYTES, &x);
    text_collation_key(bytes_of_string(b), 4 * STORE_NAME_BYTES, &y);
    int order = memcmp(buffer_bytes(&x).p, buffer_bytes(&y).p, MIN(x.n, y.n));
    return order != 0 ? order : x.n < y.n ? -1 : x.n > y.n;
}

static gint compare_by(const Query *query, const JmapBox *a, const JmapBox *b, guint i) {
    const char *x, *y;
    const JmapBox *above_a = jmap_box_parent(&query->account, a->mailbox, &x);
    const JmapBox *above_b = jmap_box_parent(&query->account, b->mailbox, &y);
    gint64 first, second;
    switch (query->sort[i].by) {
    case BY_NAME:
        return compare_names(x, y);
    case BY_PARENT:
        first = above_a == NULL ? 0 : above_a->mailbox->uidvalidity;
        second = above_b == NULL ? 0 : above_b->mailbox->uidvalidity;
        break;
    default:
        first = jmap_box_sort_order(a->mailbox);
        second = jmap_box_sort_order(b->mailbox);
    }
    return first < second ? -1 : first > second;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data) {
    const Query *query = data;
    const JmapBox *x = *(const JmapBox *const *)a, *y = *(const JmapBox *const *)b;
    for (guint i = 0; i < query->sorts; i++) {
        gint order = compare_by(query, x, y, i);
        if (order != 0)
            return query->sort[i].falling ? -order : order;
    }
    return x->mailbox->uidvalidity < y->mailbox->uidvalidity ? -1 : 1;
}

static gboolean take_sort(Query *query) {
    static const char *const names[] = {"sortOrder", "name", "parentId"};
    json_t *sort;
    if (!jmap_take_array(query->call, "sort", &sort))
        return FALSE;
    for (size_t i = 0; i < json_array_size(sort); i++) {
        json_t *one = json_array_get(sort, i);
        const char *name = json_string_value(json_object_get(one, "property"));
        guint by = 0;
        while (by < G_N_ELEMENTS(names) && g_strcmp0(name, names[by]) != 0)
            by++;
        if (by == G_N_ELEMENTS(names) || query->sorts == SORTS) {
            jmap_fail(query->call, "unsupportedSort", NULL);
            return FALSE;
        }
        query->sort[query->sorts].by = by;
        query->sort[query->sorts++].falling = json_is_false(json_object_get(one, "isAscending"));
    }
    return TRUE;
}

/* ---- Trees ---- */

static gboolean is_in(const GPtrArray *boxes, const JmapBox *box) {
    return g_ptr_array_find((GPtrArray *)boxes, box, NULL);
}

static void add_below(const Query *query, const JmapBox *above, GPtrArray *tree) {
    const char *name;
    for (guint i = 0; i < query->found->len; i++) {
        const JmapBox *box = query->found->pdata[i];
        const JmapBox *parent = jmap_box_parent(&query->account, box->mailbox, &name);
        if (parent != above || is_in(tree, box))
            continue;
        g_ptr_array_add(tree, (gpointer)box);
        add_below(query, box, tree); /* as deep as STORE_NAME_LEVELS */
    }
}

/* RFC 8621 2.3: filterAsTree leaves out what lies below something that is left out. */
static gboolean is_reached(const Query *query, const JmapBox *box) {
    const char *name;
    for (;;) {
        box = jmap_box_parent(&query->account, box->mailbox, &name);
        if (box == NULL)
            return TRUE;
        if (!is_in(query->found, box))
            return FALSE;
    }
}

static void make_tree(Query *query) {
    g_autoptr(GPtrArray) reached = g_ptr_array_new();
    for (guint i = 0; i < query->found->len; i++)
        if (!query->filter_tree || is_reached(query, query->found->pdata[i]))
            g_ptr_array_add(reached, query->found->pdata[i]);
    g_ptr_array_unref(query->found);
    query->found = g_steal_pointer(&reached);
    if (!query->sort_tree)
        return;
    GPtrArray *tree = g_ptr_array_new();
    add_below(query, NULL, tree);
    for (guint i = 0; i < query->found->len; i++) /* whose parents are not among them */
        if (!is_in(tree, query->found->pdata[i])) {
            g_ptr_array_add(tree, query->found->pdata[i]);
            add_below(query, query->found->pdata[i], tree);
        }
    g_ptr_array_unref(query->found);
    query->found = tree;
}

/* ---- Methods ---- */

/* Everything that is found, in order. FALSE: the call has ended. */
static gboolean find(Query *query, DbConn **conn, JmapCall *call) {
    g_autoptr(GError) error = NULL;
    json_t *filter;
    query->call = call;
    if (!jmap_take_object(call, "filter", &filter) ||
        !jmap_take_flag(call, "sortAsTree", &query->sort_tree) ||
        !jmap_take_flag(call, "filterAsTree", &query->filter_tree) || !take_sort(query) ||
        !jmap_account_begin(call, conn, &query->account))
        return FALSE;
    query->subscribed = jmap_box_subscribed(call, *conn, &query->account, &error);
    if (query->subscribed == NULL) {
        jmap_fail_error(call, error);
        return FALSE;
    }
    query->found = g_ptr_array_new();
    for (guint i = 0; i < query->account.boxes->len; i++)
        if (meets(query, jmap_box_at(&query->account, i), filter, 0))
            g_ptr_array_add(query->found, (gpointer)jmap_box_at(&query->account, i));
    if (query->wrong != NULL) {
        jmap_fail(call, query->wrong, NULL);
        return FALSE;
    }
    g_ptr_array_sort_with_data(query->found, compare, query);
    if (query->sort_tree || query->filter_tree)
        make_tree(query);
    return TRUE;
}

static json_t *id_of(const JmapBox *box) {
    char id[JMAP_ID_BYTES];
    jmap_mailbox_id(box->mailbox->uidvalidity, id);
    return json_string(id);
}

static gint64 place_of(const Query *query, const char *id) {
    const JmapBox *box = id == NULL ? NULL : jmap_box_of_id(&query->account, id);
    guint place;
    return box != NULL && g_ptr_array_find(query->found, box, &place) ? (gint64)place : -1;
}

JmapVerdict jmap_mailbox_query(JmapCall *call) {
    g_autoptr(DbConn) conn = NULL;
    g_auto(Query) query = {0};
    JmapWindow window;
    gint64 first, count;
    gboolean limited;
    if (!jmap_take_window(call, &window) || !find(&query, &conn, call) ||
        !jmap_window_cut(call, &window, query.found->len, place_of(&query, window.anchor), &first,
                         &count, &limited))
        return JMAP_DONE;
    json_t *ids = json_array();
    for (gint64 i = first; i < first + count; i++)
        json_array_append_new(ids, id_of(query.found->pdata[i]));
    return jmap_answer(call, jmap_query_answer(call, &window, jmap_state(&query.account),
                                               !query.sort_tree && !query.filter_tree, ids, first,
                                               query.found->len, limited));
}

static json_t *added_of(const Query *query, const StoreMailboxChange *change) {
    const JmapBox *box = jmap_box_of_validity(&query->account, change->uidvalidity);
    guint place;
    if (box == NULL || !g_ptr_array_find(query->found, box, &place))
        return NULL;
    return json_pack("{sosi}", "id", id_of(box), "index", (int)place);
}

static gint compare_added(gconstpointer a, gconstpointer b) {
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    return (gint)(json_integer_value(json_object_get(x, "index")) -
                  json_integer_value(json_object_get(y, "index")));
}

JmapVerdict jmap_mailbox_query_changes(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(Query) query = {0};
    const char *since;
    gint64 most = 0;
    gboolean total = FALSE, complete = FALSE;
    JmapPoint point;
    if (!jmap_take_text(call, "sinceQueryState", &since) ||
        !jmap_take_number(call, "maxChanges", &most) ||
        !jmap_take_flag(call, "calculateTotal", &total) || !find(&query, &conn, call))
        return JMAP_DONE;
    if (since == NULL)
        return jmap_fail(call, "invalidArguments", "sinceQueryState");
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(StoreMailboxChange));
    if (query.sort_tree || query.filter_tree || !jmap_state_read(&query.account, since, &point))
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    if (!store_mailbox_changes(jmap_store(call), conn, query.account.id, point.modseq, changes,
                               &complete, &error))
        return jmap_fail_error(call, error);
    if (!complete)
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    if (most > 0 && (gint64)changes->len > most)
        return jmap_fail(call, "tooManyChanges", NULL);
    json_t *removed = json_array(), *list = json_array();
    g_autoptr(GPtrArray) added = g_ptr_array_new();
    for (guint i = 0; i < changes->len; i++) {
        const StoreMailboxChange *change = &g_array_index(changes, StoreMailboxChange, i);
        char id[JMAP_ID_BYTES];
        jmap_mailbox_id(change->uidvalidity, id);
        if (change->kind != STORE_CREATED)
            json_array_append_new(removed, json_string(id));
        json_t *one = added_of(&query, change);
        if (one != NULL)
            g_ptr_array_add(added, one);
    }
    g_ptr_array_sort(added, compare_added);
    for (guint i = 0; i < added->len; i++)
        json_array_append_new(list, added->pdata[i]);
    json_t *answer = json_pack(
        "{sOsssososo}", "accountId", json_object_get(call->arguments, "accountId"), "oldQueryState",
        since, "newQueryState", jmap_state(&query.account), "removed", removed, "added", list);
    if (total)
        json_object_set_new(answer, "total", json_integer(query.found->len));
    return jmap_answer(call, answer);
}
