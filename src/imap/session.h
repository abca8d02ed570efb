/* Session: what one connection is between two commands, and what commands use to answer.
 *
 * A command is one function: it parses its arguments from the parser, does its work, and says how
 * it ended with one of imap_ok, imap_no, imap_bad, imap_fail. A command that cannot end at once (a
 * long answer, a literal that streams in, a password) leaves a job; the job's step is called until
 * it is done and has said how it ended. Before the tagged line is written the view is brought up to
 * date (view.h). Exactly one worker runs a session at a time. */
#ifndef CV_IMAP_SESSION_H
#define CV_IMAP_SESSION_H

#include "imap/collector.h"
#include "imap/format.h"
#include "imap/imap.h"
#include "imap/parser.h"

typedef struct ImapSession ImapSession;
typedef struct ImapJob ImapJob;
typedef struct ImapView ImapView;
typedef struct ImapNotify ImapNotify;

typedef enum {
    IMAP_STEP_DONE,   /* the job has said how the command ended */
    IMAP_STEP_INPUT,  /* call again when input came (or on a wake) */
    IMAP_STEP_OUTPUT, /* the output is full: flush, call again */
    IMAP_STEP_WAKE,   /* call again on a wake */
    IMAP_STEP_AGAIN,  /* more to do; let others run first */
    IMAP_STEP_CLOSE,  /* the connection cannot go on */
} ImapStep;

typedef enum {
    IMAP_WAIT_NONE,
    IMAP_WAIT_STRANGER,
    IMAP_WAIT_IDLE,
    IMAP_WAIT_COMMAND,
    IMAP_WAIT_DATA,
} ImapWait;

struct ImapJob {
    ImapStep (*step)(ImapSession *session, ImapJob *job);
    void (*free)(ImapJob *job);
    ImapWait wait;  /* which deadline runs while the step wants input */
    ImapJob *below; /* goes on when this one is done */
};

typedef enum {
    IMAP_STRANGER = 1 << 0,
    IMAP_SIGNED_IN = 1 << 1, /* "authenticated" of the RFC */
    IMAP_SELECTED = 1 << 2,
    IMAP_ANY_STATE = IMAP_STRANGER | IMAP_SIGNED_IN | IMAP_SELECTED,
    IMAP_AUTH_STATES = IMAP_SIGNED_IN | IMAP_SELECTED,
} ImapStates;

typedef struct {
    const char *name;
    ImapStates states;
    void (*run)(ImapSession *session, ImapParser *args);
    guint flags;
} ImapCommand;
enum {
    IMAP_COMMAND_UID = 1 << 0,        /* may stand behind UID */
    IMAP_COMMAND_NO_EXPUNGE = 1 << 1, /* without UID no EXPUNGE may be told at its end */
    IMAP_COMMAND_LITERAL8 = 1 << 2,   /* an argument may be one */
    IMAP_COMMAND_EXPUNGES = 1 << 3,   /* what it takes away is told whatever NOTIFY says */
};
const ImapCommand *imap_command_find(Bytes name);

typedef enum {
    IMAP_ENABLED_CONDSTORE = 1 << 0,
    IMAP_ENABLED_QRESYNC = 1 << 1,
    IMAP_ENABLED_REV2 = 1 << 2,
    IMAP_ENABLED_UTF8 = 1 << 3, /* UTF8=ACCEPT (RFC 9755) */
} ImapEnabled;

struct ImapSession {
    NetSession *net;
    ImapService *service;
    ImapCollector collector;
    gint64 account; /* 0: nobody has signed in; read atomically by imap_account_changed */
    char *address;
    guint64 credential; /* keyed to the password hash at sign-in, to notice another */
    guint enabled;      /* ImapEnabled */
    ImapView *view;     /* the selected mailbox, or NULL */
    StoreUids *saved;   /* "$", or NULL while empty */
    ImapNotify *notify; /* NULL: NOTIFY was never said */
    ImapJob *job;
    char *tag; /* of the command in work */
    const ImapCommand *command;
    char *completion; /* "OK …" once the command has ended */
    gboolean by_uid;
    gboolean synced;     /* the view was brought up to date for this command */
    gboolean closing;    /* NET_CLOSE after the tagged line */
    gboolean starttls;   /* NET_STARTTLS after it */
    gboolean compress;   /* NET_COMPRESS after it */
    gboolean compressed; /* it has been begun */
    const char *goodbye; /* static text: BYE with it after the tagged line */
    guint errors, signins;
    ImapWait waiting; /* which deadline runs */
    gint64 told;      /* monotonic: the command began, or its progress was told */
    gint recheck;     /* atomic: look at the account again */
    gint alert;       /* atomic: ask for the alert */
    gint64 alerted;   /* mark of the one that was shown */
    guint turn;       /* commands since others were let run */
};

/* ---- How a command ends: exactly one of these, once ---- */

/* code without brackets, or NULL. */
void imap_end(ImapSession *session, const char *status, const char *code, const char *text);
void imap_ok(ImapSession *session, const char *code, const char *text);
void imap_no(ImapSession *session, const char *code, const char *text);
/* Malformed; counts as an error. */
void imap_bad(ImapSession *session, const char *text);
void imap_bad_args(ImapSession *session, const ImapParser *parser);
/* NO with the code that fits the error's kind. */
void imap_fail(ImapSession *session, const GError *error);
/* TRUE: the disk is nearly full, *text says so; nothing may be taken in. */
gboolean imap_disk_low(const ImapSession *session, const char **text);
/* A command that was found outside the usual way (APPEND's literal) begins. */
void imap_begin(ImapSession *session, Bytes tag, const char *name);
/* The job is the session's from now on, and runs before one that is there. */
void imap_set_job(ImapSession *session, ImapJob *job);

/* ---- Helpers ---- */

static inline Buffer *imap_output(ImapSession *session) {
    return net_output(session->net);
}
static inline gboolean imap_is_rev2(const ImapSession *session) {
    return (session->enabled & IMAP_ENABLED_REV2) != 0;
}
/* UTF-8 in quoted strings and mailbox names, both ways. */
static inline gboolean imap_speaks_utf8(const ImapSession *session) {
    return (session->enabled & (IMAP_ENABLED_REV2 | IMAP_ENABLED_UTF8)) != 0;
}
static inline gboolean imap_has_condstore(const ImapSession *session) {
    return (session->enabled & (IMAP_ENABLED_CONDSTORE | IMAP_ENABLED_QRESYNC)) != 0;
}
static inline gboolean imap_has_qresync(const ImapSession *session) {
    return (session->enabled & IMAP_ENABLED_QRESYNC) != 0;
}
/* The client showed that it knows CONDSTORE: from now on MODSEQ is told with every changed message.
 * The first time HIGHESTMODSEQ of the selected mailbox is told (RFC 7162 3.1). */
void imap_enable_condstore(ImapSession *session);
/* May a password be taken on this connection? */
gboolean imap_password_allowed(const ImapSession *session);
/* "* BYE text", then the connection ends. */
void imap_bye(ImapSession *session, const char *code, const char *text);
/* "NAME completed" of the command in work. */
void imap_completed(ImapSession *session, const char *code);
/* "* OK [ALERT] …" when there is one that this session has not seen. Between two answers. */
void imap_put_alert(ImapSession *session);
/* The same when it was asked for. */
void imap_check_alert(ImapSession *session);
/* The words after CAPABILITY, for now. */
void imap_put_capabilities(ImapSession *session, Buffer *out);
/* After sign-in: sets the account up; ends the command. */
void imap_signed_in(ImapSession *session, const DirectoryAccount *account);

/* ---- Commands: one in each cmd_*.c ---- */

void imap_cmd_append(ImapSession *session, ImapParser *args);
/* A literal was announced in a command that begins like this: TRUE when it belongs to an APPEND or
 * REPLACE and the matter is settled (a job was left or the command ended). */
gboolean imap_append_literal(ImapSession *session);
void imap_cmd_authenticate(ImapSession *session, ImapParser *args);
void imap_cmd_capability(ImapSession *session, ImapParser *args);
void imap_cmd_close(ImapSession *session, ImapParser *args);
void imap_cmd_compress(ImapSession *session, ImapParser *args);
void imap_cmd_copy(ImapSession *session, ImapParser *args);
void imap_cmd_create(ImapSession *session, ImapParser *args);
void imap_cmd_delete(ImapSession *session, ImapParser *args);
void imap_cmd_deleteacl(ImapSession *session, ImapParser *args);
void imap_cmd_enable(ImapSession *session, ImapParser *args);
void imap_cmd_examine(ImapSession *session, ImapParser *args);
void imap_cmd_expunge(ImapSession *session, ImapParser *args);
void imap_cmd_fetch(ImapSession *session, ImapParser *args);
void imap_cmd_getacl(ImapSession *session, ImapParser *args);
void imap_cmd_getmetadata(ImapSession *session, ImapParser *args);
void imap_cmd_getquota(ImapSession *session, ImapParser *args);
void imap_cmd_getquotaroot(ImapSession *session, ImapParser *args);
void imap_cmd_id(ImapSession *session, ImapParser *args);
void imap_cmd_idle(ImapSession *session, ImapParser *args);
void imap_cmd_list(ImapSession *session, ImapParser *args);
void imap_cmd_listrights(ImapSession *session, ImapParser *args);
void imap_cmd_login(ImapSession *session, ImapParser *args);
void imap_cmd_logout(ImapSession *session, ImapParser *args);
void imap_cmd_lsub(ImapSession *session, ImapParser *args);
void imap_cmd_move(ImapSession *session, ImapParser *args);
void imap_cmd_myrights(ImapSession *session, ImapParser *args);
void imap_cmd_namespace(ImapSession *session, ImapParser *args);
void imap_cmd_noop(ImapSession *session, ImapParser *args);
void imap_cmd_notify(ImapSession *session, ImapParser *args);
void imap_cmd_rename(ImapSession *session, ImapParser *args);
void imap_cmd_replace(ImapSession *session, ImapParser *args);
/* As imap_append_literal, behind "tag [UID] REPLACE". */
gboolean imap_replace_literal(ImapSession *session, ImapParser *args, Bytes tag, gboolean by_uid);
void imap_cmd_search(ImapSession *session, ImapParser *args);
void imap_cmd_select(ImapSession *session, ImapParser *args);
void imap_cmd_setacl(ImapSession *session, ImapParser *args);
void imap_cmd_setmetadata(ImapSession *session, ImapParser *args);
void imap_cmd_setquota(ImapSession *session, ImapParser *args);
void imap_cmd_sort(ImapSession *session, ImapParser *args);
void imap_cmd_starttls(ImapSession *session, ImapParser *args);
void imap_cmd_status(ImapSession *session, ImapParser *args);
void imap_cmd_store(ImapSession *session, ImapParser *args);
void imap_cmd_subscribe(ImapSession *session, ImapParser *args);
void imap_cmd_thread(ImapSession *session, ImapParser *args);
void imap_cmd_unselect(ImapSession *session, ImapParser *args);
void imap_cmd_unsubscribe(ImapSession *session, ImapParser *args);

#endif
