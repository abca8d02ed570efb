/* Moving: mail of other systems in, and out again: mbox and Maildir, read and written, and the form
 * in which messages travel between the operator's process, which reads the source, and whoever has
 * the data directory open, which is the running server or that process itself.
 *
 * Everything that is read here is hostile. Memory is one message and one batch, whatever the size
 * of the source; a Maildir's folder costs some 100 bytes for each of its files besides. */
#ifndef CV_MOVING_MOVING_H
#define CV_MOVING_MOVING_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/store.h"

#define MOVING_MESSAGE_BYTES  (128 * 1024 * 1024) /* a larger message is left, and named */
#define MOVING_BATCH_BYTES    (8 * 1024 * 1024)   /* a batch is sent on once it has as many */
#define MOVING_BATCH_MESSAGES 500
#define MOVING_KEYWORDS       64 /* of one message */
#define MOVING_DIGEST_BYTES   16

/* One message on its way in or out. Views are the caller's. */
typedef struct {
    StoreFlags flags;    /* system flags */
    GPtrArray *keywords; /* char *, may be NULL */
    gint64 received;     /* Unix microseconds; 0: not known */
    guint32 uid;         /* in its source; 0: has none */
    Bytes content;       /* CRLF line ends */
} MovingMessage;

/* Bare LFs become CRLF. FALSE when out is full. */
gboolean moving_append_crlf(Buffer *out, Bytes text);
/* CRLFs become LF; TRUE when that is undone exactly by moving_append_crlf (no bare CR or LF), else
 * nothing was appended and the text must be kept as it is. *fits FALSE: out is full. */
gboolean moving_append_lf(Buffer *out, Bytes text, gboolean *fits);
/* A message must hold no NUL (RFC 9051 4.3): each becomes 0x80. TRUE when there was one. */
gboolean moving_replace_nul(Buffer *content);
/* When it came, by the topmost Received field, else by Date; 0: neither says. */
gint64 moving_header_date(Bytes content);
/* A keyword that can be one here (an atom of RFC 9051 9, at most STORE_KEYWORD_BYTES). */
gboolean moving_is_keyword(Bytes word);
/* Adds a copy, unless it is there (ASCII case aside) or there are MOVING_KEYWORDS. FALSE: it cannot
 * be a keyword or there are too many. */
gboolean moving_add_keyword(GPtrArray *keywords, Bytes word);

#endif
