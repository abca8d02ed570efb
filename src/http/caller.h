/* Caller: who is this request from? One answer for every part that serves people who are signed in:
 *
 *   AuthAttempt *attempt = …kept from the first call, or
 *   attempt = http_caller_begin(call, auth, "jmap");        (keep it; auth_attempt_free at the end)
 *   HttpVerdict verdict;
 *   if (!http_caller_ready(call, attempt, 0, &verdict))
 *       return verdict;
 *   const DirectoryAccount *caller = auth_owner(attempt);
 *
 * A cookie (auth/web.h) is taken only from a page of ours: Origin and Sec-Fetch-Site, where they
 * are sent, must say so, and what changes something must come with one of them. Every browser sends
 * them; a program that shows a cookie must send `Sec-Fetch-Site: same-origin` too. */
#ifndef CV_HTTP_CALLER_H
#define CV_HTTP_CALLER_H

#include "auth/web.h"
#include "http/http.h"

/* Which answers of auth will do besides AUTH_OK. */
typedef enum {
    HTTP_CALLER_CHANGING = 1 << 0, /* AUTH_CHANGE: a password only good for setting another */
} HttpCallerFlags;

/* door: "api", "jmap". NULL: the request shows nothing, which http_caller_ready answers. The
 * handler is woken when the attempt is ready. */
AuthAttempt *http_caller_begin(HttpCall *call, Auth *auth, const char *door);
/* TRUE: auth_owner(attempt) is who asks, and the connection counts as signed in. FALSE: *verdict is
 * what the handler returns: HTTP_LATER, or HTTP_DONE after an answer (401, 403, 503). */
gboolean http_caller_ready(HttpCall *call, AuthAttempt *attempt, guint flags, HttpVerdict *verdict);

#endif
