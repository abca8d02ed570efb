/* Whatever the bytes: base64 that is taken gives them back when it is encoded again, and the parts
 * of a PLAIN message lie inside of it without a NUL. */
#include "auth/auth.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    Bytes in = bytes_of(data, size), name, password;
    gsize n = 0;
    g_autofree guint8 *decoded = auth_base64_decode(in, &n);
    if (decoded != NULL) {
        g_autofree char *encoded = g_base64_encode(decoded, n);
        g_assert(bytes_is(in, encoded));
    }
    if (auth_parse_plain(in, &name, &password)) {
        g_assert(name.n > 0 && password.n > 0 && !bytes_has_nul(name) && !bytes_has_nul(password));
        g_assert(name.p >= data && password.p + password.n == data + size);
    }
    return 0;
}
