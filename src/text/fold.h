/* Fold: normalised and folded text, for comparing and matching.
 *
 * Every function takes any bytes: what is not UTF-8 becomes U+FFFD first (text/charset.h), NUL
 * too, so the results are valid, NUL-terminated UTF-8; g_free. Linear time; the result is at most
 * a small constant times the input. Pure; any thread. */
#ifndef CV_TEXT_FOLD_H
#define CV_TEXT_FOLD_H

#include "base/bytes.h"

/* Canonical composition (NFC); equal in sight, equal in bytes. */
char *text_nfc(Bytes utf8);

/* As text_nfc, without what is not seen or shows something else than it is: control characters but
 * tab and line feed, characters that turn the direction of those behind them, byte order marks,
 * what is no character. For paper and pages. */
char *text_printable(Bytes utf8);

/* Without case and without marks, đ as d, invisible characters dropped: "ĐẶNG Thị" → "dang thi".
 * Other scripts are case-folded and lose their combining marks. For matching, not for showing. */
char *text_fold(Bytes utf8);

/* Without case, canonically composed; marks stay and compatibility forms stay apart. As
 * i;unicode-casemap is meant (RFC 5051), composed instead of decomposed. */
char *text_casefold(Bytes utf8);

#endif
