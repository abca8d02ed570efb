/* The table of names behind LIST and LSUB; see list.h. */
#include "imap/list.h"

static void entry_free(gpointer data) {
    ImapListEntry *entry = data;
    g_free(entry->full);
    store_mailbox_free(entry->mailbox);
    g_free(entry);
}

static const struct {
    const char *name;
    StoreUse use;
} uses[] = {
    {"\\Drafts", STORE_USE_DRAFTS},   {"\\Sent", STORE_USE_SENT},
    {"\\Junk", STORE_USE_JUNK},       {"\\Trash", STORE_USE_TRASH},
    {"\\Archive", STORE_USE_ARCHIVE}, {"\\Flagged", STORE_USE_FLAGGED},
    {"\\All", STORE_USE_ALL},
};

const char *imap_use_name(StoreUse use) {
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (uses[i].use == use)
            return uses[i].name;
    return NULL;
}

StoreUse imap_use_parse(Bytes name) {
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (bytes_is_nocase(name, uses[i].name))
            return uses[i].use;
    return STORE_USE_NONE;
}

static ImapListEntry *add(GPtrArray *entries, char *full /* taken */) {
    ImapListEntry *entry = g_new0(ImapListEntry, 1);
    entry->full = full;
    g_ptr_array_add(entries, entry);
    return entry;
}

static guint weight(guint8 c) {
    return c == 0 ? 0 : c == '/' ? 1 : c + 1u;
}

/* Byte order with '/' lowest, so that a mailbox is followed at once by all that lies below it. */
static gint by_name(gconstpointer a, gconstpointer b) {
    const guint8 *x = (const guint8 *)(*(ImapListEntry *const *)a)->full;
    const guint8 *y = (const guint8 *)(*(ImapListEntry *const *)b)->full;
    while (*x == *y && *x != 0) {
        x++;
        y++;
    }
    guint p = weight(*x), q = weight(*y);
    return p < q ? -1 : p > q;
}

static gboolean add_own(ImapSession *session, DbConn *conn, GPtrArray *entries, GError **error) {
    g_autoptr(GPtrArray) list =
        store_mailbox_list(session->service->store, conn, session->account, error);
    if (list == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++) {
        StoreMailbox *mailbox = list->pdata[i];
        ImapListEntry *entry = add(entries, g_strdup(mailbox->name));
        entry->mailbox = mailbox;
        entry->readable = TRUE;
        entry->rights = STORE_RIGHTS_ALL;
        list->pdata[i] = NULL;
    }
    return TRUE;
}

/* Mailboxes of one other account that the user may look up. */
static gboolean add_shared(ImapSession *session, DbConn *conn, gint64 account, GPtrArray *entries,
                           GError **error) {
    Store *store = session->service->store;
    g_autofree char *local = imap_account_local(session, account);
    if (local == NULL)
        return TRUE; /* closed meanwhile */
    g_autoptr(GPtrArray) list = store_mailbox_list(store, conn, account, error);
    if (list == NULL)
        return FALSE;
    gboolean any = FALSE;
    for (guint i = 0; i < list->len; i++) {
        StoreMailbox *mailbox = list->pdata[i];
        StoreRights rights = store_rights(store, conn, mailbox->id, session->account);
        if (!(rights & STORE_RIGHT_LOOKUP))
            continue;
        ImapListEntry *entry =
            add(entries, g_strconcat(IMAP_SHARED "/", local, "/", mailbox->name, NULL));
        entry->mailbox = mailbox;
        entry->readable = (rights & STORE_RIGHT_READ) != 0;
        entry->rights = rights;
        list->pdata[i] = NULL;
        any = TRUE;
    }
    if (any)
        add(entries, g_strconcat(IMAP_SHARED "/", local, NULL))->level = TRUE;
    return TRUE;
}

static gboolean add_all_shared(ImapSession *session, DbConn *conn, GPtrArray *entries,
                               GError **error) {
    g_autoptr(GArray) accounts =
        store_shared_accounts(session->service->store, conn, session->account, error);
    if (accounts == NULL)
        return FALSE;
    guint before = entries->len;
    for (guint i = 0; i < accounts->len; i++)
        if (!add_shared(session, conn, g_array_index(accounts, gint64, i), entries, error))
            return FALSE;
    if (entries->len > before)
        add(entries, g_strdup(IMAP_SHARED))->level = TRUE;
    return TRUE;
}

/* The levels above a subscribed name that are not there: told with RECURSIVEMATCH only. */
static void add_levels_above(GPtrArray *entries, GHashTable *by, const char *name) {
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *parent = g_strndup(name, (gsize)(slash - name));
        if (g_hash_table_contains(by, parent))
            continue;
        ImapListEntry *entry = add(entries, g_steal_pointer(&parent));
        g_hash_table_insert(by, entry->full, entry);
    }
}

static void mark_subscribed(GPtrArray *entries, const GPtrArray *names) {
    g_autoptr(GHashTable) by = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < entries->len; i++)
        g_hash_table_insert(by, ((ImapListEntry *)entries->pdata[i])->full, entries->pdata[i]);
    for (guint i = 0; i < names->len; i++) {
        ImapListEntry *entry = g_hash_table_lookup(by, names->pdata[i]);
        if (entry == NULL) {
            entry = add(entries, g_strdup(names->pdata[i]));
            g_hash_table_insert(by, entry->full, entry);
            add_levels_above(entries, by, entry->full);
        }
        entry->subscribed = TRUE;
    }
}

guint imap_list_below(const GPtrArray *entries, guint at) {
    const char *name = ((const ImapListEntry *)entries->pdata[at])->full;
    gsize n = strlen(name);
    guint i = at + 1;
    while (i < entries->len) {
        const char *other = ((const ImapListEntry *)entries->pdata[i])->full;
        if (strncmp(name, other, n) != 0 || other[n] != '/')
            break;
        i++;
    }
    return i - at - 1;
}

static gboolean exists(const ImapListEntry *entry) {
    return entry->mailbox != NULL || entry->level;
}

static void mark_children(GPtrArray *entries) {
    for (guint i = entries->len; i-- > 0;) {
        ImapListEntry *entry = entries->pdata[i];
        guint below = imap_list_below(entries, i);
        for (guint k = 1; k <= below && !entry->children; k++)
            entry->children = exists(entries->pdata[i + k]);
    }
}

GPtrArray *imap_list_load(ImapSession *session, DbConn *conn, GError **error) {
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    if (!add_own(session, conn, entries, error) || !add_all_shared(session, conn, entries, error))
        return NULL;
    g_autoptr(GPtrArray) names =
        store_subscriptions(session->service->store, conn, session->account, error);
    if (names == NULL)
        return NULL;
    mark_subscribed(entries, names);
    g_ptr_array_sort(entries, by_name);
    mark_children(entries);
    return g_steal_pointer(&entries);
}
