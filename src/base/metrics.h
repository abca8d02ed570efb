/* Metrics: counters, gauges and histograms in Prometheus's text format. A metric is a static
 * object that registers itself at first use; adding is one relaxed atomic operation. Any thread.
 *
 *   static Metric accepted = METRIC_COUNTER("congvu_smtp_accepted_total", "Messages accepted");
 *   metric_add(&accepted, 1); */
#ifndef CV_BASE_METRICS_H
#define CV_BASE_METRICS_H

#include "base/buffer.h"

#define METRIC_BUCKETS 14

typedef struct Metric Metric;
struct Metric {
    const char *name; /* may end in a label set: name{protocol="smtp"} */
    const char *help;
    enum { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM } kind;
    gint64 value;                   /* count of observations for a histogram */
    gint64 sum;                     /* histogram: microseconds */
    gint64 buckets[METRIC_BUCKETS]; /* histogram: upper bounds 100 µs · 4^i */
    Metric *next;
    int registered;
};

#define METRIC_COUNTER(n, h)                                                                       \
    { .name = n, .help = h, .kind = METRIC_KIND_COUNTER }
#define METRIC_GAUGE(n, h)                                                                         \
    { .name = n, .help = h, .kind = METRIC_KIND_GAUGE }
#define METRIC_HISTOGRAM(n, h)                                                                     \
    { .name = n, .help = h, .kind = METRIC_KIND_HISTOGRAM }

void metric_add(Metric *metric, gint64 n); /* counter, gauge */
void metric_set(Metric *metric, gint64 n); /* gauge */
void metric_observe(Metric *metric, gint64 microseconds);
/* All registered metrics, version 0.0.4 of the exposition format. */
void metrics_write(Buffer *out);

#endif
