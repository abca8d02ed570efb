/* Json: writing JSON (RFC 8259) piece by piece into a Buffer. Commas and escaping are done here;
 * the caller opens and closes in pairs. Text that is not UTF-8 becomes U+FFFD where it is wrong, so
 * the result is always valid. A full buffer shows in buffer->overflow as everywhere.
 *
 *   JsonWriter w = json_writer(&buffer);
 *   json_open(&w, NULL, '{'); json_text(&w, "address", a); json_int(&w, "quota", q);
 *   json_close(&w, '}');                                                                   */
#ifndef CV_BASE_JSON_H
#define CV_BASE_JSON_H

#include "base/buffer.h"

typedef struct {
    Buffer *out;
    gboolean comma; /* the next member or element is not the first of its container */
} JsonWriter;

static inline JsonWriter json_writer(Buffer *out) {
    return (JsonWriter){out, FALSE};
}

/* key NULL: an element of an array, or the whole document. bracket: '{' or '['; '}' or ']'. */
void json_open(JsonWriter *w, const char *key, char bracket);
void json_close(JsonWriter *w, char bracket);
void json_text(JsonWriter *w, const char *key, const char *value); /* NULL: null */
void json_int(JsonWriter *w, const char *key, gint64 value);
void json_bool(JsonWriter *w, const char *key, gboolean value);
void json_put_null(JsonWriter *w, const char *key); /* the name json_null is jansson's */
/* A document that was written before, as the value. */
void json_raw(JsonWriter *w, const char *key, const char *document);

#endif
