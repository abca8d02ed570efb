/* Mailboxes as objects; see mailbox.h. */
#include "jmap/mailbox.h"

#include <string.h>

const char *const jmap_box_properties[] = {
    "id",           "name",         "parentId",      "role",     "sortOrder",    "totalEmails",
    "unreadEmails", "totalThreads", "unreadThreads", "myRights", "isSubscribed", NULL,
};

static const struct {
    StoreUse use;
    const char *role;
    gint64 order;
} uses[] = {
    {STORE_USE_DRAFTS, "drafts", 2},   {STORE_USE_SENT, "sent", 3},
    {STORE_USE_ARCHIVE, "archive", 4}, {STORE_USE_JUNK, "junk", 5},
    {STORE_USE_TRASH, "trash", 6},     {STORE_USE_FLAGGED, "flagged", 7},
    {STORE_USE_ALL, "all", 8},
};

static gboolean is_inbox(const StoreMailbox *mailbox) {
    return g_str_equal(mailbox->name, "INBOX");
}

const char *jmap_box_role(const StoreMailbox *mailbox) {
    if (is_inbox(mailbox))
        return "inbox";
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (uses[i].use == mailbox->use)
            return uses[i].role;
    return NULL;
}

gint64 jmap_box_sort_order(const StoreMailbox *mailbox) {
    if (is_inbox(mailbox))
        return 1;
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (uses[i].use == mailbox->use)
            return uses[i].order;
    return 10;
}

const JmapBox *jmap_box_parent(const JmapAccount *account, const StoreMailbox *mailbox,
                               const char **name) {
    gsize n = strlen(mailbox->name);
    *name = mailbox->name;
    while (n > 0) {
        while (n > 0 && mailbox->name[n - 1] != '/')
            n--;
        if (n == 0)
            return NULL;
        n--;
        for (guint i = 0; i < account->boxes->len; i++) {
            const char *other = jmap_box_at(account, i)->mailbox->name;
            if (strlen(other) == n && memcmp(other, mailbox->name, n) == 0) {
                *name = mailbox->name + n + 1;
                return jmap_box_at(account, i);
            }
        }
    }
    return NULL;
}

/* ---- Subscriptions ---- */

/* As IMAP names the mailboxes of others (imap/name.h): "Shared/stttt/INBOX". */
static char *prefix_of(const JmapCall *call, const JmapAccount *account) {
    if (account->own)
        return g_strdup("");
    g_autoptr(DirectoryAccount) owner =
        directory_account(jmap_service(call)->directory, account->id, NULL);
    if (owner == NULL)
        return NULL;
    const char *at = strchr(owner->address, '@');
    gsize n = at == NULL ? strlen(owner->address) : (gsize)(at - owner->address);
    return g_strdup_printf("Shared/%.*s/", (int)n, owner->address);
}

char *jmap_box_full_name(const JmapCall *call, const JmapAccount *account, const char *name) {
    g_autofree char *prefix = prefix_of(call, account);
    return prefix == NULL ? NULL : g_strconcat(prefix, name, NULL);
}

GHashTable *jmap_box_subscribed(const JmapCall *call, DbConn *conn, const JmapAccount *account,
                                GError **error) {
    g_autofree char *prefix = prefix_of(call, account);
    g_autoptr(GPtrArray) all =
        store_subscriptions(jmap_store(call), conn, jmap_caller(call)->id, error);
    if (all == NULL)
        return NULL;
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < all->len && prefix != NULL; i++)
        if (g_str_has_prefix(all->pdata[i], prefix))
            g_hash_table_add(names, g_strdup((const char *)all->pdata[i] + strlen(prefix)));
    return names;
}

/* ---- The object ---- */

/* RFC 8621 2, MailboxRights, of the rights of RFC 4314. */
static json_t *rights_of(const JmapBox *box) {
    StoreRights r = box->rights;
    static const StoreRights removing = STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    gboolean inbox = is_inbox(box->mailbox);
    json_t *rights = json_object();
    const struct {
        const char *name;
        gboolean may;
    } all[] = {
        {"mayReadItems", (r & STORE_RIGHT_READ) != 0},
        {"mayAddItems", (r & STORE_RIGHT_INSERT) != 0},
        {"mayRemoveItems", (r & removing) == removing},
        {"maySetSeen", (r & STORE_RIGHT_SEEN) != 0},
        {"maySetKeywords", (r & STORE_RIGHT_WRITE) != 0},
        {"mayCreateChild", (r & STORE_RIGHT_CREATE) != 0},
        {"mayRename", !inbox && (r & STORE_RIGHT_DELETE) != 0},
        {"mayDelete", !inbox && (r & STORE_RIGHT_DELETE) != 0},
        {"maySubmit", (r & STORE_RIGHT_POST) != 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        json_object_set_new(rights, all[i].name, json_boolean(all[i].may));
    return rights;
}

static json_t *parent_id(const JmapBox *parent) {
    char id[JMAP_ID_BYTES];
    if (parent == NULL)
        return json_null();
    jmap_mailbox_id(parent->mailbox->uidvalidity, id);
    return json_string(id);
}

static json_t *text_or_null(const char *text) {
    return text == NULL ? json_null() : json_string(text);
}

static json_t *property(const JmapAccount *account, const JmapBox *box, GHashTable *subscribed,
                        const JmapCounts *counts, JmapBoxProperty which) {
    const StoreMailbox *mailbox = box->mailbox;
    const char *name;
    char id[JMAP_ID_BYTES];
    const JmapBox *parent = jmap_box_parent(account, mailbox, &name);
    switch (which) {
    case JMAP_BOX_ID:
        jmap_mailbox_id(mailbox->uidvalidity, id);
        return json_string(id);
    case JMAP_BOX_NAME:
        return json_string(name);
    case JMAP_BOX_PARENT:
        return parent_id(parent);
    case JMAP_BOX_ROLE:
        return text_or_null(jmap_box_role(mailbox));
    case JMAP_BOX_SORT_ORDER:
        return json_integer(jmap_box_sort_order(mailbox));
    case JMAP_BOX_TOTAL_EMAILS:
        return json_integer(mailbox->exists);
    case JMAP_BOX_UNREAD_EMAILS:
        return json_integer(counts->unread);
    case JMAP_BOX_TOTAL_THREADS:
        return json_integer(counts->threads);
    case JMAP_BOX_UNREAD_THREADS:
        return json_integer(counts->unread_threads);
    case JMAP_BOX_RIGHTS:
        return rights_of(box);
    case JMAP_BOX_SUBSCRIBED:
        return json_boolean(g_hash_table_contains(subscribed, mailbox->name));
    }
    return NULL;
}

json_t *jmap_box_json(const JmapAccount *account, const JmapBox *box, GHashTable *subscribed,
                      const JmapListing *listing, guint64 mask) {
    JmapCounts counts = {0};
    json_t *object = json_object();
    const JmapBoxRows *rows = listing == NULL ? NULL : jmap_listing_box(listing, box->mailbox->id);
    if (rows != NULL && (mask & JMAP_BOX_NEEDS_LISTING) != 0)
        jmap_box_rows_count(rows, &counts);
    for (guint i = 0; jmap_box_properties[i] != NULL; i++)
        if (mask >> i & 1)
            json_object_set_new(object, jmap_box_properties[i],
                                property(account, box, subscribed, &counts, i));
    return object;
}
