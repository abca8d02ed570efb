/* IMAP strings: writing bytes from a message as an IMAP quoted string or literal, so that no header
 * can break the grammar of an answer. RFC 9051 4.3, 9 (quoted, literal, nstring). */
#ifndef CV_MESSAGE_IMAP_STRING_H
#define CV_MESSAGE_IMAP_STRING_H

#include "base/buffer.h"

/* The value stripped of blanks at both ends and unfolded (line ends out, NUL out), as a quoted
 * string when short and printable ASCII, else as a literal. FALSE when `out` is full. */
gboolean message_imap_string(Buffer *out, Bytes value);

#endif
