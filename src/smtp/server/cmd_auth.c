/* AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616). The password lane works while the session is
 * parked; what held the password is wiped as soon as the lane has its copy. */
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/server/session.h"

METRIC_COUNTER(sign_ins, "congvu_smtp_sign_ins_total", "Sign-ins over SMTP");
METRIC_COUNTER(sign_in_failures, "congvu_smtp_sign_in_failures_total",
               "Sign-ins over SMTP that failed");

void smtp_auth_forget(SmtpSession *session) {
    g_clear_pointer(&session->attempt, auth_attempt_free);
    g_clear_pointer(&session->login_name, g_free);
    session->login_name_length = 0;
}

static void done(gpointer data) {
    net_wake(data); /* the session lives: it frees the attempt first, which waits for us */
}

static void begin(SmtpSession *session, Bytes name, Bytes password) {
    session->phase = SMTP_PHASE_WAIT_AUTH;
    session->attempt = auth_begin(
        session->service->auth, name, password, net_session_peer(session->net),
        smtp_door_name(session->service->door), net_session_id(session->net), done, session->net);
}

static void malformed(SmtpSession *session) {
    session->phase = SMTP_PHASE_COMMAND;
    smtp_auth_forget(session);
    smtp_reply(session, 501, "5.5.2 Malformed AUTH response");
}

static void plain_response(SmtpSession *session, Bytes message) {
    Bytes name, password;
    if (auth_parse_plain(message, &name, &password))
        begin(session, name, password);
    else
        malformed(session);
}

/* LOGIN asks twice: "Username:" and "Password:", both in base64. */
static void login_response(SmtpSession *session, Bytes answer) {
    if (session->login_name == NULL) {
        session->login_name =
            g_memdup2(answer.n == 0 ? (const guint8 *)"" : answer.p, MAX(answer.n, 1));
        session->login_name_length = answer.n;
        session->phase = SMTP_PHASE_AUTH;
        smtp_reply(session, 334, "UGFzc3dvcmQ6");
        return;
    }
    begin(session, bytes_of(session->login_name, session->login_name_length), answer);
}

static void response(SmtpSession *session, Bytes text) {
    gsize n = 0;
    guint8 *decoded = auth_base64_decode(text, &n);
    if (decoded == NULL) {
        malformed(session);
        return;
    }
    if (session->login)
        login_response(session, bytes_of(decoded, n));
    else
        plain_response(session, bytes_of(decoded, n));
    crypto_wipe(decoded, n);
    g_free(decoded);
    /* The line lies in the input, which is ours; it is consumed right after this. */
    crypto_wipe((guint8 *)text.p, text.n);
}

void smtp_auth_line(SmtpSession *session, Bytes line) {
    if (!bytes_is(line, "*")) {
        response(session, line);
        return;
    }
    session->phase = SMTP_PHASE_COMMAND;
    smtp_auth_forget(session);
    smtp_reply(session, 501, "5.7.0 Sign-in was cancelled"); /* RFC 4954 4 */
}

void smtp_cmd_auth(SmtpSession *session, Bytes arguments) {
    if (!smtp_is_submission(session) || session->service->auth == NULL) {
        smtp_reply(session, 503, "5.5.1 Signing in is for the submission ports");
        return;
    }
    if (session->account != 0 || session->mail != NULL) {
        smtp_reply(session, 503, "5.5.1 Signed in already, or inside a transaction");
        return;
    }
    if (!smtp_auth_offered(session)) {
        smtp_reply(session, 538, "5.7.11 Cần kết nối mã hóa (TLS) / Encryption required");
        return;
    }
    Reader r = reader_of(bytes_strip(arguments));
    gboolean login = reader_skip_nocase(&r, "LOGIN");
    if ((!login && !reader_skip_nocase(&r, "PLAIN")) ||
        (!reader_done(&r) && reader_peek(&r) != ' ')) {
        smtp_reply(session, 504, "5.5.4 Mechanism is PLAIN or LOGIN");
        return;
    }
    session->login = login;
    Bytes initial = bytes_strip(reader_rest(&r));
    if (initial.n > 0) {
        /* RFC 4954 4: "=" stands for an initial response of no bytes. */
        response(session, bytes_is(initial, "=") ? (Bytes){0} : initial);
        return;
    }
    session->phase = SMTP_PHASE_AUTH;
    smtp_reply(session, 334, login ? "VXNlcm5hbWU6" : "");
}

static void signed_in(SmtpSession *session) {
    const DirectoryAccount *account = auth_account(session->attempt);
    __atomic_store_n(&session->account, account->id, __ATOMIC_RELEASE);
    session->idle = 0;
    session->auth_failures = 0;
    net_session_signed_in(session->net);
    smtp_size_input(session);
    metric_add(&sign_ins, 1);
    log_event(LOG_LEVEL_INFO, "smtp.auth", "session", net_session_id(session->net), "account",
              log_number(account->id), "address", account->address, NULL);
    const char *warning = auth_warning(session->attempt);
    g_autofree char *text =
        g_strdup_printf("2.7.0 Đăng nhập thành công / Signed in%s%s", warning == NULL ? "" : ". ",
                        warning == NULL ? "" : warning);
    smtp_reply(session, 235, text);
}

void smtp_auth_done(SmtpSession *session) {
    AuthResult result = auth_result(session->attempt);
    if (result == AUTH_PENDING)
        return;
    session->phase = SMTP_PHASE_COMMAND;
    if (result == AUTH_OK) {
        signed_in(session);
    } else {
        static const struct {
            int code;
            const char *status;
        } answers[] = {
            [AUTH_FAILED] = {535, "5.7.8"},
            [AUTH_LOCKED] = {535, "5.7.13"},
            [AUTH_BUSY] = {454, "4.7.0"},
            /* No status of RFC 3463 says "choose another password"; 5.7.13 says that only the
             * administrator can help. */
            [AUTH_CHANGE] = {535, "5.7.0"},
            [AUTH_OVER] = {535, "5.7.13"},
        };
        g_autofree char *text =
            g_strdup_printf("%s %s", answers[result].status, auth_text(session->attempt));
        session->auth_failures += result == AUTH_FAILED;
        metric_add(&sign_in_failures, 1);
        log_event(LOG_LEVEL_INFO, "smtp.auth-failed", "session", net_session_id(session->net),
                  "peer", net_session_peer(session->net), "code", log_number(answers[result].code),
                  "text", text, NULL);
        smtp_reply(session, answers[result].code, text);
    }
    smtp_auth_forget(session);
}
