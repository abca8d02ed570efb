/* Notice: stops of the service, announced in time, and what everybody is told of them
 * [Điều 10.2.b], rows R056 and R057.
 *
 * A stop keeps the regulation: the whole of it on a Saturday and Sunday that are rest days, and at
 * least two working days between the notice and its beginning. What could not wait is an emergency:
 * it needs a reason of its own, is not judged by the calendar and is recorded as what it is. Every
 * act is one transaction with its audit record.
 *
 * Everybody is told twice by mail: of the stop, and of its end. Whether they have been is part of
 * the record, so that what was cut short goes on later. Who sends is serve/stops.h. */
#ifndef CV_CASEWORK_NOTICE_H
#define CV_CASEWORK_NOTICE_H

#include "audit/audit.h"
#include "base/buffer.h"
#include "casework/letter.h"
#include "directory/directory.h"

typedef enum {
    NOTICE_ANNOUNCED,
    NOTICE_CANCELLED,
    NOTICE_DONE,
    NOTICE_STATES,
} NoticeState;
/* "announced"; "đã thông báo". */
const char *notice_state_name(NoticeState state);
const char *notice_state_text(NoticeState state);

typedef struct {
    gint64 id;
    gint64 from, until; /* Unix microseconds */
    char *reason;
    char *emergency; /* why it could not be announced in time; "": it was */
    NoticeState state;
    gint64 made;
    char *made_by;
    gint64 ended; /* cancelled or done; 0: neither */
    char *ended_by, *ended_why;
    gint64 told, told_end;     /* since when everybody has the mail; 0: still to be sent */
    gint64 delivered, refused; /* mailboxes that took the first mail, that did not */
} Notice;
void notice_free(Notice *notice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notice, notice_free)

typedef struct {
    gint64 from, until;
    const char *reason;
    const char *emergency; /* NULL: none */
} NewNotice;
/* REFUSED with the article and the earliest day that would do, INPUT, EXISTS (it overlaps one). */
Notice *notice_schedule(Directory *directory, const Regulation *regulation, const NewNotice *new,
                        const AuditAct *act, GError **error);
/* Before it begins; the reason is told to everybody. NOT_FOUND, REFUSED, INPUT. */
gboolean notice_cancel(Directory *directory, gint64 id, const char *reason, const AuditAct *act,
                       GError **error);
/* The service runs again. NOT_FOUND, REFUSED (it has not begun, or is over). */
gboolean notice_done(Directory *directory, gint64 id, const AuditAct *act, GError **error);

Notice *notice_find(Directory *directory, gint64 id, GError **error);
typedef enum {
    NOTICE_ALL,
    NOTICE_OPEN,   /* neither cancelled nor done */
    NOTICE_UNTOLD, /* of which a mail is still to be sent */
} NoticeFilter;
/* The newest first (UNTOLD: the oldest first); free with the array. */
GPtrArray *notice_list(Directory *directory, NoticeFilter filter, GError **error); /* Notice * */

/* Everybody has the mail that announces it, or (end) the one that tells its end. */
gboolean notice_told(Directory *directory, gint64 id, gboolean end, gint64 delivered,
                     gint64 refused, GError **error);

/* ---- What is told ---- */

/* Of the mail, without line ends; g_free. */
char *notice_subject(const Notice *notice, gboolean end);
/* Paragraphs with CRLF, in Vietnamese. */
void notice_write(const Regulation *regulation, const Notice *notice, gboolean end, Buffer *out);
/* One line for clients, while it runs or begins within a day; g_free. ascii: without diacritics,
 * and what has no Latin letters as "?". */
char *notice_line(const Notice *notice, gboolean ascii);
enum { NOTICE_LINE_HOURS = 24 };
/* "TB-3": how a notice is called on paper and in the audit trail; g_free. */
char *notice_name(gint64 id);
/* The document (letter.h), ready to be numbered and signed. */
GBytes *notice_document(const Regulation *regulation, const Notice *notice, const LetterHead *head,
                        const LetterSigner *signer, GError **error);

#endif
