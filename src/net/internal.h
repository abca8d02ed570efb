/* Inside net/: the records of a server and a session, and what the files of this folder offer each
 * other. Nothing outside net/ includes this.
 *
 * Who may touch a session
 *  - `status` is the gate. Whoever sets STATUS_OWNED in it while it was clear is the owner: one
 *    worker (or the ready list, until a worker takes it from there). Everybody else only adds event
 *    bits. The owner gives the session up with a compare-and-swap from exactly STATUS_OWNED to 0,
 *    so an event that comes in between is seen and nothing is lost.
 *  - All fields below the mark belong to the owner. The two deadlines are atomic: the timer thread
 *    reads them.
 *  - An event names a session by descriptor and generation, never by address: a worker may hold an
 *    event of a session that another worker closes at this moment. It finds the session in by_fd,
 *    under the lock of that entry; the owner takes it out there before it frees it. A late event
 *    is then nobody's, or a needless look.
 *
 * Locks: server->lock, wheel.lock, ready_lock, crew_lock and fd_locks are never held together, but
 * for ready_lock inside net_each_session's callback (net_wake under server->lock). */
#ifndef CV_NET_INTERNAL_H
#define CV_NET_INTERNAL_H

#include "net/net.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

enum {
    STATUS_OWNED = 1 << 0,
    STATUS_IO = 1 << 1,       /* the one-shot event came */
    STATUS_READABLE = 1 << 2, /* … and says that reading is worth a try */
    STATUS_GONE = 1 << 3,     /* … or that the peer is gone for both directions */
    STATUS_START = 1 << 4,
    STATUS_WAKE = 1 << 5,
    STATUS_TIMER = 1 << 6,
    STATUS_SHUTDOWN = 1 << 7,
    STATUS_KILL = 1 << 8,   /* close now, no good-bye */
    STATUS_CLOSED = 1 << 9, /* never given up again */
};

typedef enum {
    PHASE_OPEN,       /* the protocol runs */
    PHASE_CONNECTING, /* of net_connect */
    PHASE_HANDSHAKE,  /* TLS is being set up */
    PHASE_STARTTLS,   /* the plain output leaves before the handshake */
    PHASE_FLUSHING,   /* the protocol is done, its last words leave */
    PHASE_LINGER,     /* nothing more is sent; input is thrown away until the peer closes */
} SessionPhase;

#define NET_OUTPUT_LOW      4    /* drained: below this part of the high mark */
#define NET_STRANGER_RECORD 2048 /* bytes of a TLS record to one who has not signed in */
#define NET_READ_PIECE      (16 * 1024)
#define NET_TURN_RUNS       16                     /* calls of run() before others get their turn */
#define NET_STUCK_TIME      (120 * G_USEC_PER_SEC) /* output without any progress */
#define NET_LINGER_TIME     (2 * G_USEC_PER_SEC)
#define NET_LINGER_STOPPING (100 * 1000)
#define NET_LINGER_BYTES    (256 * 1024) /* thrown away at most after our last word */
#define NET_ID_LENGTH       10
#define NET_FD_LOCKS        64

typedef struct NetListenerState NetListenerState;
typedef struct NetFilter NetFilter;

struct NetSession {
    gint references;                    /* atomic */
    guint status;                       /* atomic, STATUS_* */
    gint64 deadline;                    /* atomic: the protocol's, monotonic microseconds, 0 none */
    gint64 net_deadline;                /* atomic: ours (handshake, stuck output, lingering) */
    NetSession *ready_next;             /* ready_lock */
    NetSession *wheel_next, **wheel_at; /* wheel.lock */
    gint64 wheel_due;                   /* atomic; 0: not in the wheel; written under wheel.lock */
    NetSession *next, *previous;        /* server->lock: all sessions */
    gboolean left;                      /* server->lock: the protocol has been told good-bye */
    gboolean counted;                   /* server->lock: in the per-address count */
    NetServer *server;                  /* NULL for a memory session */
    NetListenerState *listener;
    const NetProtocol *protocol;
    gpointer service;

    /* The owner's. */
    int fd; /* -1: memory session */
    guint32 generation;
    SSL *ssl;
    Buffer input, output;
    NetFilter *filter; /* after NET_COMPRESS, else NULL */
    NetVerdict waiting;
    SessionPhase phase;
    guint armed_for; /* epoll mask of the event to come */
    gboolean armed, registered, may_read, eof, hung_up, broken, secure, signed_in;
    gboolean eof_told, start_due;
    gboolean said_all; /* the protocol had taken all input when it closed */
    guint kept;        /* NET_EVENT_* that came while TLS was being set up */
    gboolean read_wants_write, write_wants_read; /* TLS */
    gsize lingered;
    struct NetOutgoing *outgoing; /* of net_connect, else NULL */

    guint16 peer_port, local_port;
    guint8 peer_key[16]; /* what the per-address limit counts: IPv4, or the /64 */
    gboolean loopback;
    char peer[46];
    char id[NET_ID_LENGTH + 1];
    char *cipher;
    Buffer *memory_in, *memory_out; /* memory session: the wire */
    max_align_t state[];            /* the protocol's */
};

/* What only a session of net_connect has. */
typedef struct NetOutgoing {
    gint64 time; /* microseconds */
    gboolean implicit_tls, verify, verified, resumed;
    char *name, *key; /* key: under which its TLS session is kept */
    char *failure;
} NetOutgoing;

struct NetListenerState {
    NetListener settings;
    int fd;
    gint sessions; /* atomic */
};

#define WHEEL_SLOTS     4096
#define WHEEL_SLOT_TIME (125 * 1000) /* microseconds: how late a deadline may be told */

typedef struct {
    GMutex lock;
    GCond changed;
    GThread *thread;
    gboolean stop;
    gint64 slept_until; /* slot number that the thread sleeps for; G_MAXINT64: nothing to do */
    gint64 at;          /* slot number reached */
    guint64 used[WHEEL_SLOTS / 64];
    NetSession *slots[WHEEL_SLOTS];
} Wheel;

struct NetServer {
    NetOptions options;
    GMutex lock;
    GCond gone;
    NetSession *sessions;
    guint session_count;
    GHashTable *addresses; /* peer_key → count of sessions that are not signed in */
    SSL_CTX *tls;          /* lock */
    SSL_CTX *tls_client;   /* lock; made with the first handshake of ours */
    GHashTable *tickets;   /* lock; key → SSL_SESSION */
    GPtrArray *listeners;  /* NetListenerState */
    GThread *acceptor;
    int stop_fd; /* eventfd: wakes the acceptor */
    int reserve_fd;
    gint stopping; /* atomic */

    GMutex fd_locks[NET_FD_LOCKS]; /* by_fd[n] belongs to fd_locks[n % NET_FD_LOCKS] */
    NetSession **by_fd;
    guint by_fd_size;
    guint32 generation; /* atomic */

    int epoll_fd;
    int signal_fd; /* eventfd, edge-triggered: "the ready list has something" */
    GThread **workers;
    gint sleepers; /* atomic: workers that are about to wait in epoll */
    gint halt;     /* atomic */
    GMutex crew_lock;
    GCond crew_wanted; /* crew_lock: a resting worker is to go to work */
    guint resting;     /* crew_lock */
    guint fewest;      /* that work while others rest: the cores; at most twice as many work */
    guint working; /* changes under crew_lock, read atomically: workers that neither rest nor are
                    * blocked */
    GMutex ready_lock;
    NetSession *ready_head, **ready_tail;
    Wheel wheel;
};

/* session.c */
NetSession *net_session_make(const NetProtocol *protocol, gpointer service);
/* Drops a record that never entered the server's books. */
void net_session_discard(NetSession *session);
/* Takes the session from the server's books and lets the protocol free its state. Once. */
void net_session_leave(NetSession *session);
/* Takes the session into the books; server->lock is held. */
void net_session_link(NetSession *session, NetServer *server);
/* Makes its descriptor findable for events. */
void net_session_register(NetSession *session);
/* Closes the socket and drops the record; the owner's last act. */
void net_session_destroy(NetSession *session);

/* turn.c: the owner runs the session until it parks, waits its turn again, or is gone. */
void net_session_turn(NetSession *session);
/* The first turn, by the acceptor: the greeting and nothing else. */
void net_session_greet(NetSession *session);

/* io.c */
typedef enum { IO_DONE, IO_AGAIN, IO_BROKEN } IoResult;
/* Reads what is there, as far as input_maximum allows. *got: something came. */
IoResult net_io_fill(NetSession *session, gboolean *got);
/* Sends; IO_DONE: nothing is left. */
IoResult net_io_flush(NetSession *session);
IoResult net_io_handshake(NetSession *session);
/* Tells the peer's TLS that nothing more will be sent. */
void net_io_end_tls(NetSession *session);
/* Throws input away; IO_DONE: the peer has closed too. */
IoResult net_io_discard(NetSession *session);
gboolean net_io_begin_tls(NetSession *session);

/* FALSE: there is no memory. */
gboolean net_io_begin_filter(NetSession *session);
/* Bytes that have not left yet. */
gsize net_io_pending(const NetSession *session);

/* filter.c: bytes from the wire are put into raw and come out of inflate; deflate makes packed, for
 * the wire, of what a session has to say. Bytes in the clear and compressed ones never meet in one
 * buffer, but for `plain`: what was said before the first compressed byte leaves before it. */
NetFilter *net_filter_new(Bytes plain);
void net_filter_free(NetFilter *filter);
Buffer *net_filter_raw(NetFilter *filter); /* holds NET_READ_PIECE at most */
Buffer *net_filter_packed(NetFilter *filter);
gboolean net_filter_has_input(const NetFilter *filter);
/* As much as `to` has room for. *got: something came. FALSE: not DEFLATE, its end, or no memory. */
gboolean net_filter_inflate(NetFilter *filter, Buffer *to, gboolean *got);
gboolean net_filter_has_output(const NetFilter *filter, const Buffer *from);
/* Takes of `from`, adds up to 16 KiB to packed. When `from` is empty and net_filter_has_output is
 * FALSE the peer can read all of it. FALSE: no memory. */
gboolean net_filter_deflate(NetFilter *filter, Buffer *from);
/* The session parks: gives back what can be made again. */
void net_filter_rest(NetFilter *filter);

/* worker.c */
/* Adds event bits; when nobody owns the session it goes to the ready list. */
void net_session_post(NetSession *session, guint bits);
/* The owner puts its session at the end of the ready list and lets go of it. */
gsize net_output_high(const NetSession *session); /* bytes */
void net_ready_push(NetSession *session);
gboolean net_workers_start(NetServer *server, GError **error);
void net_workers_stop(NetServer *server);

/* wheel.c */
void net_wheel_start(NetServer *server);
void net_wheel_stop(NetServer *server);
/* After a deadline field was set. */
void net_wheel_schedule(NetSession *session);
void net_wheel_remove(NetSession *session);

/* accept.c */
gpointer net_acceptor_main(gpointer server);
int net_listen_socket(const NetListener *listener, guint16 *port, GError **error);

/* tls.c */
/* A server-side session on the certificate in force, or NULL. */
SSL *net_tls_new(NetServer *server, int fd);

/* connect.c */
/* What became of the connecting: NULL when the connection stands. */
const char *net_connect_result(NetSession *session);
void net_outgoing_free(NetOutgoing *outgoing);
/* From "192.0.2.1" or "2001:db8::1"; FALSE for anything else. */
gboolean net_parse_address(const char *address, guint16 port, struct sockaddr_storage *out,
                           socklen_t *length);
void net_note_peer(NetSession *session, const struct sockaddr_storage *from);

/* tls_client.c */
SSL *net_tls_client_new(NetSession *session);
void net_tls_client_done(NetSession *session); /* after the handshake */
void net_tls_client_release(NetServer *server);

#endif
