#include "regulation/idle.h"

#include "regulation/data.h"

static CalendarDay latest(CalendarDay a, CalendarDay b) {
    return a > b ? a : b; /* CALENDAR_NONE is below every day */
}

/* The months of one figure behind the last day that counts; FALSE: not yet, or not asked for. */
static gboolean is_over(const Regulation *r, RegulationFigure figure, CalendarDay last,
                        CalendarDay today, IdleJudgement *out) {
    gint64 months = r->figures[figure].value;
    if (months == 0)
        return FALSE;
    out->last = last;
    out->from = calendar_add_months(last, months);
    out->article = r->figures[figure].article;
    return today >= out->from;
}

IdleJudgement regulation_idle(const Regulation *regulation, const IdleFacts *facts,
                              CalendarDay today) {
    IdleJudgement j = {.state = IDLE_IN_USE};
    gboolean exempt = facts->exempt_until != CALENDAR_NONE && facts->exempt_until >= today;
    /* What a reason excuses now is looked at as if there were none, to say what it excuses. */
    CalendarDay base = exempt ? facts->since : latest(facts->since, facts->exempt_until);
    CalendarDay used = latest(base, latest(facts->sent, facts->received));
    if (is_over(regulation, FIGURE_IDLE_MONTHS, used, today, &j))
        j.rule = regulation->rules[RULE_IDLE].name;
    else if (is_over(regulation, FIGURE_SIGNIN_MONTHS, latest(base, facts->signed_in), today, &j))
        j.rule = regulation->rules[RULE_SIGNIN].name;
    if (j.rule != NULL)
        j.state = exempt ? IDLE_EXEMPT : IDLE_CANDIDATE;
    return j;
}

static void show_day(CalendarDay day, char out[11]) {
    char iso[11];
    calendar_format(day, iso);
    g_snprintf(out, 11, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
}

Verdict *regulation_idle_verdict(const Regulation *regulation, const IdleJudgement *judgement,
                                 const char *address, CalendarDay answer) {
    char last[11], until[11];
    show_day(judgement->last, last);
    show_day(answer, until);
    RuleId rule = g_strcmp0(judgement->rule, regulation->rules[RULE_SIGNIN].name) == 0 ? RULE_SIGNIN
                                                                                       : RULE_IDLE;
    return verdict_refuse(regulation, rule, "address", address, "last", last, "answer", until,
                          NULL);
}

CalendarDay regulation_idle_answer(const Regulation *regulation, CalendarDay today) {
    return today + (CalendarDay)regulation->figures[FIGURE_IDLE_ANSWER_DAYS].value;
}
