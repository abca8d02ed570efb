/* Notice: what the program tells the sender of a message (RFC 3464), on its way through delivery.
 */
#ifndef CV_SERVE_NOTICE_H
#define CV_SERVE_NOTICE_H

#include "serve/instance.h"

/* A prepared delivery of the notice to its reader, here or elsewhere, for delivery_commit; NULL
 * when there is nobody to tell or it cannot be kept (logged). instance: Instance. Any thread. */
DeliveryRequest *notice_prepare(const char *recipient, Bytes message, gpointer instance);

#endif
