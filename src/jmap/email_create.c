/* Creating an e-mail of its properties (RFC 8621 4.6): drafts, mostly. */
#include "jmap/email_set.h"

#include "jmap/blob.h"
#include "jmap/build.h"
#include "jmap/email.h"

#include <string.h>

typedef struct {
    JmapCall *call;
    const JmapAccount *account;
    GError *error;
} Blobs;

static gboolean read_blob(const char *id, Buffer *out, gpointer data) {
    Blobs *blobs = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(blobs->call)), &error);
    return conn != NULL &&
           jmap_blob_read(jmap_store(blobs->call), conn, blobs->account, id, out, NULL, &error);
}

/* Properties that the server sets, and names that there are none of. */
static json_t *check_names(json_t *object) {
    static const char *const mine[] = {"id",      "blobId",        "threadId", "size",
                                       "headers", "hasAttachment", "preview",  NULL};
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        gboolean known = g_str_has_prefix(name, "header:");
        for (guint i = 0; !known && jmap_email_properties[i] != NULL; i++)
            known = g_str_equal(jmap_email_properties[i], name);
        if (!known || g_strv_contains(mine, name))
            return jmap_set_invalid(name, NULL);
    }
    return NULL;
}

json_t *jmap_email_create(JmapCall *call, const JmapAccount *account, json_t *object,
                          json_t **made) {
    g_auto(JmapFiling) filing = {0};
    g_auto(Buffer) message;
    Blobs blobs = {call, account, NULL};
    const char *at = strchr(jmap_caller(call)->address, '@');
    JmapBuilding building = {at == NULL ? "localhost" : at + 1, read_blob, &blobs};
    buffer_init(&message, (gsize)jmap_service(call)->limits.size_upload);
    json_t *problem = check_names(object);
    if (problem == NULL)
        problem = jmap_filing_take(call, account, object, &filing);
    if (problem == NULL)
        problem = jmap_build(&building, object, &message);
    return problem != NULL
               ? problem
               : jmap_store_message(call, account, &filing, buffer_bytes(&message), made);
}
