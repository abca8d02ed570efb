/* Search: whether a message contains a text, for IMAP's SEARCH (RFC 9051 6.4.4) by substring.
 *
 * Both sides are compared in their forms (text/term.h): decoded, without case, white space as one
 * blank. A text without marks finds letters with and without them ("hop" finds "họp"), one with
 * marks finds exactly those. Time is linear in the message. A needle is made once and may be used
 * by many threads at once. */
#ifndef CV_MESSAGE_SEARCH_H
#define CV_MESSAGE_SEARCH_H

#include "message/texts.h"

typedef enum {
    /* A field of the message's own header of this name contains the text: SUBJECT, FROM, TO, CC,
     * BCC and HEADER. An empty text asks whether the field is there at all. */
    MESSAGE_NEEDLE_HEADER,
    /* The text parts at any depth, names of attached files, the headers of attached messages. */
    MESSAGE_NEEDLE_BODY,
    /* BODY, or any header field with its name, those of parts included. */
    MESSAGE_NEEDLE_TEXT,
} MessageNeedleKind;

typedef struct MessageNeedle MessageNeedle;
/* header: the field's name for MESSAGE_NEEDLE_HEADER, else NULL. text: UTF-8 (anything else is made
 * valid and then finds little). */
MessageNeedle *message_needle_new(MessageNeedleKind kind, const char *header, Bytes text);
void message_needle_free(MessageNeedle *needle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageNeedle, message_needle_free)

/* Is the needle's text in this one (valid UTF-8)? */
gboolean message_needle_finds(const MessageNeedle *needle, Bytes utf8);

/* FALSE also when the part map is damaged or the bytes cannot be read: then *failed (may be NULL)
 * is set. */
gboolean message_search(const MessageSource *source, const MessageNeedle *needle, gboolean *failed);

#endif
