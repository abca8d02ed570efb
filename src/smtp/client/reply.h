/* Reply: an answer of another server (RFC 5321 4.2), taken line by line from what came in. Every
 * byte of it is a stranger's: lines, their number and the whole are bounded, the text that is kept
 * is one line of printable UTF-8. */
#ifndef CV_SMTP_CLIENT_REPLY_H
#define CV_SMTP_CLIENT_REPLY_H

#include "base/buffer.h"

#define SMTP_REPLY_LINE  2048 /* octets; RFC 5321 4.5.3.1.5 says 512 */
#define SMTP_REPLY_LINES 256
#define SMTP_REPLY_TEXT  1000 /* octets kept of all lines together */

typedef struct {
    guint code;      /* 200 … 599 */
    guint lines;     /* taken so far */
    gboolean whole;  /* the next take begins anew */
    char status[12]; /* RFC 3463, of the code's class: "5.1.1"; "" when none was said */
    GString *text;   /* the lines' texts, one blank between them */
    GString *words;  /* the lines after the first, one a line: EHLO's keywords; upper and lower case
                      * as they came */
} SmtpReply;

void smtp_reply_init(SmtpReply *reply);
void smtp_reply_clear(SmtpReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SmtpReply, smtp_reply_clear)

typedef enum {
    SMTP_REPLY_MORE, /* not whole yet; what was whole is taken out of the input */
    SMTP_REPLY_WHOLE,
    SMTP_REPLY_BAD, /* no SMTP, or beyond a bound: the connection is worth nothing any more */
} SmtpReplyTake;
/* Begins anew after WHOLE. */
SmtpReplyTake smtp_reply_take(SmtpReply *reply, Buffer *input);

static inline guint smtp_reply_class(const SmtpReply *reply) {
    return reply->code / 100;
}
/* The status, or the one that the code alone gives: "5.0.0". */
const char *smtp_reply_status(const SmtpReply *reply);
/* "550 5.1.1 no such mailbox", g_free. */
char *smtp_reply_answer(const SmtpReply *reply);

#endif
