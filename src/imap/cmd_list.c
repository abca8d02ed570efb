/* LIST (RFC 9051 6.3.9 with RFC 5258, 5819, 6154, 8438, 8440) and LSUB (RFC 3501 6.3.9). */
#include "imap/list.h"

#include "imap/pattern.h"

enum { MAXIMUM_PATTERNS = 32 };

typedef struct {
    gboolean extended;
    gboolean select_subscribed, select_special, recursive, remote;
    gboolean return_subscribed, return_children, return_special, return_status, return_rights;
    ImapStatusWanted status;
    GPtrArray *patterns; /* char *, reference joined in front */
    gboolean root;       /* LIST "" "" */
    char *reference;
} Listing;

static void listing_clear(Listing *listing) {
    g_clear_pointer(&listing->patterns, g_ptr_array_unref);
    g_free(listing->reference);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listing, listing_clear)

/* ---- Arguments ---- */

static gboolean take_selection(ImapParser *args, Listing *listing) {
    listing->extended = TRUE;
    if (imap_try_byte(args, ')'))
        return TRUE;
    do {
        if (imap_try_word(args, "SUBSCRIBED"))
            listing->select_subscribed = listing->return_subscribed = TRUE;
        else if (imap_try_word(args, "SPECIAL-USE"))
            listing->select_special = listing->return_special = TRUE;
        else if (imap_try_word(args, "RECURSIVEMATCH"))
            listing->recursive = TRUE;
        else if (imap_try_word(args, "REMOTE"))
            listing->remote = TRUE;
        else
            return imap_parser_fail(args, "Unknown selection option");
    } while (imap_try_byte(args, ' '));
    /* RECURSIVEMATCH, alone or with REMOTE, selects nothing: BAD (RFC 9051 6.3.9.1). */
    if (listing->recursive && !listing->select_subscribed && !listing->select_special)
        return imap_parser_fail(args, "RECURSIVEMATCH needs another selection option");
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The options do not end");
}

static gboolean take_return(ImapSession *session, ImapParser *args, Listing *listing) {
    if (!imap_try_byte(args, ' '))
        return imap_take_end(args);
    listing->extended = TRUE;
    if (!imap_try_word(args, "RETURN") || !imap_take_space(args) || !imap_take_open(args))
        return imap_parser_fail(args, "RETURN was expected");
    if (imap_try_byte(args, ')'))
        return imap_take_end(args);
    do {
        if (imap_try_word(args, "SUBSCRIBED"))
            listing->return_subscribed = TRUE;
        else if (imap_try_word(args, "CHILDREN"))
            listing->return_children = TRUE;
        else if (imap_try_word(args, "SPECIAL-USE"))
            listing->return_special = TRUE;
        else if (imap_try_word(args, "MYRIGHTS")) /* RFC 8440 3 */
            listing->return_rights = TRUE;
        else if (!imap_try_word(args, "STATUS"))
            return imap_parser_fail(args, "Unknown return option");
        else if (!imap_take_space(args) || !imap_take_status(session, args, &listing->status))
            return FALSE;
        else
            listing->return_status = TRUE;
    } while (imap_try_byte(args, ' '));
    return (imap_try_byte(args, ')') || imap_parser_fail(args, "The options do not end")) &&
           imap_take_end(args);
}

/* A pattern that is not well-formed matches nothing and is no error (RFC 9051 6.3.9). */
static void add_pattern(ImapSession *session, Listing *listing, Bytes raw) {
    g_autofree char *pattern = imap_name_decode(session, raw, NULL);
    if (pattern == NULL || listing->reference == NULL)
        return;
    if (*pattern == '\0') {
        listing->root = TRUE;
        return;
    }
    g_ptr_array_add(listing->patterns, g_strconcat(listing->reference, pattern, NULL));
}

static gboolean take_patterns(ImapSession *session, ImapParser *args, Listing *listing) {
    Bytes raw;
    if (!imap_try_byte(args, '(')) {
        if (!imap_take_list_mailbox(args, &raw))
            return FALSE;
        add_pattern(session, listing, raw);
        return TRUE;
    }
    listing->extended = TRUE;
    do {
        if (listing->patterns->len >= MAXIMUM_PATTERNS)
            return imap_parser_fail(args, "Too many patterns");
        if (!imap_take_list_mailbox(args, &raw))
            return FALSE;
        add_pattern(session, listing, raw);
    } while (imap_try_byte(args, ' '));
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The patterns do not end");
}

static gboolean take_listing(ImapSession *session, ImapParser *args, gboolean lsub,
                             Listing *listing) {
    Bytes raw;
    listing->patterns = g_ptr_array_new_with_free_func(g_free);
    if (!imap_take_space(args))
        return FALSE;
    if (!lsub && imap_try_byte(args, '(') &&
        (!take_selection(args, listing) || !imap_take_space(args)))
        return FALSE;
    if (!imap_take_astring(args, &raw) || !imap_take_space(args))
        return FALSE;
    listing->reference = imap_name_decode(session, raw, NULL);
    return take_patterns(session, args, listing) &&
           (lsub ? imap_take_end(args) : take_return(session, args, listing));
}

/* ---- Answers ---- */

static gboolean matches(const Listing *listing, const char *name) {
    for (guint i = 0; i < listing->patterns->len; i++)
        if (imap_pattern_match(bytes_of_string(listing->patterns->pdata[i]), bytes_of_string(name)))
            return TRUE;
    return FALSE;
}

static gboolean is_special(const ImapListEntry *entry) {
    return entry->mailbox != NULL && imap_use_name(entry->mailbox->use) != NULL;
}

/* Does it meet the selection options? */
static gboolean selected(const Listing *listing, const ImapListEntry *entry) {
    if (listing->select_subscribed && !entry->subscribed)
        return FALSE;
    if (listing->select_special && !is_special(entry))
        return FALSE;
    return listing->select_subscribed || entry->mailbox != NULL || entry->level;
}

static void put_attribute(Buffer *out, gboolean *first, const char *name) {
    if (!*first)
        buffer_append_byte(out, ' ');
    *first = FALSE;
    buffer_append_string(out, name);
}

static void put_attributes(Buffer *out, const Listing *listing, const ImapListEntry *entry) {
    gboolean first = TRUE;
    const char *use = entry->mailbox == NULL ? NULL : imap_use_name(entry->mailbox->use);
    if (entry->level)
        put_attribute(out, &first, "\\Noselect");
    else if (entry->mailbox == NULL)
        put_attribute(out, &first, listing->extended ? "\\NonExistent" : "\\Noselect");
    put_attribute(out, &first, entry->children ? "\\HasChildren" : "\\HasNoChildren");
    if (listing->return_subscribed && entry->subscribed)
        put_attribute(out, &first, "\\Subscribed");
    /* RFC 6154 2: may be told without being asked for. */
    if (use != NULL)
        put_attribute(out, &first, use);
}

static void put_entry(ImapSession *session, const Listing *listing, const ImapListEntry *entry,
                      gboolean childinfo) {
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* LIST (");
    put_attributes(out, listing, entry);
    buffer_append_string(out, ") \"/\" ");
    imap_put_mailbox(out, entry->full, imap_speaks_utf8(session));
    if (childinfo) { /* RFC 9051 6.3.9.6 */
        buffer_append_string(out, " (\"CHILDINFO\" (");
        if (listing->select_subscribed)
            buffer_append_string(out, "\"SUBSCRIBED\"");
        if (listing->select_special)
            buffer_append_string(out, listing->select_subscribed ? " \"SPECIAL-USE\""
                                                                 : "\"SPECIAL-USE\"");
        buffer_append_string(out, "))");
    }
    buffer_append_string(out, "\r\n");
    if (listing->return_rights && entry->mailbox != NULL && selected(listing, entry)) {
        buffer_append_string(out, "* MYRIGHTS ");
        imap_put_mailbox(out, entry->full, imap_speaks_utf8(session));
        buffer_append_byte(out, ' ');
        imap_put_rights(out, entry->rights);
        buffer_append_string(out, "\r\n");
    }
    if (listing->return_status && entry->mailbox != NULL && entry->readable)
        imap_put_status(session, &listing->status, entry->mailbox, entry->full);
}

/* Is a name below selected; with `untold`, one that the patterns do not bring by itself? */
static gboolean has_selected_below(const Listing *listing, const GPtrArray *entries, guint at,
                                   gboolean untold) {
    guint below = imap_list_below(entries, at);
    for (guint i = 1; i <= below; i++) {
        const ImapListEntry *entry = entries->pdata[at + i];
        if (selected(listing, entry) && !(untold && matches(listing, entry->full)))
            return TRUE;
    }
    return FALSE;
}

static void answer(ImapSession *session, const Listing *listing, const GPtrArray *entries) {
    for (guint i = 0; i < entries->len; i++) {
        const ImapListEntry *entry = entries->pdata[i];
        gboolean self = selected(listing, entry);
        if ((!self && !listing->recursive) || !matches(listing, entry->full))
            continue;
        /* A name that is told only for those below it is left out when all of them are told (RFC
         * 9051 6.3.9.6). */
        gboolean childinfo = listing->recursive && has_selected_below(listing, entries, i, !self);
        if (self || childinfo)
            put_entry(session, listing, entry, childinfo);
    }
}

/* An empty pattern asks for the separator and for the root of the reference (RFC 9051 6.3.9). */
static void answer_root(ImapSession *session, const Listing *listing) {
    gboolean shared = g_str_has_prefix(listing->reference, IMAP_SHARED "/");
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* LIST (\\Noselect) \"/\" ");
    imap_put_mailbox(out, shared ? IMAP_SHARED "/" : "", imap_speaks_utf8(session));
    buffer_append_string(out, "\r\n");
}

void imap_cmd_list(ImapSession *session, ImapParser *args) {
    g_auto(Listing) listing = {0};
    g_autoptr(GError) error = NULL;
    if (!take_listing(session, args, FALSE, &listing)) {
        imap_bad_args(session, args);
        return;
    }
    if (listing.root && !listing.extended)
        answer_root(session, &listing);
    if (listing.patterns->len > 0) {
        g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), &error);
        g_autoptr(GPtrArray) entries = conn == NULL ? NULL : imap_list_load(session, conn, &error);
        if (entries == NULL) {
            imap_fail(session, error);
            return;
        }
        g_clear_pointer(&conn, db_read_end); /* STATUS reads by itself */
        answer(session, &listing, entries);
    }
    imap_completed(session, NULL);
}

static gboolean has_children(ImapSession *session, const StoreMailbox *mailbox) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), NULL);
    g_autoptr(GPtrArray) list =
        conn == NULL ? NULL
                     : store_mailbox_list(session->service->store, conn, mailbox->account, NULL);
    gsize n = strlen(mailbox->name);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const StoreMailbox *other = list->pdata[i];
        if (strncmp(other->name, mailbox->name, n) == 0 && other->name[n] == '/')
            return TRUE;
    }
    return FALSE;
}

void imap_put_listed(ImapSession *session, const StoreMailbox *mailbox, const char *full,
                     const char *given) {
    Buffer *out = imap_output(session);
    const char *use = imap_use_name(mailbox->use);
    buffer_append_string(out, has_children(session, mailbox) ? "* LIST (\\HasChildren"
                                                             : "* LIST (\\HasNoChildren");
    if (use != NULL) {
        buffer_append_byte(out, ' ');
        buffer_append_string(out, use);
    }
    buffer_append_string(out, ") \"/\" ");
    imap_put_mailbox(out, full, TRUE);
    /* INBOX in other letters is no other form. */
    if (given != NULL && g_ascii_strcasecmp(full, given) != 0) {
        buffer_append_string(out, " (\"OLDNAME\" (");
        imap_put_mailbox(out, given, TRUE);
        buffer_append_string(out, "))");
    }
    buffer_append_string(out, "\r\n");
}

/* ---- LSUB ---- */

static void put_lsub(ImapSession *session, const char *name, gboolean noselect) {
    Buffer *out = imap_output(session);
    buffer_append_string(out, noselect ? "* LSUB (\\Noselect) \"/\" " : "* LSUB () \"/\" ");
    imap_put_mailbox(out, name, imap_speaks_utf8(session));
    buffer_append_string(out, "\r\n");
}

/* With "%" LSUB shows the level above a subscribed name, as \Noselect (RFC 3501 6.3.9). */
static void lsub_parents(ImapSession *session, const Listing *listing, const char *name,
                         GHashTable *told) {
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *parent = g_strndup(name, (gsize)(slash - name));
        if (!matches(listing, parent) || g_hash_table_contains(told, parent))
            continue;
        put_lsub(session, parent, TRUE);
        g_hash_table_add(told, g_steal_pointer(&parent));
    }
}

void imap_cmd_lsub(ImapSession *session, ImapParser *args) {
    g_auto(Listing) listing = {0};
    g_autoptr(GError) error = NULL;
    if (!take_listing(session, args, TRUE, &listing)) {
        imap_bad_args(session, args);
        return;
    }
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), &error);
    g_autoptr(GPtrArray) names =
        conn == NULL ? NULL
                     : store_subscriptions(session->service->store, conn, session->account, &error);
    if (names == NULL) {
        imap_fail(session, error);
        return;
    }
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < names->len; i++)
        if (matches(&listing, names->pdata[i])) {
            put_lsub(session, names->pdata[i], FALSE);
            g_hash_table_add(told, g_strdup(names->pdata[i]));
        }
    for (guint i = 0; i < names->len; i++)
        if (!matches(&listing, names->pdata[i]))
            lsub_parents(session, &listing, names->pdata[i], told);
    imap_completed(session, NULL);
}
