/* Roles: who may do what, checked in this one place [Điều 4.1, 6.2, 7.2, 10, 11].
 *
 * A role is given to a person's account, for everything or for one unit and what lies below it.
 * Everybody is a person besides. The operators of the machine itself, who use the command line, are
 * outside of this: the system's user is their identity, and the audit trail names it. */
#ifndef CV_DIRECTORY_ROLE_H
#define CV_DIRECTORY_ROLE_H

#include "audit/audit.h"
#include "directory/directory.h"

typedef enum {
    ROLE_DEPARTMENT, /* cơ quan quản lý: oversight of everything, changes nothing [Điều 10.1] */
    ROLE_CENTRE, /* đơn vị quản trị, vận hành: does the four acts [Điều 4.1, 10.2] */
    ROLE_FOCAL,  /* đầu mối tổng hợp of a unit and those below [Điều 4.2.a] */
    ROLE_HEAD,   /* Thủ trưởng of a unit [Điều 6.2, 7.2] */
    ROLE_PERSON, /* everybody */
    ROLES,
} DirectoryRole;

typedef enum {
    ACTION_OWN_READ,         /* one's own account */
    ACTION_OWN_CHANGE,       /* one's own password */
    ACTION_UNIT_READ,        /* the registry's units */
    ACTION_UNIT_CHANGE,      /* add, rename */
    ACTION_ACCOUNT_READ,     /* accounts of a unit: state, quota, delegations */
    ACTION_ACCOUNT_CHANGE,   /* give, lock, unlock, close, quota, alias */
    ACTION_ACCOUNT_DELEGATE, /* who looks after a unit's mailbox */
    ACTION_REQUEST_READ,     /* requests of a unit, with their lines */
    ACTION_REQUEST_FILE,     /* file a request for a unit */
    ACTION_REQUEST_DECIDE,   /* approve, return, reply */
    ACTION_DIRECTORY_EXCEPT, /* leave an account out of the public address book */
    ACTION_REPORT_READ,      /* the yearly report of a unit: figures, document */
    ACTION_REPORT_RECORD,    /* that a unit sent its report */
    ACTION_NOTICE_READ,      /* stops of the service */
    ACTION_NOTICE_CHANGE,    /* schedule, cancel, end */
    ACTION_INCIDENT_REPORT,  /* report an incident */
    ACTION_INCIDENT_READ,    /* cases of a unit */
    ACTION_INCIDENT_HANDLE,  /* take, decide measures, close */
    ACTION_INCIDENT_EXPORT,  /* hand a case over, with its evidence */
    ACTION_MESSAGE_FIND,     /* in whose mailboxes one message is; what was taken back */
    ACTION_MESSAGE_TAKE,     /* take it back or freeze it, and undo that */
    ACTION_HOLD_READ,        /* what may not be deleted */
    ACTION_HOLD_CHANGE,
    ACTION_ACCESS_READ, /* who may read somebody else's mailbox, on what ground */
    ACTION_ACCESS_ASK,
    ACTION_ACCESS_DECIDE, /* as the second person */
    ACTION_AUDIT_READ,
    ACTION_AUDIT_EXPORT,
    ACTION_ROLE_READ,
    ACTION_ROLE_CHANGE,
    ACTIONS,
} DirectoryAction;

/* "department", "centre", "focal", "head"; FALSE: none of them. */
gboolean directory_role_find(const char *name, DirectoryRole *role);
const char *directory_role_name(DirectoryRole role);
const char *directory_action_name(DirectoryAction action);

/* May this account do that to this unit (0: to all of them)? FALSE: DENIED, with who may and by
 * which article, in Vietnamese and English; or STORAGE. */
gboolean directory_may(Directory *directory, gint64 account, DirectoryAction action, gint64 unit,
                       GError **error);
/* As directory_may, for some unit at least: whether to offer it. */
gboolean directory_may_somewhere(Directory *directory, gint64 account, DirectoryAction action,
                                 GError **error);

typedef struct {
    const char *account; /* address of a person's account */
    DirectoryRole role;  /* not PERSON */
    const char *unit; /* key, of FOCAL and HEAD; NULL for the others, whose reach is everything */
    const char *document; /* the decision: number and date */
} DirectoryNewRole;
/* EXISTS, NOT_FOUND, INPUT (a unit too much or missing, no document, no person). */
gboolean directory_role_grant(Directory *directory, const DirectoryNewRole *role,
                              const AuditAct *act, GError **error);
gboolean directory_role_revoke(Directory *directory, const DirectoryNewRole *role,
                               const AuditAct *act, GError **error);

typedef struct {
    const char *address, *name; /* of the account */
    DirectoryRole role;
    const char *unit, *unit_name; /* "" for everything */
    const char *document;
    gint64 since; /* Unix microseconds */
} DirectoryRoleRow;
/* By unit, then role; strings are valid during the call. */
gboolean directory_role_each(Directory *directory,
                             void (*each)(const DirectoryRoleRow *row, gpointer data),
                             gpointer data, GError **error);

#endif
