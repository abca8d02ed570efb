/* What NOTIFY tells of other mailboxes: STATUS, LIST, METADATA (RFC 5465 5). */
#include "imap/notify_box.h"

static void put_number(Buffer *out, gboolean *first, const char *name, guint64 value) {
    buffer_append_string(out, *first ? " (" : " ");
    *first = FALSE;
    buffer_append_string(out, name);
    buffer_append_byte(out, ' ');
    buffer_append_u64(out, value);
}

void imap_box_put_status(ImapSession *session, const ImapBox *box, gboolean messages,
                         gboolean flags, gboolean validity) {
    Buffer *out = imap_output(session);
    gboolean first = TRUE;
    buffer_append_string(out, "* STATUS ");
    imap_put_mailbox(out, box->full, imap_is_rev2(session));
    if (messages) {
        put_number(out, &first, "MESSAGES", box->exists);
        put_number(out, &first, "UIDNEXT", box->uidnext);
    }
    if (flags)
        put_number(out, &first, "UNSEEN", box->unseen);
    if (validity || flags)
        put_number(out, &first, "UIDVALIDITY", box->uidvalidity);
    if (imap_has_condstore(session) || (flags && validity))
        put_number(out, &first, "HIGHESTMODSEQ", box->modseq);
    buffer_append_string(out, ")\r\n");
}

static void put_word(Buffer *out, gboolean *first, const char *word) {
    if (!*first)
        buffer_append_byte(out, ' ');
    *first = FALSE;
    buffer_append_string(out, word);
}

void imap_box_put_list(ImapSession *session, const ImapBox *box, const char *old, gboolean gone) {
    Buffer *out = imap_output(session);
    gboolean first = TRUE;
    const char *use = imap_use_name(box->use);
    buffer_append_string(out, "* LIST (");
    if (gone)
        put_word(out, &first, "\\NonExistent");
    else
        put_word(out, &first, box->children ? "\\HasChildren" : "\\HasNoChildren");
    if (!gone && !box->readable)
        put_word(out, &first, "\\NoAccess");
    if (box->subscribed)
        put_word(out, &first, "\\Subscribed");
    if (!gone && use != NULL)
        put_word(out, &first, use);
    buffer_append_string(out, ") \"/\" ");
    imap_put_mailbox(out, box->full, imap_is_rev2(session));
    if (old != NULL) {
        buffer_append_string(out, " (\"OLDNAME\" (");
        imap_put_mailbox(out, old, imap_is_rev2(session));
        buffer_append_string(out, "))");
    }
    buffer_append_string(out, "\r\n");
}

/* ---- Annotations ---- */

typedef struct {
    ImapSession *session;
    gboolean told;
} Telling;

static gboolean tell_one(const StoreMetadata *metadata, gpointer data) {
    Telling *telling = data;
    ImapNotify *notify = telling->session->notify;
    Buffer *out = imap_output(telling->session);
    const ImapBox *box = g_hash_table_lookup(notify->boxes, &metadata->mailbox);
    gboolean own = metadata->sequence >= notify->own_from && metadata->sequence <= notify->own_to;
    gboolean wanted = metadata->mailbox == 0
                          ? notify->server
                          : box != NULL && box->readable && (box->events & IMAP_EVENT_METADATA);
    notify->metadata = metadata->sequence;
    if (own || !wanted)
        return TRUE;
    g_autofree char *name =
        g_strconcat(metadata->shared ? "/shared" : "/private", metadata->entry, NULL);
    buffer_append_string(out, "* METADATA ");
    imap_put_mailbox(out, box == NULL ? "" : box->full, imap_is_rev2(telling->session));
    buffer_append_byte(out, ' ');
    imap_put_string(out, bytes_of_string(name), FALSE);
    buffer_append_string(out, "\r\n");
    telling->told = TRUE;
    return !net_output_full(telling->session->net);
}

/* Names only (RFC 5464 4.4.2). What does not fit now is told when there is room. */
gboolean imap_notify_metadata(ImapSession *session) {
    ImapNotify *notify = session->notify;
    Telling telling = {.session = session};
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), NULL);
    if (conn != NULL)
        store_metadata_changes(conn, session->account, notify->metadata, tell_one, &telling, NULL);
    if (net_output_full(session->net)) {
        g_atomic_int_set(&notify->annotated, 1);
        g_atomic_int_set(&notify->dirty, 1);
    }
    return telling.told;
}
