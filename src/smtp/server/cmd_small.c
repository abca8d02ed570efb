/* The commands that need one line each: RSET, NOOP, QUIT, VRFY, EXPN, HELP. */
#include "smtp/server/session.h"

void smtp_cmd_rset(SmtpSession *session, Bytes arguments) {
    smtp_reset(session);
    smtp_reply(session, 250, "2.0.0 Reset");
}

void smtp_cmd_noop(SmtpSession *session, Bytes arguments) {
    smtp_reply(session, 250, "2.0.0 Ok");
}

void smtp_cmd_quit(SmtpSession *session, Bytes arguments) {
    smtp_reply_close(session, 221, "2.0.0 Good-bye");
}

/* RFC 5321 7.3: a site may choose not to tell; then it answers 252, so that nobody is misled. */
void smtp_cmd_vrfy(SmtpSession *session, Bytes arguments) {
    if (bytes_strip(arguments).n == 0)
        smtp_reply(session, 501, "5.5.4 Whom?");
    else
        smtp_reply(session, 252, "2.5.0 Not told here; RCPT tells");
}

void smtp_cmd_expn(SmtpSession *session, Bytes arguments) {
    smtp_reply(session, 502, "5.5.1 EXPN is not offered");
}

void smtp_cmd_help(SmtpSession *session, Bytes arguments) {
    smtp_reply(session, 214, "2.0.0 EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS AUTH QUIT");
}
