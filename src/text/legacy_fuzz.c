/* Whatever the text is taken for, what comes out is valid UTF-8 without NUL, at most three times as
 * long. */
#include "text/legacy.h"

#include "text/charset.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    static const char *const charsets[] = {"utf-8", "windows-1252"};
    if (size < 1)
        return 0;
    gsize n;
    g_autofree char *text =
        text_to_utf8(charsets[data[0] % 2], bytes_of(data + 1, size - 1), 4 * size, &n);
    text_legacy_guess(bytes_of(text, n));
    for (TextLegacy legacy = TEXT_LEGACY_TCVN3; legacy <= TEXT_LEGACY_VNI; legacy++) {
        gsize m;
        g_autofree char *converted = text_legacy_convert(bytes_of(text, n), legacy, &m);
        g_assert(m <= 3 * n && strlen(converted) == m && g_utf8_validate(converted, -1, NULL));
    }
    return 0;
}
