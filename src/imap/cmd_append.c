/* APPEND (RFC 9051 6.3.12; RFC 4315, 7888, 7889). The arguments are judged when the message's
 * literal is announced, before a byte of it is taken; the bytes then go straight into a blob
 * writer. A non-synchronizing literal that is refused is read and thrown away. */
#include "imap/name.h"
#include "imap/view.h"

#include "base/log.h"

enum { MAXIMUM_KEYWORDS = 60 };

typedef struct {
    ImapJob job;
    gint64 mailbox;
    StoreFlags flags;
    char **keywords;
    gint64 received;
    BlobWriter *writer; /* NULL: thrown away, `refusal` says why */
    guint64 left;
    gboolean literal8, has_nul;
    char *refusal; /* the completion, "NO …" */
} AppendJob;

static void append_free(ImapJob *job) {
    AppendJob *self = (AppendJob *)job;
    blob_writer_free(self->writer);
    g_strfreev(self->keywords);
    g_free(self->refusal);
    g_free(self);
}

typedef struct {
    Bytes mailbox;
    StoreFlags flags;
    GPtrArray *keywords;
    gint64 received;
} Arguments;

static gboolean take_flags(ImapParser *args, Arguments *a) {
    Bytes flag;
    if (!imap_try_byte(args, '('))
        return TRUE;
    if (!imap_try_byte(args, ')')) {
        do {
            if (!imap_take_flag(args, &flag))
                return FALSE;
            StoreFlags bit = imap_system_flag(flag);
            a->flags |= bit;
            if (bit == 0 && *flag.p != '\\') {
                if (a->keywords->len >= MAXIMUM_KEYWORDS)
                    return imap_parser_fail(args, "Too many flags");
                g_ptr_array_add(a->keywords, bytes_dup_string(flag));
            }
        } while (imap_try_byte(args, ' '));
        if (!imap_try_byte(args, ')'))
            return imap_parser_fail(args, "The flags do not end");
    }
    return imap_take_space(args);
}

/* TRUE when what has been gathered is an APPEND whose message comes next. */
static gboolean take_arguments(ImapParser *args, Bytes *tag, Arguments *a) {
    Bytes name;
    if (!imap_take_tag(args, tag) || !imap_take_space(args) || !imap_take_atom(args, &name) ||
        !bytes_is_nocase(name, "APPEND") || !imap_take_space(args) ||
        !imap_take_astring(args, &a->mailbox) || !imap_take_space(args) || !take_flags(args, a))
        return FALSE;
    if (reader_peek(&args->in) == '"' &&
        (!imap_take_date_time(args, &a->received) || !imap_take_space(args)))
        return FALSE;
    return imap_at_literal_header(args);
}

static gboolean fits_quota(ImapSession *session, gint64 account, guint64 size, GError **error) {
    StoreAccount quota = {0};
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL || !store_account_get(session->service->store, conn, account, &quota, error))
        return FALSE;
    /* Only what is hopeless from the start; the transaction decides exactly. */
    if (quota.quota_limit > 0 && size > (guint64)quota.quota_limit)
        return cv_fail(error, CV_ERROR_QUOTA,
                       "Hộp thư đã đầy / The message does not fit the quota");
    return TRUE;
}

static gboolean open_target(ImapSession *session, AppendJob *self, const Arguments *a, guint64 size,
                            GError **error) {
    g_auto(ImapName) name = {0};
    StoreRights rights = 0;
    g_autofree char *full = imap_name_decode(session, a->mailbox, error);
    if (full == NULL || !imap_name_of(session, full, &name, error))
        return FALSE;
    g_autoptr(StoreMailbox) mailbox =
        imap_name_find(session, &name, STORE_RIGHT_INSERT, &rights, error);
    if (mailbox == NULL || !fits_quota(session, mailbox->account, size, error))
        return FALSE;
    self->mailbox = mailbox->id;
    /* RFC 4314 4: "i" to append; each flag needs its own right, or is left out. */
    self->flags = a->flags & imap_flags_of_rights(rights);
    if (!(rights & STORE_RIGHT_WRITE))
        g_ptr_array_set_size(a->keywords, 0);
    return TRUE;
}

static char *refusal_of(ImapSession *session, const GError *error) {
    if (cv_error_is(error, CV_ERROR_NOT_FOUND))
        imap_no(session, "TRYCREATE", error->message);
    else if (cv_error_is(error, CV_ERROR_LIMIT))
        imap_no(session, "TOOBIG", error->message);
    else
        imap_fail(session, error);
    return g_steal_pointer(&session->completion);
}

static void finish_append(ImapSession *session, AppendJob *self) {
    g_autoptr(GError) error = NULL;
    guint32 uidvalidity = 0, uid = 0;
    if (self->refusal == NULL && self->has_nul)
        /* RFC 3516 4.4: binary content that cannot be kept as it is. */
        self->refusal =
            g_strdup(self->literal8 ? "NO [UNKNOWN-CTE] Content with NUL bytes needs base64"
                                    : "NO [CANNOT] The message holds NUL bytes");
    if (self->refusal != NULL) {
        session->completion = g_steal_pointer(&self->refusal);
        return;
    }
    if (!store_message_append(session->service->store, self->mailbox, self->writer, self->flags,
                              (const char *const *)self->keywords, self->received, &uidvalidity,
                              &uid, &error)) {
        if (cv_error_is(error, CV_ERROR_NOT_FOUND))
            imap_no(session, "TRYCREATE", error->message);
        else
            imap_fail(session, error);
        return;
    }
    g_autofree char *code = g_strdup_printf("APPENDUID %u %u", uidvalidity, uid);
    imap_completed(session, code);
}

static gboolean take_bytes(ImapSession *session, AppendJob *self) {
    Buffer *input = net_input(session->net);
    g_autoptr(GError) error = NULL;
    Bytes in = bytes_slice(buffer_bytes(input), 0, (gsize)MIN(self->left, G_MAXINT32));
    if (self->writer != NULL) {
        self->has_nul = self->has_nul || bytes_has_nul(in);
        if (!blob_writer_append(self->writer, in, &error)) {
            g_clear_pointer(&self->writer, blob_writer_free);
            log_event(LOG_LEVEL_ERROR, "imap.failed", "session", net_session_id(session->net),
                      "command", "APPEND", "error", error->message, NULL);
            self->refusal =
                g_strdup("NO [UNAVAILABLE] The message could not be stored; try again later");
        }
    }
    self->left -= in.n;
    buffer_consume(input, in.n);
    return self->left == 0;
}

static ImapStep append_step(ImapSession *session, ImapJob *job) {
    AppendJob *self = (AppendJob *)job;
    if (self->left > 0 && !take_bytes(session, self))
        return IMAP_STEP_INPUT;
    /* What follows the message must be the end of the line. */
    ImapCollect got = imap_collect(&session->collector, net_input(session->net), 1024);
    if (got == IMAP_COLLECT_MORE)
        return IMAP_STEP_INPUT;
    gboolean empty = got == IMAP_COLLECT_COMMAND && session->collector.text.n == 0;
    imap_collector_reset(&session->collector);
    if (empty) {
        finish_append(session, self);
    } else {
        imap_bad(session, "Nothing may follow the message");
        if (got != IMAP_COLLECT_COMMAND) /* another literal may be under way */
            session->goodbye = "The end of APPEND was not understood";
    }
    return IMAP_STEP_DONE;
}

static void begin_data(ImapSession *session, AppendJob *self, const Arguments *a) {
    self->received = a->received;
    if (a->keywords->len > 0) {
        g_ptr_array_add(a->keywords, NULL);
        self->keywords = g_strdupv((char **)a->keywords->pdata);
    }
    self->writer = blob_writer_new(store_blobs(session->service->store));
}

static void judge(ImapSession *session, AppendJob *self, const Arguments *a, guint64 size) {
    g_autoptr(GError) error = NULL;
    const char *low;
    if (imap_disk_low(session, &low)) {
        imap_no(session, "UNAVAILABLE", low);
        self->refusal = g_steal_pointer(&session->completion);
        return;
    }
    if (size > session->service->options.append)
        cv_fail(&error, CV_ERROR_LIMIT, "The message is larger than %" G_GUINT64_FORMAT " bytes",
                session->service->options.append);
    else if (open_target(session, self, a, size, &error))
        begin_data(session, self, a);
    if (error != NULL)
        self->refusal = refusal_of(session, error);
}

static void start(ImapSession *session, Bytes tag, Arguments *a) {
    ImapCollector *c = &session->collector;
    AppendJob *self = g_new0(AppendJob, 1);
    self->job = (ImapJob){.step = append_step, .free = append_free, .wait = IMAP_WAIT_DATA};
    self->left = c->literal_size;
    self->literal8 = c->literal8;
    imap_begin(session, tag, "APPEND");
    judge(session, self, a, c->literal_size);
    imap_collector_reset(c);
    if (self->refusal != NULL && c->literal_waits) {
        /* RFC 9051 4.3: the client does not send the literal after a tagged answer. */
        session->completion = g_steal_pointer(&self->refusal);
        append_free(&self->job);
        return;
    }
    if (self->refusal != NULL && self->left > 4 * session->service->options.append) {
        session->completion = g_steal_pointer(&self->refusal);
        session->goodbye = "The message is far too large";
        append_free(&self->job);
        return;
    }
    if (c->literal_waits)
        buffer_append_string(imap_output(session), "+ OK\r\n");
    imap_set_job(session, &self->job);
}

gboolean imap_append_literal(ImapSession *session) {
    g_auto(ImapParser) parser;
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    Arguments a = {.keywords = keywords};
    Bytes tag;
    imap_parser_init(&parser, buffer_bytes(&session->collector.text));
    if (!take_arguments(&parser, &tag, &a))
        return FALSE;
    start(session, tag, &a);
    return TRUE;
}

void imap_cmd_append(ImapSession *session, ImapParser *args) {
    imap_bad(session, "APPEND needs a mailbox and a message as a literal");
}
