/* The fallbacks that mail needs, on top of text/charset.h: a charset that is missing or unknown. */
#include "message/charset.h"

#include "text/charset.h"

static gboolean is_utf8_name(const char *charset) {
    static const char *const names[] = {"utf-8", "utf8", "us-ascii", "ascii"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(charset, names[i]) == 0)
            return TRUE;
    return FALSE;
}

char *message_charset_text(const char *charset, Bytes in, gsize maximum, gsize *length) {
    gboolean ascii_or_utf8 = charset == NULL || charset[0] == '\0' || is_utf8_name(charset);
    if (ascii_or_utf8 && in.n > 0 && in.n <= maximum &&
        g_utf8_validate((const char *)in.p, (gssize)in.n, NULL)) {
        if (length != NULL)
            *length = in.n;
        return bytes_dup_string(in); /* nearly all mail; NUL does not pass the validation */
    }
    /* What reads as UTF-8 is UTF-8 whatever the default; 8-bit text without a name is most likely
     * the legacy Vietnamese code page. */
    if (ascii_or_utf8)
        charset = charset != NULL && g_ascii_strncasecmp(charset, "utf", 3) == 0 ? "utf-8"
                  : text_is_utf8(in)                                             ? "utf-8"
                                                                                 : "windows-1258";
    char *text = text_to_utf8(charset, in, maximum, length);
    if (text == NULL)
        text = text_to_utf8(text_is_utf8(in) ? "utf-8" : "windows-1258", in, maximum, length);
    return text == NULL ? text_to_utf8("utf-8", in, maximum, length) : text;
}
