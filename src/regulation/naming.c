/* A person's address: the forms of the regulation are tried from the first to the last, and the
 * first local part that nobody ever had is proposed; a form with a number counts upwards. */
#include "regulation/naming.h"

#include "regulation/compose.h"
#include "regulation/naming_private.h"
#include "text/charset.h"

void naming_proposal_clear(NamingProposal *proposal) {
    g_clear_pointer(&proposal->refusal, verdict_free);
}

/* Keeps the refusal and tells it as an error too. Takes the verdict. */
gboolean naming_refuse(NamingProposal *out, Verdict *verdict, GError **error) {
    out->refusal = verdict;
    return verdict_fail(verdict, error);
}

gboolean naming_refuse_name(const Regulation *r, const TextRefusal *refusal, NamingProposal *out,
                            GError **error) {
    g_autofree char *vi = text_refusal_vi(refusal);
    g_autofree char *en = text_refusal_en(refusal);
    return naming_refuse(out, verdict_refuse(r, RULE_NAME, "reason", vi, "reason_en", en, NULL),
                         error);
}

gboolean naming_refuse_compose(const Regulation *r, ComposeResult result, PartKind bad,
                               const Facts *facts, NamingProposal *out, GError **error) {
    Verdict *verdict;
    if (result == COMPOSE_LONG) {
        char limit[8];
        g_snprintf(limit, sizeof limit, "%d", NAMING_LOCAL_MAXIMUM);
        verdict = verdict_refuse(r, RULE_NAME_LONG, "limit", limit, NULL);
    } else if (result == COMPOSE_MISSING) {
        verdict = verdict_refuse(r, RULE_NAME_MISSING, "field", compose_part_name(bad, TRUE),
                                 "field_en", compose_part_name(bad, FALSE), NULL);
    } else {
        const char *value = compose_part_value(bad, facts);
        g_autofree char *shown =
            text_to_utf8("utf-8", bytes_of_string(value), 4 * NAMING_LOCAL_MAXIMUM, NULL);
        verdict = verdict_refuse(r, RULE_NAME_PART, "field", compose_part_name(bad, TRUE),
                                 "field_en", compose_part_name(bad, FALSE), "given", shown, NULL);
    }
    return naming_refuse(out, verdict, error);
}

gboolean naming_ask(NamingTaken taken, gpointer data, NamingProposal *out, gboolean *is_taken,
                    GError **error) {
    *is_taken = FALSE;
    if (taken != NULL && !taken(out->local, is_taken, data, error))
        return FALSE;
    if (*is_taken && out->taken[0] == 0)
        g_strlcpy(out->taken, out->local, sizeof out->taken);
    return TRUE;
}

/* Which word is the given name. FALSE: refused. */
static gboolean find_given(const Regulation *r, const NamingPerson *person, const TextName *words,
                           gsize *given, NamingProposal *out, GError **error) {
    *given = words->count - 1;
    if (person->given == NULL)
        return TRUE;
    TextName asked;
    TextRefusal refusal;
    if (!text_name_split(bytes_of_string(person->given), &asked, &refusal))
        return naming_refuse_name(r, &refusal, out, error);
    for (gsize i = words->count; asked.count == 1 && i-- > 0;) {
        if (bytes_equal(text_name_word(words, i), text_name_word(&asked, 0))) {
            *given = i;
            return TRUE;
        }
    }
    return naming_refuse(out, verdict_refuse(r, RULE_NAME_GIVEN, "given", person->given, NULL),
                         error);
}

struct NamingMemory {
    GHashTable *next; /* the address with number 0 → the lowest number not known to be taken */
};

NamingMemory *naming_memory_new(void) {
    NamingMemory *memory = g_new(NamingMemory, 1);
    memory->next = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return memory;
}

void naming_memory_free(NamingMemory *memory) {
    if (memory == NULL)
        return;
    g_hash_table_unref(memory->next);
    g_free(memory);
}

/* The number to begin with: the regulation's first, or what the memory knows. key is filled. */
static gint64 recall(const NamingMemory *memory, const Form *form, Facts *facts, gint64 first,
                     char key[NAMING_LOCAL_MAXIMUM + 1]) {
    PartKind bad;
    facts->number = 0;
    if (memory == NULL || compose(form, facts, key, &bad) != COMPOSE_OK)
        return first;
    return MAX(first, GPOINTER_TO_INT(g_hash_table_lookup(memory->next, key)));
}

typedef enum { TRY_FOUND, TRY_TAKEN, TRY_FAILED } Try;

/* One local part: composed, asked about. */
static Try try_one(const Regulation *r, const Form *form, const Facts *facts, NamingTaken taken,
                   gpointer data, NamingProposal *out, GError **error) {
    PartKind bad;
    ComposeResult result = compose(form, facts, out->local, &bad);
    if (result != COMPOSE_OK) {
        naming_refuse_compose(r, result, bad, facts, out, error);
        return TRY_FAILED;
    }
    gboolean is_taken;
    if (!naming_ask(taken, data, out, &is_taken, error))
        return TRY_FAILED;
    return is_taken ? TRY_TAKEN : TRY_FOUND;
}

static Try try_numbers(const Regulation *r, const Form *form, Facts *facts, NamingMemory *memory,
                       NamingTaken taken, gpointer data, NamingProposal *out, GError **error) {
    char key[NAMING_LOCAL_MAXIMUM + 1] = "";
    gint64 last = r->figures[FIGURE_NUMBER_LAST].value;
    facts->number = recall(memory, form, facts, r->figures[FIGURE_NUMBER_FIRST].value, key);
    for (; facts->number <= last; facts->number++) {
        Try result = try_one(r, form, facts, taken, data, out, error);
        if (result == TRY_FOUND && memory != NULL && key[0] != 0)
            g_hash_table_replace(memory->next, g_strdup(key), GINT_TO_POINTER(facts->number));
        if (result != TRY_TAKEN)
            return result;
    }
    return TRY_TAKEN;
}

static Try try_form(const Regulation *r, const Form *form, Facts *facts, NamingMemory *memory,
                    NamingTaken taken, gpointer data, NamingProposal *out, GError **error) {
    return form->numbered ? try_numbers(r, form, facts, memory, taken, data, out, error)
                          : try_one(r, form, facts, taken, data, out, error);
}

gboolean naming_person(const Regulation *regulation, const NamingPerson *person, NamingTaken taken,
                       gpointer data, NamingProposal *out, GError **error) {
    *out = (NamingProposal){.rule = "", .article = ""};
    TextName words;
    TextRefusal refusal;
    if (!text_name_split(person->name, &words, &refusal))
        return naming_refuse_name(regulation, &refusal, out, error);
    Facts facts = {.words = &words, .suffix = person->suffix, .identity = person->identity};
    if (!find_given(regulation, person, &words, &facts.given, out, error))
        return FALSE;
    for (gsize i = 0; i < regulation->person_n; i++) {
        const PersonForm *form = &regulation->person[i];
        switch (
            try_form(regulation, &form->form, &facts, person->memory, taken, data, out, error)) {
        case TRY_FOUND:
            out->rule = form->rule;
            out->article = form->article;
            return TRUE;
        case TRY_FAILED:
            return FALSE;
        case TRY_TAKEN:
            break;
        }
    }
    g_autofree char *shown = text_to_utf8("utf-8", person->name, TEXT_NAME_MAXIMUM, NULL);
    return naming_refuse(out, verdict_refuse(regulation, RULE_NAME_EXHAUSTED, "given", shown, NULL),
                         error);
}
