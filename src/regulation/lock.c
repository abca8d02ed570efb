/* On what ground an account is locked when nobody asked for it [Điều 4.2.c]. */
#include "regulation/data.h"

static gboolean is_given(const char *text) {
    return text != NULL && *text != '\0';
}

static Verdict *allow(Verdict *words) {
    words->allowed = TRUE;
    return words;
}

Verdict *regulation_lock_takeover(const Regulation *regulation, const char *evidence) {
    if (!is_given(evidence))
        return verdict_refuse(regulation, RULE_LOCK_EVIDENCE, NULL);
    return allow(verdict_refuse(regulation, RULE_LOCK_TAKEOVER, NULL));
}

Verdict *regulation_lock_idle(const Regulation *regulation) {
    return allow(verdict_refuse(regulation, RULE_LOCK_IDLE, NULL));
}

Verdict *regulation_lock_forbidden(const Regulation *regulation, const char *clause,
                                   const char *law, const char *evidence) {
    const List *list = &regulation->lists[LIST_LOCK_FORBIDDEN];
    gboolean listed = is_given(clause) && g_strv_contains(list->items, clause);
    if (!listed && (is_given(clause) || !is_given(law))) {
        g_autofree char *clauses = g_strjoinv(", ", (char **)list->items);
        return verdict_refuse(regulation, RULE_LOCK_CLAUSE, "given", is_given(clause) ? clause : "",
                              "clauses", clauses, NULL);
    }
    if (!is_given(evidence))
        return verdict_refuse(regulation, RULE_LOCK_EVIDENCE, NULL);
    g_autofree char *act = listed ? regulation_cite(clause) : g_strdup(law);
    return allow(verdict_refuse(regulation, RULE_LOCK_FORBIDDEN, "act", act, NULL));
}
