/* Identities: under which addresses the caller may send from an account (RFC 8621 6) [Điều 6.3].
 * They are the directory's: an account's own address and its aliases. What people add (a shown
 * name, a signature, where answers go) is kept beside them. */
#ifndef CV_JMAP_IDENTITY_H
#define CV_JMAP_IDENTITY_H

#include "jmap/kept.h"

#define JMAP_KIND_IDENTITY "Identity"

/* {id: Identity} in order, a new reference; NULL: *error. Empty where the caller may not send. */
json_t *jmap_identities(JmapCall *call, DbConn *conn, const JmapAccount *account, GError **error);

#endif
