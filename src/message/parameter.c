/* Parsing is in two steps: segments as they stand (name, section, extended, value), then joining by
 * name when asked. Unquoted values are taken generously up to the next ";", as real mailers write
 * file names with spaces in them. */
#include "message/parameter.h"

#include "message/charset.h"
#include "message/header.h"
#include "message/imap_string.h"

enum { MAX_SECTION = 999, MAX_TOKEN = 127 };

static gboolean is_blank(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0;
}

static gboolean is_token_byte(guint8 c) {
    /* RFC 2045 5.1, tspecials: a bit for each ASCII byte that may not be in a token. */
    static const guint64 special[2] = {G_GUINT64_CONSTANT(0xfc009305ffffffff),
                                       G_GUINT64_CONSTANT(0x8000000038000001)};
    return c < 128 && (special[c >> 6] >> (c & 63) & 1) == 0;
}

/* Blanks and comments; comments may nest, which is counted. */
static void skip_blanks(Reader *r) {
    guint depth = 0;
    for (int c; (c = reader_peek(r)) >= 0; reader_byte(r)) {
        if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (c == '\\' && depth > 0)
            reader_byte(r);
        else if (depth == 0 && !is_blank(c))
            return;
    }
}

static Bytes take_token(Reader *r) {
    const guint8 *start = r->at;
    while (r->at < r->end && is_token_byte(*r->at))
        r->at++;
    return bytes_of(start, (gsize)(r->at - start));
}

gboolean message_type_split(Bytes value, MessageTypeField *out) {
    *out = (MessageTypeField){0};
    Reader r = reader_of(value);
    skip_blanks(&r);
    out->first = take_token(&r);
    if (out->first.n == 0 || out->first.n > MAX_TOKEN)
        return FALSE;
    skip_blanks(&r);
    if (reader_skip_byte(&r, '/')) {
        skip_blanks(&r);
        out->second = take_token(&r);
        if (out->second.n > MAX_TOKEN)
            return FALSE;
    }
    gssize rest = bytes_find_byte(reader_rest(&r), ';');
    out->rest = rest < 0 ? (Bytes){NULL, 0} : bytes_slice(reader_rest(&r), (gsize)rest, value.n);
    return TRUE;
}

/* A quoted string's content, after its opening quote. Line ends inside fold and go. */
static void take_quoted(Reader *r, Buffer *text) {
    for (int c; (c = reader_byte(r)) >= 0 && c != '"';) {
        if (c == '\\' && reader_peek(r) >= 0)
            c = reader_byte(r);
        if (c != '\r' && c != '\n' && c != 0)
            buffer_append_byte(text, (guint8)c);
    }
}

static void take_unquoted(Reader *r, Buffer *text) {
    const guint8 *start = r->at;
    while (r->at < r->end && *r->at != ';' &&
           !(*r->at == '(' && r->at > start && is_blank(r->at[-1])))
        r->at++;
    message_header_unfold(bytes_of(start, (gsize)(r->at - start)), text);
}

/* "name", "name*", "name*1", "name*1*" */
static gboolean split_name(Bytes word, MessageParam *p, Buffer *text) {
    p->section = -1;
    p->extended = FALSE;
    if (word.n > 0 && word.p[word.n - 1] == '*') {
        p->extended = TRUE;
        word.n--;
    }
    gssize star = bytes_find_byte(word, '*');
    if (star >= 0) {
        guint64 section;
        if (!bytes_parse_u64(bytes_slice(word, (gsize)star + 1, word.n), &section) ||
            section > MAX_SECTION)
            return FALSE;
        p->section = (gint16)section;
        word.n = (gsize)star;
    }
    if (word.n == 0 || word.n > MAX_TOKEN)
        return FALSE;
    p->name = (guint32)text->n;
    p->name_n = (guint32)word.n;
    for (gsize i = 0; i < word.n; i++)
        buffer_append_byte(text, (guint8)g_ascii_tolower((gchar)word.p[i]));
    return TRUE;
}

void message_params_parse(MessageParams *params, Bytes value) {
    params->count = 0;
    buffer_init(&params->text, MESSAGE_MAX_PARAM_BYTES);
    Reader r = reader_of(bytes_slice(value, 0, MESSAGE_MAX_PARAM_BYTES));
    while (!reader_done(&r) && params->count < MESSAGE_MAX_PARAMS && !params->text.overflow) {
        skip_blanks(&r);
        if (reader_skip_byte(&r, ';'))
            continue;
        Bytes word = take_token(&r);
        skip_blanks(&r);
        MessageParam *p = &params->item[params->count];
        if (word.n == 0 || !reader_skip_byte(&r, '=') || !split_name(word, p, &params->text)) {
            gssize next = bytes_find_byte(reader_rest(&r), ';');
            r.at = next < 0 ? r.end : r.at + next;
            continue;
        }
        skip_blanks(&r);
        p->value = (guint32)params->text.n;
        if (reader_skip_byte(&r, '"'))
            take_quoted(&r, &params->text);
        else
            take_unquoted(&r, &params->text);
        p->value_n = (guint32)(params->text.n - p->value);
        params->count++;
    }
}

void message_params_release(MessageParams *params) {
    buffer_release(&params->text);
    params->count = 0;
}

static Bytes name_of(const MessageParams *params, const MessageParam *p) {
    return bytes_slice(buffer_bytes(&params->text), p->name, p->name_n);
}

static Bytes value_of(const MessageParams *params, const MessageParam *p) {
    return bytes_slice(buffer_bytes(&params->text), p->value, p->value_n);
}

/* The first segment of this name and section; section -1 and extended is name*=. */
static const MessageParam *segment(const MessageParams *params, Bytes name, int section,
                                   int extended) {
    for (guint i = 0; i < params->count; i++) {
        const MessageParam *p = &params->item[i];
        if (p->section == section && (extended < 0 || p->extended == extended) &&
            bytes_equal(name_of(params, p), name))
            return p;
    }
    return NULL;
}

gboolean message_params_find(const MessageParams *params, const char *name, Bytes *value) {
    const MessageParam *p = segment(params, bytes_of_string(name), -1, FALSE);
    if (p == NULL)
        return FALSE;
    *value = value_of(params, p);
    return TRUE;
}

static void percent_decode(Bytes in, Buffer *out) {
    for (gsize i = 0; i < in.n; i++) {
        if (in.p[i] == '%' && i + 2 < in.n) {
            int high = g_ascii_xdigit_value((gchar)in.p[i + 1]);
            int low = g_ascii_xdigit_value((gchar)in.p[i + 2]);
            if (high >= 0 && low >= 0) {
                buffer_append_byte(out, (guint8)(high << 4 | low));
                i += 2;
                continue;
            }
        }
        buffer_append_byte(out, in.p[i]);
    }
}

/* RFC 2231 4: charset'language'text. The charset goes to out[64]; the text stays in *value. */
static void take_charset(Bytes *value, char out[64]) {
    out[0] = '\0';
    gssize first = bytes_find_byte(*value, '\'');
    if (first < 0)
        return;
    Bytes after = bytes_slice(*value, (gsize)first + 1, value->n);
    gssize second = bytes_find_byte(after, '\'');
    if (second < 0)
        return;
    if (first < 64) {
        memcpy(out, value->p, (gsize)first);
        out[first] = '\0';
    }
    *value = bytes_slice(after, (gsize)second + 1, after.n);
}

char *message_params_text(const MessageParams *params, const char *name) {
    Bytes wanted = bytes_of_string(name);
    const MessageParam *p = segment(params, wanted, -1, TRUE);
    int section = -1;
    if (p == NULL) {
        p = segment(params, wanted, 0, -1);
        section = 0;
    }
    if (p == NULL) {
        p = segment(params, wanted, -1, FALSE);
        return p == NULL ? NULL : message_header_decode(value_of(params, p));
    }
    g_auto(Buffer) joined;
    buffer_init(&joined, MESSAGE_MAX_PARAM_BYTES);
    char charset[64] = "";
    for (; p != NULL; p = section < 0 ? NULL : segment(params, wanted, ++section, -1)) {
        Bytes value = value_of(params, p);
        if (p->extended && section <= 0)
            take_charset(&value, charset);
        if (p->extended)
            percent_decode(value, &joined);
        else
            buffer_append_bytes(&joined, value);
    }
    return message_charset_text(charset, buffer_bytes(&joined), MESSAGE_MAX_PARAM_BYTES, NULL);
}

/* In a joined value, what was not encoded must be, where "%" or 8-bit would be misread. */
static void percent_encode(Bytes in, Buffer *out) {
    for (gsize i = 0; i < in.n; i++) {
        if (in.p[i] <= ' ' || in.p[i] >= 127 || in.p[i] == '%')
            buffer_printf(out, "%%%02X", in.p[i]);
        else
            buffer_append_byte(out, in.p[i]);
    }
}

static void join_segments(const MessageParams *params, Bytes name, gboolean encoded, Buffer *out) {
    const MessageParam *p;
    for (int section = 0; (p = segment(params, name, section, -1)) != NULL; section++) {
        if (section == 0 && encoded && !p->extended)
            buffer_append_string(out, "''");
        if (encoded && !p->extended)
            percent_encode(value_of(params, p), out);
        else
            buffer_append_bytes(out, value_of(params, p));
    }
}

static gboolean any_extended(const MessageParams *params, Bytes name) {
    const MessageParam *p;
    for (int section = 0; (p = segment(params, name, section, -1)) != NULL; section++)
        if (p->extended)
            return TRUE;
    return FALSE;
}

static gboolean write_pair(Bytes name, gboolean star, Bytes value, Buffer *out) {
    return buffer_append_byte(out, '"') && buffer_append_bytes(out, name) &&
           buffer_append_string(out, star ? "*\" " : "\" ") && message_imap_string(out, value);
}

gboolean message_params_write(const MessageParams *params, Buffer *out) {
    gboolean first = TRUE, fits = TRUE;
    for (guint i = 0; i < params->count && fits; i++) {
        const MessageParam *p = &params->item[i];
        Bytes name = name_of(params, p);
        if (p->section > 0 ||
            p != segment(params, name, p->section, p->section < 0 ? p->extended : -1))
            continue; /* joined into an earlier one, or a repetition */
        fits = buffer_append_byte(out, first ? '(' : ' ');
        first = FALSE;
        if (p->section < 0) {
            fits = fits && write_pair(name, p->extended, value_of(params, p), out);
            continue;
        }
        gboolean encoded = any_extended(params, name);
        g_auto(Buffer) joined;
        buffer_init(&joined, 4 * MESSAGE_MAX_PARAM_BYTES);
        join_segments(params, name, encoded, &joined);
        fits = fits && write_pair(name, encoded, buffer_bytes(&joined), out);
    }
    return fits && buffer_append_string(out, first ? "NIL" : ")");
}
