/* Search: whether a message contains a text, for IMAP's SEARCH (RFC 9051 6.4.4) by substring.
 *
 * Both sides are compared as UTF-8, decoded from their transfer encodings, charsets and encoded
 * words, without case and canonically composed (text_casefold). Of HTML the text is searched, not
 * the tags. Time is linear in the message; memory is bounded by a window of a few MiB. A needle is
 * made once and may be used by many threads at once. */
#ifndef CV_MESSAGE_SEARCH_H
#define CV_MESSAGE_SEARCH_H

#include "message/structure.h"

typedef enum {
    /* A field of the message's own header of this name contains the text: SUBJECT, FROM, TO, CC,
     * BCC and HEADER. An empty text asks whether the field is there at all. */
    MESSAGE_NEEDLE_HEADER,
    /* The text parts at any depth, the headers of attached messages included. */
    MESSAGE_NEEDLE_BODY,
    /* BODY, or any header field, those of parts included. */
    MESSAGE_NEEDLE_TEXT,
} MessageNeedleKind;

typedef struct MessageNeedle MessageNeedle;
/* header: the field's name for MESSAGE_NEEDLE_HEADER, else NULL. text: UTF-8 (anything else is made
 * valid and then finds little). */
MessageNeedle *message_needle_new(MessageNeedleKind kind, const char *header, Bytes text);
void message_needle_free(MessageNeedle *needle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageNeedle, message_needle_free)

/* FALSE also when the part map is damaged. */
gboolean message_search(Bytes message, Bytes packed, const MessageNeedle *needle);
/* MESSAGE_NEEDLE_HEADER alone, from the header block, where the body was not read. */
gboolean message_search_header(Bytes header_block, const MessageNeedle *needle);

#endif
