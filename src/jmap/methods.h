/* The methods, one file each; listed in methods.c. */
#ifndef CV_JMAP_METHODS_H
#define CV_JMAP_METHODS_H

#include "jmap/request.h"

JmapVerdict jmap_core_echo(JmapCall *call);
JmapVerdict jmap_blob_copy(JmapCall *call);
JmapVerdict jmap_push_subscription_get(JmapCall *call);
JmapVerdict jmap_push_subscription_set(JmapCall *call);
JmapVerdict jmap_mailbox_get(JmapCall *call);
JmapVerdict jmap_mailbox_changes(JmapCall *call);
JmapVerdict jmap_mailbox_query(JmapCall *call);
JmapVerdict jmap_mailbox_query_changes(JmapCall *call);
JmapVerdict jmap_mailbox_set(JmapCall *call);
JmapVerdict jmap_thread_get(JmapCall *call);
JmapVerdict jmap_thread_changes(JmapCall *call);
JmapVerdict jmap_email_get(JmapCall *call);
JmapVerdict jmap_email_changes(JmapCall *call);
JmapVerdict jmap_email_query(JmapCall *call);
JmapVerdict jmap_email_query_changes(JmapCall *call);
JmapVerdict jmap_email_set(JmapCall *call);
JmapVerdict jmap_email_copy(JmapCall *call);
JmapVerdict jmap_email_import(JmapCall *call);
JmapVerdict jmap_email_parse(JmapCall *call);
JmapVerdict jmap_snippet_get(JmapCall *call);
JmapVerdict jmap_identity_get(JmapCall *call);
JmapVerdict jmap_identity_changes(JmapCall *call);
JmapVerdict jmap_identity_set(JmapCall *call);
JmapVerdict jmap_submission_get(JmapCall *call);
JmapVerdict jmap_submission_changes(JmapCall *call);
JmapVerdict jmap_submission_query(JmapCall *call);
JmapVerdict jmap_submission_query_changes(JmapCall *call);
JmapVerdict jmap_submission_set(JmapCall *call);
JmapVerdict jmap_vacation_get(JmapCall *call);
JmapVerdict jmap_vacation_set(JmapCall *call);

#endif
