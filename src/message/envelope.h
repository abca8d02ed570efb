/* Envelope: the fields of a header block that IMAP's ENVELOPE and our own columns need, found in
 * one walk, and the ENVELOPE text made of them. RFC 9051 7.5.2, RFC 3501 7.4.2. */
#ifndef CV_MESSAGE_ENVELOPE_H
#define CV_MESSAGE_ENVELOPE_H

#include "message/header.h"

typedef enum {
    MESSAGE_FIELD_DATE,
    MESSAGE_FIELD_SUBJECT,
    MESSAGE_FIELD_FROM,
    MESSAGE_FIELD_SENDER,
    MESSAGE_FIELD_REPLY_TO,
    MESSAGE_FIELD_TO,
    MESSAGE_FIELD_CC,
    MESSAGE_FIELD_BCC,
    MESSAGE_FIELD_IN_REPLY_TO,
    MESSAGE_FIELD_MESSAGE_ID,
    MESSAGE_FIELD_REFERENCES,
    MESSAGE_FIELD_CONTENT_TYPE,
    MESSAGE_FIELD_CONTENT_ENCODING,
    MESSAGE_FIELD_CONTENT_ID,
    MESSAGE_FIELD_CONTENT_DESCRIPTION,
    MESSAGE_FIELD_CONTENT_DISPOSITION,
    MESSAGE_FIELD_CONTENT_MD5,
    MESSAGE_FIELD_CONTENT_LANGUAGE,
    MESSAGE_FIELD_CONTENT_LOCATION,
    MESSAGE_FIELDS,
} MessageFieldId;

/* The first field of each name; value folded as it stands. */
typedef struct {
    Bytes block;
    Bytes value[MESSAGE_FIELDS];
    guint32 present;  /* bit 1 << MessageFieldId */
    guint32 repeated; /* likewise: there is more than one */
} MessageFields;

void message_fields_note(MessageFields *fields, const MessageHeaderField *field);
static inline gboolean message_fields_has(const MessageFields *fields, MessageFieldId id) {
    return (fields->present >> id & 1) != 0;
}

/* Appends the ENVELOPE text. *addresses is how many addresses may still be written, and counts
 * down; what comes after is left out. FALSE when `out` is full. */
gboolean message_envelope_write(const MessageFields *fields, guint *addresses, Buffer *out);

#endif
