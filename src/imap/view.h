/* View: what the client of a session knows about its selected mailbox.
 *
 * Invariants
 *  - `uids` maps the sequence numbers that the client knows; it changes only together with the
 *    untagged answer that says so.
 *  - `gone` holds UIDs of `uids` that were expunged and not told yet; they stay readable (the watch
 *    keeps the store from sweeping them).
 *  - `modseq` is how far store_changes was read; whatever lies behind it was told or is in `gone`.
 *  - The watch was registered before `uids` was loaded, so no change falls between.
 * Only the worker that runs the session touches a view, except `dirty`, `events` and `idling`,
 * which are atomic. */
#ifndef CV_IMAP_VIEW_H
#define CV_IMAP_VIEW_H

#include "imap/sequence.h"
#include "imap/session.h"

typedef struct {
    guint32 uid;
    guint64 modseq;
} ImapOwnChange;

struct ImapView {
    NetSession *net;
    Store *store;
    gint64 mailbox;
    gint64 owner;
    char *name; /* UTF-8, as this session sees it: "Shared/stttt/INBOX" */
    gboolean read_only;
    StoreRights rights;
    guint32 uidvalidity, uidnext;
    guint64 modseq;
    StoreUids *uids;
    StoreUids *gone;     /* NULL: none */
    StoreUids *recent;   /* NULL: none (always under IMAP4rev2) */
    GPtrArray *keywords; /* names by bit, as told in FLAGS; NULL: none */
    StoreUids *made;     /* put in by this session under NOTIFY, not told yet; NULL: none */
    GArray *own; /* ImapOwnChange in order of UID: told already by the command; NULL: none */
    StoreWatch *watch;
    gint dirty, idling;
    guint events; /* StoreEvents of the kinds that end or restrict a view */
};

/* Opens the mailbox; NULL with error. Nothing is told yet. condstore etc. are the session's. */
ImapView *imap_view_open(ImapSession *session, const StoreMailbox *mailbox, const char *name,
                         gboolean read_only, GError **error);
void imap_view_free(ImapView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapView, imap_view_free)

/* Leaves the mailbox; tells [CLOSED] when `tell` and the client knows the code. */
void imap_view_leave(ImapSession *session, gboolean tell);

typedef enum {
    IMAP_SYNC_BEFORE,     /* a command is about to run: no expunges, no job */
    IMAP_SYNC_NO_EXPUNGE, /* at the end of FETCH, STORE or SEARCH: RFC 9051 7.5.1 */
    IMAP_SYNC_ALL,
} ImapSync;
/* Tells what changed since the last time. May leave a job (many changed flags). */
void imap_view_sync(ImapSession *session, ImapSync how);
/* Looks at events that restrict the view; FALSE: the session was ended with BYE. */
gboolean imap_view_check(ImapSession *session);

/* The messages of a set that are in the view, as UIDs. NULL with a problem noted in args when a
 * sequence number is out of range. */
StoreUids *imap_view_pick(ImapSession *session, ImapSet *set, gboolean by_uid, ImapParser *args);
/* Parses a set and picks. */
StoreUids *imap_view_take(ImapSession *session, ImapParser *args);
gboolean imap_view_is_recent(const ImapView *view, guint32 uid);
/* Loads the keyword names again, and tells FLAGS when there are new ones. */
gboolean imap_view_keywords(ImapSession *session, DbConn *conn, gboolean tell, GError **error);
/* Does flags hold a keyword that has no name yet? */
gboolean imap_view_knows(const ImapView *view, StoreFlags flags);
/* The command told this change itself. UIDs must come in order within one command. */
void imap_view_own(ImapView *view, guint32 uid, guint64 modseq);
/* This session's command put these UIDs into the mailbox, which may be the selected one: NOTIFY
 * does not tell of them what FETCH would. */
void imap_view_made(ImapSession *session, gint64 mailbox, guint32 first, guint32 last);
/* "* FLAGS (…)" and, with permanent, "* OK [PERMANENTFLAGS (…)]". */
void imap_view_put_flags(ImapSession *session, gboolean permanent);
/* Flags that these rights let somebody set. */
StoreFlags imap_flags_of_rights(StoreRights rights);
/* Flags that the rights let this session change. */
StoreFlags imap_view_settable(const ImapView *view);

/* UIDs of a that are (keep) or are not (!keep) in b (NULL: empty), as a new set. */
StoreUids *imap_uids_filter(const StoreUids *a, const StoreUids *b, gboolean keep);
/* From `place` (of `most` at most) the last place whose UIDs lie near enough to one another to be
 * walked over in one go. */
guint32 imap_uids_stretch(const StoreUids *uids, guint32 place, guint32 most);

#endif
