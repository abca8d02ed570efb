/* Mailbox names; see name.h. */
#include "imap/name.h"

#include "text/charset.h"
#include "text/fold.h"
#include "text/utf7.h"

void imap_name_clear(ImapName *name) {
    g_clear_pointer(&name->full, g_free);
    g_clear_pointer(&name->name, g_free);
}

/* "inbox" and "inBox/x" name INBOX (RFC 9051 5.1). */
static void fix_inbox(char *name) {
    if (g_ascii_strncasecmp(name, "INBOX", 5) == 0 && (name[5] == '\0' || name[5] == '/'))
        memcpy(name, "INBOX", 5);
}

char *imap_name_of_utf8(Bytes utf8, GError **error) {
    if (!text_is_utf8(utf8) || bytes_has_nul(utf8)) {
        cv_fail(error, CV_ERROR_INPUT, "The mailbox name is not well-formed");
        return NULL;
    }
    char *name = text_nfc(utf8);
    if (strlen(name) > IMAP_NAME_LIMIT) {
        g_free(name);
        cv_fail(error, CV_ERROR_INPUT, "The mailbox name is too long");
        return NULL;
    }
    fix_inbox(name);
    return name;
}

char *imap_name_decode(ImapSession *session, Bytes raw, GError **error) {
    g_auto(Buffer) utf8;
    buffer_init(&utf8, 4 * IMAP_NAME_LIMIT);
    if (imap_speaks_utf8(session))
        return imap_name_of_utf8(raw, error);
    if (!text_utf7_decode(raw, &utf8)) {
        cv_fail(error, CV_ERROR_INPUT, "The mailbox name is not well-formed");
        return NULL;
    }
    return imap_name_of_utf8(buffer_bytes(&utf8), error);
}

static gboolean no_such(GError **error) {
    return cv_fail(error, CV_ERROR_NOT_FOUND, "There is no such mailbox");
}

/* "local/INBOX" → the account, if the user has any right in it. */
static gboolean find_shared(ImapSession *session, const char *rest, ImapName *out, GError **error) {
    const char *slash = strchr(rest, '/');
    Bytes local = slash == NULL ? bytes_of_string(rest) : bytes_of(rest, (gsize)(slash - rest));
    g_autoptr(DirectoryAccount) account = NULL;
    DirectoryFind found = directory_login(session->service->directory, local, &account, error);
    if (found == DIRECTORY_FAILED)
        return FALSE;
    if (found != DIRECTORY_FOUND || account->id == session->account)
        return no_such(error);
    out->account = account->id;
    out->name = g_strdup(slash == NULL ? "" : slash + 1);
    fix_inbox(out->name);
    return TRUE;
}

gboolean imap_name_of(ImapSession *session, const char *full, ImapName *out, GError **error) {
    ImapName name = {.account = session->account, .full = g_strdup(full)};
    if (g_str_equal(full, IMAP_SHARED) || g_str_has_prefix(full, IMAP_SHARED "/")) {
        const char *rest = full + strlen(IMAP_SHARED);
        name.shared = TRUE;
        if (*rest == '\0' || rest[1] == '\0') {
            name.account = 0;
            name.name = g_strdup("");
        } else if (!find_shared(session, rest + 1, &name, error)) {
            imap_name_clear(&name);
            return FALSE;
        }
    } else {
        name.name = g_strdup(full);
    }
    *out = name;
    return TRUE;
}

gboolean imap_take_name(ImapSession *session, ImapParser *args, ImapName *out) {
    Bytes raw;
    g_autoptr(GError) error = NULL;
    if (!imap_take_astring(args, &raw)) {
        imap_bad_args(session, args);
        return FALSE;
    }
    g_autofree char *full = imap_name_decode(session, raw, &error);
    if (full != NULL && imap_name_of(session, full, out, &error))
        return TRUE;
    imap_fail(session, error);
    return FALSE;
}

StoreMailbox *imap_name_open(ImapSession *session, DbConn *conn, const ImapName *name,
                             StoreRights needed, StoreRights *rights, GError **error) {
    Store *store = session->service->store;
    if (name->account == 0 || *name->name == '\0') {
        no_such(error);
        return NULL;
    }
    g_autoptr(StoreMailbox) mailbox =
        store_mailbox_find(store, conn, name->account, name->name, error);
    if (mailbox == NULL)
        return NULL;
    StoreRights have = store_rights(store, conn, mailbox->id, session->account);
    if (rights != NULL)
        *rights = have;
    if ((have & needed) == needed)
        return g_steal_pointer(&mailbox);
    if (have & STORE_RIGHT_LOOKUP)
        cv_fail(error, CV_ERROR_DENIED, "You have not the right to do this with the mailbox");
    else
        no_such(error);
    return NULL;
}

StoreMailbox *imap_name_find(ImapSession *session, const ImapName *name, StoreRights needed,
                             StoreRights *rights, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    return conn == NULL ? NULL : imap_name_open(session, conn, name, needed, rights, error);
}

char *imap_shared_inbox(const char *address) {
    const char *at = strrchr(address, '@');
    return g_strdup_printf(IMAP_SHARED "/%.*s/INBOX",
                           (int)(at == NULL ? strlen(address) : (gsize)(at - address)), address);
}

char *imap_account_local(ImapSession *session, gint64 account) {
    g_autoptr(DirectoryAccount) found =
        directory_account(session->service->directory, account, NULL);
    if (found == NULL)
        return NULL;
    const char *at = strrchr(found->address, '@');
    return at == NULL ? g_strdup(found->address)
                      : g_strndup(found->address, (gsize)(at - found->address));
}

char *imap_name_full(ImapSession *session, gint64 account, const char *name) {
    if (account == session->account)
        return g_strdup(name);
    g_autofree char *local = imap_account_local(session, account);
    return g_strconcat(IMAP_SHARED "/", local == NULL ? "?" : local, "/", name, NULL);
}
