/* Mailing: one message to everybody: to each active account of a person or a unit, some hundred in
 * one transaction, so that a delivery in between waits milliseconds.
 *
 * Each account gets it once, however often the sending is cut short and taken up again: how far it
 * has come stands in mail.db and changes with the copies. The bytes are stored once. Accounts that
 * are made while it runs get it too; those that are locked by then do not. */
#ifndef CV_DELIVERY_MAILING_H
#define CV_DELIVERY_MAILING_H

#include "delivery/delivery.h"
#include "directory/people.h"

typedef struct {
    const char *name; /* this mailing's for ever: "notice/12/begin" */
    /* Writes the whole message; asked only when the mailing begins. */
    gboolean (*write)(Buffer *out, gpointer data, GError **error);
    gpointer data;
} DeliveryMailing;

typedef struct {
    gint64 delivered;    /* copies in mailboxes */
    gint64 refused;      /* mailboxes that were full, or not there; in the log */
    gint64 began, ended; /* Unix microseconds; 0: not yet */
} DeliveryMailed;

/* Begins it or takes it up, and returns when everybody had their turn; at once when they had
 * before. Waits for flushes. Any thread; several at once share the work. A FALSE (STORAGE, BUSY)
 * leaves what was sent, and the next call goes on behind it. */
gboolean delivery_mailing_run(Delivery *delivery, Directory *directory,
                              const DeliveryMailing *mailing, DeliveryMailed *out, GError **error);
/* How far it is; zeros when it never began. */
gboolean delivery_mailing_find(Delivery *delivery, const char *name, DeliveryMailed *out,
                               GError **error);

#endif
