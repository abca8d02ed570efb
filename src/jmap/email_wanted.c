/* What of an e-mail is asked for; see email.h. */
#include "jmap/arguments.h"
#include "jmap/email.h"

const char *const jmap_email_properties[] = {
    "id",         "blobId",     "threadId",  "mailboxIds",  "keywords",
    "size",       "receivedAt", "messageId", "inReplyTo",   "references",
    "sender",     "from",       "to",        "cc",          "bcc",
    "replyTo",    "subject",    "sentAt",    "headers",     "bodyStructure",
    "bodyValues", "textBody",   "htmlBody",  "attachments", "hasAttachment",
    "preview",    NULL,
};

const char *const jmap_part_properties[] = {
    "partId",      "blobId", "size",     "headers",  "name",     "type", "charset",
    "disposition", "cid",    "language", "location", "subParts", NULL,
};

#define METADATA                                                                                   \
    (JMAP_EMAIL_BIT(JMAP_EMAIL_ID) | JMAP_EMAIL_BIT(JMAP_EMAIL_BLOB) |                             \
     JMAP_EMAIL_BIT(JMAP_EMAIL_THREAD) | JMAP_EMAIL_BIT(JMAP_EMAIL_MAILBOXES) |                    \
     JMAP_EMAIL_BIT(JMAP_EMAIL_KEYWORDS) | JMAP_EMAIL_BIT(JMAP_EMAIL_SIZE) |                       \
     JMAP_EMAIL_BIT(JMAP_EMAIL_RECEIVED))

void jmap_wanted_clear(JmapWanted *wanted) {
    g_clear_pointer(&wanted->headers, g_ptr_array_unref);
    g_clear_pointer(&wanted->part_headers, g_ptr_array_unref);
}

static gint place_of(const char *const *names, const char *name) {
    for (gint i = 0; names[i] != NULL; i++)
        if (g_str_equal(names[i], name))
            return i;
    return -1;
}

/* A list of names, some of which may be headers. FALSE: the call has ended. */
static gboolean take_list(JmapCall *call, const char *argument, const char *const *known,
                          guint64 *mask, GPtrArray *headers) {
    json_t *list;
    if (!jmap_take_array(call, argument, &list))
        return FALSE;
    if (list == NULL)
        return TRUE;
    *mask = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        gint place = name == NULL ? -1 : place_of(known, name);
        JmapHeaderForm *form = NULL;
        if (place >= 0)
            *mask |= (guint64)1 << place;
        else if (name != NULL && (form = jmap_header_form_new(name)) != NULL)
            g_ptr_array_add(headers, form);
        else {
            jmap_fail(call, "invalidArguments", "%s", argument);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean jmap_take_wanted(JmapCall *call, gboolean parse, JmapWanted *out) {
    /* RFC 8621 4.2, 4.9: what is given when nothing is named. */
    out->mask = (JMAP_EMAIL_BIT(JMAP_EMAIL_PROPERTIES) - 1) &
                ~(JMAP_EMAIL_BIT(JMAP_EMAIL_HEADERS) | JMAP_EMAIL_BIT(JMAP_EMAIL_STRUCTURE));
    if (parse)
        out->mask &= ~METADATA;
    out->part_mask = ~((guint64)1 << JMAP_PART_HEADERS | (guint64)1 << JMAP_PART_SUBPARTS);
    out->headers = g_ptr_array_new_with_free_func((GDestroyNotify)jmap_header_form_free);
    out->part_headers = g_ptr_array_new_with_free_func((GDestroyNotify)jmap_header_form_free);
    if (!take_list(call, "properties", jmap_email_properties, &out->mask, out->headers) ||
        !take_list(call, "bodyProperties", jmap_part_properties, &out->part_mask,
                   out->part_headers) ||
        !jmap_take_flag(call, "fetchTextBodyValues", &out->text_values) ||
        !jmap_take_flag(call, "fetchHTMLBodyValues", &out->html_values) ||
        !jmap_take_flag(call, "fetchAllBodyValues", &out->all_values) ||
        !jmap_take_number(call, "maxBodyValueBytes", &out->maximum))
        return FALSE;
    if (!parse)
        out->mask |= JMAP_EMAIL_BIT(JMAP_EMAIL_ID); /* RFC 8620 5.1 */
    return TRUE;
}

gboolean jmap_wanted_header(const JmapWanted *wanted) {
    return wanted->headers->len > 0 || (wanted->mask & JMAP_EMAIL_BIT(JMAP_EMAIL_HEADERS)) != 0;
}

/* ---- Sources ---- */

void jmap_source_of_message(JmapSource *source, Store *store, DbConn *conn,
                            const StoreMessage *message, const char *blob) {
    *source = (JmapSource){.store = store,
                           .conn = conn,
                           .message = message,
                           .prefix = message->prefix,
                           .envelope = message->envelope,
                           .structure = message->structure,
                           .header_size = message->header_size,
                           .blob = blob};
    buffer_init(&source->header, G_MAXUINT32);
}

void jmap_source_clear(JmapSource *source) {
    buffer_release(&source->header);
}

gboolean jmap_source_read(JmapSource *source, guint64 offset, guint64 n, Buffer *out,
                          GError **error) {
    if (source->message != NULL)
        return store_message_read(source->store, source->conn, source->message,
                                  source->prefix.n + offset, n, out, error);
    return buffer_append_bytes(out, bytes_slice(source->bytes, offset, n)) ||
           cv_fail(error, CV_ERROR_LIMIT, "a part of a message is too large to be read");
}

gboolean jmap_source_header(JmapSource *source, Bytes *out, GError **error) {
    if (!source->header_read) {
        buffer_append_bytes(&source->header, source->prefix);
        if (!jmap_source_read(source, 0, source->header_size, &source->header, error))
            return FALSE;
        source->header_read = TRUE;
    }
    *out = buffer_bytes(&source->header);
    return TRUE;
}

/* ---- Small ones ---- */

json_t *jmap_mailbox_ids(guint32 uidvalidity) {
    char id[JMAP_ID_BYTES];
    jmap_mailbox_id(uidvalidity, id);
    return json_pack("{sb}", id, TRUE);
}

/* RFC 8621 4.1.1: \Deleted and \Recent are none of JMAP's; other keywords in lower case. */
json_t *jmap_keywords(const JmapAccount *account, StoreFlags flags) {
    static const struct {
        StoreFlags bit;
        const char *keyword;
    } system[] = {{STORE_SEEN, "$seen"},
                  {STORE_ANSWERED, "$answered"},
                  {STORE_FLAGGED, "$flagged"},
                  {STORE_DRAFT, "$draft"}};
    json_t *keywords = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(system); i++)
        if (flags & system[i].bit)
            json_object_set_new(keywords, system[i].keyword, json_true());
    StoreFlags words = flags >> STORE_KEYWORD_FIRST;
    for (guint i = 0; words != 0 && i < account->keywords->len; i++, words >>= 1) {
        if ((words & 1) == 0 || account->keywords->pdata[i] == NULL)
            continue;
        g_autofree char *lower = g_ascii_strdown(account->keywords->pdata[i], -1);
        json_object_set_new(keywords, lower, json_true());
    }
    return keywords;
}
