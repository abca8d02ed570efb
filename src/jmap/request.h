/* What the files of this folder share: a request under way, one method call of it, and how that
 * ends. Not for other folders. */
#ifndef CV_JMAP_REQUEST_H
#define CV_JMAP_REQUEST_H

#include "jmap/jmap.h"

#include <jansson.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* ---- Capabilities (RFC 8620 2; bits of `using`) ---- */

typedef enum {
    JMAP_CORE = 1 << 0,
    JMAP_MAIL = 1 << 1,
    JMAP_SUBMISSION = 1 << 2,
    JMAP_VACATION = 1 << 3,
} JmapCapability;

typedef struct {
    const char *urn;
    JmapCapability bit;
    /* What the session says of it: of the server, and of an account (own: the caller's). NULL: {}.
     */
    json_t *(*server)(const JmapService *service);
    json_t *(*account)(const JmapService *service, gboolean own);
    gboolean own_only; /* only the caller's own account has it */
} JmapCapabilityEntry;
extern const JmapCapabilityEntry jmap_capabilities[]; /* ends with a urn of NULL */

/* ---- Who asks ---- */

/* Who is this? By HTTP Basic (RFC 7617) through the password lane, or by a browser's session
 * (http/caller.h). */
typedef struct {
    AuthAttempt *attempt;
} JmapWho;
void jmap_who_clear(JmapWho *who);
/* HTTP_DONE with TRUE in *known: `jmap_who_account` is there. HTTP_DONE with FALSE: refused, and
 * answered. HTTP_LATER: not known yet; call again. */
HttpVerdict jmap_who(JmapWho *who, HttpCall *call, const JmapService *service, gboolean *known);
const DirectoryAccount *jmap_who_account(const JmapWho *who);

/* Counts what one account has under way (which: 0 requests, 1 uploads). FALSE: too much. */
gboolean jmap_busy_begin(JmapService *service, gint64 account, guint which);
void jmap_busy_end(JmapService *service, gint64 account, guint which);

/* ---- A request and its calls ---- */

typedef struct JmapRequest JmapRequest;
typedef struct JmapCall JmapCall;

typedef enum {
    JMAP_DONE,  /* jmap_answer or jmap_fail was called */
    JMAP_AGAIN, /* more to do: call me again, after others */
    JMAP_LATER, /* call me again after jmap_wake */
} JmapVerdict;

typedef struct {
    const char *name;      /* "Email/get" */
    guint capability;      /* JmapCapability that `using` must have */
    const char *arguments; /* their names, with blanks between; NULL: any */
    JmapVerdict (*run)(JmapCall *call);
} JmapMethod;
/* NULL: there is no such method. */
const JmapMethod *jmap_method_find(const char *name);
/* The first argument that the method does not know; NULL: none. */
const char *jmap_method_stranger(const JmapMethod *method, json_t *arguments);

struct JmapCall {
    JmapRequest *request;
    const JmapMethod *method;
    const char *id;    /* the client's */
    json_t *arguments; /* an object, result references resolved */
    /* What the method keeps between two runs; freed at its end. */
    gpointer state;
    GDestroyNotify state_free;
    gint64 until; /* monotonic: a slice ends here */
    gboolean ended;
};

JmapService *jmap_service(const JmapCall *call);
Store *jmap_store(const JmapCall *call);
/* The account that asks. */
const DirectoryAccount *jmap_caller(const JmapCall *call);
NetSession *jmap_session(const JmapCall *call);
gboolean jmap_uses(const JmapCall *call, guint capability);

/* The method's answer; takes the reference. The first ends the call; a method that answers by
 * several objects adds further ones with jmap_answer_as before. */
JmapVerdict jmap_answer(JmapCall *call, json_t *result);
void jmap_answer_as(JmapCall *call, const char *name, json_t *result);
/* RFC 8620 3.6.2: ends the call with an error. description for a person, or NULL. */
JmapVerdict jmap_fail(JmapCall *call, const char *type, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* By the kind of the error; ours go to the log in full and are serverFail to the asker. */
JmapVerdict jmap_fail_error(JmapCall *call, const GError *error);
/* Another call, run after this one under the same id (RFC 8621 7.5: "onSuccess"); takes the
 * reference. */
void jmap_imply(JmapCall *call, const char *name, json_t *arguments);
/* For completions: has the call run again. session: jmap_session, a reference of the caller's. */
void jmap_wake(gpointer session);

/* ---- Creation ids (RFC 8620 3.3, 5.3) ---- */

void jmap_created(JmapCall *call, const char *creation, const char *id);
/* "#k" → what was created as k; others as they are. NULL: "#k" names nothing. */
const char *jmap_id_of(const JmapCall *call, const char *id);

/* ---- Errors of one object (RFC 8620 5.3) ---- */

/* {"type": type, "description": …}; format may be NULL. */
json_t *jmap_set_error(const char *type, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same with the names of the properties that are wrong. */
json_t *jmap_set_invalid(const char *property, const char *format, ...) G_GNUC_PRINTF(2, 3);
json_t *jmap_set_error_of(JmapCall *call, const GError *error);

/* ---- Parsing (parse.c, pointer.c; pure) ---- */

/* Takes the request apart. NULL: all is well. Else the problem: "notJSON", "notRequest". */
typedef struct {
    json_t *root; /* owns everything below */
    json_t *using, *calls, *created;
} JmapParsed;
void jmap_parsed_clear(JmapParsed *parsed);
const char *jmap_parse(Bytes content, JmapParsed *out);
/* RFC 8620 3.7: what the pointer names, with "*" over arrays; a new reference, NULL: nothing. */
json_t *jmap_pointer_get(json_t *document, const char *pointer);
/* The arguments with their references resolved against the responses ([name, arguments, id] each);
 * a new object. NULL with *type: the error ("invalidResultReference", "invalidArguments"). */
json_t *jmap_resolve(json_t *arguments, json_t *responses, const char **type);
/* RFC 8620 5.3, PatchObject: applies it to a copy of `object`, whose members are replaced below the
 * top by pointers. NULL: the patch is not one for this object. */
json_t *jmap_patch(json_t *object, json_t *patch);
/* Id = 1 to 255 of A-Z a-z 0-9 - _ (RFC 8620 1.2). */
gboolean jmap_is_id(const char *text);

#endif
