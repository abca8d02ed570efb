#include "serve/web.h"

static Regulation *regulation(gpointer data) {
    return instance_regulation(data);
}

static gboolean follow(gpointer data, GError **error) {
    return instance_apply_pending(data, error);
}

void web_prepare(Web *web, const Config *config, Figures *figures) {
    static const HttpRoute *metrics_routes[] = {http_metrics_routes};
    static const HttpRoute *https_routes[1];
    https_routes[0] = admin_routes();
    web->figures = (HttpMetrics){figures_refresh, figures};
    web->metrics =
        (HttpService){.routes = metrics_routes, .routes_count = 1, .data = &web->figures};
    web->https = (HttpService){.routes = https_routes,
                               .routes_count = G_N_ELEMENTS(https_routes),
                               .hostname = config->hostname,
                               .data = &web->admin};
    web->redirect =
        (HttpService){.hostname = config->hostname, .redirect = config_port(config, 443)};
}

void web_connect(Web *web, Instance *instance) {
    web->admin = (AdminService){.directory = instance->directory,
                                .store = instance->store,
                                .auth = instance->auth,
                                .version = CONGVU_VERSION,
                                .regulation = regulation,
                                .follow = follow,
                                .data = instance};
}
