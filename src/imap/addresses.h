/* Addresses of an ENVELOPE (RFC 9051 7.5.2) as mailbox@host. */
#ifndef CV_IMAP_ADDRESSES_H
#define CV_IMAP_ADDRESSES_H

#include "base/bytes.h"

/* field: "From", "To", "Cc" or "Bcc". Marks and ends of groups come too, with an empty half. */
typedef void (*ImapAddressEach)(const char *field, const char *address, gpointer data);
void imap_envelope_addresses(Bytes envelope, ImapAddressEach each, gpointer data);

#endif
