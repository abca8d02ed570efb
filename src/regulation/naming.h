/* Naming: which address a person or unit gets [Điều 3].
 *
 * The regulation file composes local parts from named parts; this code knows the parts and how to
 * find the lowest free number. Whether a local part was ever given is asked of the caller, who must
 * hold whatever makes the answer stay true until the address is written. Pure but for that
 * question; a person's proposal allocates nothing when it succeeds. */
#ifndef CV_REGULATION_NAMING_H
#define CV_REGULATION_NAMING_H

#include "regulation/regulation.h"

enum { NAMING_LOCAL_MAXIMUM = 64 }; /* RFC 5321 4.5.3.1.1: octets of a local part */

/* Was this local part ever given, to anybody (account, alias, closed)? *taken is set; FALSE with
 * *error when the question cannot be answered. */
typedef gboolean (*NamingTaken)(const char *local, gboolean *taken, gpointer data, GError **error);

typedef struct {
    char local[NAMING_LOCAL_MAXIMUM + 1]; /* the part before @ */
    const char *rule;                     /* of the regulation, e.g. "person_number" */
    const char *article;                  /* "Điều 3.2.b" */
    char taken[NAMING_LOCAL_MAXIMUM + 1]; /* the local part that was taken first, or "" */
    /* Units only: */
    char abbreviation[NAMING_LOCAL_MAXIMUM + 1]; /* typed, from an exception, or derived */
    char suffix[NAMING_LOCAL_MAXIMUM + 1];       /* behind the names of its people */
    Verdict *refusal;                            /* why there is no proposal, else NULL */
} NamingProposal;
void naming_proposal_clear(NamingProposal *proposal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NamingProposal, naming_proposal_clear)

/* For many proposals in a row (an import): remembers up to which number the addresses of a name are
 * known to be taken, so that the next namesake is not counted from 1 again. Good as long as nothing
 * that was once answered "taken" becomes free: addresses never do, but throw the memory away when a
 * transaction is rolled back. One thread at a time. */
typedef struct NamingMemory NamingMemory;
NamingMemory *naming_memory_new(void);
void naming_memory_free(NamingMemory *memory); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NamingMemory, naming_memory_free)

typedef struct {
    Bytes name;           /* "Trần Văn Anh" */
    const char *given;    /* the word that is the given name; NULL: the last one */
    const char *suffix;   /* the unit's personal suffix, "stttt", "tamgiang.yenphong" */
    const char *identity; /* identity number, digits; only for regulations that use it */
    NamingMemory *memory; /* or NULL */
} NamingPerson;

typedef struct {
    const char *kind;         /* "department", "district" … as in the regulation */
    Bytes name;               /* official name, with or without its type words */
    const char *abbreviation; /* typed by the operator, or NULL: derived */
    const char *address;      /* agreed local part, for kinds that use it, or NULL */
    const char *agreement;    /* record of the agreement or approval, or NULL */
    /* The parent's fields, NULL when there is no parent. */
    const char *parent_address, *parent_abbreviation, *parent_suffix;
} NamingUnit;

/* TRUE: *out is a proposal. FALSE: refused (out->refusal, and CV_ERROR_REFUSED), or the question
 * about taken parts failed (its error). taken NULL: nothing is taken. Clear *out in any case. */
gboolean naming_person(const Regulation *regulation, const NamingPerson *person, NamingTaken taken,
                       gpointer data, NamingProposal *out, GError **error);
gboolean naming_unit(const Regulation *regulation, const NamingUnit *unit, NamingTaken taken,
                     gpointer data, NamingProposal *out, GError **error);

/* TRUE when the regulation names units of this kind. */
gboolean naming_kind_is_known(const Regulation *regulation, const char *kind);
/* The kinds, NULL-terminated, in the file's order. */
const char *const *naming_kinds(const Regulation *regulation);
/* The regulation's own exceptions (thành phố Bắc Ninh: tpbacninh and bn): finds one by address or
 * abbreviation. For commands that run without a registry. */
gboolean naming_exception(const Regulation *regulation, const char *key, const char **address,
                          const char **abbreviation);
/* Small letters and digits, in words joined by single dots (dots FALSE: one word), not too long. */
gboolean naming_is_local(const char *text, gboolean dots);

#endif
