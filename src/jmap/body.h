/* Inside of jmap/: the tree of parts of a message, and the text of a part. */
#ifndef CV_JMAP_BODY_H
#define CV_JMAP_BODY_H

#include "jmap/email.h"
#include "jmap/stored.h"

typedef struct {
    MessagePart part;
    JmapExtension extension;
    char *number;        /* "1.2"; "" for a multipart that is the message's root */
    GPtrArray *children; /* JmapPart, of a multipart */
} JmapPart;
/* NULL: the map is damaged. Views point into structure. */
JmapPart *jmap_tree_new(Bytes structure);
void jmap_tree_free(JmapPart *root);

typedef struct {
    GPtrArray *attachments, *text, *html; /* JmapPart of the tree */
} JmapSorted;
void jmap_tree_sort(JmapPart *root, JmapSorted *out);
void jmap_sorted_clear(JmapSorted *sorted);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapSorted, jmap_sorted_clear)

/* EmailBodyValue of a text part; maximum: bytes, 0: all. NULL: *error. */
json_t *jmap_part_value(JmapSource *source, const JmapPart *part, gint64 maximum, GError **error);
/* The content of a part, decoded from its transfer encoding, appended. */
gboolean jmap_part_decode(const MessagePart *part, Bytes body, Buffer *out);

#endif
