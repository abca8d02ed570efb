/* Every method, with what it takes: an argument that is not named here is an error. */
#include "jmap/methods.h"

#include <string.h>

#define MAIL       (JMAP_CORE | JMAP_MAIL)
#define SUBMISSION (JMAP_CORE | JMAP_SUBMISSION)

#define GET           "accountId ids properties"
#define CHANGE        "accountId sinceState maxChanges"
#define QUERY         "accountId filter sort position anchor anchorOffset limit calculateTotal"
#define QUERY_CHANGES "accountId filter sort sinceQueryState maxChanges upToId calculateTotal"
#define SET           "accountId ifInState create update destroy"
#define BODY                                                                                       \
    "properties bodyProperties fetchTextBodyValues fetchHTMLBodyValues fetchAllBodyValues "        \
    "maxBodyValueBytes"

static const JmapMethod methods[] = {
    {"Core/echo", JMAP_CORE, NULL, jmap_core_echo},
    {"Blob/copy", JMAP_CORE, "fromAccountId accountId blobIds", jmap_blob_copy},
    {"PushSubscription/get", JMAP_CORE, "ids properties", jmap_push_subscription_get},
    {"PushSubscription/set", JMAP_CORE, "create update destroy", jmap_push_subscription_set},
    {"Mailbox/get", MAIL, GET, jmap_mailbox_get},
    {"Mailbox/changes", MAIL, CHANGE, jmap_mailbox_changes},
    {"Mailbox/query", MAIL, QUERY " sortAsTree filterAsTree", jmap_mailbox_query},
    {"Mailbox/queryChanges", MAIL, QUERY_CHANGES " sortAsTree filterAsTree",
     jmap_mailbox_query_changes},
    {"Mailbox/set", MAIL, SET " onDestroyRemoveEmails", jmap_mailbox_set},
    {"Thread/get", MAIL, GET, jmap_thread_get},
    {"Thread/changes", MAIL, CHANGE, jmap_thread_changes},
    {"Email/get", MAIL, "accountId ids " BODY, jmap_email_get},
    {"Email/changes", MAIL, CHANGE, jmap_email_changes},
    {"Email/query", MAIL, QUERY " collapseThreads", jmap_email_query},
    {"Email/queryChanges", MAIL, QUERY_CHANGES " collapseThreads", jmap_email_query_changes},
    {"Email/set", MAIL, SET, jmap_email_set},
    {"Email/copy", MAIL,
     "fromAccountId ifFromInState accountId ifInState create onSuccessDestroyOriginal "
     "destroyFromIfInState",
     jmap_email_copy},
    {"Email/import", MAIL, "accountId ifInState emails", jmap_email_import},
    {"Email/parse", MAIL, "accountId blobIds " BODY, jmap_email_parse},
    {"SearchSnippet/get", MAIL, "accountId filter emailIds", jmap_snippet_get},
    {"Identity/get", SUBMISSION, GET, jmap_identity_get},
    {"Identity/changes", SUBMISSION, CHANGE, jmap_identity_changes},
    {"Identity/set", SUBMISSION, SET, jmap_identity_set},
    {"EmailSubmission/get", SUBMISSION, GET, jmap_submission_get},
    {"EmailSubmission/changes", SUBMISSION, CHANGE, jmap_submission_changes},
    {"EmailSubmission/query", SUBMISSION, QUERY, jmap_submission_query},
    {"EmailSubmission/queryChanges", SUBMISSION, QUERY_CHANGES, jmap_submission_query_changes},
    {"EmailSubmission/set", SUBMISSION, SET " onSuccessUpdateEmail onSuccessDestroyEmail",
     jmap_submission_set},
    {"VacationResponse/get", JMAP_CORE | JMAP_VACATION, GET, jmap_vacation_get},
    {"VacationResponse/set", JMAP_CORE | JMAP_VACATION, SET, jmap_vacation_set},
};

const JmapMethod *jmap_method_find(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
        if (g_str_equal(methods[i].name, name))
            return &methods[i];
    return NULL;
}

static gboolean is_listed(const char *list, const char *name) {
    gsize n = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0';) {
        gsize word = strcspn(at, " ");
        if (word == n && memcmp(at, name, n) == 0)
            return TRUE;
        at += word + (at[word] == ' ');
    }
    return FALSE;
}

const char *jmap_method_stranger(const JmapMethod *method, json_t *arguments) {
    const char *name;
    json_t *value;
    if (method->arguments == NULL)
        return NULL;
    json_object_foreach(arguments, name,
                        value) if (!is_listed(method->arguments, name)) return name;
    return NULL;
}

/* RFC 8620 4. */
JmapVerdict jmap_core_echo(JmapCall *call) {
    return jmap_answer(call, json_incref(call->arguments));
}
