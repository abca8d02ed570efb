/* Transfer: content transfer encodings (RFC 2045 6) and uuencoded blocks. Decoders never write past
 * the room they are given, accept any bytes, skip what their alphabet lacks, and are linear. */
#ifndef CV_MESSAGE_TRANSFER_H
#define CV_MESSAGE_TRANSFER_H

#include "base/bytes.h"

/* The values are stored in the part map: never renumber. */
typedef enum {
    MESSAGE_ENCODING_7BIT = 0,
    MESSAGE_ENCODING_8BIT = 1,
    MESSAGE_ENCODING_BINARY = 2,
    MESSAGE_ENCODING_QUOTED_PRINTABLE = 3,
    MESSAGE_ENCODING_BASE64 = 4,
    MESSAGE_ENCODING_UUENCODE = 5,
    MESSAGE_ENCODING_OTHER = 6, /* unknown name: bytes are taken as they stand */
} MessageEncoding;

/* From the field's value; an absent or empty value is 7bit (RFC 2045 6.1). */
MessageEncoding message_encoding_parse(Bytes name);

/* How many bytes the decoder below would give, without decoding. */
guint64 message_decoded_size(MessageEncoding encoding, Bytes body);

typedef struct {
    MessageEncoding encoding;
    Reader in;
    guint8 pending[64]; /* decoded, not yet handed out */
    guint8 pending_n, pending_at;
    gsize plain;     /* quoted-printable: so many bytes at `in` stand for themselves */
    gboolean inside; /* uuencode: between begin and end */
} MessageDecoder;
void message_decoder_init(MessageDecoder *decoder, MessageEncoding encoding, Bytes body);
/* Fills up to `room` bytes at out; 0 at the end only (room must be > 0). */
gsize message_decoder_read(MessageDecoder *decoder, guint8 *out, gsize room);

/* Bytes of the files that stand uuencoded in text: "begin 644 name", lines, "end". */
guint64 message_uuencoded_size(MessageEncoding encoding, Bytes body);

#endif
