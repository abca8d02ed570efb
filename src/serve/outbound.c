/* Wiring of the sender; see outbound.h. It has a network layer of its own, so that however many
 * servers are slow out there, the doors' workers are not among those who wait. */
#include "serve/outbound.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/net.h"
#include "serve/notice.h"
#include "smtp/client/sender.h"

enum { WORKERS = 8, SESSIONS_SPARE = 64 };

struct Outbound {
    NetServer *net;
    NetResolver *resolver;
    Dkim *dkim;
    Sender *sender;
};

static gboolean is_wanted(const Config *config) {
    if (!g_str_equal(config->sending, "auto"))
        return g_str_equal(config->sending, "yes");
    return config->port_offset == 0;
}

/* ---- Notices ---- */

static gpointer prepare(const char *recipient, Bytes message, gpointer data) {
    return notice_prepare(recipient, message, data);
}

static void notice_free(gpointer notice) {
    delivery_request_free(notice);
}

static void fill_options(SenderOptions *o, Outbound *outbound, Instance *instance) {
    const Config *config = instance->config;
    sender_options_init(o);
    o->notices = (SenderNotices){prepare, delivery_commit, notice_free, instance};
    o->net = outbound->net;
    o->resolver = outbound->resolver;
    o->dkim = outbound->dkim;
    o->mail = instance->mail;
    o->blobs = instance->blobs;
    o->hostname = config->hostname;
    o->domain = config->domain;
    o->routes = config->sending_routes;
    o->port = (guint16)config->sending_port;
    o->loopback = config->port_offset != 0;
    o->connections = (guint)config->sending_connections;
    o->connections_all = (guint)config->sending_connections_all;
    o->retry_first = config->sending_retry_first * CLOCK_SECOND;
    o->retry_most = MAX(config->sending_retry_most, config->sending_retry_first) * CLOCK_SECOND;
    o->life = config->sending_life * 3600 * CLOCK_SECOND;
    o->warn_after = config->sending_warn * 3600 * CLOCK_SECOND;
    o->reply_time = config->sending_reply * CLOCK_SECOND;
    o->data_time = MAX(o->reply_time, 2 * o->reply_time);
    o->connect_time = MIN(o->connect_time, o->reply_time);
}

static gboolean start_parts(Outbound *outbound, Instance *instance, GError **error) {
    const Config *config = instance->config;
    NetOptions net = {
        .workers = WORKERS,
        .session_maximum = (guint)config->sending_connections_all + SESSIONS_SPARE,
    };
    outbound->net = net_server_new(&net, error);
    const char *trust = *config->sending_trust == '\0' ? NULL : config->sending_trust;
    if (outbound->net == NULL || !net_server_set_trust(outbound->net, trust, error) ||
        !net_server_start(outbound->net, error))
        return FALSE;
    outbound->resolver = net_resolver_new(config->sending_dns, error);
    if (outbound->resolver == NULL)
        return FALSE;
    g_autofree char *keys = instance_file(instance, "dkim");
    outbound->dkim = dkim_new(keys, config->domain);
    SenderOptions options;
    fill_options(&options, outbound, instance);
    outbound->sender = sender_new(&options, error);
    if (outbound->sender == NULL)
        return FALSE;
    sender_start(outbound->sender);
    return TRUE;
}

Outbound *outbound_start(Instance *instance, GError **error) {
    if (!is_wanted(instance->config)) {
        log_event(LOG_LEVEL_INFO, "sending.off", "enabled", instance->config->sending, NULL);
        return NULL;
    }
    Outbound *outbound = g_new0(Outbound, 1);
    if (start_parts(outbound, instance, error))
        return outbound;
    outbound_stop(outbound, 0);
    return NULL;
}

void outbound_stop(Outbound *outbound, gint64 patience) {
    if (outbound == NULL)
        return;
    if (outbound->sender != NULL)
        sender_stop(outbound->sender);
    if (outbound->net != NULL)
        net_server_stop(outbound->net, patience);
    net_resolver_free(outbound->resolver);
    sender_free(outbound->sender);
    dkim_free(outbound->dkim);
    net_server_free(outbound->net);
    g_free(outbound);
}
