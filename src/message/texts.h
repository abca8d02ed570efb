/* Texts: everything of a message that is text for people, one after the other, decoded: what the
 * matcher compares and what the index is made of, so that both see the same.
 *
 * Header fields of the message by kind, then part by part: fields of parts, names of attached
 * files, bodies of text parts decoded from their transfer encodings and charsets; of HTML the text.
 * The bytes are asked for as they are needed, headers and text parts only: an attachment of 20 MB
 * is never read. Linear time; memory is bounded by the longest header block, or text part and a
 * window of a few MiB. */
#ifndef CV_MESSAGE_TEXTS_H
#define CV_MESSAGE_TEXTS_H

#include "message/structure.h"

typedef enum {
    MESSAGE_TEXT_SUBJECT, /* values of the message's own fields of this name */
    MESSAGE_TEXT_FROM,
    MESSAGE_TEXT_TO,
    MESSAGE_TEXT_CC,
    MESSAGE_TEXT_BCC,
    MESSAGE_TEXT_FIELD, /* of any other */
    MESSAGE_TEXT_PART,  /* of fields of parts */
    MESSAGE_TEXT_BODY,  /* of text parts, of file names, of fields of attached messages */
    MESSAGE_TEXT_KINDS,
} MessageTextKind;
#define MESSAGE_TEXT_MASK(kind) (1u << (kind))
#define MESSAGE_TEXT_HEADER                                                                        \
    (MESSAGE_TEXT_MASK(MESSAGE_TEXT_SUBJECT) | MESSAGE_TEXT_MASK(MESSAGE_TEXT_FROM) |              \
     MESSAGE_TEXT_MASK(MESSAGE_TEXT_TO) | MESSAGE_TEXT_MASK(MESSAGE_TEXT_CC) |                     \
     MESSAGE_TEXT_MASK(MESSAGE_TEXT_BCC) | MESSAGE_TEXT_MASK(MESSAGE_TEXT_FIELD))
#define MESSAGE_TEXT_ALL (MESSAGE_TEXT_MASK(MESSAGE_TEXT_KINDS) - 1)

typedef struct {
    MessageTextKind kind;
    Bytes name;    /* of the field; empty when the text is no field's */
    Bytes utf8;    /* valid UTF-8; a piece of the text, cut behind a line where there is one */
    gboolean last; /* the text ends with this piece */
    gboolean torn; /* the cut may stand inside a word */
} MessageText;
/* FALSE stops the walk. */
typedef gboolean (*MessageTextEach)(const MessageText *text, gpointer data);

/* Bytes [offset, offset + n) of the message, without the prefix; valid until the next call. FALSE:
 * they cannot be read. */
typedef gboolean (*MessageRead)(guint64 offset, guint64 n, Bytes *out, gpointer data);

typedef struct {
    Bytes prefix; /* header lines that stand before the message's own */
    Bytes packed; /* the part map */
    MessageRead read;
    gpointer data;
} MessageSource;

/* Texts of the kinds in `mask`. FALSE: bytes could not be read, or the part map is damaged; what
 * came before was told. TRUE when `each` stopped it. */
gboolean message_texts(const MessageSource *source, guint mask, MessageTextEach each,
                       gpointer data);

/* A MessageRead over bytes in memory: data is a Bytes *. */
gboolean message_read_bytes(guint64 offset, guint64 n, Bytes *out, gpointer data);

#endif
