/* From a destination's name to the addresses of its servers. */
#include "base/clock.h"
#include "smtp/client/internal.h"

enum { FIXED_SECONDS = 3600 };

static void add_target(GArray *targets, const char *host, const char *address, guint16 port) {
    Target target = {.host = g_strdup(host), .address = g_strdup(address), .port = port};
    g_array_append_val(targets, target);
}

void destination_resolve_locked(Destination *d) {
    if (g_hostname_is_ip_address(d->name)) {
        GArray *targets = g_array_new(FALSE, TRUE, sizeof(Target));
        add_target(targets, d->name, d->name, d->rule->port);
        destination_set_targets_locked(d, targets, clock_now() + FIXED_SECONDS * CLOCK_SECOND);
        destination_pump_locked(d);
        return;
    }
    destination_failed_locked(d, "4.4.3", "the names of mail servers cannot be looked up yet");
}
