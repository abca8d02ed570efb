/* Uploads: bytes that a client has sent and not used yet (RFC 8620 6.1). They belong to one
 * account, are named by chance, and are forgotten after a day. */
#ifndef CV_STORE_UPLOAD_H
#define CV_STORE_UPLOAD_H

#include "store/store.h"

#define STORE_UPLOAD_AGE   (G_GINT64_CONSTANT(86400) * 1000000)   /* microseconds */
#define STORE_UPLOAD_BYTES (G_GINT64_CONSTANT(500) * 1024 * 1024) /* of an account together */
#define STORE_UPLOAD_COUNT 1000                                   /* of an account */

/* Finishes the writer; *name (g_free) is made of letters and digits. LIMIT: the account has too
 * many. */
gboolean store_upload_add(Store *store, gint64 account, BlobWriter *writer, const char *type,
                          char **name, GError **error);
/* FALSE with NOT_FOUND when it is not this account's. type: g_free. */
gboolean store_upload_find(DbConn *conn, gint64 account, const char *name, BlobId *blob,
                           guint64 *size, char **type, GError **error);
/* Forgets those that came before this moment, in slices. */
gboolean store_upload_sweep(Store *store, gint64 before, GError **error);

#endif
