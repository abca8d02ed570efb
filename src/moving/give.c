/* See give.h. */
#include "moving/give.h"

enum { SLICE_MESSAGES = 200, SLICE_BYTES = 4 * 1024 * 1024 };

typedef struct {
    Store *store;
    gint64 account;
    MovingGive give;
    gpointer data;
    Buffer batch, content;
    GPtrArray *names; /* of keywords by bit, in this slice */
    DbConn *conn;
    guint32 next; /* UID that the next slice begins with; 0: no more */
    guint in_slice;
    guint64 messages;
    GError *failed;
} Give;

static gboolean flush(Give *give, GError **error) {
    gboolean wanted = give->give(buffer_bytes(&give->batch), give->data);
    if (give->batch.capacity > 4 * SLICE_BYTES)
        buffer_release(&give->batch);
    batch_begin(&give->batch);
    return wanted || cv_fail(error, CV_ERROR_BUSY, "nobody reads the export any more");
}

static GPtrArray *keywords_of(const Give *give, StoreFlags flags) {
    GPtrArray *keywords = g_ptr_array_new();
    for (guint i = 0; i < give->names->len; i++)
        if ((flags >> (STORE_KEYWORD_FIRST + i) & 1) != 0 && give->names->pdata[i] != NULL)
            g_ptr_array_add(keywords, give->names->pdata[i]);
    return keywords;
}

static gboolean add(const StoreMessage *message, gpointer data) {
    Give *give = data;
    give->next = message->uid;
    if (give->in_slice >= SLICE_MESSAGES || give->batch.n >= SLICE_BYTES)
        return FALSE;
    buffer_clear(&give->content);
    if (!store_message_read(give->store, give->conn, message, 0, message->size, &give->content,
                            &give->failed))
        return FALSE;
    g_autoptr(GPtrArray) keywords = keywords_of(give, message->flags);
    BatchMessage added = {.message = {.flags = message->flags & STORE_SYSTEM_FLAGS,
                                      .keywords = keywords,
                                      .received = message->received,
                                      .uid = message->uid,
                                      .content = buffer_bytes(&give->content)},
                          .seen = 1};
    if (!batch_add_message(&give->batch, &added)) {
        cv_fail(&give->failed, CV_ERROR_LIMIT, "message %u is too large to be exported",
                message->uid);
        return FALSE;
    }
    if (give->content.capacity > 4 * SLICE_BYTES)
        buffer_release(&give->content);
    give->in_slice++;
    give->messages++;
    give->next = message->uid == G_MAXUINT32 ? 0 : message->uid + 1;
    return TRUE;
}

static gboolean give_slice(Give *give, gint64 mailbox, guint32 from, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(give->store), error);
    if (conn == NULL)
        return FALSE;
    g_autoptr(GPtrArray) names = store_keyword_list(give->store, conn, give->account, error);
    if (names == NULL)
        return FALSE;
    give->names = names;
    give->conn = conn;
    give->in_slice = 0;
    give->next = 0;
    guint64 before = give->messages;
    gboolean walked = store_message_each(give->store, conn, mailbox, from, G_MAXUINT32,
                                         STORE_WANT_META, add, give, error);
    if (give->failed != NULL) {
        if (walked)
            g_propagate_error(error, g_steal_pointer(&give->failed));
        g_clear_error(&give->failed);
        return FALSE;
    }
    if (give->messages == before)
        give->next = 0;
    return walked;
}

static gboolean give_mailbox(Give *give, const StoreMailbox *mailbox, GError **error) {
    if (!batch_add_mailbox(&give->batch,
                           &(BatchMailbox){mailbox->use, mailbox->subscribed, mailbox->name}))
        return cv_fail(error, CV_ERROR_INTERNAL, "a batch has no room for a mailbox");
    for (guint32 from = 1; from != 0; from = give->next)
        if (!give_slice(give, mailbox->id, from, error) || !flush(give, error))
            return FALSE;
    return TRUE;
}

static GPtrArray *list_mailboxes(const Give *give, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(give->store), error);
    return conn == NULL ? NULL : store_mailbox_list(give->store, conn, give->account, error);
}

static gboolean give_all(Give *give, GError **error) {
    g_autoptr(GPtrArray) mailboxes = list_mailboxes(give, error);
    if (mailboxes == NULL)
        return FALSE;
    guint64 total = 0;
    for (guint i = 0; i < mailboxes->len; i++)
        total += ((const StoreMailbox *)mailboxes->pdata[i])->exists;
    batch_begin(&give->batch);
    batch_add_number(&give->batch, 'T', total);
    for (guint i = 0; i < mailboxes->len; i++)
        if (!give_mailbox(give, mailboxes->pdata[i], error))
            return FALSE;
    batch_add_number(&give->batch, 'E', give->messages);
    return flush(give, error);
}

gboolean moving_give(Store *store, gint64 account, MovingGive give, gpointer data, GError **error) {
    Give g = {.store = store, .account = account, .give = give, .data = data};
    buffer_init(&g.batch, BATCH_BYTES_MAXIMUM);
    buffer_init(&g.content, BATCH_BYTES_MAXIMUM);
    gboolean good = give_all(&g, error);
    buffer_release(&g.batch);
    buffer_release(&g.content);
    return good;
}
