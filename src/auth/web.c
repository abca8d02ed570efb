/* See web.h. What a cookie says is looked up at once: one probe of an index, no hashing. */
#include "auth/web.h"

#include "auth/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "directory/session.h"

METRIC_COUNTER(sessions_begun, "congvu_web_sign_ins_total", "Browsers that were signed in");

/* ---- Requests ---- */

/* RFC 7617 2. */
static AuthAttempt *begin_basic(Auth *auth, const AuthRequest *request, void (*done)(gpointer data),
                                gpointer data) {
    Bytes field = request->authorization;
    if (!bytes_starts_nocase(field, "Basic "))
        return NULL;
    gsize n = 0;
    guint8 *pair = auth_base64_decode(bytes_strip(bytes_slice(field, 6, field.n)), &n);
    if (pair == NULL)
        return NULL;
    gssize colon = bytes_find_byte(bytes_of(pair, n), ':');
    AuthAttempt *attempt = NULL;
    if (colon >= 0)
        attempt = auth_begin(auth, bytes_of(pair, (gsize)colon),
                             bytes_of(pair + colon + 1, n - (gsize)colon - 1), request->peer,
                             request->door, request->session, done, data);
    crypto_wipe(pair, n);
    g_free(pair);
    return attempt;
}

static AuthAttempt *find_session(Auth *auth, const AuthRequest *request) {
    g_autoptr(GError) error = NULL;
    DirectorySession session;
    DirectoryAccount *account = NULL;
    if (request->foreign)
        return attempt_answered(auth, AUTH_FOREIGN, NULL);
    if (!directory_session_find(auth->directory, request->token, &session, &account, &error)) {
        log_event(LOG_LEVEL_ERROR, "auth.storage", "session", request->session, "error",
                  error->message, NULL);
        return attempt_answered(auth, AUTH_BUSY, NULL);
    }
    if (account == NULL)
        return attempt_answered(auth, AUTH_ENDED, NULL);
    directory_session_used(auth->directory, &session, auth->options.session_idle);
    AuthAttempt *attempt = attempt_answered(auth, AUTH_OK, account);
    attempt->web_session = session.id;
    return attempt;
}

AuthAttempt *auth_request_begin(Auth *auth, const AuthRequest *request, void (*done)(gpointer data),
                                gpointer data) {
    if (request->authorization.n > 0)
        return begin_basic(auth, request, done, data);
    return request->token == NULL ? NULL : find_session(auth, request);
}

gint64 auth_session(AuthAttempt *attempt) {
    return auth_result(attempt) == AUTH_OK ? attempt->web_session : 0;
}

/* ---- For what goes on for long ---- */

static gboolean failed_to_look(const AuthAttempt *attempt, const GError *error) {
    log_event(LOG_LEVEL_ERROR, "auth.storage", "session", attempt->session, "error", error->message,
              NULL);
    return TRUE;
}

gboolean auth_still_good(Auth *auth, AuthAttempt *attempt) {
    g_autoptr(GError) error = NULL;
    gboolean alive = FALSE;
    if (auth_account(attempt) == NULL)
        return FALSE;
    if (attempt->web_session != 0)
        return directory_session_alive(auth->directory, attempt->web_session, &alive, &error)
                   ? alive
                   : failed_to_look(attempt, error);
    g_autoptr(DirectoryAccount) account =
        directory_account(auth->directory, auth_account(attempt)->id, &error);
    if (account == NULL)
        return !cv_error_is(error, CV_ERROR_NOT_FOUND) && failed_to_look(attempt, error);
    g_autofree char *hash = directory_credential(auth->directory, account->id, &error);
    if (error != NULL)
        return failed_to_look(attempt, error);
    if (attempt->held == NULL)
        attempt->held = g_strdup(hash);
    return account->state == DIRECTORY_ACTIVE && hash != NULL && g_str_equal(hash, attempt->held);
}

/* ---- Sessions ---- */

gboolean auth_session_begin(Auth *auth, AuthAttempt *attempt, const char *peer, Bytes agent,
                            char **token, gint64 *ends, GError **error) {
    g_return_val_if_fail(auth_account(attempt) != NULL && auth_session(attempt) == 0, FALSE);
    g_autofree char *said = bytes_dup_string(agent);
    DirectoryNewSession new = {.account = auth_account(attempt)->id,
                               .peer = peer,
                               .agent = said,
                               .idle = auth->options.session_idle,
                               .lifetime = auth->options.session_lifetime};
    DirectorySession made;
    if (!directory_session_begin(auth->directory, &new, token, &made, error))
        return FALSE;
    *ends = made.ends;
    metric_add(&sessions_begun, 1);
    log_event(LOG_LEVEL_INFO, "auth.session", "session", attempt->session, "account",
              auth_account(attempt)->address, "peer", peer, "number", log_number(made.id), NULL);
    return TRUE;
}
