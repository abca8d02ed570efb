/* Url: an IMAP URL that names a message or a part of one, as CATENATE takes it (RFC 5092, RFC 4469
 * 3): "/INBOX;UIDVALIDITY=1/;UID=20/;SECTION=1.MIME/;PARTIAL=0.100", or without the mailbox when it
 * is the selected one: ";UID=20". URLs with a scheme or a server are none of ours. */
#ifndef CV_IMAP_URL_H
#define CV_IMAP_URL_H

#include "base/buffer.h"

typedef struct {
    char *mailbox;       /* bytes as decoded, no NUL among them; NULL: the selected one */
    guint32 uidvalidity; /* 0: none given */
    guint32 uid;
    char *section; /* "1.MIME"; "" for the whole message */
    gboolean partial;
    guint64 offset, length; /* when partial; length G_MAXUINT64: to the end */
} ImapUrl;

/* FALSE: not such a URL; out is untouched. */
gboolean imap_url_parse(Bytes text, ImapUrl *out);
void imap_url_clear(ImapUrl *url);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapUrl, imap_url_clear)

#endif
