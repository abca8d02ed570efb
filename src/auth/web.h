/* Web: whom a request over HTTP is from. A browser shows the cookie that it got when it signed in;
 * a program shows name and password with each request (RFC 7617). Either way the answer is an
 * AuthAttempt, as of auth_begin.
 *
 * A browser sends its cookie with whatever page asks it to, so a request that comes with one must
 * also come from a page of ours: SameSite keeps the cookie at home, and Origin or Sec-Fetch-Site is
 * looked at besides (http/caller.h says how). */
#ifndef CV_AUTH_WEB_H
#define CV_AUTH_WEB_H

#include "auth/auth.h"

/* The prefix makes browsers refuse it unless it is Secure, of this host alone and of Path=/
 * (RFC 6265bis 4.1.3.2). */
#define AUTH_COOKIE "__Host-congvu"

typedef struct {
    Bytes authorization;               /* the field's value; empty: none */
    const char *token;                 /* what the cookie AUTH_COOKIE holds; NULL: none */
    gboolean foreign;                  /* nothing shows that it comes from a page of ours */
    const char *peer, *door, *session; /* as auth_begin */
} AuthRequest;

/* Authorization counts before the cookie. NULL: neither, or none that can be read. With a cookie
 * the result is there at once (then done is not called): OK, ENDED, FOREIGN or BUSY. */
AuthAttempt *auth_request_begin(Auth *auth, const AuthRequest *request, void (*done)(gpointer data),
                                gpointer data);
/* The number of the browser's session that an OK attempt was made by; 0: by a password. */
gint64 auth_session(AuthAttempt *attempt);

/* For what goes on for long: may the owner of this OK attempt be served further? Looks it up again:
 * the browser's session, or account and password as they were when it was first asked. What cannot
 * be looked up for the moment ends nothing. */
gboolean auth_still_good(Auth *auth, AuthAttempt *attempt);

/* The owner of an OK attempt, made by a password, signs a browser in: *token (wipe, g_free) is for
 * the cookie, *ends when it is over in any case. agent: its User-Agent. Waits for a flush. BUSY,
 * STORAGE, DENIED. */
gboolean auth_session_begin(Auth *auth, AuthAttempt *attempt, const char *peer, Bytes agent,
                            char **token, gint64 *ends, GError **error);

#endif
