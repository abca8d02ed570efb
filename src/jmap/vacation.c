/* VacationResponse/get and VacationResponse/set (RFC 8621 8): one object, which is kept here. */
#include "jmap/arguments.h"
#include "jmap/kept.h"
#include "jmap/methods.h"

#define KIND "VacationResponse"
#define ONLY "singleton"

static const char *const properties[] = {"id",      "isEnabled", "fromDate", "toDate",
                                         "subject", "textBody",  "htmlBody", NULL};

static json_t *load(DbConn *conn, const JmapAccount *account, GError **error) {
    g_autoptr(GError) failed = NULL;
    json_t *kept = jmap_kept_get(conn, account, KIND, ONLY, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return NULL;
    }
    if (kept == NULL)
        kept = json_pack("{sb}", "isEnabled", FALSE);
    json_object_set_new(kept, "id", json_string(ONLY));
    return kept;
}

/* It is the account owner's own affair. */
static gboolean begin(JmapCall *call, DbConn **conn, JmapAccount *account) {
    if (!jmap_account_begin(call, conn, account))
        return FALSE;
    if (account->own)
        return TRUE;
    jmap_fail(call, "accountNotSupportedByMethod", NULL);
    return FALSE;
}

JmapVerdict jmap_vacation_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    guint64 mask;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids) ||
        !jmap_take_properties(call, properties, &mask) || !begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) object = load(conn, &account, &error);
    json_t *state = object == NULL ? NULL : jmap_kept_state(conn, &account, KIND, &error);
    if (state == NULL)
        return jmap_fail_error(call, error);
    json_t *list = json_array(), *missing = json_array();
    if (ids == NULL)
        json_array_append_new(list, jmap_kept_pick(object, properties, mask));
    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        if (g_str_equal(ids->pdata[i], ONLY))
            json_array_append_new(list, jmap_kept_pick(object, properties, mask));
        else
            json_array_append_new(missing, json_string(ids->pdata[i]));
    }
    return jmap_answer(call, json_pack("{sOsososo}", "accountId",
                                       json_object_get(call->arguments, "accountId"), "state",
                                       state, "list", list, "notFound", missing));
}

static json_t *check(json_t *after) {
    const char *name;
    json_t *value;
    json_object_foreach(after, name, value) {
        gint64 us;
        gboolean flag = g_str_equal(name, "isEnabled");
        gboolean date = g_str_equal(name, "fromDate") || g_str_equal(name, "toDate");
        gboolean text = g_str_equal(name, "subject") || g_str_equal(name, "textBody") ||
                        g_str_equal(name, "htmlBody");
        gboolean good =
            flag   ? json_is_boolean(value)
            : date ? json_is_null(value) ||
                         (json_is_string(value) && jmap_date_parse(json_string_value(value), &us))
            : text ? json_is_null(value) || json_is_string(value)
                   : g_str_equal(name, "id") && g_strcmp0(json_string_value(value), ONLY) == 0;
        if (!good)
            return jmap_set_invalid(name, NULL);
    }
    return NULL;
}

static json_t *update(JmapCall *call, const JmapAccount *account, json_t *before, json_t *patch) {
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) after = jmap_patch(before, patch);
    if (after == NULL)
        return jmap_set_error("invalidPatch", NULL);
    if (json_object_get(after, "isEnabled") == NULL)
        json_object_set_new(after, "isEnabled", json_false());
    json_t *problem = check(after);
    if (problem == NULL && !jmap_kept_put(call, account, KIND, ONLY, after, &error))
        problem = jmap_set_error_of(call, error);
    return problem;
}

static void set_all(JmapCall *call, const JmapAccount *account, json_t *before,
                    const JmapSet *wanted, JmapOutcome *outcome) {
    const char *key;
    json_t *object;
    json_object_foreach(wanted->create, key, object)
        json_object_set_new(outcome->not_created, key, jmap_set_error("singleton", NULL));
    json_object_foreach(wanted->update, key, object) {
        json_t *problem = g_str_equal(key, ONLY) ? update(call, account, before, object)
                                                 : jmap_set_error("notFound", NULL);
        if (problem != NULL)
            json_object_set_new(outcome->not_updated, key, problem);
        else
            json_object_set_new(outcome->updated, key, json_null());
    }
    for (guint i = 0; wanted->destroy != NULL && i < wanted->destroy->len; i++)
        json_object_set_new(
            outcome->not_destroyed, wanted->destroy->pdata[i],
            jmap_set_error(g_str_equal(wanted->destroy->pdata[i], ONLY) ? "singleton" : "notFound",
                           NULL));
}

JmapVerdict jmap_vacation_set(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    g_auto(JmapSet) wanted = {0};
    if (!jmap_take_set(call, &wanted) || !begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) object = load(conn, &account, &error);
    g_autoptr(json_t) before =
        object == NULL ? NULL : jmap_kept_state(conn, &account, KIND, &error);
    g_clear_pointer(&conn, db_read_end);
    if (before == NULL)
        return jmap_fail_error(call, error);
    if (!jmap_kept_if_in_state(call, before))
        return JMAP_DONE;
    g_auto(JmapOutcome) outcome;
    jmap_outcome_init(&outcome);
    set_all(call, &account, object, &wanted, &outcome);
    conn = db_read_begin(store_db(jmap_store(call)), &error);
    json_t *after = conn == NULL ? NULL : jmap_kept_state(conn, &account, KIND, &error);
    if (after == NULL)
        return jmap_fail_error(call, error);
    return jmap_answer(
        call, jmap_outcome_answer(&outcome,
                                  json_string_value(json_object_get(call->arguments, "accountId")),
                                  json_incref(before), after));
}
