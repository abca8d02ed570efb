/* Passwords [Điều 5.2]. Characters are counted after NFC, so that a password typed decomposed is
 * judged like the composed one. A class is satisfied by a plain letter (Vietnamese ones too), an
 * ASCII digit, or a sign of the list; full-width and other compatibility look-alikes satisfy none:
 * they are easily mistyped for what they imitate. */
#include "regulation/data.h"

#include "text/charset.h"
#include "text/fold.h"

#include <utf8proc.h>

typedef struct {
    gint64 characters;
    gboolean upper, lower, digit, special;
    gboolean unprintable;
} Looked;

/* Of the class names in the file. */
typedef struct {
    const char *name, *vi, *en;
    gsize offset;
} ClassSpec;

static const ClassSpec classes[] = {
    {"upper", "chữ in hoa", "upper case", offsetof(Looked, upper)},
    {"lower", "chữ in thường", "lower case", offsetof(Looked, lower)},
    {"digit", "chữ số", "a digit", offsetof(Looked, digit)},
    {"special", "ký tự đặc biệt", "a special character", offsetof(Looked, special)},
};

static gboolean is_printable(gint32 c, utf8proc_category_t category) {
    switch (category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return FALSE;
    default:
        return c != 0xFFFD;
    }
}

static void look_at_character(const Regulation *r, gint32 c, Looked *seen) {
    const utf8proc_property_t *property = utf8proc_get_property(c);
    seen->characters++;
    seen->unprintable |= !is_printable(c, (utf8proc_category_t)property->category);
    gboolean look_alike = property->decomp_type != 0; /* a compatibility form of another */
    if (look_alike)
        return;
    seen->upper |= property->category == UTF8PROC_CATEGORY_LU;
    seen->lower |= property->category == UTF8PROC_CATEGORY_LL;
    seen->digit |= c >= '0' && c <= '9';
    const List *specials = &r->lists[LIST_PASSWORD_SPECIALS];
    char utf8[8] = {0};
    utf8[g_unichar_to_utf8((gunichar)c, utf8)] = 0;
    for (gsize i = 0; i < specials->n; i++)
        seen->special |= strcmp(specials->items[i], utf8) == 0;
}

char *regulation_password_needs(const Regulation *r) {
    GString *out = g_string_new(NULL);
    g_string_printf(out, "ít nhất %" G_GINT64_FORMAT " ký tự",
                    r->figures[FIGURE_PASSWORD_MINIMUM].value);
    const List *wanted = &r->lists[LIST_PASSWORD_CLASSES];
    for (gsize i = 0, n = 0; i < G_N_ELEMENTS(classes); i++)
        if (g_strv_contains(wanted->items, classes[i].name))
            g_string_append_printf(out, "%s%s", n++ == 0 ? ", có " : ", ", classes[i].vi);
    if (g_strv_contains(wanted->items, "special")) {
        g_autofree char *signs = g_strjoinv(" ", (char **)r->lists[LIST_PASSWORD_SPECIALS].items);
        g_string_append_printf(out, " (một trong các ký tự %s)", signs);
    }
    return g_string_free(out, FALSE);
}

static Looked look(const Regulation *r, const char *text) {
    Looked seen = {0};
    for (const char *p = text; *p != 0; p = g_utf8_next_char(p))
        look_at_character(r, (gint32)g_utf8_get_char(p), &seen);
    return seen;
}

static Verdict *check_classes(const Regulation *r, const Looked *seen) {
    g_autoptr(GString) vi = g_string_new(NULL);
    g_autoptr(GString) en = g_string_new(NULL);
    const List *wanted = &r->lists[LIST_PASSWORD_CLASSES];
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        const ClassSpec *spec = &classes[i];
        gboolean have = *(const gboolean *)(const void *)((const char *)seen + spec->offset);
        if (have || !g_strv_contains(wanted->items, spec->name))
            continue;
        g_string_append_printf(vi, "%s%s", vi->len > 0 ? ", " : "", spec->vi);
        g_string_append_printf(en, "%s%s", en->len > 0 ? ", " : "", spec->en);
    }
    if (vi->len == 0)
        return NULL;
    g_autofree char *specials = g_strjoinv(" ", (char **)r->lists[LIST_PASSWORD_SPECIALS].items);
    return verdict_refuse(r, RULE_PASSWORD_CLASSES, "specials", specials, "missing", vi->str,
                          "missing_en", en->str, NULL);
}

static Verdict *check_length(const Regulation *r, gint64 characters, gboolean administrator) {
    RegulationFigure figure =
        administrator ? FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM : FIGURE_PASSWORD_MINIMUM;
    gint64 least = r->figures[figure].value, most = r->figures[FIGURE_PASSWORD_MAXIMUM].value;
    char limit[24], given[24];
    g_snprintf(given, sizeof given, "%" G_GINT64_FORMAT, characters);
    g_snprintf(limit, sizeof limit, "%" G_GINT64_FORMAT, characters > most ? most : least);
    if (characters > most)
        return verdict_refuse(r, RULE_PASSWORD_LONG, "maximum", limit, NULL);
    if (characters < least)
        return verdict_refuse(r, RULE_PASSWORD_LENGTH, "minimum", limit, "given", given, NULL);
    return NULL;
}

/* text is NFC. NULL: nothing to object. */
static Verdict *judge(const Regulation *r, const char *text, const char *login,
                      gboolean administrator) {
    Looked seen = look(r, text);
    gsize n = strlen(text);
    if (seen.unprintable)
        return verdict_refuse(r, RULE_PASSWORD_TEXT, NULL);
    if (n > 0 && (g_unichar_isspace(g_utf8_get_char(text)) ||
                  g_unichar_isspace(g_utf8_get_char(g_utf8_prev_char(text + n)))))
        return verdict_refuse(r, RULE_PASSWORD_SPACE, NULL);
    if (g_strv_contains(r->lists[LIST_PASSWORD_BLOCKED].items, text))
        return verdict_refuse(r, RULE_PASSWORD_BLOCKED, NULL);
    Verdict *verdict = check_length(r, seen.characters, administrator);
    if (verdict == NULL)
        verdict = check_classes(r, &seen);
    if (verdict == NULL && login != NULL && r->figures[FIGURE_PASSWORD_NOT_LOGIN].value != 0) {
        g_autofree char *folded = text_casefold(bytes_of_string(text));
        g_autofree char *name = text_casefold(bytes_of_string(login));
        if (strcmp(folded, name) == 0)
            verdict = verdict_refuse(r, RULE_PASSWORD_LOGIN, NULL);
    }
    return verdict;
}

Verdict *regulation_check_password(const Regulation *regulation, Bytes password, const char *login,
                                   gboolean administrator) {
    /* Far over any maximum: refused before anything is normalised. */
    if (password.n > 16 * (gsize)regulation->figures[FIGURE_PASSWORD_MAXIMUM].value) {
        char limit[24];
        g_snprintf(limit, sizeof limit, "%" G_GINT64_FORMAT,
                   regulation->figures[FIGURE_PASSWORD_MAXIMUM].value);
        return verdict_refuse(regulation, RULE_PASSWORD_LONG, "maximum", limit, NULL);
    }
    if (!text_is_utf8(password) || bytes_has_nul(password))
        return verdict_refuse(regulation, RULE_PASSWORD_TEXT, NULL);
    char *text = text_nfc(password);
    Verdict *verdict = judge(regulation, text, login, administrator);
    explicit_bzero(text, strlen(text));
    g_free(text);
    return verdict != NULL
               ? verdict
               : verdict_allow("password", regulation->figures[FIGURE_PASSWORD_MINIMUM].article);
}

/* ---- For a person who chooses one ---- */

static void put_length(const Regulation *r, const Looked *seen, gboolean administrator,
                       PasswordPoint each, gpointer data) {
    gint64 least =
        r->figures[administrator ? FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM : FIGURE_PASSWORD_MINIMUM]
            .value;
    g_autofree char *text = g_strdup_printf("ít nhất %" G_GINT64_FORMAT " ký tự", least);
    each(text, seen->characters >= least, data);
}

static void put_classes(const Regulation *r, const Looked *seen, PasswordPoint each,
                        gpointer data) {
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        const ClassSpec *spec = &classes[i];
        if (!g_strv_contains(r->lists[LIST_PASSWORD_CLASSES].items, spec->name))
            continue;
        gboolean met = *(const gboolean *)(const void *)((const char *)seen + spec->offset);
        /* No line ends between the signs. */
        g_autofree char *signs =
            g_strjoinv("\u00a0", (char **)r->lists[LIST_PASSWORD_SPECIALS].items);
        g_autofree char *text = spec->offset == offsetof(Looked, special)
                                    ? g_strdup_printf("%s: %s", spec->vi, signs)
                                    : g_strdup(spec->vi);
        each(text, met, data);
    }
}

void regulation_password_points(const Regulation *regulation, const Bytes *password,
                                gboolean administrator, PasswordPoint each, gpointer data) {
    Looked seen = {0};
    if (password != NULL && text_is_utf8(*password) && !bytes_has_nul(*password) &&
        password->n <= 16 * (gsize)regulation->figures[FIGURE_PASSWORD_MAXIMUM].value) {
        char *text = text_nfc(*password);
        seen = look(regulation, text);
        explicit_bzero(text, strlen(text));
        g_free(text);
    }
    put_length(regulation, &seen, administrator, each, data);
    put_classes(regulation, &seen, each, data);
}
