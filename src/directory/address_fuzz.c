/* Whatever the bytes: an address either is none, or gives a folded local part without a NUL and a
 * clear answer whose domain it is; and it is read the same when its case is changed. */
#include "directory/internal.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    DirectoryParts parts, again;
    if (!directory_address_split(bytes_of(data, size), "bacninh.gov.vn", &parts))
        return 0;
    gsize n = strlen(parts.local);
    g_assert(n > 0 && n <= NAMING_LOCAL_MAXIMUM);
    for (gsize i = 0; i < n; i++)
        g_assert(!g_ascii_isupper(parts.local[i]));
    g_assert(!parts.bare || parts.ours);
    if (parts.ours && !parts.bare)
        g_assert(size >= sizeof "@bacninh.gov.vn" &&
                 bytes_is_nocase(bytes_of(data + size - 15, 15), "@bacninh.gov.vn"));
    g_autofree char *upper = g_ascii_strup((const char *)data, (gssize)size);
    g_assert(directory_address_split(bytes_of_string(upper), "bacninh.gov.vn", &again));
    g_assert(g_str_equal(parts.local, again.local) && parts.ours == again.ours);
    return 0;
}
