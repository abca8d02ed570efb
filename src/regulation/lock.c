/* On what ground an account is locked when nobody asked for it [Điều 4.2.c]. */
#include "regulation/data.h"
#include "regulation/idle.h"

static gboolean is_given(const char *text) {
    return text != NULL && *text != '\0';
}

static Verdict *allow(Verdict *words) {
    words->allowed = TRUE;
    return words;
}

Verdict *regulation_account_locked(const Regulation *regulation) {
    return verdict_refuse(regulation, RULE_ACCOUNT_LOCKED, NULL);
}

Verdict *regulation_lock_takeover(const Regulation *regulation, const char *evidence) {
    if (!is_given(evidence))
        return verdict_refuse(regulation, RULE_LOCK_EVIDENCE, NULL);
    return allow(verdict_refuse(regulation, RULE_LOCK_TAKEOVER, NULL));
}

static void show_day(CalendarDay day, char out[11]) {
    char iso[11];
    calendar_format(day, iso);
    g_snprintf(out, 11, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
}

Verdict *regulation_lock_idle(const Regulation *regulation, const IdleJudgement *judgement,
                              const char *reason, CalendarDay warned, CalendarDay today) {
    if (judgement->state == IDLE_IN_USE)
        return verdict_refuse(regulation, RULE_LOCK_IN_USE, NULL);
    if (judgement->state == IDLE_EXEMPT)
        return verdict_refuse(regulation, RULE_LOCK_EXEMPT, "reason", reason, NULL);
    if (warned == CALENDAR_NONE)
        return verdict_refuse(regulation, RULE_LOCK_UNWARNED, NULL);
    CalendarDay answer = regulation_idle_answer(regulation, warned);
    if (today > answer)
        return allow(verdict_refuse(regulation, RULE_LOCK_IDLE, NULL));
    char day[11];
    show_day(answer, day);
    return verdict_refuse(regulation, RULE_LOCK_EARLY, "answer", day, NULL);
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
    /* A khoản is one of the text that has the list. */
    g_autofree char *whole =
        g_strconcat(listed ? clause : "", layer_of_article(list->article), NULL);
    g_autofree char *act = listed ? regulation_cite(whole) : g_strdup(law);
    return allow(verdict_refuse(regulation, RULE_LOCK_FORBIDDEN, "act", act, NULL));
}
