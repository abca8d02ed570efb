/* Signing a browser in and out, as JSON for the pages of web/. The password goes through the lane
 * like at every door; what comes of it is told with a word for the page ("state") and a sentence
 * for the person. A page of another site gets nothing done here: the content must be JSON, which no
 * form can send, and Origin and Sec-Fetch-Site are looked at. */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "directory/session.h"
#include "http/caller.h"

#include <jansson.h>

enum { FORM_MAXIMUM = 16 * 1024, ANSWER_MAXIMUM = 64 * 1024 };

typedef struct {
    AuthAttempt *attempt;
    gboolean keep; /* the browser may keep the cookie when it is closed */
} SignIn;

static void sign_in_free(gpointer data) {
    SignIn *call = data;
    auth_attempt_free(call->attempt);
    g_free(call);
}

/* ---- Answers ---- */

static HttpVerdict answer_json(HttpCall *http, guint status, const Buffer *text) {
    http_answer(http, status,
                status >= 400 ? "application/problem+json" : "application/json; charset=utf-8",
                buffer_bytes(text));
    return HTTP_DONE;
}

static void put_point(const char *text, gboolean met, gpointer data) {
    JsonWriter *w = data;
    json_open(w, NULL, '{');
    json_text(w, "text", text);
    json_bool(w, "met", met);
    json_close(w, '}');
}

/* What is asked of a new password [Điều 5.2]; password NULL: none is judged. */
static void put_rule(JsonWriter *w, const Regulation *regulation, const Bytes *password) {
    g_autofree char *cite =
        regulation_cite(regulation_figure_article(regulation, FIGURE_PASSWORD_MINIMUM));
    json_text(w, "cite", cite);
    json_open(w, "points", '[');
    regulation_password_points(regulation, password, FALSE, put_point, w);
    json_close(w, ']');
    json_int(w, "administrator_minimum",
             regulation_figure(regulation, FIGURE_PASSWORD_ADMINISTRATOR_MINIMUM));
    json_bool(w, "accept", regulation_figure(regulation, FIGURE_PASSWORD_ACCEPT_RULES) != 0);
    json_text(w, "rules", regulation_text(regulation, REGULATION_TITLE));
}

/* RFC 9457, with the state and, where another password must be set, the rule for it. */
static HttpVerdict refuse(HttpCall *http, guint status, const char *state, const char *detail) {
    const AdminService *service = http_service_data(http);
    g_autoptr(Regulation) regulation = service->regulation(service->data);
    g_auto(Buffer) text;
    buffer_init(&text, ANSWER_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_int(&w, "status", status);
    json_text(&w, "state", state);
    json_text(&w, "detail", detail);
    json_text(&w, "operator", regulation_text(regulation, REGULATION_OPERATOR));
    if (g_str_equal(state, "change") || g_str_equal(state, "refused")) {
        json_open(&w, "rule", '{');
        put_rule(&w, regulation, NULL);
        json_close(&w, '}');
    }
    json_close(&w, '}');
    return answer_json(http, status, &text);
}

static const struct {
    AuthResult result;
    guint status;
    const char *state, *detail;
} outcomes[] = {
    {AUTH_FAILED, 401, "failed", "Địa chỉ thư hoặc mật khẩu không đúng."},
    {AUTH_LOCKED, 403, "locked",
     "Tài khoản đang tạm khóa. Đề nghị liên hệ đầu mối của đơn vị để cơ quan gửi văn bản đề nghị "
     "mở khóa (điểm c khoản 2 Điều 4 Quy chế)."},
    {AUTH_BUSY, 503, "busy",
     "Hệ thống đang bận, hoặc đã thử sai quá nhiều lần. Hãy thử lại sau một phút."},
    {AUTH_CHANGE, 403, "change", "Mật khẩu này chỉ dùng để đặt mật khẩu mới của riêng mình."},
    {AUTH_OVER, 403, "over", "Mật khẩu cấp lần đầu đã hết hạn."},
    {AUTH_REFUSED, 422, "refused", "Mật khẩu mới chưa đạt."},
};

/* What the attempt came to, when it is not OK. */
static HttpVerdict answer_outcome(HttpCall *http, AuthAttempt *attempt) {
    AuthResult result = auth_result(attempt);
    const Verdict *verdict = auth_verdict(attempt);
    for (gsize i = 0; i < G_N_ELEMENTS(outcomes); i++)
        if (outcomes[i].result == result)
            return refuse(http, outcomes[i].status, outcomes[i].state,
                          verdict == NULL ? outcomes[i].detail : verdict->text_vi);
    return refuse(http, 403, "failed", auth_text(attempt));
}

/* ---- What came in ---- */

/* NULL: answered. */
static json_t *take_json(HttpCall *http) {
    if (!http_is_same_origin(http)) {
        refuse(http, 403, "foreign", "Yêu cầu đến từ trang của nơi khác nên không được nhận.");
        return NULL;
    }
    if (!http_content_is(http, "application/json")) {
        refuse(http, 415, "input", "Nội dung gửi lên phải là application/json.");
        return NULL;
    }
    Bytes bytes = http_content(http);
    json_t *content = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
    if (bytes.n > 0)
        crypto_wipe((guint8 *)bytes.p, bytes.n); /* ours; it had the password */
    if (json_is_object(content))
        return content;
    json_decref(content);
    refuse(http, 400, "input", "Nội dung gửi lên không phải một đối tượng JSON.");
    return NULL;
}

/* jansson keeps the text in the value; it is wiped before that is freed. */
static void wipe_text(json_t *content, const char *name) {
    const char *text = json_string_value(json_object_get(content, name));
    if (text != NULL)
        crypto_wipe((char *)text, strlen(text));
}

static gboolean has_text(const json_t *content, const char *name) {
    const char *text = json_string_value(json_object_get(content, name));
    return text != NULL && *text != '\0';
}

static Bytes text_of(const json_t *content, const char *name) {
    return bytes_of_string(json_string_value(json_object_get(content, name)));
}

static void wake(gpointer session) {
    net_wake(session);
}

/* ---- Signing in ---- */

static void set_cookie(HttpCall *http, const char *token, gint64 seconds) {
    g_autofree char *life =
        seconds < 0 ? g_strdup("") : g_strdup_printf("; Max-Age=%" G_GINT64_FORMAT, seconds);
    g_autofree char *value = g_strconcat(AUTH_COOKIE "=", token,
                                         "; Path=/; Secure; HttpOnly; SameSite=Strict", life, NULL);
    http_add_header(http, "Set-Cookie", value);
    crypto_wipe(value, strlen(value));
}

static void put_account(JsonWriter *w, const DirectoryAccount *account) {
    json_text(w, "address", account->address);
    json_text(w, "name", account->name);
}

static HttpVerdict begin_session(HttpCall *http, const SignIn *call) {
    const AdminService *service = http_service_data(http);
    NetSession *session = http_session(http);
    g_autoptr(GError) error = NULL;
    char *token = NULL;
    gint64 ends = 0;
    if (!auth_session_begin(service->auth, call->attempt, net_session_peer(session),
                            http_field(http, "user-agent"), &token, &ends, &error)) {
        log_event(LOG_LEVEL_ERROR, "auth.storage", "session", net_session_id(session), "error",
                  error->message, NULL);
        return refuse(http, 503, "busy", "Hệ thống đang bận. Hãy thử lại sau một phút.");
    }
    net_session_signed_in(session);
    set_cookie(http, token, call->keep ? MAX(ends - clock_now(), CLOCK_SECOND) / CLOCK_SECOND : -1);
    crypto_wipe(token, strlen(token));
    g_free(token);
    const char *warning = auth_warning_vi(call->attempt);
    g_auto(Buffer) text;
    buffer_init(&text, ANSWER_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_text(&w, "state", "signed_in");
    put_account(&w, auth_account(call->attempt));
    json_int(&w, "ends", ends);
    json_text(&w, "warning", warning);
    json_close(&w, '}');
    return answer_json(http, 200, &text);
}

static HttpVerdict answer_sign_in(HttpCall *http, const SignIn *call) {
    AuthResult result = auth_result(call->attempt);
    if (result == AUTH_PENDING)
        return HTTP_LATER;
    return result == AUTH_OK ? begin_session(http, call) : answer_outcome(http, call->attempt);
}

static HttpVerdict sign_in(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    SignIn *call = http_kept(http);
    if (call != NULL)
        return answer_sign_in(http, call);
    json_auto_t *content = take_json(http);
    if (content == NULL)
        return HTTP_DONE;
    if (!has_text(content, "address") || !has_text(content, "password"))
        return refuse(http, 400, "input", "Hãy nhập địa chỉ thư và mật khẩu.");
    NetSession *session = http_session(http);
    call = g_new0(SignIn, 1);
    http_keep(http, call, sign_in_free);
    call->keep = json_is_true(json_object_get(content, "keep"));
    call->attempt =
        auth_begin(service->auth, text_of(content, "address"), text_of(content, "password"),
                   net_session_peer(session), "web", net_session_id(session), wake, session);
    wipe_text(content, "password");
    return answer_sign_in(http, call);
}

/* ---- Another password ---- */

static HttpVerdict answer_change(HttpCall *http, const SignIn *call) {
    AuthResult result = auth_result(call->attempt);
    if (result == AUTH_PENDING)
        return HTTP_LATER;
    if (result != AUTH_OK)
        return answer_outcome(http, call->attempt);
    http_answer_empty(http, 204);
    return HTTP_DONE;
}

/* [Điều 5.2, 12.1, 12.2] Without a session: who has to change it has none. */
static HttpVerdict change_password(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    SignIn *call = http_kept(http);
    if (call != NULL)
        return answer_change(http, call);
    json_auto_t *content = take_json(http);
    if (content == NULL)
        return HTTP_DONE;
    if (!has_text(content, "address") || !has_text(content, "old") || !has_text(content, "new"))
        return refuse(http, 400, "input",
                      "Hãy nhập địa chỉ thư, mật khẩu đang dùng và mật khẩu mới.");
    NetSession *session = http_session(http);
    call = g_new0(SignIn, 1);
    http_keep(http, call, sign_in_free);
    call->attempt =
        auth_change_begin(service->auth, text_of(content, "address"), text_of(content, "old"),
                          text_of(content, "new"), json_is_true(json_object_get(content, "accept")),
                          net_session_peer(session), "web", net_session_id(session), wake, session);
    wipe_text(content, "old");
    wipe_text(content, "new");
    return answer_change(http, call);
}

static HttpVerdict show_rule(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    g_autoptr(Regulation) regulation = service->regulation(service->data);
    g_auto(Buffer) text;
    buffer_init(&text, ANSWER_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    put_rule(&w, regulation, NULL);
    json_close(&w, '}');
    return answer_json(http, 200, &text);
}

/* Judges as one types: point by point, by the very function that decides later. */
static HttpVerdict judge(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    json_auto_t *content = take_json(http);
    if (content == NULL)
        return HTTP_DONE;
    if (!json_is_string(json_object_get(content, "password")))
        return refuse(http, 400, "input", "Thiếu mật khẩu cần xét.");
    g_autoptr(Regulation) regulation = service->regulation(service->data);
    const char *address = json_string_value(json_object_get(content, "address"));
    g_autofree char *login = address == NULL ? NULL : g_strndup(address, strcspn(address, "@"));
    Bytes password = text_of(content, "password");
    g_autoptr(Verdict) verdict = regulation_check_password(regulation, password, login, FALSE);
    g_auto(Buffer) text;
    buffer_init(&text, ANSWER_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_bool(&w, "good", verdict->allowed);
    json_text(&w, "detail", verdict->allowed ? NULL : verdict->text_vi);
    put_rule(&w, regulation, &password);
    json_close(&w, '}');
    wipe_text(content, "password");
    return answer_json(http, 200, &text);
}

/* ---- The session ---- */

static void unsaved_attempt_free(gpointer attempt) {
    auth_attempt_free(attempt);
}

static AuthAttempt *caller_of(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    AuthAttempt *attempt = http_kept(http);
    if (attempt == NULL && (attempt = http_caller_begin(http, service->auth, "web")) != NULL)
        http_keep(http, attempt, unsaved_attempt_free);
    return attempt;
}

static HttpVerdict sign_out(HttpCall *http) {
    const AdminService *service = http_service_data(http);
    HttpVerdict verdict;
    AuthAttempt *attempt = caller_of(http);
    g_autoptr(GError) error = NULL;
    gboolean over = attempt == NULL || auth_result(attempt) == AUTH_ENDED;
    if (!over && !http_caller_ready(http, attempt, 0, &verdict))
        return verdict;
    if (!over && auth_session(attempt) != 0 &&
        !directory_session_end(service->directory, auth_account(attempt), auth_session(attempt), 0,
                               NULL, NULL, &error) &&
        !cv_error_is(error, CV_ERROR_NOT_FOUND)) {
        log_event(LOG_LEVEL_ERROR, "auth.storage", "error", error->message, NULL);
        return refuse(http, 503, "busy", "Hệ thống đang bận, chưa đăng xuất được. Hãy thử lại.");
    }
    set_cookie(http, "", 0);
    http_answer_empty(http, 204);
    return HTTP_DONE;
}

/* Is somebody signed in here? Never 401: a page asks it before it knows. */
static HttpVerdict show_session(HttpCall *http) {
    g_autofree char *token = http_cookie(http, AUTH_COOKIE);
    AuthAttempt *attempt = token == NULL ? NULL : caller_of(http);
    const DirectoryAccount *account = NULL;
    if (attempt != NULL && auth_result(attempt) == AUTH_BUSY)
        return refuse(http, 503, "busy", "Hệ thống đang bận. Hãy thử lại sau một phút.");
    if (attempt != NULL && auth_session(attempt) != 0)
        account = auth_account(attempt);
    g_auto(Buffer) text;
    buffer_init(&text, ANSWER_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_text(&w, "state", account == NULL ? "signed_out" : "signed_in");
    if (account != NULL)
        put_account(&w, account);
    json_close(&w, '}');
    return answer_json(http, 200, &text);
}

const HttpRoute admin_sign_in_routes[] = {
    {HTTP_POST, "/dang-nhap", FORM_MAXIMUM, sign_in, NULL},
    {HTTP_POST, "/dang-nhap/mat-khau", FORM_MAXIMUM, change_password, NULL},
    {HTTP_GET, "/dang-nhap/quy-tac", 0, show_rule, NULL},
    {HTTP_POST, "/dang-nhap/xet", FORM_MAXIMUM, judge, NULL},
    {HTTP_POST, "/dang-xuat", 0, sign_out, NULL},
    {HTTP_GET, "/phien", 0, show_session, NULL},
    {0},
};
