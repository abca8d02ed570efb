/* STATUS (RFC 9051 6.3.11; RFC 7162 3.1.7; RFC 7889 4; RFC 8438 3; RFC 8474 4.3), and the part of
 * it that LIST uses. */
#include "imap/list.h"
#include "imap/objectid.h"
#include "imap/view.h"

enum {
    STATUS_MESSAGES,
    STATUS_RECENT,
    STATUS_UIDNEXT,
    STATUS_UIDVALIDITY,
    STATUS_UNSEEN,
    STATUS_DELETED,
    STATUS_SIZE,
    STATUS_HIGHESTMODSEQ,
    STATUS_APPENDLIMIT,
    STATUS_DELETED_STORAGE,
    STATUS_MAILBOXID,
};
static const char *const names[] = {
    [STATUS_MESSAGES] = "MESSAGES",
    [STATUS_RECENT] = "RECENT",
    [STATUS_UIDNEXT] = "UIDNEXT",
    [STATUS_UIDVALIDITY] = "UIDVALIDITY",
    [STATUS_UNSEEN] = "UNSEEN",
    [STATUS_DELETED] = "DELETED",
    [STATUS_SIZE] = "SIZE",
    [STATUS_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
    [STATUS_APPENDLIMIT] = "APPENDLIMIT",
    [STATUS_DELETED_STORAGE] = "DELETED-STORAGE",
    [STATUS_MAILBOXID] = "MAILBOXID",
};

gboolean imap_take_status(ImapSession *session, ImapParser *args, ImapStatusWanted *wanted) {
    if (!imap_take_open(args))
        return FALSE;
    if (imap_try_byte(args, ')'))
        return TRUE;
    do {
        guint i = 0;
        while (i < G_N_ELEMENTS(names) && !imap_try_word(args, names[i]))
            i++;
        if (i == G_N_ELEMENTS(names))
            return imap_parser_fail(args, "Unknown status item");
        wanted->items |= 1u << i;
    } while (imap_try_byte(args, ' '));
    if (wanted->items & 1u << STATUS_HIGHESTMODSEQ) /* RFC 7162 3.1: enables CONDSTORE */
        imap_enable_condstore(session);
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The status items do not end");
}

static guint64 recent_of(ImapSession *session, const StoreMailbox *mailbox) {
    guint32 from = store_recent(session->service->store, mailbox->id, FALSE);
    /* Those that will be recent for whoever selects next; UIDs may have holes, so at most. */
    guint64 fresh = mailbox->uidnext > from ? mailbox->uidnext - from : 0;
    return MIN(fresh, mailbox->exists);
}

static gboolean add_deleted(const StoreMessage *message, gpointer data) {
    if (message->flags & STORE_DELETED)
        *(guint64 *)data += message->size;
    return TRUE;
}

/* RFC 9208 4.1.4: what EXPUNGE would free, as the quota counts. */
static guint64 deleted_storage(ImapSession *session, const StoreMailbox *mailbox) {
    Store *store = session->service->store;
    guint64 sum = 0;
    if (mailbox->deleted == 0)
        return 0;
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), NULL);
    if (conn != NULL)
        store_message_each(store, conn, mailbox->id, 1, G_MAXUINT32, STORE_WANT_FLAGS, add_deleted,
                           &sum, NULL);
    return sum;
}

static guint64 value_of(ImapSession *session, const StoreMailbox *mailbox, guint item) {
    switch (item) {
    case STATUS_MESSAGES:
        return mailbox->exists;
    case STATUS_RECENT:
        return recent_of(session, mailbox);
    case STATUS_UIDNEXT:
        return mailbox->uidnext;
    case STATUS_UIDVALIDITY:
        return mailbox->uidvalidity;
    case STATUS_UNSEEN:
        return mailbox->unseen;
    case STATUS_DELETED:
        return mailbox->deleted;
    case STATUS_SIZE:
        return (guint64)MAX(mailbox->size, 0);
    case STATUS_HIGHESTMODSEQ:
        return mailbox->modseq;
    case STATUS_DELETED_STORAGE:
        return deleted_storage(session, mailbox);
    default:
        return session->service->options.append;
    }
}

void imap_put_status(ImapSession *session, const ImapStatusWanted *wanted,
                     const StoreMailbox *mailbox, const char *full) {
    Buffer *out = imap_output(session);
    gboolean first = TRUE;
    buffer_append_string(out, "* STATUS ");
    imap_put_mailbox(out, full, imap_speaks_utf8(session));
    buffer_append_string(out, " (");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!(wanted->items & 1u << i))
            continue;
        if (!first)
            buffer_append_byte(out, ' ');
        first = FALSE;
        buffer_append_string(out, names[i]);
        buffer_append_byte(out, ' ');
        if (i == STATUS_MAILBOXID) {
            char id[IMAP_OBJECTID_BYTES];
            imap_mailbox_id(mailbox->uidvalidity, id);
            buffer_printf(out, "(%s)", id);
        } else {
            buffer_append_u64(out, value_of(session, mailbox, i));
        }
    }
    buffer_append_string(out, ")\r\n");
}

void imap_cmd_status(ImapSession *session, ImapParser *args) {
    g_auto(ImapName) name = {0};
    g_autoptr(GError) error = NULL;
    ImapStatusWanted wanted = {0};
    if (!imap_take_space(args)) {
        imap_bad_args(session, args);
        return;
    }
    if (!imap_take_name(session, args, &name))
        return;
    if (!imap_take_space(args) || !imap_take_status(session, args, &wanted) ||
        !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, &name, STORE_RIGHT_READ, NULL, &error);
    if (mailbox == NULL) {
        imap_fail(session, error);
        return;
    }
    imap_put_status(session, &wanted, mailbox, name.full);
    imap_completed(session, NULL);
}
