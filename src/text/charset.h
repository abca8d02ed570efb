/* Charset: text in any charset that mail names, as UTF-8.
 *
 * Mail names its charset itself, and names it wrongly often enough: decoding never fails for a
 * known charset, every byte that does not fit becomes U+FFFD (so does NUL, which would hide what
 * follows it from everything that reads a C string). The result is valid UTF-8, not normalised.
 * Pure; any thread. */
#ifndef CV_TEXT_CHARSET_H
#define CV_TEXT_CHARSET_H

#include "base/bytes.h"

/* TRUE when `charset` (a MIME charset name, any case) can be decoded. NULL is not known. */
gboolean text_charset_is_known(const char *charset);

/* `in` decoded to at most `maximum` bytes of UTF-8, cut between two characters; NUL-terminated
 * (the NUL is not counted), g_free. *out_length (may be NULL) gets the length in bytes. NULL only
 * when the charset is unknown. Time and memory are linear in min(in.n, maximum). */
char *text_to_utf8(const char *charset, Bytes in, gsize maximum, gsize *out_length);

/* As text_to_utf8("utf-8", …) without a limit: what came in, made valid. */
char *text_make_valid(Bytes in, gsize *out_length);

/* TRUE when every byte belongs to a well-formed UTF-8 sequence (RFC 3629 3). NUL is valid. */
gboolean text_is_utf8(Bytes in);

#endif
