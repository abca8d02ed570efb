/* Any bytes are a date or none; a date lies between the years 1899 and 10000. */
#include "message/date.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    gint64 us = G_MININT64;
    gint zone = 0;
    if (message_date_parse(bytes_of(data, n), &us, &zone))
        g_assert(us > G_GINT64_CONSTANT(-2209500000000000) &&
                 us < G_GINT64_CONSTANT(253402800000000000) && zone > -6000 && zone < 6000);
    return 0;
}
