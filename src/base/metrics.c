/* Self-registering metrics and their text form; see metrics.h. */
#include "base/metrics.h"

static Metric *registered_metrics;
static GMutex register_lock;

static void register_metric(Metric *metric) {
    if (__atomic_load_n(&metric->registered, __ATOMIC_ACQUIRE))
        return;
    g_mutex_lock(&register_lock);
    if (!metric->registered) {
        metric->next = registered_metrics;
        registered_metrics = metric;
        __atomic_store_n(&metric->registered, 1, __ATOMIC_RELEASE);
    }
    g_mutex_unlock(&register_lock);
}

void metric_add(Metric *metric, gint64 n) {
    register_metric(metric);
    __atomic_fetch_add(&metric->value, n, __ATOMIC_RELAXED);
}

void metric_set(Metric *metric, gint64 n) {
    register_metric(metric);
    __atomic_store_n(&metric->value, n, __ATOMIC_RELAXED);
}

void metric_observe(Metric *metric, gint64 microseconds) {
    register_metric(metric);
    gint64 bound = 100;
    for (int i = 0; i < METRIC_BUCKETS; i++, bound *= 4)
        if (microseconds <= bound)
            __atomic_fetch_add(&metric->buckets[i], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&metric->sum, microseconds, __ATOMIC_RELAXED);
    __atomic_fetch_add(&metric->value, 1, __ATOMIC_RELAXED);
}

static void write_histogram(Buffer *out, const Metric *m) {
    gint64 bound = 100;
    for (int i = 0; i < METRIC_BUCKETS; i++, bound *= 4)
        buffer_printf(out, "%s_bucket{le=\"%g\"} %" G_GINT64_FORMAT "\n", m->name,
                      (double)bound / 1e6, __atomic_load_n(&m->buckets[i], __ATOMIC_RELAXED));
    gint64 count = __atomic_load_n(&m->value, __ATOMIC_RELAXED);
    buffer_printf(out, "%s_bucket{le=\"+Inf\"} %" G_GINT64_FORMAT "\n%s_sum %.6f\n", m->name, count,
                  m->name, (double)__atomic_load_n(&m->sum, __ATOMIC_RELAXED) / 1e6);
    buffer_printf(out, "%s_count %" G_GINT64_FORMAT "\n", m->name, count);
}

void metrics_write(Buffer *out) {
    static const char *const types[] = {"counter", "gauge", "histogram"};
    g_autofree char *last_family = NULL;
    g_mutex_lock(&register_lock);
    const Metric *m = registered_metrics;
    g_mutex_unlock(&register_lock);
    for (; m != NULL; m = m->next) {
        gssize brace = bytes_find_byte(bytes_of_string(m->name), '{');
        g_autofree char *family = brace < 0 ? g_strdup(m->name) : g_strndup(m->name, (gsize)brace);
        if (g_strcmp0(family, last_family) != 0)
            buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family, m->help, family,
                          types[m->kind]);
        g_free(last_family);
        last_family = g_steal_pointer(&family);
        if (m->kind == METRIC_KIND_HISTOGRAM)
            write_histogram(out, m);
        else
            buffer_printf(out, "%s %" G_GINT64_FORMAT "\n", m->name,
                          __atomic_load_n(&m->value, __ATOMIC_RELAXED));
    }
}
