/* Suspect: accounts that sent more than they may, brought from the queue's record (queue/limit.h)
 * into the audit trail, and let go again [Điều 8.3, 4.2.c]. For the interface, the command line and
 * the housekeeping alike. */
#ifndef CV_ADMIN_SUSPECT_H
#define CV_ADMIN_SUSPECT_H

#include "audit/audit.h"
#include "directory/account.h"

/* Puts those on record that are not yet. Twice only after a crash in between. Once a minute, and
 * before anybody asks. STORAGE. */
gboolean suspects_record(Directory *directory, Db *mail, GError **error);

/* What was held goes on, or is dropped, or (the account is locked) stays held; *entries: how many
 * mails for other domains. The evidence is on record first, then the act. NOT_FOUND: it is none. */
gboolean suspect_release(Directory *directory, Db *mail, const DirectoryAccount *account,
                         gboolean drop, const AuditAct *act, gint64 *entries, GError **error);

#endif
