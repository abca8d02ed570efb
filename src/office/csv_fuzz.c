/* Whatever the bytes: rows come to an end, lines only grow, and a field is where it is asked for.
 */
#include "office/csv.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_auto(Csv) csv;
    csv_init(&csv, bytes_of(data, size));
    guint line = 0;
    gsize total = 0;
    while (csv_next(&csv)) {
        g_assert(csv.line > line && csv.fields->len > 0);
        line = csv.line;
        for (guint i = 0; i < csv.fields->len; i++)
            total += strlen(csv_field(&csv, (int)i));
        g_assert(*csv_field(&csv, -1) == '\0');
        g_assert(*csv_field(&csv, (int)csv.fields->len) == '\0');
    }
    g_assert(total <= size);
    return 0;
}
