/* List: all names that a session can see, as one sorted table, for LIST and LSUB. */
#ifndef CV_IMAP_LIST_H
#define CV_IMAP_LIST_H

#include "imap/name.h"

typedef struct {
    char *full;            /* UTF-8, as the session sees it */
    StoreMailbox *mailbox; /* NULL: only a level, or subscribed and gone */
    gboolean subscribed;
    gboolean level;    /* exists as a level of the hierarchy ("Shared") */
    gboolean children; /* has an existing descendant */
    gboolean readable; /* the right "r": STATUS may be told */
    StoreRights rights;
} ImapListEntry;

/* ImapListEntry, sorted by name (bytes, '/' before everything else), freed with the array. */
GPtrArray *imap_list_load(ImapSession *session, DbConn *conn, GError **error);
/* Entries after `at` that lie below it: their number. */
guint imap_list_below(const GPtrArray *entries, guint at);

/* "* LIST (…) "/" name" of one mailbox for IMAP4rev2, where `given` (or NULL) is what the client
 * wrote: it is told as OLDNAME when the name has another form (RFC 9051 6.3.9.7). */
void imap_put_listed(ImapSession *session, const StoreMailbox *mailbox, const char *full,
                     const char *given);

typedef struct {
    guint items; /* bits of imap_status_items */
} ImapStatusWanted;
/* Parses "(MESSAGES …)". */
gboolean imap_take_status(ImapSession *session, ImapParser *args, ImapStatusWanted *wanted);
/* "* STATUS name (…)". */
void imap_put_status(ImapSession *session, const ImapStatusWanted *wanted,
                     const StoreMailbox *mailbox, const char *full);
/* "\Drafts" or NULL. */
const char *imap_use_name(StoreUse use);
/* STORE_USE_NONE when unknown. */
StoreUse imap_use_parse(Bytes name);

#endif
