/* The text of a part (RFC 8621 4.1.4, EmailBodyValue). */
#include "jmap/body.h"

#include "message/charset.h"
#include "text/charset.h"

#include <string.h>

gboolean jmap_part_decode(const MessagePart *part, Bytes body, Buffer *out) {
    guint8 piece[4096];
    MessageDecoder decoder;
    if (part->kind != MESSAGE_PART_LEAF)
        return buffer_append_bytes(out, body);
    message_decoder_init(&decoder, part->encoding, body);
    for (gsize n; (n = message_decoder_read(&decoder, piece, sizeof piece)) > 0;)
        if (!buffer_append(out, piece, n))
            return FALSE;
    return TRUE;
}

/* CRLF becomes LF. */
static gsize drop_returns(char *text, gsize n) {
    gsize to = 0;
    for (gsize from = 0; from < n; from++)
        if (text[from] != '\r' || from + 1 == n || text[from + 1] != '\n')
            text[to++] = text[from];
    text[to] = '\0';
    return to;
}

/* Cut between characters, and of HTML not inside a tag. */
static gsize cut(const char *text, gsize n, gsize maximum, gboolean html) {
    if (maximum == 0 || n <= maximum)
        return n;
    gsize at = maximum;
    while (at > 0 && ((guint8)text[at] & 0xc0) == 0x80)
        at--;
    for (gsize i = at; html && i > 0 && text[i - 1] != '>'; i--)
        if (text[i - 1] == '<')
            return i - 1;
    return at;
}

static gboolean names_charset(const JmapPart *part) {
    g_autofree char *charset = bytes_dup_string(part->part.charset);
    return part->part.charset.n == 0 || text_charset_is_known(charset);
}

json_t *jmap_part_value(JmapSource *source, const JmapPart *part, gint64 maximum, GError **error) {
    enum { LONGEST = 32 * 1024 * 1024 };
    g_auto(Buffer) body, decoded;
    gsize n = 0;
    buffer_init(&body, G_MAXUINT32);
    buffer_init(&decoded, LONGEST);
    if (!jmap_source_read(source, part->part.body_start,
                          part->part.body_end - part->part.body_start, &body, error))
        return NULL;
    gboolean whole = jmap_part_decode(&part->part, buffer_bytes(&body), &decoded);
    g_autofree char *charset = bytes_dup_string(part->part.charset);
    g_autofree char *text = message_charset_text(part->part.charset.n == 0 ? NULL : charset,
                                                 buffer_bytes(&decoded), LONGEST, &n);
    n = drop_returns(text, n);
    gsize kept = cut(text, n, (gsize)maximum, bytes_is(part->part.subtype, "html"));
    gboolean problem = !names_charset(part) || part->part.encoding == MESSAGE_ENCODING_OTHER ||
                       g_strstr_len(text, (gssize)n, "\xef\xbf\xbd") != NULL;
    return json_pack("{sosbsb}", "value", json_stringn(text, kept), "isEncodingProblem", problem,
                     "isTruncated", kept < n || !whole);
}
