/* Lines of our own in a message: where it came from, and what a submission may leave to us. */
#include "base/clock.h"
#include "base/crypto.h"
#include "smtp/server/session.h"

/* RFC 3848 and RFC 6531 4.3: the word after "with". */
static void write_protocol(const SmtpSession *session, Buffer *out) {
    if (session->mail->smtputf8)
        buffer_append_string(out, "UTF8SMTP");
    else
        buffer_append_string(out, session->esmtp ? "ESMTP" : "SMTP");
    if (!session->esmtp)
        return;
    if (net_session_is_secure(session->net))
        buffer_append_byte(out, 'S');
    if (session->account != 0)
        buffer_append_byte(out, 'A');
}

/* RFC 5321 4.1.3: an IPv6 address is tagged in a literal. */
static void write_peer(const SmtpSession *session, Buffer *out) {
    const char *peer = net_session_peer(session->net);
    buffer_printf(out, "[%s%s]", strchr(peer, ':') != NULL ? "IPv6:" : "", peer);
}

void smtp_write_received(SmtpSession *session, Buffer *out) {
    const SmtpTransaction *mail = session->mail;
    char date[40];
    clock_format_rfc5322(clock_now(), date);
    buffer_printf(out, "Received: from %s (", session->greeting);
    write_peer(session, out);
    buffer_append_string(out, ")\r\n");
    if (net_session_is_secure(session->net) && net_session_cipher(session->net) != NULL)
        buffer_printf(out, "\t(using %s)\r\n", net_session_cipher(session->net));
    buffer_printf(out, "\tby %s with ", session->service->options.hostname);
    write_protocol(session, out);
    buffer_printf(out, "\r\n\tid %s.%u", net_session_id(session->net), session->messages);
    /* RFC 5321 7.2: with several recipients the clause would tell each of the others. */
    SmtpRecipient first; /* the only one */
    gsize at = 0;
    if (mail->recipients.count == 1 && smtp_recipients_next(&mail->recipients, &at, &first))
        buffer_printf(out, "\r\n\tfor <%s>", first.address);
    buffer_printf(out, ";\r\n\t%s\r\n", date);
}

/* A submission that lacks Date or Message-ID gets them from us (RFC 6409 8.2, 8.3). */
void smtp_write_missing(SmtpSession *session, Buffer *out) {
    const SmtpHeader *header = &session->mail->header;
    if (header->mid_line)
        buffer_append_string(out, "\r\n");
    if (!header->has_date) {
        char date[40];
        clock_format_rfc5322(clock_now(), date);
        buffer_printf(out, "Date: %s\r\n", date);
    }
    if (!header->has_message_id) {
        g_autofree char *unique = crypto_random_hex(16);
        buffer_printf(out, "Message-ID: <%s@%s>\r\n", unique, session->service->options.hostname);
    }
}
