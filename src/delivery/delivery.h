/* Delivery: one message in, its local copies and its queue entries out, in one commit.
 *
 * The caller has verified the recipients (directory_resolve) and holds the bytes in a BlobWriter.
 * delivery_submit parses, judges the attachments [Điều 5.1], flushes a large blob, and hands the
 * transaction to the writer; done tells when all of it is durable or why nothing was done. */
#ifndef CV_DELIVERY_DELIVERY_H
#define CV_DELIVERY_DELIVERY_H

#include "directory/directory.h"
#include "queue/queue.h"
#include "regulation/regulation.h"
#include "store/store.h"

typedef struct Delivery Delivery;

Delivery *delivery_new(Store *store);
void delivery_free(Delivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Delivery, delivery_free)
/* Who tells a sender that a message is in the mailbox (RFC 3461 4.1, NOTIFY=SUCCESS): gives the
 * prepared delivery of a notice, or NULL. Before the first delivery; without it nobody is told. */
typedef struct DeliveryRequest DeliveryRequest;
typedef DeliveryRequest *(*DeliveryNotify)(const char *sender, Bytes notice, gpointer data);
void delivery_set_notify(Delivery *delivery, const char *hostname, const char *domain,
                         DeliveryNotify notify, gpointer data);
/* Told for each account that a delivered message was sent by or came to, on the writer thread,
 * after the commit: must be short. Notices (the null sender) and mail judged spam are sent and
 * received by nobody [Điều 4.2.c]. Before the first delivery. */
typedef void (*DeliveryUsed)(gint64 account, gboolean sent, gpointer data);
void delivery_set_used(Delivery *delivery, DeliveryUsed used, gpointer data);
/* Who forwards, and where to [Điều 8.5]; borrowed. Without it nothing goes on by itself. Before the
 * first delivery. */
void delivery_set_directory(Delivery *delivery, Directory *directory);
/* Told when a signed-in person's message came to the report address that the regulation names
 * [Điều 12.3]: it is in no mailbox, but waits as evidence of a case (store/evidence.h). On the
 * writer thread, after the commit: must be short. Before the first delivery. */
typedef void (*DeliveryReported)(gpointer data);
void delivery_set_reported(Delivery *delivery, DeliveryReported reported, gpointer data);
/* The regulation in force is swapped on SIGHUP. */
void delivery_set_regulation(Delivery *delivery, Regulation *regulation);

typedef struct {
    char *address;  /* as given in RCPT, without brackets */
    gint64 account; /* local: the account; 0: another domain (only for a signed-in sender) */
    char *dsn;      /* "NOTIFY=… ORCPT=…" or NULL */
    char *via;      /* the address that passed it on; NULL: it was named in the envelope */
    gboolean forwards, passed_on;
    gboolean report; /* the report address: kept as evidence, not in the account's mailbox */
} DeliveryRecipient;

DeliveryRequest *delivery_request_new(Delivery *delivery, BlobWriter *writer /* taken */);
void delivery_request_free(DeliveryRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeliveryRequest, delivery_request_free)
void delivery_request_set_session(DeliveryRequest *request, const char *session, const char *door,
                                  gint64 submitter);
/* sender "" is the null sender; dsn "RET=… ENVID=…" or NULL; body "7BIT", "8BITMIME". */
void delivery_request_set_sender(DeliveryRequest *request, const char *sender, const char *dsn,
                                 const char *body, gboolean smtputf8);
/* The header has a field of those that tell of automatic forwarding: it is looked at. */
void delivery_request_set_look(DeliveryRequest *request);
/* One of the recipients that were or will be added forwards (DirectoryAccount.forwards). */
void delivery_request_set_forwards(DeliveryRequest *request);
/* Besides the submitter: the account under whose address it was sent, a unit's for instance. */
void delivery_request_set_sent_as(DeliveryRequest *request, gint64 account);
void delivery_request_add(DeliveryRequest *request, const char *address, gint64 account,
                          const char *dsn);

/* Runs the slow part on the calling worker, then returns; done (any thread, once) tells the end.
 * The request lives until the caller frees it after done. */
void delivery_submit(DeliveryRequest *request, void (*done)(gpointer data), gpointer data);
/* The same in two steps, for a message that is delivered in somebody else's transaction (a notice,
 * with the entry that it is about): what is slow, on a worker; then a DbWork. The attachments are
 * not judged. */
gboolean delivery_prepare(DeliveryRequest *request, GError **error);
gboolean delivery_commit(DbConn *conn, gpointer request, GError **error);

/* After done: 0 when accepted, else the SMTP code. text: "2.0.0 …", "5.3.4 … [Điều 5.1] …" — the
 * enhanced status code and a sentence, one line, no CRLF. */
int delivery_code(const DeliveryRequest *request);
const char *delivery_text(const DeliveryRequest *request);

#endif
