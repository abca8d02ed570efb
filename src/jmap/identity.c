/* Identity/get, Identity/changes and Identity/set (RFC 8621 6.1 to 6.3). */
#include "jmap/identity.h"

#include "jmap/arguments.h"
#include "jmap/methods.h"

#include "base/crypto.h"
#include "directory/account.h"

#include <string.h>

static const char *const properties[] = {
    "id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete", NULL};

/* ---- All ---- */

typedef struct {
    json_t *all;      /* {id: object} */
    json_t *kept;     /* what was added, by id */
    const char *name; /* of the person or unit */
} Gather;

/* An id that does not change as long as the address is the account's. */
static char *id_of(const char *email) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    GString *id = g_string_new("I");
    crypto_digest(bytes_of_string(email), digest);
    for (guint i = 0; i < 8; i++)
        g_string_append_printf(id, "%02x", digest[i]);
    return g_string_free(id, FALSE);
}

static void add(const char *email, gpointer data) {
    Gather *gather = data;
    g_autofree char *id = id_of(email);
    json_t *identity = json_pack("{ssssssssss}", "id", id, "name", gather->name, "email", email,
                                 "textSignature", "", "htmlSignature", "");
    json_object_set_new(identity, "replyTo", json_null());
    json_object_set_new(identity, "bcc", json_null());
    json_object_set_new(identity, "mayDelete", json_false());
    json_t *added = json_object_get(gather->kept, id);
    if (added != NULL)
        json_object_update(identity, added);
    json_object_set_new(gather->all, id, identity);
}

static gboolean may_send(JmapCall *call, const JmapAccount *account, const char *email,
                         GError **error) {
    gint64 as;
    return directory_may_send_as(jmap_service(call)->directory, jmap_caller(call)->id,
                                 bytes_of_string(email), &as, error);
}

json_t *jmap_identities(JmapCall *call, DbConn *conn, const JmapAccount *account, GError **error) {
    Directory *directory = jmap_service(call)->directory;
    g_autoptr(DirectoryAccount) owner = directory_account(directory, account->id, error);
    g_autoptr(json_t) kept =
        owner == NULL ? NULL : jmap_kept_all(conn, account, JMAP_KIND_IDENTITY, error);
    if (kept == NULL)
        return NULL;
    g_autoptr(json_t) all = json_object();
    Gather gather = {all, kept, owner->name};
    g_autoptr(GError) failed = NULL;
    if (!may_send(call, account, owner->address, &failed)) {
        if (failed == NULL)
            return g_steal_pointer(&all);
        g_propagate_error(error, g_steal_pointer(&failed));
        return NULL;
    }
    add(owner->address, &gather);
    return directory_account_each_alias(directory, account->id, add, &gather, error)
               ? g_steal_pointer(&all)
               : NULL;
}

/* ---- Methods ---- */

JmapVerdict jmap_identity_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    guint64 mask;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids) ||
        !jmap_take_properties(call, properties, &mask) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) all = jmap_identities(call, conn, &account, &error);
    json_t *state =
        all == NULL ? NULL : jmap_kept_state(conn, &account, JMAP_KIND_IDENTITY, &error);
    if (state == NULL)
        return jmap_fail_error(call, error);
    return jmap_kept_list(call, all, ids, properties, mask, state);
}

JmapVerdict jmap_identity_changes(JmapCall *call) {
    return jmap_kept_changes(call, JMAP_KIND_IDENTITY);
}

static gboolean are_addresses(json_t *value) {
    if (json_is_null(value))
        return TRUE;
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *one = json_array_get(value, i), *name = json_object_get(one, "name");
        if (!json_is_string(json_object_get(one, "email")) ||
            (name != NULL && !json_is_null(name) && !json_is_string(name)))
            return FALSE;
    }
    return json_is_array(value);
}

/* What a person may say of an identity; the address is the directory's. */
static json_t *check(json_t *after, json_t *before) {
    const char *name;
    json_t *value;
    json_object_foreach(after, name, value) {
        if (json_equal(value, json_object_get(before, name)))
            continue;
        gboolean text = g_str_equal(name, "name") || g_str_equal(name, "textSignature") ||
                        g_str_equal(name, "htmlSignature");
        gboolean list = g_str_equal(name, "replyTo") || g_str_equal(name, "bcc");
        if (!(text && json_is_string(value)) && !(list && are_addresses(value)))
            return jmap_set_invalid(name, NULL);
    }
    return NULL;
}

static json_t *update(JmapCall *call, const JmapAccount *account, json_t *all, const char *key,
                      json_t *patch) {
    g_autoptr(GError) error = NULL;
    const char *id = jmap_id_of(call, key);
    json_t *before = id == NULL ? NULL : json_object_get(all, id);
    if (before == NULL)
        return jmap_set_error("notFound", NULL);
    g_autoptr(json_t) after = jmap_patch(before, patch);
    if (after == NULL)
        return jmap_set_error("invalidPatch", NULL);
    json_t *problem = check(after, before);
    if (problem != NULL)
        return problem;
    static const guint64 own = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6;
    g_autoptr(json_t) kept = jmap_kept_pick(after, properties, own);
    if (!jmap_kept_put(call, account, JMAP_KIND_IDENTITY, id, kept, &error))
        return jmap_set_error_of(call, error);
    return NULL;
}

static void set_all(JmapCall *call, const JmapAccount *account, json_t *all, const JmapSet *wanted,
                    JmapOutcome *outcome) {
    const char *key;
    json_t *object;
    json_object_foreach(wanted->create, key, object) json_object_set_new(
        outcome->not_created, key,
        jmap_set_error("forbiddenFrom", "Địa chỉ gửi do cơ quan quản lý cấp (Điều 6 Quy chế); "
                                        "addresses are given by the directory"));
    json_object_foreach(wanted->update, key, object) {
        json_t *problem = update(call, account, all, key, object);
        if (problem != NULL)
            json_object_set_new(outcome->not_updated, key, problem);
        else
            json_object_set_new(outcome->updated, key, json_null());
    }
    for (guint i = 0; wanted->destroy != NULL && i < wanted->destroy->len; i++) {
        const char *id = wanted->destroy->pdata[i];
        json_object_set_new(
            outcome->not_destroyed, id,
            jmap_set_error(json_object_get(all, id) == NULL ? "notFound" : "forbidden", NULL));
    }
}

JmapVerdict jmap_identity_set(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    g_auto(JmapSet) wanted = {0};
    if (!jmap_take_set(call, &wanted) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(json_t) all = jmap_identities(call, conn, &account, &error);
    g_autoptr(json_t) before =
        all == NULL ? NULL : jmap_kept_state(conn, &account, JMAP_KIND_IDENTITY, &error);
    g_clear_pointer(&conn, db_read_end);
    if (before == NULL)
        return jmap_fail_error(call, error);
    if (!jmap_kept_if_in_state(call, before))
        return JMAP_DONE;
    g_auto(JmapOutcome) outcome;
    jmap_outcome_init(&outcome);
    set_all(call, &account, all, &wanted, &outcome);
    conn = db_read_begin(store_db(jmap_store(call)), &error);
    json_t *after =
        conn == NULL ? NULL : jmap_kept_state(conn, &account, JMAP_KIND_IDENTITY, &error);
    if (after == NULL)
        return jmap_fail_error(call, error);
    return jmap_answer(
        call, jmap_outcome_answer(&outcome,
                                  json_string_value(json_object_get(call->arguments, "accountId")),
                                  json_incref(before), after));
}
