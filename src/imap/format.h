/* Format: the pieces of IMAP answers. Appending never fails half way in a way that matters here: a
 * Buffer that overflows says so once, and the session then closes. RFC 9051 9. */
#ifndef CV_IMAP_FORMAT_H
#define CV_IMAP_FORMAT_H

#include "base/buffer.h"
#include "store/store.h"

/* A quoted string where the bytes allow it, else a literal. 8-bit bytes go in quotes only with
 * utf8 (IMAP4rev2 is on). */
void imap_put_string(Buffer *out, Bytes text, gboolean utf8);
/* A mailbox name: UTF-8 in quotes, or modified UTF-7 in quotes. */
void imap_put_mailbox(Buffer *out, const char *name, gboolean utf8);
/* "(\Seen …)" with the account's keyword names. */
void imap_put_flags(Buffer *out, StoreFlags flags, const GPtrArray *keywords, gboolean recent);
/* The same without parentheses; *first tells whether a space is needed. */
void imap_put_flag_names(Buffer *out, StoreFlags flags, const GPtrArray *keywords, gboolean *first);
/* "24-Nov-2026 15:05:00 +0700" with quotes, in Vietnam's zone. */
void imap_put_date_time(Buffer *out, gint64 microseconds);
/* "lrs" with quotes: the letters of RFC 4314 with, for clients of RFC 2086, the virtual "c" and
 * "d".
 */
void imap_put_rights(Buffer *out, StoreRights rights);
/* Free text of a status line: control characters become spaces. */
void imap_put_text(Buffer *out, const char *text);

#define IMAP_ZONE_SECONDS (7 * 3600) /* Vietnam, without summer time */

/* The bit of a system flag ("\Seen"), or 0. */
StoreFlags imap_system_flag(Bytes name);

#endif
