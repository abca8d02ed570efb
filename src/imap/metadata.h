/* Metadata: what GETMETADATA and SETMETADATA share (RFC 5464). */
#ifndef CV_IMAP_METADATA_H
#define CV_IMAP_METADATA_H

#include "imap/name.h"
#include "store/metadata.h"

/* The name of an entry, taken apart: "/shared/Comment" is shared and "/comment". */
typedef struct {
    gboolean shared;
    char *name; /* in small letters; "" for "/shared" and "/private" themselves; g_free */
} ImapEntry;
/* An astring. FALSE: no name of an entry; `scopes`: "/shared" and "/private" alone will do. */
gboolean imap_take_entry(ImapParser *args, gboolean scopes, ImapEntry *out);

/* What is annotated. */
typedef struct {
    char *full;     /* name as the client sees it; "" for the server */
    gint64 mailbox; /* 0: the server */
    gint64 owner;   /* of the mailbox */
    StoreRights rights;
} ImapAnnotated;
void imap_annotated_clear(ImapAnnotated *annotated);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapAnnotated, imap_annotated_clear)
/* FALSE: the command has ended: there is no such mailbox, or the user has not the rights to see its
 * annotations. */
gboolean imap_annotated_find(ImapSession *session, Bytes raw, ImapAnnotated *out);

/* "/shared/admin" of the server, which is computed: a URI. */
#define IMAP_ENTRY_ADMIN "/admin"

#endif
