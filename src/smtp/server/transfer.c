/* The content of a message on its way from the session's input to a blob: checked, counted, its
 * header looked at, our own lines put in. Whatever is wrong with it, it is read to its real end. */
#include "base/clock.h"
#include "base/log.h"
#include "smtp/server/session.h"

enum { OWN_LINES_LIMIT = 4096 };

void smtp_transaction_free(SmtpTransaction *mail) {
    if (mail == NULL)
        return;
    blob_writer_free(mail->writer);
    smtp_recipients_release(&mail->recipients);
    g_free(mail->sender);
    g_free(mail->dsn);
    g_free(mail);
}

void smtp_refuse(SmtpTransaction *mail, int code, const char *text) {
    if (mail->refusal == 0) {
        mail->refusal = code;
        mail->refusal_text = text;
    }
    g_clear_pointer(&mail->writer, blob_writer_free); /* nobody needs the bytes any more */
}

void smtp_refuse_unwritten(SmtpTransaction *mail, const GError *error) {
    if (cv_error_is(error, CV_ERROR_BUSY))
        smtp_refuse(mail, 452, "4.3.1 Not enough storage, please try again later");
    else
        smtp_refuse(mail, 451, "4.3.0 Message could not be stored, please try again later");
}

static void write_bytes(SmtpSession *session, Bytes bytes) {
    SmtpTransaction *mail = session->mail;
    g_autoptr(GError) error = NULL;
    if (mail->writer == NULL || bytes.n == 0 || blob_writer_append(mail->writer, bytes, &error))
        return;
    log_event(LOG_LEVEL_ERROR, "smtp.write-failed", "session", net_session_id(session->net),
              "error", error->message, NULL);
    smtp_refuse_unwritten(mail, error);
}

static void write_own(SmtpSession *session, void (*write)(SmtpSession *, Buffer *)) {
    g_auto(Buffer) lines;
    buffer_init(&lines, OWN_LINES_LIMIT);
    write(session, &lines);
    write_bytes(session, buffer_bytes(&lines));
}

void smtp_content_begin(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    mail->content = TRUE;
    smtp_size_input(session);
    mail->started = clock_monotonic();
    mail->lines.line_maximum = session->service->options.text_line_maximum;
    mail->header.submission = smtp_is_submission(session);
    mail->writer = blob_writer_new(store_blobs(session->service->store));
    if (session->account == 0) /* recipients and content share what a stranger may hold */
        blob_writer_limit_memory(mail->writer, SMTP_STRANGER_BYTES + 1 - mail->recipients.packed.n);
    write_own(session, smtp_write_received);
    smtp_content_deadline(session);
}

static void emit_bytes(Bytes piece, gpointer data) {
    write_bytes(data, piece);
}

/* The header's part of a piece; what follows it is the body's. */
static Bytes take_header(SmtpSession *session, Bytes piece) {
    SmtpTransaction *mail = session->mail;
    gboolean was_held = mail->header.held, ends;
    gsize n = smtp_header_take(&mail->header, piece, &ends, emit_bytes, session);
    if (!ends)
        return (Bytes){0};
    if (smtp_is_submission(session))
        write_own(session, smtp_write_missing);
    if (was_held)
        write_bytes(session, BYTES_LITERAL("\r"));
    return bytes_slice(piece, n, piece.n);
}

void smtp_content_end(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    if (mail->header.done)
        return;
    smtp_header_end(&mail->header, emit_bytes, session);
    if (smtp_is_submission(session))
        write_own(session, smtp_write_missing);
}

void smtp_content_take(SmtpSession *session, Bytes piece) {
    SmtpTransaction *mail = session->mail;
    mail->size += piece.n;
    if (mail->size > session->service->options.size_maximum)
        smtp_refuse(mail, 552, "5.3.4 Message is larger than this server takes");
    smtp_lines_take(&mail->lines, piece);
    if (!mail->header.done)
        piece = take_header(session, piece);
    write_bytes(session, piece);
}

void smtp_content_deadline(SmtpSession *session) {
    const SmtpOptions *options = &session->service->options;
    const SmtpTransaction *mail = session->mail;
    gint64 earned = (gint64)(mail->size / options->data_rate_minimum) * CLOCK_SECOND;
    gint64 left = mail->started + options->data_time + earned - clock_monotonic();
    net_set_deadline(session->net, MAX(left, 1));
}
