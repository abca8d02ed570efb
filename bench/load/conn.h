/* One client connection, plain or TLS, read line by line: what the load generators share.
 *
 * A Conn belongs to one thread. Any failure ends the program with a message: a benchmark whose
 * connection broke has no result. */
#ifndef CONGVU_BENCH_CONN_H
#define CONGVU_BENCH_CONN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Conn Conn;

/* Process-wide: where to, and whether by TLS. The server's certificate is not verified. */
void conn_target(const char *host, const char *port, bool tls);
Conn *conn_open(void);
void conn_close(Conn *conn);
int conn_fd(const Conn *conn);

void conn_send(Conn *conn, const char *p, size_t n);
void conn_printf(Conn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next line without its end; valid until the next call. */
const char *conn_line(Conn *conn);
/* Reads to the tagged answer, which must be OK, skipping literals by their bytes; returns how many
 * bytes came. */
size_t conn_until_ok(Conn *conn, const char *tag);
/* The same for an SMTP or LMTP answer with this first digit. */
void conn_reply(Conn *conn, char digit);

double now_seconds(void);
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
