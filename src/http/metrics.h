/* The metrics door: GET /metrics in Prometheus's text format, nothing else. A strict little
 * HTTP/1.1 server (RFC 9112): one request a connection, no body, at most HTTP_METRICS_REQUEST
 * bytes of request. Meant for loopback; it tells counts, never names. */
#ifndef CV_HTTP_METRICS_H
#define CV_HTTP_METRICS_H

#include "net/net.h"

#define HTTP_METRICS_REQUEST (8 * 1024)

/* For NetListener; service: NULL or a HttpMetrics. */
extern const NetProtocol http_metrics_protocol;

typedef struct {
    /* Called before each answer, to set gauges that are looked up and not counted. May be NULL. */
    void (*refresh)(gpointer data);
    gpointer data;
} HttpMetrics;

#endif
