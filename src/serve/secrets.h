/* Secrets: the stamp check at the doors that put messages into mailboxes [Điều 6.1]. */
#ifndef CV_SERVE_SECRETS_H
#define CV_SERVE_SECRETS_H

#include "serve/instance.h"

/* A StoreJudge; data: the Instance. */
gboolean secrets_judge(const StoreJudged *judged, gpointer instance, GError **error);

#endif
