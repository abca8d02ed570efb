/* BDAT (RFC 3030): the message in counted chunks. A chunk that is refused is still read to its end,
 * else its bytes would be taken for commands. */
#include "smtp/server/session.h"

static gboolean take_arguments(Bytes arguments, guint64 *size, gboolean *last) {
    Reader r = reader_of(bytes_strip(arguments));
    *last = FALSE;
    if (!reader_u64(&r, size))
        return FALSE;
    if (reader_done(&r))
        return TRUE;
    *last = reader_skip_byte(&r, ' ') && bytes_is_nocase(bytes_strip(reader_rest(&r)), "LAST");
    return *last;
}

/* The bytes of a chunk that is refused are read and thrown away before the answer, or the next
 * command would be looked for inside of them (RFC 3030 2). */
static void discard_chunk(SmtpSession *session, guint64 size, int code, const char *text) {
    session->discard = size;
    session->discard_code = code;
    session->discard_text = text;
    session->phase = SMTP_PHASE_BDAT;
}

void smtp_cmd_bdat(SmtpSession *session, Bytes arguments) {
    guint64 size;
    gboolean last;
    SmtpTransaction *mail = session->mail;
    if (!take_arguments(arguments, &size, &last)) {
        /* How many bytes follow is unknown: what comes next cannot be told from commands. */
        smtp_reply_close(session, 501, "5.5.4 BDAT size [LAST] is wanted");
        return;
    }
    if (mail == NULL || mail->recipients.count == 0) {
        discard_chunk(session, size, 503, "5.5.1 MAIL and RCPT come first");
        return;
    }
    if (!mail->content)
        smtp_content_begin(session);
    mail->chunking = TRUE;
    mail->chunk_left = size;
    mail->last = last;
    session->phase = SMTP_PHASE_BDAT;
}

static gboolean discard_some(SmtpSession *session) {
    Buffer *input = net_input(session->net);
    gsize n = (gsize)MIN(session->discard, (guint64)input->n);
    buffer_consume(input, n);
    session->discard -= n;
    if (session->discard > 0)
        return FALSE;
    session->phase = SMTP_PHASE_COMMAND;
    smtp_reply(session, session->discard_code, session->discard_text);
    session->discard_code = 0;
    return TRUE;
}

/* The chunk is whole. */
static void end_chunk(SmtpSession *session) {
    SmtpTransaction *mail = session->mail;
    session->phase = SMTP_PHASE_COMMAND;
    net_set_deadline(session->net, session->service->options.command_time);
    if (mail->last) {
        smtp_finish(session);
    } else if (mail->refusal != 0) {
        smtp_reply(session, mail->refusal, mail->refusal_text);
        smtp_reset(session); /* later chunks of it find no transaction */
    } else {
        smtp_reply(session, 250, "2.0.0 Chunk received");
    }
}

gboolean smtp_bdat_take(SmtpSession *session) {
    if (session->discard_code != 0)
        return discard_some(session);
    Buffer *input = net_input(session->net);
    SmtpTransaction *mail = session->mail;
    gsize n = (gsize)MIN(mail->chunk_left, (guint64)input->n);
    if (n > 0)
        smtp_content_take(session, bytes_slice(buffer_bytes(input), 0, n));
    buffer_consume(input, n);
    mail->chunk_left -= n;
    if (mail->chunk_left == 0)
        end_chunk(session);
    else if (n == 0)
        return FALSE;
    else
        smtp_content_deadline(session);
    return TRUE;
}
