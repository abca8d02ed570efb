/* The selected mailbox as its client knows it; see view.h. */
#include "imap/view.h"

#include "imap/fetch.h"
#include "imap/notify.h"

enum {
    DIRECT_FLAGS = 5000, /* more changed messages than this are told piecewise, by a job */
    NEAR = 64,           /* UIDs in a gap that are cheaper to walk over than to seek past */
};

/* Writer thread, after the commit: note, and wake whoever waits for it. */
static void on_change(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    ImapView *view = data;
    guint hard = events & (STORE_EVENT_RIGHTS | STORE_EVENT_DELETED);
    if (hard)
        g_atomic_int_or(&view->events, hard);
    g_atomic_int_set(&view->dirty, 1);
    if (hard || g_atomic_int_get(&view->idling))
        net_wake(view->net);
}

void imap_view_free(ImapView *view) {
    if (view == NULL)
        return;
    if (view->watch != NULL)
        store_unwatch(view->store, view->watch);
    g_free(view->name);
    g_clear_pointer(&view->uids, store_uids_free);
    g_clear_pointer(&view->gone, store_uids_free);
    g_clear_pointer(&view->recent, store_uids_free);
    g_clear_pointer(&view->keywords, g_ptr_array_unref);
    g_clear_pointer(&view->own, g_array_unref);
    g_clear_pointer(&view->made, store_uids_free);
    g_free(view);
}

static void note_recent(ImapSession *session, ImapView *view) {
    if (imap_is_rev2(session)) /* RFC 9051 removed \Recent */
        return;
    guint32 from = store_recent(view->store, view->mailbox, !view->read_only);
    guint32 count = store_uids_count(view->uids);
    for (guint32 at = store_uids_sequence_from(view->uids, from); at <= count; at++) {
        guint32 uid = store_uids_at(view->uids, at);
        if (view->recent == NULL)
            view->recent = store_uids_new();
        store_uids_add(view->recent, uid);
    }
}

ImapView *imap_view_open(ImapSession *session, const StoreMailbox *mailbox, const char *name,
                         gboolean read_only, GError **error) {
    Store *store = session->service->store;
    g_autoptr(ImapView) view = g_new0(ImapView, 1);
    view->net = session->net;
    view->store = store;
    view->mailbox = mailbox->id;
    view->owner = mailbox->account;
    view->name = g_strdup(name);
    view->read_only = read_only;
    view->watch = store_watch(store, mailbox->id, on_change, view);
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    if (conn == NULL)
        return NULL;
    g_autoptr(StoreMailbox) fresh = store_mailbox_get(store, conn, mailbox->id, error);
    if (fresh == NULL)
        return NULL;
    view->rights = store_rights(store, conn, mailbox->id, session->account);
    view->uidvalidity = fresh->uidvalidity;
    view->uidnext = fresh->uidnext;
    view->modseq = fresh->modseq;
    view->uids = store_uids_load(store, conn, mailbox->id, error);
    if (view->uids == NULL)
        return NULL;
    view->keywords = store_keyword_list(store, conn, view->owner, error);
    if (view->keywords == NULL)
        return NULL;
    g_clear_pointer(&conn, db_read_end); /* store_recent has one of its own */
    note_recent(session, view);
    return g_steal_pointer(&view);
}

void imap_view_leave(ImapSession *session, gboolean tell) {
    if (session->view == NULL)
        return;
    g_clear_pointer(&session->view, imap_view_free);
    g_clear_pointer(&session->saved, store_uids_free);
    /* Tells where the answers about the old mailbox end (RFC 9051 7.1, CLOSED). */
    if (tell && (imap_is_rev2(session) || imap_has_qresync(session)))
        buffer_append_string(imap_output(session), "* OK [CLOSED] Previous mailbox closed\r\n");
}

void imap_enable_condstore(ImapSession *session) {
    if (!imap_has_condstore(session) && session->view != NULL)
        buffer_printf(imap_output(session),
                      "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest\r\n",
                      session->view->modseq);
    session->enabled |= IMAP_ENABLED_CONDSTORE;
}

gboolean imap_view_is_recent(const ImapView *view, guint32 uid) {
    return view->recent != NULL && store_uids_sequence(view->recent, uid) != 0;
}

gboolean imap_view_knows(const ImapView *view, StoreFlags flags) {
    StoreFlags words = flags >> STORE_KEYWORD_FIRST;
    for (guint i = 0; words != 0; i++, words >>= 1)
        if ((words & 1) && (i >= view->keywords->len || view->keywords->pdata[i] == NULL))
            return FALSE;
    return TRUE;
}

static StoreFlags all_keywords(const ImapView *view) {
    StoreFlags bits = 0;
    for (guint i = 0; i < view->keywords->len && i < STORE_KEYWORD_COUNT; i++)
        if (view->keywords->pdata[i] != NULL)
            bits |= 1ull << (STORE_KEYWORD_FIRST + i);
    return bits;
}

gboolean imap_view_keywords(ImapSession *session, DbConn *conn, gboolean tell, GError **error) {
    ImapView *view = session->view;
    GPtrArray *fresh = store_keyword_list(view->store, conn, view->owner, error);
    if (fresh == NULL)
        return FALSE;
    StoreFlags before = all_keywords(view);
    g_ptr_array_unref(view->keywords);
    view->keywords = fresh;
    if (tell && all_keywords(view) != before)
        imap_view_put_flags(session, FALSE);
    return TRUE;
}

StoreFlags imap_flags_of_rights(StoreRights rights) {
    /* RFC 4314 4: "s" for \Seen, "t" for \Deleted, "w" for all others. */
    StoreFlags bits = 0;
    if (rights & STORE_RIGHT_SEEN)
        bits |= STORE_SEEN;
    if (rights & STORE_RIGHT_TRASH)
        bits |= STORE_DELETED;
    if (rights & STORE_RIGHT_WRITE)
        bits |= ~(StoreFlags)(STORE_SEEN | STORE_DELETED);
    return bits;
}

StoreFlags imap_view_settable(const ImapView *view) {
    return view->read_only ? 0 : imap_flags_of_rights(view->rights);
}

void imap_view_put_flags(ImapSession *session, gboolean permanent) {
    ImapView *view = session->view;
    Buffer *out = imap_output(session);
    StoreFlags all = STORE_SYSTEM_FLAGS | all_keywords(view);
    buffer_append_string(out, "* FLAGS ");
    imap_put_flags(out, all, view->keywords, FALSE);
    buffer_append_string(out, "\r\n");
    if (!permanent)
        return;
    StoreFlags settable = imap_view_settable(view) & all;
    gboolean first = TRUE;
    buffer_append_string(out, "* OK [PERMANENTFLAGS (");
    imap_put_flag_names(out, settable, view->keywords, &first);
    if (settable & STORE_FLAGGED)
        buffer_append_string(out, " \\*");
    buffer_append_string(out, ")] Flags that are kept\r\n");
}

void imap_view_own(ImapView *view, guint32 uid, guint64 modseq) {
    ImapOwnChange own = {uid, modseq};
    if (view->own == NULL)
        view->own = g_array_new(FALSE, FALSE, sizeof(ImapOwnChange));
    g_array_append_val(view->own, own);
}

void imap_view_made(ImapSession *session, gint64 mailbox, guint32 first, guint32 last) {
    ImapView *view = session->view;
    if (view == NULL || view->mailbox != mailbox || session->notify == NULL)
        return;
    if (view->made == NULL)
        view->made = store_uids_new();
    for (guint64 uid = first; uid <= last; uid++)
        store_uids_add(view->made, (guint32)uid);
}

/* ---- Picking ---- */

StoreUids *imap_uids_filter(const StoreUids *a, const StoreUids *b, gboolean keep) {
    StoreUids *result = store_uids_new();
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(a, i, &first, &last); i++)
        for (guint64 uid = first; uid <= last; uid++)
            if ((b != NULL && store_uids_sequence(b, (guint32)uid) != 0) == keep)
                store_uids_append(result, (guint32)uid);
    return result;
}

guint32 imap_uids_stretch(const StoreUids *uids, guint32 place, guint32 most) {
    guint32 uid = store_uids_at(uids, place);
    while (place < most) {
        guint32 next = store_uids_at(uids, place + 1);
        if (next - uid > NEAR)
            break;
        uid = next;
        place++;
    }
    return place;
}

static void pick_sequences(const StoreUids *uids, ImapRange range, StoreUids *result) {
    for (guint64 at = range.low; at <= range.high; at++)
        store_uids_append(result, store_uids_at(uids, (guint32)at));
}

static void pick_uids(const StoreUids *uids, ImapRange range, StoreUids *result) {
    guint32 count = store_uids_count(uids);
    for (guint32 at = store_uids_sequence_from(uids, range.low); at <= count; at++) {
        guint32 uid = store_uids_at(uids, at);
        if (uid > range.high)
            break;
        store_uids_append(result, uid);
    }
}

StoreUids *imap_view_pick(ImapSession *session, ImapSet *set, gboolean by_uid, ImapParser *args) {
    ImapView *view = session->view;
    if (set->saved)
        return session->saved == NULL ? store_uids_new()
                                      : imap_uids_filter(session->saved, view->uids, TRUE);
    guint32 count = store_uids_count(view->uids);
    imap_set_resolve(set, by_uid ? store_uids_last(view->uids) : count);
    /* A sequence number that no message has is BAD, and so is "*" in an empty mailbox (RFC 9051 9,
     * seq-number). */
    if (!by_uid &&
        (imap_set_highest(set) > count || g_array_index(set->ranges, ImapRange, 0).low == 0)) {
        imap_parser_fail(args, "A message number is higher than the number of messages");
        return NULL;
    }
    StoreUids *result = store_uids_new();
    for (guint i = 0; i < set->ranges->len; i++) {
        ImapRange range = g_array_index(set->ranges, ImapRange, i);
        if (by_uid)
            pick_uids(view->uids, range, result);
        else
            pick_sequences(view->uids, range, result);
    }
    return result;
}

StoreUids *imap_view_take(ImapSession *session, ImapParser *args) {
    g_auto(ImapSet) set = {0};
    if (!imap_take_set(args, &set))
        return NULL;
    return imap_view_pick(session, &set, session->by_uid, args);
}

/* ---- Bringing up to date ---- */

static void add_gone(ImapView *view, const StoreUids *vanished) {
    guint32 first, last, count = store_uids_count(view->uids);
    for (guint32 i = 0; store_uids_run(vanished, i, &first, &last); i++) {
        for (guint32 at = store_uids_sequence_from(view->uids, first); at <= count; at++) {
            guint32 uid = store_uids_at(view->uids, at);
            if (uid > last)
                break;
            if (view->gone == NULL)
                view->gone = store_uids_new();
            store_uids_add(view->gone, uid);
        }
    }
}

static void forget(ImapSession *session, guint32 uid) {
    ImapView *view = session->view;
    store_uids_remove(view->uids, uid);
    if (view->recent != NULL)
        store_uids_remove(view->recent, uid);
    /* The saved search result loses what is expunged (RFC 5182 2.1). */
    if (session->saved != NULL)
        store_uids_remove(session->saved, uid);
}

static void tell_gone(ImapSession *session) {
    ImapView *view = session->view;
    Buffer *out = imap_output(session);
    g_autoptr(StoreUids) gone = g_steal_pointer(&view->gone);
    gboolean qresync = imap_has_qresync(session);
    if (qresync) { /* RFC 7162 3.2.10 */
        buffer_append_string(out, "* VANISHED ");
        store_uids_write(gone, out);
        buffer_append_string(out, "\r\n");
    }
    for (guint32 at = store_uids_count(gone); at > 0; at--) { /* from the end: numbers stay */
        guint32 uid = store_uids_at(gone, at);
        if (!qresync) {
            buffer_append_string(out, "* ");
            buffer_append_u64(out, store_uids_sequence(view->uids, uid));
            buffer_append_string(out, " EXPUNGE\r\n");
        }
        forget(session, uid);
    }
}

static void tell_counts(ImapSession *session) {
    ImapView *view = session->view;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* ");
    buffer_append_u64(out, store_uids_count(view->uids));
    buffer_append_string(out, " EXISTS\r\n");
    if (imap_is_rev2(session))
        return;
    buffer_append_string(out, "* ");
    buffer_append_u64(out, view->recent == NULL ? 0 : store_uids_count(view->recent));
    buffer_append_string(out, " RECENT\r\n");
}

static gboolean is_own(const ImapView *view, guint *at, const StoreChange *change) {
    const GArray *own = view->own;
    while (own != NULL && *at < own->len &&
           g_array_index(own, ImapOwnChange, *at).uid < change->uid)
        (*at)++;
    return own != NULL && *at < own->len &&
           g_array_index(own, ImapOwnChange, *at).uid == change->uid &&
           g_array_index(own, ImapOwnChange, *at).modseq == change->modseq;
}

static void tell_one(ImapSession *session, const StoreChange *change, guint32 sequence) {
    ImapView *view = session->view;
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* ");
    buffer_append_u64(out, sequence);
    buffer_append_string(out, " FETCH (UID ");
    buffer_append_u64(out, change->uid);
    buffer_append_string(out, " FLAGS ");
    imap_put_flags(out, change->flags, view->keywords, imap_view_is_recent(view, change->uid));
    if (imap_has_condstore(session)) {
        buffer_append_string(out, " MODSEQ (");
        buffer_append_u64(out, change->modseq);
        buffer_append_byte(out, ')');
    }
    buffer_append_string(out, ")\r\n");
}

/* Flags of messages that the client knows already. Own changes were told by the command. */
static void tell_flags(ImapSession *session, const GArray *changed, guint32 known) {
    ImapView *view = session->view;
    g_autoptr(StoreUids) many = NULL;
    guint own = 0;
    if (changed->len > DIRECT_FLAGS)
        many = store_uids_new();
    for (guint i = 0; i < changed->len; i++) {
        const StoreChange *change = &g_array_index(changed, StoreChange, i);
        guint32 sequence = store_uids_sequence(view->uids, change->uid);
        if (sequence == 0 || sequence > known || is_own(view, &own, change))
            continue;
        if (many != NULL)
            store_uids_append(many, change->uid);
        else
            tell_one(session, change, sequence);
    }
    if (many != NULL && store_uids_count(many) > 0)
        imap_fetch_flags(session, g_steal_pointer(&many));
}

static guint32 add_new(ImapView *view, const GArray *changed) {
    guint32 added = 0;
    for (guint i = 0; i < changed->len; i++) {
        guint32 uid = g_array_index(changed, StoreChange, i).uid;
        if (uid < view->uidnext)
            continue;
        store_uids_append(view->uids, uid);
        view->uidnext = uid + 1;
        added++;
    }
    return added;
}

/* What NOTIFY's MessageNew asks for of the messages behind the first `known` (RFC 5465 5.2). */
static void tell_items(ImapSession *session, guint32 known) {
    const ImapView *view = session->view;
    ImapFetch fetch = {.uids = store_uids_new()};
    for (guint32 at = known + 1; at <= store_uids_count(view->uids); at++) {
        guint32 uid = store_uids_at(view->uids, at);
        if (view->made == NULL || store_uids_sequence(view->made, uid) == 0)
            store_uids_append(fetch.uids, uid);
    }
    if (store_uids_count(fetch.uids) > 0 && imap_notify_items(session, &fetch.items)) {
        imap_fetch_begin(session, &fetch);
        return;
    }
    store_uids_free(fetch.uids);
    imap_items_clear(&fetch.items);
}

/* Under NOTIFY nothing is told before a command, and of a mailbox of which no events are wanted
 * only what the client's own command takes away. */
static gboolean may_tell(const ImapSession *session, ImapSync how) {
    if (session->notify == NULL)
        return TRUE;
    if (how == IMAP_SYNC_BEFORE)
        return FALSE;
    return (imap_notify_selected(session) & IMAP_EVENT_NEW) != 0 ||
           (session->completion != NULL && session->command != NULL &&
            (session->command->flags & IMAP_COMMAND_EXPUNGES) != 0);
}

static gboolean read_changes(ImapSession *session, StoreChanges *changes, GError **error) {
    ImapView *view = session->view;
    g_autoptr(DbConn) conn = db_read_begin(store_db(view->store), error);
    if (conn == NULL ||
        !store_changes(view->store, conn, view->mailbox, view->modseq, changes, error))
        return FALSE;
    for (guint i = 0; i < changes->changed->len; i++)
        if (!imap_view_knows(view, g_array_index(changes->changed, StoreChange, i).flags))
            return imap_view_keywords(session, conn, TRUE, error);
    return TRUE;
}

void imap_view_sync(ImapSession *session, ImapSync how) {
    ImapView *view = session->view;
    g_auto(StoreChanges) changes = {0};
    g_autoptr(GError) error = NULL;
    if (!may_tell(session, how))
        return;
    gboolean dirty = g_atomic_int_exchange(&view->dirty, 0) != 0;
    if (dirty && (!read_changes(session, &changes, &error) ||
                  (how == IMAP_SYNC_BEFORE && changes.changed->len > DIRECT_FLAGS))) {
        g_atomic_int_set(&view->dirty, 1); /* later */
        dirty = FALSE;
    }
    if (dirty)
        add_gone(view, changes.vanished);
    if (how == IMAP_SYNC_ALL && view->gone != NULL)
        tell_gone(session);
    if (dirty) {
        guint32 known = store_uids_count(view->uids);
        if (add_new(view, changes.changed) > 0) {
            note_recent(session, view);
            tell_counts(session);
            tell_items(session, known);
        }
        if (imap_notify_selected(session) & IMAP_EVENT_FLAGS)
            tell_flags(session, changes.changed, known);
        view->modseq = changes.modseq;
    }
    g_clear_pointer(&view->own, g_array_unref);
    g_clear_pointer(&view->made, store_uids_free);
}

/* ---- When the ground moves ---- */

gboolean imap_view_check(ImapSession *session) {
    ImapView *view = session->view;
    guint events = view == NULL ? 0 : (guint)g_atomic_int_and(&view->events, 0);
    if (events == 0)
        return TRUE;
    if (events & STORE_EVENT_DELETED) {
        imap_bye(session, NULL, "The selected mailbox was deleted");
        return FALSE;
    }
    g_autoptr(DbConn) conn = db_read_begin(store_db(view->store), NULL);
    if (conn == NULL)
        return TRUE;
    view->rights = store_rights(view->store, conn, view->mailbox, session->account);
    if (view->rights & STORE_RIGHT_READ)
        return TRUE;
    imap_bye(session, "NOPERM", "The right to read the selected mailbox was taken away");
    return FALSE;
}
