/* Mbox: many messages in one file, as RFC 4155 and its relatives keep them, read one by one.
 *
 * A message begins with a line "From SENDER DATE" at the beginning of the file or behind an empty
 * line. Read are mboxo and mboxrd (lines of a body that begin with any number of '>' and then
 * "From " lose one '>'), mboxcl and mboxcl2 (where a Content-Length leads exactly to the next
 * message or the end of the file, the body has that many bytes and is taken as it is), what
 * Thunderbird writes ("From - DATE", "From " alone), CRLF and LF, any bytes. Flags are taken from
 * Status, X-Status, X-Keywords, X-Mozilla-Status and X-Mozilla-Keys, and these fields, which tell
 * of the file and not of the message, are left out, as are Content-Length, X-UID and X-IMAP.
 *
 * Memory: one message and 256 KiB. One thread at a time. */
#ifndef CV_MOVING_MBOX_H
#define CV_MOVING_MBOX_H

#include "moving/moving.h"

typedef struct Mbox Mbox;
/* Reads from fd, which stays the caller's and is only read on from where it stands. INPUT: it does
 * not begin as an mbox does (an empty file is one without messages). */
Mbox *mbox_open(int fd, GError **error);
void mbox_free(Mbox *mbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mbox, mbox_free)

typedef enum {
    MBOX_MESSAGE,
    MBOX_TOO_LARGE, /* over MOVING_MESSAGE_BYTES; read over */
    MBOX_GONE,      /* marked as deleted by Thunderbird, or the file's own data; read over */
    MBOX_END,
    MBOX_FAILED, /* *error */
} MboxNext;
/* content: made with MOVING_MESSAGE_BYTES, cleared; out->content points into it. out->keywords is
 * the caller's array, cleared here. */
MboxNext mbox_next(Mbox *mbox, Buffer *content, MovingMessage *out, GError **error);
/* Of the message read last: number, from 1, and offset of its first line in bytes. */
guint64 mbox_number(const Mbox *mbox);
gint64 mbox_offset(const Mbox *mbox);
/* Bytes read so far. */
gint64 mbox_position(const Mbox *mbox);

/* ---- Writing ----
 *
 * mboxrd with LF, the message's flags and date in lines on top of it:
 *   X-Congvu-Export: 1 MICROSECONDS OPTIONS      r: bytes as they are, no line end was changed
 *   Status: … X-Status: … X-Keywords: …          n: the message has no line end at its end
 * by which mbox_next gives back the same bytes, flags and date. FALSE: out is full. */
gboolean mbox_write(Buffer *out, const MovingMessage *message);

#endif
