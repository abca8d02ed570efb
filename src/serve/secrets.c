#include "serve/secrets.h"

#include "secret/guard.h"

gboolean secrets_judge(const StoreJudged *judged, gpointer data, GError **error) {
    Instance *instance = data;
    if (judged->account == 0)
        return TRUE; /* nobody's mailbox: it will be told */
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    const SecretMail mail = {judged->message, judged->parsed->structure,
                             judged->parsed->header_bytes, judged->door, judged->account};
    g_autoptr(Verdict) refusal = NULL;
    if (!secret_guard(instance->directory, regulation, &mail, &refusal, error))
        return FALSE;
    return refusal == NULL || verdict_fail(refusal, error);
}
