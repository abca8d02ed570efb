/* What the files of smtp/client share. Not for other folders.
 *
 * Locks: Sender.lock guards everything reachable from the Sender; a Client's other fields belong to
 * whoever runs its session. Under it only leaf locks are taken (net_connect, net_wake, db_submit).
 * Functions named *_locked want it held. */
#ifndef CV_SMTP_CLIENT_INTERNAL_H
#define CV_SMTP_CLIENT_INTERNAL_H

#include "smtp/client/reply.h"
#include "smtp/client/sender.h"

typedef struct Entry Entry;
typedef struct Destination Destination;
typedef struct Client Client;
typedef struct Job Job;

/* ---- routes.c ---- */

typedef enum { TLS_NEVER, TLS_MAY, TLS_REQUIRE, TLS_VERIFY } TlsLevel;

typedef struct {
    char *domain;   /* "*", ".below.vn", "exact.vn" */
    char *host;     /* NULL: the recipient's domain */
    gboolean exact; /* host is a host, not a name with mail servers */
    guint16 port;
    TlsLevel tls;
    gboolean implicit_tls;
    char *user, *password; /* or NULL */
} Rule;

typedef struct Routes Routes;
Routes *routes_parse(const char *text, guint16 port, GError **error);
void routes_free(Routes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Routes, routes_free)
const Rule *routes_find(const Routes *routes, const char *domain);

/* ---- Entries and destinations ---- */

typedef struct {
    gint64 due; /* Unix microseconds */
    gboolean of_destination;
    gpointer owner;
    GSequenceIter *at; /* NULL: not set */
} Timer;

/* What memory keeps of an entry. */
struct Entry {
    gint64 id, account, received;
    gboolean warned;
    Destination *destination;
    enum { ENTRY_LATER, ENTRY_READY, ENTRY_BUSY } place;
    Timer timer; /* LATER */
    GList lane;  /* READY */
};

/* One account's part of what is ready for a destination. */
typedef struct {
    gint64 account;
    GQueue entries; /* Entry, linked by Entry.lane */
} Lane;

/* Where a destination's mail can be handed over, best first. */
typedef struct {
    char *host, *address;
    guint16 port;
    gint64 bad_until; /* Unix microseconds */
} Target;

struct Destination {
    Sender *sender;
    char *key;
    char *name; /* whose servers are asked for, or the host of an exact rule */
    const Rule *rule;
    GHashTable *lanes; /* account → Lane */
    GQueue ring;       /* Lane that has entries, in turn */
    guint ready;       /* entries in the lanes */
    guint entries;     /* all that belong here */

    GArray *targets; /* Target */
    gint64 targets_until;
    gboolean resolving;

    guint clients, opening, open; /* sessions: all, not ready yet, ready */
    GQueue idle;                  /* Client, ready and without work */
    guint limit;
    gboolean proven; /* it has taken a message since we know it */
    guint failures;  /* attempts in a row without a usable connection */
    guint losses;    /* connections in a row that broke before they took anything */
    gint64 blocked_until;
    Timer timer; /* the end of the block */
    char *failure, *failure_status;
    gboolean starving; /* in Sender.starving */
    gint64 used;       /* Unix microseconds */
};

/* An entry that is settled without a session: its destination is beyond reach. */
typedef struct {
    Entry *entry;
    gboolean final;
    char *status, *answer;
} Overdue;

struct Sender {
    SenderOptions options;
    char *hostname, *domain;
    Routes *routes;
    GMutex lock;
    GCond changed;
    GThread *thread;
    gboolean stop, news, rescan;
    gint64 last_id;
    GArray *touched; /* gint64 */
    GHashTable *entries, *destinations;
    GSequence *timers;
    guint clients;
    GQueue starving; /* Destination */
    GQueue overdue;  /* Overdue */
    GQueue again;    /* settlements that the database could not take */
    guint commits;   /* under way */
};

/* sender.c */
void timer_set_locked(Sender *sender, Timer *timer, gint64 due);
void timer_clear_locked(Timer *timer);
void sender_wake_locked(Sender *sender);
/* The entry is gone from the queue, or is held: memory forgets it. */
void sender_forget_locked(Entry *entry);
/* Not before due. */
void sender_later_locked(Entry *entry, gint64 due);

/* destination.c */
Destination *destination_for_locked(Sender *sender, const char *domain);
void destination_free(Destination *d);
void destination_add_locked(Destination *d, Entry *entry);
void destination_take_back_locked(Entry *entry); /* out of its lane */
/* The next entry in turn, BUSY from now on; NULL. */
Entry *destination_take_locked(Destination *d);
/* Opens and wakes as many sessions as there is work for. */
void destination_pump_locked(Destination *d);
/* Opens one session to targets[index] or the next that can be tried; beyond the last the
 * destination has failed. */
void destination_connect_locked(Destination *d, guint index, gboolean plain);
/* No target can be used now; why goes to the entries, status is RFC 3463's. */
void destination_failed_locked(Destination *d, const char *status, const char *why);
/* It will never take mail (no such domain, null MX). */
void destination_refused_locked(Destination *d, const char *status, const char *why);
void destination_unblock_locked(Destination *d);
gint64 sender_back_off(const Sender *sender, guint failures);

/* resolve.c: fills targets, then pumps, or fails. */
void destination_resolve_locked(Destination *d);
void destination_set_targets_locked(Destination *d, GArray *targets /* taken */, gint64 until);

/* ---- job.c ---- */

typedef enum {
    RCPT_OPEN,     /* not tried yet in this attempt */
    RCPT_ACCEPTED, /* its RCPT was taken, the data's answer is to come */
    RCPT_DELIVERED,
    RCPT_FAILED,
    RCPT_DEFERRED,
} RcptState;

typedef struct {
    char *address, *parameters; /* "NOTIFY=… ORCPT=…" or "" */
    RcptState state;
    gboolean relayed;
    char status[12];
    char *answer, *remote;
} Rcpt;

/* An entry on its way. */
struct Job {
    Sender *sender;
    Entry *entry;
    gint64 intake, received;
    guint attempts;
    gboolean warned, smtputf8;
    char *from, *domain, *body, *parameters; /* "RET=… ENVID=…" */
    guint64 size;
    Rcpt *rcpts;
    guint count;
    BlobReader *blob;
    Buffer prefix; /* lines of ours in front of the message */
};

/* Reads the entry; NULL: it is no longer to be sent (the entry is forgotten) or cannot be read now
 * (it is put off). Not under the lock. */
Job *job_load(Entry *entry);
/* Puts our signatures in front of the message. FALSE: it cannot be signed now, and all its
 * recipients are put off. */
gboolean job_sign(Job *job);
void job_free(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)
void rcpt_set(Rcpt *rcpt, RcptState state, const char *status, const char *answer,
              const char *remote);
/* All that are in `from` become `to`. */
void job_set(Job *job, RcptState from, RcptState to, const char *status, const char *answer,
             const char *remote);

/* settle.c: what is final is kept, what is not waits; takes the job. Not under the lock. */
void job_settle(Job *job);
/* Tries those again that the database could not take. */
void settle_again(Sender *sender);
/* At the end: they are sent again by the next process. */
void settle_discard(Sender *sender);

/* ---- client.c, transaction.c ---- */

typedef enum {
    STEP_GREETING,
    STEP_EHLO,
    STEP_HELO,
    STEP_STARTTLS,
    STEP_HANDSHAKE,
    STEP_AUTH,
    STEP_IDLE,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_BODY,
    STEP_END,
    STEP_VOID, /* the end of data that nobody was to get */
    STEP_RSET,
    STEP_QUIT,
} Step;

enum {
    FEATURE_PIPELINING = 1 << 0,
    FEATURE_8BITMIME = 1 << 1,
    FEATURE_SMTPUTF8 = 1 << 2,
    FEATURE_DSN = 1 << 3,
    FEATURE_STARTTLS = 1 << 4,
    FEATURE_SIZE = 1 << 5,
    FEATURE_REQUIRETLS = 1 << 6,
    FEATURE_AUTH_PLAIN = 1 << 7,
    FEATURE_AUTH_LOGIN = 1 << 8,
};

/* One connection. */
struct Client {
    Sender *sender;
    Destination *destination;
    guint target;
    char *host, *remote; /* remote: "host [address]:port" */
    gboolean plain;      /* do not try STARTTLS */
    NetSession *net;     /* set by run(); a reference while in the idle list */
    Step step;
    SmtpReply reply;
    guint features;
    guint64 size_maximum;
    guint rcpt_maximum;
    guint sent; /* messages over this connection */
    Job *job;
    guint *batch, batch_count, batch_at; /* indexes into job->rcpts */
    guint accepted;
    gboolean mail_taken, dot_at_line; /* dot_at_line: the next byte begins a line */
    guint64 poured;
    gboolean ready, in_idle; /* lock */
    gboolean counted;        /* lock: in Destination.opening */
    gboolean ended, stopping, shutdown;
};

extern const NetProtocol smtp_client_protocol;
/* Begins the job that was given; what cannot be sent to this server at all is settled at once and
 * FALSE comes back. */
gboolean transaction_begin(Client *client);
typedef enum { TRANSACTION_GOES_ON, TRANSACTION_OVER, TRANSACTION_CLOSE } TransactionResult;
/* Acts on client->reply. */
TransactionResult transaction_reply(Client *client);
/* Puts more of the message into the output; FALSE: it is full. */
gboolean transaction_pour(Client *client);
/* The connection ended; what was in hand is put off. */
void transaction_lost(Client *client, const char *why);
void client_say(Client *client, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- features.c ---- */

/* Takes client->reply as the answer to EHLO: sets features, size_maximum, rcpt_maximum. */
void client_take_features(Client *client);

#endif
