/* Charset: text of a message as UTF-8. */
#ifndef CV_MESSAGE_CHARSET_H
#define CV_MESSAGE_CHARSET_H

#include "base/bytes.h"

/* The text as people read it: what names a Vietnamese code page (windows-1258, VISCII, TCVN 5712)
 * is composed, and what an old font left under another charset's name (text/legacy.h) reads as it
 * was meant [Điều 9.1]. Converts to valid UTF-8 of at most `maximum` bytes, cut at a character;
 * never fails: an unknown or absent charset is taken as UTF-8 when the bytes are, else as
 * windows-1258; what cannot be converted becomes U+FFFD. NUL-terminated, g_free; its length in
 * *length if not NULL. */
char *message_charset_text(const char *charset, Bytes in, gsize maximum, gsize *length);

#endif
