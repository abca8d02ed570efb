/* The job that takes messages in; see append.h. It is a small machine over the words of
 * append_grammar.h: a piece of the command is gathered, its words are obeyed until the bytes of a
 * message begin, these are taken, and the next piece is gathered. */
#include "imap/append.h"

#include "base/log.h"
#include "imap/append_grammar.h"
#include "imap/catenate.h"
#include "imap/name.h"
#include "imap/view.h"

enum {
    WHOLE_COMMAND = 4,     /* times APPENDLIMIT: bytes of all messages of a command */
    FAR_TOO_LARGE = 4,     /* times APPENDLIMIT: not even read to be thrown away */
    URL_CODE_BYTES = 1000, /* of a URL that are told back */
};

typedef struct {
    BlobWriter *writer;
    StoreFlags flags;
    char **keywords;
    gint64 received;
    gboolean has_nul, literal8;
} Message;

typedef struct {
    ImapJob job;
    ImapAppendGrammar grammar;
    gsize done; /* bytes of the collector's text whose words were obeyed */
    gint64 mailbox, account;
    StoreRights rights;
    guint32 replaced;
    GArray *messages; /* Message */
    guint parts, files;
    gsize held;     /* bytes of messages kept in memory */
    guint64 whole;  /* bytes of all messages */
    gboolean bytes; /* a message's literal is under way */
    guint64 left;   /* bytes of it */
    char *refusal;  /* the completion, "NO …": the rest is thrown away */
} AppendJob;

static void message_clear(gpointer data) {
    Message *message = data;
    blob_writer_free(message->writer);
    g_strfreev(message->keywords);
}

static void append_free(ImapJob *job) {
    AppendJob *self = (AppendJob *)job;
    imap_append_grammar_clear(&self->grammar);
    g_array_unref(self->messages);
    g_free(self->refusal);
    g_free(self);
}

static Message *last(AppendJob *self) {
    return &g_array_index(self->messages, Message, self->messages->len - 1);
}

/* ---- Refusing ---- */

/* Takes the completion that an imap_no or imap_fail has just made for a refusal. */
static void refuse(ImapSession *session, AppendJob *self) {
    if (self->refusal == NULL)
        self->refusal = g_steal_pointer(&session->completion);
    g_clear_pointer(&session->completion, g_free);
    g_array_set_size(self->messages, 0); /* none of it will be stored */
}

static void refuse_with(ImapSession *session, AppendJob *self, const char *code, const char *text) {
    imap_no(session, code, text);
    refuse(session, self);
}

static void refuse_error(ImapSession *session, AppendJob *self, const GError *error) {
    if (cv_error_is(error, CV_ERROR_NOT_FOUND))
        imap_no(session, "TRYCREATE", error->message);
    else
        imap_fail(session, error);
    refuse(session, self);
}

static void refuse_url(ImapSession *session, AppendJob *self, Bytes url, const GError *error) {
    g_auto(Buffer) code;
    buffer_init(&code, 4 * URL_CODE_BYTES);
    buffer_append_string(&code, "BADURL ");
    for (gsize i = 0; i < MIN(url.n, (gsize)URL_CODE_BYTES); i++) {
        guint8 c = url.p[i];
        if (c > 0x20 && c < 0x7f && c != ']' && c != '\\')
            buffer_append_byte(&code, c);
        else
            buffer_printf(&code, "%%%02X", c);
    }
    g_autofree char *text = buffer_steal_string(&code);
    refuse_with(session, self, text, error->message);
}

/* ---- Judging ---- */

/* Only what is hopeless from the start; the transaction decides exactly. */
static gboolean fits_quota(ImapSession *session, const AppendJob *self, GError **error) {
    StoreAccount quota = {0};
    if (self->replaced != 0) /* what goes makes room */
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL ||
        !store_account_get(session->service->store, conn, self->account, &quota, error))
        return FALSE;
    if (quota.quota_limit > 0 && self->whole > (guint64)quota.quota_limit)
        return cv_fail(error, CV_ERROR_QUOTA,
                       "Hộp thư đã đầy / The message does not fit the quota");
    return TRUE;
}

static gboolean open_target(ImapSession *session, AppendJob *self, Bytes mailbox, GError **error) {
    g_auto(ImapName) name = {0};
    g_autofree char *full = imap_name_decode(session, mailbox, error);
    if (full == NULL || !imap_name_of(session, full, &name, error))
        return FALSE;
    g_autoptr(StoreMailbox) target =
        imap_name_find(session, &name, STORE_RIGHT_INSERT, &self->rights, error);
    if (target == NULL)
        return FALSE;
    self->mailbox = target->id;
    self->account = target->account;
    return TRUE;
}

static void judge_target(ImapSession *session, AppendJob *self, Bytes mailbox) {
    g_autoptr(GError) error = NULL;
    const char *low;
    if (imap_disk_low(session, &low))
        refuse_with(session, self, "UNAVAILABLE", low);
    else if (!open_target(session, self, mailbox, &error))
        refuse_error(session, self, error);
}

/* `more` bytes are to come: are they too many? */
static void judge_size(ImapSession *session, AppendJob *self, guint64 more) {
    const ImapOptions *o = &session->service->options;
    g_autoptr(GError) error = NULL;
    self->whole += more;
    guint64 size = blob_writer_size(last(self)->writer) + more;
    if (size > o->append) {
        g_autofree char *text =
            g_strdup_printf("The message is larger than %" G_GUINT64_FORMAT " bytes", o->append);
        refuse_with(session, self, "TOOBIG", text);
    } else if (self->whole > WHOLE_COMMAND * o->append) {
        refuse_with(session, self, "LIMIT", "So much cannot be appended in one command");
    } else if (!fits_quota(session, self, &error)) {
        refuse_error(session, self, error);
    }
}

static void begin_message(ImapSession *session, AppendJob *self) {
    const ImapAppendGrammar *g = &self->grammar;
    if (self->refusal != NULL)
        return;
    if (self->messages->len >= session->service->options.append_messages) {
        refuse_with(session, self, "LIMIT", "So many messages cannot be appended in one command");
        return;
    }
    /* RFC 4314 4: "i" to append; each flag needs its own right, or is left out. */
    Message message = {.flags = g->flags & imap_flags_of_rights(self->rights),
                       .received = g->received,
                       .writer = blob_writer_new(store_blobs(session->service->store))};
    if (g->keywords->len > 0 && (self->rights & STORE_RIGHT_WRITE)) {
        message.keywords = g_new0(char *, g->keywords->len + 1);
        for (guint i = 0; i < g->keywords->len; i++)
            message.keywords[i] = g_strdup(g->keywords->pdata[i]);
    }
    /* Of many messages some stay in memory, further ones go to files at once. */
    if (self->held >= session->service->options.append_held)
        blob_writer_limit_memory(message.writer, 1);
    g_array_append_val(self->messages, message);
}

static void end_message(ImapSession *session, AppendJob *self) {
    if (self->refusal != NULL)
        return;
    const Message *message = last(self);
    guint64 size = blob_writer_size(message->writer);
    /* RFC 3502 6.3.11: so a client calls the whole off. */
    if (size == 0)
        refuse_with(session, self, "CANNOT", "An empty message cancels the command");
    else if (message->has_nul)
        /* RFC 3516 4.4: binary content that cannot be kept as it is. */
        refuse_with(session, self, message->literal8 ? "UNKNOWN-CTE" : "CANNOT",
                    message->literal8 ? "Content with NUL bytes needs base64"
                                      : "The message holds NUL bytes");
    else if (size <= BLOB_MEMORY_LIMIT && self->held < session->service->options.append_held)
        self->held += size;
    else if (++self->files > session->service->options.append_files)
        refuse_with(session, self, "LIMIT", "So many messages cannot be appended in one command");
}

static void add_url(ImapSession *session, AppendJob *self, Bytes url) {
    const ImapOptions *o = &session->service->options;
    g_autoptr(GError) error = NULL;
    if (++self->parts > o->append_parts && self->refusal == NULL)
        refuse_with(session, self, "LIMIT", "The message has too many parts");
    if (self->refusal != NULL)
        return;
    BlobWriter *writer = last(self)->writer;
    guint64 before = blob_writer_size(writer);
    guint64 most = MIN(o->append - before, WHOLE_COMMAND * o->append - self->whole);
    if (imap_catenate_url(session, url, most, writer, &error)) {
        self->whole += blob_writer_size(writer) - before;
        judge_size(session, self, 0);
    } else if (cv_error_is(error, CV_ERROR_INPUT)) {
        refuse_url(session, self, url, error);
    } else if (cv_error_is(error, CV_ERROR_LIMIT)) {
        refuse_with(session, self, "TOOBIG", error->message);
    } else {
        refuse_error(session, self, error);
    }
}

/* ---- Storing ---- */

static void store_all(ImapSession *session, AppendJob *self) {
    g_autoptr(GError) error = NULL;
    g_autofree StoreAppend *all = g_new0(StoreAppend, self->messages->len);
    for (guint i = 0; i < self->messages->len; i++) {
        const Message *m = &g_array_index(self->messages, Message, i);
        all[i] = (StoreAppend){m->writer, m->flags, (const char *const *)m->keywords, m->received};
    }
    StoreAppending appending = {
        .mailbox = self->mailbox,
        .messages = all,
        .count = self->messages->len,
        .replaced_mailbox = self->replaced == 0 ? 0 : session->view->mailbox,
        .replaced_uid = self->replaced,
    };
    if (!store_append(session->service->store, &appending, &error)) {
        if (cv_error_is(error, CV_ERROR_NOT_FOUND))
            imap_no(session, "TRYCREATE", error->message);
        else if (self->replaced != 0 && cv_error_is(error, CV_ERROR_INPUT))
            imap_no(session, "EXPUNGEISSUED", error->message);
        else
            imap_fail(session, error);
        return;
    }
    imap_view_made(session, self->mailbox, appending.uid, appending.uid + appending.count - 1);
    g_autoptr(GString) code = g_string_new(NULL);
    g_string_printf(code, "APPENDUID %u %u", appending.uidvalidity, appending.uid);
    if (appending.count > 1)
        g_string_append_printf(code, ":%u", appending.uid + appending.count - 1);
    if (self->replaced == 0) {
        imap_completed(session, code->str);
        return;
    }
    /* RFC 8508 4.3: where the new message is comes before the old one is seen to go. */
    buffer_printf(imap_output(session), "* OK [%s] Replacement message ready\r\n", code->str);
    imap_completed(session, NULL);
}

static void finish_append(ImapSession *session, AppendJob *self) {
    if (self->refusal != NULL)
        session->completion = g_steal_pointer(&self->refusal);
    else
        store_all(session, self);
}

/* ---- The words ---- */

typedef enum {
    NEXT_BYTES, /* of a message: self->left */
    NEXT_PIECE, /* of the command */
    NEXT_DONE,  /* the command has ended */
} Next;

/* The command cannot be understood. With a literal that comes in any case nor can what follows. */
static Next fail(ImapSession *session, const char *problem, gboolean more) {
    imap_bad(session, problem);
    if (more && !session->collector.literal_waits)
        session->goodbye = "The end of the command was not understood";
    imap_collector_reset(&session->collector);
    return NEXT_DONE;
}

static void ask(ImapSession *session) {
    if (session->collector.literal_waits)
        buffer_append_string(imap_output(session), "+ OK\r\n");
}

/* The bytes of a message are announced. */
static Next begin_bytes(ImapSession *session, AppendJob *self) {
    ImapCollector *c = &session->collector;
    self->left = c->literal_size;
    if (self->refusal == NULL) {
        Message *message = last(self);
        message->literal8 = message->literal8 || c->literal8;
        judge_size(session, self, c->literal_size);
        if (c->literal_size == 0 && c->literal_waits && !self->grammar.inside)
            end_message(session, self); /* it is refused */
    }
    gboolean waits = c->literal_waits;
    gboolean far = self->left > FAR_TOO_LARGE * session->service->options.append;
    if (self->refusal != NULL && (waits || far)) {
        /* RFC 9051 4.3: the client does not send the literal after a tagged answer. */
        session->completion = g_steal_pointer(&self->refusal);
        if (!waits)
            session->goodbye = "The message is far too large";
        imap_collector_reset(c);
        return NEXT_DONE;
    }
    ask(session);
    imap_collector_reset(c);
    self->done = 0;
    self->bytes = TRUE;
    return NEXT_BYTES;
}

/* A literal that is an argument: gathered with the command, as in any other. */
static Next begin_argument(ImapSession *session, ImapParser *args) {
    const ImapOptions *o = &session->service->options;
    ImapCollector *c = &session->collector;
    if (c->literal8)
        return fail(session, "No literal8 here", TRUE);
    if (c->literal_size > o->literal || c->literal_size + c->text.n + 2 > o->command)
        return fail(session, "The literal is too long", TRUE);
    ask(session);
    imap_collector_accept(c);
    return NEXT_PIECE;
}

/* Obeys the words of what the collector holds, from self->done on. */
static Next obey(ImapSession *session, AppendJob *self, ImapParser *args, gboolean more) {
    for (;;) {
        switch (imap_append_next(&self->grammar, args)) {
        case IMAP_APPEND_MESSAGE:
            begin_message(session, self);
            return more ? begin_bytes(session, self)
                        : fail(session, "The message is missing", more);
        case IMAP_APPEND_CATENATE:
            begin_message(session, self);
            break;
        case IMAP_APPEND_TEXT:
            if (++self->parts > session->service->options.append_parts && self->refusal == NULL)
                refuse_with(session, self, "LIMIT", "The message has too many parts");
            return more ? begin_bytes(session, self)
                        : fail(session, "The message is missing", more);
        case IMAP_APPEND_URL:
            add_url(session, self, self->grammar.url);
            break;
        case IMAP_APPEND_CLOSE:
            end_message(session, self);
            break;
        case IMAP_APPEND_MORE:
            return more ? begin_argument(session, args)
                        : fail(session, "An argument is missing", more);
        case IMAP_APPEND_END:
            imap_collector_reset(&session->collector);
            finish_append(session, self);
            return NEXT_DONE;
        default:
            return fail(session, args->problem, more);
        }
        self->done = (gsize)(args->in.at - buffer_bytes(&session->collector.text).p);
    }
}

/* ---- The job ---- */

/* TRUE when the literal is whole. */
static gboolean take_bytes(ImapSession *session, AppendJob *self) {
    Buffer *input = net_input(session->net);
    g_autoptr(GError) error = NULL;
    Bytes in = bytes_slice(buffer_bytes(input), 0, (gsize)MIN(self->left, G_MAXINT32));
    if (self->refusal == NULL && in.n > 0) {
        Message *message = last(self);
        message->has_nul = message->has_nul || bytes_has_nul(in);
        if (!blob_writer_append(message->writer, in, &error)) {
            log_event(LOG_LEVEL_ERROR, "imap.failed", "session", net_session_id(session->net),
                      "command", "APPEND", "error", error->message, NULL);
            refuse_with(session, self, "UNAVAILABLE",
                        "The message could not be stored; try again later");
        }
    }
    self->left -= in.n;
    buffer_consume(input, in.n);
    if (self->left > 0)
        return FALSE;
    self->bytes = FALSE;
    if (!self->grammar.inside)
        end_message(session, self);
    return TRUE;
}

static Next take_piece(ImapSession *session, AppendJob *self, ImapCollect got) {
    g_auto(ImapParser) args = {0};
    if (got != IMAP_COLLECT_COMMAND && got != IMAP_COLLECT_LITERAL) {
        fail(session, "The command is too long, or a line does not end in CRLF", TRUE);
        session->goodbye = "The end of the command was not understood";
        return NEXT_DONE;
    }
    Bytes text = buffer_bytes(&session->collector.text);
    imap_parser_init(&args, bytes_slice(text, self->done, text.n));
    return obey(session, self, &args, got == IMAP_COLLECT_LITERAL);
}

static ImapStep append_step(ImapSession *session, ImapJob *job) {
    AppendJob *self = (AppendJob *)job;
    for (;;) {
        if (self->bytes && !take_bytes(session, self))
            return IMAP_STEP_INPUT;
        ImapCollect got = imap_collect(&session->collector, net_input(session->net),
                                       session->service->options.command);
        if (got == IMAP_COLLECT_MORE)
            return IMAP_STEP_INPUT;
        if (take_piece(session, self, got) == NEXT_DONE)
            return IMAP_STEP_DONE;
    }
}

/* Is the first word one? */
static gboolean begins_well(const ImapParser *args) {
    ImapAppendGrammar trial;
    ImapParser ahead = {.in = args->in};
    imap_append_grammar_init(&trial, FALSE);
    gboolean good = imap_append_next(&trial, &ahead) != IMAP_APPEND_BAD;
    imap_append_grammar_clear(&trial);
    imap_parser_clear(&ahead);
    return good;
}

gboolean imap_append_begin(ImapSession *session, const ImapAppendStart *start, ImapParser *args,
                           gboolean more) {
    /* What is malformed is gathered and answered as any other command. */
    if (more && !begins_well(args)) {
        g_free(start->refusal);
        return FALSE;
    }
    AppendJob *self = g_new0(AppendJob, 1);
    self->job = (ImapJob){.step = append_step, .free = append_free, .wait = IMAP_WAIT_DATA};
    self->messages = g_array_new(FALSE, FALSE, sizeof(Message));
    g_array_set_clear_func(self->messages, message_clear);
    self->replaced = start->replaced;
    self->refusal = start->refusal;
    imap_append_grammar_init(&self->grammar, g_str_equal(start->name, "REPLACE"));
    if (more) {
        imap_begin(session, start->tag, start->name);
        session->by_uid = start->by_uid;
    }
    if (self->refusal == NULL)
        judge_target(session, self, start->mailbox);
    if (obey(session, self, args, more) == NEXT_DONE)
        append_free(&self->job);
    else
        imap_set_job(session, &self->job);
    return TRUE;
}
