/* Sender: may this account send this message, by what the message says of its senders [Điều 6.3]?
 * Asked by every door through which people submit. */
#ifndef CV_DELIVERY_SENDER_H
#define CV_DELIVERY_SENDER_H

#include "directory/directory.h"

/* sender: of the envelope, checked already; "": none. 0, or an SMTP code with *text ("5.7.1 …"). */
int delivery_check_from(Directory *directory, gint64 account, const char *sender, Bytes message,
                        const char **text);

#endif
