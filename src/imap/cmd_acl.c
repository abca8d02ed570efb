/* Access control lists (RFC 4314): GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS. An identifier
 * is an account's address or local part; groups, "anyone" and negative rights are not known. */
#include "imap/name.h"

static gboolean parse_rights(Bytes text, StoreRights *out) {
    static const char letters[] = STORE_RIGHT_LETTERS;
    StoreRights rights = 0;
    for (gsize i = 0; i < text.n; i++) {
        const char *at = text.p[i] == 0 ? NULL : strchr(letters, text.p[i]);
        if (at != NULL)
            rights |= 1u << (at - letters);
        else if (text.p[i] == 'c')
            rights |= STORE_RIGHT_CREATE | STORE_RIGHT_DELETE;
        else if (text.p[i] == 'd')
            rights |= STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
        else
            return FALSE;
    }
    *out = rights;
    return TRUE;
}

typedef struct {
    ImapName name;
    StoreMailbox *mailbox;
    StoreRights rights; /* the user's own */
} Target;

static void target_clear(Target *target) {
    imap_name_clear(&target->name);
    g_clear_pointer(&target->mailbox, store_mailbox_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

/* FALSE: the command has ended. */
static gboolean take_target(ImapSession *session, ImapParser *args, Target *target) {
    if (imap_take_space(args))
        return imap_take_name(session, args, &target->name);
    imap_bad_args(session, args);
    return FALSE;
}

static gboolean open_target(ImapSession *session, Target *target, StoreRights needed) {
    g_autoptr(GError) error = NULL;
    target->mailbox = imap_name_find(session, &target->name, needed, &target->rights, &error);
    if (target->mailbox == NULL)
        imap_fail(session, error);
    return target->mailbox != NULL;
}

static gboolean bad_unless(ImapSession *session, ImapParser *args, gboolean good) {
    if (!good)
        imap_bad_args(session, args);
    return good;
}

static gboolean find_identifier(ImapSession *session, Bytes identifier, gint64 *who) {
    g_autoptr(DirectoryAccount) account = NULL;
    g_autoptr(GError) error = NULL;
    DirectoryFind found =
        directory_login(session->service->directory, identifier, &account, &error);
    if (found == DIRECTORY_FAILED)
        imap_fail(session, error);
    else if (found != DIRECTORY_FOUND)
        imap_no(session, NULL, "There is no such account");
    else
        *who = account->id;
    return found == DIRECTORY_FOUND;
}

static void put_entry(ImapSession *session, Buffer *out, gint64 who, StoreRights rights) {
    g_autoptr(DirectoryAccount) account = directory_account(session->service->directory, who, NULL);
    if (account == NULL)
        return;
    buffer_append_byte(out, ' ');
    imap_put_string(out, bytes_of_string(account->address), imap_speaks_utf8(session));
    buffer_append_byte(out, ' ');
    imap_put_rights(out, rights);
}

void imap_cmd_getacl(ImapSession *session, ImapParser *args) {
    g_auto(Target) target = {0};
    g_autoptr(GError) error = NULL;
    if (!take_target(session, args, &target) || !bad_unless(session, args, imap_take_end(args)) ||
        !open_target(session, &target, STORE_RIGHT_ADMIN))
        return;
    Store *store = session->service->store;
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), &error);
    g_autoptr(GArray) list =
        conn == NULL ? NULL : store_acl_list(store, conn, target.mailbox->id, &error);
    if (list == NULL) {
        imap_fail(session, error);
        return;
    }
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* ACL ");
    imap_put_mailbox(out, target.name.full, imap_speaks_utf8(session));
    put_entry(session, out, target.mailbox->account, STORE_RIGHTS_ALL);
    for (guint i = 0; i < list->len; i++) {
        StoreAcl entry = g_array_index(list, StoreAcl, i);
        if (entry.who != target.mailbox->account)
            put_entry(session, out, entry.who, entry.rights);
    }
    buffer_append_string(out, "\r\n");
    imap_completed(session, NULL);
}

static void set_rights(ImapSession *session, const Target *target, gint64 who, StoreRights rights) {
    g_autoptr(GError) error = NULL;
    if (who == target->mailbox->account)
        imap_no(session, "CANNOT", "The owner always has all rights");
    else if (!store_rights_set(session->service->store, target->mailbox->account,
                               target->mailbox->id, who, rights, &error))
        imap_fail(session, error);
    else
        imap_completed(session, NULL);
}

static StoreRights rights_now(ImapSession *session, const Target *target, gint64 who) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), NULL);
    return conn == NULL ? 0 : store_rights(session->service->store, conn, target->mailbox->id, who);
}

void imap_cmd_setacl(ImapSession *session, ImapParser *args) {
    g_auto(Target) target = {0};
    Bytes identifier, text;
    StoreRights rights = 0;
    gint64 who = 0;
    if (!take_target(session, args, &target) ||
        !bad_unless(session, args,
                    imap_take_space(args) && imap_take_astring(args, &identifier) &&
                        imap_take_space(args) && imap_take_astring(args, &text) &&
                        imap_take_end(args)))
        return;
    guint8 sign = text.n > 0 && (*text.p == '+' || *text.p == '-') ? *text.p : 0;
    if (!parse_rights(bytes_slice(text, sign != 0, text.n), &rights)) {
        imap_bad(session, "Unknown right");
        return;
    }
    if (!open_target(session, &target, STORE_RIGHT_ADMIN) ||
        !find_identifier(session, identifier, &who))
        return;
    if (sign != 0) {
        StoreRights now = rights_now(session, &target, who);
        rights = sign == '+' ? now | rights : now & ~rights;
    }
    set_rights(session, &target, who, rights);
}

void imap_cmd_deleteacl(ImapSession *session, ImapParser *args) {
    g_auto(Target) target = {0};
    Bytes identifier;
    gint64 who = 0;
    if (!take_target(session, args, &target) ||
        !bad_unless(session, args,
                    imap_take_space(args) && imap_take_astring(args, &identifier) &&
                        imap_take_end(args)) ||
        !open_target(session, &target, STORE_RIGHT_ADMIN) ||
        !find_identifier(session, identifier, &who))
        return;
    set_rights(session, &target, who, 0);
}

void imap_cmd_listrights(ImapSession *session, ImapParser *args) {
    g_auto(Target) target = {0};
    Bytes identifier;
    gint64 who = 0;
    if (!take_target(session, args, &target) ||
        !bad_unless(session, args,
                    imap_take_space(args) && imap_take_astring(args, &identifier) &&
                        imap_take_end(args)) ||
        !open_target(session, &target, STORE_RIGHT_ADMIN) ||
        !find_identifier(session, identifier, &who))
        return;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* LISTRIGHTS ");
    imap_put_mailbox(out, target.name.full, imap_speaks_utf8(session));
    buffer_append_byte(out, ' ');
    imap_put_string(out, identifier, imap_speaks_utf8(session));
    if (who == target.mailbox->account)
        buffer_append_string(out, " lrswipkxteacd\r\n");
    else /* RFC 4314 3.7: what may be granted apart; "c" and "d" go with their parts */
        buffer_append_string(out, " \"\" l r s w i p k x t e a c d\r\n");
    imap_completed(session, NULL);
}

void imap_cmd_myrights(ImapSession *session, ImapParser *args) {
    g_auto(Target) target = {0};
    if (!take_target(session, args, &target) || !bad_unless(session, args, imap_take_end(args)) ||
        !open_target(session, &target, 0))
        return;
    /* RFC 4314 4: any of "l", "r", "i", "k", "x", "a"; for others the mailbox does not exist. */
    if (!(target.rights & (STORE_RIGHT_LOOKUP | STORE_RIGHT_READ | STORE_RIGHT_INSERT |
                           STORE_RIGHT_CREATE | STORE_RIGHT_DELETE | STORE_RIGHT_ADMIN))) {
        imap_no(session, "NONEXISTENT", "There is no such mailbox");
        return;
    }
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* MYRIGHTS ");
    imap_put_mailbox(out, target.name.full, imap_speaks_utf8(session));
    buffer_append_byte(out, ' ');
    imap_put_rights(out, target.rights);
    buffer_append_string(out, "\r\n");
    imap_completed(session, NULL);
}
