/* Access: somebody reads another one's mailbox for an inspection or a case [Điều 10.1.c, 12.4].
 *
 * It needs a recorded ground and a second person: one asks, another one who has a role for it
 * decides, and neither of them decides for oneself. Then the reader may look and read, nothing
 * else, for some days, with the own password; \Seen stays as the owner left it. When it is over the
 * owner gets a letter and sees it under the own account. */
#ifndef CV_DIRECTORY_ACCESS_H
#define CV_DIRECTORY_ACCESS_H

#include "audit/audit.h"
#include "directory/directory.h"

extern const char directory_schema_access[];

enum { ACCESS_DAYS_MOST = 90 };

typedef enum { ACCESS_ASKED, ACCESS_APPROVED, ACCESS_REFUSED, ACCESS_OVER } DirectoryAccessState;
const char *directory_access_state_name(DirectoryAccessState state);

typedef struct {
    const char *account; /* whose mailbox */
    const char *reader;  /* a person's account */
    gint64 days;         /* 1 … ACCESS_DAYS_MOST, from the approval on */
} DirectoryNewAccess;
/* act->ground: the document, needed. INPUT, NOT_FOUND, REFUSED (the own mailbox, no person). */
gboolean directory_access_ask(Directory *directory, const DirectoryNewAccess *access,
                              const AuditAct *act, gint64 *id, GError **error);
/* By whom it was not asked, and who is neither its reader nor (approving) the owner. NOT_FOUND;
 * EXISTS: it was decided; REFUSED: the same person. */
gboolean directory_access_decide(Directory *directory, gint64 id, gboolean approve,
                                 const AuditAct *act, GError **error);
/* Before its time is over, or before it was decided. */
gboolean directory_access_end(Directory *directory, gint64 id, const AuditAct *act, GError **error);

typedef struct {
    gint64 id;
    gint64 account, unit; /* whose mailbox; of which unit (0: a service) */
    const char *address, *name, *reader;
    DirectoryAccessState state;
    gint64 days;
    const char *ground, *asked_by, *decided_by, *decided_why;
    gint64 asked, decided, since, until; /* Unix microseconds; 0: not yet */
    gint64 told;                         /* when the owner was told; 0: not yet */
} DirectoryAccess;
typedef gboolean (*DirectoryAccessEach)(const DirectoryAccess *access, gpointer data);
/* The newest first; id 0: all; account 0: of everybody. */
gboolean directory_access_each(Directory *directory, gint64 id, gint64 account,
                               DirectoryAccessEach each, gpointer data, GError **error);
/* Those that are over and whose owner was not told yet. */
gboolean directory_access_untold(Directory *directory, DirectoryAccessEach each, gpointer data,
                                 GError **error);
/* The letter is in the mailbox (or there is nobody to read it: why). */
gboolean directory_access_told(Directory *directory, gint64 id, const char *why, GError **error);
/* May this account read that one's mailbox now by an approved access? For doors beside IMAP. */
gboolean directory_access_valid(Directory *directory, gint64 id, gint64 account, gboolean *valid,
                                GError **error);

#endif
