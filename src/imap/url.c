/* IMAP URLs; see url.h. */
#include "imap/url.h"

enum { URL_MAXIMUM = 8 * 1024 };

void imap_url_clear(ImapUrl *url) {
    g_clear_pointer(&url->mailbox, g_free);
    g_clear_pointer(&url->section, g_free);
}

/* Bytes that stand for themselves (RFC 5092 11, bchar). ';' never does: it begins what follows. */
static gboolean is_plain(guint8 c) {
    return g_ascii_isalnum(c) || (c != 0 && strchr("-._~!$'()*+,&=:@/", c) != NULL);
}

static int hex_digit(Reader *r) {
    int c = reader_byte(r);
    return c < 0 ? -1 : g_ascii_xdigit_value((gchar)c);
}

/* Up to `end` (or the end of the text): percent-encoded bytes, none of them NUL. NULL: malformed.
 */
static char *take_encoded(Reader *r, char end) {
    g_auto(Buffer) out;
    buffer_init(&out, URL_MAXIMUM);
    while (!reader_done(r) && reader_peek(r) != end) {
        int c = reader_byte(r);
        if (c == '%') {
            int high = hex_digit(r), low = hex_digit(r);
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return NULL;
            c = high * 16 + low;
        } else if (!is_plain((guint8)c)) {
            return NULL;
        }
        buffer_append_byte(&out, (guint8)c);
    }
    return out.overflow ? NULL : buffer_steal_string(&out);
}

static gboolean take_nz(Reader *r, guint32 *out) {
    guint64 number = 0;
    if (reader_peek(r) == '0' || !reader_u64(r, &number) || number == 0 || number > G_MAXUINT32)
        return FALSE;
    *out = (guint32)number;
    return TRUE;
}

/* "number [. nz-number]" */
static gboolean take_range(Reader *r, ImapUrl *url) {
    url->partial = TRUE;
    url->length = G_MAXUINT64;
    if (!reader_u64(r, &url->offset) || url->offset > G_MAXINT64)
        return FALSE;
    if (!reader_skip_byte(r, '.'))
        return TRUE;
    return reader_u64(r, &url->length) && url->length > 0 && url->length <= G_MAXINT64;
}

/* "/mailbox[;UIDVALIDITY=n]/" */
static gboolean take_mailbox(Reader *r, ImapUrl *url) {
    if (!reader_skip_byte(r, '/') || (url->mailbox = take_encoded(r, ';')) == NULL)
        return FALSE;
    if (reader_skip_nocase(r, ";UIDVALIDITY="))
        return *url->mailbox != '\0' && take_nz(r, &url->uidvalidity) && reader_skip_byte(r, '/');
    gsize n = strlen(url->mailbox); /* the last slash is the one before ";UID" */
    if (n < 2 || url->mailbox[n - 1] != '/' || r->at[-1] != '/')
        return FALSE;
    url->mailbox[n - 1] = '\0';
    return TRUE;
}

static gboolean take_url(Reader *r, ImapUrl *url) {
    if (reader_peek(r) != ';' && !take_mailbox(r, url))
        return FALSE;
    if (!reader_skip_nocase(r, ";UID=") || !take_nz(r, &url->uid))
        return FALSE;
    if (reader_skip_nocase(r, "/;SECTION=")) {
        g_free(url->section);
        url->section = take_encoded(r, ';');
        if (url->section == NULL || *url->section == '\0')
            return FALSE;
        if (!reader_done(r)) { /* the slash of "/;PARTIAL" was taken for a part of it */
            gsize n = strlen(url->section);
            if (n < 2 || url->section[n - 1] != '/' || r->at[-1] != '/')
                return FALSE;
            url->section[n - 1] = '\0';
            return reader_skip_nocase(r, ";PARTIAL=") && take_range(r, url) && reader_done(r);
        }
    } else if (reader_skip_nocase(r, "/;PARTIAL=") && !take_range(r, url)) {
        return FALSE;
    }
    return reader_done(r);
}

gboolean imap_url_parse(Bytes text, ImapUrl *out) {
    g_auto(ImapUrl) url = {.section = g_strdup("")};
    Reader r = reader_of(text);
    if (text.n > URL_MAXIMUM || !take_url(&r, &url))
        return FALSE;
    *out = url;
    url = (ImapUrl){0};
    return TRUE;
}
