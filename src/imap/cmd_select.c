/* SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3; RFC 7162 3.1.8 and 3.2.5 for CONDSTORE and QRESYNC).
 */
#include "imap/fetch.h"
#include "imap/list.h"
#include "imap/objectid.h"

typedef struct {
    gboolean condstore, qresync;
    guint32 uidvalidity;
    guint64 modseq;
    ImapSet known;     /* UIDs that the client has; no ranges: all */
    ImapSet match_seq; /* sequence numbers and their UIDs, for guessing what it lost */
    ImapSet match_uid;
} Parameters;

static void parameters_clear(Parameters *p) {
    imap_set_clear(&p->known);
    imap_set_clear(&p->match_seq);
    imap_set_clear(&p->match_uid);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameters, parameters_clear)

static gboolean take_plain_set(ImapParser *args, ImapSet *set) {
    if (!imap_take_set(args, set))
        return FALSE;
    if (set->saved)
        return imap_parser_fail(args, "$ has no meaning here");
    for (guint i = 0; i < set->ranges->len; i++)
        if (g_array_index(set->ranges, ImapRange, i).low == 0 ||
            g_array_index(set->ranges, ImapRange, i).high == 0)
            return imap_parser_fail(args, "* has no meaning here");
    imap_set_resolve(set, 0);
    return TRUE;
}

static gboolean take_match(ImapParser *args, Parameters *p) {
    return imap_take_open(args) && take_plain_set(args, &p->match_seq) && imap_take_space(args) &&
           take_plain_set(args, &p->match_uid) &&
           (imap_try_byte(args, ')') || imap_parser_fail(args, "The match data do not end"));
}

static gboolean take_qresync(ImapParser *args, Parameters *p) {
    p->qresync = TRUE;
    if (!imap_take_space(args) || !imap_take_open(args) ||
        !imap_take_nz_number(args, &p->uidvalidity) || !imap_take_space(args) ||
        !imap_take_number64(args, &p->modseq))
        return FALSE;
    if (imap_try_byte(args, ' ')) {
        if (reader_peek(&args->in) != '(') {
            if (!take_plain_set(args, &p->known))
                return FALSE;
            if (imap_try_byte(args, ' ') && !take_match(args, p))
                return FALSE;
        } else if (!take_match(args, p)) {
            return FALSE;
        }
    }
    return imap_try_byte(args, ')') || imap_parser_fail(args, "QRESYNC does not end");
}

static gboolean take_parameters(ImapSession *session, ImapParser *args, Parameters *p) {
    if (!imap_try_byte(args, ' '))
        return imap_take_end(args);
    if (!imap_take_open(args))
        return FALSE;
    do {
        if (imap_try_word(args, "CONDSTORE"))
            p->condstore = TRUE;
        else if (!imap_try_word(args, "QRESYNC"))
            return imap_parser_fail(args, "Unknown SELECT parameter");
        /* BAD for who did not enable it before (RFC 7162 3.2.5). */
        else if (!imap_has_qresync(session))
            return imap_parser_fail(args, "QRESYNC is not enabled");
        else if (!take_qresync(args, p))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return (imap_try_byte(args, ')') || imap_parser_fail(args, "The parameters do not end")) &&
           imap_take_end(args);
}

/* ---- What is told ---- */

static gboolean stop_at_unseen(const StoreMessage *message, gpointer data) {
    guint32 *uid = data;
    if (message->flags & STORE_SEEN)
        return TRUE;
    *uid = message->uid;
    return FALSE;
}

static guint32 first_unseen(ImapView *view) {
    guint32 uid = 0;
    g_autoptr(DbConn) conn = db_read_begin(store_db(view->store), NULL);
    if (conn == NULL || !store_message_each(view->store, conn, view->mailbox, 1, G_MAXUINT32,
                                            STORE_WANT_FLAGS, stop_at_unseen, &uid, NULL))
        return 0;
    return uid == 0 ? 0 : store_uids_sequence(view->uids, uid);
}

static void tell(ImapSession *session, guint32 unseen_messages) {
    ImapView *view = session->view;
    Buffer *out = imap_output(session);
    gboolean rev2 = imap_is_rev2(session);
    imap_view_put_flags(session, TRUE);
    buffer_printf(out, "* %u EXISTS\r\n", store_uids_count(view->uids));
    if (!rev2) {
        buffer_printf(out, "* %u RECENT\r\n",
                      view->recent == NULL ? 0 : store_uids_count(view->recent));
        guint32 unseen = unseen_messages == 0 ? 0 : first_unseen(view);
        if (unseen != 0)
            buffer_printf(out, "* OK [UNSEEN %u] First message not read\r\n", unseen);
    }
    buffer_printf(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n", view->uidvalidity);
    buffer_printf(out, "* OK [UIDNEXT %u] Next UID\r\n", view->uidnext);
    buffer_printf(out, "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest\r\n", view->modseq);
    char id[IMAP_OBJECTID_BYTES];
    imap_mailbox_id(view->uidvalidity, id);
    buffer_printf(out, "* OK [MAILBOXID (%s)] The mailbox's id\r\n", id); /* RFC 8474 4.2 */
}

/* ---- QRESYNC ---- */

/* RFC 7162 3.2.5.2: the client's pairs of sequence number and UID tell up to where nothing was
 * lost: the last UID that still has its sequence number. */
static guint32 unchanged_until(const ImapView *view, const Parameters *p) {
    guint32 until = 0;
    const GArray *seqs = p->match_seq.ranges, *uids = p->match_uid.ranges;
    guint64 uid = 0;
    guint at = 0;
    if (seqs == NULL || uids == NULL)
        return 0;
    for (guint i = 0; i < seqs->len; i++) {
        ImapRange range = g_array_index(seqs, ImapRange, i);
        for (guint64 seq = range.low; seq <= range.high; seq++) {
            if (uid == 0 || uid > g_array_index(uids, ImapRange, at).high) {
                at += uid != 0;
                if (at >= uids->len)
                    return until;
                uid = g_array_index(uids, ImapRange, at).low;
            }
            if (store_uids_at(view->uids, (guint32)seq) != (guint32)uid)
                return until;
            until = (guint32)uid++;
        }
    }
    return until;
}

static void put_vanished(ImapSession *session, const StoreChanges *changes, const Parameters *p) {
    ImapView *view = session->view;
    g_autoptr(StoreUids) told = store_uids_new();
    guint32 first, last, until = changes->complete ? 0 : unchanged_until(view, p);
    for (guint32 i = 0; store_uids_run(changes->vanished, i, &first, &last); i++)
        for (guint64 uid = MAX(first, until + 1); uid <= last && uid < view->uidnext; uid++)
            if ((p->known.ranges == NULL || imap_set_contains(&p->known, (guint32)uid)) &&
                store_uids_sequence(view->uids, (guint32)uid) == 0)
                store_uids_append(told, (guint32)uid);
    if (store_uids_count(told) == 0)
        return;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* VANISHED (EARLIER) ");
    store_uids_write(told, out);
    buffer_append_string(out, "\r\n");
}

static StoreUids *changed_of(const ImapView *view, const StoreChanges *changes,
                             const Parameters *p) {
    StoreUids *uids = store_uids_new();
    for (guint i = 0; i < changes->changed->len; i++) {
        guint32 uid = g_array_index(changes->changed, StoreChange, i).uid;
        if (store_uids_sequence(view->uids, uid) != 0 &&
            (p->known.ranges == NULL || imap_set_contains(&p->known, uid)))
            store_uids_append(uids, uid);
    }
    return uids;
}

static gboolean resynchronize(ImapSession *session, const Parameters *p, StoreUids **changed,
                              GError **error) {
    ImapView *view = session->view;
    g_auto(StoreChanges) changes = {0};
    /* With another UIDVALIDITY the rest of what the client knows is worthless (RFC 7162 3.2.5.1).
     */
    if (!p->qresync || p->uidvalidity != view->uidvalidity)
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(view->store), error);
    if (conn == NULL ||
        !store_changes(view->store, conn, view->mailbox, p->modseq, &changes, error))
        return FALSE;
    put_vanished(session, &changes, p);
    *changed = changed_of(view, &changes, p);
    return TRUE;
}

/* ---- The commands ---- */

/* The mailbox; NULL with error. */
static StoreMailbox *open_view(ImapSession *session, const ImapName *name, gboolean examine,
                               GError **error) {
    StoreRights rights = 0;
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, name, STORE_RIGHT_READ, &rights, error);
    if (mailbox == NULL)
        return NULL;
    /* RFC 4314 5.2: READ-ONLY when none of "i", "e", "s", "w", "t" is there. */
    gboolean may_change = (rights & (STORE_RIGHT_INSERT | STORE_RIGHT_EXPUNGE | STORE_RIGHT_SEEN |
                                     STORE_RIGHT_WRITE | STORE_RIGHT_TRASH)) != 0;
    session->view = imap_view_open(session, mailbox, name->full, examine || !may_change, error);
    return session->view == NULL ? NULL : g_steal_pointer(&mailbox);
}

static void end_select(ImapSession *session, StoreUids *changed) {
    const char *code = session->view->read_only ? "READ-ONLY" : "READ-WRITE";
    if (changed == NULL || store_uids_count(changed) == 0) {
        store_uids_free(changed);
        imap_completed(session, code);
        return;
    }
    ImapFetch fetch = {.uids = changed,
                       .completion = g_strconcat(session->command->name, " completed", NULL),
                       .code = g_strdup(code)};
    imap_items_add(&fetch.items, IMAP_ITEM_UID);
    imap_items_add(&fetch.items, IMAP_ITEM_FLAGS);
    imap_items_add(&fetch.items, IMAP_ITEM_MODSEQ);
    imap_fetch_begin(session, &fetch);
}

static void select_mailbox(ImapSession *session, ImapParser *args, gboolean examine) {
    g_auto(ImapName) name = {0};
    g_auto(Parameters) parameters = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreMailbox) mailbox = NULL;
    StoreUids *changed = NULL;
    Bytes raw;
    if (!imap_take_space(args) || !imap_take_astring(args, &raw) ||
        !take_parameters(session, args, &parameters)) {
        imap_bad_args(session, args);
        return;
    }
    /* RFC 9051 6.3.2: the old mailbox is left even when the new one cannot be opened. */
    imap_view_leave(session, TRUE);
    if (parameters.condstore || parameters.qresync)
        imap_enable_condstore(session);
    g_autofree char *full = imap_name_decode(session, raw, &error);
    if (full == NULL || !imap_name_of(session, full, &name, &error) ||
        (mailbox = open_view(session, &name, examine, &error)) == NULL) {
        imap_fail(session, error);
        return;
    }
    tell(session, mailbox->unseen);
    if (imap_is_rev2(session)) { /* RFC 9051 6.3.2: LIST is among the answers */
        g_autofree char *given = bytes_dup_string(raw);
        imap_put_listed(session, mailbox, name.full, given);
    }
    if (!resynchronize(session, &parameters, &changed, &error)) {
        imap_view_leave(session, FALSE);
        imap_fail(session, error);
        return;
    }
    end_select(session, changed);
}

void imap_cmd_select(ImapSession *session, ImapParser *args) {
    select_mailbox(session, args, FALSE);
}

void imap_cmd_examine(ImapSession *session, ImapParser *args) {
    select_mailbox(session, args, TRUE);
}
