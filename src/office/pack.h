/* Pack: parts put together as an OPC package (ECMA-376 part 2), and text as XML takes it. Not for
 * other folders. */
#ifndef CV_OFFICE_PACK_H
#define CV_OFFICE_PACK_H

#include "base/error.h"

typedef struct {
    const char *name; /* "word/document.xml" */
    GString *text;
} OfficePart;

/* The archive of these parts in this order. The same parts give the same bytes: every part bears
 * the first day that the format can say. The memory of the result is wiped when it is freed.
 * INTERNAL: the library refused, out of memory. */
GBytes *office_pack(const OfficePart *parts, guint count, GError **error);

/* Wipes and frees; NULL is fine. */
void office_text_free(GString *text);

/* Appends text as the content of an element: valid, composed, escaped, without what XML does not
 * allow and without characters that turn the direction of what follows. line_end: what stands for a
 * line end; at most `most` characters are taken (0: all), then "…" follows. */
void office_xml_put(GString *out, const char *text, const char *line_end, guint most);

#endif
