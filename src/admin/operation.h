/* What the files of this folder share: the entry that describes an operation, and the call that
 * runs it. Not for other folders. */
#ifndef CV_ADMIN_OPERATION_H
#define CV_ADMIN_OPERATION_H

#include "admin/admin.h"
#include "base/json.h"
#include "directory/role.h"

#include <jansson.h>

typedef enum {
    FIELD_TEXT,
    FIELD_INTEGER,
    FIELD_FLAG,
    FIELD_TEXTS,
    FIELD_INTEGERS,
} AdminFieldType;

/* A list ends with a name of NULL. */
typedef struct {
    const char *name;
    AdminFieldType type;
    gboolean required;
    const char *about; /* Vietnamese, for those who write the client */
} AdminField;

/* What an answer is made of; also described by its fields. */
typedef struct {
    const char *name;
    const AdminField *fields;
} AdminView;

typedef struct AdminCall AdminCall;

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order that the tables say */
typedef struct {
    HttpMethod method;
    const char *pattern; /* below /api/v1 */
    const char *summary; /* Vietnamese */
    const char *article; /* or NULL */
    DirectoryAction action;
    const AdminField *query, *content; /* NULL: none is taken */
    const AdminView *answer;           /* NULL: none (204) */
    gboolean list;                     /* the answer is a list of them */
    /* Writes the answer to call->w. The caller may do the action somewhere: for what it touches,
     * ask admin_may. */
    gboolean (*run)(AdminCall *call, GError **error);
    gsize content_maximum;  /* bytes; 0: what a form of a few fields needs */
    gboolean before_change; /* also for a password that is only good for setting another */
} AdminOperation;

struct AdminCall {
    HttpCall *http;
    const AdminService *service;
    const AdminOperation *operation;
    AuthAttempt *attempt;
    /* What run has begun on the password lane, or NULL. When it finds it pending it sets later and
     * returns TRUE; it is called again when the lane is done. */
    AuthAttempt *lane;
    gboolean later;
    gpointer state;  /* of the operation, while it is on the lane; the lane owns it */
    json_t *content; /* NULL: none */
    Buffer answer;
    JsonWriter w;
    char *who;    /* for the audit trail */
    AuditAct act; /* ground: of the content's fields "request" and "ground" */
    char *ground;
};

const DirectoryAccount *admin_caller(const AdminCall *call);
/* A field of the content; NULL, 0, FALSE when it was not given. The strings live with the call. */
const char *admin_text(const AdminCall *call, const char *name);
gint64 admin_integer(const AdminCall *call, const char *name);
gboolean admin_flag(const AdminCall *call, const char *name);
const char *admin_query(const AdminCall *call, const char *name);
/* A whole number of the query, within bounds; otherwise otherwise. INPUT. */
gboolean admin_query_number(const AdminCall *call, const char *name, gint64 least, gint64 most,
                            gint64 otherwise, gint64 *out, GError **error);
/* May the caller do this operation's action to this unit (0: to all)? DENIED, STORAGE. */
gboolean admin_may(AdminCall *call, gint64 unit, GError **error);
/* Operations that need a lawful ground [Điều 4.1]: INPUT when the content has none. */
gboolean admin_needs_ground(AdminCall *call, GError **error);
/* For done of what is begun on the lane: runs the operation again. */
void admin_wake(gpointer session);
/* Brings the store in step; before the answer is written. */
gboolean admin_changed(AdminCall *call, GError **error);

/* The tables; each ends with a pattern of NULL. */
extern const AdminOperation admin_units[], admin_accounts[], admin_idle[], admin_passwords[],
    admin_record[], admin_requests[], admin_reports[], admin_directory[], admin_forwarding[],
    admin_outgoing[], admin_notices[], admin_incidents[], admin_incident_acts[],
    admin_withdrawals[], admin_holds[], admin_regulations[];

/* The description of all of them, OpenAPI 3.1; g_free. */
char *admin_describe(const AdminOperation *const *tables, gsize count, const char *version);

#endif
