/* Pattern: LIST's wildcards (RFC 9051 6.3.9): '*' stands for any run of bytes, '%' for any run
 * without the hierarchy separator '/'. Compared on UTF-8, exactly, except that INBOX as a first
 * level is found in any case. Time is pattern × name at most, whatever the pattern. */
#ifndef CV_IMAP_PATTERN_H
#define CV_IMAP_PATTERN_H

#include "base/bytes.h"

#define IMAP_PATTERN_LIMIT 1024 /* longer patterns match nothing */

gboolean imap_pattern_match(Bytes pattern, Bytes name);

#endif
