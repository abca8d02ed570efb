/* Message: one Internet message (RFC 5322, MIME) taken apart once, at delivery, into everything
 * that is stored beside its bytes, so that listing a mailbox never opens a message.
 *
 * message_parse accepts any bytes at all, in linear time and with memory in proportion to the
 * message: there is no malformed message, only a poorer result. Offsets are exact and count bytes
 * of the message as given. Limits: MIME nesting of 100 and 10,000 parts; what lies deeper or later
 * is one opaque part of type application/octet-stream and `too_complex` is set. Nothing here keeps
 * state; any thread may call. */
#ifndef CV_MESSAGE_MESSAGE_H
#define CV_MESSAGE_MESSAGE_H

#include "message/header.h"
#include "message/structure.h"

#define MESSAGE_MAX_DEPTH      100
#define MESSAGE_MAX_PARTS      10000
#define MESSAGE_MAX_ADDRESSES  10000 /* in all envelopes of a message together */
#define MESSAGE_MAX_REFERENCES 1000
#define MESSAGE_PREVIEW_BYTES  256
#define MESSAGE_NO_DATE        G_MININT64

typedef struct {
    Bytes envelope;     /* IMAP ENVELOPE, ready to send, from "(" to ")" */
    Bytes structure;    /* packed part map, see structure.h */
    Bytes ancestry;     /* packed references, see references.h */
    char *preview;      /* UTF-8 on one line, at most MESSAGE_PREVIEW_BYTES; "" when no text */
    char *message_id;   /* without angle brackets; NULL when absent */
    char **in_reply_to; /* ids without angle brackets; never NULL */
    char **references;  /* likewise, at most MESSAGE_MAX_REFERENCES */
    gint64 date_us;     /* Date as Unix microseconds, or MESSAGE_NO_DATE */
    gint date_zone;     /* Date's zone in minutes east: SENTON compares the written day */
    gsize header_bytes; /* header block with its empty line */
    gboolean has_attachment;
    guint64 attachment_bytes; /* [Điều 5.1] sum of decoded bytes over all parts, see below */
    guint part_count;
    gboolean too_complex;
    Buffer storage; /* owns what the views point to */
} MessageParsed;

/* [Điều 5.1] attachment_bytes counts, decoded: every leaf part that is not text, every text part
 * with a file name or the disposition attachment, at any depth and inside attached messages too,
 * uuencoded files inside text, and opaque parts with their bytes as they stand. */
MessageParsed *message_parse(Bytes message); /* never NULL */
void message_parsed_free(MessageParsed *parsed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MessageParsed, message_parsed_free)

#endif
