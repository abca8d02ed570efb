/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4 to 6.3.8), NAMESPACE (6.3.10). */
#include "imap/list.h"
#include "imap/notify.h"
#include "imap/objectid.h"
#include "imap/view.h"

static gboolean space(ImapSession *session, ImapParser *args) {
    if (imap_take_space(args))
        return TRUE;
    imap_bad_args(session, args);
    return FALSE;
}

static gboolean end(ImapSession *session, ImapParser *args) {
    if (imap_take_end(args))
        return TRUE;
    imap_bad_args(session, args);
    return FALSE;
}

/* May the user make a mailbox of this name? RFC 4314 4: "k" on the nearest parent that exists, and
 * on INBOX for the top level of somebody else's account. */
static gboolean may_create(ImapSession *session, const ImapName *name, GError **error) {
    if (name->account == 0 || *name->name == '\0')
        return cv_fail(error, CV_ERROR_DENIED, "Mailboxes cannot be made here");
    if (!name->shared)
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL)
        return FALSE;
    g_autofree char *parent = g_strdup(name->name);
    for (;;) {
        char *slash = strrchr(parent, '/');
        if (slash != NULL)
            *slash = '\0';
        ImapName above = {.account = name->account,
                          .name = slash == NULL ? (char *)"INBOX" : parent,
                          .shared = TRUE};
        g_autoptr(GError) problem = NULL;
        g_autoptr(StoreMailbox) mailbox =
            imap_name_open(session, conn, &above, STORE_RIGHT_CREATE, NULL, &problem);
        if (mailbox != NULL)
            return TRUE;
        if (slash == NULL || !cv_error_is(problem, CV_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
}

static gboolean take_uses(ImapParser *args, StoreUse *use) {
    Bytes flag;
    if (!imap_try_byte(args, ' '))
        return imap_take_end(args);
    /* RFC 6154 3: CREATE name (USE (\Drafts)). */
    if (!imap_take_open(args) || !imap_try_word(args, "USE") || !imap_take_space(args) ||
        !imap_take_open(args))
        return imap_parser_fail(args, "Unknown CREATE parameter");
    while (!imap_try_byte(args, ')')) {
        if (*use != STORE_USE_NONE)
            return imap_parser_fail(args, "One use at most");
        if (!imap_take_flag(args, &flag))
            return FALSE;
        *use = imap_use_parse(flag);
        if (*use == STORE_USE_NONE || *use == STORE_USE_ALL || *use == STORE_USE_FLAGGED) {
            *use = STORE_USE_ALL; /* refused later with USEATTR */
        }
    }
    return (imap_try_byte(args, ')') || imap_parser_fail(args, "The parameters do not end")) &&
           imap_take_end(args);
}

/* A separator at the end says that names below are to come; here every mailbox can have them
 * (RFC 9051 6.3.4). */
static char *without_last_separator(ImapSession *session, Bytes raw, GError **error) {
    char *full = imap_name_decode(session, raw, error);
    gsize n = full == NULL ? 0 : strlen(full);
    if (n > 1 && full[n - 1] == '/')
        full[n - 1] = '\0';
    return full;
}

/* The server changed the spelling (INBOX's case, composed letters, a last separator): RFC 9051
 * 6.3.9.7 wants the client to be told. */
static void tell_oldname(ImapSession *session, const char *full, const char *given) {
    Buffer *out = imap_output(session);
    if (!imap_is_rev2(session) || g_str_equal(full, given))
        return;
    buffer_append_string(out, "* LIST () \"/\" ");
    imap_put_mailbox(out, full, TRUE);
    buffer_append_string(out, " (\"OLDNAME\" (");
    imap_put_mailbox(out, given, TRUE);
    buffer_append_string(out, "))\r\n");
}

/* RFC 8474 4.1: the id of the new mailbox (unless somebody took it away again already). */
static void end_create(ImapSession *session, gint64 mailbox) {
    Store *store = session->service->store;
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), NULL);
    g_autoptr(StoreMailbox) made =
        conn == NULL ? NULL : store_mailbox_get(store, conn, mailbox, NULL);
    if (made == NULL) {
        imap_completed(session, NULL);
        return;
    }
    char id[IMAP_OBJECTID_BYTES];
    imap_mailbox_id(made->uidvalidity, id);
    g_autofree char *code = g_strdup_printf("MAILBOXID (%s)", id);
    imap_completed(session, code);
}

void imap_cmd_create(ImapSession *session, ImapParser *args) {
    g_auto(ImapName) name = {0};
    g_autoptr(GError) error = NULL;
    StoreUse use = STORE_USE_NONE;
    gint64 id = 0;
    Bytes raw;
    if (!imap_take_space(args) || !imap_take_astring(args, &raw) || !take_uses(args, &use)) {
        imap_bad_args(session, args);
        return;
    }
    if (use == STORE_USE_ALL) {
        imap_no(session, "USEATTR", "This use cannot be given to a mailbox");
        return;
    }
    g_autofree char *full = without_last_separator(session, raw, &error);
    if (full == NULL || !imap_name_of(session, full, &name, &error) ||
        !may_create(session, &name, &error) ||
        !store_mailbox_create(session->service->store, name.account, name.name, use, &id, &error)) {
        imap_fail(session, error);
        return;
    }
    g_autofree char *given = bytes_dup_string(raw);
    tell_oldname(session, name.full, given);
    imap_notify_own_name(session, name.full);
    end_create(session, id);
}

void imap_cmd_delete(ImapSession *session, ImapParser *args) {
    g_auto(ImapName) name = {0};
    g_autoptr(GError) error = NULL;
    if (!space(session, args) || !imap_take_name(session, args, &name) || !end(session, args))
        return;
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, &name, STORE_RIGHT_DELETE, NULL, &error);
    if (mailbox == NULL) {
        imap_fail(session, error);
        return;
    }
    /* The client's own view of it ends without BYE: it asked for this. */
    if (session->view != NULL && session->view->mailbox == mailbox->id)
        imap_view_leave(session, TRUE);
    if (!store_mailbox_delete(session->service->store, name.account, name.name, &error)) {
        if (cv_error_is(error, CV_ERROR_DENIED))
            imap_no(session, "HASCHILDREN", error->message);
        else
            imap_fail(session, error);
        return;
    }
    imap_notify_own_name(session, name.full);
    imap_completed(session, NULL);
}

static gboolean may_rename(ImapSession *session, const ImapName *from, const ImapName *to,
                           GError **error) {
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, from, STORE_RIGHT_DELETE, NULL, error);
    if (mailbox == NULL)
        return FALSE;
    if (from->account != to->account)
        return cv_fail(error, CV_ERROR_INPUT,
                       "A mailbox cannot be renamed into another account: copy its messages");
    return may_create(session, to, error);
}

void imap_cmd_rename(ImapSession *session, ImapParser *args) {
    g_auto(ImapName) from = {0};
    g_auto(ImapName) to = {0};
    g_autoptr(GError) error = NULL;
    Bytes raw;
    if (!space(session, args) || !imap_take_name(session, args, &from))
        return;
    if (!imap_take_space(args) || !imap_take_astring(args, &raw) || !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    g_autofree char *full = without_last_separator(session, raw, &error);
    if (full == NULL || !imap_name_of(session, full, &to, &error) ||
        !may_rename(session, &from, &to, &error) ||
        !store_mailbox_rename(session->service->store, from.account, from.name, to.name, &error)) {
        imap_fail(session, error);
        return;
    }
    if (session->view != NULL && g_str_equal(session->view->name, from.full) &&
        !g_str_equal(from.name, "INBOX")) {
        g_free(session->view->name);
        session->view->name = g_strdup(to.full);
    }
    tell_oldname(session, to.full, from.full);
    imap_notify_own_name(session, from.full);
    imap_notify_own_name(session, to.full);
    imap_completed(session, NULL);
}

static void subscribe(ImapSession *session, ImapParser *args, gboolean on) {
    g_autoptr(GError) error = NULL;
    Bytes raw;
    if (!imap_take_space(args) || !imap_take_astring(args, &raw) || !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    g_autofree char *full = imap_name_decode(session, raw, &error);
    if (full == NULL ||
        !store_subscribe(session->service->store, session->account, full, on, &error)) {
        imap_fail(session, error);
    } else {
        imap_notify_own_name(session, full);
        imap_completed(session, NULL);
    }
}

void imap_cmd_subscribe(ImapSession *session, ImapParser *args) {
    subscribe(session, args, TRUE);
}

void imap_cmd_unsubscribe(ImapSession *session, ImapParser *args) {
    subscribe(session, args, FALSE);
}

void imap_cmd_namespace(ImapSession *session, ImapParser *args) {
    if (!end(session, args))
        return;
    buffer_append_string(imap_output(session),
                         "* NAMESPACE ((\"\" \"/\")) NIL ((\"" IMAP_SHARED "/\" \"/\"))\r\n");
    imap_completed(session, NULL);
}
