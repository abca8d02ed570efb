/* THREAD and UID THREAD (RFC 5256 3): the messages are found as SEARCH finds them; what each says
 * of its conversation was stored at delivery. */
#include "imap/envelope.h"
#include "imap/progress.h"
#include "imap/search_walk.h"
#include "imap/thread.h"

#include "base/clock.h"
#include "message/base_subject.h"
#include "message/header.h"
#include "text/fold.h"

typedef enum { PHASE_FIND, PHASE_GATHER, PHASE_FINISH, PHASE_TELL } Phase;

typedef struct {
    ImapJob job;
    Phase phase;
    ImapWalk walk;
    gboolean references;
    ImapThreads *threads;
    guint32 next; /* of those found */
    Buffer text;  /* of the answer, when it is made */
    /* During a slice: */
    ImapSession *session;
    DbConn *conn;
    gint64 until;
    Buffer scratch;
    gboolean failed; /* no memory */
    GError *error;
} ThreadJob;

static void thread_free(ImapJob *job) {
    ThreadJob *self = (ThreadJob *)job;
    imap_walk_clear(&self->walk);
    imap_threads_free(self->threads);
    buffer_release(&self->scratch);
    buffer_release(&self->text);
    g_clear_error(&self->error);
    g_free(self);
}

/* RFC 5256 3: subjects are the same where i;unicode-casemap says so. 0: empty. */
static guint64 subject_hash(Bytes subject, gboolean *reply) {
    g_autofree char *decoded = message_header_decode(subject);
    g_autofree char *base = message_base_subject(decoded, reply);
    if (*base == '\0')
        return 0;
    g_autofree char *folded = text_casefold(bytes_of_string(base));
    return message_text_hash(bytes_of_string(folded));
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    ThreadJob *self = data;
    ImapSession *session = self->session;
    guint32 place = store_uids_sequence(self->walk.found, message->uid);
    if (place == 0 || self->failed || self->error != NULL)
        return TRUE;
    g_auto(ImapParser) parser;
    ImapEnvelope envelope;
    MessageReferences references;
    Bytes packed = {NULL, 0};
    imap_parser_init(&parser, message->envelope);
    imap_envelope_read(&parser, &envelope);
    ImapThreadMessage its = {.uid = message->uid,
                             .number = session->by_uid
                                           ? message->uid
                                           : store_uids_sequence(session->view->uids, message->uid),
                             .date = imap_sent_date(&envelope, message),
                             .references = &references};
    its.subject = subject_hash(envelope.subject, &its.reply);
    if (self->references && !store_message_ancestry(session->service->store, self->conn, message,
                                                    &self->scratch, &packed, &self->error))
        return TRUE;
    message_references_read(packed, &references);
    self->failed = !imap_threads_add(self->threads, &its);
    self->next = place + 1;
    return clock_monotonic() < self->until;
}

static gboolean gather(ThreadJob *self, GError **error) {
    ImapSession *session = self->session;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    if (conn == NULL)
        return FALSE;
    self->conn = conn;
    gboolean good = imap_walk_uids(session, conn, self->walk.found, &self->next, STORE_WANT_META,
                                   self->until, on_message, self, error);
    self->conn = NULL;
    if (good && self->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    if (self->next > store_uids_count(self->walk.found))
        self->phase = PHASE_FINISH;
    return good;
}

/* The text is a fraction of what it is made of, and may wait long for a slow reader. */
static void make_text(ThreadJob *self) {
    self->failed = !imap_threads_finish(self->threads);
    if (self->failed)
        return;
    buffer_init(&self->text, G_MAXUINT32);
    buffer_append_string(&self->text, imap_threads_any(self->threads) ? "* THREAD " : "* THREAD");
    while (!imap_threads_write(self->threads, &self->text, G_MAXUINT32))
        ;
    buffer_append_string(&self->text, "\r\n");
    g_clear_pointer(&self->threads, imap_threads_free);
}

static gboolean work(ThreadJob *self, GError **error) {
    gboolean done = FALSE;
    self->until = clock_monotonic() + IMAP_SLICE_TIME;
    switch (self->phase) {
    case PHASE_FIND:
        if (!imap_walk_step(&self->walk, self->session, &done, error))
            return FALSE;
        if (done)
            self->phase = PHASE_GATHER;
        return TRUE;
    case PHASE_GATHER:
        return gather(self, error);
    default:
        make_text(self);
        self->phase = PHASE_TELL;
        return TRUE;
    }
}

static ImapStep tell(ThreadJob *self, ImapSession *session) {
    enum { PIECE = 16 * 1024 };
    while (self->text.n > 0) {
        if (net_output_full(session->net))
            return IMAP_STEP_OUTPUT;
        Bytes piece = bytes_slice(buffer_bytes(&self->text), 0, PIECE);
        buffer_append_bytes(imap_output(session), piece);
        buffer_consume(&self->text, piece.n);
    }
    imap_completed(session, NULL);
    return IMAP_STEP_DONE;
}

static ImapStep thread_step(ImapSession *session, ImapJob *job) {
    ThreadJob *self = (ThreadJob *)job;
    g_autoptr(GError) error = NULL;
    self->session = session;
    if (self->phase == PHASE_TELL)
        return tell(self, session);
    if (!work(self, &error)) {
        imap_fail(session, error);
        return IMAP_STEP_DONE;
    }
    if (self->failed) {
        imap_no(session, "UNAVAILABLE", "Too much is being sorted at this moment: try again");
        return IMAP_STEP_DONE;
    }
    if (self->phase == PHASE_FIND)
        imap_walk_progress(&self->walk, session);
    else
        imap_progress(session, self->next - 1, store_uids_count(self->walk.found));
    return IMAP_STEP_AGAIN;
}

void imap_cmd_thread(ImapSession *session, ImapParser *args) {
    ThreadJob *self = g_new0(ThreadJob, 1);
    self->job = (ImapJob){.step = thread_step, .free = thread_free, .wait = IMAP_WAIT_DATA};
    buffer_init(&self->scratch, 4096);
    gboolean good = imap_take_space(args);
    self->references = good && imap_try_word(args, "REFERENCES");
    if (good && !self->references && !imap_try_word(args, "ORDEREDSUBJECT"))
        good = imap_parser_fail(args, "Unknown threading algorithm");
    if (!good || !imap_take_space(args) ||
        !imap_take_program(session, args, TRUE, &self->walk.program)) {
        imap_bad_program(session, args, &self->walk.program);
        thread_free(&self->job);
        return;
    }
    self->threads = imap_threads_new(self->references);
    self->next = 1;
    imap_walk_begin(&self->walk, session);
    imap_set_job(session, &self->job);
}
