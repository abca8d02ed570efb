/* The preview comes from the first text part that says anything, plain text before HTML. Only the
 * beginning of a part is decoded: 4 KiB of plain text, 64 KiB of HTML, which may begin with a long
 * style sheet. */
#include "message/preview.h"

#include "message/charset.h"
#include "message/transfer.h"
#include "text/legacy.h"

enum {
    PLAIN_FIRST = 512,
    PLAIN_HEAD = 4 * 1024,
    HTML_FIRST = 4 * 1024,
    HTML_HEAD = 64 * 1024,
    MOST_TRIES = 8,
};

static gboolean is_space(gunichar c) {
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 ||
           (c >= 0x1680 && g_unichar_isspace(c));
}

/* Control characters and signs without width; combining marks stay with their letter. */
static gboolean is_invisible(gunichar c) {
    if (c < 0x300)
        return c < ' ' || (c >= 127 && c < 0xa0) || c == 0xad;
    return g_unichar_iscntrl(c) || (g_unichar_iszerowidth(c) && g_unichar_combining_class(c) == 0);
}

/* White space in runs becomes one space, control and invisible characters go. */
static char *one_line(const char *text) {
    Buffer out;
    buffer_init(&out, MESSAGE_PREVIEW_BYTES);
    gboolean space = FALSE;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        if (*at > ' ' && *at < 127) {
            if (out.n + space >= MESSAGE_PREVIEW_BYTES)
                break;
            if (space)
                buffer_append_byte(&out, ' ');
            space = FALSE;
            buffer_append_byte(&out, (guint8)*at);
            continue;
        }
        gunichar c = g_utf8_get_char(at);
        if (is_space(c)) {
            space = out.n > 0;
            continue;
        }
        if (is_invisible(c))
            continue;
        gsize n = (gsize)(g_utf8_next_char(at) - at);
        if (out.n + n + (space ? 1 : 0) > MESSAGE_PREVIEW_BYTES)
            break;
        if (space)
            buffer_append_byte(&out, ' ');
        space = FALSE;
        buffer_append(&out, at, n);
    }
    return buffer_steal_string(&out);
}

/* Decodes at most `most` bytes from the start of the part, cut between two UTF-8 characters. */
static gsize decode_head(Bytes body, MessageEncoding encoding, guint8 *head, gsize most) {
    MessageDecoder d;
    message_decoder_init(&d, encoding, body);
    gsize n = 0, got;
    while (n < most && (got = message_decoder_read(&d, head + n, most - n)) > 0)
        n += got;
    if (n < most)
        return n;
    for (int i = 0; i < 3 && n > 0 && (head[n - 1] & 0xc0) == 0x80; i++)
        n--;
    return n > 0 && head[n - 1] >= 0xc0 ? n - 1 : n;
}

static char *preview_of(Bytes message, const ScanResult *scan, const ScanPart *part, gboolean html,
                        gsize most) {
    Bytes body = bytes_slice(message, part->body_start, part->body_end - part->body_start);
    most = MIN(most, body.n + 1);
    g_autofree guint8 *head = g_malloc(most);
    gsize n = decode_head(body, (MessageEncoding)part->encoding, head, most);
    g_autofree char *charset = bytes_dup_string(scan_text(scan, part->charset));
    gsize length;
    g_autofree char *text = message_charset_text(charset, bytes_of(head, n), 4 * most, &length);
    if (!html)
        return one_line(text);
    g_auto(Buffer) stripped;
    buffer_init(&stripped, 4 * MESSAGE_PREVIEW_BYTES);
    message_html_text(bytes_of(text, length), &stripped);
    if (stripped.n == 0)
        return g_strdup("");
    g_autofree char *plain =
        g_utf8_make_valid((const char *)buffer_bytes(&stripped).p, (gssize)stripped.n);
    /* Once more: of HTML the old fonts' letters may be references. */
    TextLegacy legacy = text_legacy_guess(bytes_of_string(plain));
    g_autofree char *meant = legacy == TEXT_LEGACY_NONE
                                 ? NULL
                                 : text_legacy_convert(bytes_of_string(plain), legacy, NULL);
    return one_line(meant != NULL ? meant : plain);
}

/* Mostly the first bytes suffice; a part that begins with much white space or markup gets a second
 * look at more of it. */
static char *preview_part(Bytes message, const ScanResult *scan, const ScanPart *part,
                          gboolean html) {
    char *text = preview_of(message, scan, part, html, html ? HTML_FIRST : PLAIN_FIRST);
    if (strlen(text) >= MESSAGE_PREVIEW_BYTES / 2)
        return text;
    gsize first = html ? HTML_FIRST : PLAIN_FIRST;
    if (part->body_end - part->body_start <= first)
        return text;
    g_free(text);
    return preview_of(message, scan, part, html, html ? HTML_HEAD : PLAIN_HEAD);
}

static char *first_text(Bytes message, const ScanResult *scan, const char *subtype) {
    guint tries = 0;
    for (guint i = 0; i < scan->parts->len && tries < MOST_TRIES; i++) {
        const ScanPart *part = &g_array_index(scan->parts, ScanPart, i);
        if (part->kind != MESSAGE_PART_LEAF || part->attachment || part->opaque ||
            !bytes_is(scan_text(scan, part->type), "text") ||
            !bytes_is(scan_text(scan, part->subtype), subtype))
            continue;
        tries++;
        char *text = preview_part(message, scan, part, strcmp(subtype, "html") == 0);
        if (text[0] != '\0')
            return text;
        g_free(text);
    }
    return NULL;
}

char *message_preview(Bytes message, const ScanResult *scan) {
    char *text = first_text(message, scan, "plain");
    if (text == NULL)
        text = first_text(message, scan, "html");
    return text != NULL ? text : g_strdup("");
}

/* --- HTML --- */

static const struct {
    const char *name;
    gunichar code;
} references[] = {{"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},
                  {"apos", '\''},    {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018},
                  {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"bull", 0x2022},
                  {"hellip", 0x2026}};

/* Names of U+00A0 and those that follow (HTML 4, 24.2.1): how some programs write ô, ê, á … */
static const char *const latin_references[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

static gboolean append_code_point(guint64 code, Buffer *out) {
    char utf8[6];
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return buffer_append_string(out, "\xef\xbf\xbd");
    return buffer_append(out, utf8, (gsize)g_unichar_to_utf8((gunichar)code, utf8));
}

/* "&…;" at the cursor; what is no reference stands for itself. */
static void take_reference(Reader *in, Buffer *out) {
    Bytes window = bytes_slice(reader_rest(in), 1, 12);
    gssize end = bytes_find_byte(window, ';');
    Bytes name = bytes_slice(window, 0, end < 0 ? 0 : (gsize)end);
    in->at++;
    if (name.n > 1 && name.p[0] == '#') {
        gboolean hex = name.p[1] == 'x' || name.p[1] == 'X';
        guint64 code = 0;
        for (gsize i = hex ? 2 : 1; i < name.n; i++) {
            int digit = g_ascii_xdigit_value((gchar)name.p[i]);
            if (digit < 0 || (!hex && digit > 9)) {
                buffer_append_byte(out, '&');
                return;
            }
            code = code * (hex ? 16 : 10) + (guint64)digit;
        }
        append_code_point(code, out);
        in->at += name.n + 1;
        return;
    }
    gunichar code = 0;
    for (gsize i = 0; code == 0 && i < G_N_ELEMENTS(references); i++)
        if (bytes_is(name, references[i].name))
            code = references[i].code;
    for (gsize i = 0; code == 0 && i < G_N_ELEMENTS(latin_references); i++)
        if (bytes_is(name, latin_references[i]))
            code = (gunichar)(0xa0 + i);
    if (code != 0) {
        append_code_point(code, out);
        in->at += name.n + 1;
        return;
    }
    buffer_append_byte(out, '&');
}

static void skip_past(Reader *in, const char *text) {
    gssize at = bytes_find(reader_rest(in), bytes_of_string(text));
    in->at = at < 0 ? in->end : in->at + at + strlen(text);
}

/* The content of <style> and the like is no text: up to its end tag. */
static void skip_element(Reader *in, const char *name) {
    while (!reader_done(in)) {
        skip_past(in, "</");
        if (reader_skip_nocase(in, name))
            break;
    }
    skip_past(in, ">");
}

/* Stands on "<". A blank is written for the tag, so that cells and paragraphs stay apart. */
static void skip_tag(Reader *in, Buffer *out) {
    static const char *const silent[] = {"style", "script", "title", "head"};
    static const char *const inner[] = {"b", "i",   "u",     "a",   "em",  "font", "span", "strong",
                                        "s", "big", "small", "sub", "sup", "ins",  "del"};
    if (reader_skip(in, "<!--")) {
        skip_past(in, "-->");
        return;
    }
    in->at++;
    Bytes rest = reader_rest(in);
    gsize n = 0, slash = rest.n > 0 && rest.p[0] == '/' ? 1 : 0;
    while (slash + n < rest.n && n < 16 && g_ascii_isalnum((gchar)rest.p[slash + n]))
        n++;
    Bytes name = bytes_slice(rest, slash, n);
    skip_past(in, ">");
    for (gsize i = 0; i < G_N_ELEMENTS(inner); i++)
        if (bytes_is_nocase(name, inner[i]))
            return;
    buffer_append_byte(out, ' ');
    for (gsize i = 0; slash == 0 && i < G_N_ELEMENTS(silent); i++)
        if (bytes_is_nocase(name, silent[i]))
            skip_element(in, silent[i]);
}

void message_html_text(Bytes html, Buffer *out) {
    Reader in = reader_of(html);
    while (in.at != NULL && !reader_done(&in) && !out->overflow) {
        const guint8 *start = in.at;
        while (in.at < in.end && *in.at != '<' && *in.at != '&')
            in.at++;
        gsize n = (gsize)(in.at - start);
        if (n > out->maximum - out->n) {
            n = out->maximum - out->n;
            out->overflow = TRUE;
        }
        buffer_append(out, start, n);
        if (reader_peek(&in) == '&')
            take_reference(&in, out);
        else if (reader_peek(&in) == '<')
            skip_tag(&in, out);
    }
}
