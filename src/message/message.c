/* Puts together what the walk over the message found: the envelope, the packed part map, and the
 * few values that the store keeps in columns of their own. */
#include "message/message.h"

#include "message/date.h"
#include "message/preview.h"
#include "message/references.h"
#include "message/scan.h"

static Bytes root_value(const ScanResult *scan, MessageFieldId id) {
    return scan->root.value[id];
}

/* All three go into one buffer; views are taken when it no longer moves. */
static void write_texts(const ScanResult *scan, MessageParsed *out) {
    buffer_init(&out->storage, G_MAXUINT32);
    guint addresses = MESSAGE_MAX_ADDRESSES;
    gboolean fits = message_envelope_write(&scan->root, &addresses, &out->storage);
    gsize envelope = out->storage.n;
    fits = scan_pack(scan, &out->storage) && fits;
    gsize structure = out->storage.n;
    fits = message_references_pack(out->message_id, out->in_reply_to, out->references,
                                   &out->storage) &&
           fits;
    g_assert(fits); /* bounded by the message, which is far smaller */
    Bytes all = buffer_bytes(&out->storage);
    out->envelope = bytes_slice(all, 0, envelope);
    out->structure = bytes_slice(all, envelope, structure - envelope);
    out->ancestry = bytes_slice(all, structure, all.n);
}

static void read_ids(const ScanResult *scan, MessageParsed *out) {
    g_auto(GStrv) ids = message_header_ids(root_value(scan, MESSAGE_FIELD_MESSAGE_ID), 1);
    out->message_id = g_strdup(ids[0]);
    out->in_reply_to =
        message_header_ids(root_value(scan, MESSAGE_FIELD_IN_REPLY_TO), MESSAGE_MAX_REFERENCES);
    out->references =
        message_header_ids(root_value(scan, MESSAGE_FIELD_REFERENCES), MESSAGE_MAX_REFERENCES);
}

MessageParsed *message_parse(Bytes message) {
    MessageParsed *out = g_new0(MessageParsed, 1);
    g_auto(ScanResult) scan;
    scan_message(message, &scan);
    read_ids(&scan, out);
    write_texts(&scan, out);
    out->date_us = MESSAGE_NO_DATE;
    message_date_parse(root_value(&scan, MESSAGE_FIELD_DATE), &out->date_us, &out->date_zone);
    out->preview = message_preview(message, &scan);
    out->header_bytes = scan.root.block.n;
    out->has_attachment = scan.has_attachment;
    out->attachment_bytes = scan.attachment_bytes;
    out->part_count = scan.parts->len;
    out->too_complex = scan.too_complex;
    return out;
}

void message_parsed_free(MessageParsed *parsed) {
    if (parsed == NULL)
        return;
    buffer_release(&parsed->storage);
    g_free(parsed->preview);
    g_free(parsed->message_id);
    g_strfreev(parsed->in_reply_to);
    g_strfreev(parsed->references);
    g_free(parsed);
}
