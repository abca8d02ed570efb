/* The grammar of NOTIFY (RFC 5465 8). */
#include "imap/fetch.h"
#include "imap/notify.h"

enum { MAXIMUM_GROUPS = 100, MAXIMUM_NAMES = 1000 };

static const struct {
    const char *name;
    guint event;
} events[] = {
    {"MessageNew", IMAP_EVENT_NEW},
    {"MessageExpunge", IMAP_EVENT_EXPUNGE},
    {"FlagChange", IMAP_EVENT_FLAGS},
    {"MailboxName", IMAP_EVENT_NAME},
    {"SubscriptionChange", IMAP_EVENT_SUBSCRIPTION},
    {"MailboxMetadataChange", IMAP_EVENT_METADATA},
    {"ServerMetadataChange", IMAP_EVENT_SERVER_METADATA},
};

static const struct {
    const char *name;
    ImapFilter filter;
    gboolean names;
} filters[] = {
    {"SELECTED-DELAYED", IMAP_FILTER_DELAYED, FALSE}, {"SELECTED", IMAP_FILTER_SELECTED, FALSE},
    {"INBOXES", IMAP_FILTER_INBOXES, FALSE},          {"PERSONAL", IMAP_FILTER_PERSONAL, FALSE},
    {"SUBSCRIBED", IMAP_FILTER_SUBSCRIBED, FALSE},    {"SUBTREE", IMAP_FILTER_SUBTREE, TRUE},
    {"MAILBOXES", IMAP_FILTER_MAILBOXES, TRUE},
};

void imap_put_events(GString *out) {
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
        g_string_append_printf(out, "%s%s", i == 0 ? "" : " ", events[i].name);
}

static void group_clear(gpointer data) {
    ImapNotifyGroup *group = data;
    g_clear_pointer(&group->names, g_ptr_array_unref);
}

void imap_notify_request_clear(ImapNotifyRequest *request) {
    g_clear_pointer(&request->groups, g_array_unref);
    g_clear_pointer(&request->items, g_free);
}

static gboolean take_name(ImapSession *session, ImapParser *args, ImapNotifyGroup *group) {
    Bytes raw;
    if (!imap_take_astring(args, &raw))
        return FALSE;
    if (group->names->len >= MAXIMUM_NAMES)
        return imap_parser_fail(args, "Too many names");
    /* What is no name is the name of no mailbox, and passed over like one (RFC 5465 3.1). */
    char *full = imap_name_decode(session, raw, NULL);
    if (full != NULL)
        g_ptr_array_add(group->names, full);
    return TRUE;
}

static gboolean take_names(ImapSession *session, ImapParser *args, ImapNotifyGroup *group) {
    group->names = g_ptr_array_new_with_free_func(g_free);
    if (!imap_take_space(args))
        return FALSE;
    if (!imap_try_byte(args, '('))
        return take_name(session, args, group);
    do {
        if (!take_name(session, args, group))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The names do not end");
}

static gboolean is_selected(const ImapNotifyGroup *group) {
    return group->filter == IMAP_FILTER_SELECTED || group->filter == IMAP_FILTER_DELAYED;
}

/* " (UID FLAGS)" behind MessageNew, kept as it stands. */
static gboolean take_items(ImapParser *args, const ImapNotifyGroup *group,
                           ImapNotifyRequest *request) {
    g_auto(ImapItems) items = {0};
    if (reader_peek(&args->in) != ' ' || reader_peek_at(&args->in, 1) != '(')
        return TRUE;
    imap_try_byte(args, ' ');
    const guint8 *start = args->in.at;
    if (!is_selected(group))
        return imap_parser_fail(args, "Only of the selected mailbox items can be told");
    if (!imap_take_items(args, &items))
        return FALSE;
    g_free(request->items);
    request->items = bytes_dup_string(bytes_of(start, (gsize)(args->in.at - start)));
    return TRUE;
}

static gboolean take_event(ImapParser *args, ImapNotifyGroup *group, ImapNotifyRequest *request) {
    Bytes word;
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
        if (imap_try_word(args, events[i].name)) {
            group->events |= events[i].event;
            return events[i].event != IMAP_EVENT_NEW || take_items(args, group, request);
        }
    request->unknown = TRUE;
    return imap_take_atom(args, &word);
}

static gboolean take_events(ImapParser *args, ImapNotifyGroup *group, ImapNotifyRequest *request) {
    if (imap_try_word(args, "NONE"))
        return TRUE;
    if (!imap_take_open(args))
        return FALSE;
    do {
        if (!take_event(args, group, request))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The events do not end");
}

/* RFC 5465 5: one of the two means both, and flags mean both of them too. */
static gboolean events_fit(ImapParser *args, const ImapNotifyGroup *group) {
    guint both = IMAP_EVENT_NEW | IMAP_EVENT_EXPUNGE;
    if ((group->events & IMAP_EVENTS_OF_MESSAGES) != 0 && (group->events & both) != both)
        return imap_parser_fail(args, "MessageNew and MessageExpunge go together");
    if (is_selected(group) && (group->events & ~(guint)IMAP_EVENTS_OF_MESSAGES) != 0)
        return imap_parser_fail(args, "Of the selected mailbox there are events of messages only");
    return TRUE;
}

static gboolean take_group(ImapSession *session, ImapParser *args, ImapNotifyRequest *request) {
    gsize i = 0;
    if (!imap_take_open(args))
        return FALSE;
    while (i < G_N_ELEMENTS(filters) && !imap_try_word(args, filters[i].name))
        i++;
    if (i == G_N_ELEMENTS(filters))
        return imap_parser_fail(args, "Unknown kind of mailboxes");
    ImapNotifyGroup made = {.filter = filters[i].filter};
    for (guint k = 0; k < request->groups->len && is_selected(&made); k++)
        if (is_selected(&g_array_index(request->groups, ImapNotifyGroup, k)))
            return imap_parser_fail(args, "The selected mailbox is named twice");
    g_array_append_val(request->groups, made);
    ImapNotifyGroup *group =
        &g_array_index(request->groups, ImapNotifyGroup, request->groups->len - 1);
    if (filters[i].names && !take_names(session, args, group))
        return FALSE;
    return imap_take_space(args) && take_events(args, group, request) && events_fit(args, group) &&
           (imap_try_byte(args, ')') || imap_parser_fail(args, "The group does not end"));
}

gboolean imap_take_notify(ImapSession *session, ImapParser *args, ImapNotifyRequest *request) {
    request->groups = g_array_new(FALSE, FALSE, sizeof(ImapNotifyGroup));
    g_array_set_clear_func(request->groups, group_clear);
    if (!imap_take_space(args))
        return FALSE;
    if (imap_try_word(args, "NONE"))
        return imap_take_end(args);
    if (!imap_try_word(args, "SET"))
        return imap_parser_fail(args, "NOTIFY is SET or NONE");
    if (!imap_take_space(args))
        return FALSE;
    if (imap_try_word(args, "STATUS")) {
        request->status = TRUE;
        if (!imap_take_space(args))
            return FALSE;
    }
    do {
        if (request->groups->len >= MAXIMUM_GROUPS)
            return imap_parser_fail(args, "Too many groups");
        if (!take_group(session, args, request))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return imap_take_end(args);
}
