/* The body of a message that is made; see build.h. */
#include "jmap/build.h"

#include "jmap/header_form.h"
#include "message/header.h"

#include "base/crypto.h"

#include <string.h>

enum { DEEPEST = 20 };

typedef struct {
    const JmapBuilding *building;
    json_t *values; /* bodyValues */
    Buffer *out;
} Body;

static const char *text_of(json_t *part, const char *name) {
    return json_string_value(json_object_get(part, name));
}

static gboolean is_given(json_t *part, const char *name) {
    json_t *value = json_object_get(part, name);
    return value != NULL && !json_is_null(value);
}

/* A token that can stand in a field as it is. */
static gboolean is_plain(const char *text, const char *also) {
    if (*text == '\0')
        return FALSE;
    for (; *text != '\0'; text++)
        if (!g_ascii_isalnum(*text) && strchr("!#$&-^_.+", *text) == NULL &&
            strchr(also, *text) == NULL)
            return FALSE;
    return TRUE;
}

/* ---- Fields of a part ---- */

/* RFC 2231 4 where it is not plain ASCII; a quoted string else. */
static void put_parameter(Buffer *out, const char *name, const char *value) {
    gboolean ascii = TRUE;
    for (const char *p = value; *p != '\0'; p++)
        ascii = ascii && *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\';
    if (ascii) {
        buffer_printf(out, ";\r\n %s=\"%s\"", name, value);
        return;
    }
    g_autofree char *encoded = g_uri_escape_string(value, NULL, FALSE);
    enum { PIECE = 60 };
    gsize n = strlen(encoded), at = 0;
    for (guint i = 0; at < n; i++) {
        gsize piece = MIN(n - at, PIECE);
        while (piece < n - at && piece > 2 &&
               (encoded[at + piece - 1] == '%' || encoded[at + piece - 2] == '%'))
            piece--; /* not inside of a %XX */
        buffer_printf(out, ";\r\n %s*%u*=%s%.*s", name, i, i == 0 ? "UTF-8''" : "", (int)piece,
                      encoded + at);
        at += piece;
    }
}

static json_t *put_own_headers(Body *body, json_t *part) {
    const char *property;
    json_t *value;
    json_object_foreach(part, property, value) {
        if (!g_str_has_prefix(property, "header:"))
            continue;
        g_autoptr(JmapHeaderForm) form = jmap_header_form_new(property);
        if (form == NULL || g_ascii_strcasecmp(form->name, "Content-Transfer-Encoding") == 0 ||
            form->all)
            return jmap_set_invalid(property, NULL);
        json_t *problem = jmap_build_field(body->out, form->name, (int)form->form, value, property);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

static json_t *put_languages(Body *body, json_t *list) {
    if (list == NULL || json_is_null(list))
        return NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *tag = json_string_value(json_array_get(list, i));
        if (tag == NULL || !is_plain(tag, ""))
            return jmap_set_invalid("language", NULL);
        buffer_printf(body->out, "%s%s", i == 0 ? "Content-Language: " : ", ", tag);
    }
    if (json_array_size(list) > 0)
        buffer_append_string(body->out, "\r\n");
    return NULL;
}

static json_t *put_fields(Body *body, json_t *part, const char *type, const char *charset) {
    Buffer *out = body->out;
    const char *name = text_of(part, "name"), *disposition = text_of(part, "disposition");
    const char *cid = text_of(part, "cid"), *location = text_of(part, "location");
    if (!is_plain(type, "/") || strchr(type, '/') == NULL)
        return jmap_set_invalid("type", NULL);
    if (disposition != NULL && !is_plain(disposition, ""))
        return jmap_set_invalid("disposition", NULL);
    if (cid != NULL && (*cid == '\0' || strpbrk(cid, "<> \r\n\t") != NULL))
        return jmap_set_invalid("cid", NULL);
    if (location != NULL && strpbrk(location, " \r\n\t") != NULL)
        return jmap_set_invalid("location", NULL);
    buffer_printf(out, "Content-Type: %s", type);
    if (charset != NULL)
        buffer_printf(out, "; charset=%s", charset);
    if (name != NULL)
        put_parameter(out, "name", name);
    buffer_append_string(out, "\r\n");
    if (disposition != NULL || name != NULL) {
        buffer_printf(out, "Content-Disposition: %s",
                      disposition != NULL ? disposition : "attachment");
        if (name != NULL)
            put_parameter(out, "filename", name);
        buffer_append_string(out, "\r\n");
    }
    if (cid != NULL)
        buffer_printf(out, "Content-ID: <%s>\r\n", cid);
    if (location != NULL)
        buffer_printf(out, "Content-Location: %s\r\n", location);
    json_t *problem = put_languages(body, json_object_get(part, "language"));
    return problem != NULL ? problem : put_own_headers(body, part);
}

/* ---- Contents ---- */

static void put_base64(Buffer *out, Bytes bytes) {
    enum { LINE = 57 };
    for (gsize at = 0; at < bytes.n; at += LINE) {
        g_autofree char *line = g_base64_encode(bytes.p + at, MIN((gsize)LINE, bytes.n - at));
        buffer_append_string(out, line);
        buffer_append_string(out, "\r\n");
    }
}

/* RFC 2045 6.7 */
static void put_quoted(Buffer *out, const char *text) {
    enum { WIDTH = 73 };
    gsize column = 0;
    for (const char *p = text; *p != '\0'; p++) {
        guint8 c = (guint8)*p;
        if (c == '\n') {
            buffer_append_string(out, "\r\n");
            column = 0;
            continue;
        }
        gboolean last = p[1] == '\n' || p[1] == '\0';
        gboolean plain = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !last);
        if (column + (plain ? 1 : 3) > WIDTH) {
            buffer_append_string(out, "=\r\n");
            column = 0;
        }
        if (plain)
            buffer_append_byte(out, c);
        else
            buffer_printf(out, "=%02X", c);
        column += plain ? 1 : 3;
    }
}

/* LF alone between lines. */
static char *plain_lines(const char *text) {
    GString *lines = g_string_new(NULL);
    for (; *text != '\0'; text++)
        if (*text != '\r')
            g_string_append_c(lines, *text);
        else if (text[1] != '\n')
            g_string_append_c(lines, '\n');
    return g_string_free(lines, FALSE);
}

/* Behind a text in a multipart stands the line end that belongs to the boundary. */
static void put_text(Buffer *out, const char *text, gboolean inside) {
    g_autofree char *lines = plain_lines(text);
    gsize n = strlen(lines), high = 0, longest = 0, line = 0;
    for (gsize i = 0; i < n; i++) {
        high += ((guint8)lines[i] & 0x80) != 0;
        line = lines[i] == '\n' ? 0 : line + 1;
        longest = MAX(longest, line);
    }
    if (high > n / 6) {
        g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
        g_autofree char *wire = g_strjoinv("\r\n", split);
        buffer_append_string(out, "Content-Transfer-Encoding: base64\r\n\r\n");
        put_base64(out, bytes_of_string(wire));
        return;
    }
    gboolean plain = high == 0 && longest <= 76;
    buffer_printf(out, "Content-Transfer-Encoding: %s\r\n\r\n",
                  plain ? "7bit" : "quoted-printable");
    for (const char *p = lines; plain && *p != '\0'; p++)
        buffer_append_string(out, *p == '\n' ? "\r\n" : (char[]){*p, '\0'});
    if (!plain)
        put_quoted(out, lines);
    if (inside || !g_str_has_suffix(lines, "\n"))
        buffer_append_string(out, "\r\n");
}

static json_t *put_value(Body *body, json_t *part, const char *type, gboolean inside) {
    const char *id = text_of(part, "partId");
    json_t *value = json_object_get(body->values, id);
    const char *text = text_of(value, "value");
    if (text == NULL || is_given(part, "charset") ||
        json_is_true(json_object_get(value, "isEncodingProblem")) ||
        json_is_true(json_object_get(value, "isTruncated")))
        return jmap_set_invalid("bodyValues", NULL);
    json_t *problem = put_fields(body, part, type, "utf-8");
    if (problem == NULL)
        put_text(body->out, text, inside);
    return problem;
}

static json_t *blob_missing(const char *id) {
    json_t *error = jmap_set_error("blobNotFound", "Không có tệp này; there is no such blob");
    json_object_set_new(error, "notFound", json_pack("[s]", id));
    return error;
}

/* RFC 2046 5.2.1: an attached message is not encoded. */
static json_t *put_blob(Body *body, json_t *part, const char *type) {
    const char *id = text_of(part, "blobId"), *charset = text_of(part, "charset");
    g_auto(Buffer) bytes;
    buffer_init(&bytes, body->out->maximum);
    if (charset != NULL && !is_plain(charset, ""))
        return jmap_set_invalid("charset", NULL);
    if (!body->building->blob(id, &bytes, body->building->data))
        return blob_missing(id);
    json_t *problem = put_fields(body, part, type, charset);
    if (problem != NULL)
        return problem;
    if (g_ascii_strcasecmp(type, "message/rfc822") == 0) {
        buffer_append_string(body->out, "Content-Transfer-Encoding: 8bit\r\n\r\n");
        buffer_append_bytes(body->out, buffer_bytes(&bytes));
        buffer_append_string(body->out, "\r\n");
        return NULL;
    }
    buffer_append_string(body->out, "Content-Transfer-Encoding: base64\r\n\r\n");
    put_base64(body->out, buffer_bytes(&bytes));
    return NULL;
}

static json_t *put_part(Body *body, json_t *part, guint depth);

static json_t *put_multipart(Body *body, json_t *part, const char *type, guint depth) {
    json_t *parts = json_object_get(part, "subParts"), *problem;
    g_autofree char *chance = crypto_random_hex(12);
    g_autofree char *boundary = g_strconcat("=_", chance, NULL);
    if (!json_is_array(parts) || json_array_size(parts) == 0 || depth > DEEPEST ||
        is_given(part, "partId") || is_given(part, "blobId"))
        return jmap_set_invalid("subParts", NULL);
    if (!is_plain(type, "/"))
        return jmap_set_invalid("type", NULL);
    buffer_printf(body->out, "Content-Type: %s;\r\n boundary=\"%s\"\r\n", type, boundary);
    if ((problem = put_own_headers(body, part)) != NULL)
        return problem;
    buffer_append_string(body->out, "\r\n");
    for (size_t i = 0; i < json_array_size(parts); i++) {
        buffer_printf(body->out, "--%s\r\n", boundary);
        if ((problem = put_part(body, json_array_get(parts, i), depth + 1)) != NULL)
            return problem;
    }
    buffer_printf(body->out, "--%s--\r\n", boundary);
    return NULL;
}

static json_t *put_part(Body *body, json_t *part, guint depth) {
    const char *type = text_of(part, "type");
    gboolean value = is_given(part, "partId"), blob = is_given(part, "blobId");
    if (!json_is_object(part) || json_object_get(part, "headers") != NULL)
        return jmap_set_invalid("headers", NULL);
    if (type == NULL)
        type = value ? "text/plain" : blob ? "application/octet-stream" : "";
    if (g_ascii_strncasecmp(type, "multipart/", 10) == 0 || is_given(part, "subParts"))
        return put_multipart(body, part, type, depth);
    if (value == blob || (value && text_of(part, "partId") == NULL) ||
        (blob && text_of(part, "blobId") == NULL))
        return jmap_set_invalid(value ? "blobId" : "partId", NULL);
    return value ? put_value(body, part, type, depth > 0) : put_blob(body, part, type);
}

/* ---- From the three lists ---- */

static json_t *multipart(const char *subtype, json_t *parts) {
    g_autofree char *type = g_strconcat("multipart/", subtype, NULL);
    return json_pack("{ssso}", "type", type, "subParts", parts);
}

/* One part of this type, or none. FALSE: something else. */
static gboolean only_part(json_t *list, const char *type, json_t **part) {
    *part = NULL;
    if (list == NULL || json_is_null(list))
        return TRUE;
    if (!json_is_array(list) || json_array_size(list) > 1)
        return FALSE;
    *part = json_array_get(list, 0);
    const char *its = text_of(*part, "type");
    return *part == NULL || its == NULL || g_ascii_strcasecmp(its, type) == 0;
}

static json_t *typed(json_t *part, const char *type) {
    json_t *copy = json_copy(part);
    json_object_set_new(copy, "type", json_string(type));
    return copy;
}

/* Text and HTML are alternatives; what the HTML shows inside goes with them, other files behind. */
static json_t *structure_of(json_t *text, json_t *html, json_t *attachments) {
    json_t *related = json_array(), *mixed = json_array(), *whole = NULL;
    if (text != NULL && html != NULL) {
        json_t *both = json_array();
        json_array_append_new(both, typed(text, "text/plain"));
        json_array_append_new(both, typed(html, "text/html"));
        whole = multipart("alternative", both);
    } else if (text != NULL || html != NULL) {
        whole = text != NULL ? typed(text, "text/plain") : typed(html, "text/html");
    }
    for (size_t i = 0; i < json_array_size(attachments); i++) {
        json_t *one = json_array_get(attachments, i);
        gboolean shown = html != NULL && is_given(one, "cid") &&
                         g_strcmp0(text_of(one, "disposition"), "inline") == 0;
        json_array_append(shown ? related : mixed, one);
    }
    if (whole != NULL && json_array_size(related) > 0) {
        json_array_insert_new(related, 0, whole);
        whole = multipart("related", json_incref(related));
    }
    if (json_array_size(mixed) > 0) {
        if (whole != NULL)
            json_array_insert_new(mixed, 0, whole);
        whole = multipart("mixed", json_incref(mixed));
    }
    json_decref(related);
    json_decref(mixed);
    return whole;
}

json_t *jmap_build_body(const JmapBuilding *building, json_t *email, Buffer *out) {
    Body body = {building, json_object_get(email, "bodyValues"), out};
    json_t *attachments = json_object_get(email, "attachments"), *text, *html;
    gboolean lists = is_given(email, "textBody") || is_given(email, "htmlBody") ||
                     is_given(email, "attachments");
    if (is_given(email, "bodyStructure"))
        return lists ? jmap_set_invalid("bodyStructure", NULL)
                     : put_part(&body, json_object_get(email, "bodyStructure"), 0);
    if (!only_part(json_object_get(email, "textBody"), "text/plain", &text))
        return jmap_set_invalid("textBody", NULL);
    if (!only_part(json_object_get(email, "htmlBody"), "text/html", &html))
        return jmap_set_invalid("htmlBody", NULL);
    if (is_given(email, "attachments") && !json_is_array(attachments))
        return jmap_set_invalid("attachments", NULL);
    g_autoptr(json_t) whole = structure_of(text, html, attachments);
    if (whole != NULL)
        return put_part(&body, whole, 0);
    buffer_append_string(out, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    return NULL;
}

json_t *jmap_build(const JmapBuilding *building, json_t *email, Buffer *out) {
    json_t *problem = jmap_build_header(building, email, out);
    if (problem == NULL)
        problem = jmap_build_body(building, email, out);
    if (problem == NULL && out->overflow)
        problem = jmap_set_error("tooLarge", "Thư quá lớn; the message is too large");
    return problem;
}
