/* Header: access to the header block of a message or a MIME part, without copying it.
 *
 * A block is the bytes from the first field to the empty line (which may be included, and may be
 * missing). A line ends at LF, with or without CR before it; a bare CR is an ordinary byte. A
 * field is a name, a colon and a value that goes on over every following line that begins with a
 * space or tab. A line that is none of this is kept as a field without a name, so that the pieces
 * always add up to the block. All functions are linear in the block and may be called from any
 * thread; views point into the caller's bytes. RFC 5322 2.2, RFC 6532, RFC 2047, RFC 9051 6.4.5.1.
 */
#ifndef CV_MESSAGE_HEADER_H
#define CV_MESSAGE_HEADER_H

#include "base/buffer.h"

typedef struct {
    Bytes block;
    gsize at; /* bytes of the block already walked over */
} MessageHeaderIter;

typedef struct {
    Bytes name;  /* empty for a line that is not a field */
    Bytes value; /* after the colon, still folded, without the last line end */
    Bytes raw;   /* all of it, with the last line end */
} MessageHeaderField;

static inline MessageHeaderIter message_header_iter(Bytes block) {
    return (MessageHeaderIter){block, 0};
}
/* The next field; FALSE at the empty line or at the end (`at` then stands there). */
gboolean message_header_next(MessageHeaderIter *iter, MessageHeaderField *out);
/* The first field of this name (ASCII case folded); its value still folded. */
gboolean message_header_find(Bytes block, const char *name, Bytes *value_raw);
/* Length of the empty line's bytes at p when an empty line stands there, else 0. */
gsize message_header_blank(Bytes at);

/* RFC 9051 6.4.5.1, HEADER.FIELDS: the fields named, or with `except` all others, in their original
 * bytes, and the block's own empty line if it has one. FALSE when `out` is full. */
gboolean message_header_select(Bytes block, const Bytes *names, gsize count, gboolean except,
                               Buffer *out);

/* Appends the value on one line: line ends that fold are taken away, bare CR and LF become a
 * space, NUL is dropped, blanks at both ends are stripped. FALSE when `out` is full. */
gboolean message_header_unfold(Bytes value, Buffer *out);

/* The value as UTF-8 for people and for search: unfolded, RFC 2047 encoded words decoded, 8-bit
 * bytes that are not UTF-8 taken as windows-1258. Always valid UTF-8 without control characters;
 * at most MESSAGE_HEADER_TEXT bytes of the value are read. g_free. */
#define MESSAGE_HEADER_TEXT ((gsize)1024 * 1024)
char *message_header_decode(Bytes value_raw);

/* Appends text for people as encoded words (RFC 2047 2), at most 75 characters each, cut between
 * characters and folded. */
void message_header_encode(Buffer *out, const char *utf8);

/* Message identifiers of Message-ID, In-Reply-To or References without their angle brackets, in
 * order, at most `maximum`, valid UTF-8; g_strfreev. Never NULL. */
char **message_header_ids(Bytes value_raw, guint maximum);

#endif
