/* Email/parse (RFC 8621 4.9): a blob shown as the message that it is. */
#include "jmap/arguments.h"
#include "jmap/blob.h"
#include "jmap/email.h"
#include "jmap/methods.h"

typedef struct {
    JmapCall *call;
    const JmapAccount *account;
    const JmapWanted *wanted;
    json_t *parsed, *unparsable, *missing;
} Parse;

static json_t *email_of(Parse *parse, const char *id, Bytes bytes, GError **error) {
    g_autoptr(MessageParsed) parsed = message_parse(bytes);
    g_autoptr(json_t) object = json_object();
    guint64 mask = parse->wanted->mask;
    JmapSource source = {.bytes = bytes,
                         .envelope = parsed->envelope,
                         .structure = parsed->structure,
                         .header_size = parsed->header_bytes,
                         .blob = id};
    buffer_init(&source.header, G_MAXUINT32);
    gboolean good = jmap_email_put_header(object, &source, parse->wanted, error) &&
                    jmap_email_put_body(object, &source, parse->wanted, error);
    jmap_source_clear(&source);
    if (!good)
        return NULL;
    /* RFC 8621 4.9: what only a stored e-mail has is null. */
    for (JmapEmailProperty i = JMAP_EMAIL_ID; i <= JMAP_EMAIL_RECEIVED; i++)
        if (mask >> i & 1)
            json_object_set_new(object, jmap_email_properties[i],
                                i == JMAP_EMAIL_BLOB   ? json_string(id)
                                : i == JMAP_EMAIL_SIZE ? json_integer((json_int_t)bytes.n)
                                                       : json_null());
    if (mask & JMAP_EMAIL_BIT(JMAP_EMAIL_HAS_ATTACHMENT))
        json_object_set_new(object, "hasAttachment", json_boolean(parsed->has_attachment));
    if (mask & JMAP_EMAIL_BIT(JMAP_EMAIL_PREVIEW))
        json_object_set_new(object, "preview", json_string(parsed->preview));
    return g_steal_pointer(&object);
}

static gboolean is_message(Bytes bytes) {
    MessageHeaderIter iter = message_header_iter(bytes);
    MessageHeaderField field;
    return message_header_next(&iter, &field) && field.name.n > 0;
}

static gboolean parse_one(Parse *parse, DbConn *conn, const char *id, GError **error) {
    g_autoptr(GError) failed = NULL;
    g_auto(Buffer) bytes;
    buffer_init(&bytes, JMAP_BLOB_BYTES);
    if (!jmap_blob_read(jmap_store(parse->call), conn, parse->account, id, &bytes, NULL, &failed)) {
        if (cv_error_is(failed, CV_ERROR_NOT_FOUND)) {
            json_array_append_new(parse->missing, json_string(id));
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    if (!is_message(buffer_bytes(&bytes))) {
        json_array_append_new(parse->unparsable, json_string(id));
        return TRUE;
    }
    json_t *object = email_of(parse, id, buffer_bytes(&bytes), error);
    if (object != NULL)
        json_object_set_new(parse->parsed, id, object);
    return object != NULL;
}

static json_t *or_null(json_t *value) {
    if (json_object_size(value) > 0 || json_array_size(value) > 0)
        return value;
    json_decref(value);
    return json_null();
}

JmapVerdict jmap_email_parse(JmapCall *call) {
    enum { BLOBS = 20 }; /* each is read and parsed here */
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    g_auto(JmapWanted) wanted = {0};
    if (!jmap_take_ids(call, "blobIds", BLOBS, &ids) || !jmap_take_wanted(call, TRUE, &wanted) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    if (ids == NULL)
        return jmap_fail(call, "invalidArguments", "blobIds");
    Parse parse = {call, &account, &wanted, json_object(), json_array(), json_array()};
    for (guint i = 0; i < ids->len && error == NULL; i++)
        parse_one(&parse, conn, ids->pdata[i], &error);
    if (error != NULL) {
        json_decref(parse.parsed);
        json_decref(parse.unparsable);
        json_decref(parse.missing);
        return jmap_fail_error(call, error);
    }
    return jmap_answer(
        call, json_pack("{sOsososo}", "accountId", json_object_get(call->arguments, "accountId"),
                        "parsed", or_null(parse.parsed), "notParsable", or_null(parse.unparsable),
                        "notFound", or_null(parse.missing)));
}
