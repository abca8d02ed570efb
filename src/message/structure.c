/* A record of format 1, each number a varint, each text preceded by its length:
 *
 *   kind, flags (1 attachment, 2 opaque), encoding, children, descendants, header start, header
 *   length, body length, lines, decoded bytes, type, subtype, charset, filename, content id, basic,
 *   extension, envelope
 *
 * The IMAP texts are stored ready to send, so that writing BODYSTRUCTURE is copying. Lengths in
 * front let a reader step over records, and a later format may add fields at a record's end. */
#include "message/structure.h"

#include "message/message.h"

enum { FORMAT = 1, DEEPEST = MESSAGE_MAX_DEPTH + 2 };

gboolean message_part_iter_init(MessagePartIter *iter, Bytes packed) {
    Reader in = reader_of(packed);
    guint64 flags, parts;
    if (packed.n == 0 || reader_byte(&in) != FORMAT || !reader_varint(&in, &flags) ||
        !reader_varint(&in, &parts) || parts == 0 || parts > MESSAGE_MAX_PARTS)
        return FALSE;
    *iter = (MessagePartIter){.in = in, .left = (guint32)parts, .too_complex = flags & 1};
    return TRUE;
}

static gboolean take_text(Reader *in, Bytes *out) {
    guint64 n;
    return reader_varint(in, &n) && n <= reader_left(in) && reader_take(in, (gsize)n, out);
}

static gboolean read_record(Bytes record, MessagePart *out) {
    Reader in = reader_of(record);
    guint64 number[10];
    for (gsize i = 0; i < G_N_ELEMENTS(number); i++)
        if (!reader_varint(&in, &number[i]))
            return FALSE;
    if (number[0] > MESSAGE_PART_MESSAGE || number[2] > MESSAGE_ENCODING_OTHER ||
        number[3] > number[4] || number[4] >= MESSAGE_MAX_PARTS)
        return FALSE;
    guint64 body_start, body_end;
    if (__builtin_add_overflow(number[5], number[6], &body_start) ||
        __builtin_add_overflow(body_start, number[7], &body_end))
        return FALSE;
    *out = (MessagePart){
        .kind = (MessagePartKind)number[0],
        .attachment = number[1] & 1,
        .opaque = (number[1] & 2) != 0,
        .encoding = (MessageEncoding)number[2],
        .children = (guint32)number[3],
        .descendants = (guint32)number[4],
        .header_start = number[5],
        .body_start = body_start,
        .body_end = body_end,
        .lines = number[8],
        .decoded_bytes = number[9],
    };
    gboolean shape = out->kind == MESSAGE_PART_LEAF        ? out->descendants == 0
                     : out->kind == MESSAGE_PART_MULTIPART ? out->children > 0
                                                           : out->children == 1;
    Bytes *texts[] = {&out->type,       &out->subtype, &out->charset,   &out->filename,
                      &out->content_id, &out->basic,   &out->extension, &out->envelope};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (!take_text(&in, texts[i]))
            return FALSE;
    return shape && out->type.n > 0 && out->subtype.n > 0 && out->basic.n > 0;
}

gboolean message_part_next(MessagePartIter *iter, MessagePart *out) {
    Reader in = iter->in;
    Bytes record;
    MessagePart part;
    if (iter->left == 0 || !take_text(&in, &record) || !read_record(record, &part) ||
        part.descendants >= iter->left)
        return FALSE;
    iter->in = in;
    iter->left--;
    *out = part;
    return TRUE;
}

/* Steps over n records without looking into them. */
static gboolean skip_records(MessagePartIter *iter, guint32 n) {
    if (n > iter->left)
        return FALSE;
    Bytes record;
    for (guint32 i = 0; i < n; i++)
        if (!take_text(&iter->in, &record))
            return FALSE;
    iter->left -= n;
    return TRUE;
}

/* The iterator stands behind `part`, on its first child. Takes child number `index` (from 1). */
static gboolean take_child(MessagePartIter *iter, MessagePart *part, guint32 index) {
    guint32 children = part->children;
    if (index == 0 || index > children)
        return FALSE;
    for (guint32 i = 1;; i++) {
        if (!message_part_next(iter, part))
            return FALSE;
        if (i == index)
            return TRUE;
        if (!skip_records(iter, part->descendants))
            return FALSE;
    }
}

/* What a number below a message names: the parts of its multipart, or, when it has none, 1 for its
 * only body (RFC 9051 6.4.5.1). */
static gboolean step_into_message(MessagePartIter *iter, MessagePart *root, guint32 index) {
    if (root->kind == MESSAGE_PART_MULTIPART)
        return take_child(iter, root, index);
    return index == 1;
}

/* Leaves the iterator behind the part found, so that its child can be taken. */
static gboolean find(MessagePartIter *iter, Bytes packed, const guint32 *path, gsize depth,
                     MessagePart *out) {
    if (!message_part_iter_init(iter, packed) || !message_part_next(iter, out))
        return FALSE;
    for (gsize i = 0; i < depth; i++) {
        if (i == 0) {
            if (!step_into_message(iter, out, path[0]))
                return FALSE;
        } else if (out->kind == MESSAGE_PART_MESSAGE) {
            if (!take_child(iter, out, 1) || !step_into_message(iter, out, path[i]))
                return FALSE;
        } else if (!take_child(iter, out, path[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean message_part_find(Bytes packed, const guint32 *path, gsize depth, MessagePart *out) {
    MessagePartIter iter;
    MessagePart part;
    if (!find(&iter, packed, path, depth, &part))
        return FALSE;
    *out = part;
    return TRUE;
}

gboolean message_section_find(Bytes packed, const guint32 *path, gsize depth,
                              MessageSection section, MessageRange *out) {
    MessagePartIter iter;
    MessagePart part;
    if (!find(&iter, packed, path, depth, &part))
        return FALSE;
    if (section == MESSAGE_SECTION_MIME && depth == 0)
        return FALSE;
    /* Below a number, HEADER and TEXT exist for messages only (RFC 9051 6.4.5.1). */
    if (depth > 0 && (section == MESSAGE_SECTION_HEADER || section == MESSAGE_SECTION_TEXT) &&
        (part.kind != MESSAGE_PART_MESSAGE || !take_child(&iter, &part, 1)))
        return FALSE;
    gboolean whole = section == MESSAGE_SECTION_BODY && depth == 0;
    gboolean header = section == MESSAGE_SECTION_HEADER || section == MESSAGE_SECTION_MIME;
    *out = (MessageRange){header || whole ? part.header_start : part.body_start,
                          header ? part.body_start : part.body_end};
    return TRUE;
}

/* --- BODYSTRUCTURE --- */

typedef struct {
    MessagePart part; /* a multipart or message whose children are being written */
    guint32 left;
} Open;

static gboolean write_end(const MessagePart *part, gboolean extended, Buffer *out) {
    if (part->kind == MESSAGE_PART_MULTIPART)
        buffer_append_byte(out, ' ');
    if (part->kind == MESSAGE_PART_MULTIPART)
        buffer_append_bytes(out, part->basic);
    if (part->kind == MESSAGE_PART_MESSAGE) {
        buffer_append_byte(out, ' ');
        buffer_append_u64(out, part->lines);
    }
    if (extended) {
        buffer_append_byte(out, ' ');
        buffer_append_bytes(out, part->extension);
    }
    return buffer_append_byte(out, ')') && !out->overflow;
}

static gboolean write_begin(const MessagePart *part, Buffer *out) {
    buffer_append_byte(out, '(');
    if (part->kind != MESSAGE_PART_MULTIPART)
        buffer_append_bytes(out, part->basic);
    if (part->kind == MESSAGE_PART_MESSAGE) {
        buffer_append_byte(out, ' ');
        buffer_append_bytes(out, part->envelope);
        buffer_append_byte(out, ' ');
    }
    return !out->overflow;
}

static gboolean write_tree(MessagePartIter *iter, gboolean extended, Buffer *out) {
    Open open[DEEPEST];
    gsize depth = 0;
    do {
        MessagePart part;
        if (!message_part_next(iter, &part) || !write_begin(&part, out))
            return FALSE;
        if (part.children > 0) {
            if (depth == DEEPEST)
                return FALSE;
            open[depth++] = (Open){part, part.children};
            continue;
        }
        if (!write_end(&part, extended, out))
            return FALSE;
        while (depth > 0 && --open[depth - 1].left == 0)
            if (!write_end(&open[--depth].part, extended, out))
                return FALSE;
    } while (depth > 0);
    return iter->left == 0;
}

gboolean message_structure_write_bodystructure(Bytes packed, gboolean extended, Buffer *out) {
    gsize before = out->n;
    MessagePartIter iter;
    if (!out->overflow && message_part_iter_init(&iter, packed) && write_tree(&iter, extended, out))
        return TRUE;
    buffer_truncate(out, before);
    return FALSE;
}
