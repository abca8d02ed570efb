/* Notify: what a session wants to be told without asking (RFC 5465).
 *
 * While it has a request, a session follows the mailboxes that its groups name. What happens there
 * is only noted by the writer thread, which wakes the session; between two commands, or in IDLE,
 * the session reads what has become of them and tells the difference to what it told last. So
 * however much happens while a client does not read, it is told each mailbox's state once.
 *
 * The selected mailbox is the view's matter (view.h); here is only which events of it are wanted.
 */
#ifndef CV_IMAP_NOTIFY_H
#define CV_IMAP_NOTIFY_H

#include "imap/fetch.h"
#include "imap/list.h"
#include "store/metadata.h"

typedef enum {
    IMAP_EVENT_NEW = 1 << 0,
    IMAP_EVENT_EXPUNGE = 1 << 1,
    IMAP_EVENT_FLAGS = 1 << 2,
    IMAP_EVENT_NAME = 1 << 3,
    IMAP_EVENT_SUBSCRIPTION = 1 << 4,
    IMAP_EVENT_METADATA = 1 << 5,
    IMAP_EVENT_SERVER_METADATA = 1 << 6,
} ImapEvents;
#define IMAP_EVENTS_OF_MESSAGES (IMAP_EVENT_NEW | IMAP_EVENT_EXPUNGE | IMAP_EVENT_FLAGS)

typedef enum {
    IMAP_FILTER_SELECTED,
    IMAP_FILTER_DELAYED,
    IMAP_FILTER_INBOXES,
    IMAP_FILTER_PERSONAL,
    IMAP_FILTER_SUBSCRIBED,
    IMAP_FILTER_SUBTREE,
    IMAP_FILTER_MAILBOXES,
} ImapFilter;

typedef struct {
    ImapFilter filter;
    GPtrArray *names; /* char *, as this session sees them; NULL where the filter has none */
    guint events;     /* ImapEvents */
} ImapNotifyGroup;

typedef struct {
    gboolean status;  /* tell how the mailboxes are now */
    GArray *groups;   /* ImapNotifyGroup; empty: NONE */
    char *items;      /* what FETCH tells of a new message of the selected mailbox, or NULL */
    gboolean unknown; /* an event that there is not was asked for */
} ImapNotifyRequest;
void imap_notify_request_clear(ImapNotifyRequest *request);
/* Behind "NOTIFY". request must be zeroed. */
gboolean imap_take_notify(ImapSession *session, ImapParser *args, ImapNotifyRequest *request);
/* "MessageNew MessageExpunge …": all that there are. */
void imap_put_events(GString *out);

/* ---- While it holds ---- */

/* Replaces what held before; takes what is in request. Tells STATUS and \NoAccess. */
gboolean imap_notify_begin(ImapSession *session, ImapNotifyRequest *request, GError **error);
void imap_notify_free(ImapNotify *notify);

/* Events of the selected mailbox that are wanted: all that there ever are without a request. */
guint imap_notify_selected(const ImapSession *session);
/* What FETCH is to tell of new messages; FALSE: nothing. items must be zeroed. */
gboolean imap_notify_items(const ImapSession *session, ImapItems *items);
/* Between two commands: tells what is to be told now. FALSE: nothing was. */
gboolean imap_notify_between(ImapSession *session);
/* Of other mailboxes than the selected one: also in IDLE. FALSE: nothing was told. */
gboolean imap_notify_others(ImapSession *session);
/* This session's command made, removed or subscribed the name: it is not told of it. */
void imap_notify_own_name(ImapSession *session, const char *full);
/* It set these annotations: `count` of them, the last with this sequence. */
void imap_notify_own_metadata(ImapSession *session, guint64 sequence, guint count);

#endif
