/* Header access on any bytes: fields add up to the block, decoding gives clean UTF-8, parameters
 * survive. */
#include "message/header.h"
#include "message/parameter.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

static void check_value(Bytes value) {
    g_autofree char *text = message_header_decode(value);
    g_assert(g_utf8_validate(text, -1, NULL));
    for (const char *c = text; *c != '\0'; c++)
        g_assert((guchar)*c >= 32);
    g_auto(MessageParams) params;
    message_params_parse(&params, value);
    g_autofree char *name = message_params_text(&params, "filename");
    g_assert(name == NULL || g_utf8_validate(name, -1, NULL));
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 26);
    g_assert(message_params_write(&params, &out));
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    Bytes block = bytes_of(data, n);
    MessageHeaderIter iter = message_header_iter(block);
    MessageHeaderField field;
    gsize total = 0;
    while (message_header_next(&iter, &field)) {
        total += field.raw.n;
        check_value(field.value);
    }
    g_assert(total == iter.at && total <= n);
    Bytes names[] = {BYTES_LITERAL("subject"), BYTES_LITERAL("To")};
    g_auto(Buffer) with;
    buffer_init(&with, n + 1);
    g_auto(Buffer) without;
    buffer_init(&without, n + 1);
    g_assert(message_header_select(block, names, 2, FALSE, &with));
    g_assert(message_header_select(block, names, 2, TRUE, &without));
    gsize blank = message_header_blank(bytes_slice(block, total, n));
    g_assert(with.n + without.n == total + 2 * blank);
    return 0;
}
