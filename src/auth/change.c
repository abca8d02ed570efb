/* The owner sets another password: on the lane, behind the verification of the old one. */
#include "auth/internal.h"

#include "base/log.h"

static void refuse(AuthAttempt *attempt, Verdict *verdict) {
    verdict_free(attempt->verdict);
    g_free(attempt->said);
    attempt->verdict = verdict;
    attempt->warns = FALSE;
    attempt->said = g_strdup_printf("%s; %s", verdict->text_vi, verdict->text_en);
    attempt_finish(attempt, AUTH_REFUSED, NULL);
}

static void fail(AuthAttempt *attempt, const GError *error) {
    log_event(LOG_LEVEL_ERROR, "auth.storage", "session", attempt->session, "error", error->message,
              NULL);
    g_clear_pointer(&attempt->verdict, verdict_free);
    g_clear_pointer(&attempt->said, g_free);
    attempt_finish(attempt, AUTH_BUSY, NULL);
}

void attempt_change(AuthAttempt *attempt, DirectoryAccount *account,
                    const DirectoryCredential *credential) {
    Auth *auth = attempt->auth;
    g_autoptr(GError) error = NULL;
    g_autoptr(DirectoryAccount) owner = account;
    g_autoptr(Regulation) regulation =
        auth->regulation == NULL ? NULL : auth->regulation(auth->regulation_data);
    if (regulation == NULL) {
        cv_fail(&error, CV_ERROR_INTERNAL, "a password cannot be judged without a regulation");
        fail(attempt, error);
        return;
    }
    g_autofree char *who = g_strdup_printf("%s (%s)", owner->address, attempt->door);
    AuditAct act = {who, ""};
    Verdict *refusal = NULL;
    if (directory_password_change(auth->directory, regulation, owner->id, credential->hash,
                                  bytes_of(attempt->wanted, attempt->wanted_n), attempt->accepts,
                                  &act, &refusal, &error))
        attempt_finish(attempt, AUTH_OK, g_steal_pointer(&owner));
    else if (refusal != NULL)
        refuse(attempt, refusal);
    else
        fail(attempt, error);
}
