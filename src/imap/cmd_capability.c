/* CAPABILITY (RFC 9051 6.1.1): what is offered in this state of this connection. */
#include "imap/session.h"

static const char before_signin[] = "IMAP4rev2 IMAP4rev1 SASL-IR LITERAL+ ENABLE ID IDLE";
static const char after_signin[] =
    "IMAP4rev2 IMAP4rev1 LITERAL+ ENABLE ID IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN "
    "SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES "
    "OBJECTID PARTIAL UTF8=ACCEPT INPROGRESS "
    "SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES "
    "CONDSTORE QRESYNC BINARY ACL RIGHTS=texk QUOTA QUOTA=RES-STORAGE WITHIN SAVEDATE PREVIEW "
    "LIST-MYRIGHTS MULTIAPPEND CATENATE REPLACE METADATA NOTIFY";

void imap_put_capabilities(ImapSession *session, Buffer *out) {
    if (session->account != 0) {
        buffer_append_string(out, after_signin);
        buffer_append_string(out, " APPENDLIMIT=");
        buffer_append_u64(out, session->service->options.append);
        if (!session->compressed)
            buffer_append_string(out, " COMPRESS=DEFLATE");
        return;
    }
    buffer_append_string(out, before_signin);
    if (session->service->options.starttls && !net_session_is_secure(session->net))
        buffer_append_string(out, " STARTTLS");
    buffer_append_string(out, imap_password_allowed(session) ? " AUTH=PLAIN" : " LOGINDISABLED");
}

void imap_cmd_capability(ImapSession *session, ImapParser *args) {
    if (!imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    Buffer *out = imap_output(session);
    buffer_append_string(out, "* CAPABILITY ");
    imap_put_capabilities(session, out);
    buffer_append_string(out, "\r\n");
    imap_completed(session, NULL);
}
