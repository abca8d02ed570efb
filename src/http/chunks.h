/* Chunks: the chunked transfer coding (RFC 9112 7.1), decoded as it comes. Extensions and trailers
 * are read over, within limits. Pure. */
#ifndef CV_HTTP_CHUNKS_H
#define CV_HTTP_CHUNKS_H

#include "base/buffer.h"

typedef enum { CHUNKS_MORE, CHUNKS_END, CHUNKS_BAD, CHUNKS_FULL } ChunksState;

/* All zeros at the beginning. */
typedef struct {
    guint64 left;   /* bytes of this chunk still to come */
    guint phase;    /* chunks.c */
    gsize trailers; /* bytes of trailer lines so far */
} Chunks;

/* Decodes from input as much as there is, appends it to content, and says in *taken how many bytes
 * of input are done with. FULL: the content would pass its buffer's maximum. */
ChunksState http_chunks_read(Chunks *chunks, Bytes input, Buffer *content, gsize *taken);

#endif
