/* REPLACE and UID REPLACE (RFC 8508): a message in place of another, in one transaction. The way of
 * the new one is APPEND's (append.h). */
#include "imap/append.h"
#include "imap/view.h"

/* A refusal that is known before the message comes; NULL: none. g_free. */
static char *refusal_of(ImapSession *session, const StoreUids *uids) {
    const ImapView *view = session->view;
    /* RFC 8508 4.1: the rights of UID STORE \Deleted and of UID EXPUNGE. */
    StoreRights needed = STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    if (view->read_only)
        return g_strdup("NO [READ-ONLY] The mailbox is open for reading only");
    if ((view->rights & needed) != needed)
        return g_strdup("NO [NOPERM] Messages cannot be taken out of this mailbox");
    if (store_uids_count(uids) == 0)
        return g_strdup("NO [NONEXISTENT] There is no such message");
    return NULL;
}

/* seq-number or uid, and the mailbox. */
static gboolean take_start(ImapSession *session, ImapParser *args, gboolean by_uid,
                           ImapAppendStart *start) {
    g_auto(ImapSet) set = {0};
    if (!imap_take_space(args) || !imap_take_set(args, &set))
        return FALSE;
    if (set.saved || set.ranges->len != 1 ||
        g_array_index(set.ranges, ImapRange, 0).low != g_array_index(set.ranges, ImapRange, 0).high)
        return imap_parser_fail(args, "REPLACE names one message");
    if (!imap_take_space(args) || !imap_take_astring(args, &start->mailbox))
        return FALSE;
    g_autoptr(StoreUids) uids = imap_view_pick(session, &set, by_uid, args);
    if (uids == NULL)
        return FALSE;
    start->name = "REPLACE";
    start->by_uid = by_uid;
    start->replaced = store_uids_at(uids, 1);
    start->refusal = refusal_of(session, uids);
    return TRUE;
}

gboolean imap_replace_literal(ImapSession *session, ImapParser *args, Bytes tag, gboolean by_uid) {
    ImapAppendStart start = {.tag = tag};
    return session->view != NULL && take_start(session, args, by_uid, &start) &&
           imap_append_begin(session, &start, args, TRUE);
}

void imap_cmd_replace(ImapSession *session, ImapParser *args) {
    ImapAppendStart start = {0};
    if (!take_start(session, args, session->by_uid, &start))
        imap_bad_args(session, args);
    else
        imap_append_begin(session, &start, args, FALSE);
}
