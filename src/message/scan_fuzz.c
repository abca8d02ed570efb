/* Any bytes are a message. What the parser says of it must be consistent: offsets in order and
 * inside, part map readable by its own readers, counted sizes equal to decoded ones. */
#include "message/message.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

static void check_part(Bytes message, const MessagePart *part) {
    g_assert(part->header_start <= part->body_start && part->body_start <= part->body_end &&
             part->body_end <= message.n);
    g_assert(g_utf8_validate((const char *)part->filename.p, (gssize)part->filename.n, NULL));
    if (part->kind != MESSAGE_PART_LEAF || part->opaque)
        return;
    MessageDecoder d;
    message_decoder_init(&d, part->encoding,
                         bytes_slice(message, part->body_start, part->body_end - part->body_start));
    guint8 piece[61];
    guint64 total = 0;
    for (gsize got; (got = message_decoder_read(&d, piece, sizeof piece)) > 0;)
        total += got;
    g_assert_cmpuint(total, ==, part->decoded_bytes);
}

/* Parentheses balance outside quotes and literals, and no bare line end stands between. */
static void check_imap(Bytes text) {
    Reader r = reader_of(text);
    gint depth = 0;
    for (int c; (c = reader_byte(&r)) >= 0;) {
        g_assert(c >= ' ' && c < 127);
        if (c == '"') {
            while ((c = reader_byte(&r)) != '"') {
                g_assert(c >= 0 && c != '\r' && c != '\n' && c != 0 && c < 127);
                if (c == '\\')
                    g_assert(strchr("\"\\", reader_byte(&r)) != NULL);
            }
        } else if (c == '{') {
            guint64 length;
            Bytes skipped;
            g_assert(reader_u64(&r, &length) && reader_skip(&r, "}\r\n") &&
                     reader_take(&r, length, &skipped) && !bytes_has_nul(skipped));
        } else if (c == '(') {
            depth++;
        } else if (c == ')') {
            g_assert(--depth >= 0);
        }
    }
    g_assert(depth == 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    Bytes message = bytes_of(data, n);
    g_autoptr(MessageParsed) parsed = message_parse(message);
    check_imap(parsed->envelope);
    g_assert(g_utf8_validate(parsed->preview, -1, NULL));
    g_assert(strlen(parsed->preview) <= MESSAGE_PREVIEW_BYTES);
    MessagePartIter iter;
    g_assert(message_part_iter_init(&iter, parsed->structure));
    MessagePart part;
    guint count = 0;
    for (; message_part_next(&iter, &part); count++)
        check_part(message, &part);
    g_assert(iter.left == 0 && count == parsed->part_count);
    for (int extended = 0; extended < 2; extended++) {
        g_auto(Buffer) out;
        buffer_init(&out, 1 << 28);
        g_assert(message_structure_write_bodystructure(parsed->structure, extended, &out));
        check_imap(buffer_bytes(&out));
    }
    return 0;
}
