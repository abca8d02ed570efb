/* Structure: the packed part map of a message, as stored in the message's row.
 *
 * Format 1: byte 1, varint flags (1: too complex), varint number of parts, then one record a part
 * in the order of reading (a part before its children), each preceded by its length as a varint;
 * see structure.c for a record's fields. A multipart has its parts as children, a message/rfc822
 * has exactly one: the embedded message's own root. The readers are safe on any bytes: a
 * contradiction makes them answer FALSE. Views point into the packed bytes. Any thread. */
#ifndef CV_MESSAGE_STRUCTURE_H
#define CV_MESSAGE_STRUCTURE_H

#include "base/buffer.h"
#include "message/transfer.h"

typedef enum {
    MESSAGE_PART_LEAF,
    MESSAGE_PART_MULTIPART,
    MESSAGE_PART_MESSAGE, /* message/rfc822 or message/global, with one child */
} MessagePartKind;

typedef struct {
    MessagePartKind kind;
    MessageEncoding encoding;
    gboolean attachment;                        /* counted as one, see message.h */
    gboolean opaque;                            /* beyond the limits: not looked into */
    guint64 header_start, body_start, body_end; /* bytes from the start of the message */
    guint64 lines;                              /* line ends in the body (text and message only) */
    guint64 decoded_bytes;                      /* of a leaf's body */
    guint32 children, descendants;
    Bytes type, subtype; /* lower case, never empty */
    Bytes charset;       /* as given; empty when none */
    Bytes filename;      /* decoded, UTF-8, may hold any path characters; empty when none */
    Bytes content_id;    /* without angle brackets; empty when none */
    /* IMAP text, ready to send: of BODY up to octets and lines; of the extension data; of a
     * message's envelope. */
    Bytes basic, extension, envelope;
} MessagePart;

typedef struct {
    guint64 start, end;
} MessageRange;

/* Walks over all parts in the order of reading. */
typedef struct {
    Reader in;
    guint32 left;
    gboolean too_complex;
} MessagePartIter;
gboolean message_part_iter_init(MessagePartIter *iter, Bytes packed);
/* FALSE at the end and on damage; `left` tells (0 at the end). */
gboolean message_part_next(MessagePartIter *iter, MessagePart *out);

/* The part with this IMAP number, 1.2.3 being {1, 2, 3}; depth 0 is the message's root. RFC 9051
 * 6.4.5.1: "Every message has at least one part number"; numbers inside an attached message go
 * on below that message's. FALSE when there is no such part. */
gboolean message_part_find(Bytes packed, const guint32 *path, gsize depth, MessagePart *out);

typedef enum {
    MESSAGE_SECTION_BODY,   /* BODY[] and BODY[1.2] */
    MESSAGE_SECTION_HEADER, /* BODY[HEADER] and BODY[1.2.HEADER] (messages only) */
    MESSAGE_SECTION_TEXT,   /* BODY[TEXT] and BODY[1.2.TEXT] (messages only) */
    MESSAGE_SECTION_MIME,   /* BODY[1.2.MIME] */
} MessageSection;
/* Where the section's bytes lie in the message. FALSE when there is no such section: IMAP then
 * answers NIL. */
gboolean message_section_find(Bytes packed, const guint32 *path, gsize depth,
                              MessageSection section, MessageRange *out);

/* Appends BODYSTRUCTURE (extended) or BODY. FALSE, with `out` as before, when the packed bytes are
 * damaged or `out` is full. */
gboolean message_structure_write_bodystructure(Bytes packed, gboolean extended, Buffer *out);

#endif
