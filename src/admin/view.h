/* View: what the registry's things look like in JSON, for the interface and for the command line.
 */
#ifndef CV_ADMIN_VIEW_H
#define CV_ADMIN_VIEW_H

#include "admin/operation.h"
#include "audit/audit.h"
#include "casework/notice.h"
#include "casework/request.h"
#include "directory/access.h"
#include "directory/account.h"
#include "directory/activity.h"
#include "directory/hold.h"
#include "directory/role.h"
#include "directory/unit.h"
#include "store/forwarded.h"
#include "store/signup.h"

extern const AdminView admin_view_unit, admin_view_account, admin_view_delegation, admin_view_role,
    admin_view_act, admin_view_proposal, admin_view_request, admin_view_request_line,
    admin_view_file, admin_view_notice, admin_view_incident, admin_view_measure;

void admin_write_unit(JsonWriter *w, const char *domain, const DirectoryUnit *unit);
/* kept: the store's figures (zeros when it does not have the account yet). */
gboolean admin_write_account(JsonWriter *w, Directory *directory, const DirectoryAccountRow *row,
                             const StoreAccount *kept, GError **error);
void admin_write_delegation(JsonWriter *w, const DirectoryDelegation *delegation);
void admin_write_idle(JsonWriter *w, const DirectoryIdleRow *row); /* idle.c */
/* forwarding.c; target NULL: to nobody. */
void admin_write_forwarding(JsonWriter *w, const char *address, const char *target, gboolean keep,
                            gint64 since, gint64 stopped);
/* outgoing.c */
void admin_write_forwarded(JsonWriter *w, const char *address, const StoreForwarded *seen);
/* incidents.c */
void admin_write_signup(JsonWriter *w, const char *address, const StoreSignup *seen);
void admin_write_notice(JsonWriter *w, const Notice *notice); /* notices.c */
/* holds.c; mail: a read transaction of mail.db. */
void admin_write_hold(JsonWriter *w, DbConn *mail, const DirectoryHold *hold);
void admin_write_access(JsonWriter *w, const DirectoryAccess *access);
void admin_write_role(JsonWriter *w, const DirectoryRoleRow *row);
void admin_write_act(JsonWriter *w, const AuditRecord *record);
/* view_request.c */
void admin_write_request(JsonWriter *w, const Request *request);
void admin_write_request_line(JsonWriter *w, const RequestLine *line);
/* The request with "lines" for the array of RequestLine. */
void admin_write_request_whole(JsonWriter *w, const Request *request, const GPtrArray *lines);
/* name: as it is to be saved; type: media type. The bytes are written as base64. */
void admin_write_file(JsonWriter *w, const char *name, const char *type, GBytes *file);
void admin_write_proposal(JsonWriter *w, const char *domain, const NamingProposal *proposal);

#endif
