/* Base subject: a subject without what replies, forwards and mailing lists put around it, as SORT
 * and THREAD compare subjects. RFC 5256 2.1. Linear time. Any thread. */
#ifndef CV_MESSAGE_BASE_SUBJECT_H
#define CV_MESSAGE_BASE_SUBJECT_H

#include "base/bytes.h"

/* The base of a subject that is decoded already (message_header_decode), with single spaces;
 * g_free. *reply: what was taken away says that it is a reply or was forwarded. */
char *message_base_subject(const char *subject, gboolean *reply);

#endif
