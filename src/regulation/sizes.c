/* Sizes [Điều 5.1]: quotas have a floor, attachments a ceiling. */
#include "regulation/data.h"

Verdict *regulation_check_quota(const Regulation *regulation, gboolean unit, guint64 bytes) {
    RuleId rule = unit ? RULE_UNIT_QUOTA : RULE_PERSON_QUOTA;
    const Figure *floor = &regulation->figures[unit ? FIGURE_UNIT_QUOTA : FIGURE_PERSON_QUOTA];
    if (bytes >= (guint64)floor->value)
        return verdict_allow(regulation->rules[rule].name, floor->article);
    g_autofree char *given = regulation_show_size(bytes, TRUE);
    g_autofree char *given_en = regulation_show_size(bytes, FALSE);
    g_autofree char *limit = regulation_show_size((guint64)floor->value, TRUE);
    return verdict_refuse(regulation, rule, "given", given, "given_en", given_en, "limit", limit,
                          NULL);
}

Verdict *regulation_check_attachments(const Regulation *regulation, guint64 bytes,
                                      gboolean incoming) {
    const Figure *most = &regulation->figures[FIGURE_ATTACHMENTS];
    gboolean applies = !incoming || regulation->figures[FIGURE_ATTACHMENTS_INCOMING].value != 0;
    if (!applies || bytes <= (guint64)most->value)
        return verdict_allow(regulation->rules[RULE_ATTACHMENTS].name, most->article);
    g_autofree char *given = regulation_show_size(bytes, TRUE);
    g_autofree char *given_en = regulation_show_size(bytes, FALSE);
    g_autofree char *limit = regulation_show_size((guint64)most->value, TRUE);
    return verdict_refuse(regulation, RULE_ATTACHMENTS, "given", given, "given_en", given_en,
                          "limit", limit, NULL);
}
