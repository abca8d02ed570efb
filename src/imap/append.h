/* Append: messages on their way into a mailbox, the one way for all doors: APPEND with several
 * messages (RFC 3502), made of parts (RFC 4469), in place of another (RFC 8508).
 *
 * The arguments are judged as they come, before a byte of a message is taken; the bytes go straight
 * into blob writers. What is refused is told at once where the client waits with its literal,
 * otherwise the rest is read and thrown away. All messages are stored in one transaction or none
 * is. */
#ifndef CV_IMAP_APPEND_H
#define CV_IMAP_APPEND_H

#include "imap/session.h"

typedef struct {
    Bytes tag;
    const char *name; /* "APPEND", "REPLACE" */
    gboolean by_uid;
    Bytes mailbox;    /* as it came */
    guint32 replaced; /* UID of the selected mailbox's message that goes, or 0 */
    char *refusal;    /* "NO …" or "BAD …" when the command is refused already; taken */
} ImapAppendStart;

/* Goes on with what the collector holds behind `args`, which ends in a literal (more) or with the
 * command. FALSE, only with `more`: the arguments are malformed so far, nothing was done. */
gboolean imap_append_begin(ImapSession *session, const ImapAppendStart *start, ImapParser *args,
                           gboolean more);

#endif
