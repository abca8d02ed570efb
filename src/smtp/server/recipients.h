/* The recipients of a transaction, packed: a stranger may name a thousand, and holds no more bytes
 * than the list was made with. An account that is named twice (a tag, an alias) is kept once, as it
 * gets one copy. Not for two threads at once. */
#ifndef CV_SMTP_SERVER_RECIPIENTS_H
#define CV_SMTP_SERVER_RECIPIENTS_H

#include "base/buffer.h"
#include "smtp/grammar.h"

typedef struct {
    Buffer packed;
    char *domain; /* "@" and the domain of the first, which most share; kept once */
    guint count;  /* RCPT commands that were accepted */
} SmtpRecipients;

typedef struct {
    char address[SMTP_PATH_LIMIT + 1]; /* as given, without brackets */
    gint64 account;                    /* 0: another domain */
    const char *dsn; /* "NOTIFY=… ORCPT=…" or NULL; valid until the next add or release */
} SmtpRecipient;

/* maximum in bytes. */
void smtp_recipients_init(SmtpRecipients *recipients, gsize maximum);
void smtp_recipients_release(SmtpRecipients *recipients);
/* address: at most SMTP_PATH_LIMIT bytes, no NUL; dsn may be NULL. FALSE: there is no room, nothing
 * was added. */
gboolean smtp_recipients_add(SmtpRecipients *recipients, Bytes address, gint64 account,
                             const char *dsn);
/* The next one; *at is 0 for the first. FALSE: that was the last. */
gboolean smtp_recipients_next(const SmtpRecipients *recipients, gsize *at, SmtpRecipient *out);

#endif
