/* Email/import (RFC 8621 4.8): messages out of blobs, as they stand. */
#include "jmap/arguments.h"
#include "jmap/blob.h"
#include "jmap/email_set.h"
#include "jmap/methods.h"

static json_t *check_names(json_t *object) {
    static const char *const names[] = {"blobId", "mailboxIds", "keywords", "receivedAt", NULL};
    const char *name;
    json_t *value;
    json_object_foreach(
        object, name, value) if (!g_strv_contains(names, name)) return jmap_set_invalid(name, NULL);
    return NULL;
}

/* What is no message at all is refused; RFC 8621 4.8: "invalidEmail". */
static gboolean is_message(Bytes bytes) {
    MessageHeaderIter iter = message_header_iter(bytes);
    MessageHeaderField field;
    return bytes.n > 0 && !bytes_has_nul(bytes) && message_header_next(&iter, &field) &&
           field.name.n > 0;
}

static json_t *read_blob(JmapCall *call, const JmapAccount *account, json_t *object, Buffer *out) {
    g_autoptr(GError) error = NULL;
    const char *id = json_string_value(json_object_get(object, "blobId"));
    if (id == NULL)
        return jmap_set_invalid("blobId", NULL);
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    if (conn != NULL && jmap_blob_read(jmap_store(call), conn, account, id, out, NULL, &error))
        return NULL;
    if (cv_error_is(error, CV_ERROR_NOT_FOUND))
        return jmap_set_invalid("blobId", "Không có tệp này; there is no such blob");
    return jmap_set_error_of(call, error);
}

static json_t *import(JmapCall *call, const JmapAccount *account, json_t *object, json_t **made) {
    g_auto(JmapFiling) filing = {0};
    g_auto(Buffer) bytes;
    buffer_init(&bytes, JMAP_BLOB_BYTES);
    if (!json_is_object(object))
        return jmap_set_error("invalidProperties", NULL);
    json_t *problem = check_names(object);
    if (problem == NULL)
        problem = jmap_filing_take(call, account, object, &filing);
    if (problem == NULL)
        problem = read_blob(call, account, object, &bytes);
    if (problem == NULL && !is_message(buffer_bytes(&bytes)))
        problem = jmap_set_error("invalidEmail", "Tệp này không phải là thư; it is no message");
    return problem != NULL ? problem
                           : jmap_store_message(call, account, &filing, buffer_bytes(&bytes), made);
}

JmapVerdict jmap_email_import(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0}, after = {0};
    json_t *emails, *object;
    const char *key;
    if (!jmap_take_object(call, "emails", &emails) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_clear_pointer(&conn, db_read_end);
    if (emails == NULL)
        return jmap_fail(call, "invalidArguments", "emails");
    if ((gint64)json_object_size(emails) > jmap_service(call)->limits.objects_set)
        return jmap_fail(call, "requestTooLarge", "maxObjectsInSet");
    if (!jmap_if_in_state(call, &account))
        return JMAP_DONE;
    g_auto(JmapOutcome) outcome;
    jmap_outcome_init(&outcome);
    json_object_foreach(emails, key, object) {
        json_t *made = NULL, *problem = import(call, &account, object, &made);
        if (problem != NULL) {
            json_object_set_new(outcome.not_created, key, problem);
            continue;
        }
        jmap_created(call, key, json_string_value(json_object_get(made, "id")));
        json_object_set_new(outcome.created, key, made);
    }
    conn = db_read_begin(store_db(jmap_store(call)), &error);
    if (conn == NULL || !jmap_account_load(call, conn, account.id, &after, &error))
        return jmap_fail_error(call, error);
    json_t *answer = jmap_outcome_answer(
        &outcome, json_string_value(json_object_get(call->arguments, "accountId")),
        jmap_state(&account), jmap_state(&after));
    for (guint i = 0; i < 4; i++)
        json_object_del(
            answer, ((const char *[]){"updated", "notUpdated", "destroyed", "notDestroyed"})[i]);
    return jmap_answer(call, answer);
}
