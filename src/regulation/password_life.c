/* How long a password is good, and what a new one may not be [Điều 5.2, 12.2]. */
#include "regulation/data.h"

static void show_day(CalendarDay day, char out[11]) {
    char iso[11];
    calendar_format(day, iso);
    g_snprintf(out, 11, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
}

const char *regulation_password_special(const Regulation *regulation, guint number) {
    const List *specials = &regulation->lists[LIST_PASSWORD_SPECIALS];
    return specials->n == 0 ? "" : specials->items[number % specials->n];
}

Verdict *regulation_refuse_former(const Regulation *regulation, gboolean present) {
    if (present)
        return verdict_refuse(regulation, RULE_PASSWORD_SAME, NULL);
    char count[24];
    g_snprintf(count, sizeof count, "%02" G_GINT64_FORMAT,
               regulation->figures[FIGURE_PASSWORD_HISTORY].value);
    return verdict_refuse(regulation, RULE_PASSWORD_FORMER, "count", count, NULL);
}

Verdict *regulation_refuse_unaccepted(const Regulation *regulation) {
    return verdict_refuse(regulation, RULE_ACCEPT_RULES, "title",
                          regulation->texts[REGULATION_TITLE], NULL);
}

Verdict *regulation_shared_use(const Regulation *regulation, const char *address, guint networks) {
    char count[24], minutes[24];
    g_snprintf(count, sizeof count, "%u", networks);
    g_snprintf(minutes, sizeof minutes, "%" G_GINT64_FORMAT,
               regulation->figures[FIGURE_PASSWORD_SHARED_MINUTES].value);
    return verdict_refuse(regulation, RULE_SHARED_USE, "address", address, "count", count,
                          "minutes", minutes, NULL);
}

Verdict *regulation_refuse_reset(const Regulation *regulation) {
    return verdict_refuse(regulation, RULE_PASSWORD_RESET, NULL);
}

/* Of a password that the owner chose: the day from which it is good for nothing but a change. */
static PasswordState state_by_age(const Regulation *r, const PasswordFacts *facts, gint64 now,
                                  Verdict **verdict) {
    gint64 months = r->figures[facts->administrator ? FIGURE_PASSWORD_ADMINISTRATOR_MONTHS
                                                    : FIGURE_PASSWORD_MONTHS]
                        .value;
    if (months == 0)
        return PASSWORD_GOOD;
    CalendarDay today = calendar_day_of(now);
    CalendarDay end = calendar_add_months(calendar_day_of(facts->changed), months);
    if (today >= end) {
        char count[24];
        g_snprintf(count, sizeof count, "%02" G_GINT64_FORMAT, months);
        *verdict =
            verdict_refuse(r, RULE_PASSWORD_OLD, "months", count, "place", facts->place, NULL);
        return PASSWORD_CHANGE;
    }
    if (today < end - r->figures[FIGURE_PASSWORD_WARN_DAYS].value)
        return PASSWORD_GOOD;
    char day[11];
    show_day(end, day);
    *verdict = verdict_refuse(r, RULE_PASSWORD_SOON, "day", day, "place", facts->place, NULL);
    return PASSWORD_SOON;
}

PasswordState regulation_password_state(const Regulation *regulation, const PasswordFacts *facts,
                                        gint64 now, Verdict **verdict) {
    *verdict = NULL;
    if (facts->expires != 0 && now >= facts->expires) {
        char day[11];
        show_day(calendar_day_of(facts->expires - 1), day);
        *verdict = verdict_refuse(regulation, RULE_PASSWORD_OVER, "day", day, NULL);
        return PASSWORD_OVER;
    }
    if (!facts->must_change)
        return state_by_age(regulation, facts, now, verdict);
    *verdict = verdict_refuse(regulation, RULE_PASSWORD_CHANGE, "place", facts->place, NULL);
    return PASSWORD_CHANGE;
}
