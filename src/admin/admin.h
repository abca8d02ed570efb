/* Admin: the administration as JSON over HTTPS, under /api/v1, described by /api/v1/openapi.json.
 *
 * Each operation is one entry of a table: method, path, what it takes, what it answers, which
 * action of directory/role.h it is. What arrives is held against that entry before the operation
 * runs, and the description is made from it, so the two cannot differ. The caller signs in with
 * each request (HTTP Basic, RFC 7617, through the password lane, where a success is remembered).
 * Errors are RFC 9457 problems in Vietnamese and English. */
#ifndef CV_ADMIN_ADMIN_H
#define CV_ADMIN_ADMIN_H

#include "audit/audit.h"
#include "auth/auth.h"
#include "delivery/delivery.h"
#include "http/http.h"
#include "store/store.h"

/* How many were warned, had been before, letters delivered, letters that were not. */
typedef struct {
    guint accounts, before, letters, failed;
} AdminWarned;

/* For HttpService.data. */
typedef struct {
    Directory *directory;
    Store *store;
    Delivery *delivery;
    Auth *auth;
    const char *version; /* of congvu, for the description */
    /* The regulation in force; a reference of the caller's. */
    Regulation *(*regulation)(gpointer data);
    /* After a change to the directory: brings the store in step. */
    gboolean (*follow)(gpointer data, GError **error);
    /* Writes the letters before a lock to those who lie idle, of one unit or (NULL) of all. */
    gboolean (*warn_idle)(gpointer data, const char *unit, const AuditAct *act, AdminWarned *out,
                          GError **error);
    /* After an act on a stop of the service: sees to it that everybody is told; returns at once. */
    void (*stop_changed)(gpointer data);
    /* What was reported, and what the trail tells, becomes cases now. */
    gboolean (*take_incidents)(gpointer data, GError **error);
    gpointer data;
} AdminService;

/* The page where people change their password, /doi-mat-khau: HTML that needs no script, asks for
 * the old password (so another site's page can do nothing with it), and says what the regulation
 * wants and what is missing [Điều 5.2, 12.2]. Ends with a pattern of NULL. */
extern const HttpRoute admin_password_routes[];

/* Signing a browser in and out: POST /dang-nhap, /dang-nhap/mat-khau, /dang-nhap/xet, /dang-xuat,
 * GET /dang-nhap/quy-tac, /phien, all in JSON. docs/web.md has what they take and answer. Ends with
 * a pattern of NULL. */
extern const HttpRoute admin_sign_in_routes[];

/* Ends with a pattern of NULL. Made once, on the first call; lives as long as the process. */
const HttpRoute *admin_routes(void);

#endif
