/* Batch: messages on their way from the process that reads a source to the store.
 *
 *   batch  = "congvu-batch 1\n" *record
 *   record = kind (1 byte) length (varint) payload
 *     'B' mailbox: use, flags (1: subscribed), name     the messages that follow go there
 *     'S' source: uidvalidity, by_uid (0 or 1), name    and come from there
 *     'C' content source: name                          under which their content is known
 *     'M' message: flags, received, uid, seen, digest, count of keywords, each with its length,
 *         content
 *     'T' number: messages that will come               (out only)
 *     'E' number: messages that came; the last record   (out only)
 * On the way out seen is 1 and the digest zeros. Numbers are varints. Both ends are the same
 * program, but perhaps not the same version: what a reader does not know is refused whole. */
#ifndef CV_MOVING_BATCH_H
#define CV_MOVING_BATCH_H

#include "moving/moving.h"

#define BATCH_HEAD          "congvu-batch 1\n"
#define BATCH_BYTES_MAXIMUM (240 * 1024 * 1024)

typedef struct {
    StoreUse use; /* the mailbox with this use, whatever it is called; NONE: by name */
    gboolean subscribed;
    const char *name; /* UTF-8, '/' between levels */
} BatchMailbox;

typedef struct {
    const char *name;
    guint32 uidvalidity;
    gboolean by_uid; /* UIDs tell what was taken; else contents do */
} BatchSource;

typedef struct {
    MovingMessage message;
    guint64 seen; /* the n-th of this content in this run; from 1 */
    guint8 digest[MOVING_DIGEST_BYTES];
} BatchMessage;

/* ---- Writing ---- */

/* out: made with BATCH_BYTES_MAXIMUM. FALSE when it is full. */
gboolean batch_begin(Buffer *out);
gboolean batch_add_mailbox(Buffer *out, const BatchMailbox *mailbox);
gboolean batch_add_source(Buffer *out, const BatchSource *source);
gboolean batch_add_content(Buffer *out, const char *name);
gboolean batch_add_message(Buffer *out, const BatchMessage *message);
gboolean batch_add_number(Buffer *out, char kind, guint64 number);

/* ---- Reading ---- */

typedef struct {
    char kind; /* 'B', 'S', 'C', 'M', 'T', 'E' */
    Bytes payload;
} BatchRecord;
gboolean batch_open(Bytes batch, Reader *r); /* FALSE: not a batch, or of another version */
/* FALSE at the end (reader_done) or when it is broken. */
gboolean batch_next(Reader *r, BatchRecord *out);
/* Each FALSE when the payload is broken. Names are copies for g_free; keywords of the message an
 * array for g_ptr_array_unref; the content points into the batch. */
gboolean batch_read_mailbox(Bytes payload, BatchMailbox *out, char **name);
gboolean batch_read_source(Bytes payload, BatchSource *out, char **name);
gboolean batch_read_message(Bytes payload, BatchMessage *out);
gboolean batch_read_number(Bytes payload, guint64 *out);

#endif
