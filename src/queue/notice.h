/* Notice: what a sender is told of mail that was not delivered, that still waits, or that went on
 * to a server from which no more will be heard (RFC 3461, RFC 3464): one message, in Vietnamese and
 * in English for people, then the same for programs. Pure: facts in, bytes out. Any thread. */
#ifndef CV_QUEUE_NOTICE_H
#define CV_QUEUE_NOTICE_H

#include "queue/result.h"

/* RFC 3461 4.1: for which ends a sender wants to be told. */
enum {
    QUEUE_NOTIFY_SUCCESS = 1 << 0,
    QUEUE_NOTIFY_FAILURE = 1 << 1,
    QUEUE_NOTIFY_DELAY = 1 << 2,
};
/* From a recipient's "NOTIFY=… ORCPT=…"; without NOTIFY: of failures and delays. */
guint queue_notify_of(const char *parameters);

typedef enum {
    QUEUE_NOTICE_FAILED,
    QUEUE_NOTICE_DELAYED,
    QUEUE_NOTICE_RELAYED,
    QUEUE_NOTICE_DELIVERED
} QueueNoticeKind;

typedef struct {
    const QueueFate *fate;
    const char *parameters; /* "NOTIFY=… ORCPT=…" or "" */
} QueueNoticeRecipient;

typedef struct {
    QueueNoticeKind kind;
    const char *hostname, *domain; /* ours */
    const char *sender;            /* who is told */
    const char *parameters;        /* "RET=… ENVID=…" or "" */
    gint64 received, now, until;   /* Unix microseconds; until: how long it is tried */
    const QueueNoticeRecipient *recipients;
    gsize count;
    Bytes message; /* what was to be sent */
} QueueNotice;

/* Appends the whole message, with CRLF line ends. FALSE when `out` is full. */
gboolean queue_notice_write(const QueueNotice *notice, Buffer *out);
/* "a+2Bb" → "a+b" (RFC 3461 4), without control characters; g_free. */
char *queue_xtext_decode(const char *text);

#endif
