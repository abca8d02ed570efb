/* The service and its routes; see jmap.h. */
#include "jmap/api.h"
#include "jmap/listing.h"

enum { ROUTES = 6 };

void jmap_limits_init(JmapLimits *limits) {
    *limits = (JmapLimits){
        .size_upload = 50 * 1024 * 1024,
        .size_request = 10 * 1024 * 1024,
        .concurrent_upload = 4,
        .concurrent_requests = 8,
        .calls = 32,
        .objects_get = 1000,
        .objects_set = 1000,
        .recipients = 100,
        .filter_depth = 10,
        .filter_conditions = 100,
    };
}

void jmap_service_begin(JmapService *service) {
    g_mutex_init(&service->lock);
    service->busy = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    service->listings = jmap_listings_new();
}

void jmap_service_end(JmapService *service) {
    if (service->busy == NULL)
        return;
    g_clear_pointer(&service->listings, jmap_listings_free);
    g_clear_pointer(&service->busy, g_hash_table_unref);
    g_mutex_clear(&service->lock);
}

/* RFC 8620 2.2: "/.well-known/jmap" leads to the session object. */
const HttpRoute *jmap_routes(JmapService *service) {
    static HttpRoute routes[ROUTES + 1];
    const HttpRoute all[ROUTES] = {
        {HTTP_GET, "/.well-known/jmap", 0, jmap_session_handle, service},
        {HTTP_GET, "/jmap/session", 0, jmap_session_handle, service},
        {HTTP_POST, "/jmap/api", (gsize)service->limits.size_request, jmap_api_handle, service,
         jmap_api_admit},
        {HTTP_POST, "/jmap/upload/{account}", (gsize)service->limits.size_upload,
         jmap_upload_handle, service, jmap_upload_admit, jmap_upload_take},
        {HTTP_GET, "/jmap/download/{account}/{blob}/{name}", 0, jmap_download_handle, service},
        {HTTP_GET, "/jmap/eventsource", 0, jmap_push_handle, service},
    };
    memcpy(routes, all, sizeof all);
    return routes;
}
