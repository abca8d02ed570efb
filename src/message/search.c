/* A text part is decoded window by window, cut after a line so that no character and no state of a
 * charset is cut; the end of each folded window, one byte shorter than the needle, is put before
 * the next, so that a hit across the cut is seen. Text in ASCII, the usual case, is folded in
 * place. */
#include "message/search.h"

#include "message/charset.h"
#include "message/header.h"
#include "message/preview.h"
#include "text/fold.h"

enum { PLAIN_WINDOW = 1024 * 1024, HTML_WINDOW = 4 * 1024 * 1024 };

struct MessageNeedle {
    MessageNeedleKind kind;
    char *header;
    char *text; /* folded */
    gsize text_n;
};

MessageNeedle *message_needle_new(MessageNeedleKind kind, const char *header, Bytes text) {
    MessageNeedle *needle = g_new0(MessageNeedle, 1);
    needle->kind = kind;
    needle->header = g_strdup(header);
    needle->text = text_casefold(text);
    needle->text_n = strlen(needle->text);
    return needle;
}

void message_needle_free(MessageNeedle *needle) {
    if (needle == NULL)
        return;
    g_free(needle->header);
    g_free(needle->text);
    g_free(needle);
}

static gboolean contains(const MessageNeedle *needle, const char *folded, gsize n) {
    return bytes_find(bytes_of(folded, n), bytes_of(needle->text, needle->text_n)) >= 0;
}

static gboolean is_ascii(Bytes text) {
    guint8 any = 0;
    for (gsize i = 0; i < text.n; i++)
        any |= text.p[i];
    return any < 0x80;
}

/* `text` is changed when it is ASCII. The result is g_free'd. */
static char *fold(char *text, gsize n, gsize *folded_n) {
    if (!is_ascii(bytes_of(text, n))) {
        char *folded = text_casefold(bytes_of(text, n));
        g_free(text);
        *folded_n = strlen(folded);
        return folded;
    }
    for (gsize i = 0; i < n; i++)
        text[i] = (guchar)(text[i] - 'A') < 26 ? (char)(text[i] | 0x20) : text[i];
    *folded_n = n;
    return text;
}

/* --- headers --- */

static gboolean value_contains(const MessageNeedle *needle, Bytes value) {
    gsize n;
    char *text = message_header_decode(value);
    g_autofree char *folded = fold(text, strlen(text), &n);
    return contains(needle, folded, n);
}

gboolean message_search_header(Bytes block, const MessageNeedle *needle) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    while (message_header_next(&iter, &field)) {
        /* RFC 9051 6.4.4: "If the string to search is zero-length, this matches all messages that
         * have a header field with the specified field-name regardless of the contents." */
        if (field.name.n > 0 && needle->header != NULL &&
            bytes_is_nocase(field.name, needle->header) &&
            (needle->text_n == 0 || value_contains(needle, field.value)))
            return TRUE;
    }
    return FALSE;
}

/* Any field, its name and its value. */
static gboolean block_contains(const MessageNeedle *needle, Bytes block) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    while (message_header_next(&iter, &field))
        if (value_contains(needle, field.raw))
            return TRUE;
    return FALSE;
}

/* --- text parts --- */

typedef struct {
    const MessageNeedle *needle;
    Buffer tail; /* end of the last window, folded */
    char *charset;
    gboolean html;
} PartSearch;

static gboolean window_contains(PartSearch *s, Bytes window) {
    gsize n, folded_n;
    char *text = message_charset_text(s->charset, window, 4 * window.n + 4, &n);
    if (s->html) {
        Buffer stripped;
        buffer_init(&stripped, 4 * n + 4);
        message_html_text(bytes_of(text, n), &stripped);
        n = stripped.n;
        g_free(text);
        text = buffer_steal_string(&stripped);
    }
    g_autofree char *folded = fold(text, n, &folded_n);
    gsize keep = s->needle->text_n - 1;
    if (contains(s->needle, folded, folded_n))
        return TRUE;
    if (s->tail.n > 0) {
        buffer_append(&s->tail, folded, MIN(keep, folded_n));
        if (contains(s->needle, (const char *)buffer_bytes(&s->tail).p, s->tail.n))
            return TRUE;
    }
    if (folded_n >= keep) {
        buffer_clear(&s->tail);
        buffer_append(&s->tail, folded + folded_n - keep, keep);
    } else if (s->tail.n > keep) {
        buffer_consume(&s->tail, s->tail.n - keep);
    } else if (s->tail.n == 0) {
        buffer_append(&s->tail, folded, folded_n);
    }
    return FALSE;
}

/* How much of a full window may be taken so that the cut falls behind a line, or else before a
 * UTF-8 character. UTF-16 and UTF-32 are cut between characters by their width. */
static gsize cut_window(const PartSearch *s, const guint8 *window, gsize n) {
    if (g_ascii_strncasecmp(s->charset, "utf-16", 6) == 0 ||
        g_ascii_strncasecmp(s->charset, "utf-32", 6) == 0)
        return n;
    const guint8 *line = memrchr(window, '\n', n);
    if (line != NULL)
        return (gsize)(line - window) + 1;
    gsize cut = n;
    for (int i = 0; i < 3 && cut > 1 && (window[cut - 1] & 0xc0) == 0x80; i++)
        cut--;
    return cut > 1 && window[cut - 1] >= 0xc0 ? cut - 1 : n;
}

static gboolean body_contains(PartSearch *s, MessageEncoding encoding, Bytes body) {
    gsize size = MIN(s->html ? (gsize)HTML_WINDOW : (gsize)PLAIN_WINDOW, body.n + 1);
    g_autofree guint8 *window = g_malloc(size);
    MessageDecoder d;
    message_decoder_init(&d, encoding, body);
    gsize have = 0;
    for (;;) {
        gsize got;
        while (have < size && (got = message_decoder_read(&d, window + have, size - have)) > 0)
            have += got;
        gboolean end = have < size;
        gsize take = end ? have : cut_window(s, window, have);
        if (take > 0 && window_contains(s, bytes_of(window, take)))
            return TRUE;
        if (end)
            return FALSE;
        memmove(window, window + take, have - take);
        have -= take;
    }
}

static gboolean part_contains(const MessageNeedle *needle, Bytes message, const MessagePart *part) {
    /* What is not text has no words; the parts of a bounce are text under another name. */
    if (part->kind != MESSAGE_PART_LEAF || part->opaque ||
        (!bytes_is(part->type, "text") && !bytes_is(part->type, "message")))
        return FALSE;
    PartSearch s = {.needle = needle, .html = bytes_is(part->subtype, "html")};
    buffer_init(&s.tail, 2 * needle->text_n);
    s.charset = bytes_dup_string(part->charset);
    Bytes body = bytes_slice(message, part->body_start, part->body_end - part->body_start);
    gboolean found = body_contains(&s, part->encoding, body);
    buffer_release(&s.tail);
    g_free(s.charset);
    return found;
}

gboolean message_search(Bytes message, Bytes packed, const MessageNeedle *needle) {
    MessagePartIter iter;
    MessagePart part;
    gboolean root = TRUE, embedded = FALSE;
    if (!message_part_iter_init(&iter, packed))
        return FALSE;
    if (needle->text_n == 0 && needle->kind != MESSAGE_NEEDLE_HEADER)
        return TRUE;
    while (message_part_next(&iter, &part)) {
        Bytes block = bytes_slice(message, part.header_start, part.body_start - part.header_start);
        if (needle->kind == MESSAGE_NEEDLE_HEADER)
            return message_search_header(block, needle);
        gboolean heading = needle->kind == MESSAGE_NEEDLE_TEXT || (embedded && !root);
        if ((heading && block_contains(needle, block)) || part_contains(needle, message, &part))
            return TRUE;
        embedded = part.kind == MESSAGE_PART_MESSAGE; /* then the next is its root */
        root = FALSE;
    }
    return FALSE;
}
