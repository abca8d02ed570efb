/* The metrics of the program and their text form; see metrics.h. */
#include "base/metrics.h"

/* Ends of the section that METRIC_DEFINE fills; absent in a program without a metric. */
extern Metric *__start_cv_metrics[] __attribute__((weak));
extern Metric *__stop_cv_metrics[] __attribute__((weak));

void metric_add(Metric *metric, gint64 n) {
    __atomic_fetch_add(&metric->value, n, __ATOMIC_RELAXED);
}

void metric_set(Metric *metric, gint64 n) {
    __atomic_store_n(&metric->value, n, __ATOMIC_RELAXED);
}

void metric_observe(Metric *metric, gint64 microseconds) {
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

static gint by_name(gconstpointer a, gconstpointer b) {
    const Metric *const *one = a, *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

static void write_metric(Buffer *out, const Metric *m) {
    gint64 value = __atomic_load_n(&m->value, __ATOMIC_RELAXED);
    if (m->kind == METRIC_KIND_HISTOGRAM)
        write_histogram(out, m);
    else if (m->kind == METRIC_KIND_TIME)
        buffer_printf(out, "%s %.6f\n", m->name, (double)value / 1e6);
    else
        buffer_printf(out, "%s %" G_GINT64_FORMAT "\n", m->name, value);
}

void metrics_write(Buffer *out) {
    static const char *const types[] = {"counter", "gauge", "histogram", "counter"};
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (Metric **m = __start_cv_metrics; m < __stop_cv_metrics; m++)
        g_ptr_array_add(all, *m);
    g_ptr_array_sort(all, by_name);
    g_autofree char *last_family = NULL;
    for (guint i = 0; i < all->len; i++) {
        const Metric *m = g_ptr_array_index(all, i);
        g_autofree char *family = g_strndup(m->name, strcspn(m->name, "{"));
        if (g_strcmp0(family, last_family) != 0)
            buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family, m->help, family,
                          types[m->kind]);
        g_free(last_family);
        last_family = g_steal_pointer(&family);
        write_metric(out, m);
    }
}
