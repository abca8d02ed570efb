/* Compose: a local part put together from a form's parts. Private to this folder. */
#ifndef CV_REGULATION_COMPOSE_H
#define CV_REGULATION_COMPOSE_H

#include "regulation/data.h"
#include "regulation/naming.h"
#include "text/name.h"

/* What the parts are made of; a field that is NULL is missing. */
typedef struct {
    const TextName *words;        /* of a person, or of a unit without its silent words */
    gsize given;                  /* index of the given name; for units: words->count */
    const TextName *place_words;  /* of a unit's name without body and type words */
    const TextName *place_spoken; /* the same without the words that give no letter */
    const char *abbreviation, *address, *agreed, *suffix, *identity;
    const char *parent_address, *parent_abbreviation, *parent_suffix;
    gint64 number;
} Facts;

typedef enum {
    COMPOSE_OK,
    COMPOSE_LONG,    /* over NAMING_LOCAL_MAXIMUM */
    COMPOSE_MISSING, /* *bad is the part without a value */
    COMPOSE_BAD,     /* *bad is the part whose value may not stand in an address */
} ComposeResult;

ComposeResult compose(const Form *form, const Facts *facts, char out[NAMING_LOCAL_MAXIMUM + 1],
                      PartKind *bad);
/* The part as an operator calls it, and the value that was given for it. */
const char *compose_part_name(PartKind part, gboolean vietnamese);
const char *compose_part_value(PartKind part, const Facts *facts);

#endif
