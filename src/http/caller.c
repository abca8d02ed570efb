/* See caller.h. */
#include "http/caller.h"

#include "http/call.h"

static gboolean changes(const HttpCall *call) {
    return http_method(call) != HTTP_GET && http_method(call) != HTTP_HEAD;
}

/* A page of ours says so by itself; what only looks may also be typed in. */
static gboolean is_foreign(const HttpCall *call) {
    if (!http_is_same_origin(call))
        return TRUE;
    return changes(call) && http_field(call, "origin").n == 0 &&
           !bytes_is(http_field(call, "sec-fetch-site"), "same-origin");
}

static void wake(gpointer session) {
    net_wake(session);
}

AuthAttempt *http_caller_begin(HttpCall *call, Auth *auth, const char *door) {
    g_autofree char *token = http_cookie(call, AUTH_COOKIE);
    NetSession *session = http_session(call);
    AuthRequest request = {.authorization = http_field(call, "authorization"),
                           .token = token,
                           .foreign = is_foreign(call),
                           .peer = net_session_peer(session),
                           .door = door,
                           .session = net_session_id(session)};
    AuthAttempt *attempt = auth_request_begin(auth, &request, wake, session);
    if (token != NULL)
        crypto_wipe(token, strlen(token));
    return attempt;
}

/* A browser would open a window of its own for Basic in front of our page. */
static gboolean is_page(const HttpCall *call) {
    Bytes mode = http_field(call, "sec-fetch-mode");
    return mode.n > 0 && !bytes_is(mode, "navigate");
}

static gboolean answer(HttpCall *call, guint status, const char *text, HttpVerdict *verdict) {
    if (status == 401 && !is_page(call))
        http_add_header(call, "WWW-Authenticate", "Basic realm=\"congvu\", charset=\"UTF-8\"");
    http_answer_problem(call, status, text);
    *verdict = HTTP_DONE;
    return FALSE;
}

gboolean http_caller_ready(HttpCall *call, AuthAttempt *attempt, guint flags,
                           HttpVerdict *verdict) {
    if (attempt == NULL)
        return answer(call, 401, "Cần đăng nhập; sign in first.", verdict);
    switch (auth_result(attempt)) {
    case AUTH_PENDING:
        *verdict = HTTP_LATER;
        return FALSE;
    case AUTH_FAILED:
    case AUTH_ENDED:
        return answer(call, 401, auth_text(attempt), verdict);
    case AUTH_BUSY:
        return answer(call, 503, auth_text(attempt), verdict);
    case AUTH_CHANGE:
        if (flags & HTTP_CALLER_CHANGING)
            break;
        return answer(call, 403, auth_text(attempt), verdict);
    case AUTH_OK:
        break;
    default:
        return answer(call, 403, auth_text(attempt), verdict);
    }
    if (changes(call) && !http_is_same_origin(call))
        return answer(call, 403,
                      "Yêu cầu đến từ trang của nơi khác nên không được nhận; the request comes "
                      "from another site's page",
                      verdict);
    net_session_signed_in(http_session(call));
    return TRUE;
}
