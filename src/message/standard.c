/* The message is walked part by part and copied; what has to change is written in another way, all
 * else goes over byte for byte. See standard.h. */
#include "message/standard.h"

#include "message/header.h"
#include "text/charset.h"
#include "text/fold.h"

enum { LINE_MAXIMUM = 998, QUOTED_LINE = 76, MAX_CHARSET = 63, META_BYTES = 4096 };

typedef struct {
    Bytes message;
    Buffer *out;
    gsize at; /* copied up to here */
    gboolean differs;
} Copy;

static void copy_to(Copy *c, gsize end) {
    if (end > c->at)
        buffer_append_bytes(c->out, bytes_slice(c->message, c->at, end - c->at));
    c->at = MAX(c->at, end);
}

/* ---- Transfer encodings ---- */

static void put_base64(const char *text, gsize n, Buffer *out) {
    for (gsize i = 0; i < n; i += 57) {
        g_autofree char *line = g_base64_encode((const guchar *)text + i, MIN(n - i, (gsize)57));
        buffer_printf(out, "%s\r\n", line);
    }
}

static gsize line_end(const char *text, gsize at, gsize n) {
    if (at < n && text[at] == '\n')
        return 1;
    return at + 1 < n && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 0;
}

/* RFC 2045 6.7: lines of at most 76 characters, no blank at the end of one. No line begins with
 * "-": it might be a boundary that was hidden in the encoding. */
static void put_quoted(const char *text, gsize n, Buffer *out) {
    gsize column = 0;
    for (gsize i = 0; i < n;) {
        gsize end = line_end(text, i, n);
        if (end > 0) {
            buffer_append_string(out, "\r\n");
            column = 0;
            i += end;
            continue;
        }
        guint8 c = (guint8)text[i++];
        gboolean last = i == n || line_end(text, i, n) > 0;
        gboolean plain = (c > ' ' && c < 127 && c != '=') || ((c == ' ' || c == '\t') && !last);
        if (column + (plain ? 1 : 3) > QUOTED_LINE - (last ? 0 : 1)) {
            buffer_append_string(out, "=\r\n");
            column = 0;
        }
        plain = plain && (c != '-' || column > 0);
        gsize width = plain ? 1 : 3;
        if (plain)
            buffer_append_byte(out, c);
        else
            buffer_printf(out, "=%02X", c);
        column += width;
    }
}

static gboolean lines_are_short(const char *text, gsize n) {
    gsize start = 0;
    for (gsize i = 0; i <= n; i++)
        if (i == n || text[i] == '\n') {
            if (i - start > LINE_MAXIMUM)
                return FALSE;
            start = i + 1;
        }
    return TRUE;
}

/* ---- A text part ---- */

static gboolean is_utf8_name(const char *charset) {
    return g_ascii_strcasecmp(charset, "utf-8") == 0 || g_ascii_strcasecmp(charset, "utf8") == 0 ||
           g_ascii_strcasecmp(charset, "us-ascii") == 0 ||
           g_ascii_strcasecmp(charset, "ascii") == 0 || charset[0] == 0;
}

/* The body without its transfer encoding; NULL: too long, or in one that is not known. g_free. */
static guint8 *decode(Bytes body, MessageEncoding encoding, gsize *n) {
    if (encoding == MESSAGE_ENCODING_UUENCODE || encoding == MESSAGE_ENCODING_OTHER ||
        message_decoded_size(encoding, body) > MESSAGE_STANDARD_TEXT)
        return NULL;
    gsize room = (gsize)message_decoded_size(encoding, body) + 1, got;
    guint8 *bytes = g_malloc(room);
    MessageDecoder d;
    message_decoder_init(&d, encoding, body);
    *n = 0;
    while (*n < room && (got = message_decoder_read(&d, bytes + *n, room - *n)) > 0)
        *n += got;
    return bytes;
}

/* The text as UTF-8 in NFC when that is another text than the bytes are; NULL: leave them. */
static char *standard_text(Bytes bytes, const char *charset) {
    gboolean utf8 = is_utf8_name(charset);
    gsize n = bytes.n;
    g_autofree char *text = NULL;
    if (bytes_has_nul(bytes) || (utf8 && !text_is_utf8(bytes)) ||
        (!utf8 && !text_charset_is_known(charset)))
        return NULL;
    if (!utf8)
        text = text_to_utf8(charset, bytes, 4 * bytes.n + 4, &n);
    Bytes plain = utf8 ? bytes : bytes_of(text, n);
    /* What does not fit its charset is not understood; what is in PGP's armour may be signed. */
    if (bytes_find(plain, BYTES_LITERAL("\xEF\xBF\xBD")) >= 0 ||
        bytes_find(plain, BYTES_LITERAL("-----BEGIN PGP")) >= 0)
        return NULL;
    char *composed = text_nfc(plain);
    if (!bytes_is(bytes, composed))
        return composed;
    g_free(composed);
    return NULL;
}

/* An HTML page that names its charset must name the new one. */
static char *rename_meta(char *html, const char *charset) {
    gsize look = MIN(strlen(html), (gsize)META_BYTES), n = strlen(charset);
    for (gsize i = 8; i + n <= look; i++) {
        gsize quote = html[i - 1] == '"' || html[i - 1] == '\'' ? 1 : 0;
        if (g_ascii_strncasecmp(html + i, charset, n) != 0 || i < 8 + quote ||
            g_ascii_strncasecmp(html + i - quote - 8, "charset=", 8) != 0)
            continue;
        char *renamed = g_strdup_printf("%.*sutf-8%s", (int)i, html, html + i + n);
        g_free(html);
        return renamed;
    }
    return html;
}

/* ---- Its header ---- */

/* Where the value of "charset" stands in a raw Content-Type field, without quotation marks. */
static gboolean find_charset(Bytes raw, gsize *start, gsize *end) {
    for (gsize i = 1; i + 8 < raw.n; i++) {
        if (!bytes_starts_nocase(bytes_slice(raw, i, raw.n), "charset") ||
            g_ascii_isalnum((gchar)raw.p[i - 1]) || raw.p[i - 1] == '-')
            continue;
        gsize at = i + 7;
        while (at < raw.n && (raw.p[at] == ' ' || raw.p[at] == '\t'))
            at++;
        if (at >= raw.n || raw.p[at] != '=')
            continue;
        at++;
        while (at < raw.n && (raw.p[at] == ' ' || raw.p[at] == '\t' || raw.p[at] == '"'))
            at++;
        *start = at;
        while (at < raw.n && raw.p[at] > ' ' && strchr("\";()", raw.p[at]) == NULL)
            at++;
        *end = at;
        return *end > *start;
    }
    return FALSE;
}

/* The part's header block with the charset and the transfer encoding of its new body; FALSE: the
 * charset is written in a way that is not changed here. */
static gboolean put_header(Bytes block, const char *charset, const char *encoding, Buffer *out) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    gboolean named = charset == NULL;
    while (message_header_next(&iter, &field)) {
        gsize start, end;
        if (encoding != NULL && bytes_is_nocase(field.name, "content-transfer-encoding"))
            continue;
        if (charset != NULL && bytes_is_nocase(field.name, "content-type") &&
            find_charset(field.raw, &start, &end)) {
            buffer_append_bytes(out, bytes_slice(field.raw, 0, start));
            buffer_append_string(out, "utf-8");
            buffer_append_bytes(out, bytes_slice(field.raw, end, field.raw.n - end));
            named = TRUE;
        } else {
            buffer_append_bytes(out, field.raw);
        }
    }
    if (encoding != NULL)
        buffer_printf(out, "Content-Transfer-Encoding: %s\r\n", encoding);
    buffer_append_bytes(out, bytes_slice(block, iter.at, block.n - iter.at));
    return named;
}

static gboolean is_ascii(Bytes bytes) {
    for (gsize i = 0; i < bytes.n; i++)
        if (bytes.p[i] >= 0x80)
            return FALSE;
    return TRUE;
}

/* Writes the text in the encoding that the part had, or in quoted-printable where that cannot hold
 * it; the name of the encoding when it is another one. What called itself 7bit and was not stays as
 * it is. */
static const char *put_body(const MessagePart *part, Bytes body, const char *text, Buffer *out) {
    gsize n = strlen(text);
    gboolean raw = part->encoding == MESSAGE_ENCODING_8BIT ||
                   part->encoding == MESSAGE_ENCODING_BINARY ||
                   (part->encoding == MESSAGE_ENCODING_7BIT && !is_ascii(body));
    if (part->encoding == MESSAGE_ENCODING_BASE64) {
        put_base64(text, n, out);
        return NULL;
    }
    if (raw && lines_are_short(text, n)) {
        buffer_append(out, text, n);
        return NULL;
    }
    put_quoted(text, n, out);
    /* A message ends with a line end, also where its text does not. */
    if (body.n > 0 && body.p[body.n - 1] == '\n' && (n == 0 || text[n - 1] != '\n'))
        buffer_append_string(out, "=\r\n");
    return part->encoding == MESSAGE_ENCODING_QUOTED_PRINTABLE ? NULL : "quoted-printable";
}

/* Header and body of a text part, when something of the body has to change. */
static gboolean take_text(Copy *c, const MessagePart *part) {
    char charset[MAX_CHARSET + 1] = "";
    gsize n = 0;
    Bytes body = bytes_slice(c->message, (gsize)part->body_start,
                             (gsize)(part->body_end - part->body_start));
    g_autofree guint8 *bytes =
        part->charset.n > MAX_CHARSET ? NULL : decode(body, part->encoding, &n);
    if (bytes == NULL)
        return FALSE;
    if (part->charset.n > 0)
        memcpy(charset, part->charset.p, part->charset.n);
    g_autofree char *text = standard_text(bytes_of(bytes, n), charset);
    if (text == NULL)
        return FALSE;
    gboolean rename = !is_utf8_name(charset);
    if (rename && bytes_is(part->subtype, "html"))
        text = rename_meta(g_steal_pointer(&text), charset);
    g_auto(Buffer) header, changed, named;
    buffer_init(&header, 4 * c->message.n + 4096);
    buffer_init(&changed, 16 * (gsize)MESSAGE_STANDARD_TEXT);
    buffer_init(&named, 4 * c->message.n + 4096);
    const char *encoding = put_body(part, body, text, &changed);
    message_standardise_header(bytes_slice(c->message, (gsize)part->header_start,
                                           (gsize)(part->body_start - part->header_start)),
                               &header);
    if (!put_header(buffer_bytes(&header), rename ? charset : NULL, encoding, &named) ||
        changed.overflow || named.overflow)
        return FALSE;
    copy_to(c, (gsize)part->header_start);
    buffer_append_bytes(c->out, buffer_bytes(&named));
    buffer_append_bytes(c->out, buffer_bytes(&changed));
    c->at = (gsize)part->body_end;
    c->differs = TRUE;
    return TRUE;
}

static void take_header(Copy *c, const MessagePart *part) {
    g_auto(Buffer) header;
    buffer_init(&header, 4 * c->message.n + 4096);
    Bytes block = bytes_slice(c->message, (gsize)part->header_start,
                              (gsize)(part->body_start - part->header_start));
    if (!message_standardise_header(block, &header) || header.overflow)
        return;
    copy_to(c, (gsize)part->header_start);
    buffer_append_bytes(c->out, buffer_bytes(&header));
    c->at = (gsize)part->body_start;
    c->differs = TRUE;
}

/* ---- The walk ---- */

/* Signed or sealed: the bytes of all that is in it count. */
static gboolean is_protected(const MessagePart *part) {
    if (part->kind == MESSAGE_PART_MULTIPART)
        return bytes_is(part->subtype, "signed") || bytes_is(part->subtype, "encrypted");
    return bytes_is(part->type, "application") &&
           (bytes_is(part->subtype, "pkcs7-mime") || bytes_is(part->subtype, "x-pkcs7-mime"));
}

static gboolean is_plain_text(const MessagePart *part) {
    return part->kind == MESSAGE_PART_LEAF && !part->attachment && !part->opaque &&
           part->filename.n == 0 && bytes_is(part->type, "text") &&
           (bytes_is(part->subtype, "plain") || bytes_is(part->subtype, "html"));
}

static gboolean is_sound(const Copy *c, const MessagePart *part) {
    return part->header_start >= c->at && part->body_start >= part->header_start &&
           part->body_end >= part->body_start && part->body_end <= c->message.n;
}

static gboolean walk(Copy *c, Bytes packed) {
    MessagePartIter iter;
    MessagePart part;
    guint32 skip = 0;
    if (!message_part_iter_init(&iter, packed) || iter.too_complex)
        return FALSE;
    for (gboolean root = TRUE; message_part_next(&iter, &part); root = FALSE) {
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!is_sound(c, &part) || (root && is_protected(&part)))
            return FALSE;
        if (is_protected(&part)) {
            skip = part.descendants;
            continue;
        }
        if (!is_plain_text(&part) || !take_text(c, &part))
            take_header(c, &part);
        if (part.kind == MESSAGE_PART_MESSAGE)
            skip = part.descendants;
    }
    return iter.left == 0 && skip == 0;
}

gboolean message_standardise(Bytes message, Bytes packed, Buffer *out) {
    buffer_init(out, 16 * message.n + 65536);
    Copy c = {.message = message, .out = out};
    Bytes value;
    if (message_header_find(message, "DKIM-Signature", &value) || !walk(&c, packed) || !c.differs) {
        buffer_clear(out);
        return FALSE;
    }
    copy_to(&c, message.n);
    if (!out->overflow)
        return TRUE;
    buffer_clear(out);
    return FALSE;
}
