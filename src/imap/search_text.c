/* Text of messages against a search string. A string without marks finds letters with and without
 * them ("hop" finds "họp"), one with marks finds exactly those; case never distinguishes. Every
 * text part is decoded from its transfer encoding and charset first. */
#include "imap/search.h"

#include "message/charset.h"
#include "text/fold.h"

enum {
    PART_MAXIMUM = 8 * 1024 * 1024, /* decoded bytes of one part that are looked at */
};

typedef struct {
    char *folded;
    gboolean plain; /* the string has no marks: compare without them */
} Needle;

static Needle needle_of(const char *text) {
    Bytes bytes = bytes_of_string(text);
    g_autofree char *cased = text_casefold(bytes);
    char *folded = text_fold(bytes);
    if (g_str_equal(cased, folded))
        return (Needle){folded, TRUE};
    g_free(folded);
    return (Needle){g_steal_pointer(&cased), FALSE};
}

static gboolean is_ascii(Bytes b) {
    for (gsize i = 0; i < b.n; i++)
        if (b.p[i] >= 0x80)
            return FALSE;
    return TRUE;
}

/* Most text is ASCII, where folding is only case. */
static gboolean found_ascii(Bytes hay, const char *needle) {
    gsize n = strlen(needle);
    if (n == 0)
        return TRUE;
    guint8 low = (guint8)g_ascii_tolower(needle[0]), high = (guint8)g_ascii_toupper(needle[0]);
    for (gsize i = 0; i + n <= hay.n; i++)
        if ((hay.p[i] == low || hay.p[i] == high) &&
            g_ascii_strncasecmp((const char *)hay.p + i, needle, n) == 0)
            return TRUE;
    return FALSE;
}

static gboolean found(Bytes utf8, const Needle *needle) {
    if (is_ascii(utf8))
        return is_ascii(bytes_of_string(needle->folded)) && found_ascii(utf8, needle->folded);
    g_autofree char *hay = needle->plain ? text_fold(utf8) : text_casefold(utf8);
    return strstr(hay, needle->folded) != NULL;
}

static gboolean in_field(Bytes value, const Needle *needle) {
    g_autofree char *text = message_header_decode(value);
    return found(bytes_of_string(text), needle);
}

gboolean imap_text_in_header(Bytes header, const char *name, const char *text) {
    MessageHeaderIter iter = message_header_iter(header);
    MessageHeaderField field;
    Needle needle = needle_of(text);
    gboolean hit = FALSE;
    while (!hit && message_header_next(&iter, &field))
        /* An empty string asks only whether there is such a field (RFC 9051 6.4.4). */
        hit =
            bytes_is_nocase(field.name, name) && (*text == '\0' || in_field(field.value, &needle));
    g_free(needle.folded);
    return hit;
}

static gboolean in_block(Bytes header, const Needle *needle) {
    MessageHeaderIter iter = message_header_iter(header);
    MessageHeaderField field;
    while (message_header_next(&iter, &field)) {
        if (found_ascii(field.name, needle->folded) || in_field(field.value, needle))
            return TRUE;
        /* "Subject: x" as a whole may be looked for too. */
        if (strchr(needle->folded, ':') != NULL && in_field(field.raw, needle))
            return TRUE;
    }
    return FALSE;
}

static gboolean in_leaf(Bytes body, const MessagePart *part, const Needle *needle) {
    g_autofree guint8 *decoded = NULL;
    MessageDecoder decoder;
    gsize n = 0;
    message_decoder_init(&decoder, part->encoding, body);
    gsize room = MIN(body.n, PART_MAXIMUM);
    decoded = g_malloc(room + 1);
    while (n < room) {
        gsize got = message_decoder_read(&decoder, decoded + n, room - n);
        if (got == 0)
            break;
        n += got;
    }
    Bytes raw = bytes_of(decoded, n);
    if (is_ascii(raw) && part->charset.n == 0)
        return found(raw, needle);
    g_autofree char *charset = part->charset.n == 0 ? NULL : bytes_dup_string(part->charset);
    gsize length = 0;
    g_autofree char *utf8 = message_charset_text(charset, raw, PART_MAXIMUM, &length);
    return found(bytes_of(utf8, length), needle);
}

static gboolean in_part(Bytes blob, const MessagePart *part, gboolean headers, gboolean root,
                        const Needle *needle) {
    Bytes header = bytes_slice(blob, part->header_start, part->body_start - part->header_start);
    Bytes body = bytes_slice(blob, part->body_start, part->body_end - part->body_start);
    /* Headers inside the body (of parts, of attached messages) are text of the body. */
    if ((headers || !root) && in_block(header, needle))
        return TRUE;
    return part->kind == MESSAGE_PART_LEAF && bytes_is_nocase(part->type, "text") &&
           in_leaf(body, part, needle);
}

gboolean imap_text_in_message(Bytes message, gsize prefix, Bytes structure, gboolean headers,
                              const char *text) {
    MessagePartIter iter;
    MessagePart part;
    if (*text == '\0')
        return TRUE;
    Needle needle = needle_of(text);
    Bytes blob = bytes_slice(message, prefix, message.n);
    gboolean hit = headers && in_block(bytes_slice(message, 0, prefix), &needle);
    gboolean root = TRUE;
    if (!hit && message_part_iter_init(&iter, structure))
        while (!hit && message_part_next(&iter, &part)) {
            if (part.body_start >= part.header_start && part.body_end >= part.body_start)
                hit = in_part(blob, &part, headers, root, &needle);
            root = FALSE;
        }
    g_free(needle.folded);
    return hit;
}
