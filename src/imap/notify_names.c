/* Which mailboxes there are for a session, and what changed in that: created, deleted, renamed,
 * subscribed, shared and not any more (RFC 5465 5.4, 5.5, 5.9). Names are compared by the mailbox's
 * number, so a rename is seen as one however it came about. */
#include "imap/notify_box.h"

enum { MAXIMUM_BOXES = 20000 };

static void box_free(gpointer data) {
    ImapBox *box = data;
    if (box->watch != NULL)
        store_unwatch(box->notify->store, box->watch);
    g_free(box->full);
    g_free(box);
}

void imap_notify_free(ImapNotify *notify) {
    if (notify == NULL)
        return;
    g_hash_table_unref(notify->boxes);
    g_array_unref(notify->groups);
    g_clear_pointer(&notify->own_names, g_ptr_array_unref);
    g_free(notify->items);
    g_free(notify);
}

/* Writer thread: only notes. */
static void on_event(gint64 mailbox, guint64 modseq, StoreEvents events, gpointer data) {
    ImapBox *box = data;
    ImapNotify *notify = box->notify;
    gboolean wake = FALSE;
    if (events & (STORE_EVENT_LIST | STORE_EVENT_RIGHTS | STORE_EVENT_DELETED)) {
        g_atomic_int_set(&notify->relist, 1);
        wake = TRUE;
    }
    if (events & STORE_EVENT_METADATA) {
        g_atomic_int_set(&notify->annotated, 1);
        wake = TRUE;
    }
    if ((events & STORE_EVENT_MAILBOX) && (box->events & IMAP_EVENTS_OF_MESSAGES)) {
        g_atomic_int_set(&box->dirty, 1);
        wake = TRUE;
    }
    if (!wake)
        return;
    g_atomic_int_set(&notify->dirty, 1);
    net_wake(notify->net);
}

/* ---- Which groups apply ---- */

static gboolean names_apply(const ImapNotifyGroup *group, const char *full) {
    for (guint i = 0; i < group->names->len; i++) {
        const char *name = group->names->pdata[i];
        gsize n = strlen(name);
        if (g_str_equal(name, full) ||
            (group->filter == IMAP_FILTER_SUBTREE && strncmp(name, full, n) == 0 && full[n] == '/'))
            return TRUE;
    }
    return FALSE;
}

static gboolean applies(const ImapSession *session, const ImapNotifyGroup *group,
                        const ImapListEntry *entry) {
    gboolean own = entry->mailbox->account == session->account;
    switch (group->filter) {
    case IMAP_FILTER_INBOXES: /* mail is delivered to INBOX alone */
        return own && g_str_equal(entry->full, "INBOX");
    case IMAP_FILTER_PERSONAL:
        return own;
    case IMAP_FILTER_SUBSCRIBED:
        return entry->subscribed;
    case IMAP_FILTER_SUBTREE:
    case IMAP_FILTER_MAILBOXES:
        return names_apply(group, entry->full);
    default:
        return FALSE;
    }
}

static guint events_of(const ImapSession *session, const ImapListEntry *entry) {
    const GArray *groups = session->notify->groups;
    guint events = 0;
    for (guint i = 0; i < groups->len; i++) {
        const ImapNotifyGroup *group = &g_array_index(groups, ImapNotifyGroup, i);
        if (applies(session, group, entry))
            events |= group->events;
    }
    return events;
}

static ImapBox *box_new(ImapSession *session, const ImapListEntry *entry) {
    ImapBox *box = g_new0(ImapBox, 1);
    const StoreMailbox *mailbox = entry->mailbox;
    *box = (ImapBox){
        .id = mailbox->id,
        .account = mailbox->account,
        .full = g_strdup(entry->full),
        .events = events_of(session, entry),
        .subscribed = entry->subscribed,
        .readable = entry->readable,
        .children = entry->children,
        .use = mailbox->use,
        .uidvalidity = mailbox->uidvalidity,
        .uidnext = mailbox->uidnext,
        .exists = mailbox->exists,
        .unseen = mailbox->unseen,
        .modseq = mailbox->modseq,
        .notify = session->notify,
    };
    return box;
}

/* The own INBOX tells when the account's names change, so it is followed in any case. */
static void follow(ImapSession *session, ImapBox *box) {
    gboolean inbox = box->account == session->account && g_str_equal(box->full, "INBOX");
    if (inbox || session->notify->server || (box->events != 0 && box->readable))
        box->watch = store_follow(session->notify->store, box->id, on_event, box);
}

/* ---- What changed ---- */

static gboolean is_own_name(const ImapNotify *notify, const char *full) {
    gsize n = strlen(full);
    for (guint i = 0; notify->own_names != NULL && i < notify->own_names->len; i++) {
        const char *own = notify->own_names->pdata[i];
        if (strncmp(own, full, n) == 0 && (own[n] == '\0' || own[n] == '/'))
            return TRUE;
    }
    return FALSE;
}

static ImapBox *by_name(GHashTable *names, const char *full) {
    return g_hash_table_lookup(names, full);
}

static GHashTable *names_of(GHashTable *boxes) {
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer box;
    g_hash_table_iter_init(&iter, boxes);
    while (g_hash_table_iter_next(&iter, NULL, &box))
        g_hash_table_insert(names, ((ImapBox *)box)->full, box);
    return names;
}

static char *parent_of(const char *full) {
    const char *slash = strrchr(full, '/');
    return slash == NULL ? NULL : g_strndup(full, (gsize)(slash - full));
}

/* Was the level above renamed, and this one with it? Then that is told already. */
static gboolean went_along(GHashTable *old_names, GHashTable *boxes, const ImapBox *old,
                           const ImapBox *now) {
    g_autofree char *before = parent_of(old->full);
    g_autofree char *after = parent_of(now->full);
    if (before == NULL || after == NULL || g_str_equal(before, after) ||
        !g_str_equal(old->full + strlen(before), now->full + strlen(after)))
        return FALSE;
    const ImapBox *parent = by_name(old_names, before);
    const ImapBox *moved = parent == NULL ? NULL : g_hash_table_lookup(boxes, &parent->id);
    return moved != NULL && g_str_equal(moved->full, after);
}

/* RFC 5465 5.4: with a name that comes or goes the one above it is affected. */
static void tell_parent(ImapSession *session, GHashTable *names, GHashTable *told,
                        const char *full) {
    g_autofree char *parent = parent_of(full);
    const ImapBox *box = parent == NULL ? NULL : by_name(names, parent);
    if (box == NULL || !(box->events & IMAP_EVENT_NAME) || !g_hash_table_add(told, (gpointer)box))
        return;
    imap_box_put_list(session, box, NULL, FALSE);
}

static void tell_gone(ImapSession *session, GHashTable *old, GHashTable *now, GHashTable *names,
                      GHashTable *told) {
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, old);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const ImapBox *box = value;
        if (g_hash_table_contains(now, key) || !(box->events & IMAP_EVENT_NAME) ||
            is_own_name(session->notify, box->full))
            continue;
        imap_box_put_list(session, box, NULL, TRUE);
        tell_parent(session, names, told, box->full);
    }
}

static void tell_there(ImapSession *session, GHashTable *old, GHashTable *now, GHashTable *names,
                       GHashTable *told) {
    g_autoptr(GHashTable) old_names = names_of(old);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, now);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const ImapBox *box = value, *before = g_hash_table_lookup(old, key);
        guint events = box->events | (before == NULL ? 0 : before->events);
        if (is_own_name(session->notify, box->full))
            continue;
        if (before == NULL) {
            if (events & IMAP_EVENT_NAME) {
                imap_box_put_list(session, box, NULL, FALSE);
                tell_parent(session, names, told, box->full);
            }
        } else if (!g_str_equal(before->full, box->full)) {
            if ((events & IMAP_EVENT_NAME) && !is_own_name(session->notify, before->full) &&
                !went_along(old_names, now, before, box))
                imap_box_put_list(session, box, before->full, FALSE);
        } else if (before->readable != box->readable && (events & IMAP_EVENT_NAME)) {
            imap_box_put_list(session, box, NULL, FALSE);
        }
        if (before != NULL && before->subscribed != box->subscribed &&
            (events & IMAP_EVENT_SUBSCRIPTION))
            imap_box_put_list(session, box, NULL, FALSE);
    }
}

/* What was told of a mailbox's messages stays, so that the difference is told. */
static void keep_told(ImapBox *box, const ImapBox *before) {
    box->uidvalidity = before->uidvalidity;
    box->uidnext = before->uidnext;
    box->exists = before->exists;
    box->unseen = before->unseen;
    box->modseq = before->modseq;
}

static GHashTable *read_boxes(ImapSession *session, GHashTable *old, GError **error) {
    g_autoptr(GHashTable) boxes =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, box_free);
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    g_autoptr(GPtrArray) entries = conn == NULL ? NULL : imap_list_load(session, conn, error);
    if (entries == NULL)
        return NULL;
    if (entries->len > MAXIMUM_BOXES) {
        cv_fail(error, CV_ERROR_LIMIT, "There are too many mailboxes");
        return NULL;
    }
    for (guint i = 0; i < entries->len; i++) {
        const ImapListEntry *entry = entries->pdata[i];
        if (entry->mailbox == NULL)
            continue;
        ImapBox *box = box_new(session, entry);
        const ImapBox *before = g_hash_table_lookup(old, &box->id);
        if (before != NULL)
            keep_told(box, before);
        box->dirty = 1; /* it may change before it is followed */
        g_hash_table_insert(boxes, &box->id, box);
    }
    return g_steal_pointer(&boxes);
}

gboolean imap_notify_refresh(ImapSession *session, gboolean tell, GError **error) {
    ImapNotify *notify = session->notify;
    GHashTable *now = read_boxes(session, notify->boxes, error);
    if (now == NULL)
        return FALSE;
    g_autoptr(GHashTable) old = notify->boxes;
    GHashTableIter iter;
    gpointer box;
    g_hash_table_iter_init(&iter, now);
    while (g_hash_table_iter_next(&iter, NULL, &box))
        follow(session, box);
    notify->boxes = now;
    if (tell) {
        g_autoptr(GHashTable) names = names_of(now);
        g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
        tell_gone(session, old, now, names, told);
        tell_there(session, old, now, names, told);
    }
    g_atomic_int_set(&notify->dirty, 1);
    return TRUE;
}
