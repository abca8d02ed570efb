#include "http/metrics.h"

#include "base/metrics.h"

enum { ANSWER_LIMIT = 4 * 1024 * 1024 };

static HttpVerdict show(HttpCall *call) {
    const HttpMetrics *metrics = http_service_data(call);
    if (metrics != NULL && metrics->refresh != NULL)
        metrics->refresh(metrics->data);
    g_auto(Buffer) content;
    buffer_init(&content, ANSWER_LIMIT);
    metrics_write(&content);
    http_answer(call, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_bytes(&content));
    return HTTP_DONE;
}

const HttpRoute http_metrics_routes[] = {
    {HTTP_GET, "/metrics", 0, show, NULL},
    {0},
};
