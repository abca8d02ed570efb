/* Walking over a header block and choosing fields from it. Everything here looks at the bytes where
 * they lie; the only copies are the ones that a caller asks for through a Buffer. */
#include "message/header.h"

gsize message_header_blank(Bytes at) {
    if (at.n >= 1 && at.p[0] == '\n')
        return 1;
    return at.n >= 2 && at.p[0] == '\r' && at.p[1] == '\n' ? 2 : 0;
}

/* RFC 5322 3.6.8: a field name is printable US-ASCII except colon and space. */
static gboolean is_name_byte(guint8 c) {
    return c > 32 && c < 127 && c != ':';
}

static void split_field(MessageHeaderField *f) {
    Bytes line = f->raw;
    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line.n--;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    gsize name = 0;
    while (name < line.n && is_name_byte(line.p[name]))
        name++;
    gsize colon = name;
    while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
        colon++;
    if (name == 0 || colon == line.n || line.p[colon] != ':') {
        f->name = (Bytes){line.p, 0};
        f->value = line;
        return;
    }
    f->name = (Bytes){line.p, name};
    f->value = (Bytes){line.p + colon + 1, line.n - colon - 1};
}

gboolean message_header_next(MessageHeaderIter *iter, MessageHeaderField *out) {
    Bytes rest = bytes_slice(iter->block, iter->at, iter->block.n);
    if (rest.n == 0 || message_header_blank(rest) > 0)
        return FALSE;
    const guint8 *at = rest.p, *end = rest.p + rest.n;
    while (at < end) {
        const guint8 *newline = memchr(at, '\n', (gsize)(end - at));
        at = newline == NULL ? end : newline + 1;
        if (at == end || (*at != ' ' && *at != '\t'))
            break;
    }
    out->raw = (Bytes){rest.p, (gsize)(at - rest.p)};
    iter->at += out->raw.n;
    split_field(out);
    return TRUE;
}

gboolean message_header_find(Bytes block, const char *name, Bytes *value_raw) {
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    Bytes wanted = bytes_of_string(name);
    while (message_header_next(&iter, &field)) {
        if (field.name.n > 0 && bytes_equal_nocase(field.name, wanted)) {
            *value_raw = field.value;
            return TRUE;
        }
    }
    return FALSE;
}

static int compare_names(const void *a, const void *b) {
    const Bytes *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    for (gsize i = 0; i < x->n; i++) {
        int difference = g_ascii_tolower((gchar)x->p[i]) - g_ascii_tolower((gchar)y->p[i]);
        if (difference != 0)
            return difference;
    }
    return 0;
}

gboolean message_header_select(Bytes block, const Bytes *names, gsize count, gboolean except,
                               Buffer *out) {
    /* Sorted, so that a long list against a long header costs no product of the two. */
    g_autofree Bytes *sorted = g_memdup2(names, count * sizeof *names);
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, compare_names);
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    gboolean fits = TRUE;
    while (fits && message_header_next(&iter, &field)) {
        gboolean named = field.name.n > 0 && count > 0 &&
                         bsearch(&field.name, sorted, count, sizeof *sorted, compare_names) != NULL;
        if (named != except)
            fits = buffer_append_bytes(out, field.raw);
    }
    Bytes rest = bytes_slice(block, iter.at, block.n);
    return fits && buffer_append_bytes(out, bytes_slice(rest, 0, message_header_blank(rest)));
}

gboolean message_header_unfold(Bytes value, Buffer *out) {
    value = bytes_strip(value);
    gsize i = 0;
    while (i < value.n) {
        gsize run = i;
        while (run < value.n && value.p[run] != '\r' && value.p[run] != '\n' && value.p[run] != 0)
            run++;
        if (!buffer_append(out, value.p + i, run - i))
            return FALSE;
        i = run;
        gboolean broke = FALSE;
        while (i < value.n && (value.p[i] == '\r' || value.p[i] == '\n' || value.p[i] == 0)) {
            broke |= value.p[i] != 0;
            i++;
        }
        gboolean blank_follows = i < value.n && (value.p[i] == ' ' || value.p[i] == '\t');
        if (broke && !blank_follows && i < value.n && !buffer_append_byte(out, ' '))
            return FALSE;
    }
    return TRUE;
}

char **message_header_ids(Bytes value, guint maximum) {
    enum { LONGEST_ID = 998 }; /* RFC 5322 2.1.1: a line cannot be longer */
    GPtrArray *ids = g_ptr_array_new();
    gsize at = 0;
    while (ids->len < maximum && at < value.n) {
        const guint8 *open = memchr(value.p + at, '<', value.n - at);
        if (open == NULL)
            break;
        Bytes rest = bytes_slice(value, (gsize)(open - value.p) + 1, value.n);
        gsize n = 0;
        while (n < rest.n && rest.p[n] > 32 && rest.p[n] != '>' && rest.p[n] != '<')
            n++;
        if (n > 0 && n <= LONGEST_ID && n < rest.n && rest.p[n] == '>')
            g_ptr_array_add(ids, g_utf8_make_valid((const char *)rest.p, (gssize)n));
        at = (gsize)(rest.p - value.p) + n;
    }
    Bytes bare = bytes_strip(value);
    if (ids->len == 0 && maximum > 0 && bare.n > 0 && bare.n <= LONGEST_ID &&
        bytes_find_byte(bare, '<') < 0 && bytes_find_byte(bare, ' ') < 0 &&
        bytes_find_byte(bare, '\n') < 0 && !bytes_has_nul(bare))
        g_ptr_array_add(ids, g_utf8_make_valid((const char *)bare.p, (gssize)bare.n));
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}

/* RFC 2047 2: encoded words of 75 characters at most, cut between characters. */
void message_header_encode(Buffer *out, const char *text) {
    gboolean first = TRUE;
    while (*text != '\0') {
        const char *end = text;
        while (*end != '\0' && g_utf8_next_char(end) - text <= 42)
            end = g_utf8_next_char(end);
        g_autofree char *word = g_base64_encode((const guchar *)text, (gsize)(end - text));
        buffer_printf(out, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", word);
        first = FALSE;
        text = end;
    }
}
