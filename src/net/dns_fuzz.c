/* Fuzz target: resource records of strangers. */
#include "net/dns.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize n);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize n) {
    Bytes all = bytes_of(data, n);
    char name[NET_DNS_NAME], address[46];
    guint16 preference;
    if (net_dns_mx(all, &preference, name))
        g_assert(strlen(name) < NET_DNS_NAME);
    if (net_dns_address(all, address))
        g_assert(strlen(address) < sizeof address);
    g_autofree char *text = net_dns_text(all);
    if (text != NULL)
        g_assert(strlen(text) <= n);
    return 0;
}
