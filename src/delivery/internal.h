/* What delivery's files share: the request on its way. Not for other folders. */
#ifndef CV_DELIVERY_INTERNAL_H
#define CV_DELIVERY_INTERNAL_H

#include "delivery/delivery.h"

/* One other domain: one queue entry, so that the far end gets the bytes once. */
typedef struct {
    char *domain; /* ASCII lower case */
    GString *recipients, *dsn;
    GPtrArray *addresses; /* the recipients, owned by the request */
    gint64 entry;         /* set by the transaction */
} DeliveryDestination;

struct Delivery {
    Store *store;
    GMutex lock; /* guards regulation */
    Regulation *regulation;
    char *hostname, *domain; /* for notices */
    DeliveryNotify notify;
    gpointer notify_data;
    DeliveryUsed used;
    gpointer used_data;
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
    GHashTable *by_domain;   /* → DeliveryDestination */

    MessageParsed *parsed;
    guint64 size;
    gint64 started; /* monotonic, for the latency metric */
    void (*done)(gpointer data);
    gpointer done_data;

    DeliveryRequest *receipt; /* prepared; delivered after this one. NULL: nobody asked */

    gint64 intake; /* set by the transaction */
    int code;
    char *text;
};

/* receipt.c: prepares the notice that the sender asked for, if he did. Slow. */
void delivery_prepare_receipt(DeliveryRequest *request, Bytes message);
/* The message is in the mailboxes: the notice may go. */
void delivery_send_receipt(DeliveryRequest *request);

#endif
