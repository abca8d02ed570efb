/* GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208). An account is one quota root: "" is the user's own,
 * "Shared/x" another account's. Amounts are in units of 1024 octets. */
#include "imap/name.h"

static char *root_of(ImapSession *session, gint64 account) {
    if (account == session->account)
        return g_strdup("");
    g_autofree char *local = imap_account_local(session, account);
    return g_strconcat(IMAP_SHARED "/", local == NULL ? "?" : local, NULL);
}

static gboolean put_quota(ImapSession *session, gint64 account, GError **error) {
    StoreAccount quota = {0};
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL || !store_account_get(session->service->store, conn, account, &quota, error))
        return FALSE;
    g_autofree char *root = root_of(session, account);
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* QUOTA ");
    imap_put_mailbox(out, root, imap_speaks_utf8(session));
    if (quota.quota_limit > 0)
        buffer_printf(out, " (STORAGE %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ")\r\n",
                      (quota.quota_used + 1023) / 1024, quota.quota_limit / 1024);
    else
        buffer_append_string(out, " ()\r\n");
    return TRUE;
}

/* Has the user any mailbox of the account that he may read? INBOX stands for all. */
static gboolean may_see(ImapSession *session, gint64 account, GError **error) {
    ImapName inbox = {.account = account, .name = (char *)"INBOX"};
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, &inbox, STORE_RIGHT_READ, NULL, error);
    return mailbox != NULL;
}

static gboolean root_account(ImapSession *session, Bytes raw, gint64 *account, GError **error) {
    g_auto(ImapName) name = {0};
    g_autofree char *full = imap_name_decode(session, raw, error);
    if (full == NULL)
        return FALSE;
    *account = session->account;
    if (*full == '\0')
        return TRUE;
    if (!imap_name_of(session, full, &name, error))
        return FALSE;
    if (!name.shared || name.account == 0 || *name.name != '\0')
        return cv_fail(error, CV_ERROR_NOT_FOUND, "There is no such quota root");
    *account = name.account;
    return may_see(session, name.account, error);
}

void imap_cmd_getquota(ImapSession *session, ImapParser *args) {
    g_autoptr(GError) error = NULL;
    gint64 account = 0;
    Bytes raw;
    if (!imap_take_space(args) || !imap_take_astring(args, &raw) || !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    if (!root_account(session, raw, &account, &error) || !put_quota(session, account, &error))
        imap_fail(session, error);
    else
        imap_completed(session, NULL);
}

void imap_cmd_getquotaroot(ImapSession *session, ImapParser *args) {
    g_auto(ImapName) name = {0};
    g_autoptr(GError) error = NULL;
    if (!imap_take_space(args)) {
        imap_bad_args(session, args);
        return;
    }
    if (!imap_take_name(session, args, &name))
        return;
    if (!imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, &name, STORE_RIGHT_READ, NULL, &error);
    if (mailbox == NULL) {
        imap_fail(session, error);
        return;
    }
    g_autofree char *root = root_of(session, name.account);
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* QUOTAROOT ");
    imap_put_mailbox(out, name.full, imap_speaks_utf8(session));
    buffer_append_byte(out, ' ');
    imap_put_mailbox(out, root, imap_speaks_utf8(session));
    buffer_append_string(out, "\r\n");
    if (!put_quota(session, name.account, &error))
        imap_fail(session, error);
    else
        imap_completed(session, NULL);
}

void imap_cmd_setquota(ImapSession *session, ImapParser *args) {
    /* [Điều 5.1] the quota is the regulation's and the administrator's; QUOTASET is not offered. */
    imap_no(session, "NOPERM",
            "Dung lượng do cơ quan quản lý quy định / Quotas are set by the "
            "administrator");
}
