/* For net/'s own tests: a line protocol that echoes and has a word for each thing to be tested, a
 * server of it on free loopback ports, and the other end. */
#ifndef CV_NET_TEST_LINE_H
#define CV_NET_TEST_LINE_H

#include "net/net.h"

#include <openssl/ssl.h>

typedef struct {
    gint runs, freed, wakes, deadlines, shutdowns, eofs, running, collisions;
    NetSession *last;
} Seen;

/* The service is a Seen. Lines: sleep (waits for a wake), tls, quit, quick (a deadline in 0.3 s),
 * flood N (writes N zero bytes), in (signs in); any other comes back. */
extern const NetProtocol line_protocol;

typedef struct {
    NetServer *server;
    guint16 port, tls_port;
    Seen seen;
    char *folder, *certificate, *key;
} Fixture;

void fixture_start(Fixture *f, const NetOptions *options);
void fixture_stop(Fixture *f);
int setup(void **state); /* four workers, no narrow limits */
int teardown(void **state);

int dial(guint16 port);
void say(int fd, const char *text);
/* Reads exactly the text, or fails. */
void hear(int fd, const char *text);
void hear_end(int fd);
void wait_for(const gint *counter, gint value);
/* NULL: no handshake. */
SSL *dial_tls(int fd);
void hear_tls(SSL *ssl, const char *text);

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
