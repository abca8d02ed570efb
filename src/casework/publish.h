/* Publish: the public address book of units, leaders, officials and workers for a unit's portal
 * [Điều 11.1], row R064: accessible pages, JSON, CSV and vCards.
 *
 * It shows name, post, unit and official address of accounts that are in use; never an identity
 * number or a birth date (they are not even read), and not those that the head decided to leave out
 * (directory/publication.h). Names are sorted as a Vietnamese reader expects: given name, then
 * family, then middle. The same registry and time give the same bytes. */
#ifndef CV_CASEWORK_PUBLISH_H
#define CV_CASEWORK_PUBLISH_H

#include "directory/people.h"
#include "directory/unit.h"

typedef struct {
    char *name; /* "index.html", "dv-stttt.html", "danh-ba.json", "danh-ba.csv", "danh-ba.vcf" */
    GBytes *content;
} PublishFile;

typedef struct {
    GPtrArray *files; /* PublishFile *; pages before the page that links to them */
    gint64 unit;      /* 0: all */
    guint entries, units;
} Publication;
void publication_free(Publication *publication);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Publication, publication_free)

/* unit: key, it and those below it on one page; NULL: all, a page for each unit that sends a yearly
 * report of its own, with those below it. now: the time on the pages, Unix microseconds. NOT_FOUND,
 * INPUT, STORAGE. */
Publication *publish_directory(Directory *directory, const Regulation *regulation, const char *unit,
                               gint64 now, GError **error);

/* One who is public now; strings are valid during the call. */
typedef struct {
    const char *name, *title, *unit, *address;
    gboolean person; /* else a unit's own account */
} PublicEntry;
/* Everybody who is public now, in the order of the pages. unit as above. */
gboolean publish_each(Directory *directory, const char *unit,
                      void (*each)(const PublicEntry *entry, gpointer data), gpointer data,
                      GError **error);

#endif
