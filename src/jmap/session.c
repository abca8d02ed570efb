/* The session object (RFC 8620 2): what the server can do, and which accounts the caller has: its
 * own, and the mailboxes of units that it looks after. */
#include "jmap/account.h"
#include "jmap/api.h"

#include "base/crypto.h"

/* ---- Capabilities ---- */

static json_t *core_of_server(const JmapService *service) {
    const JmapLimits *l = &service->limits;
    return json_pack(
        "{sIsIsIsIsIsIsIs[ss]}", "maxSizeUpload", (json_int_t)l->size_upload, "maxConcurrentUpload",
        (json_int_t)l->concurrent_upload, "maxSizeRequest", (json_int_t)l->size_request,
        "maxConcurrentRequests", (json_int_t)l->concurrent_requests, "maxCallsInRequest",
        (json_int_t)l->calls, "maxObjectsInGet", (json_int_t)l->objects_get, "maxObjectsInSet",
        (json_int_t)l->objects_set, "collationAlgorithms", "i;ascii-casemap", "i;unicode-casemap");
}

/* RFC 8621 1.3.1. One message lies in one mailbox: docs/decisions/0020-jmap.md. */
static json_t *mail_of_account(const JmapService *service, gboolean own) {
    json_t *sorts = json_array();
    for (guint i = 0; jmap_email_sorts[i] != NULL; i++)
        json_array_append_new(sorts, json_string(jmap_email_sorts[i]));
    return json_pack("{sisisisIsosb}", "maxMailboxesPerEmail", 1, "maxMailboxDepth",
                     STORE_NAME_LEVELS, "maxSizeMailboxName", STORE_NAME_BYTES,
                     "maxSizeAttachmentsPerEmail", (json_int_t)service->limits.size_upload,
                     "emailQuerySortOptions", sorts, "mayCreateTopLevelMailbox", own);
}

/* RFC 8621 1.3.2: nothing is sent later than at once. */
static json_t *submission_of_account(const JmapService *service, gboolean own) {
    return json_pack("{siso}", "maxDelayedSend", 0, "submissionExtensions", json_object());
}

const JmapCapabilityEntry jmap_capabilities[] = {
    {"urn:ietf:params:jmap:core", JMAP_CORE, core_of_server, NULL, FALSE},
    {"urn:ietf:params:jmap:mail", JMAP_MAIL, NULL, mail_of_account, FALSE},
    {"urn:ietf:params:jmap:submission", JMAP_SUBMISSION, NULL, submission_of_account, FALSE},
    {"urn:ietf:params:jmap:vacationresponse", JMAP_VACATION, NULL, NULL, TRUE},
    {0},
};

/* ---- Accounts ---- */

static json_t *capabilities_of(const JmapService *service, gboolean own) {
    json_t *all = json_object();
    for (const JmapCapabilityEntry *entry = jmap_capabilities; entry->urn != NULL; entry++)
        if (own || !entry->own_only)
            json_object_set_new(all, entry->urn,
                                entry->account == NULL ? json_object()
                                                       : entry->account(service, own));
    return all;
}

static void add_account(json_t *accounts, const JmapService *service,
                        const DirectoryAccount *account, gboolean own, gboolean read_only) {
    char id[JMAP_ID_BYTES];
    jmap_account_id(account->id, id);
    json_object_set_new(accounts, id,
                        json_pack("{sssbsbso}", "name", account->address, "isPersonal", own,
                                  "isReadOnly", read_only, "accountCapabilities",
                                  capabilities_of(service, own)));
}

static gboolean add_accounts(json_t *accounts, const JmapService *service,
                             const DirectoryAccount *caller, GError **error) {
    add_account(accounts, service, caller, TRUE, FALSE);
    g_autoptr(GArray) shared = jmap_accounts_shared(service->store, caller->id, error);
    if (shared == NULL)
        return FALSE;
    for (guint i = 0; i < shared->len; i++) {
        const JmapShared *one = &g_array_index(shared, JmapShared, i);
        g_autoptr(DirectoryAccount) account =
            directory_account(service->directory, one->account, NULL);
        if (account != NULL)
            add_account(accounts, service, account, FALSE, one->read_only);
    }
    return TRUE;
}

char *jmap_session_state(const JmapService *service, const DirectoryAccount *account,
                         GError **error) {
    g_autoptr(GArray) shared = jmap_accounts_shared(service->store, account->id, error);
    if (shared == NULL)
        return NULL;
    guint8 digest[CRYPTO_DIGEST_BYTES];
    g_autofree char *own =
        g_strdup_printf("%" G_GINT64_FORMAT " %s", account->id, account->address);
    g_autoptr(CryptoDigest) all = crypto_digest_new();
    crypto_digest_update(all, bytes_of_string(own));
    for (guint i = 0; i < shared->len; i++) {
        const JmapShared *one = &g_array_index(shared, JmapShared, i);
        g_autofree char *text =
            g_strdup_printf(" %" G_GINT64_FORMAT ":%d", one->account, one->read_only);
        crypto_digest_update(all, bytes_of_string(text));
    }
    crypto_digest_final(all, digest);
    GString *state = g_string_new(NULL);
    for (guint i = 0; i < 8; i++)
        g_string_append_printf(state, "%02x", digest[i]);
    return g_string_free(state, FALSE);
}

static void add_url(json_t *session, const char *name, Bytes host, const char *path) {
    g_autofree char *url =
        g_strdup_printf("https://%.*s%s", (int)host.n, (const char *)host.p, path);
    json_object_set_new(session, name, json_string(url));
}

static json_t *session_of(const JmapService *service, const DirectoryAccount *caller, Bytes host,
                          GError **error) {
    g_autofree char *state = jmap_session_state(service, caller, error);
    g_autoptr(json_t) accounts = json_object();
    if (state == NULL || !add_accounts(accounts, service, caller, error))
        return NULL;
    json_t *session = json_object(), *server = json_object(), *primary = json_object();
    char id[JMAP_ID_BYTES];
    jmap_account_id(caller->id, id);
    for (const JmapCapabilityEntry *entry = jmap_capabilities; entry->urn != NULL; entry++) {
        json_object_set_new(server, entry->urn,
                            entry->server == NULL ? json_object() : entry->server(service));
        if (entry->bit != JMAP_CORE)
            json_object_set_new(primary, entry->urn, json_string(id));
    }
    json_object_set_new(session, "capabilities", server);
    json_object_set(session, "accounts", accounts);
    json_object_set_new(session, "primaryAccounts", primary);
    json_object_set_new(session, "username", json_string(caller->address));
    add_url(session, "apiUrl", host, "/jmap/api");
    add_url(session, "downloadUrl", host,
            "/jmap/download/{accountId}/{blobId}/{name}?accept={type}");
    add_url(session, "uploadUrl", host, "/jmap/upload/{accountId}");
    add_url(session, "eventSourceUrl", host,
            "/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}");
    json_object_set_new(session, "state", json_string(state));
    return session;
}

/* ---- The resource ---- */

static void who_free(gpointer data) {
    jmap_who_clear(data);
    g_free(data);
}

HttpVerdict jmap_session_handle(HttpCall *call) {
    JmapWho *who = http_kept(call);
    const JmapService *service = http_route_data(call);
    gboolean known = FALSE;
    if (who == NULL)
        http_keep(call, who = g_new0(JmapWho, 1), who_free);
    HttpVerdict verdict = jmap_who(who, call, service, &known);
    if (verdict == HTTP_LATER || !known)
        return verdict;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) session =
        session_of(service, jmap_who_account(who), http_field(call, "host"), &error);
    g_autofree char *text = session == NULL ? NULL : json_dumps(session, JSON_COMPACT);
    if (text == NULL)
        http_answer_problem(call, 500, "Lỗi của hệ thống. Hãy báo đơn vị quản trị, vận hành.");
    else
        http_answer(call, 200, "application/json", bytes_of_string(text));
    return HTTP_DONE;
}
