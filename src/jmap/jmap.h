/* Jmap: mail over HTTPS as JSON (RFC 8620, RFC 8621): /.well-known/jmap, /jmap/api, upload and
 * download.
 *
 * A request is a list of method calls, run one after another on a worker. Each method is one entry
 * of a table (methods.c) and one file. What takes long (a text search, a delivery) goes in slices,
 * and the request is parked in between: no thread waits. Everything that is shown comes from the
 * stored, parsed form; a list opens no message. docs/jmap.md is for those who write clients. */
#ifndef CV_JMAP_JMAP_H
#define CV_JMAP_JMAP_H

#include "auth/auth.h"
#include "delivery/delivery.h"
#include "http/http.h"
#include "search/search.h"
#include "store/store.h"

typedef struct JmapListings JmapListings;

/* What a client may do at once (RFC 8620 2). */
typedef struct {
    gint64 size_upload, size_request; /* bytes */
    gint64 concurrent_upload, concurrent_requests;
    gint64 calls, objects_get, objects_set;
    gint64 recipients;                      /* of one submission */
    gint64 filter_depth, filter_conditions; /* operators inside one another; conditions in all */
} JmapLimits;
void jmap_limits_init(JmapLimits *limits);

/* Filled by serve/, shared by all requests. Owns nothing but what jmap_service_begin made. */
typedef struct {
    Store *store;
    Directory *directory;
    Auth *auth;
    SearchIndex *search; /* NULL: searching reads */
    Delivery *delivery;
    JmapLimits limits;
    /* NULL: never. TRUE while the disk has little space left: nothing large is taken in. */
    gboolean (*disk_low)(gpointer data);
    gpointer disk_low_data;
    JmapListings *listings;
    /* Requests and uploads under way, by account. */
    GMutex lock;
    GHashTable *busy; /* account (gint64 *) → guint[2] */
} JmapService;

void jmap_service_begin(JmapService *service);
void jmap_service_end(JmapService *service);

/* Ends with a pattern of NULL; the service must outlive what is made of it. Made once. */
const HttpRoute *jmap_routes(JmapService *service);

#endif
