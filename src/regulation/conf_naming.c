/* The naming section: forms composed of named parts. A part that does not exist, or that cannot be
 * known for what is named (a parent's name in a person's address), is refused here, with its line,
 * so that composing an address can only fail for what the operator typed. */
#include "regulation/conf.h"

#include "regulation/naming.h"

typedef enum { FOR_PERSON = 1, FOR_ADDRESS = 2, FOR_ABBREVIATION = 4, FOR_SUFFIX = 8 } FormUse;

typedef struct {
    const char *name;
    PartKind kind;
    guint uses; /* FormUse bits */
} PartSpec;

static const PartSpec part_specs[] = {
    {"initials", PART_INITIALS, FOR_PERSON | FOR_ADDRESS | FOR_ABBREVIATION | FOR_SUFFIX},
    {"given", PART_GIVEN, FOR_PERSON},
    {"words", PART_WORDS, FOR_PERSON | FOR_ADDRESS | FOR_ABBREVIATION | FOR_SUFFIX},
    {"suffix", PART_SUFFIX, FOR_PERSON},
    {"number", PART_NUMBER, FOR_PERSON},
    {"place", PART_PLACE, FOR_ADDRESS | FOR_ABBREVIATION | FOR_SUFFIX},
    {"place_initials", PART_PLACE_INITIALS, FOR_ADDRESS | FOR_ABBREVIATION | FOR_SUFFIX},
    {"abbreviation", PART_ABBREVIATION, FOR_ADDRESS | FOR_SUFFIX},
    {"agreed", PART_AGREED, FOR_ADDRESS},
    {"address", PART_ADDRESS, FOR_SUFFIX},
    {"parent_address", PART_PARENT_ADDRESS, FOR_ADDRESS | FOR_SUFFIX},
    {"parent_abbreviation", PART_PARENT_ABBREVIATION, FOR_ADDRESS | FOR_SUFFIX},
    {"parent_suffix", PART_PARENT_SUFFIX, FOR_ADDRESS | FOR_SUFFIX},
};

static gboolean is_literal(const char *text) {
    return text[0] != 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.") == strlen(text);
}

static gboolean read_part(Regulation *r, const config_setting_t *setting, FormUse use, Part *out,
                          GError **error) {
    static const char identity[] = "identity_last_";
    const char *text = conf_string(r, setting, error);
    if (text == NULL)
        return FALSE;
    if (text[0] == '=') {
        *out = (Part){.kind = PART_LITERAL, .text = text + 1};
        return is_literal(text + 1) ||
               conf_fail(setting, error, "after = only small letters, digits and dots may stand");
    }
    guint64 digits = 0;
    if (g_str_has_prefix(text, identity) &&
        bytes_parse_u64(bytes_of_string(text + strlen(identity)), &digits) && digits >= 1 &&
        digits <= 12 && use == FOR_PERSON) {
        *out = (Part){.kind = PART_IDENTITY, .count = (guint)digits};
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(part_specs); i++) {
        if (strcmp(part_specs[i].name, text) != 0)
            continue;
        *out = (Part){.kind = part_specs[i].kind};
        return (part_specs[i].uses & use) != 0 ||
               conf_fail(setting, error, "the part %s cannot be used here", text);
    }
    return conf_fail(setting, error, "there is no part %s; a literal is written \"=%s\"", text,
                     text);
}

static gboolean read_form(Regulation *r, const config_setting_t *group, const char *name,
                          FormUse use, Form *out, GError **error) {
    const config_setting_t *list = config_setting_get_member(group, name);
    if (list == NULL)
        return conf_fail(group, error, "needs %s = (\"…\", …)", name);
    int n = config_setting_is_list(list) || config_setting_is_array(list)
                ? config_setting_length(list)
                : 0;
    if (n < 1 || n > FORM_PARTS_MAXIMUM)
        return conf_fail(list, error, "%s must be a list of 1 to %d parts", name,
                         FORM_PARTS_MAXIMUM);
    *out = (Form){.n = (gsize)n};
    for (int i = 0; i < n; i++) {
        Part *part = &out->parts[i];
        const config_setting_t *setting = config_setting_get_elem(list, (guint)i);
        if (!read_part(r, setting, use, part, error))
            return FALSE;
        if (part->kind == PART_NUMBER && out->numbered)
            return conf_fail(setting, error, "a form has one number");
        out->numbered |= part->kind == PART_NUMBER;
    }
    return TRUE;
}

/* The rule id and article that a proposal made by this entry carries. */
static gboolean read_rule_of(Regulation *r, const config_setting_t *entry, const char **rule,
                             const char **article, GError **error) {
    return (*rule = conf_need_string(r, entry, "rule", error)) != NULL &&
           (*article = conf_article(r, entry, error)) != NULL;
}

/* The list at a path with at most `most` groups; NULL without error when it is missing. */
static const config_setting_t *groups_at(const config_t *config, const char *path, int most,
                                         GError **error) {
    const config_setting_t *list = config_lookup(config, path);
    if (list == NULL)
        return NULL;
    if (!config_setting_is_list(list) || config_setting_length(list) > most) {
        conf_fail(list, error, "%s must be a list of at most %d groups: ( { … }, … )", path, most);
        return NULL;
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (guint)i);
        if (!config_setting_is_group(entry)) {
            conf_fail(entry, error, "each element of %s must be a group { … }", path);
            return NULL;
        }
    }
    return list;
}

static gboolean read_persons(Regulation *r, const config_setting_t *list, GError **error) {
    static const char *const names[] = {"rule", "article", "of", "parts", NULL};
    r->person_n = (gsize)config_setting_length(list);
    for (gsize i = 0; i < r->person_n; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (guint)i);
        PersonForm *form = &r->person[i];
        if (!conf_only(entry, names, error) ||
            !read_rule_of(r, entry, &form->rule, &form->article, error) ||
            !read_form(r, entry, "parts", FOR_PERSON, &form->form, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_agreement(Regulation *r, const config_setting_t *entry, UnitForm *unit,
                               GError **error) {
    unit->agreement = RULES;
    const config_setting_t *setting = config_setting_get_member(entry, "agreement");
    if (setting == NULL)
        return TRUE;
    const char *name = conf_string(r, setting, error);
    if (name == NULL)
        return FALSE;
    if (strcmp(name, "unit_agreement") == 0)
        unit->agreement = RULE_UNIT_AGREEMENT;
    else if (strcmp(name, "unit_approval") == 0)
        unit->agreement = RULE_UNIT_APPROVAL;
    else
        return conf_fail(setting, error, "agreement must be unit_agreement or unit_approval");
    return TRUE;
}

static gboolean read_unit(Regulation *r, const config_setting_t *entry, UnitForm *unit,
                          GError **error) {
    static const char *const names[] = {"kind",   "rule",   "article",   "address", "abbreviation",
                                        "suffix", "parent", "agreement", "of",      NULL};
    if (!conf_only(entry, names, error) ||
        (unit->kind = conf_need_string(r, entry, "kind", error)) == NULL ||
        !read_rule_of(r, entry, &unit->rule, &unit->article, error) ||
        !read_form(r, entry, "address", FOR_ADDRESS, &unit->address, error) ||
        !read_form(r, entry, "abbreviation", FOR_ABBREVIATION, &unit->abbreviation, error) ||
        !read_form(r, entry, "suffix", FOR_SUFFIX, &unit->suffix, error))
        return FALSE;
    int parent = 0;
    const config_setting_t *setting = config_setting_get_member(entry, "parent");
    if (setting != NULL && config_setting_type(setting) != CONFIG_TYPE_BOOL)
        return conf_fail(setting, error, "parent must be true or false");
    config_setting_lookup_bool(entry, "parent", &parent);
    unit->parent = parent != 0;
    return read_agreement(r, entry, unit, error);
}

static gboolean read_units(Regulation *r, const config_setting_t *list, GError **error) {
    r->units_n = (gsize)config_setting_length(list);
    for (gsize i = 0; i < r->units_n; i++) {
        const config_setting_t *entry = config_setting_get_elem(list, (guint)i);
        if (!read_unit(r, entry, &r->units[i], error))
            return FALSE;
        for (gsize k = 0; k < i; k++)
            if (strcmp(r->units[k].kind, r->units[i].kind) == 0)
                return conf_fail(entry, error, "kind %s is named twice", r->units[i].kind);
        r->kinds[i] = r->units[i].kind;
    }
    r->kinds[r->units_n] = NULL;
    return TRUE;
}

static gboolean read_exception(Regulation *r, const config_setting_t *entry, NamingException *out,
                               GError **error) {
    static const char *const names[] = {"kind", "place",   "address", "abbreviation",
                                        "rule", "article", "of",      NULL};
    const char *place;
    if (!conf_only(entry, names, error) ||
        (out->kind = conf_need_string(r, entry, "kind", error)) == NULL ||
        (place = conf_need_string(r, entry, "place", error)) == NULL ||
        (out->address = conf_need_string(r, entry, "address", error)) == NULL ||
        (out->abbreviation = conf_need_string(r, entry, "abbreviation", error)) == NULL ||
        !read_rule_of(r, entry, &out->rule, &out->article, error))
        return FALSE;
    if (!naming_is_local(out->address, TRUE) || !naming_is_local(out->abbreviation, FALSE))
        return conf_fail(entry, error, "address and abbreviation must be small letters and digits");
    g_autofree char *plain = naming_place(r, bytes_of_string(place));
    if (plain == NULL)
        return conf_fail(entry, error, "place must be the name of a unit");
    out->place = g_string_chunk_insert_const(r->strings, plain);
    return TRUE;
}

static gboolean read_exceptions(Regulation *r, const config_setting_t *list, GError **error) {
    g_clear_pointer(&r->exceptions_own, g_array_unref);
    r->exceptions_own = g_array_new(FALSE, TRUE, sizeof(NamingException));
    for (int i = 0; i < config_setting_length(list); i++) {
        NamingException exception = {0};
        if (!read_exception(r, config_setting_get_elem(list, (guint)i), &exception, error))
            return FALSE;
        g_array_append_val(r->exceptions_own, exception);
    }
    r->exceptions = (const NamingException *)(void *)r->exceptions_own->data;
    r->exceptions_n = r->exceptions_own->len;
    return TRUE;
}

gboolean conf_read_naming(Regulation *r, const config_t *config, GError **error) {
    static const struct {
        const char *path;
        int most;
        gboolean (*read)(Regulation *r, const config_setting_t *list, GError **error);
    } sections[] = {{"naming.person", FORMS_MAXIMUM, read_persons},
                    {"naming.units", UNIT_KINDS_MAXIMUM, read_units},
                    {"naming.exceptions", 1000, read_exceptions}};
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        GError *problem = NULL;
        const config_setting_t *list =
            groups_at(config, sections[i].path, sections[i].most, &problem);
        if (problem != NULL || (list != NULL && !sections[i].read(r, list, &problem))) {
            g_propagate_error(error, problem);
            return FALSE;
        }
    }
    return TRUE;
}
