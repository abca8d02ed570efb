/* Threads: messages put together into conversations, by RFC 5256's ORDEREDSUBJECT and REFERENCES,
 * out of what was stored of each at delivery. Knows neither store nor session.
 *
 * Time is n log n whatever the messages say of one another; memory is bounded for all threads and
 * sorts together (sorter.h). */
#ifndef CV_IMAP_THREAD_H
#define CV_IMAP_THREAD_H

#include "base/buffer.h"
#include "message/references.h"

typedef struct ImapThreads ImapThreads;

typedef struct {
    guint32 uid;
    guint32 number;                      /* what is told: UID or sequence number */
    gint64 date;                         /* when it was sent (RFC 5256 2.2), Unix microseconds */
    guint64 subject;                     /* hash of the base subject, 0: empty */
    gboolean reply;                      /* the subject says that it is a reply or was forwarded */
    const MessageReferences *references; /* not for ORDEREDSUBJECT */
} ImapThreadMessage;

/* references: REFERENCES, else ORDEREDSUBJECT. */
ImapThreads *imap_threads_new(gboolean references);
void imap_threads_free(ImapThreads *threads);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapThreads, imap_threads_free)

/* In order of UID. FALSE: there is no memory left for it; then and later. */
gboolean imap_threads_add(ImapThreads *threads, const ImapThreadMessage *message);
/* Once, after the last; FALSE: there is no memory left. */
gboolean imap_threads_finish(ImapThreads *threads);
/* Is there any? */
gboolean imap_threads_any(const ImapThreads *threads);
/* Appends "(2)(3 6 (4 23)(44 7 96))" until out holds `high` bytes; TRUE: that was all. */
gboolean imap_threads_write(ImapThreads *threads, Buffer *out, gsize high);

#endif
