/* What the SMTP server stands on, played in memory for its tests and its fuzz target: a directory
 * of a few accounts, a store that knows quotas, a password lane and a delivery that end when the
 * test says so. The real parts have tests of their own; linked with this file, the server meets
 * these instead. */
#ifndef CV_SMTP_SERVER_FAKE_H
#define CV_SMTP_SERVER_FAKE_H

#include "smtp/server/smtp.h"

typedef enum { FAKE_AT_ONCE, FAKE_LATER, FAKE_ON_THREAD } FakeWhen;

/* Accounts: 1 anh@bn.vn (alias alias@bn.vn), 2 binh@bn.vn, 3 khoa@bn.vn (locked), 4 huy@bn.vn
 * (closed), 5 day@bn.vn (full but for 100 bytes). The password of each is "mat-khau". */
typedef struct {
    SmtpService service;
    FakeWhen delivery, auth;
    int delivery_code; /* 0: accepted */
    gboolean directory_fails, blob_fails, disk_low;
    GPtrArray *messages; /* FakeMessage, accepted or not, in order */
    DeliveryRequest *waiting;
    AuthAttempt *attempt;
    gint open; /* requests, writers, attempts and accounts that were not freed */
} Fake;

typedef struct {
    char *content, *sender, *dsn, *body, *recipients, *door, *session;
    gsize size;
    gboolean smtputf8;
    gint64 submitter;
} FakeMessage;

Fake *fake_new(SmtpDoor door);
void fake_free(Fake *fake);
/* Ends what waits. */
void fake_deliver(Fake *fake);
void fake_authenticate(Fake *fake);
/* The last message that reached delivery. */
FakeMessage *fake_last(Fake *fake);

#endif
