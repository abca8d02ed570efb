/* The first byte chooses the charset, the second the maximum: the result is valid UTF-8 without
 * NUL, never longer than allowed. */
#include "text/charset.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    static const char *const charsets[] = {"utf-8",       "us-ascii", "iso-8859-1", "windows-1258",
                                           "iso-2022-jp", "gb18030",  "utf-16",     "utf-7",
                                           "shift_jis",   "big5",     "euc-kr",     "utf-32"};
    if (size < 2)
        return 0;
    gsize maximum = (gsize)data[1] * 16;
    gsize n;
    g_autofree char *text = text_to_utf8(charsets[data[0] % G_N_ELEMENTS(charsets)],
                                         bytes_of(data + 2, size - 2), maximum, &n);
    g_assert(text != NULL && n <= maximum && strlen(text) == n);
    g_assert(g_utf8_validate(text, -1, NULL));
    return 0;
}
