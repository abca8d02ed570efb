/* LOGIN (RFC 9051 6.2.3). */
#include "imap/signin.h"

void imap_cmd_login(ImapSession *session, ImapParser *args) {
    Bytes name, password;
    if (!imap_take_space(args) || !imap_take_astring(args, &name) || !imap_take_space(args) ||
        !imap_take_astring(args, &password) || !imap_take_end(args)) {
        imap_bad_args(session, args);
        return;
    }
    /* LOGINDISABLED was told (RFC 9051 6.2.3). */
    if (!imap_password_allowed(session)) {
        imap_no(session, "PRIVACYREQUIRED", "Use TLS before signing in");
        return;
    }
    imap_signin_begin(session, name, password);
}
