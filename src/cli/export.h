/* Export: what the two forms share. An export is a folder that did not exist (or was empty): it is
 * complete when LISTING_FILE is in it, which is written last, after everything was flushed. */
#ifndef CV_CLI_EXPORT_H
#define CV_CLI_EXPORT_H

#include "cli/door.h"
#include "moving/batch.h"
#include "moving/listing.h"

typedef struct Export Export;

/* One form. file: of the mailbox in hand, chosen by `name` and free. */
typedef struct {
    const char *kind;
    char *(*name)(const char *mailbox,
                  guint attempt); /* attempt 0, 1, …: another name each; g_free */
    gboolean (*begin)(Export *export, GError **error); /* the mailbox in hand */
    gboolean (*write)(Export *export, const MovingMessage *message, GError **error);
    gboolean (*end)(Export *export, GError **error); /* flushed */
    /* Behind the last mailbox; may be NULL. */
    gboolean (*finish)(Export *export, GError **error);
} ExportForm;

struct Export {
    CliCall *call;
    const ExportForm *form;
    int folder;         /* descriptor */
    GPtrArray *listing; /* ListingEntry; the last one is in hand */
    GHashTable *files;  /* names given */
    gboolean open;      /* a mailbox is in hand */
    gint64 done, all, bytes;
    gboolean ended;
    gpointer state; /* the form's, of the mailbox in hand */
    GError *failed;
};

int export_run(CliCall *call, const ExportForm *form);
/* All bytes; BUSY without space. */
gboolean export_write(int fd, Bytes bytes, GError **error);

#endif
