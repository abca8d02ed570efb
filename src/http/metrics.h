/* The metrics door: GET /metrics in Prometheus's text format, nothing else. Meant for loopback; it
 * tells counts, never names. */
#ifndef CV_HTTP_METRICS_H
#define CV_HTTP_METRICS_H

#include "http/http.h"

/* HttpService.data of the door: NULL or this. */
typedef struct {
    /* Called before each answer, to set gauges that are looked up and not counted. May be NULL. */
    void (*refresh)(gpointer data);
    gpointer data;
} HttpMetrics;

extern const HttpRoute http_metrics_routes[];

#endif
