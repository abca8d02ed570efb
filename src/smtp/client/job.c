/* An entry read for sending: its row taken apart, its message opened. */
#include "base/clock.h"
#include "base/log.h"
#include "smtp/client/internal.h"

enum { UNREADABLE_SECONDS = 60, PREFIX_MAX = 64 * 1024 };

void rcpt_set(Rcpt *rcpt, RcptState state, const char *status, const char *answer,
              const char *remote) {
    rcpt->state = state;
    g_strlcpy(rcpt->status, status, sizeof rcpt->status);
    g_free(rcpt->answer);
    g_free(rcpt->remote);
    rcpt->answer = g_strdup(answer);
    rcpt->remote = g_strdup(remote);
}

void job_set(Job *job, RcptState from, RcptState to, const char *status, const char *answer,
             const char *remote) {
    for (guint i = 0; i < job->count; i++)
        if (job->rcpts[i].state == from)
            rcpt_set(&job->rcpts[i], to, status, answer, remote);
}

void job_free(Job *job) {
    if (job == NULL)
        return;
    for (guint i = 0; i < job->count; i++) {
        g_free(job->rcpts[i].address);
        g_free(job->rcpts[i].parameters);
        g_free(job->rcpts[i].answer);
        g_free(job->rcpts[i].remote);
    }
    g_free(job->rcpts);
    blob_reader_free(job->blob);
    buffer_release(&job->prefix);
    g_free(job->from);
    g_free(job->domain);
    g_free(job->body);
    g_free(job->parameters);
    g_free(job);
}

/* The lines of QueueEntry.dsn: the message's own first (it has no tab), then the recipients'. */
static void take_parameters(Job *job, const char *dsn) {
    g_auto(GStrv) lines = g_strsplit(dsn, "\n", -1);
    g_autoptr(GHashTable) by_address = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **line = lines; *line != NULL; line++) {
        char *tab = strchr(*line, '\t');
        if (tab == NULL && line == lines)
            job->parameters = g_strdup(*line);
        if (tab == NULL)
            continue;
        *tab = '\0';
        g_hash_table_insert(by_address, *line, tab + 1);
    }
    if (job->parameters == NULL)
        job->parameters = g_strdup("");
    for (guint i = 0; i < job->count; i++) {
        const char *its = g_hash_table_lookup(by_address, job->rcpts[i].address);
        job->rcpts[i].parameters = g_strdup(its == NULL ? "" : its);
    }
}

typedef struct {
    Job *job;
    BlobId blob;
    QueueState state;
} Taken;

static gboolean take_row(const QueueEntry *e, gpointer data) {
    Taken *taken = data;
    Job *job = taken->job;
    taken->blob = e->blob;
    taken->state = e->state;
    job->intake = e->intake;
    job->received = e->received;
    job->attempts = e->attempts;
    job->warned = e->warned;
    job->smtputf8 = e->smtputf8;
    job->from = g_strdup(e->sender);
    job->domain = g_strdup(e->domain);
    job->body = g_strdup(e->body);
    job->size = e->size;
    g_auto(GStrv) addresses = g_strsplit(e->recipients, "\n", -1);
    job->count = g_strv_length(addresses);
    job->rcpts = g_new0(Rcpt, job->count);
    for (guint i = 0; i < job->count; i++)
        job->rcpts[i].address = g_strdup(addresses[i]);
    take_parameters(job, e->dsn);
    return TRUE;
}

static gboolean read_job(Taken *taken, Entry *entry, GError **error) {
    const SenderOptions *o = &taken->job->sender->options;
    g_autoptr(DbConn) conn = db_read_begin(o->mail, error);
    if (conn == NULL || !queue_get(conn, entry->id, take_row, taken, error))
        return FALSE;
    if (taken->state != QUEUE_WAITING)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "the entry is held");
    taken->job->blob = blob_open(o->blobs, conn, taken->blob, error);
    return taken->job->blob != NULL;
}

Job *job_load(Entry *entry) {
    Sender *sender = entry->destination->sender;
    g_autoptr(GError) error = NULL;
    g_autoptr(Job) job = g_new0(Job, 1);
    job->sender = sender;
    job->entry = entry;
    buffer_init(&job->prefix, PREFIX_MAX);
    Taken taken = {.job = job};
    if (read_job(&taken, entry, &error))
        return g_steal_pointer(&job);
    gboolean gone = cv_error_is(error, CV_ERROR_NOT_FOUND);
    if (!gone)
        log_event(LOG_LEVEL_ERROR, "sending.unreadable", "queue", log_number(entry->id), "error",
                  error->message, NULL);
    g_mutex_lock(&sender->lock);
    if (gone)
        sender_forget_locked(entry);
    else
        sender_later_locked(entry, clock_now() + UNREADABLE_SECONDS * CLOCK_SECOND);
    g_mutex_unlock(&sender->lock);
    return NULL;
}

gboolean job_sign(Job *job) {
    Dkim *dkim = job->sender->options.dkim;
    g_autoptr(GError) error = NULL;
    if (dkim == NULL || dkim_sign(dkim, blob_reader_bytes(job->blob), &job->prefix, &error))
        return TRUE;
    log_event(LOG_LEVEL_ERROR, "sending.unsigned", "queue", log_number(job->entry->id), "error",
              error->message, "note", "it waits until it can be signed", NULL);
    job_set(job, RCPT_OPEN, RCPT_DEFERRED, "4.3.5", error->message, "");
    return FALSE;
}
