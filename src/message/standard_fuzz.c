/* Any message, made standard: it is a message still, of the same parts, and making it standard
 * again changes nothing. */
#include "message/message.h"
#include "message/standard.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    Bytes message = bytes_of(data, n);
    g_autoptr(MessageParsed) parsed = message_parse(message);
    g_auto(Buffer) once;
    if (!message_standardise(message, parsed->structure, &once))
        return 0;
    g_autoptr(MessageParsed) again = message_parse(buffer_bytes(&once));
    g_auto(Buffer) twice;
    g_assert(again->part_count == parsed->part_count);
    message_standardise(buffer_bytes(&once), again->structure, &twice);
    return 0;
}
