/* Stream: one long literal on its way to a client. The blob is open (mapped, or a copy of a small
 * one), no transaction is; pieces go straight to the output. */
#ifndef CV_IMAP_STREAM_H
#define CV_IMAP_STREAM_H

#include "imap/fetch.h"

typedef struct {
    gboolean open, failed;
    BlobReader *blob;
    guint8 *prefix; /* copy of the message's prefix */
    gsize prefix_n;
    guint64 at, end; /* of prefix + blob; or, when decoding, decoded bytes still to skip and send */
    gboolean decoding;
    guint64 skip, left;
    MessageDecoder decoder;
} ImapStream;

gboolean imap_stream_begin(ImapStream *stream, Store *store, DbConn *conn,
                           const StoreMessage *message, ImapPart part, GError **error);
/* cut: which of the decoded bytes. */
gboolean imap_stream_begin_decoded(ImapStream *stream, Store *store, DbConn *conn,
                                   const StoreMessage *message, ImapPart part,
                                   MessageEncoding encoding, ImapPart cut, GError **error);
/* TRUE: all is in the output, the stream is closed. FALSE: the output is full, or it failed. */
gboolean imap_stream_send(ImapStream *stream, NetSession *net);
/* Puts all of a stream that does not decode into a message that is being made. */
gboolean imap_stream_pour(ImapStream *stream, BlobWriter *writer, GError **error);
void imap_stream_clear(ImapStream *stream);

#endif
