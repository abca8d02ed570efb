/* What a person wrote that others will read. */
#include "casework/internal.h"
#include "text/charset.h"

gboolean casework_is_line(const char *text, guint most, const char *vi, const char *en,
                          GError **error) {
    Bytes bytes = bytes_of_string(text == NULL ? "" : text);
    gboolean fit =
        text_is_utf8(bytes) && bytes_strip(bytes).n > 0 && g_utf8_strlen(text, -1) <= most;
    for (gsize i = 0; fit && i < bytes.n; i++)
        fit = bytes.p[i] >= ' ' && bytes.p[i] != 0x7f;
    return fit || cv_fail(error, CV_ERROR_INPUT,
                          "%s phải ghi rõ, trong một dòng, tối đa %u ký tự; %s must be one line of "
                          "at most %u characters",
                          vi, most, en, most);
}
