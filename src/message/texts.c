/* A text part is decoded window by window, cut behind a line so that no character and no state of a
 * charset is cut. See texts.h. */
#include "message/texts.h"

#include "message/charset.h"
#include "message/header.h"
#include "message/preview.h"
#include "text/legacy.h"

enum { PLAIN_WINDOW = 1024 * 1024, HTML_WINDOW = 4 * 1024 * 1024 };

typedef struct {
    const MessageSource *source;
    guint mask;
    MessageTextEach each;
    gpointer data;
    gboolean stopped;
} Walk;

static gboolean wants(const Walk *w, MessageTextKind kind) {
    return (w->mask & MESSAGE_TEXT_MASK(kind)) != 0;
}

/* What an old font left (text/legacy.h) is told as what people read. */
static void tell_piece(Walk *w, MessageText *text) {
    TextLegacy legacy = text_legacy_guess(text->utf8);
    g_autofree char *converted = NULL;
    if (legacy != TEXT_LEGACY_NONE) {
        gsize n;
        converted = text_legacy_convert(text->utf8, legacy, &n);
        text->utf8 = bytes_of(converted, n);
    }
    w->stopped = !w->each(text, w->data);
}

static void tell(Walk *w, MessageTextKind kind, Bytes name, Bytes utf8) {
    MessageText text = {.kind = kind, .name = name, .utf8 = utf8, .last = TRUE};
    tell_piece(w, &text);
}

gboolean message_read_bytes(guint64 offset, guint64 n, Bytes *out, gpointer data) {
    const Bytes *all = data;
    *out = bytes_slice(*all, offset, n);
    return TRUE;
}

/* ---- Header fields ---- */

static MessageTextKind kind_of_field(Bytes name) {
    static const char *const names[] = {"subject", "from", "to", "cc", "bcc"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (bytes_is_nocase(name, names[i]))
            return (MessageTextKind)i;
    return MESSAGE_TEXT_FIELD;
}

typedef enum { BLOCK_OWN, BLOCK_PART, BLOCK_ATTACHED } BlockOf;

static void walk_block(Walk *w, Bytes block, BlockOf of) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    while (!w->stopped && message_header_next(&iter, &field)) {
        MessageTextKind kind = of == BLOCK_PART       ? MESSAGE_TEXT_PART
                               : of == BLOCK_ATTACHED ? MESSAGE_TEXT_BODY
                                                      : kind_of_field(field.name);
        if (!wants(w, kind))
            continue;
        g_autofree char *value = message_header_decode(field.name.n > 0 ? field.value : field.raw);
        tell(w, kind, field.name, bytes_of_string(value));
    }
}

/* ---- Text parts ---- */

typedef struct {
    char *charset;
    gboolean html;
} Form;

static void tell_window(Walk *w, const Form *form, Bytes window, gboolean last, gboolean torn) {
    gsize n;
    g_autofree char *text = message_charset_text(form->charset, window, 4 * window.n + 4, &n);
    Bytes utf8 = bytes_of(text, n);
    g_autofree char *valid = NULL;
    if (form->html) {
        g_auto(Buffer) stripped;
        buffer_init(&stripped, 4 * n + 4);
        message_html_text(utf8, &stripped);
        Bytes bytes = buffer_bytes(&stripped);
        valid = g_utf8_make_valid(bytes.p == NULL ? "" : (const char *)bytes.p, (gssize)bytes.n);
        utf8 = bytes_of_string(valid);
    }
    MessageText piece = {MESSAGE_TEXT_BODY, {NULL, 0}, utf8, last, torn};
    tell_piece(w, &piece);
}

static gboolean is_wide(const char *charset) {
    return g_ascii_strncasecmp(charset, "utf-16", 6) == 0 ||
           g_ascii_strncasecmp(charset, "utf-32", 6) == 0;
}

/* How much of a full window may be taken so that the cut falls behind a line, or else before a
 * UTF-8 character (*torn). UTF-16 and UTF-32 are cut between characters by their width. */
static gsize cut_window(const char *charset, const guint8 *window, gsize n, gboolean *torn) {
    const guint8 *line = is_wide(charset) ? NULL : memrchr(window, '\n', n);
    if (line != NULL)
        return (gsize)(line - window) + 1;
    *torn = TRUE;
    gsize cut = n;
    for (int i = 0; i < 3 && cut > 1 && (window[cut - 1] & 0xc0) == 0x80; i++)
        cut--;
    return !is_wide(charset) && cut > 1 && window[cut - 1] >= 0xc0 ? cut - 1 : n;
}

static void walk_body(Walk *w, const Form *form, MessageEncoding encoding, Bytes body) {
    gsize size = MIN(form->html ? (gsize)HTML_WINDOW : (gsize)PLAIN_WINDOW, body.n + 1);
    g_autofree guint8 *window = g_malloc(size);
    MessageDecoder d;
    message_decoder_init(&d, encoding, body);
    gsize have = 0;
    gboolean end = FALSE;
    while (!end && !w->stopped) {
        gsize got;
        gboolean torn = FALSE;
        while (have < size && (got = message_decoder_read(&d, window + have, size - have)) > 0)
            have += got;
        end = have < size;
        gsize take = end ? have : cut_window(form->charset, window, have, &torn);
        tell_window(w, form, bytes_of(window, take), end, torn || (form->html && !end));
        memmove(window, window + take, have - take);
        have -= take;
    }
}

static gboolean walk_text(Walk *w, const MessagePart *part) {
    Bytes body;
    if (part->body_end < part->body_start ||
        !w->source->read(part->body_start, part->body_end - part->body_start, &body,
                         w->source->data))
        return FALSE;
    Form form = {bytes_dup_string(part->charset), bytes_is(part->subtype, "html")};
    walk_body(w, &form, part->encoding, body);
    g_free(form.charset);
    return TRUE;
}

/* ---- The walk ---- */

static gboolean walk_part(Walk *w, const MessagePart *part, BlockOf of) {
    Bytes block = {NULL, 0};
    gboolean header = of == BLOCK_OWN    ? (w->mask & MESSAGE_TEXT_HEADER) != 0
                      : of == BLOCK_PART ? wants(w, MESSAGE_TEXT_PART)
                                         : wants(w, MESSAGE_TEXT_BODY);
    if (part->body_start < part->header_start ||
        (header && !w->source->read(part->header_start, part->body_start - part->header_start,
                                    &block, w->source->data)))
        return FALSE;
    walk_block(w, block, of);
    if (!wants(w, MESSAGE_TEXT_BODY))
        return TRUE;
    if (!w->stopped && part->filename.n > 0)
        tell(w, MESSAGE_TEXT_BODY, bytes_of(NULL, 0), part->filename);
    /* What is not text has no words; the parts of a bounce are text under another name. */
    if (w->stopped || part->kind != MESSAGE_PART_LEAF || part->opaque ||
        (!bytes_is(part->type, "text") && !bytes_is(part->type, "message")))
        return TRUE;
    return walk_text(w, part);
}

gboolean message_texts(const MessageSource *source, guint mask, MessageTextEach each,
                       gpointer data) {
    Walk w = {source, mask, each, data, FALSE};
    MessagePartIter iter;
    MessagePart part;
    BlockOf of = BLOCK_OWN;
    gboolean below = (mask & ~MESSAGE_TEXT_HEADER) != 0;
    if (!message_part_iter_init(&iter, source->packed))
        return FALSE;
    if ((mask & MESSAGE_TEXT_HEADER) != 0)
        walk_block(&w, source->prefix, BLOCK_OWN);
    while (!w.stopped && message_part_next(&iter, &part)) {
        if (!walk_part(&w, &part, of))
            return FALSE;
        if (!below)
            return TRUE;
        of = part.kind == MESSAGE_PART_MESSAGE ? BLOCK_ATTACHED : BLOCK_PART;
    }
    return w.stopped || iter.left == 0;
}
