/* The fallbacks that mail needs, on top of text/charset.h: a charset that is missing or unknown. */
#include "message/charset.h"

#include "text/charset.h"
#include "text/fold.h"
#include "text/legacy.h"

static gboolean is_utf8_name(const char *charset) {
    static const char *const names[] = {"utf-8", "utf8", "us-ascii", "ascii"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(charset, names[i]) == 0)
            return TRUE;
    return FALSE;
}

/* 8-bit text without a name: an old font's, else the legacy Vietnamese code page. */
static char *unnamed(Bytes in, gsize maximum, gsize *length) {
    gsize n;
    g_autofree char *latin = text_to_utf8("windows-1252", in, maximum, &n);
    TextLegacy legacy = text_legacy_guess(bytes_of(latin, n));
    if (legacy == TEXT_LEGACY_NONE)
        return text_to_utf8("windows-1258", in, maximum, length);
    g_autofree char *text = text_legacy_convert(bytes_of(latin, n), legacy, &n);
    return text_to_utf8("utf-8", bytes_of(text, n), maximum, length);
}

/* What an old font left, whatever the charset that it was sent under, as it was meant to be read.
 */
static char *as_meant(char *text, gsize n, gsize maximum, gsize *length) {
    TextLegacy legacy = text_legacy_guess(bytes_of(text, n));
    if (legacy == TEXT_LEGACY_NONE) {
        if (length != NULL)
            *length = n;
        return text;
    }
    g_autofree char *converted = text_legacy_convert(bytes_of(text, n), legacy, &n);
    g_free(text);
    return text_to_utf8("utf-8", bytes_of(converted, n), maximum, length);
}

static char *decoded(const char *charset, Bytes in, gsize maximum, gsize *length) {
    gboolean ascii_or_utf8 = charset == NULL || charset[0] == '\0' || is_utf8_name(charset);
    if (ascii_or_utf8 && in.n > 0 && in.n <= maximum &&
        g_utf8_validate((const char *)in.p, (gssize)in.n, NULL)) {
        *length = in.n;
        return bytes_dup_string(in); /* nearly all mail; NUL does not pass the validation */
    }
    /* What reads as UTF-8 is UTF-8 whatever the default. */
    if (ascii_or_utf8 && charset != NULL && g_ascii_strncasecmp(charset, "utf", 3) == 0)
        return text_to_utf8("utf-8", in, maximum, length);
    /* Code pages with marks of their own (windows-1258, TCVN 5712) are composed. */
    g_autofree char *text = ascii_or_utf8 ? NULL : text_to_utf8(charset, in, maximum, length);
    if (text != NULL) {
        g_autofree char *composed = text_nfc(bytes_of(text, *length));
        return text_to_utf8("utf-8", bytes_of_string(composed), maximum, length);
    }
    return text_is_utf8(in) ? text_to_utf8("utf-8", in, maximum, length)
                            : unnamed(in, maximum, length);
}

char *message_charset_text(const char *charset, Bytes in, gsize maximum, gsize *length) {
    gsize n;
    char *text = decoded(charset, in, maximum, &n);
    return as_meant(text, n, maximum, length);
}
