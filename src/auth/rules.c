/* A right password is not always a good one: the regulation says for how long, and an operator's
 * one-time password is good only for setting another [Điều 5.2, 12.2]. */
#include "auth/internal.h"

#include "base/clock.h"

void auth_set_rules(Auth *auth, Regulation *(*regulation)(gpointer data), gpointer data,
                    const char *place) {
    auth->regulation = regulation;
    auth->regulation_data = data;
    auth->place = g_strdup(place);
}

static void keep(AuthAttempt *attempt, Verdict *verdict, gboolean warning) {
    attempt->verdict = verdict;
    attempt->warns = warning;
    attempt->said = g_strdup_printf("%s; %s", verdict->text_vi, verdict->text_en);
}

/* What the file said when it was stored: without a regulation only that can be told. */
static AuthResult judge_plainly(const DirectoryCredential *credential) {
    if (credential->expires != 0 && clock_now() >= credential->expires)
        return AUTH_OVER;
    return credential->must_change ? AUTH_CHANGE : AUTH_OK;
}

/* Whoever operates the system now may have chosen the password when less was asked of it. */
static gboolean is_too_weak(const Regulation *regulation, const AuthAttempt *attempt,
                            const DirectoryCredential *credential) {
    if (!credential->administrator || credential->must_change)
        return FALSE;
    g_autoptr(Verdict) verdict =
        regulation_check_password(regulation, attempt_password(attempt), NULL, TRUE);
    return !verdict->allowed;
}

void rules_tell_lock(AuthAttempt *attempt) {
    const Auth *auth = attempt->auth;
    if (auth->regulation == NULL)
        return;
    g_autoptr(Regulation) regulation = auth->regulation(auth->regulation_data);
    keep(attempt, regulation_account_locked(regulation), FALSE);
}

AuthResult rules_judge(AuthAttempt *attempt, const DirectoryCredential *credential) {
    const Auth *auth = attempt->auth;
    if (auth->regulation == NULL)
        return judge_plainly(credential);
    g_autoptr(Regulation) regulation = auth->regulation(auth->regulation_data);
    PasswordFacts facts = {
        .must_change = credential->must_change || is_too_weak(regulation, attempt, credential),
        .expires = credential->expires,
        .changed = credential->changed,
        .administrator = credential->administrator,
        .place =
            auth->place != NULL ? auth->place : regulation_text(regulation, REGULATION_OPERATOR),
    };
    Verdict *verdict = NULL;
    PasswordState state = regulation_password_state(regulation, &facts, clock_now(), &verdict);
    if (verdict != NULL)
        keep(attempt, verdict, state == PASSWORD_SOON);
    return state == PASSWORD_OVER ? AUTH_OVER : state == PASSWORD_CHANGE ? AUTH_CHANGE : AUTH_OK;
}
