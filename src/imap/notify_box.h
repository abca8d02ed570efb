/* Inside of notify: one mailbox that the session can see, as it was told of it. */
#ifndef CV_IMAP_NOTIFY_BOX_H
#define CV_IMAP_NOTIFY_BOX_H

#include "imap/notify.h"

typedef struct {
    gint64 id, account;
    char *full;
    guint events; /* ImapEvents that some group wants of it */
    gboolean subscribed, readable, children;
    StoreUse use;
    guint32 uidvalidity, uidnext, exists, unseen;
    guint64 modseq;
    ImapNotify *notify;
    StoreWatch *watch; /* NULL: not followed */
    gint dirty;        /* atomic: messages came, went or changed */
} ImapBox;

struct ImapNotify {
    NetSession *net;
    Store *store;
    GArray *groups; /* ImapNotifyGroup */
    char *items;
    guint selected; /* ImapEvents */
    gboolean delayed;
    gboolean server;               /* annotations of the server are wanted */
    GHashTable *boxes;             /* id (gint64 *) → ImapBox */
    gint dirty, relist, annotated; /* atomic: a box is dirty; names, rights; annotations */
    guint64 metadata;              /* sequence up to which annotations were told */
    guint64 own_from, own_to;      /* sequences of this session's own */
    GPtrArray *own_names;          /* char *: this session's doing, until the next look; or NULL */
};

/* notify_names.c: reads all names anew, follows what is wanted and, with `tell`, tells what became
 * of names and subscriptions. */
gboolean imap_notify_refresh(ImapSession *session, gboolean tell, GError **error);
/* notify_tell.c */
void imap_box_put_status(ImapSession *session, const ImapBox *box, gboolean messages,
                         gboolean flags, gboolean validity);
void imap_box_put_list(ImapSession *session, const ImapBox *box, const char *old, gboolean gone);
gboolean imap_notify_metadata(ImapSession *session);

#endif
