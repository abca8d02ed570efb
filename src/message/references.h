/* References: what a message says of its place in a conversation, packed for storing beside its
 * envelope: its own Message-ID and those before it, as hashes of 64 bits. THREAD=REFERENCES and
 * THREADID are made of it, so no message has to be opened for them. RFC 5256 3 (THREAD). Any
 * thread.
 *
 * The references are those of References; without a valid one there the first of In-Reply-To. Ids
 * are normalised: quoting makes no other id. Of more than MESSAGE_REFERENCES_KEPT the first, which
 * began the conversation, and the last ones are kept. */
#ifndef CV_MESSAGE_REFERENCES_H
#define CV_MESSAGE_REFERENCES_H

#include "base/buffer.h"

#define MESSAGE_REFERENCES_KEPT 100

/* Of an id, normalised; of any text. Never 0. */
guint64 message_id_hash(const char *id);
guint64 message_text_hash(Bytes text);

/* message_id may be NULL; lists as message_header_ids gives them. FALSE when out is full. */
gboolean message_references_pack(const char *message_id, char *const *in_reply_to,
                                 char *const *references, Buffer *out);
/* The same of the header block of a message. */
gboolean message_references_scan(Bytes header, Buffer *out);

typedef struct {
    guint64 own; /* 0: the message has no id */
    guint count;
    guint64 ids[MESSAGE_REFERENCES_KEPT]; /* oldest first */
} MessageReferences;
/* FALSE: not what message_references_pack wrote; *out is then empty. */
gboolean message_references_read(Bytes packed, MessageReferences *out);

#endif
