/* People: everybody in the registry in one pass, for reports and the public directory [Điều 11].
 * Identity numbers and birth dates are not read. */
#ifndef CV_DIRECTORY_PEOPLE_H
#define CV_DIRECTORY_PEOPLE_H

#include "directory/directory.h"

/* A person with one account, or without; or a unit's own account (person 0). Strings are valid
 * during the call, "" where there is nothing. */
typedef struct {
    gint64 person, unit;
    const char *name;
    const char *given;    /* when it is not the last word of the name */
    const char *title;    /* post */
    const char *category; /* "cán bộ", "công chức", "viên chức", "người lao động", "" */
    gint64 account;       /* 0: none; then the rest is empty */
    const char *local;    /* part of its address */
    DirectoryState state;
    gint64 created, state_since; /* Unix microseconds */
    gboolean excepted;           /* not to be published */
} DirectoryPerson;
typedef void (*DirectoryPersonEach)(const DirectoryPerson *person, gpointer data);
/* Units' accounts first, then people; one person's accounts follow one another. */
gboolean directory_people_each(Directory *directory, DirectoryPersonEach each, gpointer data,
                               GError **error);

/* Who reads what is written to everybody: an active account of a person or a unit. */
typedef struct {
    gint64 account;
    char *address;
} DirectoryReader;
/* At most `limit` of them in the order of their numbers, those behind `after`; owns the addresses.
 * NULL: STORAGE. */
GArray *directory_readers(Directory *directory, gint64 after, guint limit, GError **error);

#endif
