/* Stream: an answer that goes on for hours, piece by piece; EventSource (HTML 9.2) above all, which
 * JMAP pushes with (RFC 8620 7.3).
 *
 *   if (first call) {
 *       … watch what there is to be told of; its notify does net_wake(http_session(call)) …
 *       if (!http_stream_begin(call, HTTP_EVENTS, 30 * CLOCK_SECOND, account))
 *           return HTTP_DONE;                                                      (answered)
 *   }
 *   … look what is new since the last call, http_event_write it …
 *   return HTTP_STREAM;                                                (or HTTP_DONE: that was all)
 *
 * From then on the handler is called after every net_wake and at every tick. It says what is so now
 * and keeps no queue: while a slow reader has not taken what it was sent, the handler rests, and is
 * called once for all that happened meanwhile. So a reader costs at most HTTP_STREAM_BACKLOG and
 * one piece. One that reads nothing at all is cut by net/. What the client sends is left unread.
 * The connection is not used again.
 *
 * http_keep's free is where watches end: it runs when the client went, too. */
#ifndef CV_HTTP_STREAM_H
#define CV_HTTP_STREAM_H

#include "http/http.h"

enum {
    HTTP_STREAM_PIECE = 64 * 1024,   /* bytes that one call of the handler may write */
    HTTP_STREAM_BACKLOG = 16 * 1024, /* with more unsent, the handler is not called */
    HTTP_STREAM_ACCOUNT = 30,        /* open streams of one account */
};

#define HTTP_EVENTS "text/event-stream; charset=utf-8"

typedef enum {
    HTTP_STREAM_WOKEN = 1 << 0, /* net_wake was called, or the account changed */
    HTTP_STREAM_TICK = 1 << 1,  /* the time given to http_stream_begin has passed again */
} HttpStreamWhy;

/* Begins the answer: status 200, no length. tick: microseconds; 0: none. account: whose stream it
 * is. FALSE: it was answered already (HEAD; 429, too many of this account), return HTTP_DONE. */
gboolean http_stream_begin(HttpCall *call, const char *type, gint64 tick, gint64 account);
/* Why the handler is called; 0 in the call that begins. */
guint http_stream_why(const HttpCall *call);
/* FALSE: more than HTTP_STREAM_PIECE in this call; nothing of it is written. */
gboolean http_stream_write(HttpCall *call, Bytes piece);
/* One event; name and id may be NULL and have no line ends. Line ends in data are kept. */
gboolean http_event_write(HttpCall *call, const char *name, const char *id, Bytes data);
/* The same into a buffer. */
void http_event_put(Buffer *out, const char *name, const char *id, Bytes data);

/* What the account may do has changed (directory_watch): its streams are called with
 * HTTP_STREAM_WOKEN, to look whether they may go on. Any thread. */
void http_account_changed(NetServer *net, gint64 account);

/* For call.c: the call ends. */
void http_stream_forget(HttpCall *call);

#endif
