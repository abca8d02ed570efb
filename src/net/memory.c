/* Sessions without a socket; see memory.h. The same turn.c drives them, so what a test sees of
 * run() is what a socket would see. */
#include "net/memory.h"

#include "net/internal.h"

NetSession *net_memory_new(const NetProtocol *protocol, gpointer service,
                           const NetMemoryOptions *options) {
    NetSession *session = net_session_make(protocol, service);
    g_strlcpy(session->peer, options->peer == NULL ? "192.0.2.1" : options->peer,
              sizeof session->peer);
    session->peer_port = 40000;
    session->local_port = options->local_port;
    session->secure = options->secure;
    session->loopback = options->loopback;
    session->memory_in = g_new0(Buffer, 1);
    session->memory_out = g_new0(Buffer, 1);
    buffer_init(session->memory_in, G_MAXSSIZE);
    buffer_init(session->memory_out, G_MAXSSIZE);
    net_memory_run(session);
    return session;
}

void net_memory_free(NetSession *session) {
    net_session_leave(session);
    buffer_release(session->memory_in);
    buffer_release(session->memory_out);
    g_clear_pointer(&session->memory_in, g_free);
    g_clear_pointer(&session->memory_out, g_free);
    buffer_release(&session->output);
    __atomic_fetch_or(&session->status, STATUS_CLOSED | STATUS_OWNED, __ATOMIC_ACQ_REL);
    net_session_discard(session);
}

static gboolean drive(NetSession *session, guint bits) {
    do {
        if (net_memory_closed(session))
            return FALSE;
        __atomic_fetch_or(&session->status, bits | STATUS_OWNED, __ATOMIC_ACQ_REL);
        bits = 0;
        net_session_turn(session);
    } while (__atomic_load_n(&session->status, __ATOMIC_ACQUIRE) != 0);
    return TRUE;
}

void net_memory_feed(NetSession *session, Bytes bytes) {
    buffer_append_bytes(session->memory_in, bytes);
    drive(session, STATUS_IO | STATUS_READABLE);
}

void net_memory_eof(NetSession *session) {
    session->eof = TRUE;
    drive(session, STATUS_IO);
}

gboolean net_memory_run(NetSession *session) {
    return drive(session, 0);
}

void net_memory_event(NetSession *session, NetEvents event) {
    session->kept |= event; /* told with the next step, as after a handshake */
    drive(session, 0);
}

Buffer *net_memory_output(NetSession *session) {
    return session->memory_out;
}

gboolean net_memory_closed(const NetSession *session) {
    return (__atomic_load_n(&session->status, __ATOMIC_ACQUIRE) & STATUS_CLOSED) != 0;
}
