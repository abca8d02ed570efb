#include "http/head.h"

#include <string.h>

static const struct {
    const char *name;
    HttpMethod method;
} methods[] = {
    {"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},       {"PUT", HTTP_PUT},
    {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS},
};

/* RFC 9110 5.6.2: what names of fields and methods are made of. */
static gboolean is_token(Bytes text) {
    for (gsize i = 0; i < text.n; i++)
        if (!g_ascii_isalnum((char)text.p[i]) && strchr("!#$%&'*+-.^_`|~", text.p[i]) == NULL)
            return FALSE;
    return text.n > 0 && !bytes_has_nul(text);
}

static gboolean is_visible(Bytes text) {
    for (gsize i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
            return FALSE;
    return TRUE;
}

/* RFC 9110 5.5: no control character but the tab. */
static gboolean is_value(Bytes text) {
    for (gsize i = 0; i < text.n; i++)
        if ((text.p[i] < ' ' && text.p[i] != '\t') || text.p[i] == 0x7f)
            return FALSE;
    return TRUE;
}

/* A line without its CRLF. FALSE: none, or a CR or LF that stands alone. */
static gboolean take_line(Reader *r, Bytes *line) {
    if (!reader_until(r, '\n', line) || line->n == 0 || line->p[line->n - 1] != '\r')
        return FALSE;
    r->at++;
    line->n--;
    return bytes_find_byte(*line, '\r') < 0;
}

/* ---- Request line ---- */

/* RFC 9112 3.2: a path, or a whole address whose host then counts, or * of OPTIONS. */
static gboolean take_target(Bytes text, HttpHead *out) {
    static const char *const schemes[] = {"http://", "https://"};
    if (text.n == 0 || !is_visible(text) || bytes_find_byte(text, '#') >= 0)
        return FALSE;
    out->target = text;
    if (text.p[0] == '/')
        return TRUE;
    if (bytes_is(text, "*"))
        return out->method == HTTP_OPTIONS;
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (!bytes_starts_nocase(text, schemes[i]))
            continue;
        Bytes rest = bytes_slice(text, strlen(schemes[i]), text.n);
        gssize slash = bytes_find_byte(rest, '/');
        out->host = slash < 0 ? rest : bytes_slice(rest, 0, (gsize)slash);
        out->target = slash < 0 ? BYTES_LITERAL("/") : bytes_slice(rest, (gsize)slash, rest.n);
        return out->host.n > 0 && bytes_find_byte(out->host, '@') < 0;
    }
    return FALSE;
}

static guint take_request_line(Bytes line, HttpHead *out) {
    Reader r = reader_of(line);
    Bytes method, target;
    if (!reader_until(&r, ' ', &method) || !reader_skip_byte(&r, ' ') || !is_token(method) ||
        !reader_until(&r, ' ', &target) || !reader_skip_byte(&r, ' '))
        return 400;
    Bytes version = reader_rest(&r);
    if (version.n != 8 || !bytes_starts_nocase(version, "HTTP/") || version.p[6] != '.' ||
        !g_ascii_isdigit((char)version.p[5]) || !g_ascii_isdigit((char)version.p[7]))
        return 400;
    if (version.p[5] != '1')
        return 505;
    out->keep = version.p[7] != '0';
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
        if (bytes_is(method, methods[i].name))
            out->method = methods[i].method;
    if (out->method == 0)
        return 501;
    if (target.n > HTTP_TARGET_MAXIMUM)
        return 414;
    return take_target(target, out) ? 200 : 400;
}

/* ---- Fields ---- */

static gboolean take_field(Bytes line, HttpField *out) {
    gssize colon = bytes_find_byte(line, ':');
    if (colon <= 0)
        return FALSE;
    out->name = bytes_slice(line, 0, (gsize)colon);
    out->value = bytes_strip(bytes_slice(line, (gsize)colon + 1, line.n));
    return is_token(out->name) && is_value(out->value);
}

static const HttpField *find_field(const HttpHead *head, const char *name, guint *times) {
    const HttpField *found = NULL;
    *times = 0;
    for (guint i = 0; i < head->count; i++) {
        if (!bytes_is_nocase(head->fields[i].name, name))
            continue;
        found = &head->fields[i];
        ++*times;
    }
    return found;
}

Bytes http_head_field(const HttpHead *head, const char *name) {
    guint times;
    const HttpField *field = find_field(head, name, &times);
    return times == 1 ? field->value : bytes_of(NULL, 0);
}

/* Is the word one of the list "a, b"? RFC 9110 5.6.1. */
static gboolean list_has(Bytes list, const char *word) {
    Reader r = reader_of(list);
    while (!reader_done(&r)) {
        Bytes one;
        if (!reader_until(&r, ',', &one)) {
            one = reader_rest(&r);
            r.at = r.end;
        } else {
            r.at++;
        }
        if (bytes_is_nocase(bytes_strip(one), word))
            return TRUE;
    }
    return FALSE;
}

/* RFC 9112 3.2: exactly one Host, and one of the absolute form prevails. */
static guint take_host(HttpHead *out) {
    guint times;
    const HttpField *host = find_field(out, "host", &times);
    if (times > 1 || (times == 0 && out->keep))
        return 400;
    if (out->host.n == 0 && host != NULL)
        out->host = host->value;
    return is_visible(out->host) ? 200 : 400;
}

/* RFC 9112 6: how long the content is; what could be read in two ways is refused. */
static guint take_framing(HttpHead *out, gboolean http_1_1) {
    guint lengths, codings;
    const HttpField *length = find_field(out, "content-length", &lengths);
    const HttpField *coding = find_field(out, "transfer-encoding", &codings);
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
        return 400;
    if (coding != NULL && !bytes_is_nocase(coding->value, "chunked"))
        return 501;
    if (coding != NULL && !http_1_1)
        return 400;
    out->chunked = coding != NULL;
    return length == NULL || bytes_parse_u64(length->value, &out->length) ? 200 : 400;
}

static guint take_fields(Reader *r, HttpHead *out) {
    Bytes line;
    while (take_line(r, &line)) {
        if (line.n == 0) {
            gboolean http_1_1 = out->keep;
            guint status = take_host(out);
            if (status == 200)
                status = take_framing(out, http_1_1);
            Bytes connection = http_head_field(out, "connection");
            out->keep = http_1_1 && !list_has(connection, "close");
            out->expects =
                http_1_1 && bytes_is_nocase(http_head_field(out, "expect"), "100-continue");
            return status;
        }
        if (out->count == HTTP_FIELDS_MAXIMUM)
            return 431;
        if (!take_field(line, &out->fields[out->count]))
            return 400;
        out->count++;
    }
    return 400;
}

guint http_head_read(Bytes input, HttpHead *out, gsize *size) {
    out->method = 0;
    out->host = out->target = bytes_of(NULL, 0);
    out->chunked = out->expects = FALSE;
    out->length = out->count = 0;
    gssize end = bytes_find(bytes_slice(input, 0, HTTP_HEAD_MAXIMUM), BYTES_LITERAL("\r\n\r\n"));
    if (end < 0) {
        gssize line = bytes_find_byte(input, '\n');
        if (line > 0 && input.p[line - 1] != '\r')
            return 400; /* it will never become whole */
        if (input.n < HTTP_HEAD_MAXIMUM)
            return 0;
        return line < 0 || line > HTTP_TARGET_MAXIMUM ? 414 : 431;
    }
    *size = (gsize)end + 4;
    Reader r = reader_of(bytes_slice(input, 0, *size));
    Bytes line;
    if (!take_line(&r, &line))
        return 400;
    guint status = take_request_line(line, out);
    return status == 200 ? take_fields(&r, out) : status;
}
