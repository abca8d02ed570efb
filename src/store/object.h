/* Objects: small things of an account that a client keeps on the server (identities, a vacation
 * notice, what was submitted), each a JSON text under a kind and an id, with a sequence of changes
 * of their own. Whoever owns a kind knows what its texts say; here they are bytes. */
#ifndef CV_STORE_OBJECT_H
#define CV_STORE_OBJECT_H

#include "store/store.h"

#define STORE_OBJECT_COUNT 2000 /* of one kind in an account: the oldest go */
#define STORE_OBJECT_BYTES (256 * 1024)

typedef struct {
    const char *id, *value; /* value NULL: it was removed */
    guint64 changed;        /* in the kind's sequence */
    gboolean created;       /* after the point that was asked about */
} StoreObject;
typedef void (*StoreObjectEach)(const StoreObject *object, gpointer data);

/* value NULL removes. LIMIT when it is too large. Waits for the flush. */
gboolean store_object_put(Store *store, gint64 account, const char *kind, const char *id,
                          const char *value, GError **error);
/* The same inside a DbWork. */
gboolean store_object_write(DbConn *conn, gint64 account, const char *kind, const char *id,
                            const char *value, GError **error);
/* g_free; NULL without error: there is none. */
char *store_object_get(DbConn *conn, gint64 account, const char *kind, const char *id,
                       GError **error);
/* Those that changed after `since` (0: all that are there), in the order of their changes. */
gboolean store_object_each(DbConn *conn, gint64 account, const char *kind, guint64 since,
                           StoreObjectEach each, gpointer data, GError **error);
/* The last change; *horizon: states before it cannot be told from. */
gboolean store_object_state(DbConn *conn, gint64 account, const char *kind, guint64 *state,
                            guint64 *horizon, GError **error);

#endif
