/* Part by part in the order of the message, until one bears a stamp. See scan.h. */
#include "secret/scan.h"

#include "message/charset.h"
#include "message/preview.h"
#include "office/office.h"
#include "secret/mark.h"
#include "text/legacy.h"

#include <string.h>

enum {
    TEXT_BYTES = 8 * 1024 * 1024,  /* decoded, of one text part: a stamp stands at its head */
    FILE_BYTES = 32 * 1024 * 1024, /* decoded, of one document */
    FILES_BYTES = 96 * 1024 * 1024 /* of all documents of a message */
};

typedef struct {
    Bytes message;
    SecretText text;
    SecretFound found;
    gsize files; /* bytes of documents so far */
} Scan;

static gboolean note(Scan *s, SecretPlace place, const char *stamp) {
    if (stamp != NULL)
        s->found = (SecretFound){place, stamp};
    return stamp != NULL;
}

/* ---- Titles ---- */

static gboolean look_at_subject(Scan *s, Bytes header, SecretPlace place) {
    Bytes value;
    if (!message_header_find(header, "Subject", &value))
        return FALSE;
    g_autofree char *subject = message_header_decode(value);
    return note(s, place, secret_title(&s->text, bytes_of_string(subject), FALSE));
}

/* ---- Text ---- */

static GByteArray *decode(const Scan *s, const MessagePart *part, gsize most) {
    Bytes body = bytes_slice(s->message, part->body_start, part->body_end - part->body_start);
    GByteArray *out = g_byte_array_new();
    MessageDecoder d;
    message_decoder_init(&d, part->encoding, body);
    guint8 piece[16384];
    gsize n;
    while (out->len < most && (n = message_decoder_read(&d, piece, sizeof piece)) > 0)
        g_byte_array_append(out, piece, (guint)n);
    return out;
}

/* Does a tag with this name begin a line of its own? */
static gboolean is_block(const char *tag) {
    static const char *const names[] = {
        "p",       "div", "br", "tr",  "td",         "th",    "li",   "h1", "h2",
        "h3",      "h4",  "h5", "h6",  "table",      "ul",    "ol",   "hr", "center",
        "section", "dd",  "dt", "pre", "blockquote", "title", "body", NULL};
    char name[16];
    gsize n = 0;
    if (*tag == '/')
        tag++;
    while (n < sizeof name - 1 && g_ascii_isalnum(tag[n])) {
        name[n] = g_ascii_tolower(tag[n]);
        n++;
    }
    name[n] = '\0';
    return n > 0 && g_strv_contains(names, name);
}

/* Line ends of the source mean nothing, those of blocks do. */
static void html_lines(Bytes html, Buffer *out) {
    g_auto(Buffer) marked;
    buffer_init(&marked, 2 * html.n + 16);
    g_autofree char *text = bytes_dup_string(html);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '<' && is_block(p + 1))
            buffer_append_byte(&marked, '\n');
        buffer_append_byte(&marked, *p == '\r' || *p == '\n' ? ' ' : (guint8)*p);
    }
    message_html_text(buffer_bytes(&marked), out);
}

static gboolean look_at_lines(Scan *s, Bytes utf8, SecretPlace place) {
    TextLegacy legacy = text_legacy_guess(utf8);
    g_autofree char *converted = NULL;
    if (legacy != TEXT_LEGACY_NONE) {
        gsize n;
        converted = text_legacy_convert(utf8, legacy, &n);
        utf8 = bytes_of(converted, n);
    }
    secret_text_lines(&s->text, utf8);
    return note(s, place, secret_text_end(&s->text));
}

static gboolean look_at_text(Scan *s, const MessagePart *part) {
    g_autoptr(GByteArray) body = decode(s, part, TEXT_BYTES);
    g_autofree char *charset = bytes_dup_string(part->charset);
    SecretPlace place = part->attachment ? SECRET_IN_ATTACHMENT : SECRET_IN_TEXT;
    gsize n;
    g_autofree char *text = message_charset_text(charset, bytes_of(body->data, body->len),
                                                 4 * (gsize)body->len + 4, &n);
    if (!bytes_is(part->subtype, "html"))
        return look_at_lines(s, bytes_of(text, n), place);
    g_auto(Buffer) lines;
    buffer_init(&lines, 4 * n + 16);
    html_lines(bytes_of(text, n), &lines);
    Bytes stripped = buffer_bytes(&lines);
    g_autofree char *valid =
        g_utf8_make_valid(stripped.p == NULL ? "" : (const char *)stripped.p, (gssize)stripped.n);
    return look_at_lines(s, bytes_of_string(valid), place);
}

/* ---- Documents ---- */

static gboolean take_line(Bytes line, gpointer data) {
    secret_text_line(&((Scan *)data)->text, line);
    return TRUE;
}

static gboolean look_at_document(Scan *s, const MessagePart *part) {
    Bytes body = bytes_slice(s->message, part->body_start, part->body_end - part->body_start);
    guint8 head[4];
    gsize n = 0, got;
    MessageDecoder d;
    message_decoder_init(&d, part->encoding, body);
    while (n < sizeof head && (got = message_decoder_read(&d, head + n, sizeof head - n)) > 0)
        n += got;
    if (!office_has_lines(bytes_of(head, n)) || part->decoded_bytes > FILE_BYTES ||
        s->files + part->decoded_bytes > FILES_BYTES)
        return FALSE;
    g_autoptr(GByteArray) file = decode(s, part, FILE_BYTES);
    s->files += file->len;
    office_lines(bytes_of(file->data, file->len), take_line, s);
    return note(s, SECRET_IN_ATTACHMENT, secret_text_end(&s->text));
}

/* ---- The walk ---- */

static gboolean look_at_part(Scan *s, const MessagePart *part, gboolean embedded) {
    if (part->body_start < part->header_start || part->body_end < part->body_start)
        return FALSE; /* a damaged map is told elsewhere */
    Bytes header =
        bytes_slice(s->message, part->header_start, part->body_start - part->header_start);
    if (embedded && look_at_subject(s, header, SECRET_IN_ATTACHMENT))
        return TRUE;
    if (part->filename.n > 0 &&
        note(s, SECRET_IN_NAME, secret_title(&s->text, part->filename, TRUE)))
        return TRUE;
    if (part->kind != MESSAGE_PART_LEAF || part->opaque)
        return FALSE;
    return bytes_is(part->type, "text") ? look_at_text(s, part) : look_at_document(s, part);
}

SecretFound secret_scan(const Regulation *regulation, Bytes message, Bytes structure,
                        gsize header_bytes) {
    RegulationSecrets words;
    regulation_secrets(regulation, &words);
    Scan s = {.message = message};
    secret_text_init(&s.text, &words);
    MessagePartIter iter;
    MessagePart part;
    gboolean embedded = FALSE;
    if (!look_at_subject(&s, bytes_slice(message, 0, header_bytes), SECRET_IN_SUBJECT) &&
        message_part_iter_init(&iter, structure))
        while (message_part_next(&iter, &part) && !look_at_part(&s, &part, embedded))
            embedded = part.kind == MESSAGE_PART_MESSAGE;
    secret_text_clear(&s.text);
    return s.found;
}

/* ---- Words ---- */

static const struct {
    const char *name, *vi, *en;
} places[SECRET_PLACES] = {
    [SECRET_NOWHERE] = {"", "", ""},
    [SECRET_IN_SUBJECT] = {"subject", "tiêu đề", "subject"},
    [SECRET_IN_NAME] = {"file_name", "tên tệp gửi kèm", "name of an attached file"},
    [SECRET_IN_TEXT] = {"text", "nội dung thư", "text"},
    [SECRET_IN_ATTACHMENT] = {"attachment", "tệp gửi kèm", "attachment"},
};

const char *secret_place_name(SecretPlace place) {
    return places[place].name;
}

const char *secret_place_words(SecretPlace place, gboolean english) {
    return english ? places[place].en : places[place].vi;
}
