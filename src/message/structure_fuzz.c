/* The packed part map may have been damaged on disk: its readers are safe on any bytes. The first
 * byte chooses a path for the lookups. */
#include "message/structure.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    if (n < 3)
        return 0;
    Bytes packed = bytes_of(data + 3, n - 3);
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    message_structure_write_bodystructure(packed, data[0] & 1, &out);
    guint32 path[3] = {data[0] >> 4, data[1] & 15, data[2] & 15};
    MessageRange range;
    for (gsize depth = 0; depth <= 3; depth++)
        for (MessageSection s = MESSAGE_SECTION_BODY; s <= MESSAGE_SECTION_MIME; s++)
            if (message_section_find(packed, path, depth, s, &range))
                g_assert(range.start <= range.end);
    MessagePartIter iter;
    MessagePart part;
    if (message_part_iter_init(&iter, packed))
        while (message_part_next(&iter, &part))
            g_assert(part.body_start <= part.body_end);
    return 0;
}
