/* What delivery's files share: the request on its way. Not for other folders. */
#ifndef CV_DELIVERY_INTERNAL_H
#define CV_DELIVERY_INTERNAL_H

#include "delivery/delivery.h"
#include "delivery/freeze.h"
#include "queue/limit.h"
#include "secret/guard.h"

/* One other domain: one queue entry, so that the far end gets the bytes once. */
typedef struct {
    char *domain; /* ASCII lower case */
    char *sender; /* of mail that goes on by itself: the account's; NULL: the message's */
    gint64 account;
    GString *recipients, *dsn;
    GPtrArray *addresses; /* the recipients, owned by the request */
    gint64 entry;         /* set by the transaction */
} DeliveryDestination;

struct Delivery {
    Store *store;
    Directory *directory; /* NULL: nobody forwards */
    GMutex lock;          /* guards regulation and report */
    Regulation *regulation;
    char *report;            /* local part of the report address; NULL: none */
    char *hostname, *domain; /* for notices */
    DeliveryNotify notify;
    gpointer notify_data;
    DeliveryUsed used;
    gpointer used_data;
    DeliveryReported reported;
    gpointer reported_data;
};

struct DeliveryRequest {
    Delivery *delivery;
    BlobWriter *writer;
    char *session, *door, *sender, *dsn, *body;
    gboolean smtputf8;
    gint64 submitter, sent_as;
    gboolean counts;         /* as received: no notice, not judged spam */
    GArray *recipients;      /* DeliveryRecipient: the local ones */
    GPtrArray *destinations; /* DeliveryDestination */
    GHashTable *accounts;    /* the local ones' accounts: each gets one copy */
    GHashTable *addresses;   /* address with its domain in lower case → itself */
    GHashTable *by_domain;   /* and sender → DeliveryDestination */
    gboolean look;           /* at the header: was it forwarded into the system? */
    const char *sign;        /* it was, and this shows it; NULL: no */
    char *forwarder;         /* the account that did it, as far as it can be told */
    gboolean forwards;       /* some recipient may */
    gboolean reports;        /* some recipient is the report address */
    char *service;           /* that people sign up at, whose mail this is; NULL: none */
    gboolean confirms;       /* … and it confirms a sign-up */
    GArray *passed;          /* DeliveryRecipient: their copy went on */
    GPtrArray *letters;      /* prepared; delivered after this one. NULL: none */

    MessageParsed *parsed;
    guint64 size;
    gint64 started; /* monotonic, for the latency metric */
    void (*done)(gpointer data);
    gpointer done_data;

    gboolean counted; /* a submission: against limits */
    QueueLimits limits;
    QueueSent sent;
    QueueLimitState limit; /* set by the transaction */

    SecretFound secret; /* it came from outside and is frozen where it arrives; NOWHERE: not */
    char *evidence;     /* of that, for the trail */

    DeliveryRequest *receipt; /* prepared; delivered after this one. NULL: nobody asked */

    char *warning; /* of a file's format: said beside the acceptance. NULL: none */

    gint64 intake; /* set by the transaction */
    int code;
    char *text;
};

void delivery_recipient_clear(gpointer recipient);
/* A new reference; NULL: none was set. */
Regulation *delivery_regulation(Delivery *delivery);
/* As delivery_request_add to another domain, in the name of an account that forwards. */
void delivery_request_add_forwarded(DeliveryRequest *request, const char *address,
                                    const char *sender, gint64 account);

/* forward.c: puts those whom it goes on to in the place of recipients that forward. Slow. FALSE:
 * nothing may be delivered now. */
gboolean delivery_forward(DeliveryRequest *request, Bytes header, GError **error);
/* The message is in the mailboxes: the letters to owners of forwarding addresses may go. */
void delivery_send_letters(DeliveryRequest *request);

/* origin.c: was it forwarded into the system by itself, from no state body's account [Điều 8.5]?
 * Sets sign and forwarder. NULL: it may come in; else the refusal. */
Verdict *delivery_judge_origin(DeliveryRequest *request, Bytes header);

/* signup.c: is it mail of a service that people sign up at [Điều 8.4]? Sets service, confirms. */
void delivery_judge_signup(DeliveryRequest *request, Bytes header);

/* report.c: is this recipient the report address [Điều 12.3], and who writes may report? */
gboolean delivery_is_report(DeliveryRequest *request, const char *address);
/* Inside the transaction: keeps the message as evidence, with these header lines in front. */
gboolean delivery_keep_report(DbConn *conn, const DeliveryRequest *request,
                              const DeliveryRecipient *recipient, BlobId blob, Bytes prefix,
                              gint64 *id, GError **error);
/* files.c: formats of files [Điều 9.2]. The refusal, or NULL; then request->warning may be set. */
Verdict *delivery_judge_files(DeliveryRequest *request, Bytes all);

/* limit.c: what the transaction counts of a submission. FALSE: nothing may be delivered now. */
gboolean delivery_prepare_limit(DeliveryRequest *request, GError **error);
/* After the commit. */
void delivery_tell_limit(const DeliveryRequest *request);

/* commit.c: for the metrics; after the commit. */
void delivery_count_copies(gint64 copies);

/* receipt.c: prepares the notice that the sender asked for, if he did. Slow. */
void delivery_prepare_receipt(DeliveryRequest *request, Bytes message);
/* The message is in the mailboxes: the notice may go. */
void delivery_send_receipt(DeliveryRequest *request);

#endif
