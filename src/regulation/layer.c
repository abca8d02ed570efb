/* Layers: a newer regulation says some things, the older one that it extends the rest. An article
 * has a number within its own text only, so what was taken over from the older text is cited with
 * that text's name: "Điều 8.5" of the newer one is something else, or nothing at all. */
#include "regulation/data.h"

static const char prefix[] = "Điều ";

const char *layer_of_article(const char *article) {
    if (g_str_has_prefix(article, prefix))
        article += strlen(prefix);
    return article + strcspn(article, " ");
}

/* Figures that no layer has told yet have no article at all. */
static const char *restated(Regulation *r, const char *article) {
    if (article == NULL || article[0] == 0 || *layer_of_article(article) != 0)
        return article;
    g_autofree char *shown = g_strconcat(article, " ", r->base->texts[REGULATION_SHORT], NULL);
    return g_string_chunk_insert_const(r->strings, shown);
}

static void restate_exceptions(Regulation *r) {
    r->exceptions_own = g_array_new(FALSE, TRUE, sizeof(NamingException));
    for (gsize i = 0; i < r->exceptions_n; i++) {
        NamingException exception = r->exceptions[i];
        exception.article = restated(r, exception.article);
        g_array_append_val(r->exceptions_own, exception);
    }
    r->exceptions = (const NamingException *)(void *)r->exceptions_own->data;
}

static void restate_incidents(Regulation *r) {
    RegulationIncident *kinds = g_new0(RegulationIncident, MAX(r->incidents_n, (gsize)1));
    g_ptr_array_add(r->owned, kinds);
    for (gsize i = 0; i < r->incidents_n; i++) {
        kinds[i] = r->incidents[i];
        kinds[i].article = restated(r, kinds[i].article);
    }
    r->incidents = kinds;
}

void layer_restate(Regulation *r) {
    for (gsize i = 0; i < FIGURES; i++)
        r->figures[i].article = restated(r, r->figures[i].article);
    for (gsize i = 0; i < LISTS; i++)
        r->lists[i].article = restated(r, r->lists[i].article);
    for (gsize i = 0; i < RULES; i++)
        r->rules[i].article = restated(r, r->rules[i].article);
    for (gsize i = 0; i < r->person_n; i++)
        r->person[i].article = restated(r, r->person[i].article);
    for (gsize i = 0; i < r->units_n; i++)
        r->units[i].article = restated(r, r->units[i].article);
    restate_exceptions(r);
    if (r->incidents_n > 0)
        restate_incidents(r);
}

const char *layer_short(const Regulation *r, const char *id) {
    for (const Regulation *layer = r->base; layer != NULL && id != NULL; layer = layer->base)
        if (strcmp(layer->texts[REGULATION_ID], id) == 0)
            return layer->texts[REGULATION_SHORT];
    return NULL;
}

/* Which layer an article belongs to: the one whose name stands behind it, else this one. */
static const Regulation *layer_with(const Regulation *r, const char *article) {
    const char *name = layer_of_article(article);
    for (const Regulation *layer = r->base; layer != NULL && *name == ' '; layer = layer->base)
        if (strcmp(layer->texts[REGULATION_SHORT], name + 1) == 0)
            return layer;
    return r;
}

char *regulation_cite_whole(const Regulation *regulation, const char *article) {
    g_autofree char *number =
        g_strndup(article, strlen(article) - strlen(layer_of_article(article)));
    g_autofree char *cite = regulation_cite(number);
    return g_strdup_printf("%s ban hành kèm theo %s", *cite == 0 ? "Quy chế" : cite,
                           layer_with(regulation, article)->texts[REGULATION_TITLE]);
}
