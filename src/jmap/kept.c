/* Objects of the store as JMAP's; see kept.h. */
#include "jmap/kept.h"

#include "jmap/arguments.h"
#include "store/object.h"

static json_t *state_of(const JmapAccount *account, guint64 number) {
    g_autofree char *text = g_strdup_printf("%x-%" G_GINT64_MODIFIER "x", account->epoch, number);
    return json_string(text);
}

json_t *jmap_kept_state(DbConn *conn, const JmapAccount *account, const char *kind,
                        GError **error) {
    guint64 number, horizon;
    return store_object_state(conn, account->id, kind, &number, &horizon, error)
               ? state_of(account, number)
               : NULL;
}

json_t *jmap_kept_get(DbConn *conn, const JmapAccount *account, const char *kind, const char *id,
                      GError **error) {
    g_autofree char *value = store_object_get(conn, account->id, kind, id, error);
    return value == NULL ? NULL : json_loads(value, 0, NULL);
}

static void on_object(const StoreObject *object, gpointer data) {
    json_t *value = object->value == NULL ? NULL : json_loads(object->value, 0, NULL);
    if (value != NULL)
        json_object_set_new(data, object->id, value);
}

json_t *jmap_kept_all(DbConn *conn, const JmapAccount *account, const char *kind, GError **error) {
    g_autoptr(json_t) all = json_object();
    return store_object_each(conn, account->id, kind, 0, on_object, all, error)
               ? g_steal_pointer(&all)
               : NULL;
}

gboolean jmap_kept_put(JmapCall *call, const JmapAccount *account, const char *kind, const char *id,
                       json_t *value, GError **error) {
    g_autofree char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
    return store_object_put(jmap_store(call), account->id, kind, id, text, error);
}

gboolean jmap_kept_if_in_state(JmapCall *call, json_t *state) {
    const char *wanted;
    if (!jmap_take_text(call, "ifInState", &wanted))
        return FALSE;
    if (wanted == NULL || g_str_equal(wanted, json_string_value(state)))
        return TRUE;
    jmap_fail(call, "stateMismatch", "ifInState");
    return FALSE;
}

json_t *jmap_kept_pick(json_t *object, const char *const *properties, guint64 mask) {
    json_t *picked = json_object();
    for (guint i = 0; properties[i] != NULL; i++)
        if (mask >> i & 1) {
            json_t *value = json_object_get(object, properties[i]);
            json_object_set_new(picked, properties[i],
                                value == NULL ? json_null() : json_incref(value));
        }
    return picked;
}

/* ---- Changes ---- */

typedef struct {
    json_t *created, *updated, *destroyed;
    gint64 left; /* of maxChanges */
    gboolean more;
    guint64 last;
} Changes;

static void on_change(const StoreObject *object, gpointer data) {
    Changes *changes = data;
    if (changes->left == 0) {
        changes->more = TRUE;
        return;
    }
    changes->last = object->changed;
    if (object->value == NULL && object->created) /* came and went */
        return;
    changes->left--;
    json_array_append_new(object->value == NULL ? changes->destroyed
                          : object->created     ? changes->created
                                                : changes->updated,
                          json_string(object->id));
}

/* FALSE: not a state of ours. */
static gboolean read_state(const JmapAccount *account, const char *text, guint64 *number) {
    g_auto(GStrv) parts = g_strsplit(text, "-", 3);
    guint64 epoch;
    return g_strv_length(parts) == 2 &&
           g_ascii_string_to_unsigned(parts[0], 16, 0, G_MAXUINT32, &epoch, NULL) &&
           g_ascii_string_to_unsigned(parts[1], 16, 0, G_MAXINT64, number, NULL) &&
           epoch == account->epoch;
}

JmapVerdict jmap_kept_changes(JmapCall *call, const char *kind) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    const char *since;
    gint64 most = 0;
    guint64 from, now, horizon;
    if (!jmap_take_text(call, "sinceState", &since) ||
        !jmap_take_number(call, "maxChanges", &most) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    if (since == NULL)
        return jmap_fail(call, "invalidArguments", "sinceState");
    if (!store_object_state(conn, account.id, kind, &now, &horizon, &error))
        return jmap_fail_error(call, error);
    if (!read_state(&account, since, &from) || from < horizon || from > now)
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    Changes changes = {json_array(),          json_array(), json_array(),
                       most == 0 ? -1 : most, FALSE,        from};
    /* The first number is 1: what is asked since the very beginning is everything that is there. */
    gboolean good =
        now == from || store_object_each(conn, account.id, kind, from, on_change, &changes, &error);
    json_t *answer = json_pack("{sOsssosbsososo}", "accountId",
                               json_object_get(call->arguments, "accountId"), "oldState", since,
                               "newState", state_of(&account, changes.more ? changes.last : now),
                               "hasMoreChanges", changes.more, "created", changes.created,
                               "updated", changes.updated, "destroyed", changes.destroyed);
    if (good)
        return jmap_answer(call, answer);
    json_decref(answer);
    return jmap_fail_error(call, error);
}

JmapVerdict jmap_kept_list(JmapCall *call, json_t *all, const GPtrArray *ids,
                           const char *const *properties, guint64 mask, json_t *state) {
    json_t *list = json_array(), *missing = json_array(), *one;
    const char *id;
    if (ids == NULL) {
        json_object_foreach(all, id, one) {
            json_array_append_new(list, jmap_kept_pick(one, properties, mask));
        }
    }
    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        one = json_object_get(all, ids->pdata[i]);
        if (one != NULL)
            json_array_append_new(list, jmap_kept_pick(one, properties, mask));
        else
            json_array_append_new(missing, json_string(ids->pdata[i]));
    }
    return jmap_answer(call, json_pack("{sOsososo}", "accountId",
                                       json_object_get(call->arguments, "accountId"), "state",
                                       state, "list", list, "notFound", missing));
}
