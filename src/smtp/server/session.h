/* Inside smtp/server: the record of a session and of its transaction, and what its files offer each
 * other. Everything here runs on the worker that runs the session, but for the atomic fields. */
#ifndef CV_SMTP_SERVER_SESSION_H
#define CV_SMTP_SERVER_SESSION_H

#include "smtp/grammar.h"
#include "smtp/server/content.h"
#include "smtp/server/recipients.h"
#include "smtp/server/smtp.h"

#define SMTP_COMMAND_LINE 2048        /* RFC 5321 4.5.3.1.4: 512, and what extensions add */
#define SMTP_AUTH_LINE    (12 * 1024) /* RFC 4954 4 */
/* Unread input: of a message, and between commands before sign-in (on 25, where nobody signs in, a
 * line and the beginning of the next). */
#define SMTP_INPUT          (32 * 1024)
#define SMTP_INPUT_AUTH     (13 * 1024)
#define SMTP_INPUT_COMMANDS (3 * 1024)
/* A transaction of one who has not signed in keeps no more of recipients and content in memory. */
#define SMTP_STRANGER_BYTES (13 * 1024)

typedef enum {
    SMTP_PHASE_COMMAND,
    SMTP_PHASE_AUTH, /* the next line answers a 334 */
    SMTP_PHASE_DATA,
    SMTP_PHASE_BDAT,          /* inside a chunk */
    SMTP_PHASE_WAIT_AUTH,     /* the password lane is at work */
    SMTP_PHASE_WAIT_DELIVERY, /* the message is being stored */
} SmtpPhase;

/* From MAIL to the end of the data. */
typedef struct {
    char *sender;   /* "" for the null path */
    gint64 sent_as; /* of a submission: the account behind the sender's address */
    char *dsn;      /* "RET=… ENVID=…" or NULL */
    const char *body;
    gboolean smtputf8;
    guint64 declared; /* SIZE, 0: not told */
    SmtpRecipients recipients;
    gboolean forwards; /* some recipient's mail goes on by itself */

    gboolean content;  /* DATA or the first BDAT has begun */
    gboolean chunking; /* it was BDAT */
    gboolean last;     /* … and this is the last chunk */
    guint64 chunk_left;
    BlobWriter *writer;
    guint64 size; /* of the message, our own lines not counted */
    gint64 started;
    SmtpDot dot;
    SmtpLines lines;
    SmtpHeader header;
    int refusal; /* 0, or the code with which the end of the data is answered */
    const char *refusal_text;
} SmtpTransaction;

typedef struct SmtpPending SmtpPending;

typedef struct {
    NetSession *net;
    SmtpService *service;
    SmtpPhase phase;
    NetVerdict verdict; /* NET_CLOSE or NET_STARTTLS when a command wants it, else NET_WAIT_INPUT */
    char *greeting;     /* what EHLO or HELO said; NULL before */
    gboolean esmtp;
    gint64 account; /* atomic; 0: not signed in */
    gint recheck;   /* atomic: look at the account again */
    guint errors, idle, auth_failures, messages;
    gboolean skipping; /* inside a line that was too long */
    gboolean stopping; /* good-bye when the transaction is over */
    guint64 discard;   /* bytes of a chunk that was refused */
    int discard_code;
    const char *discard_text;
    SmtpTransaction *mail;
    SmtpPending *pending;
    AuthAttempt *attempt;
    gboolean login;     /* AUTH LOGIN, not PLAIN */
    guint8 *login_name; /* its first answer */
    gsize login_name_length;
} SmtpSession;

/* ---- session.c ---- */

/* One line: code, a blank, text. A 5xx counts as an error of the session. Text beyond ASCII loses
 * its marks unless the transaction is SMTPUTF8 (RFC 6531 3.7.4). */
void smtp_reply(SmtpSession *session, int code, const char *text);
/* As smtp_reply, then good-bye. */
void smtp_reply_close(SmtpSession *session, int code, const char *text);
gboolean smtp_is_submission(const SmtpSession *session);
const char *smtp_door_name(SmtpDoor door);
/* [Điều 4.2.c] FALSE: the account was locked or closed since it signed in. */
gboolean smtp_account_is_active(SmtpSession *session);
extern const char smtp_locked_text[];
/* Input is taken as large as the session's state needs it. */
void smtp_size_input(SmtpSession *session);
/* Ends the transaction, if there is one. */
void smtp_reset(SmtpSession *session);

/* ---- commands.c: the table, and one function for each command ---- */

typedef void (*SmtpCommand)(SmtpSession *session, Bytes arguments);
/* Finds and runs the command of a line (without its CRLF). */
void smtp_dispatch(SmtpSession *session, Bytes line);

void smtp_cmd_ehlo(SmtpSession *session, Bytes arguments);
void smtp_cmd_helo(SmtpSession *session, Bytes arguments);
void smtp_cmd_mail(SmtpSession *session, Bytes arguments);
void smtp_cmd_rcpt(SmtpSession *session, Bytes arguments);
void smtp_cmd_data(SmtpSession *session, Bytes arguments);
void smtp_cmd_bdat(SmtpSession *session, Bytes arguments);
void smtp_cmd_auth(SmtpSession *session, Bytes arguments);
void smtp_cmd_starttls(SmtpSession *session, Bytes arguments);
void smtp_cmd_rset(SmtpSession *session, Bytes arguments);
void smtp_cmd_noop(SmtpSession *session, Bytes arguments);
void smtp_cmd_quit(SmtpSession *session, Bytes arguments);
void smtp_cmd_vrfy(SmtpSession *session, Bytes arguments);
void smtp_cmd_expn(SmtpSession *session, Bytes arguments);
void smtp_cmd_help(SmtpSession *session, Bytes arguments);

/* cmd_ehlo.c: AUTH may be used in the session as it is. */
gboolean smtp_auth_offered(const SmtpSession *session);
/* cmd_auth.c: a line that answers a 334; the end of an attempt. */
void smtp_auth_line(SmtpSession *session, Bytes line);
void smtp_auth_done(SmtpSession *session);
void smtp_auth_forget(SmtpSession *session);
/* cmd_data.c, cmd_bdat.c: take what is in the input; FALSE: nothing to take. */
gboolean smtp_data_take(SmtpSession *session);
gboolean smtp_bdat_take(SmtpSession *session);

/* ---- quota.c ---- */

/* May a message of this size come into the account's mailboxes? 0, or the code with *text. */
int smtp_quota_check(SmtpSession *session, gint64 account, guint64 size, const char **text);

/* ---- transfer.c: the content on its way to the blob ---- */

void smtp_transaction_free(SmtpTransaction *mail);
/* Marks the transaction: its data will be read to the end and answered with this. The first
 * refusal counts. The text must be static. */
void smtp_refuse(SmtpTransaction *mail, int code, const char *text);
/* The same for a message whose bytes could not be written: 452 on a full disk, else 451. */
void smtp_refuse_unwritten(SmtpTransaction *mail, const GError *error);
/* Opens the blob and writes our Received line. */
void smtp_content_begin(SmtpSession *session);
void smtp_content_take(SmtpSession *session, Bytes piece);
/* A header without its empty line is ended: what is missing comes at the end. */
void smtp_content_end(SmtpSession *session);
/* Gives the peer time for what it has still to send. */
void smtp_content_deadline(SmtpSession *session);

/* ---- trace.c ---- */

/* RFC 5321 4.4: the line that says how the message came here. */
void smtp_write_received(SmtpSession *session, Buffer *out);
/* RFC 6409 8: Date and Message-ID that a submitted message lacks. */
void smtp_write_missing(SmtpSession *session, Buffer *out);

/* ---- finish.c ---- */

/* The end of the data: judges, hands the message to delivery, answers or begins to wait. */
void smtp_finish(SmtpSession *session);
/* In SMTP_PHASE_WAIT_DELIVERY: answers when the end is known. FALSE: not yet. */
gboolean smtp_finish_collect(SmtpSession *session);
/* The session goes while its message is on the way. */
void smtp_finish_abandon(SmtpSession *session);

#endif
