/* Mailer: the head and the foot of every mail that the system writes to people of its own. */
#ifndef CV_DELIVERY_MAILER_H
#define CV_DELIVERY_MAILER_H

#include "base/buffer.h"

typedef struct {
    const char *address; /* NULL: goes to all whom the name means */
    const char *name;
    const char *subject;
    const char *unique;  /* of the Message-ID; NULL: made */
    const char *answers; /* Message-ID with its brackets, or NULL */
} MailerHead;

/* Header lines, the empty line, and "Kính gửi: …" with an empty line. */
void mailer_begin(const char *hostname, const char *domain, const MailerHead *head, Buffer *out);
void mailer_end(Buffer *out);

#endif
