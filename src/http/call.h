/* A request under way, and the two halves that work on it: call.c reads and answers, session.c
 * takes it from and gives it to the connection. Not for other folders. */
#ifndef CV_HTTP_CALL_H
#define CV_HTTP_CALL_H

#include "http/chunks.h"
#include "http/http.h"
#include "http/stream.h"
#include "http/target.h"

struct HttpCall {
    NetSession *session;
    const HttpService *service;
    const HttpRoute *route; /* NULL: none */
    guint8 *bytes;          /* of the head; everything in head points into it */
    HttpHead head;
    HttpTarget target;
    const char *values[HTTP_SEGMENTS_MAXIMUM];
    Chunks chunks;
    Buffer content;
    guint64 taken; /* bytes of the content that came */
    gint64 begun;  /* monotonic */
    gpointer kept;
    GDestroyNotify kept_free;
    gboolean close; /* after the answer */

    guint status;     /* 0: not answered yet */
    GString *headers; /* lines added by the handler */
    Buffer answer;    /* head and content */
    Bytes lasting;    /* … and what follows, of http_answer_lasting */
    struct {
        gboolean chunked; /* else the end of the connection is the end of the answer */
        guint why;        /* HttpStreamWhy, of this call of the handler */
        gint64 tick;      /* microseconds; 0: none */
        gint64 account;   /* 0: no stream has begun */
    } stream;
};

enum { HTTP_ANSWER_MAXIMUM = 64 * 1024 * 1024 };

/* bytes (size of them) are copied; head was read from them. */
HttpCall *http_call_new(NetSession *session, const HttpService *service, const HttpHead *head,
                        Bytes bytes);
void http_call_free(HttpCall *call);
/* Status line and fields; length -1: it says none. */
void http_call_put_head(HttpCall *call, const char *type, gssize length);
/* What ends a stream: behind it nothing is written. */
void http_call_end_stream(HttpCall *call);
/* Finds the route, or answers: 400, 404, 405, 413, 421, a redirection. FALSE: answered. */
gboolean http_call_route(HttpCall *call);

#endif
