/* Build: an Internet message (RFC 5322, MIME) out of the properties of an Email that is to be
 * created (RFC 8621 4.6). Pure but for the blobs, which are asked for. */
#ifndef CV_JMAP_BUILD_H
#define CV_JMAP_BUILD_H

#include "jmap/request.h"

#include "base/buffer.h"

typedef struct {
    const char *domain; /* for Message-ID */
    /* The bytes of a blob appended to out; FALSE: there is none for this caller. */
    gboolean (*blob)(const char *id, Buffer *out, gpointer data);
    gpointer data;
} JmapBuilding;

/* Appends the message. NULL: done. Else the SetError, a new reference. */
json_t *jmap_build(const JmapBuilding *building, json_t *email, Buffer *out);

/* ---- Inside: build_header.c, build_body.c ---- */

/* A field in one of the forms of header_form.h; SetError or NULL. property: for the error. */
json_t *jmap_build_field(Buffer *out, const char *name, int form, json_t *value,
                         const char *property);
json_t *jmap_build_header(const JmapBuilding *building, json_t *email, Buffer *out);
json_t *jmap_build_body(const JmapBuilding *building, json_t *email, Buffer *out);
/* Text of a field that is not encoded: folded at blanks. */
void jmap_build_folded(Buffer *out, const char *text, gsize column);

#endif
