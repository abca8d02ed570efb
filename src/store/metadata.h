/* Metadata: annotations on mailboxes and on the server as a whole (RFC 5464), in mail.db.
 *
 * An entry is what an account owns: of what is shared, the mailbox's owner; of what is private, the
 * one who alone sees it. Names come without their scope and in small letters: "/comment". A value
 * that was removed leaves its name behind, so that others can be told; the newest hundred such
 * names of a mailbox are kept. Entries follow their mailbox when it is renamed and go with it. */
#ifndef CV_STORE_METADATA_H
#define CV_STORE_METADATA_H

#include "store/store.h"

#define STORE_METADATA_VALUE   (16 * 1024) /* bytes of a value */
#define STORE_METADATA_NAME    1000        /* bytes of a name */
#define STORE_METADATA_ENTRIES 100         /* of a mailbox, shared; and private, of each account */
#define STORE_METADATA_BYTES   (1024 * 1024) /* of all that an account owns, names and values */

typedef struct {
    gint64 mailbox; /* 0: the server as a whole; has private entries only */
    gboolean shared;
    const char *entry;
    Bytes value;      /* p NULL: removed */
    guint64 sequence; /* rises with each change in the system; unused when setting */
} StoreMetadata;

/* All of these or none, in one transaction; *sequence is the last one's. who: whose the private
 * ones are. LIMIT: more than an account or a mailbox may have; NOT_FOUND: no such mailbox. */
gboolean store_metadata_set(Store *store, gint64 who, const StoreMetadata *entries, guint count,
                            guint64 *sequence, GError **error);

/* entry and value are valid during the call. FALSE ends the walk. */
typedef gboolean (*StoreMetadataEach)(const StoreMetadata *metadata, gpointer data);
/* What is there on a mailbox (0: the server), in order of name. `account` owns it, as above. */
gboolean store_metadata_each(DbConn *conn, gint64 account, gint64 mailbox, gboolean shared,
                             StoreMetadataEach each, gpointer data, GError **error);
/* What changed behind `since`, removed ones too, in the order it happened: what is shared, and what
 * is private to `who`. */
gboolean store_metadata_changes(DbConn *conn, gint64 who, guint64 since, StoreMetadataEach each,
                                gpointer data, GError **error);
/* The last sequence given. */
gboolean store_metadata_sequence(DbConn *conn, guint64 *out, GError **error);

#endif
