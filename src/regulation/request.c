/* Who may file a request [Điều 4.2.a]. */
#include "regulation/data.h"

Verdict *regulation_check_sender(const Regulation *regulation, const char *kind, const char *name) {
    const List *senders = &regulation->lists[LIST_REQUEST_SENDERS];
    if (g_strv_contains(senders->items, kind))
        return verdict_allow(regulation->rules[RULE_REQUEST_SENDER].name, senders->article);
    return verdict_refuse(regulation, RULE_REQUEST_SENDER, "given", name, NULL);
}
