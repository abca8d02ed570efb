/* A session without a socket, for tests and fuzzing: the bytes of the peer are put in by hand, the
 * protocol's run() is driven on the calling thread, and what it wrote can be looked at. TLS is
 * played: STARTTLS drops the pending input as the real one does and the session is then "secure".
 * Wakes from other threads are kept until net_memory_run. */
#ifndef CV_NET_MEMORY_H
#define CV_NET_MEMORY_H

#include "net/net.h"

typedef struct {
    const char *peer; /* NULL: "192.0.2.1" */
    guint16 local_port;
    gboolean secure; /* TLS is up from the beginning */
    gboolean loopback;
} NetMemoryOptions;

/* Makes the session and runs NET_EVENT_START. */
NetSession *net_memory_new(const NetProtocol *protocol, gpointer service,
                           const NetMemoryOptions *options);
void net_memory_free(NetSession *session);
/* The peer sends these bytes; runs the session until it waits. */
void net_memory_feed(NetSession *session, Bytes bytes);
void net_memory_eof(NetSession *session);
/* Deals with wakes that came; FALSE: the session is closed. */
gboolean net_memory_run(NetSession *session);
/* Gives an event by hand (NET_EVENT_DEADLINE, NET_EVENT_SHUTDOWN). */
void net_memory_event(NetSession *session, NetEvents event);
/* What the peer would have received and not taken yet. */
Buffer *net_memory_output(NetSession *session);
gboolean net_memory_closed(const NetSession *session);

#endif
