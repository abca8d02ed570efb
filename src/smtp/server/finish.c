/* The end of a message: judged once more as a whole, then given to delivery, which tells on another
 * thread how it ended. The hand-over record lives until both sides are done with it: when the
 * session goes first, the completion frees what is left. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/sender.h"
#include "smtp/server/session.h"

#define COUNTS(door, label)                                                                        \
    METRIC_COUNTER(door##_accepted,                                                                \
                   "congvu_smtp_messages_total{door=\"" label "\",result=\"accepted\"}", HELP);    \
    METRIC_COUNTER(door##_deferred,                                                                \
                   "congvu_smtp_messages_total{door=\"" label "\",result=\"deferred\"}", HELP);    \
    METRIC_COUNTER(door##_refused,                                                                 \
                   "congvu_smtp_messages_total{door=\"" label "\",result=\"refused\"}", HELP)
#define HELP "Messages whose data came, by how that ended: 250, 4xx, 5xx"
COUNTS(mx, "smtp");
COUNTS(submission, "submission");
COUNTS(submissions, "submissions");

static struct {
    Metric *accepted, *deferred, *refused;
} const messages[] = {
    [SMTP_DOOR_MX] = {&mx_accepted, &mx_deferred, &mx_refused},
    [SMTP_DOOR_SUBMISSION] = {&submission_accepted, &submission_deferred, &submission_refused},
    [SMTP_DOOR_SUBMISSIONS] = {&submissions_accepted, &submissions_deferred, &submissions_refused},
};
METRIC_COUNTER(accepted_bytes, "congvu_smtp_accepted_bytes_total",
               "Bytes of the messages accepted");

enum { PENDING_WAITING, PENDING_DONE, PENDING_ABANDONED };

struct SmtpPending {
    gint state; /* atomic */
    DeliveryRequest *request;
    NetSession *net; /* referenced */
};

static void pending_free(SmtpPending *pending) {
    delivery_request_free(pending->request);
    net_session_unref(pending->net);
    g_free(pending);
}

static gboolean pending_move(SmtpPending *pending, gint to) {
    return g_atomic_int_compare_and_exchange(&pending->state, PENDING_WAITING, to);
}

static void delivered(gpointer data) {
    SmtpPending *pending = data;
    NetSession *net = net_session_ref(pending->net);
    if (pending_move(pending, PENDING_DONE))
        net_wake(net); /* from here on the session may free the record */
    else
        pending_free(pending);
    net_session_unref(net);
}

void smtp_finish_abandon(SmtpSession *session) {
    SmtpPending *pending = g_steal_pointer(&session->pending);
    if (pending != NULL && !pending_move(pending, PENDING_ABANDONED))
        pending_free(pending);
}

static void log_end(SmtpSession *session, const char *event, int code, const char *text) {
    const SmtpTransaction *mail = session->mail;
    log_event(LOG_LEVEL_INFO, event, "session", net_session_id(session->net), "sender",
              mail->sender, "recipients", log_number(mail->recipients.count), "size",
              log_number((gint64)mail->size), "account",
              session->account == 0 ? NULL : log_number(session->account), "code", log_number(code),
              "text", text, NULL);
}

static void answer(SmtpSession *session, int code, const char *text) {
    SmtpDoor door = session->service->door;
    metric_add(code < 500 ? messages[door].deferred : messages[door].refused, 1);
    log_end(session, "smtp.refused", code, text);
    smtp_reply(session, code, text);
    smtp_reset(session);
}

/* Judges what only the whole message shows. */
static void judge(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    smtp_lines_end(&mail->lines);
    /* Only CRLF ends a line (RFC 5321 2.3.8); what others might take for one is not passed on. */
    if (mail->lines.bare)
        smtp_refuse(mail, 554, "5.6.0 Message has a CR or LF that is not part of a CRLF");
    if (mail->lines.nul)
        smtp_refuse(mail, 554, "5.6.0 Message has a NUL byte");
    if (mail->lines.too_long)
        smtp_refuse(mail, 554, "5.6.0 Message has a line that is too long");
    /* RFC 5321 6.3: loops are detected "by counting the number of "Received:" header fields". */
    if (mail->header.received > session->service->options.hops_maximum)
        smtp_refuse(mail, 554, "5.4.6 Too many hops, this looks like a mail loop");
    if (!smtp_is_submission(session) || mail->writer == NULL)
        return;
    if (!smtp_account_is_active(session)) {
        smtp_refuse(mail, 550, smtp_locked_text);
        return;
    }
    g_autoptr(GError) error = NULL;
    Bytes message;
    const char *text = NULL;
    if (!blob_writer_view(mail->writer, &message, &error)) {
        smtp_refuse_unwritten(mail, error);
        return;
    }
    int code = delivery_check_from(session->service->directory, session->account, mail->sender,
                                   message, &text);
    if (code != 0)
        smtp_refuse(mail, code, text);
}

static DeliveryRequest *make_request(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    DeliveryRequest *request =
        delivery_request_new(session->service->delivery, g_steal_pointer(&mail->writer));
    delivery_request_set_session(request, net_session_id(session->net),
                                 smtp_door_name(session->service->door), session->account);
    delivery_request_set_sender(request, mail->sender, mail->dsn, mail->body, mail->smtputf8);
    delivery_request_set_sent_as(request, mail->sent_as);
    if (mail->header.forwarded)
        delivery_request_set_look(request);
    if (mail->forwards)
        delivery_request_set_forwards(request);
    SmtpRecipient r;
    for (gsize at = 0; smtp_recipients_next(&mail->recipients, &at, &r);)
        delivery_request_add(request, r.address, r.account, r.dsn);
    return request;
}

void smtp_finish(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    session->phase = SMTP_PHASE_COMMAND;
    smtp_content_end(session);
    judge(session);
    if (mail->refusal != 0) {
        answer(session, mail->refusal, mail->refusal_text);
        return;
    }
    SmtpPending *pending = g_new0(SmtpPending, 1);
    pending->request = make_request(session);
    pending->net = net_session_ref(session->net);
    session->pending = pending;
    session->phase = SMTP_PHASE_WAIT_DELIVERY;
    net_set_deadline(session->net, 0);
    delivery_submit(pending->request, delivered, pending);
    smtp_finish_collect(session);
}

gboolean smtp_finish_collect(SmtpSession *session) {
    SmtpPending *pending = session->pending;
    if (g_atomic_int_get(&pending->state) != PENDING_DONE)
        return FALSE;
    session->phase = SMTP_PHASE_COMMAND;
    session->pending = NULL;
    int code = delivery_code(pending->request);
    const char *text = delivery_text(pending->request);
    if (code != 0) {
        answer(session, code, text);
    } else {
        metric_add(messages[session->service->door].accepted, 1);
        metric_add(&accepted_bytes, (gint64)session->mail->size);
        log_end(session, "smtp.accepted", 250, text);
        session->messages++;
        session->idle = session->errors = 0;
        smtp_reply(session, 250, text);
        smtp_reset(session);
    }
    pending_free(pending);
    net_set_deadline(session->net, session->service->options.command_time);
    return TRUE;
}
