/* Metrics: counters, gauges and histograms in Prometheus's text format. A metric is a static
 * object that is on the page from the start of the program, with 0 until it is used: a counter that
 * appears with its first event has no rate of it. Adding is one relaxed atomic operation. Any
 * thread.
 *
 *   METRIC_COUNTER(accepted, "congvu_smtp_accepted_total", "Messages accepted");
 *   metric_add(&accepted, 1); */
#ifndef CV_BASE_METRICS_H
#define CV_BASE_METRICS_H

#include "base/buffer.h"

#define METRIC_BUCKETS 14

typedef struct {
    const char *name; /* may end in a label set: name{protocol="smtp"} */
    const char *help; /* the same for all of a family */
    enum {
        METRIC_KIND_COUNTER,
        METRIC_KIND_GAUGE,
        METRIC_KIND_HISTOGRAM,
        METRIC_KIND_TIME, /* a counter of microseconds, shown in seconds */
    } kind;
    gint64 value;                   /* count of observations for a histogram */
    gint64 sum;                     /* histogram: microseconds */
    gint64 buckets[METRIC_BUCKETS]; /* histogram: upper bounds 100 µs · 4^i */
} Metric;

/* The linker gathers the pointers in one array, which metrics_write walks. */
#define METRIC_DEFINE(variable, its_kind, its_name, its_help)                                      \
    static Metric variable = {.name = its_name, .help = its_help, .kind = its_kind};               \
    static Metric *variable##_entry __attribute__((section("cv_metrics"), used)) = &variable
#define METRIC_COUNTER(variable, name, help)                                                       \
    METRIC_DEFINE(variable, METRIC_KIND_COUNTER, name, help)
#define METRIC_GAUGE(variable, name, help) METRIC_DEFINE(variable, METRIC_KIND_GAUGE, name, help)
#define METRIC_HISTOGRAM(variable, name, help)                                                     \
    METRIC_DEFINE(variable, METRIC_KIND_HISTOGRAM, name, help)
#define METRIC_TIME(variable, name, help) METRIC_DEFINE(variable, METRIC_KIND_TIME, name, help)

void metric_add(Metric *metric, gint64 n); /* counter, gauge */
void metric_set(Metric *metric, gint64 n); /* gauge, time */
void metric_observe(Metric *metric, gint64 microseconds);
/* All metrics, version 0.0.4 of the exposition format, by name: a family's lines are together. */
void metrics_write(Buffer *out);

#endif
