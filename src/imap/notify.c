/* A session's request, and the telling between commands; see notify.h. */
#include "imap/notify.h"

#include "imap/fetch.h"
#include "imap/notify_box.h"
#include "imap/view.h"

/* ---- Beginning ---- */

static void read_groups(ImapNotify *notify) {
    for (guint i = 0; i < notify->groups->len; i++) {
        const ImapNotifyGroup *group = &g_array_index(notify->groups, ImapNotifyGroup, i);
        if (group->filter == IMAP_FILTER_SELECTED || group->filter == IMAP_FILTER_DELAYED) {
            notify->selected = group->events;
            notify->delayed = group->filter == IMAP_FILTER_DELAYED;
        }
        notify->server = notify->server || (group->events & IMAP_EVENT_SERVER_METADATA) != 0;
    }
}

/* How things are now, for who asked for STATUS; and what he will not be told of. */
static void tell_begin(ImapSession *session, gboolean status) {
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, session->notify->boxes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ImapBox *box = value;
        gboolean selected = session->view != NULL && session->view->mailbox == box->id;
        if (box->events != 0 && !box->readable)
            imap_box_put_list(session, box, NULL, FALSE);
        else if (status && (box->events & IMAP_EVENTS_OF_MESSAGES) && !selected)
            imap_box_put_status(session, box, TRUE, (box->events & IMAP_EVENT_FLAGS) != 0, TRUE);
    }
}

gboolean imap_notify_begin(ImapSession *session, ImapNotifyRequest *request, GError **error) {
    ImapNotify *notify = g_new0(ImapNotify, 1), *before = session->notify;
    notify->net = session->net;
    notify->store = session->service->store;
    notify->groups = g_steal_pointer(&request->groups);
    notify->items = g_steal_pointer(&request->items);
    notify->boxes = g_hash_table_new(g_int64_hash, g_int64_equal);
    read_groups(notify);
    session->notify = notify;
    g_autoptr(DbConn) conn = db_read_begin(store_db(notify->store), error);
    gboolean begun = conn != NULL && store_metadata_sequence(conn, &notify->metadata, error);
    g_clear_pointer(&conn, db_read_end);
    /* Twice: what changes before the first is followed is seen by the second. */
    for (guint i = 0; i < 2 && notify->groups->len > 0; i++)
        begun = begun && imap_notify_refresh(session, FALSE, error);
    session->notify = begun ? notify : before;
    imap_notify_free(begun ? before : notify);
    if (begun)
        tell_begin(session, request->status);
    return begun;
}

/* ---- The selected mailbox ---- */

guint imap_notify_selected(const ImapSession *session) {
    return session->notify == NULL ? IMAP_EVENTS_OF_MESSAGES : session->notify->selected;
}

gboolean imap_notify_items(const ImapSession *session, ImapItems *items) {
    if (session->notify == NULL || session->notify->items == NULL)
        return FALSE;
    g_auto(ImapParser) parser;
    imap_parser_init(&parser, bytes_of_string(session->notify->items));
    return imap_take_items(&parser, items);
}

static gboolean tell_selected(ImapSession *session) {
    ImapView *view = session->view;
    const ImapNotify *notify = session->notify;
    if (view == NULL || notify->selected == 0)
        return FALSE;
    g_atomic_int_set(&view->idling, 1); /* before the look, as IDLE does it */
    gboolean due = g_atomic_int_get(&view->dirty) != 0 || (view->gone != NULL && !notify->delayed);
    if (due)
        imap_view_sync(session, notify->delayed ? IMAP_SYNC_NO_EXPUNGE : IMAP_SYNC_ALL);
    return due && g_atomic_int_get(&view->dirty) == 0;
}

/* ---- Other mailboxes ---- */

static gboolean look(ImapSession *session, ImapBox *box) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), NULL);
    g_autoptr(StoreMailbox) now =
        conn == NULL ? NULL : store_mailbox_get(session->service->store, conn, box->id, NULL);
    if (now == NULL || !(store_rights(session->service->store, conn, box->id, session->account) &
                         STORE_RIGHT_READ))
        return FALSE; /* the list of names will say so */
    gboolean selected = session->view != NULL && session->view->mailbox == box->id;
    gboolean validity = box->uidvalidity != now->uidvalidity;
    gboolean messages = box->uidnext != now->uidnext || box->exists != now->exists;
    gboolean flags =
        (box->events & IMAP_EVENT_FLAGS) != 0 &&
        (box->unseen != now->unseen || (imap_has_condstore(session) && box->modseq != now->modseq));
    box->uidvalidity = now->uidvalidity;
    box->uidnext = now->uidnext;
    box->exists = now->exists;
    box->unseen = now->unseen;
    box->modseq = now->modseq;
    if (selected || !(validity || messages || flags))
        return FALSE;
    imap_box_put_status(session, box, messages, flags, validity);
    return TRUE;
}

gboolean imap_notify_others(ImapSession *session) {
    ImapNotify *notify = session->notify;
    gboolean told = FALSE;
    if (notify == NULL || net_output_full(session->net) ||
        !g_atomic_int_exchange(&notify->dirty, 0))
        return FALSE;
    if (g_atomic_int_exchange(&notify->relist, 0)) {
        if (imap_notify_refresh(session, TRUE, NULL))
            told = TRUE;
        else
            g_atomic_int_set(&notify->relist, 1); /* with the next event */
    }
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, notify->boxes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ImapBox *box = value;
        if (g_atomic_int_exchange(&box->dirty, 0) && (box->events & IMAP_EVENTS_OF_MESSAGES))
            told |= look(session, box);
    }
    if (g_atomic_int_exchange(&notify->annotated, 0))
        told |= imap_notify_metadata(session);
    return told;
}

gboolean imap_notify_between(ImapSession *session) {
    if (session->notify == NULL)
        return FALSE;
    gboolean selected = tell_selected(session);
    gboolean others = imap_notify_others(session);
    /* What the last command did has been published before it ended. */
    g_clear_pointer(&session->notify->own_names, g_ptr_array_unref);
    return others || selected;
}

/* ---- What this session did itself ---- */

void imap_notify_own_name(ImapSession *session, const char *full) {
    ImapNotify *notify = session->notify;
    if (notify == NULL)
        return;
    if (notify->own_names == NULL)
        notify->own_names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(notify->own_names, g_strdup(full));
}

void imap_notify_own_metadata(ImapSession *session, guint64 sequence, guint count) {
    if (session->notify == NULL)
        return;
    session->notify->own_from = sequence - count + 1;
    session->notify->own_to = sequence;
}
