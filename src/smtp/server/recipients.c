/* One recipient after the other: a head, then the address (without its domain where that is the
 * first one's) and the DSN parameters, each ended by NUL. Looking for an account steps from head to
 * head. */
#include "smtp/server/recipients.h"

typedef struct {
    guint32 account_low;
    guint16 account_high;
    guint16 bytes; /* of what follows; the highest bit: the domain is shared */
} __attribute__((packed)) Head;

#define SHARED 0x8000u

void smtp_recipients_init(SmtpRecipients *recipients, gsize maximum) {
    *recipients = (SmtpRecipients){0};
    buffer_init(&recipients->packed, maximum);
}

void smtp_recipients_release(SmtpRecipients *recipients) {
    buffer_release(&recipients->packed);
    g_clear_pointer(&recipients->domain, g_free);
    recipients->count = 0;
}

static Head head_at(const SmtpRecipients *recipients, gsize at) {
    Head head;
    memcpy(&head, buffer_bytes(&recipients->packed).p + at, sizeof head);
    return head;
}

static gint64 account_of(Head head) {
    return (gint64)head.account_high << 32 | head.account_low;
}

static gboolean has_account(const SmtpRecipients *recipients, gint64 account) {
    for (gsize at = 0; at < recipients->packed.n;) {
        Head head = head_at(recipients, at);
        if (account_of(head) == account)
            return TRUE;
        at += sizeof head + (head.bytes & ~SHARED);
    }
    return FALSE;
}

/* The bytes of the address that are kept. */
static Bytes without_shared(SmtpRecipients *recipients, Bytes address, gboolean *shared) {
    gsize local = address.n;
    while (local > 0 && address.p[local - 1] != '@')
        local--;
    *shared = local > 1;
    if (!*shared)
        return address;
    Bytes domain = bytes_slice(address, local - 1, address.n);
    if (recipients->domain == NULL)
        recipients->domain = bytes_dup_string(domain);
    *shared = bytes_is(domain, recipients->domain);
    return *shared ? bytes_slice(address, 0, local - 1) : address;
}

static gboolean append(SmtpRecipients *recipients, Bytes address, gint64 account, Bytes dsn) {
    gboolean shared;
    Buffer *packed = &recipients->packed;
    gsize before = packed->n;
    Bytes kept = without_shared(recipients, address, &shared);
    Head head = {(guint32)account, (guint16)(account >> 32),
                 (guint16)((kept.n + dsn.n + 2) | (shared ? SHARED : 0))};
    g_assert(account_of(head) == account && address.n <= SMTP_PATH_LIMIT && dsn.n < 4096);
    if (buffer_append(packed, &head, sizeof head) && buffer_append_bytes(packed, kept) &&
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
    if (!kept &&
        !append(recipients, address, account, dsn == NULL ? (Bytes){0} : bytes_of_string(dsn)))
        return FALSE;
    recipients->count++;
    return TRUE;
}

gboolean smtp_recipients_next(const SmtpRecipients *recipients, gsize *at, SmtpRecipient *out) {
    if (*at >= recipients->packed.n)
        return FALSE;
    Head head = head_at(recipients, *at);
    *at += sizeof head;
    const char *kept = (const char *)buffer_bytes(&recipients->packed).p + *at;
    const char *dsn = kept + strlen(kept) + 1;
    g_snprintf(out->address, sizeof out->address, "%s%s", kept,
               head.bytes & SHARED ? recipients->domain : "");
    out->account = account_of(head);
    out->dsn = *dsn == '\0' ? NULL : dsn;
    *at += head.bytes & ~SHARED;
    return TRUE;
}
