/* Lists of words, and the domains that were listed by a decision. */
#include "regulation/conf.h"

const char *const *conf_strings(Regulation *r, const config_setting_t *list, gsize *count,
                                GError **error) {
    if (!config_setting_is_aggregate(list) || config_setting_is_group(list)) {
        conf_fail(list, error, "%s must be a list: [\"…\", \"…\"]", conf_name_of(list));
        return NULL;
    }
    gsize n = (gsize)config_setting_length(list);
    const char **items = g_new0(const char *, n + 1);
    g_ptr_array_add(r->owned, items);
    for (gsize i = 0; i < n; i++) {
        items[i] = conf_string(r, config_setting_get_elem(list, (guint)i), error);
        if (items[i] == NULL)
            return NULL;
    }
    *count = n;
    return items;
}

/* forwarding.decided: each domain with the decision that listed it. */
static gboolean read_decided(Regulation *r, const config_t *config, GError **error) {
    static const char *const names[] = {"domain", "decision", NULL};
    const config_setting_t *list = config_lookup(config, "forwarding.decided");
    if (list == NULL)
        return TRUE;
    if (!config_setting_is_list(list))
        return conf_fail(list, error, "forwarding.decided must be a list: ( { … } )");
    gsize n = (gsize)config_setting_length(list);
    const char **items = g_new0(const char *, n + 1);
    g_ptr_array_add(r->owned, items);
    for (gsize i = 0; i < n; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (guint)i);
        if (!config_setting_is_group(entry))
            return conf_fail(entry, error, "must be { domain = \"…\"; decision = \"…\"; }");
        const char *decision;
        if (!conf_only(entry, names, error) ||
            (items[i] = conf_need_string(r, entry, "domain", error)) == NULL ||
            (decision = conf_need_string(r, entry, "decision", error)) == NULL)
            return FALSE;
        if (decision[0] == 0)
            return conf_fail(entry, error, "%s is listed without a decision; name the document",
                             items[i]);
    }
    r->decided = items;
    return TRUE;
}

gboolean conf_read_lists(Regulation *r, const config_t *config, GError **error) {
    for (gsize i = 0; i < LISTS; i++) {
        GError *problem = NULL;
        const char *article = NULL;
        const config_setting_t *value =
            conf_entry_at(r, config, conf_list_paths[i], &article, &problem);
        if (value != NULL) {
            gsize n = 0;
            const char *const *items = conf_strings(r, value, &n, &problem);
            if (items != NULL)
                r->lists[i] = (List){items, n, article};
        }
        if (problem != NULL) {
            g_propagate_error(error, problem);
            return FALSE;
        }
    }
    return read_decided(r, config, error);
}
