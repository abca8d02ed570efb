/* Any line is read to its end or refused. The first byte says how many literals there are, each of
 * its share of what follows. */
#include "imap/client/response.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    if (size == 0)
        return 0;
    Bytes all = bytes_of(data + 1, size - 1);
    guint count = data[0] % 4;
    Bytes literals[4];
    for (guint i = 0; i < count; i++)
        literals[i] = bytes_slice(all, i, (gsize)data[0] / 4);
    g_auto(Buffer) quoted;
    buffer_init(&quoted, 1 << 20);
    ImapResponse response;
    guint64 literal;
    imap_response_literal(all, &literal);
    if (!imap_response_parse(all, literals, count, &quoted, &response))
        return 0;
    Reader flags = reader_of(response.flags);
    Bytes flag;
    for (gsize n = 0; imap_response_next_flag(&flags, &flag); n++)
        if (n > size)
            abort();
    ImapNamespace space;
    if (imap_namespace_parse(response.text, literals, count, &space))
        imap_namespace_clear(&space);
    imap_response_clear(&response);
    return 0;
}
