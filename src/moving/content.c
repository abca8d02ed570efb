/* What every source does to the bytes of a message; see moving.h. */
#include "message/date.h"
#include "message/header.h"
#include "moving/moving.h"

gboolean moving_append_crlf(Buffer *out, Bytes text) {
    gsize at = 0;
    while (at < text.n) {
        Bytes rest = bytes_slice(text, at, text.n);
        gssize end = bytes_find_byte(rest, '\n');
        if (end < 0)
            return buffer_append_bytes(out, rest);
        gboolean bare = end == 0 ? at == 0 || text.p[at - 1] != '\r' : rest.p[end - 1] != '\r';
        if (!buffer_append(out, rest.p, (gsize)end) ||
            !buffer_append_string(out, bare ? "\r\n" : "\n"))
            return FALSE;
        at += (gsize)end + 1;
    }
    return TRUE;
}

static gboolean only_crlf(Bytes text) {
    for (gsize at = 0; at < text.n;) {
        Bytes rest = bytes_slice(text, at, text.n);
        gssize end = bytes_find_byte(rest, '\n');
        Bytes line = end < 0 ? rest : bytes_slice(rest, 0, (gsize)end);
        if (end >= 0 && (line.n == 0 || line.p[line.n - 1] != '\r'))
            return FALSE;
        gssize cr = bytes_find_byte(line, '\r');
        if (cr >= 0 && (end < 0 || (gsize)cr + 1 != line.n))
            return FALSE;
        at += line.n + 1;
    }
    return TRUE;
}

gboolean moving_append_lf(Buffer *out, Bytes text, gboolean *fits) {
    *fits = TRUE;
    if (!only_crlf(text))
        return FALSE;
    for (gsize at = 0; at < text.n && *fits;) {
        Bytes rest = bytes_slice(text, at, text.n);
        gssize end = bytes_find_byte(rest, '\r');
        gsize n = end < 0 ? rest.n : (gsize)end;
        *fits = buffer_append(out, rest.p, n) && (end < 0 || buffer_append_byte(out, '\n'));
        at += n + 2;
    }
    return TRUE;
}

gboolean moving_replace_nul(Buffer *content) {
    gboolean any = FALSE;
    guint8 *at = content->p == NULL ? NULL : content->p + content->start;
    guint8 *end = at + content->n;
    while (at < end && (at = memchr(at, 0, (gsize)(end - at))) != NULL) {
        *at++ = 0x80;
        any = TRUE;
    }
    return any;
}

gint64 moving_header_date(Bytes content) {
    enum { HEADER_BYTES = 256 * 1024 };
    Bytes header = bytes_slice(content, 0, HEADER_BYTES), value;
    gint64 us;
    gint zone;
    if (message_header_find(header, "Received", &value)) {
        for (gssize at = (gssize)value.n - 1; at >= 0; at--)
            if (value.p[at] == ';') {
                Bytes date = bytes_slice(value, (gsize)at + 1, value.n);
                if (message_date_parse(date, &us, &zone) && us > 0)
                    return us;
                break;
            }
    }
    if (message_header_find(header, "Date", &value) && message_date_parse(value, &us, &zone) &&
        us > 0)
        return us;
    return 0;
}

gboolean moving_is_keyword(Bytes word) {
    if (word.n == 0 || word.n > STORE_KEYWORD_BYTES)
        return FALSE;
    for (gsize i = 0; i < word.n; i++)
        if (word.p[i] <= ' ' || word.p[i] >= 0x7f || strchr("(){%*\"\\]", word.p[i]) != NULL)
            return FALSE;
    return TRUE;
}

gboolean moving_add_keyword(GPtrArray *keywords, Bytes word) {
    if (!moving_is_keyword(word))
        return FALSE;
    for (guint i = 0; i < keywords->len; i++)
        if (bytes_is_nocase(word, keywords->pdata[i]))
            return TRUE;
    if (keywords->len >= MOVING_KEYWORDS)
        return FALSE;
    g_ptr_array_add(keywords, bytes_dup_string(word));
    return TRUE;
}
