/* Standard: the text of an outgoing message as TCVN 6909:2001 wants it: Unicode, in UTF-8, composed
 * (NFC) [Điều 9.1].
 *
 * Only what is surely text of the sender's own is changed, and only where the message itself says
 * what its bytes mean; docs/decisions/0017-outgoing-text.md says why. Changed are bodies of
 * text/plain and text/html that are no attachments, in the charset that they name; encoded words
 * and UTF-8 of the header fields for people; names of attached files (RFC 2231). Never touched: a
 * message that is signed (DKIM-Signature), multipart/signed and multipart/encrypted with all that
 * is in them, S/MIME, text with PGP armour in it, attached messages, attached text. Linear time;
 * memory in proportion to the message. Pure; any thread. */
#ifndef CV_MESSAGE_STANDARD_H
#define CV_MESSAGE_STANDARD_H

#include "message/structure.h"

enum { MESSAGE_STANDARD_TEXT = 8 * 1024 * 1024 }; /* a longer text part is left as it is */

/* packed: the part map of `message`. TRUE: *out is the message with its text as it should be;
 * FALSE: it is so already, or must not be touched, and *out is empty. *out is set up here; release
 * it in any case. */
gboolean message_standardise(Bytes message, Bytes packed, Buffer *out);

/* standard_header.c: one header block (with or without its empty line), field by field. Appends
 * the block as it should be. TRUE: something of it is different. */
gboolean message_standardise_header(Bytes block, Buffer *out);

/* Inner to both. A field's raw bytes as they should be, appended; TRUE: different. */
gboolean message_standardise_field(Bytes raw, Buffer *out);

#endif
