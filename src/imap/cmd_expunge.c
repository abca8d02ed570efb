/* EXPUNGE (RFC 9051 6.4.3) and UID EXPUNGE (RFC 4315 2.1). What went is told by the view. */
#include "imap/view.h"

void imap_cmd_expunge(ImapSession *session, ImapParser *args) {
    ImapView *view = session->view;
    g_autoptr(StoreUids) uids = NULL;
    g_autoptr(GError) error = NULL;
    guint64 modseq = 0;
    if (session->by_uid &&
        (!imap_take_space(args) || (uids = imap_view_take(session, args)) == NULL)) {
        imap_bad_args(session, args);
        return;
    }
    if (!imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    if (view->read_only || !(view->rights & STORE_RIGHT_EXPUNGE)) {
        imap_no(session, view->read_only ? "READ-ONLY" : "NOPERM",
                "Messages cannot be removed from this mailbox");
        return;
    }
    if (!store_expunge(view->store, view->mailbox, uids, NULL, &modseq, &error)) {
        imap_fail(session, error);
        return;
    }
    /* RFC 7162 3.2.8: with QRESYNC the tagged OK carries HIGHESTMODSEQ when something went. */
    g_autofree char *code = imap_has_qresync(session) && modseq > 0
                                ? g_strdup_printf("HIGHESTMODSEQ %" G_GUINT64_FORMAT, modseq)
                                : NULL;
    imap_completed(session, code);
}
