/* Sender: takes mail for other domains out of the queue and hands it to their servers.
 *
 * Promises
 *  - At least once: an entry leaves the queue in the transaction that keeps what the far end said.
 *    When the process dies between the far end's 250 and that commit, the message is sent again.
 *  - No thread waits for a peer or for DNS. Results of many sessions share one flush.
 *  - A destination that cannot be reached is asked by one connection at a time, later and later,
 *    and holds up no other destination; of one destination's mail each account gets its turn.
 *  - How much goes to a destination at once follows what it takes: it begins with one connection,
 *    grows with each message taken and halves when connections fail.
 *
 * Times are microseconds. */
#ifndef CV_SMTP_CLIENT_SENDER_H
#define CV_SMTP_CLIENT_SENDER_H

#include "dkim/dkim.h"
#include "net/net.h"
#include "net/resolver.h"
#include "queue/result.h"

typedef struct Sender Sender;

/* A notice (DSN) on its way into the transaction that settles an entry; serve/ wires them to
 * delivery. prepare: slow part, any worker; NULL: nobody is there to be told. commit: inside the
 * DbWork. */
typedef struct {
    gpointer (*prepare)(const char *recipient, Bytes message, gpointer data);
    gboolean (*commit)(DbConn *conn, gpointer notice, GError **error);
    void (*free)(gpointer notice);
    gpointer data;
} SenderNotices;

typedef struct {
    NetServer *net; /* for these sessions alone */
    NetResolver *resolver;
    Dkim *dkim; /* NULL: nothing is signed */
    Db *mail;
    BlobStore *blobs;
    const char *hostname; /* said in EHLO, and the reporting server of notices */
    const char *domain;   /* of the body */
    const char *routes;   /* see sender_check_routes */
    guint16 port;         /* of others' servers: 25 */
    gboolean loopback;    /* servers on this machine may be sent to: trials only */
    guint connections;    /* to one destination at most */
    guint connections_all;
    guint messages; /* over one connection */
    gint64 retry_first, retry_most, life, warn_after;
    gint64 connect_time, reply_time, data_time, idle_time;
    SenderNotices notices;
} SenderOptions;
void sender_options_init(SenderOptions *options);

/* NULL: the routes cannot be used (INPUT). Copies what options point to. */
Sender *sender_new(const SenderOptions *options, GError **error);
/* Reads the queue and begins to send. */
void sender_start(Sender *sender);
/* Takes nothing more out of the queue. Then stop `net`, free `resolver`, free the sender, and only
 * then close the database. */
void sender_stop(Sender *sender);
void sender_free(Sender *sender);

/* "DOMAIN=WHERE; DOMAIN=WHERE": DOMAIN is a name, ".name" (all below it) or "*" (all others); WHERE
 * is "[host]:port" (that host or address), "name:port" (the mail servers of that name), then as
 * wanted "tls=never|may|require|verify|implicit", "user=NAME", "password=FILE". INPUT. */
gboolean sender_check_routes(const char *routes, GError **error);

#endif
