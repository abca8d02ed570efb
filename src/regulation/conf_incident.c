/* The sections "incidents" and "signups" [Điều 8, 12.3]. A file without them is whole: then there
 * is one kind, no address for reports, and nobody is seen to sign up. */
#include "regulation/conf.h"
#include "regulation/naming.h"

enum { NAME_CHARACTERS = 60 };

static gboolean is_id(const char *text) {
    return *text != '\0' && strlen(text) <= 20 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(text);
}

static gboolean read_words(Regulation *r, const config_setting_t *entry, const char *name,
                           const char *const **out, GError **error) {
    const config_setting_t *list = config_setting_get_member(entry, name);
    gsize n;
    if (list == NULL)
        return TRUE;
    *out = conf_strings(r, list, &n, error);
    return *out != NULL;
}

static gboolean read_kind(Regulation *r, const config_setting_t *entry, RegulationIncident *out,
                          GError **error) {
    static const char *const names[] = {"id", "name", "article", "of", "takeover", "words", NULL};
    if (!config_setting_is_group(entry))
        return conf_fail(entry, error, "must be { id = \"…\"; name = \"…\"; }");
    int takeover = 0;
    const config_setting_t *flag = config_setting_get_member(entry, "takeover");
    if (flag != NULL && config_setting_type(flag) != CONFIG_TYPE_BOOL)
        return conf_fail(flag, error, "takeover must be true or false");
    if (flag != NULL)
        takeover = config_setting_get_bool(flag);
    *out = (RegulationIncident){.takeover = takeover != 0};
    if (!conf_only(entry, names, error) ||
        (out->id = conf_need_string(r, entry, "id", error)) == NULL ||
        (out->name = conf_need_string(r, entry, "name", error)) == NULL ||
        (out->article = conf_article(r, entry, error)) == NULL ||
        !read_words(r, entry, "words", &out->words, error))
        return FALSE;
    if (!is_id(out->id))
        return conf_fail(entry, error, "id must be at most 20 small letters and digits");
    return (*out->name != '\0' && g_utf8_strlen(out->name, -1) <= NAME_CHARACTERS) ||
           conf_fail(entry, error, "the name of %s must have 1 to %d characters", out->id,
                     NAME_CHARACTERS);
}

static gboolean read_kinds(Regulation *r, const config_setting_t *list, GError **error) {
    gsize n = config_setting_is_list(list) ? (gsize)config_setting_length(list) : 0;
    if (n == 0 || n > REGULATION_INCIDENTS_MAXIMUM)
        return conf_fail(list, error, "incidents.kinds must be a list of 1 to %d: ( { … } )",
                         REGULATION_INCIDENTS_MAXIMUM);
    RegulationIncident *kinds = g_new0(RegulationIncident, n);
    g_ptr_array_add(r->owned, kinds);
    gboolean other = FALSE;
    for (gsize i = 0; i < n; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (guint)i);
        if (!read_kind(r, entry, &kinds[i], error))
            return FALSE;
        for (gsize j = 0; j < i; j++)
            if (g_str_equal(kinds[j].id, kinds[i].id))
                return conf_fail(entry, error, "the kind %s stands twice", kinds[i].id);
        other |= g_str_equal(kinds[i].id, REGULATION_INCIDENT_OTHER);
    }
    if (!other)
        return conf_fail(list, error, "incidents.kinds needs one with id = \"%s\"",
                         REGULATION_INCIDENT_OTHER);
    r->incidents = kinds;
    r->incidents_n = n;
    return TRUE;
}

static gboolean read_report(Regulation *r, const config_setting_t *group, GError **error) {
    const config_setting_t *at = config_setting_get_member(group, "report");
    const char *local = at == NULL ? NULL : conf_string(r, at, error);
    if (at == NULL)
        return TRUE;
    if (local == NULL)
        return FALSE;
    if (*local != '\0' && !naming_is_local(local, TRUE))
        return conf_fail(at, error,
                         "incidents.report must be a local part (small letters and digits in words "
                         "joined by dots), or \"\"");
    r->report_address = local;
    return TRUE;
}

static const config_setting_t *group_at(const config_t *config, const char *name,
                                        const char *const *names, GError **error) {
    const config_setting_t *group = config_lookup(config, name);
    if (group == NULL)
        return NULL;
    if (!config_setting_is_group(group)) {
        conf_fail(group, error, "%s must be a group: %s = { … };", name, name);
        return NULL;
    }
    return conf_only(group, names, error) ? group : NULL;
}

static gboolean read_signups(Regulation *r, const config_t *config, GError **error) {
    static const char *const names[] = {"services", "words", NULL};
    GError *problem = NULL;
    const config_setting_t *group = group_at(config, "signups", names, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return group == NULL || (read_words(r, group, "services", &r->signup_services, error) &&
                             read_words(r, group, "words", &r->signup_words, error));
}

gboolean conf_read_incidents(Regulation *r, const config_t *config, GError **error) {
    static const char *const names[] = {"report", "kinds", NULL};
    GError *problem = NULL;
    const config_setting_t *group = group_at(config, "incidents", names, &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    if (group != NULL) {
        const config_setting_t *kinds = config_setting_get_member(group, "kinds");
        if (!read_report(r, group, error) || (kinds != NULL && !read_kinds(r, kinds, error)))
            return FALSE;
    }
    return read_signups(r, config, error);
}
