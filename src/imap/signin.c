/* Signing in; see signin.h. The password goes to auth's lane and the session parks; nothing of it
 * stays here. */
#include "imap/signin.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"

typedef struct {
    ImapJob job;
    AuthAttempt *attempt;
} SigninJob;

METRIC_COUNTER(signins_good, "congvu_imap_signins_total{result=\"ok\"}", "Sign-ins over IMAP");
METRIC_COUNTER(signins_bad, "congvu_imap_signins_total{result=\"failed\"}", "Sign-ins over IMAP");

static void on_done(gpointer data) {
    net_wake(data);
}

static void signin_free(ImapJob *job) {
    SigninJob *self = (SigninJob *)job;
    auth_attempt_free(self->attempt); /* afterwards on_done is not called any more */
    g_free(self);
}

/* Another password, another number; no account has password hash 0. */
static guint64 credential_mark(ImapSession *session, gint64 account) {
    g_autofree char *hash = directory_credential(session->service->directory, account, NULL);
    guint8 digest[CRYPTO_DIGEST_BYTES];
    guint64 mark = 0;
    crypto_digest(bytes_of_string(hash), digest);
    memcpy(&mark, digest, sizeof mark);
    return mark;
}

static gboolean settle(ImapSession *session, const DirectoryAccount *account, GError **error) {
    if (!store_account_ensure(session->service->store, account->id, account->quota, error))
        return FALSE;
    session->credential = credential_mark(session, account->id);
    session->address = g_strdup(account->address);
    __atomic_store_n(&session->account, account->id, __ATOMIC_RELEASE);
    session->errors = 0;
    net_session_signed_in(session->net);
    net_set_input_maximum(session->net, G_MAXSIZE);
    return TRUE;
}

void imap_signed_in(ImapSession *session, const DirectoryAccount *account) {
    g_autoptr(GError) error = NULL;
    if (!settle(session, account, &error)) {
        imap_fail(session, error);
        return;
    }
    imap_put_alert(session);
    metric_add(&signins_good, 1);
    log_event(LOG_LEVEL_INFO, "imap.signin", "session", net_session_id(session->net), "peer",
              net_session_peer(session->net), "account", account->address, "tls",
              net_session_is_secure(session->net) ? net_session_cipher(session->net) : "no", NULL);
    g_auto(Buffer) code;
    buffer_init(&code, 4096);
    buffer_append_string(&code, "CAPABILITY ");
    imap_put_capabilities(session, &code);
    buffer_append_byte(&code, 0);
    imap_ok(session, (const char *)buffer_bytes(&code).p, "Signed in");
}

/* RFC 5530 3: EXPIRED asks the person for another password, CONTACTADMIN to turn to somebody who
 * can help; both only say so to whom gave the right one. */
static const char *code_of(AuthResult result) {
    switch (result) {
    case AUTH_LOCKED:
    case AUTH_OVER:
        return "CONTACTADMIN";
    case AUTH_CHANGE:
        return "EXPIRED";
    case AUTH_BUSY:
        return "UNAVAILABLE";
    default:
        return "AUTHENTICATIONFAILED";
    }
}

static void refuse(ImapSession *session, AuthResult result, const char *text) {
    const char *code = code_of(result);
    metric_add(&signins_bad, 1);
    log_event(LOG_LEVEL_INFO, "imap.signin_failed", "session", net_session_id(session->net), "peer",
              net_session_peer(session->net), "code", code, NULL);
    imap_no(session, code, text);
    if (++session->signins >= session->service->options.stranger_signins)
        session->goodbye = "Too many failed sign-ins";
}

/* RFC 9051 7.1: what stands behind ALERT is shown to the person. */
static void warn(ImapSession *session, const char *text) {
    if (text == NULL)
        return;
    Buffer *out = net_output(session->net);
    buffer_append_string(out, "* OK [ALERT] ");
    imap_put_text(out, text);
    buffer_append_string(out, "\r\n");
}

static ImapStep signin_step(ImapSession *session, ImapJob *job) {
    SigninJob *self = (SigninJob *)job;
    AuthResult result = auth_result(self->attempt);
    if (result == AUTH_PENDING)
        return IMAP_STEP_WAKE;
    if (result == AUTH_OK) {
        warn(session, auth_warning(self->attempt));
        imap_signed_in(session, auth_account(self->attempt));
    } else
        refuse(session, result, auth_text(self->attempt));
    return IMAP_STEP_DONE;
}

void imap_signin_begin(ImapSession *session, Bytes name, Bytes password) {
    SigninJob *self = g_new0(SigninJob, 1);
    self->job = (ImapJob){.step = signin_step, .free = signin_free};
    imap_set_job(session, &self->job);
    self->attempt =
        auth_begin(session->service->auth, name, password, net_session_peer(session->net), "imap",
                   net_session_id(session->net), on_done, session->net);
}

gboolean imap_signin_still_good(ImapSession *session) {
    if (session->account == 0)
        return TRUE;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) account =
        directory_account(session->service->directory, session->account, &error);
    if (account == NULL && !cv_error_is(error, CV_ERROR_NOT_FOUND))
        return TRUE; /* storage trouble ends nobody's session */
    if (account != NULL && account->state == DIRECTORY_ACTIVE &&
        credential_mark(session, session->account) == session->credential)
        return TRUE;
    log_event(LOG_LEVEL_INFO, "imap.ended", "session", net_session_id(session->net), "account",
              session->address, "reason", "account changed", NULL);
    imap_bye(session, "EXPIRED",
             "Tài khoản hoặc mật khẩu đã thay đổi: cần đăng nhập lại / The account or its password "
             "was changed: sign in again");
    return FALSE;
}
