/* Match: which unit and which person a form means [Điều 4.2.a], found by what it says, never by
 * guess. Every call runs inside a transaction of the caller, a reader's or a DbWork. */
#ifndef CV_DIRECTORY_MATCH_H
#define CV_DIRECTORY_MATCH_H

#include "directory/account.h"
#include "directory/person.h"
#include "directory/unit.h"

/* As directory_unit and directory_unit_find. */
DirectoryUnit *directory_unit_in(DbConn *conn, gint64 id, GError **error);
DirectoryUnit *directory_unit_find_in(Directory *directory, DbConn *conn, const char *key,
                                      GError **error);

/* The official names of all units, folded; made once for a file. */
typedef struct DirectoryUnitNames DirectoryUnitNames;
DirectoryUnitNames *directory_unit_names(DbConn *conn, GError **error);
void directory_unit_names_free(DirectoryUnitNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryUnitNames, directory_unit_names_free)

/* The unit by its official name ("UBND xã Tam Giang" too; "Phòng Nội vụ, UBND huyện Yên Phong" is
 * the one of this name that lies in the other), national code, address name,
 * abbreviation, full address or "#12". Where several bear the name, those within `within` (0: all)
 * count. NOT_FOUND and INPUT with the reason in Vietnamese alone; STORAGE. */
DirectoryUnit *directory_unit_named(Directory *directory, DbConn *conn,
                                    const DirectoryUnitNames *names, const char *said,
                                    gint64 within, GError **error);
/* Is it this unit, or one below it? */
gboolean directory_unit_within(DbConn *conn, gint64 unit, gint64 above, gboolean *yes,
                               GError **error);

/* A person and their account. */
typedef struct {
    gint64 person, unit;
    char *name, *key; /* key: equal for names that a reader takes for the same */
    char birth[PERSON_BIRTH_BYTES];
    gboolean has_identity;
    gint64 account; /* 0: none */
    DirectoryState state;
    char *address; /* full; "" without an account */
} DirectoryMatch;
void directory_match_free(DirectoryMatch *match);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryMatch, directory_match_free)

/* What DirectoryMatch.key would be; g_free. */
char *directory_name_key(const char *name);
/* *out NULL: nobody has this number (digits). An account that is not closed is preferred. */
gboolean directory_match_identity(Directory *directory, DbConn *conn, const char *identity,
                                  DirectoryMatch **out, GError **error);
/* The person behind a person's account; *out NULL: it is none. */
gboolean directory_match_account(Directory *directory, DbConn *conn, gint64 account,
                                 DirectoryMatch **out, GError **error);
/* Everybody of a unit and of the offices below it: DirectoryMatch, one for each account. */
GPtrArray *directory_match_people(Directory *directory, DbConn *conn, gint64 unit, GError **error);

#endif
