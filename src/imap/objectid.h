/* Object ids (RFC 8474): names of mailboxes, messages and conversations that outlive renaming,
 * copying and moving. docs/decisions/0009-object-ids.md says what they are made of. */
#ifndef CV_IMAP_OBJECTID_H
#define CV_IMAP_OBJECTID_H

#include "imap/parser.h"
#include "store/store.h"

#define IMAP_OBJECTID_BYTES 40 /* of ours, with the NUL */

/* "F6925a1b3": as long as the mailbox has this UIDVALIDITY, which no other mailbox ever had. */
void imap_mailbox_id(guint32 uidvalidity, char out[IMAP_OBJECTID_BYTES]);
/* "M…": of the same bytes received at the same time. The message's meta must be there. */
gboolean imap_email_id(Store *store, DbConn *conn, const StoreMessage *message,
                       char out[IMAP_OBJECTID_BYTES], GError **error);
/* "T…": of what began the conversation. The message's meta must be there. */
gboolean imap_thread_id(Store *store, DbConn *conn, const StoreMessage *message,
                        char out[IMAP_OBJECTID_BYTES], GError **error);

/* objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474 7). */
gboolean imap_take_objectid(ImapParser *args, Bytes *out);

#endif
