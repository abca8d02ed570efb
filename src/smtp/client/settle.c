/* After an attempt: what became final goes beside the reception and out of the queue, what did not
 * waits for its next time, and the sender is told what there is to tell; all in one transaction,
 * which shares its flush with whatever else is being written. Nobody waits for it but the entry. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/client/internal.h"

METRIC_COUNTER(delivered_total, "congvu_sent_recipients_total{result=\"delivered\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(failed_total, "congvu_sent_recipients_total{result=\"failed\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(expired_total, "congvu_sent_recipients_total{result=\"expired\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(deferred_total, "congvu_sending_deferred_total",
               "Attempts after which a recipient still waits");

typedef struct {
    Job *job;
    QueueFate *fates;
    QueueSettlement s;
    GString *recipients, *dsn, *last;
} Settlement;

static void settlement_free(Settlement *settlement) {
    g_free(settlement->fates);
    g_string_free(settlement->recipients, TRUE);
    g_string_free(settlement->dsn, TRUE);
    g_string_free(settlement->last, TRUE);
    job_free(settlement->job);
    g_free(settlement);
}

static QueueAction action_of(const Rcpt *rcpt, gboolean expired) {
    switch (rcpt->state) {
    case RCPT_DELIVERED:
        return rcpt->relayed ? QUEUE_RELAYED : QUEUE_DELIVERED;
    case RCPT_FAILED:
        return QUEUE_FAILED;
    default:
        return expired ? QUEUE_EXPIRED : QUEUE_STAYS;
    }
}

static Metric *metric_of(QueueAction action) {
    switch (action) {
    case QUEUE_DELIVERED:
    case QUEUE_RELAYED:
        return &delivered_total;
    case QUEUE_FAILED:
        return &failed_total;
    case QUEUE_EXPIRED:
        return &expired_total;
    default:
        return &deferred_total;
    }
}

static void log_fate(const Job *job, const QueueFate *fate) {
    metric_add(metric_of(fate->action), 1);
    log_event(LOG_LEVEL_INFO, "sending.result", "queue", log_number(job->entry->id), "intake",
              log_number(job->intake), "recipient", fate->recipient, "result",
              queue_action_name(fate->action), "status", fate->status, "answer", fate->answer,
              "remote", fate->remote, NULL);
}

static void add_line(GString *to, const char *line) {
    if (to->len > 0)
        g_string_append_c(to, '\n');
    g_string_append(to, line);
}

static void keep_waiting(Settlement *settlement, const Rcpt *rcpt) {
    add_line(settlement->recipients, rcpt->address);
    if (*rcpt->parameters != '\0') {
        g_autofree char *line = g_strdup_printf("%s\t%s", rcpt->address, rcpt->parameters);
        add_line(settlement->dsn, line);
    }
    if (settlement->last->len == 0 && rcpt->answer != NULL)
        g_string_append_printf(settlement->last, "%s%s%s", rcpt->remote == NULL ? "" : rcpt->remote,
                               rcpt->remote != NULL && *rcpt->remote != '\0' ? ": " : "",
                               rcpt->answer);
}

static Settlement *make_settlement(Job *job) {
    Settlement *settlement = g_new0(Settlement, 1);
    const SenderOptions *o = &job->sender->options;
    gint64 now = clock_now();
    gboolean expired = now - job->received > o->life;
    settlement->job = job;
    settlement->fates = g_new0(QueueFate, job->count);
    settlement->recipients = g_string_new(NULL);
    settlement->dsn = g_string_new(job->parameters);
    settlement->last = g_string_new(NULL);
    for (guint i = 0; i < job->count; i++) {
        const Rcpt *rcpt = &job->rcpts[i];
        settlement->fates[i] = (QueueFate){rcpt->address, action_of(rcpt, expired), rcpt->status,
                                           rcpt->answer == NULL ? "" : rcpt->answer,
                                           rcpt->remote == NULL ? "" : rcpt->remote};
        if (settlement->fates[i].action == QUEUE_STAYS)
            keep_waiting(settlement, rcpt);
        log_fate(job, &settlement->fates[i]);
    }
    gint64 next = now + sender_back_off(job->sender, job->attempts + 1);
    settlement->s = (QueueSettlement){
        .entry = job->entry->id,
        .intake = job->intake,
        .fates = settlement->fates,
        .count = job->count,
        .recipients = settlement->recipients->str,
        .dsn = settlement->dsn->str,
        .next = MIN(next, MAX(now, job->received + o->life) + CLOCK_SECOND),
        .last_answer = settlement->last->str,
        .warned = job->warned,
    };
    return settlement;
}

static gboolean settle_work(DbConn *conn, gpointer data, GError **error) {
    Settlement *settlement = data;
    return queue_settle(conn, &settlement->s, error);
}

static void settle_done(gpointer data, const GError *error) {
    Settlement *settlement = data;
    Sender *sender = settlement->job->sender;
    Entry *entry = settlement->job->entry;
    if (error != NULL)
        log_event(LOG_LEVEL_ERROR, "sending.unsettled", "queue", log_number(entry->id), "error",
                  error->message, "note", "kept in memory and tried again", NULL);
    g_mutex_lock(&sender->lock);
    sender->commits--;
    if (error != NULL) {
        g_queue_push_tail(&sender->again, settlement);
    } else if (*settlement->s.recipients == '\0') {
        sender_forget_locked(entry);
    } else {
        entry->warned = settlement->s.warned;
        sender_later_locked(entry, settlement->s.next);
    }
    sender_wake_locked(sender);
    g_mutex_unlock(&sender->lock);
    if (error == NULL)
        settlement_free(settlement);
}

static void submit(Sender *sender, Settlement *settlement) {
    g_mutex_lock(&sender->lock);
    sender->commits++;
    g_mutex_unlock(&sender->lock);
    db_submit(sender->options.mail, settle_work, settle_done, settlement);
}

void job_settle(Job *job) {
    Sender *sender = job->sender;
    g_clear_pointer(&job->blob, blob_reader_free);
    submit(sender, make_settlement(job));
}

static Settlement *pop_again(Sender *sender) {
    g_mutex_lock(&sender->lock);
    Settlement *settlement = g_queue_pop_head(&sender->again);
    g_mutex_unlock(&sender->lock);
    return settlement;
}

void settle_again(Sender *sender) {
    for (guint left = sender->again.length; left > 0; left--) {
        Settlement *settlement = pop_again(sender);
        if (settlement == NULL)
            return;
        submit(sender, settlement);
    }
}

void settle_discard(Sender *sender) {
    for (Settlement *s; (s = pop_again(sender)) != NULL;)
        settlement_free(s);
}
