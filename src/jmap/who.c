/* Who is this, and how much has the account under way? */
#include "jmap/request.h"

#include "http/caller.h"

void jmap_who_clear(JmapWho *who) {
    auth_attempt_free(who->attempt);
    *who = (JmapWho){0};
}

const DirectoryAccount *jmap_who_account(const JmapWho *who) {
    return auth_account(who->attempt);
}

HttpVerdict jmap_who(JmapWho *who, HttpCall *call, const JmapService *service, gboolean *known) {
    HttpVerdict verdict = HTTP_DONE;
    if (who->attempt == NULL)
        who->attempt = http_caller_begin(call, service->auth, "jmap");
    *known = http_caller_ready(call, who->attempt, 0, &verdict);
    return verdict;
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
