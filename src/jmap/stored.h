/* Stored: reading back what message/ wrote at delivery (the envelope, and of a part its extension),
 * so that no message is opened for a list. What is damaged reads as absent. Pure. */
#ifndef CV_JMAP_STORED_H
#define CV_JMAP_STORED_H

#include "base/bytes.h"

#include <jansson.h>

typedef enum { /* in their order (RFC 9051 7.5.2) */
               JMAP_ENVELOPE_DATE,
               JMAP_ENVELOPE_SUBJECT,
               JMAP_ENVELOPE_FROM,
               JMAP_ENVELOPE_SENDER,
               JMAP_ENVELOPE_REPLY_TO,
               JMAP_ENVELOPE_TO,
               JMAP_ENVELOPE_CC,
               JMAP_ENVELOPE_BCC,
               JMAP_ENVELOPE_IN_REPLY_TO,
               JMAP_ENVELOPE_MESSAGE_ID,
               JMAP_ENVELOPE_ITEMS,
} JmapEnvelopeItem;

/* Where each item stands in the envelope, as it is written; empty behind damage. */
void jmap_stored_split(Bytes envelope, Bytes items[JMAP_ENVELOPE_ITEMS]);
/* The text of an item, or of any string written so; g_free, NULL: NIL. *n may be NULL. */
char *jmap_stored_text(Bytes item, gsize *n);
/* A list of addresses as EmailAddress objects, or with `grouped` as EmailAddressGroup objects (RFC
 * 8621 4.1.2.3, 4.1.2.4); null when there are none. A new reference. */
json_t *jmap_stored_list(Bytes item, gboolean grouped);
json_t *jmap_stored_addresses(Bytes envelope, JmapEnvelopeItem item, gboolean grouped);

/* Of a part's extension: behind MD5 (or the parameters of a multipart). g_free, NULL: absent. */
typedef struct {
    char *disposition;
    char **languages; /* g_strfreev */
    char *location;
} JmapExtension;
void jmap_stored_extension(Bytes extension, JmapExtension *out);
void jmap_extension_clear(JmapExtension *extension);

/* Collects addresses into one of the two shapes. */
typedef struct {
    json_t *list;
    json_t *group; /* of it, the addresses of the group that is open; borrowed */
    gboolean grouped;
} JmapAddresses;
void jmap_addresses_init(JmapAddresses *addresses, gboolean grouped);
/* name: as in the header, encoded words and all. */
void jmap_addresses_add(JmapAddresses *addresses, Bytes name, Bytes mailbox, Bytes host);
void jmap_addresses_group(JmapAddresses *addresses, Bytes name);
void jmap_addresses_group_end(JmapAddresses *addresses);

#endif
