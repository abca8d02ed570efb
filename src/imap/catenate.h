/* Catenate: copies what a URL names into a message that is being made (RFC 4469). */
#ifndef CV_IMAP_CATENATE_H
#define CV_IMAP_CATENATE_H

#include "imap/session.h"

/* Appends the bytes to writer, as FETCH BODY.PEEK would give them, at most `most` of them. INPUT:
 * the URL names nothing that this user may use so (BADURL); LIMIT: too many bytes. Only mailboxes
 * of the user's own account. */
gboolean imap_catenate_url(ImapSession *session, Bytes url, guint64 most, BlobWriter *writer,
                           GError **error);

#endif
