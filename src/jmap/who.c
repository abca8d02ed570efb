/* Who is this? The caller signs in with each request by HTTP Basic (a success is remembered, so it
 * costs a keyed hash), or has the cookie of the web's sign-in. */
#include "jmap/request.h"

#include "base/crypto.h"

void jmap_who_clear(JmapWho *who) {
    auth_attempt_free(who->attempt);
    directory_account_free(who->account);
    *who = (JmapWho){0};
}

const DirectoryAccount *jmap_who_account(const JmapWho *who) {
    return who->account != NULL ? who->account : auth_account(who->attempt);
}

/* RFC 7617 2. FALSE: no credentials, or none that can be read. */
static gboolean begin(JmapWho *who, HttpCall *call, const JmapService *service) {
    Bytes field = http_field(call, "authorization");
    if (!bytes_starts_nocase(field, "Basic "))
        return FALSE;
    gsize n = 0;
    g_autofree guint8 *pair = auth_base64_decode(bytes_strip(bytes_slice(field, 6, field.n)), &n);
    gssize colon = pair == NULL ? -1 : bytes_find_byte(bytes_of(pair, n), ':');
    NetSession *session = http_session(call);
    if (colon >= 0)
        who->attempt =
            auth_begin(service->auth, bytes_of(pair, (gsize)colon),
                       bytes_of(pair + colon + 1, n - (gsize)colon - 1), net_session_peer(session),
                       "jmap", net_session_id(session), jmap_wake, session);
    if (pair != NULL)
        crypto_wipe(pair, n);
    return colon >= 0;
}

static HttpVerdict refuse(HttpCall *call, guint status, const char *text) {
    if (status == 401)
        http_add_header(call, "WWW-Authenticate", "Basic realm=\"congvu\", charset=\"UTF-8\"");
    http_answer_problem(call, status, text);
    return HTTP_DONE;
}

/* A cookie is sent by the browser whatever page asks for it. */
static HttpVerdict by_cookie(JmapWho *who, HttpCall *call, const JmapService *service,
                             gboolean *known) {
    g_autoptr(GError) error = NULL;
    gint64 account =
        service->signed_in == NULL ? 0 : service->signed_in(call, service->signed_in_data);
    if (account == 0)
        return refuse(call, 401, "Cần đăng nhập bằng tài khoản và mật khẩu; sign in.");
    if (!http_is_same_origin(call))
        return refuse(call, 403, "Yêu cầu đến từ trang của nơi khác nên không được nhận.");
    who->account = directory_account(service->directory, account, &error);
    *known = who->account != NULL && who->account->state == DIRECTORY_ACTIVE;
    return *known ? HTTP_DONE
                  : refuse(call, 403, "Tài khoản đã bị khóa hoặc đóng; the account is locked.");
}

HttpVerdict jmap_who(JmapWho *who, HttpCall *call, const JmapService *service, gboolean *known) {
    *known = FALSE;
    if (who->attempt == NULL && !begin(who, call, service))
        return by_cookie(who, call, service, known);
    AuthResult result = auth_result(who->attempt);
    switch (result) {
    case AUTH_PENDING:
        return HTTP_LATER;
    case AUTH_OK:
        break;
    case AUTH_FAILED:
        return refuse(call, 401, auth_text(who->attempt));
    case AUTH_BUSY:
        return refuse(call, 503, auth_text(who->attempt));
    default:
        return refuse(call, 403, auth_text(who->attempt));
    }
    if (http_method(call) != HTTP_GET && http_method(call) != HTTP_HEAD &&
        !http_is_same_origin(call))
        return refuse(call, 403, "Yêu cầu đến từ trang của nơi khác nên không được nhận.");
    net_session_signed_in(http_session(call));
    *known = TRUE;
    return HTTP_DONE;
}

/* ---- How much at once ---- */

gboolean jmap_busy_begin(JmapService *service, gint64 account, guint which) {
    gint64 most =
        which == 0 ? service->limits.concurrent_requests : service->limits.concurrent_upload;
    g_mutex_lock(&service->lock);
    guint *counts = g_hash_table_lookup(service->busy, &account);
    if (counts == NULL) {
        gint64 *key = g_new(gint64, 1);
        *key = account;
        counts = g_new0(guint, 2);
        g_hash_table_insert(service->busy, key, counts);
    }
    gboolean fits = counts[which] < most;
    counts[which] += fits;
    g_mutex_unlock(&service->lock);
    return fits;
}

void jmap_busy_end(JmapService *service, gint64 account, guint which) {
    g_mutex_lock(&service->lock);
    guint *counts = g_hash_table_lookup(service->busy, &account);
    counts[which]--;
    if (counts[0] == 0 && counts[1] == 0)
        g_hash_table_remove(service->busy, &account);
    g_mutex_unlock(&service->lock);
}
