/* EHLO and HELO (RFC 5321 4.1.1.1): who calls, and what we offer. */
#include "smtp/server/session.h"

gboolean smtp_auth_offered(const SmtpSession *session) {
    const SmtpOptions *options = &session->service->options;
    if (!smtp_is_submission(session) || session->service->auth == NULL || session->account != 0)
        return FALSE;
    return net_session_is_secure(session->net) ||
           (options->cleartext_loopback && net_session_is_loopback(session->net));
}

/* RFC 5321 4.1.4: EHLO in the middle of a session resets it "as if a RSET command had been
 * issued". */
static gboolean meet(SmtpSession *session, Bytes arguments, gboolean esmtp) {
    Bytes name = bytes_strip(arguments);
    if (!smtp_is_greeting_name(name)) {
        smtp_reply(session, 501, "5.5.4 Tell a domain or an address literal");
        return FALSE;
    }
    smtp_reset(session);
    g_free(session->greeting);
    session->greeting = bytes_dup_string(name);
    session->esmtp = esmtp;
    return TRUE;
}

void smtp_cmd_helo(SmtpSession *session, Bytes arguments) {
    if (meet(session, arguments, FALSE))
        smtp_reply(session, 250, session->service->options.hostname);
}

void smtp_cmd_ehlo(SmtpSession *session, Bytes arguments) {
    if (!meet(session, arguments, TRUE))
        return;
    const SmtpOptions *options = &session->service->options;
    Buffer *out = net_output(session->net);
    buffer_printf(out, "250-%s\r\n250-PIPELINING\r\n250-SIZE %" G_GUINT64_FORMAT "\r\n",
                  options->hostname, options->size_maximum);
    buffer_append_string(out, "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n");
    if (options->starttls && !net_session_is_secure(session->net))
        buffer_append_string(out, "250-STARTTLS\r\n");
    if (smtp_auth_offered(session))
        buffer_append_string(out, "250-AUTH PLAIN LOGIN\r\n");
    /* RFC 9422 3: what the server enforces, so that clients need not find out by errors. */
    buffer_printf(out, "250-LIMITS RCPTMAX=%u\r\n250 ENHANCEDSTATUSCODES\r\n",
                  options->recipients_maximum);
}
