/* Blob/copy (RFC 8620 6.3): the bytes of one account as an upload in another. */
#include "jmap/arguments.h"
#include "jmap/blob.h"
#include "jmap/methods.h"

#include "store/upload.h"

static gboolean may_insert(const JmapAccount *account) {
    for (guint i = 0; i < account->boxes->len; i++)
        if (jmap_box_at(account, i)->rights & STORE_RIGHT_INSERT)
            return TRUE;
    return FALSE;
}

/* NULL: *copied is the new id (g_free). Else the SetError. */
static json_t *copy(JmapCall *call, const JmapAccount *from, const JmapAccount *to, const char *id,
                    char **copied) {
    g_autoptr(GError) error = NULL;
    g_autofree char *type = NULL, *name = NULL;
    g_auto(Buffer) bytes;
    Store *store = jmap_store(call);
    buffer_init(&bytes, JMAP_BLOB_BYTES);
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), &error);
    if (conn == NULL || !jmap_blob_read(store, conn, from, id, &bytes, &type, &error))
        return jmap_set_error_of(call, error);
    g_clear_pointer(&conn, db_read_end);
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(store));
    if (!blob_writer_append(writer, buffer_bytes(&bytes), &error) ||
        !store_upload_add(store, to->id, writer, type == NULL ? "application/octet-stream" : type,
                          &name, &error))
        return jmap_set_error_of(call, error);
    *copied = jmap_blob_of_upload(name);
    return NULL;
}

/* FALSE: the call has ended. */
static gboolean begin(JmapCall *call, JmapAccount *from, JmapAccount *to) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    gint64 id;
    if (!jmap_take_account(call, "fromAccountId", &id) || !jmap_account_begin(call, &conn, to))
        return FALSE;
    if (!jmap_account_load(call, conn, id, from, &error)) {
        jmap_fail(call, "fromAccountNotFound", NULL);
        return FALSE;
    }
    if (may_insert(to))
        return TRUE;
    jmap_fail(call, "accountReadOnly", NULL);
    return FALSE;
}

JmapVerdict jmap_blob_copy(JmapCall *call) {
    enum { BLOBS = 20 };
    g_autoptr(GPtrArray) ids = NULL;
    g_auto(JmapAccount) from = {0}, to = {0};
    if (!jmap_take_ids(call, "blobIds", BLOBS, &ids) || !begin(call, &from, &to))
        return JMAP_DONE;
    if (ids == NULL)
        return jmap_fail(call, "invalidArguments", "blobIds");
    json_t *done = json_object(), *failed = json_object();
    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *id = NULL;
        json_t *problem = copy(call, &from, &to, ids->pdata[i], &id);
        if (problem == NULL)
            json_object_set_new(done, ids->pdata[i], json_string(id));
        else
            json_object_set_new(failed, ids->pdata[i], problem);
    }
    json_t *answer =
        json_pack("{sOsO}", "fromAccountId", json_object_get(call->arguments, "fromAccountId"),
                  "accountId", json_object_get(call->arguments, "accountId"));
    json_object_set_new(answer, "copied",
                        json_object_size(done) > 0 ? json_incref(done) : json_null());
    json_object_set_new(answer, "notCopied",
                        json_object_size(failed) > 0 ? json_incref(failed) : json_null());
    json_decref(done);
    json_decref(failed);
    return jmap_answer(call, answer);
}
