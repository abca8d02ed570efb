/* State secrets have no place in the system [Điều 6.1]; what a stamp is says the file, finding one
 * is secret/'s. */
#include "regulation/data.h"

void regulation_secrets(const Regulation *regulation, RegulationSecrets *out) {
    *out = (RegulationSecrets){
        .stamps = regulation->lists[LIST_SECRET_STAMPS].items,
        .labels = regulation->lists[LIST_SECRET_LABELS].items,
        .before = regulation->lists[LIST_SECRET_BEFORE].items,
        .after = regulation->lists[LIST_SECRET_AFTER].items,
    };
}

Verdict *regulation_refuse_secret(const Regulation *regulation, const char *stamp,
                                  const char *place, const char *place_en) {
    return verdict_refuse(regulation, RULE_SECRET, "stamp", stamp, "place", place, "place_en",
                          place_en, NULL);
}

Verdict *regulation_secret_frozen(const Regulation *regulation, gint64 number) {
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    return verdict_refuse(regulation, RULE_SECRET_FROZEN, "number", text, NULL);
}
