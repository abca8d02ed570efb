/* DATA (RFC 5321 4.1.1.4): the message up to the line with a single dot. */
#include "smtp/server/session.h"

void smtp_cmd_data(SmtpSession *session, Bytes arguments) {
    if (session->mail == NULL || session->mail->chunking) {
        smtp_reply(session, 503, "5.5.1 MAIL and RCPT come first, and DATA never follows BDAT");
        return;
    }
    if (session->mail->recipients.count == 0) {
        smtp_reply(session, 554, "5.5.1 No valid recipients");
        return;
    }
    smtp_reply(session, 354, "End with a line that has only a dot");
    session->phase = SMTP_PHASE_DATA;
    smtp_content_begin(session);
}

static void emit(Bytes piece, gpointer data) {
    smtp_content_take(data, piece);
}

gboolean smtp_data_take(SmtpSession *session) {
    Buffer *input = net_input(session->net);
    if (input->n == 0)
        return FALSE;
    gsize used;
    gboolean ended = smtp_dot_take(&session->mail->dot, buffer_bytes(input), &used, emit, session);
    buffer_consume(input, used);
    if (ended)
        smtp_finish(session);
    else
        smtp_content_deadline(session);
    return TRUE;
}
