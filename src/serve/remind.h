/* Remind: a letter to every unit whose yearly report has not come in, with the report attached as
 * far as the system can fill it in [Điều 11.2]. */
#ifndef CV_SERVE_REMIND_H
#define CV_SERVE_REMIND_H

#include "casework/report.h"
#include "serve/instance.h"

typedef struct {
    guint letters, failed;
    guint sent; /* units whose report is there: not written to */
} Reminded;
/* report: of everything (report_make without a unit). Waits for flushes. A letter that does not go
 * in (a full mailbox) is counted and in the log; the others still go. FALSE: a document could not
 * be made. */
gboolean remind_units(Instance *instance, const Report *report, Reminded *out, GError **error);

#endif
