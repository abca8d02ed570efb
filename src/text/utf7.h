/* UTF-7: the modified UTF-7 of mailbox names in IMAP4rev1 (RFC 3501 5.1.3), strict both ways.
 *
 * Pure; linear; any thread. Every Unicode name has exactly one encoding, and only that one is
 * decoded, so two names that differ on the wire never name one mailbox. */
#ifndef CV_TEXT_UTF7_H
#define CV_TEXT_UTF7_H

#include "base/buffer.h"

/* Appends the UTF-8. FALSE when malformed (8-bit bytes, bad base64, printable ASCII or NUL in
 * base64, half surrogates, two shifts in a row) or when out is full; out may then hold a part. */
gboolean text_utf7_decode(Bytes in, Buffer *out);
/* Appends the modified UTF-7 of valid UTF-8. FALSE when not valid or out is full. */
gboolean text_utf7_encode(Bytes utf8, Buffer *out);

#endif
