/* Envelope: reading back what message/envelope.c wrote at delivery, as far as SORT and THREAD need
 * it, so that no message is opened for them. RFC 9051 7.5.2, RFC 5256 2.2. */
#ifndef CV_IMAP_ENVELOPE_H
#define CV_IMAP_ENVELOPE_H

#include "imap/parser.h"
#include "store/store.h"

/* The first address of a field; empty where it says NIL or nothing. */
typedef struct {
    Bytes name, mailbox, host;
} ImapAddress;

typedef struct {
    Bytes date, subject; /* as they stand in the header, unfolded */
    ImapAddress from, to, cc;
} ImapEnvelope;

/* Views point into the envelope and into the parser, which is made for it. What is damaged stays
 * empty. */
void imap_envelope_read(ImapParser *parser, ImapEnvelope *out);

/* RFC 5256 2.2: when it was sent, Unix microseconds; without a date that can be read, when it was
 * received. */
gint64 imap_sent_date(const ImapEnvelope *envelope, const StoreMessage *message);

#endif
