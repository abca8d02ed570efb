/* Figures, lists and rules are read by tables: the table gives the path in the file and the limits,
 * the file gives the value and its article. Names that the tables do not know are errors, so that a
 * misspelt setting is not silently ignored. */
#include "regulation/conf.h"

#include "text/charset.h"

#include <stdarg.h>

typedef enum { TYPE_COUNT, TYPE_SIZE, TYPE_SWITCH } FigureType;

typedef struct {
    const char *path;
    FigureType type;
    gint64 least, most;
} FigureSpec;

#define TEBIBYTE (G_GINT64_CONSTANT(1) << 40)

static const FigureSpec figure_specs[FIGURES] = {
    [FIGURE_PERSON_QUOTA] = {"sizes.person_quota", TYPE_SIZE, 1, TEBIBYTE},
    [FIGURE_UNIT_QUOTA] = {"sizes.unit_quota", TYPE_SIZE, 1, TEBIBYTE},
    [FIGURE_ATTACHMENTS] = {"sizes.attachments", TYPE_SIZE, 1, TEBIBYTE},
    [FIGURE_ATTACHMENTS_INCOMING] = {"sizes.attachments_incoming", TYPE_SWITCH, 0, 1},
    [FIGURE_MESSAGE] = {"sizes.message", TYPE_SIZE, 65536, TEBIBYTE},
    [FIGURE_PASSWORD_MINIMUM] = {"password.minimum", TYPE_COUNT, 1, 64},
    [FIGURE_PASSWORD_MAXIMUM] = {"password.maximum", TYPE_COUNT, 64, 1024},
    [FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM] = {"password.administrator_minimum", TYPE_COUNT, 1, 64},
    [FIGURE_PASSWORD_HISTORY] = {"password.history", TYPE_COUNT, 0, 24},
    [FIGURE_PASSWORD_MONTHS] = {"password.months", TYPE_COUNT, 0, 120},
    [FIGURE_PASSWORD_ADMINISTRATOR_MONTHS] = {"password.administrator_months", TYPE_COUNT, 0, 120},
    [FIGURE_PASSWORD_NOT_LOGIN] = {"password.not_login", TYPE_SWITCH, 0, 1},
    [FIGURE_PASSWORD_ONE_TIME_DAYS] = {"password.one_time_days", TYPE_COUNT, 1, 365},
    [FIGURE_PASSWORD_ACCEPT_RULES] = {"password.accept_rules", TYPE_SWITCH, 0, 1},
    [FIGURE_PASSWORD_SHARED_NETWORKS] = {"password.shared_networks", TYPE_COUNT, 0, 15},
    [FIGURE_PASSWORD_SHARED_MINUTES] = {"password.shared_minutes", TYPE_COUNT, 1, 1440},
    [FIGURE_PASSWORD_WARN_DAYS] = {"password.warn_days", TYPE_COUNT, 0, 90},
    [FIGURE_REQUEST_DAYS] = {"calendar.request_days", TYPE_COUNT, 1, 60},
    [FIGURE_RESET_HOURS] = {"requests.reset_hours", TYPE_COUNT, 0, 720},
    [FIGURE_NOTICE_DAYS] = {"calendar.notice_days", TYPE_COUNT, 0, 60},
    [FIGURE_IDLE_MONTHS] = {"calendar.idle_months", TYPE_COUNT, 0, 120},
    [FIGURE_SIGNIN_MONTHS] = {"calendar.signin_months", TYPE_COUNT, 0, 120},
    [FIGURE_IDLE_ANSWER_DAYS] = {"calendar.idle_answer_days", TYPE_COUNT, 0, 365},
    [FIGURE_REPORT_MONTH] = {"calendar.report_month", TYPE_COUNT, 1, 12},
    [FIGURE_REPORT_DAY] = {"calendar.report_day", TYPE_COUNT, 1, 28},
    [FIGURE_REGULAR_PERCENT] = {"report.regular_percent", TYPE_COUNT, 1, 100},
    [FIGURE_PERIOD_MONTH] = {"report.period_month", TYPE_COUNT, 1, 12},
    [FIGURE_PERIOD_DAY] = {"report.period_day", TYPE_COUNT, 1, 28},
    [FIGURE_REMIND_DAYS] = {"report.remind_days", TYPE_COUNT, 1, 90},
    [FIGURE_KEEP_CLOSED_DAYS] = {"calendar.keep_closed_days", TYPE_COUNT, 0, 36500},
    [FIGURE_KEEP_ALIAS_DAYS] = {"requests.keep_alias_days", TYPE_COUNT, 0, 36500},
    [FIGURE_KEEP_FORM_DAYS] = {"requests.keep_form_days", TYPE_COUNT, 0, 36500},
    [FIGURE_TET_BEFORE] = {"calendar.tet_before", TYPE_COUNT, 0, 7},
    [FIGURE_TET_DAYS] = {"calendar.tet_days", TYPE_COUNT, 1, 14},
    [FIGURE_NUMBER_FIRST] = {"naming.number_first", TYPE_COUNT, 0, 1000},
    [FIGURE_NUMBER_LAST] = {"naming.number_last", TYPE_COUNT, 1, 1000000},
    [FIGURE_OUTGOING_MINUTES] = {"outgoing.minutes", TYPE_COUNT, 1, 1440},
    [FIGURE_OUTGOING_MESSAGES] = {"outgoing.messages", TYPE_COUNT, 0, 1000000},
    [FIGURE_OUTGOING_RECIPIENTS] = {"outgoing.recipients", TYPE_COUNT, 0, 1000000},
    [FIGURE_OUTGOING_OUTSIDE] = {"outgoing.outside", TYPE_COUNT, 0, 1000000},
    [FIGURE_OUTGOING_UNIT_MESSAGES] = {"outgoing.unit_messages", TYPE_COUNT, 0, 1000000},
    [FIGURE_OUTGOING_UNIT_RECIPIENTS] = {"outgoing.unit_recipients", TYPE_COUNT, 0, 1000000},
    [FIGURE_OUTGOING_UNIT_OUTSIDE] = {"outgoing.unit_outside", TYPE_COUNT, 0, 1000000},
    [FIGURE_FILES_REFUSE_UNLISTED] = {"files.refuse_unlisted", TYPE_SWITCH, 0, 1},
    [FIGURE_FILES_REFUSED_INCOMING] = {"files.refused_incoming", TYPE_SWITCH, 0, 1},
    [FIGURE_FILES_WARN_SEALED] = {"files.warn_sealed", TYPE_SWITCH, 0, 1},
    [FIGURE_FORWARD_REFUSE] = {"forwarding.refuse_incoming", TYPE_SWITCH, 0, 1},
    [FIGURE_SECRET_REFUSE] = {"secrets.refuse", TYPE_SWITCH, 0, 1},
    [FIGURE_SECRET_FREEZE] = {"secrets.freeze_incoming", TYPE_SWITCH, 0, 1},
};

const char *const conf_list_paths[LISTS] = {
    [LIST_PASSWORD_CLASSES] = "password.classes",
    [LIST_PASSWORD_SPECIALS] = "password.specials",
    [LIST_PASSWORD_BLOCKED] = "password.blocked",
    [LIST_FORWARD_DOMAINS] = "forwarding.domains",
    [LIST_LOCK_FORBIDDEN] = "lock.forbidden",
    [LIST_SECRET_STAMPS] = "secrets.stamps",
    [LIST_SECRET_LABELS] = "secrets.labels",
    [LIST_SECRET_BEFORE] = "secrets.before",
    [LIST_SECRET_AFTER] = "secrets.after",
    [LIST_FILES_PERMITTED] = "files.permitted",
    [LIST_FILES_REFUSED] = "files.refused",
    [LIST_STOP_WEEKDAYS] = "calendar.stop_weekdays",
    [LIST_REST_WEEKDAYS] = "calendar.rest_weekdays",
    [LIST_FIXED_HOLIDAYS] = "calendar.fixed_holidays",
    [LIST_REQUEST_SENDERS] = "requests.senders",
    [LIST_REPORTERS] = "report.senders",
    [LIST_BODY_WORDS] = "naming.body_words",
    [LIST_TYPE_WORDS] = "naming.type_words",
    [LIST_SILENT_WORDS] = "naming.silent_words",
};

/* Members of the groups that other functions read. */
static const char *const other_paths[] = {"forwarding.decided", "naming.person", "naming.units",
                                          "naming.exceptions"};

/* The name in the file and the placeholders that the program fills in. */
typedef struct {
    const char *name;
    const char *placeholders; /* separated by spaces, with one before and after each */
} RuleSpec;

static const RuleSpec rule_specs[RULES] = {
    [RULE_PERSON_QUOTA] = {"person_quota", " given given_en limit "},
    [RULE_UNIT_QUOTA] = {"unit_quota", " given given_en limit "},
    [RULE_ATTACHMENTS] = {"attachments", " given given_en limit "},
    [RULE_PASSWORD_TEXT] = {"password_text", " "},
    [RULE_PASSWORD_SPACE] = {"password_space", " "},
    [RULE_PASSWORD_BLOCKED] = {"password_blocked", " "},
    [RULE_PASSWORD_LENGTH] = {"password_length", " minimum given "},
    [RULE_PASSWORD_CLASSES] = {"password_classes", " specials missing missing_en "},
    [RULE_PASSWORD_LONG] = {"password_long", " maximum "},
    [RULE_PASSWORD_LOGIN] = {"password_login", " "},
    [RULE_PASSWORD_SAME] = {"password_same", " "},
    [RULE_PASSWORD_FORMER] = {"password_former", " count "},
    [RULE_PASSWORD_CHANGE] = {"password_change", " place "},
    [RULE_PASSWORD_OLD] = {"password_old", " months place "},
    [RULE_PASSWORD_SOON] = {"password_soon", " day place "},
    [RULE_PASSWORD_OVER] = {"password_over", " day "},
    [RULE_SHARED_USE] = {"shared_use", " address count minutes "},
    [RULE_ACCOUNT_LOCKED] = {"account_locked", " "},
    [RULE_ACCEPT_RULES] = {"accept_rules", " title "},
    [RULE_PASSWORD_RESET] = {"password_reset", " "},
    [RULE_FILE_REFUSED] = {"file_refused", " name format "},
    [RULE_FILE_UNLISTED] = {"file_unlisted", " name "},
    [RULE_FILE_DISGUISED] = {"file_disguised", " name format "},
    [RULE_FILE_SEALED] = {"file_sealed", " name "},
    [RULE_FORWARD_ADDRESS] = {"forward_address", " address "},
    [RULE_FORWARD_SCRIPT] = {"forward_script", " address "},
    [RULE_FORWARD_OUT] = {"forward_out", " address "},
    [RULE_FORWARD_IN] = {"forward_in", " address "},
    [RULE_SECRET] = {"secret", " stamp place place_en "},
    [RULE_SECRET_FROZEN] = {"secret_frozen", " number "},
    [RULE_NAME] = {"name", " reason reason_en "},
    [RULE_NAME_GIVEN] = {"name_given", " given "},
    [RULE_NAME_LONG] = {"name_long", " limit "},
    [RULE_NAME_PART] = {"name_part", " field field_en given "},
    [RULE_NAME_MISSING] = {"name_missing", " field field_en "},
    [RULE_NAME_TAKEN] = {"name_taken", " given "},
    [RULE_NAME_EXHAUSTED] = {"name_exhausted", " given "},
    [RULE_UNIT_KIND] = {"unit_kind", " given kinds "},
    [RULE_UNIT_AGREEMENT] = {"unit_agreement", " "},
    [RULE_UNIT_APPROVAL] = {"unit_approval", " "},
    [RULE_LOCK_TAKEOVER] = {"lock_takeover", " "},
    [RULE_LOCK_FORBIDDEN] = {"lock_forbidden", " act "},
    [RULE_LOCK_IDLE] = {"lock_idle", " "},
    [RULE_LOCK_IN_USE] = {"lock_in_use", " "},
    [RULE_LOCK_EXEMPT] = {"lock_exempt", " reason "},
    [RULE_LOCK_UNWARNED] = {"lock_unwarned", " "},
    [RULE_LOCK_EARLY] = {"lock_early", " answer "},
    [RULE_LOCK_EVIDENCE] = {"lock_evidence", " "},
    [RULE_LOCK_CLAUSE] = {"lock_clause", " given clauses "},
    [RULE_IDLE] = {"idle", " address last answer "},
    [RULE_SIGNIN] = {"signin", " address last answer "},
    [RULE_STOP_WEEKDAY] = {"stop_weekday", " given earliest "},
    [RULE_STOP_WINDOW] = {"stop_window", " earliest "},
    [RULE_STOP_NOTICE] = {"stop_notice", " days earliest "},
    [RULE_NOT_IN_FORCE] = {"not_in_force", " given title from id "},
    [RULE_REQUEST_SENDER] = {"request_sender", " given "},
};

gboolean conf_fail(const config_setting_t *at, GError **error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    const char *file = config_setting_source_file(at);
    return cv_fail(error, CV_ERROR_INPUT, "%s:%u: %s", file != NULL ? file : "regulation",
                   (guint)config_setting_source_line(at), message);
}

const char *conf_name_of(const config_setting_t *setting) {
    const char *name = config_setting_name(setting);
    return name != NULL ? name : "an element";
}

const char *conf_string(Regulation *r, const config_setting_t *setting, GError **error) {
    const char *text = config_setting_get_string(setting);
    if (text == NULL)
        conf_fail(setting, error, "%s must be text in quotation marks", conf_name_of(setting));
    else if (!text_is_utf8(bytes_of_string(text))) {
        conf_fail(setting, error, "%s is not UTF-8; save the file as UTF-8", conf_name_of(setting));
        text = NULL;
    }
    return text == NULL ? NULL : g_string_chunk_insert_const(r->strings, text);
}

const char *conf_member_string(Regulation *r, const config_setting_t *group, const char *name,
                               GError **error) {
    const config_setting_t *member = config_setting_get_member(group, name);
    return member == NULL ? NULL : conf_string(r, member, error);
}

const char *conf_need_string(Regulation *r, const config_setting_t *group, const char *name,
                             GError **error) {
    const config_setting_t *member = config_setting_get_member(group, name);
    if (member != NULL)
        return conf_string(r, member, error);
    conf_fail(group, error, "%s needs %s = \"…\"", conf_name_of(group), name);
    return NULL;
}

const char *conf_article(Regulation *r, const config_setting_t *group, GError **error) {
    const config_setting_t *member = config_setting_get_member(group, "article");
    if (member == NULL)
        return "";
    const char *text = conf_string(r, member, error);
    if (text == NULL || text[0] == 0)
        return text;
    if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.") != strlen(text)) {
        conf_fail(member, error, "article must look like \"3.2.a\", not \"%s\"", text);
        return NULL;
    }
    const config_setting_t *of = config_setting_get_member(group, "of");
    const char *layer = of == NULL ? "" : layer_short(r, config_setting_get_string(of));
    if (layer == NULL) {
        conf_fail(of, error, "of must be the id of a regulation that this one extends");
        return NULL;
    }
    g_autofree char *shown = g_strconcat("Điều ", text, of == NULL ? "" : " ", layer, NULL);
    return g_string_chunk_insert_const(r->strings, shown);
}

gboolean conf_only(const config_setting_t *group, const char *const *names, GError **error) {
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *member = config_setting_get_elem(group, (guint)i);
        if (!g_strv_contains(names, conf_name_of(member)))
            return conf_fail(member, error, "unknown setting %s; check its spelling",
                             conf_name_of(member));
    }
    return TRUE;
}

static gboolean is_known_path(const char *path) {
    for (gsize i = 0; i < FIGURES; i++)
        if (strcmp(figure_specs[i].path, path) == 0)
            return TRUE;
    for (gsize i = 0; i < LISTS; i++)
        if (strcmp(conf_list_paths[i], path) == 0)
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(other_paths); i++)
        if (strcmp(other_paths[i], path) == 0)
            return TRUE;
    return FALSE;
}

/* Every member of the groups of figures and lists is one that is read. */
static gboolean check_names(const config_t *config, GError **error) {
    static const char *const groups[] = {"sizes",    "password", "forwarding", "calendar",
                                         "requests", "naming",   "lock",       "report",
                                         "outgoing", "secrets",  "files"};
    for (gsize g = 0; g < G_N_ELEMENTS(groups); g++) {
        const config_setting_t *group = config_lookup(config, groups[g]);
        if (group == NULL)
            continue;
        if (!config_setting_is_group(group))
            return conf_fail(group, error, "%s must be a group: %s = { … };", groups[g], groups[g]);
        for (int i = 0; i < config_setting_length(group); i++) {
            const config_setting_t *member = config_setting_get_elem(group, (guint)i);
            g_autofree char *path = g_strdup_printf("%s.%s", groups[g], conf_name_of(member));
            if (!is_known_path(path))
                return conf_fail(member, error, "unknown setting %s; check its spelling", path);
        }
    }
    return TRUE;
}

/* "20 MiB" */
static gboolean parse_size(const char *text, gint64 *out) {
    static const struct {
        const char *name;
        gint64 factor;
    } units[] = {{"B", 1},
                 {"KiB", G_GINT64_CONSTANT(1) << 10},
                 {"MiB", G_GINT64_CONSTANT(1) << 20},
                 {"GiB", G_GINT64_CONSTANT(1) << 30}};
    Reader r = reader_of(bytes_of_string(text));
    guint64 number;
    if (!reader_u64(&r, &number) || number > G_MAXINT64 || !reader_skip_byte(&r, ' '))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (bytes_is(reader_rest(&r), units[i].name))
            return !__builtin_mul_overflow((gint64)number, units[i].factor, out);
    return FALSE;
}

static gboolean read_value(const FigureSpec *spec, const config_setting_t *value, gint64 *out,
                           GError **error) {
    gint64 number = 0;
    int type = config_setting_type(value);
    if (spec->type == TYPE_SWITCH) {
        if (type != CONFIG_TYPE_BOOL)
            return conf_fail(value, error, "%s must be true or false", spec->path);
        number = config_setting_get_bool(value) != 0;
    } else if (spec->type == TYPE_SIZE) {
        const char *text = config_setting_get_string(value);
        if (text == NULL || !parse_size(text, &number))
            return conf_fail(value, error, "%s must be a size like \"20 MiB\" or \"1 GiB\"",
                             spec->path);
    } else {
        if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
            return conf_fail(value, error, "%s must be a whole number", spec->path);
        number = config_setting_get_int64(value);
    }
    if (number < spec->least || number > spec->most)
        return conf_fail(value, error, "%s must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                         spec->path, spec->least, spec->most);
    *out = number;
    return TRUE;
}

const config_setting_t *conf_entry_at(Regulation *r, const config_t *config, const char *path,
                                      const char **article, GError **error) {
    static const char *const names[] = {"value", "article", "of", NULL};
    config_setting_t *entry = config_lookup(config, path);
    if (entry == NULL)
        return NULL;
    if (!config_setting_is_group(entry) || config_setting_get_member(entry, "value") == NULL) {
        conf_fail(entry, error, "%s must be { value = …; article = \"…\"; }", path);
        return NULL;
    }
    if (!conf_only(entry, names, error) || (*article = conf_article(r, entry, error)) == NULL)
        return NULL;
    return config_setting_get_member(entry, "value");
}

static char *show_figure(FigureType type, gint64 value) {
    if (type == TYPE_SWITCH)
        return g_strdup(value != 0 ? "true" : "false");
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    gsize unit = 0;
    while (type == TYPE_SIZE && value % 1024 == 0 && value > 0 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1024;
        unit++;
    }
    return type == TYPE_SIZE ? g_strdup_printf("%" G_GINT64_FORMAT " %s", value, units[unit])
                             : g_strdup_printf("%" G_GINT64_FORMAT, value);
}

void regulation_each(const Regulation *regulation, RegulationEach each, gpointer data) {
    for (gsize i = 0; i < FIGURES; i++) {
        const Figure *figure = &regulation->figures[i];
        g_autofree char *shown = show_figure(figure_specs[i].type, figure->value);
        each(figure_specs[i].path, shown, figure->article, data);
    }
    for (gsize i = 0; i < LISTS; i++) {
        g_autofree char *shown = g_strjoinv(", ", (char **)regulation->lists[i].items);
        each(conf_list_paths[i], shown, regulation->lists[i].article, data);
    }
}

gboolean conf_read_figures(Regulation *r, const config_t *config, GError **error) {
    if (!check_names(config, error))
        return FALSE;
    for (gsize i = 0; i < FIGURES; i++) {
        GError *problem = NULL;
        const char *article = NULL;
        const config_setting_t *value =
            conf_entry_at(r, config, figure_specs[i].path, &article, &problem);
        gint64 number = 0;
        if (value != NULL && read_value(&figure_specs[i], value, &number, &problem))
            r->figures[i] = (Figure){number, article};
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return FALSE;
        }
    }
    return TRUE;
}

/* Every {placeholder} of a rule's text is one that the program fills in. */
static gboolean check_placeholders(const config_setting_t *at, const char *text,
                                   const RuleSpec *spec, GError **error) {
    for (const char *open = strchr(text, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        if (close == NULL)
            return conf_fail(at, error, "a { without } in the text of %s", spec->name);
        g_autofree char *name = g_strndup(open + 1, (gsize)(close - open - 1));
        g_autofree char *spaced = g_strdup_printf(" %s ", name);
        if (strcmp(name, "cite") != 0 && strstr(spec->placeholders, spaced) == NULL)
            return conf_fail(at, error, "rule %s has no {%s}; it has {cite}%s%s", spec->name, name,
                             spec->placeholders[1] != 0 ? " and:" : "", spec->placeholders);
    }
    return TRUE;
}

static gboolean read_rule(Regulation *r, const config_setting_t *entry, GError **error) {
    static const char *const names[] = {"article", "of", "vi", "en", NULL};
    gsize i = 0;
    while (i < RULES && strcmp(rule_specs[i].name, conf_name_of(entry)) != 0)
        i++;
    if (i == RULES)
        return conf_fail(entry, error, "unknown rule %s; check its spelling", conf_name_of(entry));
    if (!config_setting_is_group(entry))
        return conf_fail(entry, error, "%s must be { article = …; vi = …; en = …; }",
                         conf_name_of(entry));
    Rule rule = {.name = rule_specs[i].name};
    if (!conf_only(entry, names, error) || (rule.article = conf_article(r, entry, error)) == NULL ||
        (rule.vi = conf_need_string(r, entry, "vi", error)) == NULL ||
        (rule.en = conf_need_string(r, entry, "en", error)) == NULL ||
        !check_placeholders(entry, rule.vi, &rule_specs[i], error) ||
        !check_placeholders(entry, rule.en, &rule_specs[i], error))
        return FALSE;
    r->rules[i] = rule;
    return TRUE;
}

gboolean conf_read_rules(Regulation *r, const config_t *config, GError **error) {
    const config_setting_t *group = config_lookup(config, "rules");
    if (group == NULL)
        return TRUE;
    if (!config_setting_is_group(group))
        return conf_fail(group, error, "rules must be a group: rules = { … };");
    for (int i = 0; i < config_setting_length(group); i++)
        if (!read_rule(r, config_setting_get_elem(group, (guint)i), error))
            return FALSE;
    return TRUE;
}

gboolean conf_check_complete(const Regulation *r, const char *origin, GError **error) {
    for (gsize i = 0; i < FIGURES; i++)
        if (r->figures[i].article == NULL)
            return cv_fail(error, CV_ERROR_INPUT, "%s: %s is missing", origin,
                           figure_specs[i].path);
    for (gsize i = 0; i < LISTS; i++)
        if (r->lists[i].items == NULL)
            return cv_fail(error, CV_ERROR_INPUT, "%s: %s is missing", origin, conf_list_paths[i]);
    for (gsize i = 0; i < RULES; i++)
        if (r->rules[i].name == NULL)
            return cv_fail(error, CV_ERROR_INPUT, "%s: rules.%s is missing", origin,
                           rule_specs[i].name);
    if (r->person_n == 0 || r->units_n == 0)
        return cv_fail(error, CV_ERROR_INPUT, "%s: naming.%s is missing", origin,
                       r->person_n == 0 ? "person" : "units");
    return TRUE;
}
