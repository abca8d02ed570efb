/* CLOSE and UNSELECT (RFC 9051 6.4.1, 6.4.2). */
#include "imap/view.h"

static void leave(ImapSession *session) {
    imap_view_leave(session, FALSE);
    imap_completed(session, NULL);
}

void imap_cmd_close(ImapSession *session, ImapParser *args) {
    if (!imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    ImapView *view = session->view;
    g_autoptr(GError) error = NULL;
    guint64 modseq = 0;
    /* Removes what is \Deleted without telling (RFC 9051 6.4.1); without the right "e" it removes
     * nothing and succeeds (RFC 4314 4). */
    if (!view->read_only && (view->rights & STORE_RIGHT_EXPUNGE) &&
        !store_expunge(view->store, view->mailbox, NULL, NULL, &modseq, &error)) {
        imap_fail(session, error);
        return;
    }
    g_autofree char *code = imap_has_qresync(session) && modseq > 0
                                ? g_strdup_printf("HIGHESTMODSEQ %" G_GUINT64_FORMAT, modseq)
                                : NULL;
    imap_view_leave(session, FALSE);
    imap_completed(session, code);
}

void imap_cmd_unselect(ImapSession *session, ImapParser *args) {
    if (!imap_take_end(args))
        imap_bad_args(session, args);
    else
        leave(session);
}
