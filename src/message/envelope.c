/* The envelope is written once, at delivery, and sent as it stands. A value longer than 64 KiB is
 * cut: no client shows more, and one header must not fill a row of the database. */
#include "message/envelope.h"

#include "message/address.h"
#include "message/imap_string.h"

enum { LONGEST_VALUE = 64 * 1024 };

static const char *const field_names[MESSAGE_FIELDS] = {
    [MESSAGE_FIELD_DATE] = "date",
    [MESSAGE_FIELD_SUBJECT] = "subject",
    [MESSAGE_FIELD_FROM] = "from",
    [MESSAGE_FIELD_SENDER] = "sender",
    [MESSAGE_FIELD_REPLY_TO] = "reply-to",
    [MESSAGE_FIELD_TO] = "to",
    [MESSAGE_FIELD_CC] = "cc",
    [MESSAGE_FIELD_BCC] = "bcc",
    [MESSAGE_FIELD_IN_REPLY_TO] = "in-reply-to",
    [MESSAGE_FIELD_MESSAGE_ID] = "message-id",
    [MESSAGE_FIELD_REFERENCES] = "references",
    [MESSAGE_FIELD_CONTENT_TYPE] = "content-type",
    [MESSAGE_FIELD_CONTENT_ENCODING] = "content-transfer-encoding",
    [MESSAGE_FIELD_CONTENT_ID] = "content-id",
    [MESSAGE_FIELD_CONTENT_DESCRIPTION] = "content-description",
    [MESSAGE_FIELD_CONTENT_DISPOSITION] = "content-disposition",
    [MESSAGE_FIELD_CONTENT_MD5] = "content-md5",
    [MESSAGE_FIELD_CONTENT_LANGUAGE] = "content-language",
    [MESSAGE_FIELD_CONTENT_LOCATION] = "content-location",
};

void message_fields_note(MessageFields *fields, const MessageHeaderField *field) {
    static const guint8 lengths[MESSAGE_FIELDS] = {4,  7,  4,  6,  8,  2,  2,  3,  11, 10,
                                                   10, 12, 25, 10, 19, 19, 11, 16, 16};
    for (guint id = 0; id < MESSAGE_FIELDS; id++) {
        if (field->name.n != lengths[id] || (field->name.p[0] | 0x20) != field_names[id][0] ||
            !bytes_is_nocase(field->name, field_names[id]))
            continue;
        if ((fields->present >> id & 1) != 0) {
            fields->repeated |= 1u << id;
            return;
        }
        fields->present |= 1u << id;
        fields->value[id] = field->value;
        return;
    }
}

static gboolean write_nstring(Bytes value, Buffer *out) {
    return value.n == 0 ? buffer_append_string(out, "NIL") : message_imap_string(out, value);
}

/* RFC 9051 7.5.2: shown name, source route, local part, domain, in this order. A group begins with
 * its name and a NIL host and ends with all NIL, so a mailbox without domain gets "" and not NIL.
 */
static gboolean write_address(const MessageAddress *a, Buffer *out) {
    if (a->kind == MESSAGE_ADDRESS_GROUP_END)
        return buffer_append_string(out, "(NIL NIL NIL NIL)");
    if (a->kind == MESSAGE_ADDRESS_GROUP_START)
        return buffer_append_string(out, "(NIL NIL ") && message_imap_string(out, a->name) &&
               buffer_append_string(out, " NIL)");
    return buffer_append_byte(out, '(') && write_nstring(a->name, out) &&
           buffer_append_byte(out, ' ') && write_nstring(a->route, out) &&
           buffer_append_byte(out, ' ') && message_imap_string(out, a->mailbox) &&
           buffer_append_byte(out, ' ') && message_imap_string(out, a->host) &&
           buffer_append_byte(out, ')');
}

/* The addresses of one field, appended to a list that *open says has begun. A group's end is
 * written whatever the limit says. */
static gboolean write_addresses(Bytes value, guint *left, gboolean *open, Buffer *out) {
    g_auto(MessageAddressParser) parser;
    message_address_parser_init(&parser, value);
    MessageAddress address;
    gboolean fits = TRUE, in_group = FALSE;
    while (fits && *left > 0 && message_address_next(&parser, &address)) {
        if (!*open)
            fits = buffer_append_byte(out, '(');
        *open = TRUE;
        in_group = address.kind == MESSAGE_ADDRESS_GROUP_START ||
                   (in_group && address.kind != MESSAGE_ADDRESS_GROUP_END);
        fits = fits && write_address(&address, out);
        --*left;
    }
    if (fits && in_group)
        fits = write_address(&(MessageAddress){.kind = MESSAGE_ADDRESS_GROUP_END}, out);
    return fits;
}

/* RFC 5322 4.5.3: a field of recipients that comes several times counts as one, its lists joined in
 * their order. */
static gboolean write_repeated(const MessageFields *fields, MessageFieldId id, guint *left,
                               gboolean *open, Buffer *out) {
    MessageHeaderIter iter = message_header_iter(fields->block);
    MessageHeaderField field;
    gboolean fits = TRUE;
    while (fits && *left > 0 && message_header_next(&iter, &field))
        if (field.name.n > 0 && bytes_is_nocase(field.name, field_names[id]))
            fits = write_addresses(field.value, left, open, out);
    return fits;
}

static gboolean write_list(const MessageFields *fields, MessageFieldId id, guint *left,
                           Buffer *out) {
    gboolean open = FALSE;
    gboolean destination =
        id == MESSAGE_FIELD_TO || id == MESSAGE_FIELD_CC || id == MESSAGE_FIELD_BCC;
    gboolean fits = destination && (fields->repeated >> id & 1) != 0
                        ? write_repeated(fields, id, left, &open, out)
                        : write_addresses(fields->value[id], left, &open, out);
    return fits && buffer_append_string(out, open ? ")" : "NIL");
}

/* RFC 9051 7.5.2: of the fields that are text, an absent one is NIL and an empty one "". */
static gboolean write_text(const MessageFields *fields, MessageFieldId id, Buffer *out) {
    if (!message_fields_has(fields, id))
        return buffer_append_string(out, "NIL");
    return message_imap_string(out, bytes_slice(fields->value[id], 0, LONGEST_VALUE));
}

/* "If the Sender or Reply-To lines are absent in the [RFC5322] header, or are present but empty,
 * the server sets the corresponding member of the envelope to be the same value as the from
 * member". `from` is where From's list stands in out. */
static gboolean write_or_from(const MessageFields *fields, MessageFieldId id, gsize from,
                              gsize from_n, guint *left, Buffer *out) {
    gsize before = out->n;
    if (!write_list(fields, id, left, out))
        return FALSE;
    if (!bytes_is(bytes_slice(buffer_bytes(out), before, out->n), "NIL"))
        return TRUE;
    buffer_truncate(out, before);
    guint8 *to = buffer_reserve(out, from_n);
    if (to == NULL)
        return FALSE;
    memcpy(to, buffer_bytes(out).p + from, from_n);
    buffer_commit(out, from_n);
    return TRUE;
}

gboolean message_envelope_write(const MessageFields *f, guint *left, Buffer *out) {
    gboolean fits = buffer_append_byte(out, '(') && write_text(f, MESSAGE_FIELD_DATE, out) &&
                    buffer_append_byte(out, ' ') && write_text(f, MESSAGE_FIELD_SUBJECT, out) &&
                    buffer_append_byte(out, ' ');
    gsize from = out->n;
    fits = fits && write_list(f, MESSAGE_FIELD_FROM, left, out);
    gsize from_n = out->n - from;
    for (MessageFieldId id = MESSAGE_FIELD_SENDER; id <= MESSAGE_FIELD_REPLY_TO; id++)
        fits =
            fits && buffer_append_byte(out, ' ') && write_or_from(f, id, from, from_n, left, out);
    for (MessageFieldId id = MESSAGE_FIELD_TO; id <= MESSAGE_FIELD_BCC; id++)
        fits = fits && buffer_append_byte(out, ' ') && write_list(f, id, left, out);
    return fits && buffer_append_byte(out, ' ') && write_text(f, MESSAGE_FIELD_IN_REPLY_TO, out) &&
           buffer_append_byte(out, ' ') && write_text(f, MESSAGE_FIELD_MESSAGE_ID, out) &&
           buffer_append_byte(out, ')');
}
