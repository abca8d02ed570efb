#include "serve/web.h"

#include "base/clock.h"
#include "serve/idle.h"
#include "serve/incidents.h"
#include "serve/stops.h"
#include "serve/web_files.h"

const char *const web_pages[] = {"/dang-nhap", "/thu", "/thu/*", NULL};

static Regulation *regulation(gpointer data) {
    return instance_regulation(data);
}

static gboolean follow(gpointer data, GError **error) {
    return instance_apply_pending(data, error);
}

static gboolean warn_idle(gpointer data, const char *unit, const AuditAct *act, AdminWarned *out,
                          GError **error) {
    DirectoryIdleFilter filter = {.unit = unit, .today = calendar_day_of(clock_now())};
    IdleWarned warned;
    if (!idle_warn(data, &filter, act, &warned, error))
        return FALSE;
    *out = (AdminWarned){warned.accounts, warned.before, warned.letters, warned.failed};
    return TRUE;
}

static void stop_changed(gpointer data) {
    stops_tell_later(data);
}

static gboolean take_incidents(gpointer data, GError **error) {
    return incidents_take(data, error);
}

void web_prepare(Web *web, const Config *config, Figures *figures) {
    static const HttpRoute *metrics_routes[] = {http_metrics_routes};
    static const HttpRoute *https_routes[5];
    https_routes[0] = admin_routes();
    https_routes[1] = admin_password_routes;
    jmap_limits_init(&web->jmap.limits);
    web->jmap.limits.size_upload = config->imap_append;
    web->jmap.limits.recipients = config->smtp_recipients;
    https_routes[2] = jmap_routes(&web->jmap);
    https_routes[3] = admin_sign_in_routes;
    https_routes[4] = web->files = http_files_routes(&web_files);
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

char *web_password_place(const Config *config) {
    if (config->web == 0)
        return NULL;
    guint16 port = config_port(config, 443);
    return port == 443 ? g_strdup_printf("https://%s/doi-mat-khau", config->hostname)
                       : g_strdup_printf("https://%s:%u/doi-mat-khau", config->hostname, port);
}

void web_connect(Web *web, Instance *instance) {
    web->jmap.store = instance->store;
    web->jmap.directory = instance->directory;
    web->jmap.auth = instance->auth;
    web->jmap.search = instance->search;
    web->jmap.delivery = instance->delivery;
    jmap_service_begin(&web->jmap);
    web->admin = (AdminService){.directory = instance->directory,
                                .delivery = instance->delivery,
                                .store = instance->store,
                                .auth = instance->auth,
                                .version = CONGVU_VERSION,
                                .regulation = regulation,
                                .follow = follow,
                                .warn_idle = warn_idle,
                                .stop_changed = stop_changed,
                                .take_incidents = take_incidents,
                                .data = instance};
}

void web_end(Web *web) {
    g_clear_pointer(&web->files, g_free);
    jmap_service_end(&web->jmap);
}
