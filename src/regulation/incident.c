/* Looking up kinds of incidents and signs of sign-ups; comparing is without case and marks, so that
 * "THU RAC" is "thư rác". */
#include "regulation/incident.h"

#include "regulation/data.h"
#include "text/fold.h"

static const RegulationIncident other = {REGULATION_INCIDENT_OTHER, "sự cố khác", "", FALSE, NULL};

gsize regulation_incidents(const Regulation *r, const RegulationIncident **out) {
    *out = r->incidents_n == 0 ? &other : r->incidents;
    return MAX(r->incidents_n, 1);
}

const RegulationIncident *regulation_incident(const Regulation *r, const char *id) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(r, &kinds);
    for (gsize i = 0; i < n; i++)
        if (g_str_equal(kinds[i].id, id))
            return &kinds[i];
    return NULL;
}

gboolean regulation_incident_forbidden(const Regulation *r, const RegulationIncident *kind) {
    static const char word[] = "Điều ";
    const List *list = &r->lists[LIST_LOCK_FORBIDDEN];
    return g_str_has_prefix(kind->article, word) &&
           g_strv_contains(list->items, kind->article + strlen(word));
}

/* Is one of the words in the text, as a whole word or several? */
static gboolean has_word(const char *text, const char *const *words) {
    g_autofree char *folded = text_fold(bytes_of_string(text));
    for (; words != NULL && *words != NULL; words++) {
        g_autofree char *word = text_fold(bytes_of_string(*words));
        gsize n = strlen(word);
        for (const char *at = strstr(folded, word); n > 0 && at != NULL; at = strstr(at + 1, word))
            if ((at == folded || !g_ascii_isalnum(at[-1])) && !g_ascii_isalnum(at[n]))
                return TRUE;
    }
    return FALSE;
}

const RegulationIncident *regulation_incident_guess(const Regulation *r, const char *word,
                                                    const char *subject) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(r, &kinds);
    g_autofree char *lower = word == NULL ? NULL : g_ascii_strdown(word, -1);
    const RegulationIncident *said = lower == NULL ? NULL : regulation_incident(r, lower);
    for (gsize i = 0; said == NULL && subject != NULL && i < n; i++)
        if (has_word(subject, kinds[i].words))
            said = &kinds[i];
    if (said == NULL)
        said = regulation_incident(r, REGULATION_INCIDENT_OTHER);
    return said == NULL ? &kinds[n - 1] : said;
}

char *regulation_incident_ids(const Regulation *r) {
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(r, &kinds);
    GString *ids = g_string_new(NULL);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(ids, "%s%s", i == 0 ? "" : ", ", kinds[i].id);
    return g_string_free(ids, FALSE);
}

const char *regulation_report_address(const Regulation *r) {
    return r->report_address == NULL ? "" : r->report_address;
}

const char *regulation_signup_service(const Regulation *r, Bytes domain) {
    for (const char *const *s = r->signup_services; s != NULL && *s != NULL; s++) {
        gsize n = strlen(*s);
        if (domain.n < n || !bytes_is_nocase(bytes_slice(domain, domain.n - n, domain.n), *s))
            continue;
        if (domain.n == n || domain.p[domain.n - n - 1] == '.')
            return *s;
    }
    return NULL;
}

gboolean regulation_signup_confirms(const Regulation *r, const char *subject) {
    return has_word(subject, r->signup_words);
}
