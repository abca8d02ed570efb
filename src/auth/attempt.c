/* What an attempt is and what it came to: its outcome is set once, told once, and read by its owner
 * from then on. */
#include "auth/internal.h"

#include "base/log.h"
#include "base/metrics.h"
#include "directory/activity.h"

METRIC_COUNTER(attempts_ok, "congvu_auth_attempts_total{result=\"ok\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_failed, "congvu_auth_attempts_total{result=\"failed\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_locked, "congvu_auth_attempts_total{result=\"locked\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_busy, "congvu_auth_attempts_total{result=\"busy\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_change, "congvu_auth_attempts_total{result=\"change\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_over, "congvu_auth_attempts_total{result=\"over\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_refused, "congvu_auth_attempts_total{result=\"refused\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_ended, "congvu_auth_attempts_total{result=\"ended\"}",
               "Attempts to sign in, by result");
METRIC_COUNTER(attempts_foreign, "congvu_auth_attempts_total{result=\"foreign\"}",
               "Attempts to sign in, by result");

static const struct {
    const char *name, *text;
    Metric *metric;
} results[] = {
    [AUTH_OK] = {"ok", "Đã đăng nhập; signed in", &attempts_ok},
    [AUTH_FAILED] = {"failed",
                     "Tên đăng nhập hoặc mật khẩu không đúng; the name or the password is wrong",
                     &attempts_failed},
    [AUTH_LOCKED] = {"locked",
                     "Tài khoản đang tạm khóa; đề nghị liên hệ đầu mối của đơn vị để cơ quan gửi "
                     "văn bản đề nghị mở khóa (điểm c khoản 2 Điều 4 Quy chế); the account is "
                     "locked (Điều 4.2.c)",
                     &attempts_locked},
    [AUTH_BUSY] = {"busy", "Hệ thống đang bận, hãy thử lại sau; too busy, try again later",
                   &attempts_busy},
    [AUTH_CHANGE] = {"change",
                     "Mật khẩu này chỉ dùng để đặt mật khẩu mới; this password is only good for "
                     "setting your own",
                     &attempts_change},
    [AUTH_OVER] = {"over", "Mật khẩu cấp lần đầu đã hết hạn; the one-time password is over",
                   &attempts_over},
    [AUTH_REFUSED] = {"refused", "Mật khẩu mới chưa đạt; the new password does not do",
                      &attempts_refused},
    [AUTH_ENDED] = {"ended",
                    "Phiên đăng nhập đã hết hạn hoặc đã được đăng xuất; hãy đăng nhập lại; this "
                    "session is over, sign in again",
                    &attempts_ended},
    [AUTH_FOREIGN] = {"foreign",
                      "Yêu cầu đến từ trang của nơi khác nên không được nhận; the request comes "
                      "from another site's page",
                      &attempts_foreign},
};
G_STATIC_ASSERT(G_N_ELEMENTS(results) == AUTH_RESULTS);

static const char slowed_text[] = "Đã thử sai quá nhiều lần từ địa chỉ này, hãy thử lại sau một "
                                  "phút; too many failures from this "
                                  "address, try again in a minute";

/* ---- Life ---- */

void attempt_wipe(AuthAttempt *attempt) {
    if (attempt->password != NULL)
        crypto_wipe(attempt->password, attempt->password_n);
    if (attempt->wanted != NULL)
        crypto_wipe(attempt->wanted, attempt->wanted_n);
    g_clear_pointer(&attempt->password, g_free);
    g_clear_pointer(&attempt->wanted, g_free);
}

void attempt_unref(AuthAttempt *attempt) {
    if (!g_atomic_int_dec_and_test(&attempt->references))
        return;
    attempt_wipe(attempt);
    if (attempt->work_free != NULL)
        attempt->work_free(attempt->work_data);
    directory_account_free(attempt->account);
    verdict_free(attempt->verdict);
    g_free(attempt->said);
    g_free(attempt->held);
    g_free(attempt->name);
    g_free(attempt->peer);
    g_free(attempt->door);
    g_free(attempt->session);
    g_free(attempt);
}

static void log_result(const AuthAttempt *attempt, AuthResult result) {
    if (attempt->work != NULL)
        return; /* nobody's attempt to sign in */
    metric_add(results[result].metric, 1);
    log_event(result == AUTH_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "auth.attempt", "session",
              attempt->session, "door", attempt->door, "peer", attempt->peer, "name", attempt->name,
              "account", attempt->account == NULL ? NULL : attempt->account->address, "result",
              results[result].name, NULL);
}

void attempt_finish(AuthAttempt *attempt, AuthResult result, DirectoryAccount *account) {
    Auth *auth = attempt->auth;
    attempt->account = account;
    attempt->text = attempt->sent_away                           ? slowed_text
                    : attempt->said != NULL && result != AUTH_OK ? attempt->said
                                                                 : results[result].text;
    attempt_wipe(attempt);
    if (result == AUTH_OK && account != NULL) {
        directory_saw(auth->directory, account->id, ACTIVITY_SIGNED_IN); /* [Điều 4.2.c] */
        shared_watch(attempt, account);
    }
    log_result(attempt, result);
    g_mutex_lock(&auth->lock);
    g_atomic_int_set(&attempt->result, (gint)result);
    gboolean tell = !attempt->dropped;
    attempt->telling = tell ? g_thread_self() : NULL;
    g_mutex_unlock(&auth->lock);
    if (!tell)
        return;
    attempt->done(attempt->done_data);
    g_mutex_lock(&auth->lock);
    attempt->telling = NULL;
    g_cond_broadcast(&auth->told);
    g_mutex_unlock(&auth->lock);
}

AuthAttempt *attempt_answered(Auth *auth, AuthResult result, DirectoryAccount *account) {
    AuthAttempt *attempt = g_new0(AuthAttempt, 1);
    attempt->references = 1;
    attempt->auth = auth;
    attempt->account = account;
    attempt->text = results[result].text;
    attempt->result = (gint)result;
    if (result != AUTH_OK)
        metric_add(results[result].metric, 1);
    return attempt;
}

Bytes attempt_password(const AuthAttempt *attempt) {
    return bytes_of(attempt->password, attempt->password_n);
}

void attempt_fail_busy(AuthAttempt *attempt) {
    g_mutex_lock(&attempt->auth->lock);
    guesses_forgive(attempt->auth->guesses, &attempt->key);
    g_mutex_unlock(&attempt->auth->lock);
    attempt_finish(attempt, AUTH_BUSY, NULL);
}

/* ---- For the owner ---- */

AuthResult auth_result(AuthAttempt *attempt) {
    return (AuthResult)g_atomic_int_get(&attempt->result);
}

const DirectoryAccount *auth_account(AuthAttempt *attempt) {
    return auth_result(attempt) == AUTH_OK ? attempt->account : NULL;
}

const DirectoryAccount *auth_owner(AuthAttempt *attempt) {
    AuthResult result = auth_result(attempt);
    return result == AUTH_OK || result == AUTH_CHANGE ? attempt->account : NULL;
}

const Verdict *auth_verdict(AuthAttempt *attempt) {
    return auth_result(attempt) == AUTH_PENDING || attempt->warns ? NULL : attempt->verdict;
}

const char *auth_warning(AuthAttempt *attempt) {
    return auth_result(attempt) == AUTH_OK && attempt->warns ? attempt->said : NULL;
}

const char *auth_warning_vi(AuthAttempt *attempt) {
    return auth_warning(attempt) == NULL ? NULL : attempt->verdict->text_vi;
}

const char *auth_text(AuthAttempt *attempt) {
    return auth_result(attempt) == AUTH_PENDING ? "" : attempt->text;
}
