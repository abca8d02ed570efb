/* Inside of search/: a text that is asked for, taken apart into terms. See term.h: a text contains
 * a string exactly when terms at consecutive positions end with, are, and begin with the string's
 * terms. */
#ifndef CV_SEARCH_QUERY_H
#define CV_SEARCH_QUERY_H

#include "search/internal.h"

enum { QUERY_TERMS = 16 }; /* of a longer one the first are looked up, and the rest is read */

typedef enum { /* how a term of a text has to meet the query's: bits */
               MEET_INSIDE = 0,
               MEET_BEGIN = 1, /* it begins with it */
               MEET_END = 2,   /* it ends with it */
               MEET_EXACT = MEET_BEGIN | MEET_END,
} Meet;

typedef struct {
    Bytes plain, form;
    Meet meet;
} QueryTerm;

typedef struct {
    QueryTerm term[QUERY_TERMS];
    guint n;
    gboolean cut;    /* has a term that is longer than any in the index */
    gboolean more;   /* has more terms than these */
    gboolean lonely; /* begins with a mark without a letter: the index cannot tell */
} Phrase;

struct SearchQuery {
    guint kinds;      /* mask of texts in which `phrase` is looked for */
    char *name;       /* of the field, lower case, or NULL */
    gboolean certain; /* what the index finds need not be read */
    gboolean empty;   /* an empty text */
    gboolean names;   /* names of fields count too */
    gboolean plain;   /* compare without marks */
    char *flat;       /* the text's form */
    GStringChunk *strings;
    Phrase phrase;
    /* TEXT, where the text has a colon: a field's name may end before it, and its value begin with
     * the rest. */
    GArray *across; /* Across */
};

typedef struct {
    Bytes name; /* what the name has to end with; may be empty */
    Phrase rest;
} Across;

/* One segment under work. */
typedef struct {
    DbConn *conn;
    const Segment *segment;
    const SearchQuery *query;
    guint32 *uids;
    guint64 *base; /* first bit of each message, and behind the last */
    Buffer text, lists, places;
    GArray *hits; /* Hit */
} Look;

typedef struct {
    guint64 docs, docs_len, places, places_len;
} Hit;

/* dictionary.c */
typedef struct {
    Look *look;
    guint kind;
    Buffer strings, marks, entries;
    guint64 block; /* of which entries holds the bytes */
} Dictionary;
void search_dictionary_clear(Dictionary *dictionary);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dictionary, search_dictionary_clear)
gboolean search_dictionary_open(Dictionary *dictionary, Look *look, guint kind, GError **error);
/* All lists of terms that meet `term`, into look->hits, in the order in which they lie. */
gboolean search_dictionary_find(Dictionary *dictionary, const QueryTerm *term, GError **error);

#endif
