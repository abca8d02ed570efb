/* Progress: tells the client of a command that takes long how far it is (RFC 9585). */
#ifndef CV_IMAP_PROGRESS_H
#define CV_IMAP_PROGRESS_H

#include "imap/session.h"

/* Between two responses of a command: "* OK [INPROGRESS …]" when nothing was told for
 * ImapOptions.progress_time. goal 0: not known. */
void imap_progress(ImapSession *session, guint64 done, guint64 goal);

#endif
