/* COPY and MOVE with their UID forms (RFC 9051 6.4.7, 6.4.8; RFC 4315; RFC 6851). Each is one
 * transaction of the store: all or nothing. */
#include "imap/name.h"
#include "imap/view.h"

/* "COPYUID 38505 304,319:320 3956:3958", or NULL when nothing was copied. */
static char *copyuid(guint32 uidvalidity, const GArray *from, const GArray *to) {
    g_auto(Buffer) code = {0};
    if (from->len == 0)
        return NULL;
    g_autoptr(StoreUids) sources = store_uids_new();
    g_autoptr(StoreUids) targets = store_uids_new();
    for (guint i = 0; i < from->len; i++) {
        store_uids_add(sources, g_array_index(from, guint32, i));
        store_uids_add(targets, g_array_index(to, guint32, i));
    }
    buffer_init(&code, 32 * 1024 * 1024);
    buffer_append_string(&code, "COPYUID ");
    buffer_append_u64(&code, uidvalidity);
    buffer_append_byte(&code, ' ');
    store_uids_write(sources, &code);
    buffer_append_byte(&code, ' ');
    store_uids_write(targets, &code);
    return buffer_steal_string(&code);
}

static gboolean may_move(ImapSession *session) {
    ImapView *view = session->view;
    if (view->read_only) {
        imap_no(session, "READ-ONLY", "The mailbox is open for reading only");
        return FALSE;
    }
    /* RFC 6851 4.1: MOVE needs "t" and "e" on the source besides what COPY needs. */
    StoreRights needed = STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    if ((view->rights & needed) != needed) {
        imap_no(session, "NOPERM", "Messages cannot be moved out of this mailbox");
        return FALSE;
    }
    return TRUE;
}

static void copied(ImapSession *session, gboolean move, guint32 uidvalidity, const GArray *from,
                   const GArray *to) {
    g_autofree char *code = copyuid(uidvalidity, from, to);
    if (move && code != NULL) {
        /* Where the messages went is told before they are seen to go (RFC 6851 4.3). */
        Buffer *out = imap_output(session);
        buffer_append_string(out, "* OK [");
        buffer_append_string(out, code);
        buffer_append_string(out, "] Moved\r\n");
        g_clear_pointer(&code, g_free);
    }
    imap_completed(session, code);
}

static void copy(ImapSession *session, ImapParser *args, gboolean move) {
    g_auto(ImapName) name = {0};
    g_autoptr(StoreUids) uids = NULL;
    g_autoptr(GError) error = NULL;
    Bytes raw;
    g_auto(ImapSet) set = {0};
    if (!imap_take_space(args) || !imap_take_set(args, &set) || !imap_take_space(args) ||
        !imap_take_astring(args, &raw) || !imap_take_end(args) ||
        (uids = imap_view_pick(session, &set, session->by_uid, args)) == NULL) {
        imap_bad_args(session, args);
        return;
    }
    const char *low;
    if (move && !may_move(session))
        return;
    /* A move takes no space to speak of, and is how clients throw away. */
    if (!move && imap_disk_low(session, &low)) {
        imap_no(session, "UNAVAILABLE", low);
        return;
    }
    StoreRights rights = 0;
    g_autofree char *full = imap_name_decode(session, raw, &error);
    g_autoptr(StoreMailbox) target = NULL;
    if (full != NULL && imap_name_of(session, full, &name, &error))
        target = imap_name_find(session, &name, STORE_RIGHT_INSERT, &rights, &error);
    if (target == NULL) {
        /* TRYCREATE: making the mailbox would help (RFC 9051 6.4.7). */
        if (cv_error_is(error, CV_ERROR_NOT_FOUND))
            imap_no(session, "TRYCREATE", error->message);
        else
            imap_fail(session, error);
        return;
    }
    if (store_uids_count(uids) == 0) {
        imap_completed(session, NULL);
        return;
    }
    guint32 uidvalidity = 0;
    g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!store_copy(session->service->store, session->view->mailbox, uids, target->id, move,
                    imap_flags_of_rights(rights), &uidvalidity, from, to, &error)) {
        imap_fail(session, error);
        return;
    }
    for (guint i = 0; i < to->len; i++)
        imap_view_made(session, target->id, g_array_index(to, guint32, i),
                       g_array_index(to, guint32, i));
    copied(session, move, uidvalidity, from, to);
}

void imap_cmd_copy(ImapSession *session, ImapParser *args) {
    copy(session, args, FALSE);
}

void imap_cmd_move(ImapSession *session, ImapParser *args) {
    copy(session, args, TRUE);
}
