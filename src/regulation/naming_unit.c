/* A unit's address, abbreviation and personal suffix. Its official name is looked at twice: as
 * words with their marks, because "phường" is a kind of unit and "Phương" a name, to take away the
 * body's and the kind's words and the words without a letter; and as plain words, to compose. */
#include "regulation/naming.h"

#include "regulation/naming_private.h"
#include "text/fold.h"
#include "text/latin.h"

/* The name's words in small letters with their marks, apart at what text_unit_split takes as a
 * separator. */
static GPtrArray *marked_words(Bytes name) {
    g_autofree char *folded = text_casefold(name);
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) word = g_string_new(NULL);
    for (const char *p = folded;; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        LatinKind kind = c == 0 ? LATIN_SPACE : (LatinKind)latin_of((gint32)c).kind;
        if (kind == LATIN_SPACE || kind == LATIN_HYPHEN || kind == LATIN_SIGN) {
            if (word->len > 0)
                g_ptr_array_add(words, g_strndup(word->str, word->len));
            g_string_truncate(word, 0);
        } else if (kind != LATIN_INVISIBLE && kind != LATIN_ZERO_SPACE) {
            g_string_append_unichar(word, c);
        }
        if (c == 0)
            return words;
    }
}

/* How many words the phrase has when it stands at the front of words from `at`, else 0. */
static guint matches(const GPtrArray *words, guint at, const char *phrase) {
    g_autoptr(GPtrArray) wanted = marked_words(bytes_of_string(phrase));
    if (wanted->len == 0 || wanted->len > words->len - at)
        return 0;
    for (guint i = 0; i < wanted->len; i++)
        if (strcmp(g_ptr_array_index(words, at + i), g_ptr_array_index(wanted, i)) != 0)
            return 0;
    return wanted->len;
}

/* The longest phrase of the list that stands there and leaves something behind it. */
static guint longest_match(const List *list, const GPtrArray *words, guint at) {
    guint longest = 0;
    for (gsize i = 0; i < list->n; i++) {
        guint n = matches(words, at, list->items[i]);
        if (n > longest && at + n < words->len)
            longest = n;
    }
    return longest;
}

/* Words from `at` as plain ones; those of the silent list are left out when asked. */
static gboolean plain_words(const Regulation *r, const GPtrArray *words, guint at, gboolean silence,
                            TextName *out) {
    g_autoptr(GString) joined = g_string_new(NULL);
    for (guint i = at; i < words->len; i++) {
        gboolean silent = FALSE;
        for (gsize k = 0; silence && k < r->lists[LIST_SILENT_WORDS].n; k++) {
            g_autofree char *quiet =
                text_casefold(bytes_of_string(r->lists[LIST_SILENT_WORDS].items[k]));
            silent |= strcmp(quiet, g_ptr_array_index(words, i)) == 0;
        }
        if (!silent)
            g_string_append_printf(joined, "%s ", (const char *)g_ptr_array_index(words, i));
    }
    TextRefusal refusal;
    return text_unit_split(bytes_of(joined->str, joined->len), out, &refusal);
}

/* Without the body's words, then without one kind's word: "UBND thành phố Bắc Ninh". */
static guint place_start(const Regulation *r, const GPtrArray *words) {
    guint at = longest_match(&r->lists[LIST_BODY_WORDS], words, 0);
    return at + longest_match(&r->lists[LIST_TYPE_WORDS], words, at);
}

char *naming_place(const Regulation *regulation, Bytes name) {
    TextName words;
    TextRefusal refusal;
    if (!text_unit_split(name, &words, &refusal))
        return NULL;
    g_autoptr(GPtrArray) marked = marked_words(name);
    if (!plain_words(regulation, marked, place_start(regulation, marked), FALSE, &words))
        return NULL;
    return g_strndup(words.letters, words.start[words.count]);
}

static const UnitForm *find_kind(const Regulation *r, const char *kind) {
    for (gsize i = 0; kind != NULL && i < r->units_n; i++)
        if (strcmp(r->units[i].kind, kind) == 0)
            return &r->units[i];
    return NULL;
}

gboolean naming_kind_is_known(const Regulation *regulation, const char *kind) {
    return find_kind(regulation, kind) != NULL;
}

const char *const *naming_kinds(const Regulation *regulation) {
    return regulation->kinds;
}

gboolean naming_exception(const Regulation *regulation, const char *key, const char **address,
                          const char **abbreviation) {
    for (gsize i = 0; i < regulation->exceptions_n; i++) {
        const NamingException *exception = &regulation->exceptions[i];
        if (strcmp(exception->address, key) != 0 && strcmp(exception->abbreviation, key) != 0)
            continue;
        *address = exception->address;
        *abbreviation = exception->abbreviation;
        return TRUE;
    }
    return FALSE;
}

static const NamingException *find_exception(const Regulation *r, const char *kind,
                                             const TextName *place) {
    Bytes letters = bytes_of(place->letters, place->start[place->count]);
    for (gsize i = 0; i < r->exceptions_n; i++)
        if (strcmp(r->exceptions[i].kind, kind) == 0 && bytes_is(letters, r->exceptions[i].place))
            return &r->exceptions[i];
    return NULL;
}

static gboolean compose_or_refuse(const Regulation *r, const Form *form, const Facts *facts,
                                  char to[NAMING_LOCAL_MAXIMUM + 1], NamingProposal *out,
                                  GError **error) {
    PartKind bad;
    ComposeResult result = compose(form, facts, to, &bad);
    return result == COMPOSE_OK || naming_refuse_compose(r, result, bad, facts, out, error);
}

/* The three fields, in the order in which they are made of one another. */
static gboolean make_fields(const Regulation *r, const UnitForm *form, const NamingUnit *unit,
                            const NamingException *exception, Facts *facts, NamingProposal *out,
                            GError **error) {
    const char *abbreviation = unit->abbreviation;
    if (abbreviation == NULL && exception != NULL)
        abbreviation = exception->abbreviation;
    if (abbreviation != NULL) {
        static const Form typed = {.n = 1, .parts = {{.kind = PART_ABBREVIATION}}};
        facts->abbreviation = abbreviation;
        if (!compose_or_refuse(r, &typed, facts, out->abbreviation, out, error))
            return FALSE;
    } else if (!compose_or_refuse(r, &form->abbreviation, facts, out->abbreviation, out, error)) {
        return FALSE;
    }
    facts->abbreviation = out->abbreviation;
    out->rule = exception != NULL ? exception->rule : form->rule;
    out->article = exception != NULL ? exception->article : form->article;
    if (exception != NULL)
        g_strlcpy(out->local, exception->address, sizeof out->local);
    else if (!compose_or_refuse(r, &form->address, facts, out->local, out, error))
        return FALSE;
    facts->address = out->local;
    return compose_or_refuse(r, &form->suffix, facts, out->suffix, out, error);
}

/* What the kind demands beside a name. */
static gboolean check_demands(const Regulation *r, const UnitForm *form, const NamingUnit *unit,
                              NamingProposal *out, GError **error) {
    if (form->parent && unit->parent_address == NULL && unit->parent_abbreviation == NULL)
        return naming_refuse(out,
                             verdict_refuse(r, RULE_NAME_MISSING, "field",
                                            compose_part_name(PART_PARENT_ADDRESS, TRUE),
                                            "field_en",
                                            compose_part_name(PART_PARENT_ADDRESS, FALSE), NULL),
                             error);
    if (form->agreement != RULES && (unit->agreement == NULL || unit->agreement[0] == 0))
        return naming_refuse(out, verdict_refuse(r, form->agreement, NULL), error);
    return TRUE;
}

static gboolean refuse_kind(const Regulation *r, const char *kind, NamingProposal *out,
                            GError **error) {
    g_autofree char *kinds = g_strjoinv(", ", (char **)r->kinds);
    return naming_refuse(
        out,
        verdict_refuse(r, RULE_UNIT_KIND, "given", kind != NULL ? kind : "", "kinds", kinds, NULL),
        error);
}

gboolean naming_unit(const Regulation *regulation, const NamingUnit *unit, NamingTaken taken,
                     gpointer data, NamingProposal *out, GError **error) {
    *out = (NamingProposal){.rule = "", .article = ""};
    const UnitForm *form = find_kind(regulation, unit->kind);
    if (form == NULL)
        return refuse_kind(regulation, unit->kind, out, error);
    TextName all, place;
    TextRefusal refusal;
    if (!text_unit_split(unit->name, &all, &refusal))
        return naming_refuse_name(regulation, &refusal, out, error);
    g_autoptr(GPtrArray) marked = marked_words(unit->name);
    /* The whole name was accepted, so its parts can only fail by being nothing but silent words. */
    if (!plain_words(regulation, marked, place_start(regulation, marked), FALSE, &place))
        place = all;
    TextName spoken, place_spoken;
    if (!plain_words(regulation, marked, place_start(regulation, marked), TRUE, &place_spoken))
        place_spoken = place;
    if (!plain_words(regulation, marked, 0, TRUE, &spoken))
        spoken = all;
    if (!check_demands(regulation, form, unit, out, error))
        return FALSE;
    Facts facts = {.words = &spoken,
                   .given = G_MAXSIZE,
                   .place_words = &place,
                   .place_spoken = &place_spoken,
                   .agreed = unit->address,
                   .parent_address = unit->parent_address,
                   .parent_abbreviation = unit->parent_abbreviation,
                   .parent_suffix = unit->parent_suffix != NULL ? unit->parent_suffix
                                                                : unit->parent_abbreviation};
    const NamingException *exception = find_exception(regulation, unit->kind, &place);
    if (!make_fields(regulation, form, unit, exception, &facts, out, error))
        return FALSE;
    gboolean is_taken;
    if (!naming_ask(taken, data, out, &is_taken, error))
        return FALSE;
    return !is_taken ||
           naming_refuse(
               out, verdict_refuse(regulation, RULE_NAME_TAKEN, "given", out->local, NULL), error);
}
