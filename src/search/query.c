/* From the text of a search key to what is looked up; see query.h. */
#include "search/query.h"

#include "text/charset.h"
#include "text/term.h"

enum { ACROSS = 8, NAME_BYTES = 128 };

typedef struct {
    SearchQuery *query;
    Phrase *phrase;
} Taking;

static Bytes keep(SearchQuery *query, Bytes b) {
    return bytes_of(g_string_chunk_insert_len(query->strings, (const char *)b.p, (gssize)b.n), b.n);
}

static void on_term(const TextTerm *term, gpointer data) {
    const Taking *taking = data;
    Phrase *phrase = taking->phrase;
    phrase->cut = phrase->cut || term->cut;
    phrase->lonely = phrase->lonely || term->mark || term->plain.n == 0;
    if (phrase->n == QUERY_TERMS) {
        phrase->more = TRUE;
        return;
    }
    QueryTerm *out = &phrase->term[phrase->n++];
    *out =
        (QueryTerm){keep(taking->query, term->plain), keep(taking->query, term->form), MEET_EXACT};
}

/* whole_start: the text that is looked for begins where the phrase does. */
static void take_phrase(SearchQuery *query, Bytes utf8, gboolean whole_start, Phrase *out) {
    Taking taking = {query, out};
    TextStream stream;
    text_stream_terms(&stream, 0, on_term, &taking);
    text_stream_feed(&stream, utf8);
    text_stream_end(&stream);
    if (out->n == 0)
        return;
    if (!whole_start)
        out->term[0].meet = (Meet)(out->term[0].meet & ~(guint)MEET_BEGIN);
    if (!out->more)
        out->term[out->n - 1].meet = (Meet)(out->term[out->n - 1].meet & ~(guint)MEET_END);
}

static gboolean is_name(Bytes b) {
    for (gsize i = 0; i < b.n; i++)
        if (b.p[i] <= ' ' || b.p[i] >= 0x7f)
            return FALSE;
    return b.n <= NAME_BYTES;
}

static gboolean take_across(SearchQuery *query) {
    Bytes flat = bytes_of_string(query->flat);
    for (gsize i = 0; i < flat.n; i++) {
        if (flat.p[i] != ':' || !is_name(bytes_slice(flat, 0, i)))
            continue;
        if (query->across->len == ACROSS)
            return FALSE;
        Across across = {.name = bytes_slice(flat, 0, i)};
        take_phrase(query, bytes_slice(flat, i + 1, flat.n), TRUE, &across.rest);
        g_array_append_val(query->across, across);
    }
    return TRUE;
}

static guint kinds_of(SearchQuery *query, const char *header, gboolean everything) {
    static const char *const names[] = {"subject", "from", "to", "cc", "bcc"};
    query->certain = TRUE;
    if (header == NULL)
        return everything ? (1u << SEARCH_TEXTS) - 1 : 1u << SEARCH_BODY;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(header, names[i]) == 0)
            return i == SEARCH_SUBJECT ? 1u << i
                                       : 1u << i | 1u << (SEARCH_FROM_ADDRESS + i - SEARCH_FROM);
    query->certain = FALSE; /* in some field, perhaps in another than this */
    return 1u << SEARCH_FIELD;
}

SearchQuery *search_query_new(const char *header, gboolean everything, Bytes text) {
    SearchQuery *query = g_new0(SearchQuery, 1);
    query->strings = g_string_chunk_new(256);
    query->across = g_array_new(FALSE, TRUE, sizeof(Across));
    query->name = header == NULL ? NULL : g_ascii_strdown(header, -1);
    query->kinds = kinds_of(query, header, everything);
    g_autofree char *valid = text_make_valid(text, NULL);
    g_autofree char *plain = text_form(bytes_of_string(valid), TRUE, NULL);
    query->flat = text_form(bytes_of_string(valid), FALSE, NULL);
    query->plain = g_str_equal(plain, query->flat);
    query->empty = *query->flat == '\0';
    take_phrase(query, bytes_of_string(valid), FALSE, &query->phrase);
    query->names = header == NULL && everything;
    if (query->names && !take_across(query))
        query->phrase.lonely = TRUE; /* hostile: read everything */
    return query;
}

void search_query_free(SearchQuery *query) {
    if (query == NULL)
        return;
    g_array_unref(query->across);
    g_string_chunk_free(query->strings);
    g_free(query->name);
    g_free(query->flat);
    g_free(query);
}

gboolean search_query_is_useful(const SearchQuery *query) {
    if (query->empty)
        return query->name != NULL && is_name(bytes_of_string(query->name)) && *query->name != '\0';
    return !query->phrase.lonely;
}
