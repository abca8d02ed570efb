/* A small writer: it remembers only whether a comma is due, since a container that was just opened
 * wants none and everything else wants one. */
#include "base/json.h"

static void quoted(Buffer *out, const char *text) {
    buffer_append_byte(out, '"');
    for (const char *p = text; *p != '\0';) {
        guchar c = (guchar)*p;
        if (c < 0x20 || c == 0x7f) {
            buffer_printf(out, "\\u%04x", c);
            p++;
        } else if (c == '"' || c == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, c);
            p++;
        } else if (c < 0x80) {
            buffer_append_byte(out, c);
            p++;
        } else {
            gunichar u = g_utf8_get_char_validated(p, -1);
            if (u == (gunichar)-1 || u == (gunichar)-2) {
                buffer_append_string(out, "\xef\xbf\xbd");
                p++;
            } else {
                gsize n = (gsize)(g_utf8_next_char(p) - p);
                buffer_append(out, p, n);
                p += n;
            }
        }
    }
    buffer_append_byte(out, '"');
}

static void before(JsonWriter *w, const char *key) {
    if (w->comma)
        buffer_append_byte(w->out, ',');
    w->comma = TRUE;
    if (key != NULL) {
        quoted(w->out, key);
        buffer_append_byte(w->out, ':');
    }
}

void json_open(JsonWriter *w, const char *key, char bracket) {
    before(w, key);
    buffer_append_byte(w->out, (guint8)bracket);
    w->comma = FALSE;
}

void json_close(JsonWriter *w, char bracket) {
    buffer_append_byte(w->out, (guint8)bracket);
    w->comma = TRUE;
}

void json_text(JsonWriter *w, const char *key, const char *value) {
    if (value == NULL) {
        json_put_null(w, key);
        return;
    }
    before(w, key);
    quoted(w->out, value);
}

void json_int(JsonWriter *w, const char *key, gint64 value) {
    before(w, key);
    buffer_printf(w->out, "%" G_GINT64_FORMAT, value);
}

void json_bool(JsonWriter *w, const char *key, gboolean value) {
    json_raw(w, key, value ? "true" : "false");
}

void json_put_null(JsonWriter *w, const char *key) {
    json_raw(w, key, "null");
}

void json_raw(JsonWriter *w, const char *key, const char *document) {
    before(w, key);
    buffer_append_string(w->out, document);
}
