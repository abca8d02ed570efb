/* FETCH and UID FETCH (RFC 9051 6.4.5, RFC 7162 3.1.4 and 3.2.6). */
#include "imap/fetch.h"
#include "imap/partial.h"

typedef struct {
    gboolean changed_since, vanished;
    guint64 since;
    ImapPartial partial;
} Modifiers;

static gboolean take_modifiers(ImapParser *args, Modifiers *out) {
    if (!imap_try_byte(args, ' '))
        return imap_take_end(args);
    if (!imap_take_open(args))
        return FALSE;
    do {
        if (imap_try_word(args, "CHANGEDSINCE")) {
            out->changed_since = TRUE;
            if (!imap_take_space(args) || !imap_take_number64(args, &out->since))
                return FALSE;
        } else if (imap_try_word(args, "VANISHED")) {
            out->vanished = TRUE;
        } else if (imap_try_word(args, "PARTIAL")) {
            if (!imap_take_partial(args, &out->partial))
                return FALSE;
        } else {
            return imap_parser_fail(args, "Unknown FETCH modifier");
        }
    } while (imap_try_byte(args, ' '));
    return (imap_try_byte(args, ')') || imap_parser_fail(args, "The modifiers do not end")) &&
           imap_take_end(args);
}

static gboolean modifiers_fit(ImapSession *session, ImapParser *args, const Modifiers *m) {
    if (m->partial.given && !session->by_uid) /* RFC 9394 3.3 */
        return imap_parser_fail(args, "PARTIAL is a modifier of UID FETCH");
    if (!m->vanished)
        return TRUE;
    /* VANISHED is a modifier of UID FETCH beside CHANGEDSINCE only (RFC 7162 3.2.6). */
    if (!imap_has_qresync(session) || !session->by_uid || !m->changed_since)
        return imap_parser_fail(args, "VANISHED needs QRESYNC, UID and CHANGEDSINCE");
    return TRUE;
}

/* "* VANISHED (EARLIER) …" of those in the set. */
static gboolean tell_vanished(ImapSession *session, const ImapSet *set, guint64 since,
                              GError **error) {
    ImapView *view = session->view;
    g_auto(StoreChanges) changes = {0};
    g_autoptr(DbConn) conn = db_read_begin(store_db(view->store), error);
    if (conn == NULL || !store_changes(view->store, conn, view->mailbox, since, &changes, error))
        return FALSE;
    g_autoptr(StoreUids) told = store_uids_new();
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(changes.vanished, i, &first, &last); i++)
        for (guint64 uid = first; uid <= last; uid++)
            if ((set->saved || imap_set_contains(set, (guint32)uid)) &&
                store_uids_sequence(view->uids, (guint32)uid) == 0)
                store_uids_append(told, (guint32)uid);
    if (store_uids_count(told) == 0)
        return TRUE;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* VANISHED (EARLIER) ");
    store_uids_write(told, out);
    buffer_append_string(out, "\r\n");
    return TRUE;
}

static gboolean has_kind(const ImapItems *items, ImapItemKind kind) {
    return kind == IMAP_ITEM_UID ? items->uid : items->modseq;
}

static void need(ImapItems *items, ImapItemKind kind) {
    if (!has_kind(items, kind))
        imap_items_add(items, kind);
}

void imap_cmd_fetch(ImapSession *session, ImapParser *args) {
    g_auto(ImapSet) set = {0};
    g_auto(ImapItems) items = {0};
    g_autoptr(StoreUids) uids = NULL;
    g_autoptr(GError) error = NULL;
    Modifiers modifiers = {0};
    if (!imap_take_space(args) || !imap_take_set(args, &set) || !imap_take_space(args) ||
        !imap_take_items(args, &items) || !take_modifiers(args, &modifiers) ||
        !modifiers_fit(session, args, &modifiers) ||
        (uids = imap_view_pick(session, &set, session->by_uid, args)) == NULL) {
        imap_bad_args(session, args);
        return;
    }
    /* CHANGEDSINCE brings MODSEQ into the answers (RFC 7162 3.1.4.1); both enable CONDSTORE. */
    if (modifiers.changed_since || items.modseq)
        imap_enable_condstore(session);
    if (modifiers.changed_since)
        need(&items, IMAP_ITEM_MODSEQ);
    if (session->by_uid) /* RFC 9051 6.4.9: UID is given whether asked for or not */
        need(&items, IMAP_ITEM_UID);
    if (modifiers.vanished && !tell_vanished(session, &set, modifiers.since, &error)) {
        imap_fail(session, error);
        return;
    }
    if (modifiers.partial.given) { /* RFC 9394 3.4: before CHANGEDSINCE takes out others */
        StoreUids *stretch = imap_partial_of(&modifiers.partial, uids);
        store_uids_free(uids);
        uids = stretch;
    }
    ImapFetch fetch = {.uids = g_steal_pointer(&uids),
                       .items = items,
                       .filtered = modifiers.changed_since,
                       .changed_since = modifiers.since,
                       .completion = g_strdup("FETCH completed")};
    items = (ImapItems){0};
    imap_fetch_begin(session, &fetch);
}
