/* From a destination's name to the addresses of its servers (RFC 5321 5.1, RFC 7505): its mail
 * exchangers by preference, equal ones by lot, or the name itself where it has none. Lookups come
 * back on the resolver's thread; a Resolve belongs to whichever answer is being taken, and all of
 * it stands under the sender's lock. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/resolver.h"
#include "smtp/client/internal.h"

#include <arpa/inet.h>
#include <idn2.h>

enum {
    FIXED_SECONDS = 3600,
    TTL_LEAST = 30,
    TTL_MOST = 3600,
    HOSTS_MOST = 10,    /* servers of one destination that are asked for */
    ADDRESSES_MOST = 8, /* of one server */
    PREFERENCES = 1 << 16,
};

typedef struct {
    char name[NET_DNS_NAME];
    guint order;             /* preference, then the lot */
    GPtrArray *addresses[2]; /* IPv6, IPv4 */
} Host;

typedef struct {
    Destination *destination;
    GPtrArray *hosts; /* Host */
    guint pending, ttl;
    gboolean deferred; /* a lookup failed */
    char *why;
} Resolve;

static void host_free(gpointer data) {
    Host *host = data;
    for (guint i = 0; i < 2; i++)
        g_ptr_array_unref(host->addresses[i]);
    g_free(host);
}

static Host *host_new(const char *name, guint order) {
    Host *host = g_new0(Host, 1);
    g_strlcpy(host->name, name, sizeof host->name);
    host->order = order;
    for (guint i = 0; i < 2; i++)
        host->addresses[i] = g_ptr_array_new_with_free_func(g_free);
    return host;
}

static void resolve_free(Resolve *resolve) {
    resolve->destination->resolving = FALSE;
    g_ptr_array_unref(resolve->hosts);
    g_free(resolve->why);
    g_free(resolve);
}

static void defer(Resolve *resolve, const char *name, const char *why) {
    resolve->deferred = TRUE;
    if (resolve->why == NULL)
        resolve->why = g_strdup_printf("looking up %s failed: %s", name, why);
}

/* ---- The end ---- */

static gboolean is_usable(const Sender *sender, const char *address) {
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, address, &four) == 1) {
        guint32 a = ntohl(four.s_addr);
        if (a >> 24 == 127)
            return sender->options.loopback;
        return a >> 24 != 0 && a >> 28 != 14 && a != G_MAXUINT32;
    }
    if (inet_pton(AF_INET6, address, &six) != 1)
        return FALSE;
    if (IN6_IS_ADDR_LOOPBACK(&six))
        return sender->options.loopback;
    return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_MULTICAST(&six) &&
           !IN6_IS_ADDR_V4MAPPED(&six) && !IN6_IS_ADDR_LINKLOCAL(&six);
}

static void add_target(const Destination *d, GArray *targets, const char *host,
                       const char *address) {
    if (!is_usable(d->sender, address))
        return;
    Target target = {g_strdup(host), g_strdup(address), d->rule->port, 0};
    g_array_append_val(targets, target);
}

/* One of each family in turn, so that a family that leads nowhere costs one attempt. */
static void add_host(const Destination *d, GArray *targets, const Host *host) {
    for (guint i = 0; i < ADDRESSES_MOST; i++)
        for (guint family = 0; family < 2; family++)
            if (i < host->addresses[family]->len)
                add_target(d, targets, host->name, host->addresses[family]->pdata[i]);
}

static void finish_locked(Resolve *resolve) {
    Destination *d = resolve->destination;
    GArray *targets = g_array_new(FALSE, TRUE, sizeof(Target));
    for (guint i = 0; i < resolve->hosts->len; i++)
        add_host(d, targets, resolve->hosts->pdata[i]);
    gboolean deferred = resolve->deferred;
    guint ttl = CLAMP(resolve->ttl, TTL_LEAST, TTL_MOST);
    g_autofree char *why = g_steal_pointer(&resolve->why);
    resolve_free(resolve);
    if (d->sender->stop) {
        g_array_unref(targets);
    } else if (targets->len > 0) {
        destination_set_targets_locked(d, targets, clock_now() + ttl * CLOCK_SECOND);
        destination_pump_locked(d);
    } else {
        g_array_unref(targets);
        if (deferred)
            destination_failed_locked(d, "4.4.3", why);
        else
            destination_refused_locked(d, "5.4.4", "the domain has no mail server with an address");
    }
}

static void give_up_locked(Resolve *resolve, const char *status, const char *why) {
    Destination *d = resolve->destination;
    resolve_free(resolve);
    if (!d->sender->stop)
        destination_refused_locked(d, status, why);
}

/* ---- Addresses ---- */

typedef struct {
    Resolve *resolve;
    Host *host;
    guint family;
} Asked;

static void take_addresses(const Asked *asked, const NetDnsAnswer *answer) {
    char text[46];
    GPtrArray *to = asked->host->addresses[asked->family];
    if (answer->status == NET_DNS_FAILED)
        defer(asked->resolve, asked->host->name, answer->why);
    if (answer->status != NET_DNS_FOUND)
        return;
    asked->resolve->ttl = MIN(asked->resolve->ttl, answer->ttl);
    guint from = answer->count == 0 ? 0 : (guint)(crypto_random_u64() % answer->count);
    for (guint i = 0; i < answer->count && to->len < ADDRESSES_MOST; i++)
        if (net_dns_address(answer->records[(from + i) % answer->count], text))
            g_ptr_array_add(to, g_strdup(text));
}

static void on_addresses(const NetDnsAnswer *answer, gpointer data) {
    Asked *asked = data;
    Resolve *resolve = asked->resolve;
    Sender *sender = resolve->destination->sender;
    g_mutex_lock(&sender->lock);
    take_addresses(asked, answer);
    if (--resolve->pending == 0)
        finish_locked(resolve);
    g_mutex_unlock(&sender->lock);
    g_free(asked);
}

static void ask_addresses_locked(Resolve *resolve) {
    static const int types[2] = {NET_DNS_AAAA, NET_DNS_A};
    NetResolver *resolver = resolve->destination->sender->options.resolver;
    resolve->pending = 1; /* ours, so that no answer ends it before all are asked */
    for (guint i = 0; i < resolve->hosts->len; i++) {
        for (guint family = 0; family < 2; family++) {
            Asked *asked = g_new0(Asked, 1);
            *asked = (Asked){resolve, resolve->hosts->pdata[i], family};
            resolve->pending++;
            if (net_resolve(resolver, asked->host->name, types[family], on_addresses, asked))
                continue;
            defer(resolve, asked->host->name, "it cannot be asked for");
            resolve->pending--;
            g_free(asked);
        }
    }
    if (--resolve->pending == 0)
        finish_locked(resolve);
}

/* ---- Mail exchangers ---- */

static gint by_order(gconstpointer a, gconstpointer b) {
    const Host *const *one = a, *const *other = b;
    return (*one)->order < (*other)->order ? -1 : (*one)->order > (*other)->order;
}

static gboolean is_null_mx(const NetDnsAnswer *answer) {
    guint16 preference;
    char name[NET_DNS_NAME];
    return answer->count == 1 && net_dns_mx(answer->records[0], &preference, name) && *name == '\0';
}

/* RFC 5321 5.1: where we stand ourselves, only better ones than us may be tried; mail would come
 * back otherwise. FALSE: none is left. */
static gboolean drop_ourselves(Resolve *resolve, guint preferences[], const char *hostname) {
    guint ours = G_MAXUINT;
    for (guint i = 0; i < resolve->hosts->len; i++)
        if (g_ascii_strcasecmp(((Host *)resolve->hosts->pdata[i])->name, hostname) == 0)
            ours = MIN(ours, preferences[i]);
    for (guint i = resolve->hosts->len; i > 0; i--)
        if (preferences[i - 1] >= ours)
            g_ptr_array_remove_index(resolve->hosts, i - 1);
    return ours == G_MAXUINT || resolve->hosts->len > 0;
}

/* FALSE: they all lead back to us. */
static gboolean take_hosts(Resolve *resolve, const NetDnsAnswer *answer) {
    guint preferences[256];
    for (guint i = 0; i < answer->count && resolve->hosts->len < G_N_ELEMENTS(preferences); i++) {
        guint16 preference;
        char name[NET_DNS_NAME];
        if (!net_dns_mx(answer->records[i], &preference, name) || *name == '\0')
            continue;
        preferences[resolve->hosts->len] = preference;
        guint lot = (guint)(crypto_random_u64() % (PREFERENCES / 2));
        g_ptr_array_add(resolve->hosts,
                        host_new(name, (guint)preference * (PREFERENCES / 2) + lot));
    }
    if (!drop_ourselves(resolve, preferences, resolve->destination->sender->hostname))
        return FALSE;
    g_ptr_array_sort(resolve->hosts, by_order);
    if (resolve->hosts->len > HOSTS_MOST)
        g_ptr_array_set_size(resolve->hosts, HOSTS_MOST);
    return TRUE;
}

static void on_mx_locked(Resolve *resolve, const NetDnsAnswer *answer) {
    const char *hostname = resolve->destination->sender->hostname;
    switch (answer->status) {
    case NET_DNS_NO_NAME:
        give_up_locked(resolve, "5.1.2", "there is no such domain");
        return;
    case NET_DNS_FAILED:
        defer(resolve, resolve->destination->name, answer->why);
        finish_locked(resolve);
        return;
    case NET_DNS_NO_DATA: {
        const Host *implicit = g_ptr_array_index(resolve->hosts, 0);
        if (g_ascii_strcasecmp(implicit->name, hostname) == 0)
            give_up_locked(resolve, "5.4.6", "the domain's mail leads back to this server");
        else
            ask_addresses_locked(resolve);
        return;
    }
    case NET_DNS_FOUND:
        break;
    }
    g_ptr_array_set_size(resolve->hosts, 0);
    resolve->ttl = answer->ttl;
    if (is_null_mx(answer))
        give_up_locked(resolve, "5.1.10", "the domain takes no mail (null MX)");
    else if (!take_hosts(resolve, answer))
        give_up_locked(resolve, "5.4.6", "the domain's mail leads back to this server");
    else
        ask_addresses_locked(resolve);
}

static void on_mx(const NetDnsAnswer *answer, gpointer data) {
    Resolve *resolve = data;
    Sender *sender = resolve->destination->sender;
    g_mutex_lock(&sender->lock);
    on_mx_locked(resolve, answer);
    g_mutex_unlock(&sender->lock);
}

/* ---- The beginning ---- */

/* "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 4.1.3), or a bare address; NULL: a name. */
static char *address_of(const char *name) {
    gsize n = strlen(name);
    if (n > 2 && name[0] == '[' && name[n - 1] == ']') {
        gboolean tagged = g_ascii_strncasecmp(name, "[IPv6:", 6) == 0;
        return g_strndup(name + (tagged ? 6 : 1), n - 1 - (tagged ? 6 : 1));
    }
    return g_hostname_is_ip_address(name) ? g_strdup(name) : NULL;
}

static void use_address_locked(Destination *d, const char *address) {
    GArray *targets = g_array_new(FALSE, TRUE, sizeof(Target));
    add_target(d, targets, address, address);
    if (targets->len == 0) {
        g_array_unref(targets);
        destination_refused_locked(d, "5.1.2", "mail cannot be sent to this address");
        return;
    }
    destination_set_targets_locked(d, targets, clock_now() + FIXED_SECONDS * CLOCK_SECOND);
    destination_pump_locked(d);
}

void destination_resolve_locked(Destination *d) {
    g_autofree char *address = address_of(d->name);
    if (address != NULL) {
        use_address_locked(d, address);
        return;
    }
    char *ascii = NULL;
    if (idn2_to_ascii_8z(d->name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK ||
        strlen(ascii) >= NET_DNS_NAME) {
        idn2_free(ascii);
        destination_refused_locked(d, "5.1.2", "the domain's name is not one that can exist");
        return;
    }
    Resolve *resolve = g_new0(Resolve, 1);
    resolve->destination = d;
    resolve->ttl = TTL_MOST;
    resolve->hosts = g_ptr_array_new_with_free_func(host_free);
    g_ptr_array_add(resolve->hosts, host_new(ascii, 0));
    d->resolving = TRUE;
    if (d->rule->exact) {
        ask_addresses_locked(resolve);
    } else if (!net_resolve(d->sender->options.resolver, ascii, NET_DNS_MX, on_mx, resolve)) {
        defer(resolve, ascii, "it cannot be asked for");
        finish_locked(resolve);
    }
    idn2_free(ascii);
}
