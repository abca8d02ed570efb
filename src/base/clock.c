/* Wall and monotonic time with an offset for tests; see clock.h. Civil dates are computed from day
 * counts (proleptic Gregorian), because the C library's functions keep hidden state. */
#include "base/clock.h"

#include <time.h>

static gint64 offset_us;

static gint64 environment_offset(void) {
    static gsize once;
    static gint64 value;
    if (g_once_init_enter(&once)) {
        const char *text = g_getenv("CONGVU_CLOCK_OFFSET");
        value = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10) * CLOCK_SECOND;
        g_once_init_leave(&once, 1);
    }
    return value;
}

gint64 clock_now(void) {
    return g_get_real_time() + environment_offset() + __atomic_load_n(&offset_us, __ATOMIC_RELAXED);
}

gint64 clock_monotonic(void) {
    return g_get_monotonic_time();
}

void clock_set_offset(gint64 microseconds) {
    __atomic_store_n(&offset_us, microseconds, __ATOMIC_RELAXED);
}

char *clock_format_iso(gint64 microseconds) {
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(microseconds / CLOCK_SECOND);
    if (at == NULL)
        return g_strdup("-");
    g_autofree char *seconds = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%06dZ", seconds, (int)(microseconds % CLOCK_SECOND));
}

/* "Tue, 24 Nov 2026 15:05:00 " and the zone, so many seconds east. */
static void format(gint64 microseconds, gint64 east, const char *zone, char out[40]) {
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(microseconds / CLOCK_SECOND + east);
    if (at == NULL)
        at = g_date_time_new_from_unix_utc(0);
    g_snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d %s",
               days[g_date_time_get_day_of_week(at) - 1], g_date_time_get_day_of_month(at),
               months[g_date_time_get_month(at) - 1], g_date_time_get_year(at),
               g_date_time_get_hour(at), g_date_time_get_minute(at), g_date_time_get_second(at),
               zone);
}

void clock_format_rfc5322(gint64 microseconds, char out[40]) {
    format(microseconds, 7 * 3600, "+0700", out);
}

void clock_format_http(gint64 microseconds, char out[40]) {
    format(microseconds, 0, "GMT", out);
}
