/* After an attempt: what became final goes beside the reception and out of the queue, what did not
 * waits for its next time, and the sender is told what there is to tell; all in one transaction,
 * which shares its flush with whatever else is being written. Nobody waits for it but the entry. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "queue/notice.h"
#include "smtp/client/internal.h"

METRIC_COUNTER(delivered_total, "congvu_sent_recipients_total{result=\"delivered\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(failed_total, "congvu_sent_recipients_total{result=\"failed\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(expired_total, "congvu_sent_recipients_total{result=\"expired\"}",
               "Recipients elsewhere, by how it ended");
METRIC_COUNTER(notices_total, "congvu_sent_notices_total", "Notices to senders (RFC 3464)");
METRIC_COUNTER(deferred_total, "congvu_sending_deferred_total",
               "Attempts after which a recipient still waits");

enum { NOTICE_MOST = 64 * 1024 * 1024, NOTICE_KINDS = QUEUE_NOTICE_RELAYED + 1 };

typedef struct {
    Job *job;
    gpointer notices[NOTICE_KINDS]; /* prepared; NULL: none */
    QueueFate *fates;
    QueueSettlement s;
    GString *recipients, *dsn, *last;
} Settlement;

static void drop_notices(Settlement *settlement) {
    const SenderNotices *notices = &settlement->job->sender->options.notices;
    for (guint kind = 0; kind < NOTICE_KINDS; kind++)
        if (settlement->notices[kind] != NULL)
            notices->free(g_steal_pointer(&settlement->notices[kind]));
}

static void settlement_free(Settlement *settlement) {
    drop_notices(settlement);
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

/* ---- What the sender is told ---- */

/* Whether this fate belongs into that notice. */
static gboolean is_told(const QueueFate *fate, const char *parameters, QueueNoticeKind kind,
                        gboolean late) {
    guint wanted = queue_notify_of(parameters);
    switch (kind) {
    case QUEUE_NOTICE_FAILED:
        return (fate->action == QUEUE_FAILED || fate->action == QUEUE_EXPIRED) &&
               (wanted & QUEUE_NOTIFY_FAILURE);
    case QUEUE_NOTICE_RELAYED:
        return fate->action == QUEUE_RELAYED && (wanted & QUEUE_NOTIFY_SUCCESS);
    default:
        return late && fate->action == QUEUE_STAYS && (wanted & QUEUE_NOTIFY_DELAY);
    }
}

static gpointer make_notice(const Settlement *settlement, QueueNoticeKind kind, gboolean late) {
    const Job *job = settlement->job;
    const SenderOptions *o = &job->sender->options;
    g_autofree QueueNoticeRecipient *told = g_new0(QueueNoticeRecipient, job->count);
    QueueNotice notice = {
        .kind = kind,
        .hostname = o->hostname,
        .domain = o->domain,
        .sender = job->from,
        .parameters = job->parameters,
        .received = job->received,
        .now = clock_now(),
        .until = job->received + o->life,
        .recipients = told,
        .message = blob_reader_bytes(job->blob),
    };
    for (guint i = 0; i < job->count; i++)
        if (is_told(&settlement->fates[i], job->rcpts[i].parameters, kind, late))
            told[notice.count++] =
                (QueueNoticeRecipient){&settlement->fates[i], job->rcpts[i].parameters};
    if (notice.count == 0)
        return NULL;
    g_auto(Buffer) text;
    buffer_init(&text, NOTICE_MOST);
    if (!queue_notice_write(&notice, &text)) {
        log_event(LOG_LEVEL_ERROR, "sending.notice", "queue", log_number(job->entry->id), "error",
                  "it does not fit", NULL);
        return NULL;
    }
    return o->notices.prepare(job->from, buffer_bytes(&text), o->notices.data);
}

/* Nobody is told about a notice (RFC 5321 4.5.5, RFC 3461 6.1). */
static void prepare_notices(Settlement *settlement) {
    const Job *job = settlement->job;
    const SenderOptions *o = &job->sender->options;
    if (*job->from == '\0' || o->notices.prepare == NULL)
        return;
    gboolean late = !job->warned && clock_now() - job->received > o->warn_after;
    for (guint kind = 0; kind < NOTICE_KINDS; kind++)
        settlement->notices[kind] = make_notice(settlement, (QueueNoticeKind)kind, late);
    settlement->s.warned = job->warned || late;
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
    prepare_notices(settlement);
    return settlement;
}

static gboolean settle_work(DbConn *conn, gpointer data, GError **error) {
    Settlement *settlement = data;
    const SenderNotices *notices = &settlement->job->sender->options.notices;
    for (guint kind = 0; kind < NOTICE_KINDS; kind++)
        if (settlement->notices[kind] != NULL &&
            !notices->commit(conn, settlement->notices[kind], error))
            return FALSE;
    return queue_settle(conn, &settlement->s, error);
}

static void settle_done(gpointer data, const GError *error) {
    Settlement *settlement = data;
    Sender *sender = settlement->job->sender;
    Entry *entry = settlement->job->entry;
    if (error != NULL)
        log_event(LOG_LEVEL_ERROR, "sending.unsettled", "queue", log_number(entry->id), "error",
                  error->message, "note", "kept in memory and tried again", NULL);
    /* A mailbox that is gone or full must not keep its owner's mail from being settled. */
    if (cv_error_is(error, CV_ERROR_NOT_FOUND) || cv_error_is(error, CV_ERROR_QUOTA) ||
        cv_error_is(error, CV_ERROR_LIMIT))
        drop_notices(settlement);
    g_mutex_lock(&sender->lock);
    sender->commits--;
    for (guint kind = 0; kind < NOTICE_KINDS && error == NULL; kind++)
        metric_add(&notices_total, settlement->notices[kind] != NULL);
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
    Settlement *settlement = make_settlement(job);
    g_clear_pointer(&job->blob, blob_reader_free);
    submit(sender, settlement);
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
