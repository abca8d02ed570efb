/* What is published, in the order in which it is shown. Not for other folders. */
#ifndef CV_CASEWORK_PUBLISH_INTERNAL_H
#define CV_CASEWORK_PUBLISH_INTERNAL_H

#include "casework/publish.h"

typedef struct {
    char *name, *given, *title, *address;
    char *key;       /* sorts */
    gboolean person; /* else the unit's own account */
} PublishEntry;

typedef struct PublishUnit PublishUnit;
struct PublishUnit {
    gint64 unit, parent;
    char *name, *local;
    char *key;
    GPtrArray *entries; /* PublishEntry * */
    GPtrArray *below;   /* PublishUnit *, borrowed */
    gboolean page;      /* has a page of its own where all are published */
};

typedef struct {
    GPtrArray *tops; /* PublishUnit *, borrowed: what is on a page of its own, or the asked one */
    const char *domain;
    char stamp[32];       /* "2022-06-05T08:05:00+07:00" */
    char stamp_shown[32]; /* "08:05 ngày 05/06/2022" */
    gboolean one_page;
} PublishBook;

/* Each unit of the book in the order of the pages, with what it is below of; top NULL for those on
 * top. */
void publish_each_unit(const PublishBook *book,
                       void (*each)(const PublishUnit *unit, gpointer data), gpointer data);

/* publish_page.c: the page of one top with all below it; that of all tops. g_string_free. */
GString *publish_page(const PublishBook *book, const PublishUnit *top);
GString *publish_index(const PublishBook *book);
/* publish_data.c */
GString *publish_json(const PublishBook *book);
GString *publish_csv(const PublishBook *book);
GString *publish_vcards(const PublishBook *book);

#endif
