/* Blobs: bytes by id (RFC 8620 6). "B…" are those of an e-mail, "U…" an upload's, and what stands
 * behind a hyphen is the number of a part in them ("B6925a1b300000007-1_2"), of a message that is
 * attached again behind a hyphen. Whoever may read the e-mail may read its bytes: an id alone
 * opens nothing. */
#ifndef CV_JMAP_BLOB_H
#define CV_JMAP_BLOB_H

#include "jmap/account.h"

enum { JMAP_BLOB_BYTES = 60 * 1024 * 1024 };

/* Appends the bytes; type: of a part or an upload, g_free (may be NULL). NOT_FOUND. */
gboolean jmap_blob_read(Store *store, DbConn *conn, const JmapAccount *account, const char *id,
                        Buffer *out, char **type, GError **error);
/* "U…" of an upload's name; g_free. */
char *jmap_blob_of_upload(const char *name);

#endif
