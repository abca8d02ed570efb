/* Header fields in UTF-8 and NFC: runs of encoded words (RFC 2047) that name another charset or are
 * not composed are written anew, so is raw UTF-8 (RFC 6532), and so are file names that are
 * percent-encoded (RFC 2231). Everything between stays byte for byte. */
#include "message/standard.h"

#include "message/header.h"
#include "text/charset.h"
#include "text/fold.h"

enum { MAX_CHARSET = 63 };

/* Fields that people read. Addresses in them are ASCII and stay what they are. */
static gboolean is_for_people(Bytes name) {
    static const char *const names[] = {"subject",      "from",         "to",
                                        "cc",           "bcc",          "reply-to",
                                        "sender",       "comments",     "keywords",
                                        "organization", "resent-to",    "resent-from",
                                        "resent-cc",    "content-type", "content-disposition",
                                        "x-mailer",     "thread-topic", "content-description"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (bytes_is_nocase(name, names[i]))
            return TRUE;
    return FALSE;
}

/* ---- Encoded words ---- */

static gboolean is_blank(guint8 c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Length of an encoded word that begins here, 0: none. *foreign: its charset is not UTF-8;
 * *known: it can be decoded. */
static gsize word_length(Bytes at, gboolean *foreign, gboolean *known) {
    gsize i = 2;
    if (at.n < 8 || at.p[0] != '=' || at.p[1] != '?')
        return 0;
    while (i < at.n && at.p[i] > ' ' && at.p[i] < 127 && at.p[i] != '?' && at.p[i] != '*')
        i++;
    char charset[MAX_CHARSET + 1] = "";
    if (i - 2 > MAX_CHARSET || i == 2)
        return 0;
    memcpy(charset, at.p + 2, i - 2);
    while (i < at.n && at.p[i] > ' ' && at.p[i] != '?')
        i++; /* the language of RFC 2231 5 */
    if (i + 3 >= at.n || at.p[i] != '?' || strchr("QqBb", at.p[i + 1]) == NULL ||
        at.p[i + 1] == 0 || at.p[i + 2] != '?')
        return 0;
    i += 3;
    while (i < at.n && at.p[i] != '?' && at.p[i] > ' ')
        i++;
    if (i + 1 >= at.n || at.p[i] != '?' || at.p[i + 1] != '=')
        return 0;
    *foreign |=
        g_ascii_strcasecmp(charset, "utf-8") != 0 && g_ascii_strcasecmp(charset, "utf8") != 0;
    *known &= text_charset_is_known(charset);
    return i + 2;
}

/* A run of them parted by blanks only. */
static gsize run_length(Bytes at, gboolean *foreign, gboolean *known) {
    gsize n = word_length(at, foreign, known);
    while (n > 0) {
        gsize next = n;
        while (next < at.n && is_blank(at.p[next]))
            next++;
        gsize word = next == n ? 0 : word_length(bytes_slice(at, next, at.n), foreign, known);
        if (word == 0)
            break;
        n = next + word;
    }
    return n;
}

/* The run, as it should be. */
static gboolean put_run(Bytes run, gboolean foreign, gboolean known, Buffer *out) {
    g_autofree char *text = message_header_decode(run);
    g_autofree char *composed = text_nfc(bytes_of_string(text));
    gboolean differs = known && strstr(text, "\xEF\xBF\xBD") == NULL &&
                       (foreign || strcmp(text, composed) != 0) && composed[0] != 0;
    if (differs)
        message_header_encode(out, composed);
    else
        buffer_append_bytes(out, run);
    return differs;
}

/* ---- File names (RFC 2231) ---- */

/* "utf-8'vi'" at the cursor: its length, 0: another charset. */
static gsize charset_length(Bytes at) {
    if (!bytes_starts_nocase(at, "utf-8'"))
        return 0;
    gssize end = bytes_find_byte(bytes_slice(at, 6, 32), '\'');
    return end < 0 ? 0 : 6 + (gsize)end + 1;
}

static void put_percent(const char *text, Buffer *out) {
    for (const guint8 *c = (const guint8 *)text; *c != 0; c++) {
        if (g_ascii_isalnum((gchar)*c) || strchr("-._~", *c) != NULL)
            buffer_append_byte(out, *c);
        else
            buffer_printf(out, "%%%02X", *c);
    }
}

/* ---- … in pieces: "filename*0*=utf-8''Gia; filename*1*=%CC%81y" ---- */

static gsize token_end(Bytes raw, gsize at) {
    while (at < raw.n && !is_blank(raw.p[at]) && raw.p[at] != ';')
        at++;
    return at;
}

/* The piece with this number at `at`, its value decoded into text. Where it ends; 0: there is none.
 */
static gsize take_piece(Bytes raw, gsize at, Bytes name, guint number, GString *text) {
    g_autofree char *mark = g_strdup_printf("*%u", number);
    while (at < raw.n && (is_blank(raw.p[at]) || raw.p[at] == ';'))
        at++;
    Bytes here = bytes_slice(raw, at, name.n);
    at += name.n;
    if (!bytes_equal_nocase(here, name) || !bytes_starts_nocase(bytes_slice(raw, at, raw.n), mark))
        return 0;
    at += strlen(mark);
    gboolean coded = at < raw.n && raw.p[at] == '*';
    at += coded ? 1 : 0;
    if (at >= raw.n || raw.p[at] != '=')
        return 0;
    at++;
    gsize head = number == 0 ? charset_length(bytes_slice(raw, at, raw.n)) : 0;
    if (number == 0 && (!coded || head == 0))
        return 0;
    gsize end = token_end(raw, at);
    g_autofree char *value = bytes_dup_string(bytes_slice(raw, at + head, end - at - head));
    if (!coded && (value[0] == '"' || end == at))
        return 0; /* a quoted piece: left as it is */
    for (const char *c = value; *c != 0; c++) {
        int high = coded && *c == '%' ? g_ascii_xdigit_value(c[1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value(c[2]) : -1;
        g_string_append_c(text, low >= 0 ? (char)(high << 4 | low) : *c);
        c += low >= 0 ? 2 : 0;
    }
    return end;
}

static void put_pieces(Bytes name, const char *text, Buffer *out) {
    enum { PIECE = 20 }; /* bytes of the name: 60 characters at most */
    guint number = 0;
    for (const char *at = text; *at != 0; number++) {
        const char *end = at;
        while (*end != 0 && g_utf8_next_char(end) - at <= PIECE)
            end = g_utf8_next_char(end);
        g_autofree char *piece = g_strndup(at, (gsize)(end - at));
        if (number > 0)
            buffer_append_string(out, ";\r\n ");
        buffer_append_bytes(out, name);
        buffer_printf(out, "*%u*=%s", number, number == 0 ? "utf-8''" : "");
        put_percent(piece, out);
        at = end;
    }
}

/* A name in pieces whose first "*0*=" stands at `star`. Where it ends, and in *out the name anew;
 * 0: it stays as it is. *start: where it begins. */
static gsize put_name_in_pieces(Bytes raw, gsize star, gsize *start, Buffer *out) {
    gsize at = star;
    while (at > 0 && (g_ascii_isalnum((gchar)raw.p[at - 1]) || raw.p[at - 1] == '-'))
        at--;
    Bytes name = bytes_slice(raw, at, star - at);
    g_autoptr(GString) text = g_string_new(NULL);
    gsize end = name.n == 0 ? 0 : take_piece(raw, at, name, 0, text);
    for (guint number = 1; end != 0; number++) {
        gsize next = take_piece(raw, end, name, number, text);
        if (next == 0)
            break;
        end = next;
    }
    if (end == 0 || memchr(text->str, 0, text->len) != NULL ||
        !g_utf8_validate(text->str, (gssize)text->len, NULL))
        return 0;
    g_autofree char *composed = text_nfc(bytes_of(text->str, text->len));
    if (strcmp(text->str, composed) == 0)
        return 0;
    *start = at;
    put_pieces(name, composed, out);
    return end;
}

/* ---- … in one ---- */

/* A value "utf-8''Gia%CC%81y" with its charset, behind "*=". Its length; 0: nothing of the kind. */
static gsize put_percent_name(Bytes at, Buffer *out, gboolean *differs) {
    gsize head = charset_length(at), n = head;
    if (head == 0)
        return 0;
    while (n < at.n && !is_blank(at.p[n]) && at.p[n] != ';')
        n++;
    g_autofree char *coded = bytes_dup_string(bytes_slice(at, head, n - head));
    g_autofree char *name = g_uri_unescape_string(coded, NULL);
    if (name == NULL || !g_utf8_validate(name, -1, NULL))
        return 0;
    g_autofree char *composed = text_nfc(bytes_of_string(name));
    if (strcmp(name, composed) == 0)
        return 0;
    buffer_append_bytes(out, bytes_slice(at, 0, head));
    put_percent(composed, out);
    *differs = TRUE;
    return n;
}

/* ---- A field ---- */

/* Raw UTF-8 that is not composed; composed anew it is no other text. */
static gboolean put_plain(Bytes plain, Buffer *out) {
    if (!text_is_utf8(plain) || bytes_has_nul(plain)) {
        buffer_append_bytes(out, plain);
        return FALSE;
    }
    g_autofree char *composed = text_nfc(plain);
    buffer_append_string(out, composed);
    return !bytes_is(plain, composed);
}

gboolean message_standardise_field(Bytes raw, Buffer *out) {
    gboolean differs = FALSE;
    gsize plain = 0; /* begins here */
    for (gsize i = 0; i < raw.n; i++) {
        Bytes rest = bytes_slice(raw, i, raw.n);
        gboolean foreign = FALSE, known = TRUE;
        gsize n = raw.p[i] == '=' ? run_length(rest, &foreign, &known) : 0;
        if (n > 0) {
            differs |= put_plain(bytes_slice(raw, plain, i - plain), out);
            differs |= put_run(bytes_slice(raw, i, n), foreign, known, out);
        } else if (raw.p[i] == '*' && i >= plain && bytes_starts_nocase(rest, "*0*=")) {
            g_auto(Buffer) name;
            gsize start = i;
            buffer_init(&name, 4 * raw.n + 64);
            gsize end = put_name_in_pieces(raw, i, &start, &name);
            if (end > 0 && start >= plain) {
                differs |= put_plain(bytes_slice(raw, plain, start - plain), out);
                buffer_append_bytes(out, buffer_bytes(&name));
                differs = TRUE;
                n = end - i;
            }
        } else if (raw.p[i] == '*' && i + 1 < raw.n && raw.p[i + 1] == '=') {
            g_auto(Buffer) name;
            buffer_init(&name, 4 * raw.n + 64);
            n = put_percent_name(bytes_slice(raw, i + 2, raw.n), &name, &differs);
            if (n > 0) {
                differs |= put_plain(bytes_slice(raw, plain, i + 2 - plain), out);
                buffer_append_bytes(out, buffer_bytes(&name));
                n += 2;
            }
        }
        if (n > 0) {
            i += n - 1;
            plain = i + 1;
        }
    }
    differs |= put_plain(bytes_slice(raw, plain, raw.n - plain), out);
    return differs;
}

gboolean message_standardise_header(Bytes block, Buffer *out) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    gboolean differs = FALSE;
    while (message_header_next(&iter, &field)) {
        if (is_for_people(field.name))
            differs |= message_standardise_field(field.raw, out);
        else
            buffer_append_bytes(out, field.raw);
    }
    buffer_append_bytes(out, bytes_slice(block, iter.at, block.n - iter.at));
    return differs;
}
