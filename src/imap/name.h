/* Name: which mailbox a client means.
 *
 * Names travel as modified UTF-7, or as UTF-8 once IMAP4rev2 or UTF8=ACCEPT is on. Inside they are
 * UTF-8 NFC. The user's own mailboxes have no prefix; those of accounts that let the user in stand
 * below "Shared/<local part>/". A mailbox that the user may not look up does not exist for him (RFC
 * 4314 6: "[NONEXISTENT]" rather than a hint). */
#ifndef CV_IMAP_NAME_H
#define CV_IMAP_NAME_H

#include "imap/session.h"

#define IMAP_SHARED     "Shared"
#define IMAP_NAME_LIMIT 1000 /* bytes of a name in UTF-8 */

typedef struct {
    gint64 account;
    char *full; /* as the client sees it */
    char *name; /* inside the account; "" for "Shared" or "Shared/x" themselves */
    gboolean shared;
} ImapName;
void imap_name_clear(ImapName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapName, imap_name_clear)

/* UTF-8 NFC of a name or pattern; g_free; NULL with error INPUT. */
char *imap_name_decode(ImapSession *session, Bytes raw, GError **error);
/* The same of bytes that are UTF-8 whatever the client has enabled. */
char *imap_name_of_utf8(Bytes utf8, GError **error);
/* Takes an astring from args and finds whose it is. FALSE: the command has ended. */
gboolean imap_take_name(ImapSession *session, ImapParser *args, ImapName *out);
/* NOT_FOUND when there is no such account for this user. */
gboolean imap_name_of(ImapSession *session, const char *full, ImapName *out, GError **error);

/* The mailbox if the user has all of `needed`: else NOT_FOUND (no lookup right either) or DENIED.
 * rights may be NULL. */
StoreMailbox *imap_name_open(ImapSession *session, DbConn *conn, const ImapName *name,
                             StoreRights needed, StoreRights *rights, GError **error);
/* The same in a read transaction of its own. */
StoreMailbox *imap_name_find(ImapSession *session, const ImapName *name, StoreRights needed,
                             StoreRights *rights, GError **error);
/* The name by which this session sees a mailbox of an account; g_free. */
char *imap_name_full(ImapSession *session, gint64 account, const char *name);
/* The local part of an account's address, g_free; NULL when there is none. */
char *imap_account_local(ImapSession *session, gint64 account);

#endif
