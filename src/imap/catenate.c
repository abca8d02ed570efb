/* The parts of CATENATE that are on the server already; see catenate.h. The message's bytes are
 * opened inside a short read transaction and copied after its end. */
#include "imap/catenate.h"

#include "imap/name.h"
#include "imap/stream.h"
#include "imap/url.h"
#include "message/header.h"

typedef struct {
    ImapSession *session;
    DbConn *conn;
    const ImapItem *item;
    guint64 most;
    ImapStream stream;
    Buffer fields; /* of HEADER.FIELDS, instead of the stream */
    gboolean found;
    GError *error;
} Copy;

static gboolean no_such(GError **error) {
    return cv_fail(error, CV_ERROR_INPUT, "The URL names no message that can be used here");
}

/* ---- What is meant ---- */

/* The section as FETCH would parse it. FALSE: there is none like it. */
static gboolean item_of(const ImapUrl *url, ImapItems *items) {
    g_autofree char *text = g_strdup_printf("BODY.PEEK[%s]", url->section);
    g_auto(ImapParser) parser;
    imap_parser_init(&parser, bytes_of_string(text));
    if (!imap_take_items(&parser, items) || !imap_take_end(&parser) || items->items->len != 1)
        return FALSE;
    ImapItem *item = items->items->pdata[0];
    item->partial = url->partial;
    item->offset = url->offset;
    item->length = url->length;
    return item->kind == IMAP_ITEM_SECTION;
}

/* The mailbox's number, or 0 with error. */
static gint64 find_mailbox(ImapSession *session, DbConn *conn, const ImapUrl *url, GError **error) {
    g_autoptr(StoreMailbox) mailbox = NULL;
    g_auto(ImapName) name = {0};
    const ImapView *view = session->view;
    if (url->mailbox == NULL) {
        if (view == NULL || view->owner != session->account)
            return no_such(error);
        return view->mailbox;
    }
    g_autofree char *full = imap_name_of_utf8(bytes_of_string(url->mailbox), error);
    if (full == NULL || !imap_name_of(session, full, &name, NULL) ||
        name.account != session->account)
        return no_such(full == NULL ? NULL : error);
    mailbox = imap_name_open(session, conn, &name, STORE_RIGHT_READ, NULL, NULL);
    if (mailbox == NULL || (url->uidvalidity != 0 && url->uidvalidity != mailbox->uidvalidity))
        return no_such(error);
    return mailbox->id;
}

/* ---- Its bytes ---- */

static gboolean take_fields(Copy *copy, const StoreMessage *message, ImapPart part) {
    const ImapItem *item = copy->item;
    g_auto(Buffer) header = {0};
    g_auto(Buffer) chosen = {0};
    Bytes names[256];
    gsize count = 0;
    guint64 length = part.end - part.start;
    if (length > NET_OUTPUT_LIMIT / 4)
        return cv_fail(&copy->error, CV_ERROR_LIMIT, "The header is too long");
    buffer_init(&header, length);
    buffer_init(&chosen, length + 2);
    if (!store_message_read(copy->session->service->store, copy->conn, message, part.start, length,
                            &header, &copy->error))
        return FALSE;
    for (char **name = item->names; *name != NULL && count < G_N_ELEMENTS(names); name++)
        names[count++] = bytes_of_string(*name);
    message_header_select(buffer_bytes(&header), names, count, item->except, &chosen);
    ImapPart cut = imap_part_cut((ImapPart){0, chosen.n, TRUE}, item);
    return buffer_append_bytes(
               &copy->fields, bytes_slice(buffer_bytes(&chosen), cut.start, cut.end - cut.start)) ||
           cv_fail(&copy->error, CV_ERROR_LIMIT, "The message becomes too large");
}

static gboolean open_part(const StoreMessage *message, gpointer data) {
    Copy *copy = data;
    ImapPart part = imap_part_find(message, copy->item);
    if (message->expunged || !part.found)
        return FALSE;
    copy->found = TRUE;
    if (copy->item->fields)
        return take_fields(copy, message, part);
    part = imap_part_cut(part, copy->item);
    if (part.end - part.start > copy->most)
        return cv_fail(&copy->error, CV_ERROR_LIMIT, "The message becomes too large");
    return imap_stream_begin(&copy->stream, copy->session->service->store, copy->conn, message,
                             part, &copy->error);
}

static gboolean open_url(Copy *copy, const ImapUrl *url, GError **error) {
    Store *store = copy->session->service->store;
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    gint64 mailbox = conn == NULL ? 0 : find_mailbox(copy->session, conn, url, error);
    if (mailbox == 0)
        return FALSE;
    copy->conn = conn;
    if (!store_message_each(store, conn, mailbox, url->uid, url->uid, STORE_WANT_META, open_part,
                            copy, error))
        return FALSE;
    if (copy->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&copy->error));
        return FALSE;
    }
    return copy->found || no_such(error);
}

gboolean imap_catenate_url(ImapSession *session, Bytes text, guint64 most, BlobWriter *writer,
                           GError **error) {
    g_auto(ImapUrl) url = {0};
    g_auto(ImapItems) items = {0};
    if (!imap_url_parse(text, &url) || !item_of(&url, &items))
        return no_such(error);
    Copy copy = {.session = session, .item = items.items->pdata[0], .most = most};
    buffer_init(&copy.fields, (gsize)MIN(most, NET_OUTPUT_LIMIT));
    gboolean copied = open_url(&copy, &url, error) &&
                      blob_writer_append(writer, buffer_bytes(&copy.fields), error) &&
                      imap_stream_pour(&copy.stream, writer, error);
    imap_stream_clear(&copy.stream);
    buffer_release(&copy.fields);
    return copied;
}
