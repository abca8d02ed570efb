/* Canonical: the "relaxed" forms of RFC 6376 3.4, into a hash. Inner to dkim/. */
#ifndef CV_DKIM_CANONICAL_H
#define CV_DKIM_CANONICAL_H

#include "base/buffer.h"
#include "base/sign.h"

/* 3.4.2: one field, "name:value" on one line, blanks made one; crlf: with its line end. FALSE when
 * `out` is full. */
gboolean canonical_header(Bytes name, Bytes value, gboolean crlf, Buffer *out);
/* 3.4.4: blanks at the ends of lines and empty lines at the end of the body do not count. */
void canonical_body(Bytes body, CryptoSha256 *hash);

#endif
