/* Session: browsers that are signed in, in admin.db.
 *
 * The browser holds a random token in its cookie; stored is only a hash of it, so that who reads
 * the database or a backup cannot use any. A session is over when it was not used for its idle
 * time, at the end of its life whatever happens, and in the very transaction that sets another
 * password, locks or closes the account [Điều 4.2.c, 12.2]. */
#ifndef CV_DIRECTORY_SESSION_H
#define CV_DIRECTORY_SESSION_H

#include "audit/audit.h"
#include "directory/directory.h"

enum {
    SESSION_ACCOUNT_MAXIMUM = 50, /* of one account; a further one ends the longest unused */
    SESSION_AGENT_MAXIMUM = 200,  /* bytes of what a browser calls itself that are kept */
    SESSION_SEEN_SECONDS = 300,   /* a use is written when the last written one is so old */
};

typedef struct {
    gint64 id, account;
    gint64 made, seen; /* Unix microseconds */
    gint64 until;      /* over then, when it is not used before */
    gint64 ends;       /* over then in any case */
    gboolean limited;  /* good for nothing but setting up the second factor */
    const char *peer;  /* address that signed in */
    const char *agent; /* what its browser calls itself, valid UTF-8 */
} DirectorySession;

typedef struct {
    gint64 account;
    const char *peer, *agent; /* agent: any bytes, NULL for none */
    gint64 idle, lifetime;    /* microseconds */
    gboolean limited;
} DirectoryNewSession;

/* Begins one; *token (64 hexadecimal digits; wipe, g_free) goes into the cookie and nowhere else,
 * *out (strings NULL) says until when. Waits for the flush. DENIED: the account is not active. */
gboolean directory_session_begin(Directory *directory, const DirectoryNewSession *session,
                                 char **token, DirectorySession *out, GError **error);
/* The session of this token and its account, in *out (strings NULL) and *account; *account NULL
 * without an error: there is none, or it is over, or its account may not sign in. One probe of an
 * index: fit for every request. */
gboolean directory_session_find(Directory *directory, const char *token, DirectorySession *out,
                                DirectoryAccount **account, GError **error);
/* Is this one still there, not over, its account active? */
gboolean directory_session_alive(Directory *directory, gint64 id, gboolean *alive, GError **error);
/* It is used now: its idle time begins anew. Returns at once; what cannot be written is tried at
 * the next use. */
void directory_session_used(Directory *directory, const DirectorySession *session, gint64 idle);
/* Those of one account that are not over, the last used first; strings are valid during the call.
 */
gboolean directory_session_each(Directory *directory, gint64 account,
                                void (*each)(const DirectorySession *session, gpointer data),
                                gpointer data, GError **error);
/* Ends one of the account's, or (0) all but one (but; 0: none is spared). act NULL: by the owner,
 * which the log says and not the audit trail. ended may be NULL. NOT_FOUND: the account has no such
 * one. Waits for the flush; watchers of the directory are told. */
gboolean directory_session_end(Directory *directory, const DirectoryAccount *account, gint64 id,
                               gint64 but, const AuditAct *act, guint *ended, GError **error);
/* Takes those that are over out of the table; writes only when there are some. For the
 * housekeeping. */
gboolean directory_session_sweep(Directory *directory, GError **error);
/* How many there are. */
gboolean directory_session_count(Directory *directory, gint64 *count, GError **error);

#endif
