/* The bytes of SASL: strict base64 and the PLAIN message. */
#include "auth/auth.h"

/* RFC 4616 2: three parts with a NUL between, of which the first may be empty. */
gboolean auth_parse_plain(Bytes message, Bytes *name, Bytes *password) {
    Reader r = reader_of(message);
    Bytes authzid, authcid;
    if (!reader_until(&r, 0, &authzid) || !reader_skip_byte(&r, 0) ||
        !reader_until(&r, 0, &authcid) || !reader_skip_byte(&r, 0))
        return FALSE;
    Bytes secret = reader_rest(&r);
    if (authcid.n == 0 || secret.n == 0 || bytes_has_nul(secret) ||
        (authzid.n > 0 && !bytes_equal(authzid, authcid)))
        return FALSE;
    *name = authcid;
    *password = secret;
    return TRUE;
}

static int digit(guint8 c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 3.3, 3.5: characters outside of the alphabet and padding bits that are not zero are
 * refused, so that one value has one spelling. */
guint8 *auth_base64_decode(Bytes text, gsize *length) {
    if (text.n % 4 != 0)
        return NULL;
    gsize padding = 0;
    while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
        padding++;
    g_autofree guint8 *out = g_malloc(text.n / 4 * 3 + 1);
    gsize n = 0;
    guint32 bits = 0;
    for (gsize i = 0; i < text.n; i++) {
        int d = i >= text.n - padding ? 0 : digit(text.p[i]);
        if (d < 0)
            return NULL;
        bits = bits << 6 | (guint32)d;
        if (i % 4 == 3) {
            out[n++] = (guint8)(bits >> 16);
            out[n++] = (guint8)(bits >> 8);
            out[n++] = (guint8)bits;
            bits = 0;
        }
    }
    n -= padding;
    if (padding > 0 && out[n] != 0) /* what the padding stands for, and what is left of a digit */
        return NULL;
    out[n] = 0;
    *length = n;
    return g_steal_pointer(&out);
}
