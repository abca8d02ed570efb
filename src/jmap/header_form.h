/* Header forms: "header:Subject:asText:all" (RFC 8621 4.1.3), and a value of a field in the form
 * that is asked for (4.1.2). Pure. */
#ifndef CV_JMAP_HEADER_FORM_H
#define CV_JMAP_HEADER_FORM_H

#include "base/bytes.h"

#include <jansson.h>

typedef enum {
    JMAP_AS_RAW,
    JMAP_AS_TEXT,
    JMAP_AS_ADDRESSES,
    JMAP_AS_GROUPED,
    JMAP_AS_MESSAGE_IDS,
    JMAP_AS_DATE,
    JMAP_AS_URLS,
    JMAP_FORMS,
} JmapForm;

typedef struct {
    const char *property; /* as it was asked for; borrowed */
    char *name;           /* of the field */
    JmapForm form;
    gboolean all;
} JmapHeaderForm;
void jmap_header_form_free(JmapHeaderForm *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JmapHeaderForm, jmap_header_form_free)
/* NULL: no such property, or the form does not fit the field. */
JmapHeaderForm *jmap_header_form_new(const char *property);

/* One value, still folded; a new reference. */
json_t *jmap_header_value(Bytes value, JmapForm form);
/* What the property has of this header block: of several fields the last, or with `all` each. */
json_t *jmap_header_get(Bytes block, const JmapHeaderForm *form);
/* All fields in their order, raw: the property "headers". */
json_t *jmap_header_list(Bytes block);

#endif
