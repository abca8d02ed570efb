/* Stream: one connection of a command's own, read and written by waiting: for programs that speak
 * to another server in the operator's process and have nothing else to do. Sessions of the server
 * never wait like this (net.h).
 *
 * Nothing is verified less than it can be: with TLS the certificate must be good for the host, or,
 * where a fingerprint was given, be exactly that one. Input that came before STARTTLS was answered
 * is an error, never read on under TLS. One thread at a time. */
#ifndef CV_NET_STREAM_H
#define CV_NET_STREAM_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct NetStream NetStream;

typedef struct {
    const char *host; /* name or address */
    guint16 port;
    gboolean tls;            /* from the first byte */
    const char *trust;       /* PEM file of authorities; NULL: the system's */
    const char *fingerprint; /* SHA-256 of the certificate in hexadecimal, with or without ':' */
    gint64 time;             /* microseconds without a byte until it is given up */
} NetStreamOptions;

/* NETWORK: no connection, or no handshake; INPUT: trust or fingerprint cannot be used; AUTH: the
 * certificate is not to be trusted (the message tells its fingerprint). */
NetStream *net_stream_open(const NetStreamOptions *options, GError **error);
void net_stream_close(NetStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetStream, net_stream_close)
gboolean net_stream_start_tls(NetStream *stream, GError **error);
gboolean net_stream_is_secure(const NetStream *stream);

/* Waits for some bytes and appends them; NETWORK at the end, or when none came in time. */
gboolean net_stream_read(NetStream *stream, Buffer *in, gsize most, GError **error);
gboolean net_stream_write(NetStream *stream, Bytes bytes, GError **error);

#endif
