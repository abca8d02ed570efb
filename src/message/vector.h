/* Vector: scanning 16 bytes at a time, in the compiler's portable vector notation. These three
 * loops are where a large message's time goes. */
#ifndef CV_MESSAGE_VECTOR_H
#define CV_MESSAGE_VECTOR_H

#include "base/bytes.h"

/* How often c occurs. */
gsize vector_count_byte(Bytes b, guint8 c);
/* How many bytes are of the base64 alphabet (without '='). */
gsize vector_count_base64(Bytes b);
/* Offset of the first LF '-' '-' at or after `from`, or b.n. */
gsize vector_find_dashes(Bytes b, gsize from);

#endif
