/* Passwords: one's own, and giving an account a one-time one [Điều 5.2, 12.2]. Both hash on the
 * password lane while the request is parked. */
#include "admin/view.h"

#include "directory/password.h"

static const AdminField change_fields[] = {
    {"old", FIELD_TEXT, TRUE, "Mật khẩu đang dùng, hoặc mật khẩu được cấp"},
    {"new", FIELD_TEXT, TRUE, "Mật khẩu mới"},
    {"accept", FIELD_FLAG, FALSE,
     "Đã đọc và thực hiện Quy chế; cần khi đặt mật khẩu lần đầu (khoản 1 Điều 12)"},
    {NULL},
};
static const AdminField reset_fields[] = {
    {"request", FIELD_TEXT, FALSE, "Số của văn bản đề nghị trong hệ thống"},
    {"ground", FIELD_TEXT, FALSE, "Căn cứ, khi không theo văn bản đề nghị"},
    {NULL},
};
static const AdminField one_time_fields[] = {
    {"address", FIELD_TEXT, TRUE, "Địa chỉ"},
    {"password", FIELD_TEXT, TRUE, "Mật khẩu dùng một lần; chỉ trả lời một lần, giao riêng"},
    {"expires", FIELD_INTEGER, TRUE, "Hết hạn, micro giây Unix"},
    {NULL},
};
static const AdminView view_one_time = {"OneTimePassword", one_time_fields};

/* ---- One's own ---- */

static gboolean changed(AdminCall *call, GError **error) {
    switch (auth_result(call->lane)) {
    case AUTH_PENDING:
        call->later = TRUE;
        return TRUE;
    case AUTH_OK:
        return TRUE;
    case AUTH_BUSY:
        return cv_fail(error, CV_ERROR_BUSY, "%s", auth_text(call->lane));
    case AUTH_REFUSED:
        return verdict_fail(auth_verdict(call->lane), error);
    case AUTH_FAILED:
        return cv_fail(error, CV_ERROR_DENIED,
                       "mật khẩu đang dùng không đúng; the old password is wrong");
    default:
        return cv_fail(error, CV_ERROR_DENIED, "%s", auth_text(call->lane));
    }
}

static gboolean change_own(AdminCall *call, GError **error) {
    NetSession *session = http_session(call->http);
    if (call->lane == NULL)
        call->lane = auth_change_begin(
            call->service->auth, bytes_of_string(admin_caller(call)->address),
            bytes_of_string(admin_text(call, "old")), bytes_of_string(admin_text(call, "new")),
            admin_flag(call, "accept"), net_session_peer(session), "api", net_session_id(session),
            admin_wake, session);
    return changed(call, error);
}

/* ---- A one-time one ---- */

/* What the lane needs, of its own: the request may be gone before it is done. */
typedef struct {
    Directory *directory;
    Regulation *regulation;
    char *address, *who, *ground;
    DirectoryOneTime made;
    gboolean done;
    GError *error;
} Reset;

static void reset_free(gpointer data) {
    Reset *reset = data;
    regulation_unref(reset->regulation);
    directory_one_time_clear(&reset->made);
    g_clear_error(&reset->error);
    g_free(reset->address);
    g_free(reset->who);
    g_free(reset->ground);
    g_free(reset);
}

static void reset_run(gpointer data) {
    Reset *reset = data;
    AuditAct act = {reset->who, reset->ground};
    reset->done = directory_one_time_make(reset->regulation, &reset->made, &reset->error) &&
                  directory_account_set_one_time(reset->directory, reset->address, &reset->made,
                                                 &act, &reset->error);
}

/* REFUSED without a ground [Điều 12.2]. */
static gboolean has_ground(AdminCall *call, Regulation *regulation, GError **error) {
    if (*call->act.ground != '\0')
        return TRUE;
    g_autoptr(Verdict) verdict = regulation_refuse_reset(regulation);
    return verdict_fail(verdict, error);
}

static gboolean begin_reset(AdminCall *call, GError **error) {
    const AdminService *service = call->service;
    g_autoptr(DirectoryAccount) account =
        directory_account_find(service->directory, http_path_value(call->http, 0), error);
    g_autoptr(Regulation) regulation = service->regulation(service->data);
    if (account == NULL || !admin_may(call, account->unit, error) ||
        !has_ground(call, regulation, error))
        return FALSE;
    Reset *reset = g_new0(Reset, 1);
    reset->directory = service->directory;
    reset->regulation = regulation_ref(regulation);
    reset->address = g_strdup(account->address);
    reset->who = g_strdup(call->act.who);
    reset->ground = g_strdup(call->act.ground);
    NetSession *session = http_session(call->http);
    call->state = reset;
    call->lane = auth_work_begin(service->auth, net_session_peer(session), reset_run, reset,
                                 reset_free, admin_wake, session);
    return TRUE;
}

static gboolean reset_password(AdminCall *call, GError **error) {
    if (call->lane == NULL && !begin_reset(call, error))
        return FALSE;
    AuthResult result = auth_result(call->lane);
    if (result == AUTH_PENDING) {
        call->later = TRUE;
        return TRUE;
    }
    if (result != AUTH_OK)
        return cv_fail(error, CV_ERROR_BUSY, "%s", auth_text(call->lane));
    Reset *reset = call->state;
    if (!reset->done) {
        g_propagate_error(error, g_steal_pointer(&reset->error));
        return FALSE;
    }
    json_open(&call->w, NULL, '{');
    json_text(&call->w, "address", reset->address);
    json_text(&call->w, "password", reset->made.text);
    json_int(&call->w, "expires", reset->made.expires);
    json_close(&call->w, '}');
    return TRUE;
}

const AdminOperation admin_passwords[] = {
    {HTTP_POST, "/password",
     "Đổi mật khẩu của người đăng nhập; cũng nhận mật khẩu được cấp lần đầu", "Điều 5.2",
     ACTION_OWN_CHANGE, NULL, change_fields, NULL, FALSE, change_own, 0, TRUE},
    {HTTP_POST, "/accounts/{address}/one-time-password",
     "Cấp lại mật khẩu theo văn bản đề nghị: mật khẩu dùng một lần, phải đổi khi đăng nhập",
     "Điều 12.2", ACTION_ACCOUNT_CHANGE, NULL, reset_fields, &view_one_time, FALSE, reset_password},
    {0},
};
