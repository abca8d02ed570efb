/* Modified UTF-7 both ways: what is decoded is valid, and there is one spelling of it. */
#include "text/utf7.h"

#include "text/charset.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void check_decoding(Bytes in) {
    g_auto(Buffer) utf8;
    g_auto(Buffer) again;
    buffer_init(&utf8, 1 << 20);
    buffer_init(&again, 1 << 20);
    if (!text_utf7_decode(in, &utf8))
        return;
    if (!text_is_utf8(buffer_bytes(&utf8)) || !text_utf7_encode(buffer_bytes(&utf8), &again) ||
        !bytes_equal(buffer_bytes(&again), in))
        abort();
}

static void check_encoding(Bytes in) {
    g_auto(Buffer) coded;
    g_auto(Buffer) again;
    buffer_init(&coded, 1 << 20);
    buffer_init(&again, 1 << 20);
    if (!text_utf7_encode(in, &coded))
        return;
    if (!text_utf7_decode(buffer_bytes(&coded), &again) || !bytes_equal(buffer_bytes(&again), in))
        abort();
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    check_decoding(bytes_of(data, size));
    check_encoding(bytes_of(data, size));
    return 0;
}
