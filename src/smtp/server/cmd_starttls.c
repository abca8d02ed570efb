/* STARTTLS (RFC 3207). What the client pipelined behind it is thrown away by net/. */
#include "smtp/server/session.h"

void smtp_cmd_starttls(SmtpSession *session, Bytes arguments) {
    if (net_session_is_secure(session->net)) {
        smtp_reply(session, 503, "5.5.1 TLS is up already");
        return;
    }
    if (!session->service->options.starttls) {
        smtp_reply(session, 454, "4.7.0 TLS is not available");
        return;
    }
    smtp_reply(session, 220, "2.0.0 Ready to start TLS");
    session->verdict = NET_STARTTLS;
}
