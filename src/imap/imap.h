/* IMAP: the server's side of IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) with the extensions that
 * cmd_capability.c lists.
 *
 * serve/ fills one ImapService and listens with imap_protocol and the service as the listener's
 * data. What a session costs while nothing happens is its state here (under 1 KiB), a range-coded
 * UID map, and the watch on its mailbox. */
#ifndef CV_IMAP_IMAP_H
#define CV_IMAP_IMAP_H

#include "auth/auth.h"
#include "directory/directory.h"
#include "net/net.h"
#include "search/search.h"
#include "store/store.h"

typedef struct {
    const char *hostname; /* in the greeting */
    /* Before sign-in. */
    gsize stranger_command;      /* bytes of one command with its literals */
    gsize stranger_literal;      /* bytes of one literal */
    guint stranger_errors;       /* malformed or refused commands until BYE */
    guint stranger_signins;      /* failed sign-ins until BYE */
    gint64 stranger_time;        /* microseconds until somebody has signed in */
    gboolean cleartext_loopback; /* passwords without TLS from this machine */
    gboolean starttls;           /* a certificate is there: offer STARTTLS */
    /* After it. */
    gsize command;         /* bytes of one command with its literals (APPEND's message apart) */
    gsize literal;         /* bytes of one literal in it */
    guint errors;          /* malformed commands in a row until BYE */
    guint nesting;         /* parentheses, NOTs and ORs inside one another in SEARCH */
    guint search_keys;     /* keys of one SEARCH */
    guint64 append;        /* bytes of a message: APPENDLIMIT */
    guint append_messages; /* of one APPEND */
    guint append_parts;    /* TEXT and URL in all CATENATEs of one APPEND */
    gsize append_held;     /* bytes of an APPEND's messages kept in memory, beyond one */
    guint append_files;    /* of them that are kept in files until all are there */
    gint64 command_time;   /* microseconds from the first to the last byte of a command */
    gint64 data_time;      /* without progress in a literal or an answer */
    gint64 progress_time;  /* between two notes of how far a long command is (RFC 9585) */
    gint64 idle_time;      /* between commands and in IDLE: RFC 9051 5.4 wants 30 minutes */
} ImapOptions;

/* Fills in every default; hostname NULL becomes "localhost". */
void imap_options_default(ImapOptions *options);

/* Filled by serve/, shared by all sessions, never changed while they live. Owns nothing. */
typedef struct {
    Store *store;
    Directory *directory;
    Auth *auth;
    SearchIndex *search; /* NULL: searching reads */
    ImapOptions options;
    /* NULL: never. TRUE while the disk has little space left: nothing large is taken in. */
    gboolean (*disk_low)(gpointer data);
    gpointer disk_low_data;
    /* What an owner of a full mailbox is told, with the regulation's article; g_free. NULL: the
     * store's own words. */
    char *(*over_quota)(gpointer data);
    gpointer over_quota_data;
    /* What everybody is to be shown now (a stop of the service), once in each session: NULL when
     * *mark, which is the session's and begins at 0, says that it was; g_free. NULL: nothing is. */
    char *(*alert)(gpointer data, gboolean utf8, gint64 *mark);
    gpointer alert_data;
} ImapService;

extern const NetProtocol imap_protocol;

/* From directory_watch: the account was locked, closed, or got another password. Its sessions look
 * at once and end with BYE when they may not go on. Any thread. */
void imap_account_changed(NetServer *server, gint64 account);

/* What the service's alert gives has changed: every session asks for it. Any thread. */
void imap_alert(NetServer *server);

/* "Shared/stttt/INBOX": under what name others see the INBOX of the account with this address;
 * g_free. */
char *imap_shared_inbox(const char *address);

#endif
