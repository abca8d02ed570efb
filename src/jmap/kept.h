/* Kept: objects that are JSON texts in the store (store/object.h): identities, a vacation notice,
 * submissions. Their states are the kind's own sequence behind the account's epoch. */
#ifndef CV_JMAP_KEPT_H
#define CV_JMAP_KEPT_H

#include "jmap/account.h"

/* A new reference; NULL: *error. */
json_t *jmap_kept_state(DbConn *conn, const JmapAccount *account, const char *kind, GError **error);
/* The object of this id; NULL without error: there is none. */
json_t *jmap_kept_get(DbConn *conn, const JmapAccount *account, const char *kind, const char *id,
                      GError **error);
/* {id: object} of all, in the order of their changes; a new reference, NULL: *error. */
json_t *jmap_kept_all(DbConn *conn, const JmapAccount *account, const char *kind, GError **error);
/* value NULL removes. */
gboolean jmap_kept_put(JmapCall *call, const JmapAccount *account, const char *kind, const char *id,
                       json_t *value, GError **error);
/* The method Foo/changes of a kind. */
JmapVerdict jmap_kept_changes(JmapCall *call, const char *kind);
/* As jmap_if_in_state, for a state of a kind (a new reference, which is not taken). */
gboolean jmap_kept_if_in_state(JmapCall *call, json_t *state);
/* A copy of the object with only the properties that the mask has of the list. */
json_t *jmap_kept_pick(json_t *object, const char *const *properties, guint64 mask);
/* The answer of a get: those of `all` (id → object) that ids (char *; NULL: every one) names, each
 * as jmap_kept_pick has it. Takes state. */
JmapVerdict jmap_kept_list(JmapCall *call, json_t *all, const GPtrArray *ids,
                           const char *const *properties, guint64 mask, json_t *state);

#endif
