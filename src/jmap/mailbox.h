/* Mailboxes as JMAP shows them (RFC 8621 2), for the methods of this folder. */
#ifndef CV_JMAP_MAILBOX_H
#define CV_JMAP_MAILBOX_H

#include "jmap/listing.h"

/* As in the list of properties; "id" is the first. */
typedef enum {
    JMAP_BOX_ID,
    JMAP_BOX_NAME,
    JMAP_BOX_PARENT,
    JMAP_BOX_ROLE,
    JMAP_BOX_SORT_ORDER,
    JMAP_BOX_TOTAL_EMAILS,
    JMAP_BOX_UNREAD_EMAILS,
    JMAP_BOX_TOTAL_THREADS,
    JMAP_BOX_UNREAD_THREADS,
    JMAP_BOX_RIGHTS,
    JMAP_BOX_SUBSCRIBED,
} JmapBoxProperty;
extern const char *const jmap_box_properties[]; /* ends with NULL */
#define JMAP_BOX_NEEDS_LISTING                                                                     \
    ((1u << JMAP_BOX_UNREAD_EMAILS) | (1u << JMAP_BOX_TOTAL_THREADS) |                             \
     (1u << JMAP_BOX_UNREAD_THREADS))

/* NULL: none. */
const char *jmap_box_role(const StoreMailbox *mailbox);
gint64 jmap_box_sort_order(const StoreMailbox *mailbox);
/* The mailbox above it that the caller sees, or NULL; *name: what is left of the name below it,
 * points into the mailbox's. */
const JmapBox *jmap_box_parent(const JmapAccount *account, const StoreMailbox *mailbox,
                               const char **name);
/* The names (char *, freed with it) that the caller has subscribed to in this account; NULL:
 * *error.
 */
GHashTable *jmap_box_subscribed(const JmapCall *call, DbConn *conn, const JmapAccount *account,
                                GError **error);
/* The name by which the caller subscribes to a mailbox of an account; g_free. */
char *jmap_box_full_name(const JmapCall *call, const JmapAccount *account, const char *name);

/* listing may be NULL unless mask has one of JMAP_BOX_NEEDS_LISTING. */
json_t *jmap_box_json(const JmapAccount *account, const JmapBox *box, GHashTable *subscribed,
                      const JmapListing *listing, guint64 mask);

#endif
