/* Http: HTTP/1.1 (RFC 9110, 9112) on our sessions. It knows requests, routes and answers; what the
 * routes do is told by serve/, which puts the table of every part together.
 *
 * A handler runs on a worker, never waits for anything slow, and answers once. What takes long is
 * parked: the handler returns HTTP_LATER after it saw to it that net_wake is called, and is called
 * again. Content comes whole, at most what its route allows; only then does the handler run
 * (unless its route has admit and take). */
#ifndef CV_HTTP_HTTP_H
#define CV_HTTP_HTTP_H

#include "http/head.h"
#include "net/net.h"

typedef struct HttpCall HttpCall;

typedef enum {
    HTTP_DONE,   /* answered */
    HTTP_LATER,  /* call me again after net_wake(http_session(call)) */
    HTTP_STREAM, /* the answer has begun and goes on (stream.h) */
} HttpVerdict;

typedef struct {
    HttpMethod method;     /* one of GET, POST, PUT, PATCH, DELETE; a GET also answers HEAD */
    const char *pattern;   /* "/api/accounts/{address}"; a name in braces takes one segment, a star
                            * at the end all that follow (target.h) */
    gsize content_maximum; /* bytes; 0: none is taken */
    HttpVerdict (*handle)(HttpCall *call);
    gconstpointer data; /* for the handler: http_route_data */
    /* For routes that take much, or NULL. admit is called before any content is read, so that
     * nothing is held for a stranger: it answers (a refusal), or only returns HTTP_DONE (go on), or
     * HTTP_LATER as handle does. take gets the content piece by piece, instead of http_content;
     * what it refuses it has answered. */
    HttpVerdict (*admit)(HttpCall *call);
    gboolean (*take)(HttpCall *call, Bytes piece);
} HttpRoute;

/* For NetListener.service. */
typedef struct {
    const HttpRoute *const *routes; /* of several parts: tables that end with a pattern of NULL */
    gsize routes_count;             /* how many tables */
    const char *hostname; /* requests for other hosts get 421 (but from loopback for loopback);
                           * NULL: any host */
    guint16 redirect; /* not 0: every request gets 301 to https on this port, by the same path */
    gpointer data;    /* for handlers: http_service_data */
} HttpService;

extern const NetProtocol http_protocol;          /* "https": under implicit TLS */
extern const NetProtocol http_redirect_protocol; /* "http": service->redirect */
extern const NetProtocol http_metrics_protocol;  /* "metrics": loopback, cleartext */

/* ---- The request; what is returned lives as long as the call ---- */

gpointer http_service_data(const HttpCall *call);
gconstpointer http_route_data(const HttpCall *call);
NetSession *http_session(const HttpCall *call);
HttpMethod http_method(const HttpCall *call);
const char *http_path_value(const HttpCall *call, guint index); /* of the names in braces, from 0 */
const char *http_query(const HttpCall *call, const char *name); /* NULL: not given */
/* The names that the query has, from 0; NULL behind the last. */
const char *http_query_name(const HttpCall *call, guint index);
/* Of the one field of this name; empty when there is none, or several. */
Bytes http_field(const HttpCall *call, const char *name);
/* g_free; NULL: none. */
char *http_cookie(const HttpCall *call, const char *name);
Bytes http_content(const HttpCall *call);
gboolean http_content_is(const HttpCall *call, const char *media_type);
/* A field of the form in the content (application/x-www-form-urlencoded); g_free, NULL: none. */
char *http_form(const HttpCall *call, const char *name);
/* FALSE: a browser sent this from a page of another site (Origin, Sec-Fetch-Site). */
gboolean http_is_same_origin(const HttpCall *call);

/* What a handler keeps between two calls; free may be NULL. */
void http_keep(HttpCall *call, gpointer state, GDestroyNotify free);
gpointer http_kept(const HttpCall *call); /* NULL at first */

/* ---- The answer: headers first, then one of the others, once ---- */

/* value: no control characters. */
void http_add_header(HttpCall *call, const char *name, const char *value);
/* Copies content. Everything is answered with no-store, nosniff and a content policy that allows
 * nothing, unless a header of that name was added before. */
void http_answer(HttpCall *call, guint status, const char *type, Bytes content);
/* The same without a copy, however slow the reader: content lives as long as the process. */
void http_answer_lasting(HttpCall *call, guint status, const char *type, Bytes content);
/* Without content: 204, 304 and the like. */
void http_answer_empty(HttpCall *call, guint status);
/* An error as RFC 9457 writes it: what, where and what to do, in Vietnamese. */
void http_answer_problem(HttpCall *call, guint status, const char *detail);

#endif
