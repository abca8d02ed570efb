/* Dns: what stands in a resource record's data (RFC 1035 3.3, 3.5), taken through the bounded
 * reader. Names come uncompressed, as a resolver library gives them. Any thread. */
#ifndef CV_NET_DNS_H
#define CV_NET_DNS_H

#include "base/bytes.h"

#define NET_DNS_NAME 256 /* with the NUL; no dot at the end */

enum { NET_DNS_A = 1, NET_DNS_CNAME = 5, NET_DNS_MX = 15, NET_DNS_TXT = 16, NET_DNS_AAAA = 28 };

/* A name as hosts have them, in lower case; "" is the root. FALSE: cut off, too long, or with bytes
 * that no host's name has. */
gboolean net_dns_name(Reader *r, char out[NET_DNS_NAME]);
/* All of a MX record. */
gboolean net_dns_mx(Bytes data, guint16 *preference, char host[NET_DNS_NAME]);
/* An A (4 bytes) or AAAA (16 bytes) as text. */
gboolean net_dns_address(Bytes data, char out[46]);
/* The strings of a TXT record one behind the other, g_free; NULL: malformed, or with NUL in it. */
char *net_dns_text(Bytes data);

#endif
