/* Units: the registry of a body's departments, districts, communes, offices [Điều 1.2, 3.1].
 *
 * A unit has a mailbox of its own from the start: adding one also makes its account, without a
 * password, because people look after it by delegation [Điều 6.2]. Every change leaves an audit
 * record in the same transaction. The calls wait for the flush: not from the writer thread. */
#ifndef CV_DIRECTORY_UNIT_H
#define CV_DIRECTORY_UNIT_H

#include "audit/audit.h"
#include "directory/directory.h"
#include "regulation/naming.h"

typedef struct {
    gint64 id;
    char *kind;         /* "department", as in the regulation */
    char *name;         /* official */
    char *abbreviation; /* "stttt", "yp" */
    char *address;      /* local part: "stttt", "yenphong", "tamgiang.yenphong" */
    char *suffix;       /* behind its people's names */
    gint64 parent;      /* 0: none */
    char *category, *code, *agreement;
    gint64 valid_from, valid_until; /* Unix microseconds; until 0: open */
    gint64 account;                 /* of its mailbox */
} DirectoryUnit;
void directory_unit_free(DirectoryUnit *unit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryUnit, directory_unit_free)

/* NULL or "": not given. */
typedef struct {
    const char *kind, *name;
    const char *abbreviation; /* NULL: derived */
    const char *address;      /* kinds whose name is agreed [Điều 3.1.e] */
    const char *agreement;
    const char *parent; /* key, see directory_unit_find */
    const char *category, *code;
} DirectoryNewUnit;

/* REFUSED by the regulation, EXISTS, NOT_FOUND or INPUT (parent), STORAGE. */
DirectoryUnit *directory_unit_add(Directory *directory, const Regulation *regulation,
                                  const DirectoryNewUnit *unit, const AuditAct *act,
                                  GError **error);
/* What directory_unit_add would give it now; clear *out in any case. FALSE: see naming_unit. */
gboolean directory_unit_propose(Directory *directory, const Regulation *regulation,
                                const DirectoryNewUnit *unit, NamingProposal *out, GError **error);

/* key: address name, abbreviation, full address, or "#12". INPUT with the candidates when it fits
 * several units; a full address or a number never does. NOT_FOUND. */
DirectoryUnit *directory_unit_find(Directory *directory, const char *key, GError **error);
DirectoryUnit *directory_unit(Directory *directory, gint64 id, GError **error);

typedef struct {
    const char *kind;   /* NULL: all */
    const char *parent; /* key; NULL: all */
} DirectoryUnitFilter;
/* FALSE stops the walk. By parent, then address. The unit lives during the call. */
typedef gboolean (*DirectoryUnitEach)(const DirectoryUnit *unit, gpointer data);
gboolean directory_unit_each(Directory *directory, const DirectoryUnitFilter *filter,
                             DirectoryUnitEach each, gpointer data, GError **error);

/* Gives a new official name; the address stays. */
DirectoryUnit *directory_unit_rename(Directory *directory, const char *key, const char *name,
                                     const AuditAct *act, GError **error);

#endif
