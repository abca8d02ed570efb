/* Admin: the administration as JSON over HTTPS, under /api/v1, described by /api/v1/openapi.json.
 *
 * Each operation is one entry of a table: method, path, what it takes, what it answers, which
 * action of directory/role.h it is. What arrives is held against that entry before the operation
 * runs, and the description is made from it, so the two cannot differ. The caller signs in with
 * each request (HTTP Basic, RFC 7617, through the password lane, where a success is remembered).
 * Errors are RFC 9457 problems in Vietnamese and English. */
#ifndef CV_ADMIN_ADMIN_H
#define CV_ADMIN_ADMIN_H

#include "auth/auth.h"
#include "http/http.h"
#include "store/store.h"

/* For HttpService.data. */
typedef struct {
    Directory *directory;
    Store *store;
    Auth *auth;
    const char *version; /* of congvu, for the description */
    /* The regulation in force; a reference of the caller's. */
    Regulation *(*regulation)(gpointer data);
    /* After a change to the directory: brings the store in step. */
    gboolean (*follow)(gpointer data, GError **error);
    gpointer data;
} AdminService;

/* Ends with a pattern of NULL. Made once, on the first call; lives as long as the process. */
const HttpRoute *admin_routes(void);

#endif
