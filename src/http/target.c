#include "http/target.h"

#include <string.h>

/* RFC 3986 2.1; plus: a + is a blank, as forms write it. NULL: broken, or no text. */
static char *decode(Bytes in, gboolean plus) {
    g_autofree char *out = g_malloc(in.n + 1);
    gsize n = 0;
    for (gsize i = 0; i < in.n; i++) {
        char c = (char)in.p[i];
        if (c == '%') {
            if (in.n - i < 3)
                return NULL;
            int high = g_ascii_xdigit_value((char)in.p[i + 1]);
            int low = g_ascii_xdigit_value((char)in.p[i + 2]);
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        out[n++] = c;
    }
    out[n] = '\0';
    return g_utf8_validate(out, (gssize)n, NULL) ? g_steal_pointer(&out) : NULL;
}

void http_target_clear(HttpTarget *target) {
    for (guint i = 0; i < target->count; i++)
        g_free(target->segments[i]);
    for (guint i = 0; i < target->queries; i++) {
        g_free(target->names[i]);
        g_free(target->values[i]);
    }
    memset(target, 0, sizeof *target);
}

/* Takes up to the separator or the end. */
static Bytes piece(Reader *r, guint8 separator) {
    Bytes one;
    if (!reader_until(r, separator, &one)) {
        one = reader_rest(r);
        r->at = r->end;
    } else {
        r->at++;
    }
    return one;
}

static gboolean read_path(Bytes path, HttpTarget *out) {
    if (path.n == 0 || path.p[0] != '/')
        return FALSE;
    out->slash = path.p[path.n - 1] == '/';
    Reader r = reader_of(bytes_slice(path, 1, path.n));
    while (!reader_done(&r)) {
        char *segment = out->count == HTTP_SEGMENTS_MAXIMUM ? NULL : decode(piece(&r, '/'), FALSE);
        if (segment == NULL)
            return FALSE;
        out->segments[out->count++] = segment;
        if (*segment == '\0' || g_str_equal(segment, ".") || g_str_equal(segment, ".."))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_query(Bytes query, HttpTarget *out) {
    Reader r = reader_of(query);
    while (!reader_done(&r)) {
        Bytes pair = piece(&r, '&');
        if (pair.n == 0)
            continue;
        if (out->queries == HTTP_QUERIES_MAXIMUM)
            return FALSE;
        gssize equals = bytes_find_byte(pair, '=');
        Bytes name = equals < 0 ? pair : bytes_slice(pair, 0, (gsize)equals);
        Bytes value = equals < 0 ? bytes_of("", 0) : bytes_slice(pair, (gsize)equals + 1, pair.n);
        g_autofree char *decoded = decode(name, TRUE);
        char *content = decoded == NULL ? NULL : decode(value, TRUE);
        if (content == NULL)
            return FALSE;
        out->names[out->queries] = g_steal_pointer(&decoded);
        out->values[out->queries++] = content;
    }
    return TRUE;
}

gboolean http_target_read(Bytes target, HttpTarget *out) {
    memset(out, 0, sizeof *out);
    gssize mark = bytes_find_byte(target, '?');
    Bytes path = mark < 0 ? target : bytes_slice(target, 0, (gsize)mark);
    return read_path(path, out) &&
           (mark < 0 || read_query(bytes_slice(target, (gsize)mark + 1, target.n), out));
}

gboolean http_target_matches(const HttpTarget *target, const char *pattern,
                             const char *values[HTTP_SEGMENTS_MAXIMUM]) {
    guint segment = 0, value = 0;
    const char *at = pattern;
    while (*at == '/' && at[1] != '\0') {
        const char *next = strchrnul(++at, '/');
        gsize n = (gsize)(next - at);
        if (segment == target->count)
            return FALSE;
        const char *said = target->segments[segment++];
        if (*at == '*' && n == 1 && *next == '\0')
            return TRUE;
        if (*at == '{')
            values[value++] = said;
        else if (strlen(said) != n || strncmp(said, at, n) != 0)
            return FALSE;
        at = next;
    }
    gboolean slash = *at == '/';
    return segment == target->count && (segment == 0 || slash == target->slash);
}

const char *http_target_query(const HttpTarget *target, const char *name) {
    for (guint i = 0; i < target->queries; i++)
        if (g_str_equal(target->names[i], name))
            return target->values[i];
    return NULL;
}

char *http_target_form(Bytes content, const char *name) {
    Reader r = reader_of(content);
    while (!reader_done(&r)) {
        Bytes pair = piece(&r, '&');
        gssize equals = bytes_find_byte(pair, '=');
        if (equals < 0)
            continue;
        g_autofree char *said = decode(bytes_slice(pair, 0, (gsize)equals), TRUE);
        if (said != NULL && g_str_equal(said, name))
            return decode(bytes_slice(pair, (gsize)equals + 1, pair.n), TRUE);
    }
    return NULL;
}
