/* Loading: libconfig reads the file, the sections are taken from it one by one, and only a whole
 * regulation comes out. With `extends` the older regulation is loaded first and copied; what the
 * newer file says then replaces what was copied. Strings and arrays that were only copied stay
 * alive through the reference to the older one. */
#include "regulation/regulation.h"

#include "regulation/conf.h"

enum { FORMAT_VERSION = 1, EXTENDS_DEPTH = 4 };

static Regulation *load(const char *path, int depth, GError **error);

static void regulation_free(Regulation *r) {
    if (r->base != NULL)
        regulation_unref(r->base);
    if (r->strings != NULL)
        g_string_chunk_free(r->strings);
    if (r->owned != NULL)
        g_ptr_array_unref(r->owned);
    if (r->exceptions_own != NULL)
        g_array_unref(r->exceptions_own);
    if (r->days != NULL)
        g_array_unref(r->days);
    g_free(r);
}

Regulation *regulation_ref(const Regulation *regulation) {
    Regulation *r = (Regulation *)regulation; /* the count is the one thing that changes */
    g_atomic_int_inc(&r->references);
    return r;
}

void regulation_unref(Regulation *regulation) {
    if (regulation != NULL && g_atomic_int_dec_and_test(&regulation->references))
        regulation_free(regulation);
}

/* A new one that says what base says (base NULL: nothing). Takes the reference to base. */
static Regulation *new_on(Regulation *base) {
    Regulation *r = g_new0(Regulation, 1);
    if (base != NULL) {
        *r = *base;
        if (r->days != NULL)
            g_array_ref(r->days);
    }
    r->references = 1;
    r->base = base;
    r->strings = g_string_chunk_new(4096);
    r->owned = g_ptr_array_new_with_free_func(g_free);
    r->exceptions_own = NULL;
    if (base == NULL)
        r->until = CALENDAR_NONE;
    else
        layer_restate(r);
    return r;
}

typedef struct {
    const char *name;
    gboolean required;
} TextSpec;

static const TextSpec text_specs[REGULATION_TEXTS] = {
    [REGULATION_ID] = {"id", TRUE},
    [REGULATION_TITLE] = {"title", TRUE},
    [REGULATION_SHORT] = {"short", FALSE},
    [REGULATION_DOMAIN] = {"domain", TRUE},
    [REGULATION_OPERATOR] = {"operator", TRUE},
    [REGULATION_SUPERVISOR] = {"supervisor", TRUE},
    [REGULATION_PLACE] = {"place", FALSE},
    [REGULATION_BODY] = {"body", FALSE},
    [REGULATION_OPERATOR_HEAD] = {"operator_head", FALSE},
    [REGULATION_REPORT_SUBJECT] = {"report_subject", FALSE},
    [REGULATION_REGULAR_USE] = {"regular_use", FALSE},
    [REGULATION_WORD_LOCK] = {"word_lock", FALSE},
    [REGULATION_WORD_CLOSE] = {"word_close", FALSE},
    [REGULATION_WORD_UNLOCK] = {"word_unlock", FALSE},
    [REGULATION_FROM] = {"from", TRUE},
    [REGULATION_UNTIL] = {"until", FALSE},
};

static gboolean read_texts(Regulation *r, const config_t *config, GError **error) {
    const config_setting_t *root = config_root_setting(config);
    /* Never another regulation's. */
    r->texts[REGULATION_ID] = r->texts[REGULATION_FROM] = r->texts[REGULATION_SHORT] = NULL;
    r->texts[REGULATION_UNTIL] = "";
    for (gsize i = 0; i < REGULATION_TEXTS; i++) {
        const config_setting_t *setting = config_setting_get_member(root, text_specs[i].name);
        if (setting == NULL && r->texts[i] == NULL && text_specs[i].required)
            return conf_fail(root, error, "%s = \"…\" is missing", text_specs[i].name);
        if (setting != NULL && (r->texts[i] = conf_string(r, setting, error)) == NULL)
            return FALSE;
        if (r->texts[i] == NULL)
            r->texts[i] = "";
    }
    if (r->texts[REGULATION_SHORT][0] == 0)
        r->texts[REGULATION_SHORT] = r->texts[REGULATION_ID];
    const char *until = r->texts[REGULATION_UNTIL];
    r->until = CALENDAR_NONE;
    if (!calendar_parse(bytes_of_string(r->texts[REGULATION_FROM]), &r->from))
        return conf_fail(config_setting_get_member(root, "from"), error,
                         "from must be a day that exists, written \"YYYY-MM-DD\"");
    if (until[0] != 0 && (!calendar_parse(bytes_of_string(until), &r->until) || r->until < r->from))
        return conf_fail(root, error, "until must be a day not before from, or \"\"");
    return TRUE;
}

static gboolean check_root(const config_t *config, GError **error) {
    static const char *const names[] = {
        "version",        "id",          "title",     "extends",  "from",       "until",
        "domain",         "operator",    "sizes",     "password", "forwarding", "calendar",
        "naming",         "requests",    "rules",     "days",     "tet",        "supervisor",
        "lock",           "outgoing",    "report",    "place",    "body",       "operator_head",
        "report_subject", "regular_use", "incidents", "signups",  "short",      "word_lock",
        "word_close",     "word_unlock", "files",     "secrets",  NULL};
    const config_setting_t *root = config_root_setting(config);
    int version;
    if (!config_lookup_int(config, "version", &version))
        return conf_fail(root, error, "version = %d; is missing", FORMAT_VERSION);
    if (version < 1 || version > FORMAT_VERSION)
        return conf_fail(config_setting_get_member(root, "version"), error,
                         "version %d is newer than this program understands (%d); upgrade congvu",
                         version, FORMAT_VERSION);
    return conf_only(root, names, error);
}

/* Everything in the file over everything in the base. Takes the reference to base. */
static Regulation *build(const config_t *config, Regulation *base, const char *origin,
                         GError **error) {
    g_autoptr(Regulation) r = new_on(base);
    if (check_root(config, error) && read_texts(r, config, error) &&
        conf_read_figures(r, config, error) && conf_read_lists(r, config, error) &&
        conf_read_rules(r, config, error) && conf_read_naming(r, config, error) &&
        conf_read_incidents(r, config, error) && conf_check_complete(r, origin, error) &&
        conf_check_complete(r, origin, error) && files_check(r, origin, error) &&
        conf_read_days(r, config, error))
        return g_steal_pointer(&r);
    return NULL;
}

static gboolean fail_syntax(const config_t *config, const char *path, GError **error) {
    const char *file = config_error_file(config);
    return cv_fail(error, CV_ERROR_INPUT, "%s:%d: %s", file != NULL ? file : path,
                   config_error_line(config), config_error_text(config));
}

static Regulation *load_base(const config_t *config, const char *directory, int depth,
                             GError **error) {
    const char *name = NULL;
    config_lookup_string(config, "extends", &name);
    if (depth >= EXTENDS_DEPTH) {
        cv_fail(error, CV_ERROR_INPUT, "more than %d regulations extend one another: %s",
                EXTENDS_DEPTH, name);
        return NULL;
    }
    g_autofree char *file =
        g_str_has_suffix(name, ".conf") ? g_strdup(name) : g_strconcat(name, ".conf", NULL);
    g_autofree char *path =
        g_path_is_absolute(file) ? g_strdup(file) : g_build_filename(directory, file, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return load(path, depth + 1, error);
    /* A body's own regulation may lie anywhere and extend a shipped one. */
    g_autofree char *shipped = regulation_find(name, error);
    return shipped == NULL ? NULL : load(shipped, depth + 1, error);
}

static Regulation *load_config(config_t *config, const char *path, const char *directory, int depth,
                               GError **error) {
    const config_setting_t *extends =
        config_setting_get_member(config_root_setting(config), "extends");
    Regulation *base = NULL;
    if (extends != NULL) {
        if (config_setting_type(extends) != CONFIG_TYPE_STRING || directory == NULL) {
            conf_fail(
                extends, error,
                "extends must be the name of a shipped regulation, or of one beside this file");
            return NULL;
        }
        base = load_base(config, directory, depth, error);
        if (base == NULL)
            return NULL;
    }
    return build(config, base, path, error);
}

static Regulation *load(const char *path, int depth, GError **error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        cv_fail_errno(error, CV_ERROR_NOT_FOUND, "cannot read the regulation %s", path);
        return NULL;
    }
    fclose(file);
    g_autofree char *directory = g_path_get_dirname(path);
    config_t config;
    config_init(&config);
    config_set_include_dir(&config, directory);
    Regulation *r = NULL;
    if (!config_read_file(&config, path))
        fail_syntax(&config, path, error);
    else
        r = load_config(&config, path, directory, depth, error);
    config_destroy(&config);
    return r;
}

Regulation *regulation_load(const char *path, GError **error) {
    return load(path, 1, error);
}

Regulation *regulation_load_text(const char *text, GError **error) {
    if (strstr(text, "@include") != NULL) {
        cv_fail(error, CV_ERROR_INPUT, "a regulation in text form may not include files");
        return NULL;
    }
    config_t config;
    config_init(&config);
    Regulation *r = NULL;
    if (!config_read_string(&config, text))
        fail_syntax(&config, "text", error);
    else
        r = load_config(&config, "text", NULL, 1, error);
    config_destroy(&config);
    return r;
}

const char *regulation_text(const Regulation *regulation, RegulationText text) {
    return regulation->texts[text];
}

gint64 regulation_figure(const Regulation *regulation, RegulationFigure figure) {
    return regulation->figures[figure].value;
}

gboolean regulation_reports(const Regulation *regulation, const char *kind) {
    return g_strv_contains(regulation->lists[LIST_REPORTERS].items, kind);
}

const Regulation *regulation_base(const Regulation *regulation) {
    return regulation->base;
}

const char *regulation_figure_article(const Regulation *regulation, RegulationFigure figure) {
    return regulation->figures[figure].article;
}
