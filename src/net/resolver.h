/* Resolver: names looked up without waiting, by libunbound, which keeps a cache of its own. */
#ifndef CV_NET_RESOLVER_H
#define CV_NET_RESOLVER_H

#include "base/error.h"
#include "net/dns.h"

typedef struct NetResolver NetResolver;

/* servers: "192.0.2.1" or "127.0.0.1@5353", several separated by commas; "": those of
 * /etc/resolv.conf. */
NetResolver *net_resolver_new(const char *servers, GError **error);
/* Every lookup that is under way is told NET_DNS_FAILED. */
void net_resolver_free(NetResolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetResolver, net_resolver_free)

typedef enum {
    NET_DNS_FOUND,
    NET_DNS_NO_DATA, /* the name is there, not this type */
    NET_DNS_NO_NAME, /* NXDOMAIN */
    NET_DNS_FAILED,  /* nobody answered, or with an error: perhaps later */
} NetDnsStatus;

typedef struct {
    NetDnsStatus status;
    const Bytes *records; /* their data; aliases were followed */
    guint count;
    guint ttl;       /* seconds */
    const char *why; /* FAILED */
} NetDnsAnswer;

/* On the resolver's thread, or the one that frees it. */
typedef void (*NetDnsDone)(const NetDnsAnswer *answer, gpointer data);
/* Returns at once; done comes once. FALSE: it could not be asked, done does not come. Any thread.
 */
gboolean net_resolve(NetResolver *resolver, const char *name, int type, NetDnsDone done,
                     gpointer data);
/* The same, waiting for the answer: for commands. Never from done. */
void net_resolve_wait(NetResolver *resolver, const char *name, int type, NetDnsDone done,
                      gpointer data);

#endif
