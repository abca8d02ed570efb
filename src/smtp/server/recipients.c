/* One recipient after the other: a head, then the address and the DSN parameters, each ended by
 * NUL. Looking for an account steps from head to head. */
#include "smtp/server/recipients.h"

typedef struct {
    gint64 account;
    guint16 bytes; /* of what follows; a command line is shorter */
} __attribute__((packed)) Head;

void smtp_recipients_init(SmtpRecipients *recipients, gsize maximum) {
    *recipients = (SmtpRecipients){0};
    buffer_init(&recipients->packed, maximum);
}

void smtp_recipients_release(SmtpRecipients *recipients) {
    buffer_release(&recipients->packed);
    recipients->count = 0;
}

static Head head_at(const SmtpRecipients *recipients, gsize at) {
    Head head;
    memcpy(&head, buffer_bytes(&recipients->packed).p + at, sizeof head);
    return head;
}

static gboolean has_account(const SmtpRecipients *recipients, gint64 account) {
    for (gsize at = 0; at < recipients->packed.n;) {
        Head head = head_at(recipients, at);
        if (head.account == account)
            return TRUE;
        at += sizeof head + head.bytes;
    }
    return FALSE;
}

static gboolean append(Buffer *packed, Bytes address, gint64 account, Bytes dsn) {
    Head head = {account, (guint16)(address.n + dsn.n + 2)};
    gsize before = packed->n;
    if (buffer_append(packed, &head, sizeof head) && buffer_append_bytes(packed, address) &&
        buffer_append_byte(packed, 0) && buffer_append_bytes(packed, dsn) &&
        buffer_append_byte(packed, 0))
        return TRUE;
    packed->overflow = FALSE;
    buffer_truncate(packed, before);
    return FALSE;
}

gboolean smtp_recipients_add(SmtpRecipients *recipients, Bytes address, gint64 account,
                             const char *dsn) {
    gboolean kept = account != 0 && has_account(recipients, account);
    if (!kept && !append(&recipients->packed, address, account,
                         dsn == NULL ? (Bytes){0} : bytes_of_string(dsn)))
        return FALSE;
    recipients->count++;
    return TRUE;
}

gboolean smtp_recipients_next(const SmtpRecipients *recipients, gsize *at, SmtpRecipient *out) {
    if (*at >= recipients->packed.n)
        return FALSE;
    Head head = head_at(recipients, *at);
    *at += sizeof head;
    const char *address = (const char *)buffer_bytes(&recipients->packed).p + *at;
    const char *dsn = address + strlen(address) + 1;
    *out = (SmtpRecipient){address, head.account, *dsn == '\0' ? NULL : dsn};
    *at += head.bytes;
    return TRUE;
}
