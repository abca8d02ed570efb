/* Partial: a stretch of a result, counted from its first or its last message (RFC 9394 4). */
#ifndef CV_IMAP_PARTIAL_H
#define CV_IMAP_PARTIAL_H

#include "base/buffer.h"
#include "imap/parser.h"
#include "store/store.h"

typedef struct {
    gboolean given, from_end;
    guint32 one, other; /* as they were written; from 1 */
} ImapPartial;

/* " 1:500" or " -1:-100", behind the word. Twice is a problem. */
gboolean imap_take_partial(ImapParser *args, ImapPartial *out);
/* The range as it was asked for. */
void imap_put_partial(Buffer *out, const ImapPartial *partial);
/* The messages of the stretch that are there: a new set. */
StoreUids *imap_partial_of(const ImapPartial *partial, const StoreUids *uids);

#endif
