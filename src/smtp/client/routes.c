/* The operator's routes; see sender_check_routes in sender.h. */
#include "smtp/client/internal.h"

enum { PASSWORD_FILE_MAX = 4096 };

struct Routes {
    GArray *rules; /* Rule */
    Rule otherwise;
};

static void clear_rule(gpointer data) {
    Rule *rule = data;
    g_free(rule->domain);
    g_free(rule->host);
    g_free(rule->user);
    g_free(rule->password);
}

void routes_free(Routes *routes) {
    if (routes == NULL)
        return;
    g_array_unref(routes->rules);
    g_free(routes);
}

/* "[host]:port", "host:port", each without the port. */
static gboolean take_where(Rule *rule, const char *text, GError **error) {
    rule->exact = *text == '[';
    const char *end = rule->exact ? strchr(text, ']') : strchr(text, ':');
    gsize n = end == NULL ? strlen(text) : (gsize)(end - text);
    rule->host = rule->exact ? g_strndup(text + 1, n - (n > 0)) : g_strndup(text, n);
    const char *rest = end == NULL ? "" : end + rule->exact;
    guint64 port = rule->port;
    gboolean good =
        *rule->host != '\0' && !(rule->exact && end == NULL) &&
        (*rest == '\0' || (*rest == ':' && bytes_parse_u64(bytes_of_string(rest + 1), &port) &&
                           port > 0 && port < 65536));
    if (!good)
        return cv_fail(error, CV_ERROR_INPUT,
                       "\"%s\" is no place to send to; write [host]:port or name:port", text);
    if (g_str_has_prefix(rule->host, "IPv6:")) {
        char *bare = g_strdup(rule->host + strlen("IPv6:"));
        g_free(rule->host);
        rule->host = bare;
    }
    rule->port = (guint16)port;
    return TRUE;
}

static gboolean take_tls(Rule *rule, const char *value, GError **error) {
    static const char *const names[] = {"never", "may", "require", "verify", "implicit"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!g_str_equal(value, names[i]))
            continue;
        rule->implicit_tls = i == 4;
        rule->tls = i == 4 ? TLS_VERIFY : (TlsLevel)i;
        return TRUE;
    }
    return cv_fail(error, CV_ERROR_INPUT,
                   "tls=%s is unknown; it must be never, may, require, verify or implicit", value);
}

static gboolean take_password(Rule *rule, const char *file, GError **error) {
    g_autoptr(GError) why = NULL;
    gsize n;
    if (!g_file_get_contents(file, &rule->password, &n, &why) || n > PASSWORD_FILE_MAX)
        return cv_fail(error, CV_ERROR_INPUT, "cannot read the password file %s: %s", file,
                       why == NULL ? "it is too long" : why->message);
    rule->password[strcspn(rule->password, "\r\n")] = '\0';
    return TRUE;
}

static gboolean take_word(Rule *rule, const char *word, GError **error) {
    if (g_str_has_prefix(word, "tls="))
        return take_tls(rule, word + 4, error);
    if (g_str_has_prefix(word, "user=")) {
        rule->user = g_strdup(word + 5);
        return TRUE;
    }
    if (g_str_has_prefix(word, "password="))
        return take_password(rule, word + 9, error);
    return cv_fail(error, CV_ERROR_INPUT, "\"%s\" is unknown in a route", word);
}

static gboolean take_rule(Rule *rule, const char *text, GError **error) {
    g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);
    gboolean begun = FALSE;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        if (begun) {
            if (!take_word(rule, *word, error))
                return FALSE;
            continue;
        }
        const char *equals = strchr(*word, '=');
        if (equals == NULL || equals == *word)
            return cv_fail(error, CV_ERROR_INPUT, "\"%s\" is no route; write DOMAIN=WHERE", *word);
        begun = TRUE;
        rule->domain = g_ascii_strdown(*word, equals - *word);
        if (!take_where(rule, equals + 1, error))
            return FALSE;
    }
    if (rule->user != NULL && (rule->password == NULL || rule->tls < TLS_REQUIRE))
        return cv_fail(error, CV_ERROR_INPUT,
                       "the route for %s has a user, so it needs password="
                       "FILE and tls=require, verify or implicit",
                       rule->domain);
    return TRUE;
}

static gboolean is_blank(const char *text) {
    return text[strspn(text, " \t\n")] == '\0';
}

Routes *routes_parse(const char *text, guint16 port, GError **error) {
    g_autoptr(Routes) routes = g_new0(Routes, 1);
    routes->otherwise = (Rule){.port = port, .tls = TLS_MAY};
    routes->rules = g_array_new(FALSE, TRUE, sizeof(Rule));
    g_array_set_clear_func(routes->rules, clear_rule);
    g_auto(GStrv) parts = g_strsplit(text == NULL ? "" : text, ";", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (is_blank(*part))
            continue;
        Rule fresh = {.port = port, .tls = TLS_MAY};
        g_array_append_val(routes->rules, fresh);
        Rule *rule = &g_array_index(routes->rules, Rule, routes->rules->len - 1);
        g_autoptr(GError) why = NULL;
        if (!take_rule(rule, *part, &why)) {
            cv_fail(error, CV_ERROR_INPUT, "sending.routes: %s", why->message);
            return NULL;
        }
    }
    return g_steal_pointer(&routes);
}

/* How well a rule fits: 0 not at all, the longer the better. */
static gsize fit(const Rule *rule, const char *domain) {
    if (g_ascii_strcasecmp(rule->domain, domain) == 0)
        return G_MAXSIZE;
    if (rule->domain[0] == '.' && strlen(domain) > strlen(rule->domain) &&
        g_ascii_strcasecmp(domain + strlen(domain) - strlen(rule->domain), rule->domain) == 0)
        return 1 + strlen(rule->domain);
    return g_str_equal(rule->domain, "*") ? 1 : 0;
}

const Rule *routes_find(const Routes *routes, const char *domain) {
    const Rule *best = &routes->otherwise;
    gsize best_fit = 0;
    for (guint i = 0; i < routes->rules->len; i++) {
        const Rule *rule = &g_array_index(routes->rules, Rule, i);
        gsize its = fit(rule, domain);
        if (its > best_fit) {
            best = rule;
            best_fit = its;
        }
    }
    return best;
}

gboolean sender_check_routes(const char *text, GError **error) {
    g_autoptr(Routes) routes = routes_parse(text, 25, error);
    return routes != NULL;
}
