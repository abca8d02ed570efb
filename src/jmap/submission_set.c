/* EmailSubmission/set (RFC 8621 7.5): each e-mail is judged and stored for its recipients before
 * the answer says so; nothing is delayed, so nothing can be undone (maxDelayedSend is 0). */
#include "jmap/arguments.h"
#include "jmap/identity.h"
#include "jmap/methods.h"
#include "jmap/submission.h"
#include "jmap/submit.h"

#include "base/clock.h"
#include "base/crypto.h"

typedef struct {
    JmapAccount account;
    JmapSet wanted;
    JmapOutcome outcome;
    json_t *before;
    GPtrArray *keys; /* of create */
    guint next;
    JmapSubmit *submit; /* of keys[next - 1], under way */
    json_t *sent;       /* key → {"emailId", "id"} of what was sent */
} Set;

static void set_free(gpointer data) {
    Set *set = data;
    jmap_submit_free(set->submit);
    jmap_account_clear(&set->account);
    jmap_set_clear(&set->wanted);
    jmap_outcome_clear(&set->outcome);
    g_clear_pointer(&set->keys, g_ptr_array_unref);
    json_decref(set->before);
    json_decref(set->sent);
    g_free(set);
}

/* ---- One ---- */

static json_t *check_names(json_t *object) {
    static const char *const names[] = {"identityId", "emailId", "envelope", "sendAt", NULL};
    const char *name;
    json_t *value;
    json_object_foreach(
        object, name, value) if (!g_strv_contains(names, name)) return jmap_set_invalid(name, NULL);
    return NULL;
}

/* {"mailFrom": {"email", "parameters"}, "rcptTo": [{"email", "parameters"}]}. */
static json_t *check_envelope(json_t *envelope) {
    json_t *from = json_object_get(envelope, "mailFrom"), *to = json_object_get(envelope, "rcptTo");
    if (envelope == NULL || json_is_null(envelope))
        return NULL;
    gboolean good = json_is_string(json_object_get(from, "email")) && json_is_array(to) &&
                    json_object_size(json_object_get(from, "parameters")) == 0;
    for (size_t i = 0; good && i < json_array_size(to); i++) {
        json_t *one = json_array_get(to, i);
        good = json_is_string(json_object_get(one, "email")) &&
               json_object_size(json_object_get(one, "parameters")) == 0;
    }
    return good ? NULL : jmap_set_invalid("envelope", NULL);
}

static json_t *begin_one(JmapCall *call, Set *set, const char *key) {
    g_autoptr(GError) error = NULL;
    json_t *object = json_object_get(set->wanted.create, key), *problem = check_names(object);
    const char *email = json_string_value(json_object_get(object, "emailId"));
    const char *identity = json_string_value(json_object_get(object, "identityId"));
    json_t *envelope = json_object_get(object, "envelope"), *at = json_object_get(object, "sendAt");
    if (problem != NULL || (problem = check_envelope(envelope)) != NULL)
        return problem;
    if (email == NULL || (email = jmap_id_of(call, email)) == NULL)
        return jmap_set_invalid("emailId", NULL);
    if (identity == NULL)
        return jmap_set_invalid("identityId", NULL);
    if (at != NULL && !json_is_null(at))
        return jmap_set_invalid("sendAt", NULL);
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    g_autoptr(json_t) all =
        conn == NULL ? NULL : jmap_identities(call, conn, &set->account, &error);
    if (all == NULL)
        return jmap_set_error_of(call, error);
    const char *address =
        json_string_value(json_object_get(json_object_get(all, identity), "email"));
    if (address == NULL)
        return jmap_set_invalid("identityId", "Không có danh tính này; there is no such identity");
    set->submit = jmap_submit_begin(call, &conn, &set->account, email, address,
                                    json_is_null(envelope) ? NULL : envelope, &problem);
    return problem;
}

static json_t *record_of(JmapCall *call, const Set *set, const char *key) {
    json_t *object = json_object_get(set->wanted.create, key);
    const char *email = jmap_id_of(call, json_string_value(json_object_get(object, "emailId")));
    json_t *record = json_object();
    json_object_set(record, "identityId", json_object_get(object, "identityId"));
    json_object_set_new(record, "emailId", json_string(email));
    json_object_set_new(record, "threadId", json_string(jmap_submit_thread(set->submit)));
    json_object_set(record, "envelope", jmap_submit_envelope(set->submit));
    json_object_set_new(record, "sendAt", jmap_date(clock_now(), 0, TRUE));
    json_object_set_new(record, "undoStatus", json_string("final"));
    json_object_set_new(record, "deliveryStatus", json_null());
    json_object_set_new(record, "dsnBlobIds", json_array());
    json_object_set_new(record, "mdnBlobIds", json_array());
    return record;
}

/* It is on its way whatever becomes of its record. */
static void end_one(JmapCall *call, Set *set, const char *key) {
    g_autoptr(GError) error = NULL;
    g_autofree char *chance = crypto_random_hex(12);
    g_autofree char *id = g_strconcat("S", chance, NULL);
    g_autoptr(json_t) record = record_of(call, set, key);
    json_object_set_new(record, "id", json_string(id));
    if (!jmap_kept_put(call, &set->account, JMAP_KIND_SUBMISSION, id, record, &error))
        json_decref(jmap_set_error_of(call, error)); /* for the log */
    json_object_set_new(
        set->sent, key,
        json_pack("{sOss}", "emailId", json_object_get(record, "emailId"), "id", id));
    json_object_set_new(set->outcome.created, key,
                        json_pack("{sssOsOsO}", "id", id, "threadId",
                                  json_object_get(record, "threadId"), "sendAt",
                                  json_object_get(record, "sendAt"), "undoStatus",
                                  json_object_get(record, "undoStatus")));
    jmap_created(call, key, id);
}

/* ---- Updates: only what is already so ---- */

static json_t *update(JmapCall *call, Set *set, const char *key, json_t *patch) {
    g_autoptr(GError) error = NULL;
    const char *id = jmap_id_of(call, key), *name;
    json_t *value;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    g_autoptr(json_t) record =
        conn == NULL || id == NULL
            ? NULL
            : jmap_kept_get(conn, &set->account, JMAP_KIND_SUBMISSION, id, &error);
    if (error != NULL)
        return jmap_set_error_of(call, error);
    if (record == NULL)
        return jmap_set_error("notFound", NULL);
    json_object_foreach(patch, name, value) {
        if (g_str_equal(name, "undoStatus") && g_strcmp0(json_string_value(value), "canceled") == 0)
            return jmap_set_error("cannotUnsend", "Thư đã được gửi; it was sent already");
        if (!json_equal(value, json_object_get(record, name)))
            return jmap_set_invalid(name, NULL);
    }
    return NULL;
}

static json_t *destroy(JmapCall *call, Set *set, const char *id) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    g_autoptr(json_t) record =
        conn == NULL ? NULL : jmap_kept_get(conn, &set->account, JMAP_KIND_SUBMISSION, id, &error);
    g_clear_pointer(&conn, db_read_end);
    if (error == NULL && record == NULL)
        return jmap_set_error("notFound", NULL);
    if (record == NULL ||
        !jmap_kept_put(call, &set->account, JMAP_KIND_SUBMISSION, id, NULL, &error))
        return jmap_set_error_of(call, error);
    return NULL;
}

static void change_all(JmapCall *call, Set *set) {
    const char *key;
    json_t *patch;
    json_object_foreach(set->wanted.update, key, patch) {
        json_t *problem = update(call, set, key, patch);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_updated, key, problem);
        else
            json_object_set_new(set->outcome.updated, key, json_null());
    }
    for (guint i = 0; set->wanted.destroy != NULL && i < set->wanted.destroy->len; i++) {
        const char *id = set->wanted.destroy->pdata[i];
        json_t *problem = destroy(call, set, id);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_destroyed, id, problem);
        else
            json_array_append_new(set->outcome.destroyed, json_string(id));
    }
}

/* ---- What follows a success (RFC 8621 7.5) ---- */

/* The e-mail of "#key" or of a submission's id. */
static const char *email_of(const Set *set, const char *name) {
    if (name[0] == '#')
        return json_string_value(json_object_get(json_object_get(set->sent, name + 1), "emailId"));
    const char *key;
    json_t *one;
    json_object_foreach(
        set->sent, key,
        one) if (g_str_equal(json_string_value(json_object_get(one, "id")),
                             name)) return json_string_value(json_object_get(one, "emailId"));
    return NULL;
}

static void imply(JmapCall *call, const Set *set) {
    json_t *updates = json_object_get(call->arguments, "onSuccessUpdateEmail"), *patch;
    json_t *destroys = json_object_get(call->arguments, "onSuccessDestroyEmail");
    g_autoptr(json_t) update = json_object();
    g_autoptr(json_t) destroy = json_array();
    const char *name;
    json_object_foreach(updates, name, patch) {
        const char *email = email_of(set, name);
        if (email != NULL)
            json_object_set(update, email, patch);
    }
    for (size_t i = 0; i < json_array_size(destroys); i++) {
        name = json_string_value(json_array_get(destroys, i));
        const char *email = name == NULL ? NULL : email_of(set, name);
        if (email != NULL)
            json_array_append_new(destroy, json_string(email));
    }
    if (json_object_size(update) == 0 && json_array_size(destroy) == 0)
        return;
    json_t *arguments =
        json_pack("{sO}", "accountId", json_object_get(call->arguments, "accountId"));
    if (json_object_size(update) > 0)
        json_object_set(arguments, "update", update);
    if (json_array_size(destroy) > 0)
        json_object_set(arguments, "destroy", destroy);
    jmap_imply(call, "Email/set", arguments);
}

/* ---- All ---- */

static JmapVerdict finish(JmapCall *call, Set *set) {
    g_autoptr(GError) error = NULL;
    change_all(call, set);
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    json_t *after =
        conn == NULL ? NULL : jmap_kept_state(conn, &set->account, JMAP_KIND_SUBMISSION, &error);
    if (after == NULL)
        return jmap_fail_error(call, error);
    imply(call, set);
    return jmap_answer(
        call, jmap_outcome_answer(&set->outcome,
                                  json_string_value(json_object_get(call->arguments, "accountId")),
                                  json_incref(set->before), after));
}

static JmapVerdict go_on(JmapCall *call, Set *set) {
    for (;;) {
        json_t *problem = NULL;
        if (set->submit != NULL) {
            const char *key = set->keys->pdata[set->next - 1];
            if (!jmap_submit_ended(set->submit, &problem))
                return JMAP_LATER;
            if (problem == NULL)
                end_one(call, set, key);
            else
                json_object_set_new(set->outcome.not_created, key, problem);
            g_clear_pointer(&set->submit, jmap_submit_free);
        }
        if (set->next == set->keys->len)
            return finish(call, set);
        const char *key = set->keys->pdata[set->next++];
        problem = begin_one(call, set, key);
        if (problem != NULL)
            json_object_set_new(set->outcome.not_created, key, problem);
    }
}

static JmapVerdict begin(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    json_t *updates, *destroys, *object;
    const char *key;
    Set *set = g_new0(Set, 1);
    call->state = set;
    call->state_free = set_free;
    jmap_outcome_init(&set->outcome);
    set->keys = g_ptr_array_new();
    set->sent = json_object();
    if (!jmap_take_set(call, &set->wanted) ||
        !jmap_take_object(call, "onSuccessUpdateEmail", &updates) ||
        !jmap_take_array(call, "onSuccessDestroyEmail", &destroys) ||
        !jmap_account_begin(call, &conn, &set->account))
        return JMAP_DONE;
    set->before = jmap_kept_state(conn, &set->account, JMAP_KIND_SUBMISSION, &error);
    if (set->before == NULL)
        return jmap_fail_error(call, error);
    g_clear_pointer(&conn, db_read_end);
    if (!jmap_kept_if_in_state(call, set->before))
        return JMAP_DONE;
    json_object_foreach(set->wanted.create, key, object) g_ptr_array_add(set->keys, (gpointer)key);
    return go_on(call, set);
}

JmapVerdict jmap_submission_set(JmapCall *call) {
    return call->state == NULL ? begin(call) : go_on(call, call->state);
}
