/* Net: listeners, sessions, TLS, workers, parking and deadlines.
 *
 * No thread waits for a peer. A session between two commands is a small record without stack or
 * thread. Readiness (epoll, one-shot) or a wake hands it to a worker; the worker calls the
 * protocol's run(), which takes what it can from the input, appends to the output, and says what it
 * waits for. Exactly one worker runs a session at a time, so protocol code needs no lock for it.
 *
 * The bytes a protocol sees are plain text: TLS, compression, buffering, flushing, deadlines and
 * the limit on bytes are here. Input that was pipelined before STARTTLS or compression is thrown
 * away, never interpreted. */
#ifndef CV_NET_NET_H
#define CV_NET_NET_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/metrics.h"

typedef struct NetServer NetServer;
typedef struct NetSession NetSession;
typedef struct NetTls NetTls; /* certificate and settings; replaced whole on SIGHUP */

/* What run() says at its end. run() handles all that it can before it says so: with NET_WAIT_INPUT
 * it is called when input was added, not because some was left. */
typedef enum {
    NET_WAIT_INPUT,  /* call me when more input is there (or on a wake) */
    NET_WAIT_WAKE,   /* only a wake (a completion) matters; leave further input unread. Called with
                      * NET_EVENT_EOF, once, when the peer goes for good meanwhile */
    NET_WAIT_OUTPUT, /* the output is full: call me when it has drained below the low mark */
    NET_AGAIN,       /* I have more to do but let others run first */
    NET_STARTTLS,    /* flush the output, drop pending input, shake hands, then call me */
    NET_COMPRESS, /* what is in the output leaves as it is, pending input is dropped; from then on
                   * both ways are DEFLATE. Otherwise as NET_WAIT_INPUT. Once in a session */
    NET_CLOSE,    /* flush the output and close */
} NetVerdict;

/* Why run() was called; several at once are possible. */
typedef enum {
    NET_EVENT_START =
        1 << 0, /* first call of the session (after the handshake under implicit TLS) */
    NET_EVENT_INPUT = 1 << 1,    /* input may have grown */
    NET_EVENT_WAKE = 1 << 2,     /* net_wake was called since the last run */
    NET_EVENT_OUTPUT = 1 << 3,   /* the output drained */
    NET_EVENT_SECURED = 1 << 4,  /* the STARTTLS handshake succeeded */
    NET_EVENT_DEADLINE = 1 << 5, /* the deadline passed: say good-bye and return NET_CLOSE. It is
                                  * told once; the deadline is then 0 */
    NET_EVENT_EOF = 1 << 6,      /* the peer sends no more; what is in the input is all there is.
                                  * From then on every call has it, and NET_WAIT_INPUT closes */
    NET_EVENT_SHUTDOWN = 1 << 7, /* the server stops: finish, say so, NET_CLOSE */
    NET_EVENT_FAILED = 1 << 8,   /* of net_connect only: no connection came about, or no handshake;
                                  * net_session_failure says why. The session ends with this call */
} NetEvents;

typedef struct {
    const char *name; /* "smtp", "submission", "imap": for the log */
    /* What counts its sessions: those that are open, and all ever. May be NULL. */
    Metric *open_sessions, *all_sessions;
    gsize state_size;     /* bytes of zeroed protocol state made with the session */
    gsize input_maximum;  /* bytes of unread input kept at most (a line and a piece of literal) */
    gint64 greeting_time; /* microseconds a peer has until its first full command */
    /* Sent to a connection over a limit before it is closed, with CRLF; may be NULL. */
    const char *refusal;
    NetVerdict (*run)(NetSession *session, gpointer state, NetEvents events);
    /* Frees what state points to, not state itself. Once for each session, on any thread, after the
     * last run(), also when run() was never called (the state is then all zeros) and also while a
     * completion is still to come: that one must find out. */
    void (*free)(gpointer state);
} NetProtocol;

typedef struct {
    const NetProtocol *protocol;
    gpointer service;    /* the protocol's shared data: net_session_service */
    const char *address; /* "127.0.0.1", "::", "0.0.0.0" */
    guint16 port;        /* 0: any free one (net_listen returns it) */
    gboolean implicit_tls;
    guint session_maximum; /* 0: the server's own limit */
} NetListener;

typedef struct {
    guint workers;                 /* threads; 0: 4 per core, at least 16 */
    guint session_maximum;         /* sessions in all; further ones are told so and closed */
    guint session_maximum_address; /* per peer address (IPv6: per /64), before sign-in; 0: none. At
                                    * most half of the descriptors that the process may have */
} NetOptions;

NetServer *net_server_new(const NetOptions *options, GError **error);
/* Binds; accepting begins with net_server_start. Returns the port, or 0 with error. A socket
 * passed in by systemd for this port is used instead of a new one. */
guint16 net_listen(NetServer *server, const NetListener *listener, GError **error);
gboolean net_server_start(NetServer *server, GError **error);
/* Stops accepting, gives every session NET_EVENT_SHUTDOWN, waits until all are gone or the time
 * (microseconds) is over, stops the workers. */
void net_server_stop(NetServer *server, gint64 patience);
/* After net_server_stop. References to sessions may outlive it; waking those does nothing. */
void net_server_free(NetServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetServer, net_server_free)

/* PEM files. Sessions that are open keep the old one. TLS 1.2 and 1.3, no renegotiation, no
 * compression, no early data. */
gboolean net_server_set_certificate(NetServer *server, const char *certificate, const char *key,
                                    GError **error);
/* Whether a server could use them, without one; *expires: Unix microseconds. */
gboolean net_check_certificate(const char *certificate, const char *key, gint64 *expires,
                               GError **error);
/* Writes a self-signed P-256 certificate for the names, valid ten years (0600 key). */
gboolean net_make_certificate(const char *certificate, const char *key, const char *const *names,
                              GError **error);

/* ---- Sessions that we open ---- */

typedef struct {
    const NetProtocol *protocol;
    gpointer service;    /* net_session_service */
    gpointer first;      /* put into the state's first pointer: free() finds it there in any case */
    const char *address; /* IPv4 or IPv6, no name */
    guint16 port;
    gint64 time; /* microseconds for connecting, and again for a handshake: then FAILED */
    gboolean implicit_tls;
    const char *name; /* of the peer, for TLS: told to it, looked for in its certificate; or NULL */
    gboolean verify;  /* a handshake fails unless the certificate is good for the name */
} NetConnect;
/* Begins to connect and returns at once; the first run() has START, or FAILED. Any thread. FALSE
 * (NETWORK): not even begun, neither run() nor free() will be called. TLS sessions are taken up
 * again where the peer (name and port) gave a ticket before. */
gboolean net_connect(NetServer *server, const NetConnect *options, GError **error);
/* Why NET_EVENT_FAILED came: "connection refused"; valid during that run(). */
const char *net_session_failure(const NetSession *session);
/* After a handshake of ours: the certificate was good for the name. */
gboolean net_session_is_verified(const NetSession *session);
gboolean net_session_is_resumed(const NetSession *session);
/* PEM file with the authorities to trust, or NULL for the system's. Before the first handshake. */
gboolean net_server_set_trust(NetServer *server, const char *file, GError **error);

/* ---- For run() ---- */

/* Unread input. Take with buffer_consume; what is left is there at the next call. */
Buffer *net_input(NetSession *session);
/* Bytes of unread input kept from now on, at most the protocol's input_maximum. For run(): small
 * between commands, large inside of a message. */
void net_set_input_maximum(NetSession *session, gsize bytes);
/* Output: appended bytes are sent when run() returns. Its maximum is NET_OUTPUT_LIMIT: a protocol
 * that produces much checks net_output_full between pieces and returns NET_WAIT_OUTPUT. */
Buffer *net_output(NetSession *session);
#define NET_OUTPUT_HIGH     (256 * 1024)
#define NET_OUTPUT_STRANGER (2 * 1024) /* instead of it, for a caller who has not signed in */
#define NET_OUTPUT_LIMIT    (64 * 1024 * 1024)
gboolean net_output_full(NetSession *session); /* NET_OUTPUT_HIGH (or _STRANGER) reached */
/* Sends what is in the output now, as far as the socket takes it, without waiting: between the
 * pieces of a long answer. FALSE: the socket is full, return NET_WAIT_OUTPUT. */
gboolean net_flush(NetSession *session);

/* Microseconds from now until NET_EVENT_DEADLINE; 0: none. Stays until set again. */
void net_set_deadline(NetSession *session, gint64 microseconds);
/* Any thread, any number of times: run() will be called with NET_EVENT_WAKE. The caller must hold a
 * reference (net_session_ref) or be sure otherwise that the session lives. */
void net_wake(NetSession *session);
NetSession *net_session_ref(NetSession *session);
void net_session_unref(NetSession *session);

gpointer net_session_service(NetSession *session);
const char *net_session_id(const NetSession *session);   /* "k3x9…": in every log line */
const char *net_session_peer(const NetSession *session); /* "192.0.2.1" or "2001:db8::1" */
guint16 net_session_peer_port(const NetSession *session);
guint16 net_session_local_port(const NetSession *session);
gboolean net_session_is_loopback(const NetSession *session);
gboolean net_session_is_secure(const NetSession *session); /* TLS is up */
const char *net_session_cipher(const NetSession *session); /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
/* Lifts the limits for strangers (per-address count). */
void net_session_signed_in(NetSession *session);
/* Calls fn on each living session of a protocol (locks: "end what this account has open"). fn runs
 * under a lock, beside a worker that may be running the session: it may read and write atomic
 * fields of the state, and net_wake, nothing else. */
void net_each_session(NetServer *server, const NetProtocol *protocol,
                      void (*fn)(NetSession *session, gpointer state, gpointer data),
                      gpointer data);

#endif
