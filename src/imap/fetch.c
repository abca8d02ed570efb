/* The job that answers FETCH. Each turn opens a read transaction, walks over as many messages as
 * fit under the output's high mark, ends the transaction, and lets the session flush. A long body
 * is a state of its own (`stream`): its blob is open, no transaction is. */
#include "imap/fetch.h"

#include "directory/usage.h"
#include "imap/objectid.h"
#include "imap/stream.h"

enum {
    SEEN_SLICE = 128,  /* messages whose \Seen is set in one go */
    WALK_SLICE = 2000, /* messages in one read transaction at most */
    STRETCH = 1000,    /* messages in one walk at most */
};

typedef struct {
    ImapJob job;
    ImapFetch fetch;
    guint32 next;       /* place in fetch.uids, from 1 */
    guint resume;       /* item of that message to go on with */
    guint32 seen_until; /* places below were looked at for \Seen */
    StoreUids *marked;  /* messages whose \Seen this command set */
    ImapStream stream;
    gboolean unknown_cte, failed, broken;
    /* During a walk: */
    ImapSession *session;
    DbConn *conn;
    guint walked;
    guint32 stop; /* place at which the walk ends */
} FetchJob;

static void fetch_free(ImapJob *job) {
    FetchJob *self = (FetchJob *)job;
    imap_stream_clear(&self->stream);
    store_uids_free(self->fetch.uids);
    imap_items_clear(&self->fetch.items);
    g_free(self->fetch.completion);
    g_free(self->fetch.code);
    g_clear_pointer(&self->marked, store_uids_free);
    g_free(self);
}

/* ---- One message ---- */

static void put_word(Buffer *out, const char *word) {
    buffer_append_string(out, word);
    buffer_append_byte(out, ' ');
}

static void put_structure(Buffer *out, const StoreMessage *message, gboolean extended) {
    if (message_structure_write_bodystructure(message->structure, extended, out))
        return;
    /* Damaged (doctor reports it): the whole as one opaque part. */
    buffer_append_string(out, "(\"application\" \"octet-stream\" NIL NIL NIL \"8bit\" ");
    buffer_append_u64(out, message->size);
    buffer_append_byte(out, ')');
}

static gboolean put_fields(FetchJob *self, const StoreMessage *message, const ImapItem *item,
                           Buffer *out, GError **error) {
    g_auto(Buffer) header = {0};
    g_auto(Buffer) chosen = {0};
    Bytes names[256];
    gsize count = 0;
    ImapPart part = imap_part_find(message, item);
    if (!part.found) {
        buffer_append_string(out, "NIL");
        return TRUE;
    }
    buffer_init(&header, MIN(part.end - part.start, NET_OUTPUT_LIMIT / 4));
    buffer_init(&chosen, NET_OUTPUT_LIMIT / 4);
    if (!store_message_read(self->session->service->store, self->conn, message, part.start,
                            MIN(part.end - part.start, NET_OUTPUT_LIMIT / 4), &header, error))
        return FALSE;
    for (char **name = item->names; *name != NULL && count < G_N_ELEMENTS(names); name++)
        names[count++] = bytes_of_string(*name);
    message_header_select(buffer_bytes(&header), names, count, item->except, &chosen);
    ImapPart all = {0, chosen.n, TRUE}, cut = imap_part_cut(all, item);
    buffer_append_byte(out, '{');
    buffer_append_u64(out, cut.end - cut.start);
    buffer_append_string(out, "}\r\n");
    buffer_append_bytes(out, bytes_slice(buffer_bytes(&chosen), cut.start, cut.end - cut.start));
    return TRUE;
}

/* Bytes of the message as they stand. *streamed: a stream was begun instead. */
static gboolean put_section(FetchJob *self, const StoreMessage *message, const ImapItem *item,
                            Buffer *out, gboolean *streamed, GError **error) {
    ImapPart part = imap_part_find(message, item);
    if (!part.found) {
        buffer_append_string(out, "NIL");
        return TRUE;
    }
    part = imap_part_cut(part, item);
    guint64 length = part.end - part.start;
    buffer_append_byte(out, '{');
    buffer_append_u64(out, length);
    buffer_append_string(out, "}\r\n");
    if (length > IMAP_STREAM_FROM) {
        *streamed = TRUE;
        return imap_stream_begin(&self->stream, self->session->service->store, self->conn, message,
                                 part, error);
    }
    gsize before = out->n;
    if (!store_message_read(self->session->service->store, self->conn, message, part.start, length,
                            out, error))
        return FALSE;
    return out->n - before == length ||
           cv_fail(error, CV_ERROR_CORRUPT, "the message is shorter than its row says");
}

static gboolean leaf_of(const StoreMessage *message, const ImapItem *item, MessagePart *part) {
    return message_part_find(message->structure, item->path, item->depth, part);
}

static gboolean put_binary(FetchJob *self, const StoreMessage *message, const ImapItem *item,
                           Buffer *out, gboolean *streamed, GError **error) {
    MessagePart leaf;
    ImapPart part = imap_part_find(message, item);
    if (!part.found || !leaf_of(message, item, &leaf)) {
        buffer_append_string(out, "NIL");
        return TRUE;
    }
    gboolean decodes = item->depth > 0 && leaf.kind == MESSAGE_PART_LEAF;
    /* An encoding that we cannot undo: the command ends with NO [UNKNOWN-CTE] (RFC 9051 6.4.5). */
    if (decodes && leaf.encoding == MESSAGE_ENCODING_OTHER) {
        self->unknown_cte = TRUE;
        buffer_append_string(out, "NIL");
        return TRUE;
    }
    guint64 whole = decodes ? leaf.decoded_bytes : part.end - part.start;
    ImapPart cut = imap_part_cut((ImapPart){0, whole, TRUE}, item);
    buffer_append_string(out, "~{");
    buffer_append_u64(out, cut.end - cut.start);
    buffer_append_string(out, "}\r\n");
    *streamed = TRUE;
    if (!decodes)
        return imap_stream_begin(&self->stream, self->session->service->store, self->conn, message,
                                 (ImapPart){part.start + cut.start, part.start + cut.end, TRUE},
                                 error);
    return imap_stream_begin_decoded(&self->stream, self->session->service->store, self->conn,
                                     message, part, leaf.encoding, cut, error);
}

static void put_binary_size(FetchJob *self, const StoreMessage *message, const ImapItem *item,
                            Buffer *out) {
    MessagePart leaf;
    ImapPart part = imap_part_find(message, item);
    guint64 size = 0;
    if (part.found && leaf_of(message, item, &leaf)) {
        gboolean decodes = item->depth > 0 && leaf.kind == MESSAGE_PART_LEAF;
        if (decodes && leaf.encoding == MESSAGE_ENCODING_OTHER)
            self->unknown_cte = TRUE;
        size = decodes ? leaf.decoded_bytes : part.end - part.start;
    }
    buffer_append_u64(out, size);
}

/* RFC 8474 5.3 */
static gboolean put_objectid(FetchJob *self, const StoreMessage *message, ImapItemKind kind,
                             Buffer *out, GError **error) {
    Store *store = self->session->service->store;
    char id[IMAP_OBJECTID_BYTES];
    gboolean email = kind == IMAP_ITEM_EMAILID;
    if (!(email ? imap_email_id : imap_thread_id)(store, self->conn, message, id, error))
        return FALSE;
    buffer_append_string(out, email ? "EMAILID (" : "THREADID (");
    buffer_append_string(out, id);
    return buffer_append_byte(out, ')');
}

static gboolean put_item(FetchJob *self, const StoreMessage *message, const ImapItem *item,
                         Buffer *out, gboolean *streamed, GError **error) {
    const ImapView *view = self->session->view;
    switch (item->kind) {
    case IMAP_ITEM_FLAGS:
        put_word(out, "FLAGS");
        imap_put_flags(out, message->flags, view->keywords,
                       imap_view_is_recent(view, message->uid));
        return TRUE;
    case IMAP_ITEM_UID:
        put_word(out, "UID");
        return buffer_append_u64(out, message->uid);
    case IMAP_ITEM_INTERNALDATE:
        put_word(out, "INTERNALDATE");
        imap_put_date_time(out, message->received);
        return TRUE;
    case IMAP_ITEM_SIZE:
        put_word(out, "RFC822.SIZE");
        return buffer_append_u64(out, message->size);
    case IMAP_ITEM_ENVELOPE:
        put_word(out, "ENVELOPE");
        return buffer_append_bytes(out, message->envelope);
    case IMAP_ITEM_BODYSTRUCTURE:
    case IMAP_ITEM_BODY:
        put_word(out, item->kind == IMAP_ITEM_BODY ? "BODY" : "BODYSTRUCTURE");
        put_structure(out, message, item->kind == IMAP_ITEM_BODYSTRUCTURE);
        return TRUE;
    case IMAP_ITEM_MODSEQ:
        buffer_append_string(out, "MODSEQ (");
        buffer_append_u64(out, message->modseq);
        return buffer_append_byte(out, ')');
    case IMAP_ITEM_SAVEDATE: /* RFC 8514 4.2 */
        put_word(out, "SAVEDATE");
        imap_put_date_time(out, message->saved);
        return TRUE;
    case IMAP_ITEM_PREVIEW: /* RFC 8970 3.1: made at delivery, so LAZY changes nothing */
        put_word(out, "PREVIEW");
        imap_put_string(out, message->preview, imap_speaks_utf8(self->session));
        return TRUE;
    case IMAP_ITEM_EMAILID:
    case IMAP_ITEM_THREADID:
        return put_objectid(self, message, item->kind, out, error);
    case IMAP_ITEM_SECTION:
        put_word(out, item->label);
        return item->fields ? put_fields(self, message, item, out, error)
                            : put_section(self, message, item, out, streamed, error);
    case IMAP_ITEM_BINARY:
        put_word(out, item->label);
        return put_binary(self, message, item, out, streamed, error);
    default:
        put_word(out, item->label);
        put_binary_size(self, message, item, out);
        return TRUE;
    }
}

/* Reading set \Seen, and the answer tells it (RFC 9051 6.4.5), to a client that knows CONDSTORE
 * with UID and MODSEQ whether asked for or not (RFC 7162 3.2.4). */
static void put_seen(const FetchJob *self, const StoreMessage *message, Buffer *out) {
    const ImapItems *items = &self->fetch.items;
    const ImapView *view = self->session->view;
    gboolean condstore = imap_has_condstore(self->session);
    if (!items->flags) {
        buffer_append_string(out, " FLAGS ");
        imap_put_flags(out, message->flags, view->keywords,
                       imap_view_is_recent(view, message->uid));
    }
    if (condstore && !items->uid)
        buffer_printf(out, " UID %u", message->uid);
    if (condstore && !items->modseq)
        buffer_printf(out, " MODSEQ (%" G_GUINT64_FORMAT ")", message->modseq);
}

/* Items from self->resume on. FALSE: a stream took over, or it failed. */
static gboolean put_message(FetchJob *self, const StoreMessage *message, guint32 sequence,
                            GError **error) {
    const GPtrArray *items = self->fetch.items.items;
    Buffer *out = imap_output(self->session);
    gsize before = out->n;
    guint began = self->resume;
    if (self->resume == 0) {
        buffer_append_string(out, "* ");
        buffer_append_u64(out, sequence);
        buffer_append_string(out, " FETCH (");
    }
    while (self->resume < items->len) {
        gboolean streamed = FALSE;
        if (self->resume > 0)
            buffer_append_byte(out, ' ');
        if (!put_item(self, message, items->pdata[self->resume++], out, &streamed, error)) {
            if (began == 0) /* nothing of this message was sent: leave it out */
                buffer_truncate(out, before);
            else
                self->broken = TRUE;
            return FALSE;
        }
        if (streamed)
            return FALSE;
    }
    if (self->marked != NULL && store_uids_sequence(self->marked, message->uid) != 0)
        put_seen(self, message, out);
    buffer_append_string(out, ")\r\n");
    self->resume = 0;
    return TRUE;
}

/* ---- A walk ---- */

typedef struct {
    FetchJob *self;
    GError **error;
} Walk;

static gboolean wanted(const FetchJob *self, const StoreMessage *message) {
    return !self->fetch.filtered || message->modseq > self->fetch.changed_since;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    Walk *walk = data;
    FetchJob *self = walk->self;
    ImapView *view = self->session->view;
    guint32 place = store_uids_sequence(self->fetch.uids, message->uid);
    if (place == 0)
        return TRUE;
    if (place > self->next) /* some between are expunged: those are looked for one by one */
        return FALSE;
    if (wanted(self, message)) {
        /* A new keyword is announced between two messages, never inside an answer that waited for
         * its reader. */
        if (self->resume == 0 && !imap_view_knows(view, message->flags)) {
            g_autoptr(GError) ignored = NULL;
            imap_view_keywords(self->session, self->conn, TRUE, &ignored);
        }
        guint32 sequence = store_uids_sequence(view->uids, message->uid);
        if (!put_message(self, message, sequence, walk->error))
            return FALSE;
    }
    self->next = place + 1;
    self->walked++;
    if (net_output_full(self->session->net) || self->next > self->stop)
        return FALSE;
    return TRUE;
}

/* One statement's worth of messages. Whatever of it is missing was expunged; the message at `next`
 * is then asked for alone, which finds it as long as the view's watch keeps it. */
static gboolean walk_some(FetchJob *self, GError **error) {
    const StoreUids *uids = self->fetch.uids;
    Walk walk = {self, error};
    Store *store = self->session->service->store;
    StoreWant want = self->fetch.items.meta ? STORE_WANT_META : STORE_WANT_FLAGS;
    guint32 before = self->next;
    guint32 from = store_uids_at(uids, self->next);
    guint32 last = imap_uids_stretch(uids, self->next, MIN(self->stop, self->next + STRETCH));
    guint resuming = self->resume;
    if (!store_message_each(store, self->conn, self->session->view->mailbox, from,
                            store_uids_at(uids, last), want, on_message, &walk, error))
        return FALSE;
    if (error != NULL && *error != NULL)
        return FALSE;
    if (self->next != before || self->stream.open)
        return TRUE;
    if (last > before && !store_message_each(store, self->conn, self->session->view->mailbox, from,
                                             from, want, on_message, &walk, error))
        return FALSE;
    if (error != NULL && *error != NULL)
        return FALSE;
    if (self->next != before || self->stream.open)
        return TRUE;
    /* Gone for good. In the middle of its answer the connection cannot go on. */
    self->broken = resuming > 0;
    self->next++;
    return !self->broken;
}

/* ---- \Seen ---- */

typedef struct {
    StoreUids *unseen;
    const StoreUids *wanted;
} Unseen;

static gboolean note_unseen(const StoreMessage *message, gpointer data) {
    Unseen *unseen = data;
    if (!(message->flags & STORE_SEEN) && store_uids_sequence(unseen->wanted, message->uid) != 0)
        store_uids_append(unseen->unseen, message->uid);
    return TRUE;
}

static void on_marked(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed,
                      gpointer data) {
    FetchJob *self = data;
    if (!changed)
        return;
    if (self->marked == NULL)
        self->marked = store_uids_new();
    store_uids_append(self->marked, uid);
    imap_view_own(self->session->view, uid, modseq);
}

/* Sets \Seen for the next slice, before its messages are sent, so that the flags sent are true. */
static gboolean mark_seen(FetchJob *self, guint32 until, GError **error) {
    ImapView *view = self->session->view;
    Store *store = self->session->service->store;
    g_autoptr(StoreUids) unseen = store_uids_new();
    Unseen collect = {unseen, self->fetch.uids};
    for (guint32 place = self->next; place <= until;) {
        guint32 last = imap_uids_stretch(self->fetch.uids, place, until);
        g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
        if (conn == NULL ||
            !store_message_each(store, conn, view->mailbox, store_uids_at(self->fetch.uids, place),
                                store_uids_at(self->fetch.uids, last), STORE_WANT_FLAGS,
                                note_unseen, &collect, error))
            return FALSE;
        place = last + 1;
    }
    if (store_uids_count(unseen) == 0)
        return TRUE;
    StoreFlagsChange change = {.mailbox = view->mailbox,
                               .uids = unseen,
                               .mode = STORE_FLAGS_ADD,
                               .flags = STORE_SEEN,
                               .settable = imap_view_settable(view),
                               .each = on_marked,
                               .data = self};
    if (!store_flags_change(store, &change, error))
        return FALSE;
    directory_used(self->session->service->directory, self->session->account); /* [Điều 11.2] */
    return TRUE;
}

/* ---- The job ---- */

static void end_fetch(FetchJob *self, ImapSession *session, const GError *error) {
    if (error != NULL)
        imap_fail(session, error);
    else if (self->unknown_cte)
        imap_no(session, "UNKNOWN-CTE", "The part's transfer encoding is unknown");
    else if (self->fetch.completion != NULL)
        imap_ok(session, self->fetch.code, self->fetch.completion);
}

static ImapStep walk_step(FetchJob *self, ImapSession *session, GError **error) {
    guint32 count = store_uids_count(self->fetch.uids);
    self->stop = count;
    if (self->fetch.items.seen && (imap_view_settable(session->view) & STORE_SEEN)) {
        self->stop = MIN(count, self->next + SEEN_SLICE - 1);
        if (self->seen_until < self->stop) {
            if (!mark_seen(self, self->stop, error))
                return IMAP_STEP_DONE;
            self->seen_until = self->stop;
        }
        self->stop = self->seen_until;
    }
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL)
        return IMAP_STEP_DONE;
    self->conn = conn;
    self->walked = 0;
    while (self->next <= self->stop && !self->stream.open && !net_output_full(session->net) &&
           self->walked < WALK_SLICE)
        if (!walk_some(self, error))
            return IMAP_STEP_DONE;
    return IMAP_STEP_AGAIN;
}

static ImapStep fetch_step(ImapSession *session, ImapJob *job) {
    FetchJob *self = (FetchJob *)job;
    g_autoptr(GError) error = NULL;
    self->session = session;
    for (;;) {
        if (self->stream.open) {
            if (!imap_stream_send(&self->stream, session->net))
                return self->stream.failed ? IMAP_STEP_CLOSE : IMAP_STEP_OUTPUT;
        } else if (self->next > store_uids_count(self->fetch.uids)) {
            end_fetch(self, session, NULL);
            return IMAP_STEP_DONE;
        } else {
            ImapStep step = walk_step(self, session, &error);
            self->conn = NULL;
            if (self->broken)
                return IMAP_STEP_CLOSE;
            if (step == IMAP_STEP_DONE) {
                end_fetch(self, session, error);
                return IMAP_STEP_DONE;
            }
        }
        if (net_output_full(session->net))
            return IMAP_STEP_OUTPUT;
    }
}

void imap_fetch_begin(ImapSession *session, ImapFetch *fetch) {
    FetchJob *self = g_new0(FetchJob, 1);
    self->job = (ImapJob){.step = fetch_step, .free = fetch_free, .wait = IMAP_WAIT_DATA};
    self->fetch = *fetch;
    *fetch = (ImapFetch){0};
    self->next = 1;
    imap_set_job(session, &self->job);
}

void imap_fetch_flags(ImapSession *session, StoreUids *uids) {
    ImapFetch fetch = {.uids = uids};
    imap_items_add(&fetch.items, IMAP_ITEM_UID);
    imap_items_add(&fetch.items, IMAP_ITEM_FLAGS);
    if (imap_has_condstore(session))
        imap_items_add(&fetch.items, IMAP_ITEM_MODSEQ);
    imap_fetch_begin(session, &fetch);
}
