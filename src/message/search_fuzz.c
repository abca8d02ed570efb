/* The first bytes, up to a line end, are what is searched for; the rest is the message. */
#include "message/message.h"
#include "message/search.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    Reader r = reader_of(bytes_of(data, n));
    Bytes text;
    if (n == 0 || !reader_until(&r, '\n', &text))
        return 0;
    reader_byte(&r);
    Bytes message = reader_rest(&r);
    g_autoptr(MessageParsed) parsed = message_parse(message);
    g_autoptr(MessageNeedle) body = message_needle_new(MESSAGE_NEEDLE_BODY, NULL, text);
    g_autoptr(MessageNeedle) all = message_needle_new(MESSAGE_NEEDLE_TEXT, NULL, text);
    g_autoptr(MessageNeedle) field = message_needle_new(MESSAGE_NEEDLE_HEADER, "subject", text);
    MessageSource source = {{NULL, 0}, parsed->structure, message_read_bytes, &message};
    /* What BODY finds, TEXT finds. */
    if (message_search(&source, body, NULL))
        g_assert(message_search(&source, all, NULL));
    message_search(&source, field, NULL);
    return 0;
}
