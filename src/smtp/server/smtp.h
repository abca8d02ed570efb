/* The SMTP server: reception from other servers (port 25) and submission by officials (587 with
 * STARTTLS, 465 under TLS).
 *
 * Promises
 *  - Only CRLF ends a line and only CRLF "." CRLF ends a message. A message with a bare CR, a bare
 *    LF or a NUL is read to its real end and refused (554 5.6.0); a command with one ends the
 *    session. Nothing that was pipelined before STARTTLS or beside a refused BDAT is interpreted.
 *  - Mail for other domains is taken from signed-in accounts only, and only through the submission
 *    doors; port 25 offers no AUTH at all.
 *  - 250 to the end of the data means: on stable storage (delivery/).
 *  - Who has not signed in holds at most SMTP_INPUT, NET_OUTPUT_STRANGER and SMTP_STRANGER_BYTES.
 *
 * What an installation may decide is in SmtpOptions, each limit with its answer. Times are
 * microseconds, sizes bytes. */
#ifndef CV_SMTP_SERVER_SMTP_H
#define CV_SMTP_SERVER_SMTP_H

#include "auth/auth.h"
#include "delivery/delivery.h"
#include "net/net.h"

typedef enum {
    SMTP_DOOR_MX,          /* 25: from other servers, for our own addresses */
    SMTP_DOOR_SUBMISSION,  /* 587 */
    SMTP_DOOR_SUBMISSIONS, /* 465 */
} SmtpDoor;

typedef struct {
    const char *hostname;        /* greeting and Received */
    gboolean starttls;           /* a certificate is there */
    gboolean cleartext_loopback; /* AUTH without TLS from the same machine */
    guint64 size_maximum;        /* 552 5.3.4; told as SIZE */
    guint recipients_maximum;    /* of a transaction: 452 4.5.3; told as RCPTMAX */
    guint errors_maximum;        /* 5xx answers since the last good message: 421 4.7.0 */
    guint idle_maximum;      /* commands that bring nothing forward (NOOP, RSET, …): 421 4.7.0 */
    guint auth_maximum;      /* failed sign-ins in a session: 421 4.7.0 */
    guint hops_maximum;      /* Received lines: 554 5.4.6 */
    gsize text_line_maximum; /* of a message's line, CRLF not counted: 554 5.6.0 */
    gint64 command_time;     /* between two commands: 421 4.4.2 */
    gint64 data_time;        /* for a message: this and size / data_rate_minimum: 421 4.4.2 */
    guint64 data_rate_minimum; /* bytes a second */
    gint64 quota_grace;        /* a full mailbox answers 452 4.2.2 for this long, then 552 5.2.2 */
} SmtpOptions;
/* The defaults; hostname "localhost". */
void smtp_options_init(SmtpOptions *options);

/* One for each door; filled by the owner, must outlive the sessions. */
typedef struct {
    SmtpDoor door;
    SmtpOptions options;
    Directory *directory;
    Store *store;
    Delivery *delivery;
    Auth *auth; /* may be NULL for SMTP_DOOR_MX */
    /* TRUE: less disk is free than the watermark; MAIL is answered 452 4.3.1. May be NULL. */
    gboolean (*disk_low)(gpointer data);
    gpointer disk_low_data;
} SmtpService;

/* For NetListener: service is a SmtpService. */
const NetProtocol *smtp_protocol(SmtpDoor door);

/* An account was locked, closed or changed: its sessions look again before they go on. Any thread;
 * meant for directory_watch. */
void smtp_account_changed(NetServer *server, gint64 account);

#endif
