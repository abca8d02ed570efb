/* Auth: who is it? SASL mechanisms, the password lane, slowing of guesses.
 *
 * Argon2id costs tens of milliseconds, so it runs on threads of its own behind a queue that is fair
 * by account and peer address; the session parks and is woken by `done`. A success is remembered as
 * a keyed hash for some minutes and forgotten when the account changes. Guessing is slowed by
 * account-and-address and by address, never so that the owner is locked out elsewhere and never by
 * banning an address behind which a whole commune sits [Điều 8.6]. */
#ifndef CV_AUTH_AUTH_H
#define CV_AUTH_AUTH_H

#include "directory/directory.h"

typedef struct Auth Auth;
typedef struct AuthAttempt AuthAttempt;

typedef struct {
    guint lanes;                           /* hashing threads; 0: one for each core */
    gint64 remember;                       /* microseconds a success is remembered; 0: never */
    guint failures_free;                   /* failures before slowing begins */
    gint64 delay_first, delay_most;        /* microseconds; doubles from first to most */
    gint64 session_idle, session_lifetime; /* microseconds; of a browser's session (web.h) */
} AuthOptions;
/* The defaults: a lane for each core, ten minutes, five free failures, one second to half a minute;
 * browsers eight hours without use and a week in all. */
void auth_options_init(AuthOptions *options);

Auth *auth_new(Directory *directory, const AuthOptions *options);
void auth_free(Auth *auth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Auth, auth_free)

/* The regulation by which a right password is still good (a reference of the caller's), and where
 * one is changed: "https://…", or NULL when there is no such place but the operating centre. Before
 * the first attempt; without it only what is stored is looked at. */
void auth_set_rules(Auth *auth, Regulation *(*regulation)(gpointer data), gpointer data,
                    const char *place);

typedef enum {
    AUTH_PENDING, /* done has not been called yet */
    AUTH_OK,
    AUTH_FAILED,  /* wrong name or password: one answer for both */
    AUTH_LOCKED,  /* right password, account locked (the text says by which article) */
    AUTH_BUSY,    /* the lane is full, or the storage failed: temporary */
    AUTH_CHANGE,  /* right password, good for nothing but setting another (the text says where) */
    AUTH_OVER,    /* right one-time password, but its days are over */
    AUTH_REFUSED, /* auth_change_begin: the new password does not do (auth_verdict) */
    AUTH_ENDED,   /* auth_request_begin: the browser is not signed in any more */
    AUTH_FOREIGN, /* the same: the browser sent it from a page that is not ours */
    AUTH_RESULTS,
} AuthResult;

/* Begins an attempt; name and password are copied (and wiped). done runs on any thread, exactly
 * once, possibly before this returns; typically it wakes a session. door: "smtp", "imap", … */
AuthAttempt *auth_begin(Auth *auth, Bytes name, Bytes password, const char *peer, const char *door,
                        const char *session, void (*done)(gpointer data), gpointer data);
AuthResult auth_result(AuthAttempt *attempt);
/* Of an AUTH_OK attempt: the account (owned by the attempt). */
const DirectoryAccount *auth_account(AuthAttempt *attempt);
/* Of AUTH_OK and AUTH_CHANGE: whose password it was, for the doors where it can be changed. */
const DirectoryAccount *auth_owner(AuthAttempt *attempt);
/* A sentence for the person, Vietnamese then English; never NULL once done. */
const char *auth_text(AuthAttempt *attempt);
/* Of AUTH_OK: what the person should be told now, that the password must be changed soon; or NULL.
 */
const char *auth_warning(AuthAttempt *attempt);
/* The same in Vietnamese alone, for pages. */
const char *auth_warning_vi(AuthAttempt *attempt);
/* What the regulation said: of AUTH_CHANGE, AUTH_OVER, AUTH_REFUSED; otherwise NULL. */
const Verdict *auth_verdict(AuthAttempt *attempt);
/* May be called while pending: the result is dropped, done is not called after it returns. */
void auth_attempt_free(AuthAttempt *attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthAttempt, auth_attempt_free)

/* Changes the password of an account: the old one is verified like at a sign-in (counted, slowed),
 * then the new one is judged, hashed and written, all on the lane. AUTH_OK: it is stored, and the
 * account's sessions end. accepts: see directory_password_change. */
AuthAttempt *auth_change_begin(Auth *auth, Bytes name, Bytes old, Bytes wanted, gboolean accepts,
                               const char *peer, const char *door, const char *session,
                               void (*done)(gpointer data), gpointer done_data);
/* Runs something else that hashes passwords on the lane, fair among peers: work, with data, which
 * the attempt owns and frees (never before work has ended). AUTH_OK: it ran; AUTH_BUSY: it did not.
 */
AuthAttempt *auth_work_begin(Auth *auth, const char *peer, void (*work)(gpointer data),
                             gpointer data, GDestroyNotify free, void (*done)(gpointer data),
                             gpointer done_data);

/* SASL PLAIN (RFC 4616): authzid NUL authcid NUL passwd. authzid must be empty or equal authcid.
 * FALSE: malformed. The views point into message. */
gboolean auth_parse_plain(Bytes message, Bytes *name, Bytes *password);
/* Base64 as SASL uses it, strict (no white space, right padding); g_free, NULL when malformed. */
guint8 *auth_base64_decode(Bytes text, gsize *length);

#endif
