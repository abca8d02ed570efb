/* RFC 2047: "=?charset?Q?text?=" in header values. Adjacent encoded words of one charset are joined
 * before conversion, as mailers do cut a character in two; the blanks between two encoded words are
 * not shown (6.2). Everything that does not parse stands for itself. */
#include "message/charset.h"
#include "message/header.h"
#include "message/transfer.h"

typedef struct {
    Bytes charset, text;
    guint8 how; /* 'Q' or 'B' */
} EncodedWord;

enum { MAX_CHARSET = 63 };

/* Takes an encoded word at the cursor, which stands on "=?". A word has no blank in it, so a flood
 * of openings costs no more than its length. */
static gboolean take_word(Reader *r, EncodedWord *w) {
    Reader at = *r;
    if (!reader_skip(&at, "=?"))
        return FALSE;
    const guint8 *start = at.at;
    while (at.at<at.end && * at.at> 32 && *at.at < 127 && *at.at != '?')
        at.at++;
    w->charset = bytes_of(start, (gsize)(at.at - start));
    if (w->charset.n == 0 || !reader_skip_byte(&at, '?'))
        return FALSE;
    int how = reader_byte(&at);
    how = how < 0 ? 0 : g_ascii_toupper((gchar)how);
    if ((how != 'Q' && how != 'B') || !reader_skip_byte(&at, '?'))
        return FALSE;
    w->how = (guint8)how;
    start = at.at;
    /* Some mailers leave blanks in a Q word; the next '?' ends it in any case. */
    while (at.at < at.end && *at.at != '?')
        at.at++;
    w->text = bytes_of(start, (gsize)(at.at - start));
    if (!reader_skip(&at, "?="))
        return FALSE;
    gssize language = bytes_find_byte(w->charset, '*'); /* RFC 2231 5 */
    if (language >= 0)
        w->charset.n = (gsize)language;
    *r = at;
    return TRUE;
}

static void decode_word(const EncodedWord *w, Buffer *out) {
    if (w->how == 'B') {
        MessageDecoder d;
        message_decoder_init(&d, MESSAGE_ENCODING_BASE64, w->text);
        guint8 piece[256];
        for (gsize n; (n = message_decoder_read(&d, piece, sizeof piece)) > 0;)
            buffer_append(out, piece, n);
        return;
    }
    for (gsize i = 0; i < w->text.n; i++) {
        guint8 c = w->text.p[i];
        int high = -1, low = -1;
        if (c == '=' && i + 2 < w->text.n) {
            high = g_ascii_xdigit_value((gchar)w->text.p[i + 1]);
            low = g_ascii_xdigit_value((gchar)w->text.p[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            buffer_append_byte(out, (guint8)(high << 4 | low));
            i += 2;
        } else {
            buffer_append_byte(out, c == '_' ? ' ' : c);
        }
    }
}

static void convert_into(Bytes charset, Bytes text, Buffer *out) {
    char name[MAX_CHARSET + 1] = "";
    if (charset.n <= MAX_CHARSET && charset.n > 0)
        memcpy(name, charset.p, charset.n);
    gsize n;
    g_autofree char *utf8 = message_charset_text(name, text, MESSAGE_HEADER_TEXT, &n);
    buffer_append(out, utf8, n);
}

/* A run of encoded words parted by blanks only. Leaves the cursor after the last one. */
static gboolean take_run(Reader *r, Buffer *out) {
    EncodedWord word;
    if (!take_word(r, &word))
        return FALSE;
    g_auto(Buffer) joined;
    buffer_init(&joined, MESSAGE_HEADER_TEXT);
    Bytes charset = word.charset;
    for (;;) {
        if (!bytes_equal_nocase(charset, word.charset)) {
            convert_into(charset, buffer_bytes(&joined), out);
            buffer_clear(&joined);
            charset = word.charset;
        }
        decode_word(&word, &joined);
        Reader next = *r;
        while (reader_peek(&next) == ' ' || reader_peek(&next) == '\t')
            reader_byte(&next);
        if (!take_word(&next, &word))
            break;
        *r = next;
    }
    convert_into(charset, buffer_bytes(&joined), out);
    return TRUE;
}

/* Raw bytes between encoded words: the whole value decides whether they are UTF-8. */
static void append_plain(Bytes text, Buffer *out) {
    convert_into((Bytes){NULL, 0}, text, out);
}

static char *finish(Buffer *out) {
    char *text = buffer_steal_string(out);
    for (char *c = text; *c != '\0'; c++)
        if ((guchar)*c < 32 || *c == 127)
            *c = ' ';
    return text;
}

/* Length of a run in which no encoded word can begin. A "=?" that was tried in vain and held a
 * '?'-less rest is never tried again from the same start, so the work stays linear. */
static gsize plain_run(Bytes rest, gsize from) {
    gssize hit = bytes_find(bytes_slice(rest, from, rest.n), BYTES_LITERAL("=?"));
    return hit < 0 ? rest.n : from + (gsize)hit;
}

char *message_header_decode(Bytes value) {
    g_auto(Buffer) line;
    buffer_init(&line, MESSAGE_HEADER_TEXT + 1);
    message_header_unfold(bytes_slice(value, 0, MESSAGE_HEADER_TEXT), &line);
    Buffer out;
    buffer_init(&out, 4 * MESSAGE_HEADER_TEXT);
    Reader r = reader_of(buffer_bytes(&line));
    gsize plain = 0;
    while (r.at != NULL && !reader_done(&r)) {
        Bytes rest = reader_rest(&r);
        plain = plain_run(rest, plain);
        Reader word = reader_of(bytes_slice(rest, plain, rest.n));
        g_auto(Buffer) decoded;
        buffer_init(&decoded, 4 * MESSAGE_HEADER_TEXT);
        if (plain < rest.n && !take_run(&word, &decoded)) {
            plain += 2; /* not a word: plain text that goes on */
            continue;
        }
        append_plain(bytes_slice(rest, 0, plain), &out);
        buffer_append_bytes(&out, buffer_bytes(&decoded));
        r.at = word.at == NULL ? r.end : word.at;
        plain = 0;
    }
    return finish(&out);
}
