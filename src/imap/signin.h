/* Signing in: what LOGIN and AUTHENTICATE share, and whether a session may go on later. */
#ifndef CV_IMAP_SIGNIN_H
#define CV_IMAP_SIGNIN_H

#include "imap/session.h"

/* Leaves a job that asks auth/ and ends the command. */
void imap_signin_begin(ImapSession *session, Bytes name, Bytes password);
/* FALSE: BYE was said, the account was locked or has another password. */
gboolean imap_signin_still_good(ImapSession *session);

#endif
