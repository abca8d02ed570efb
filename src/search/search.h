/* Search: a full-text index over the mailboxes, in a file of its own, which can be thrown away.
 *
 * It answers what message/search.h answers by reading: does a text contain a string, without case,
 * without marks unless they are typed. For each mailbox it covers every message up to a UID; the
 * caller reads the messages behind it itself, so a message is found from the moment it is visible.
 * Of the messages that it covers it says which certainly match and which have to be read; all
 * others do not match. docs/decisions/0006-search.md has the reasons.
 *
 * Nothing is lost with the file: damaged, foreign or missing it is made anew, a mailbox whose part
 * contradicts itself is dropped, and the caller reads until it is built again. What was committed
 * in a mailbox is known by its UIDVALIDITY.
 *
 * The index knows nothing of messages: texts are handed to it (SearchBatch), with the kinds of
 * message/texts.h under the same numbers. Any thread; a batch, a query's run by one at a time. */
#ifndef CV_SEARCH_SEARCH_H
#define CV_SEARCH_SEARCH_H

#include "base/bytes.h"
#include "base/error.h"

typedef struct SearchIndex SearchIndex;

/* Opens the file at `path`, or makes it. A file that cannot be used is removed and made anew.
 * NULL: STORAGE, or INPUT where the directory is not one for databases. */
SearchIndex *search_open(const char *path, GError **error);
void search_close(SearchIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SearchIndex, search_close)
/* Throws everything away, while others search (they get nothing). FALSE: the file cannot be made;
 * then the index stays empty until it succeeds. */
gboolean search_reset(SearchIndex *index, GError **error);

/* Who is told (NULL: nobody) when something was lost that has to be indexed again: the whole or a
 * mailbox. Any thread; must be short. */
void search_listen(SearchIndex *index, void (*lost)(gpointer data), gpointer data);

/* ---- State ---- */

typedef struct {
    guint32 uidvalidity; /* 0: the mailbox is not in the index */
    guint32 upto;        /* every message up to this UID is covered */
    gint64 messages;     /* that were put in; some may be expunged since */
} SearchBox;
gboolean search_box(SearchIndex *index, gint64 mailbox, SearchBox *out, GError **error);
/* Forgets a mailbox: deleted, restored or in contradiction. */
gboolean search_drop(SearchIndex *index, gint64 mailbox, GError **error);
/* Mailboxes in the index, in order of their number. */
gboolean search_box_each(SearchIndex *index,
                         void (*each)(gint64 mailbox, const SearchBox *box, gpointer data),
                         gpointer data, GError **error);
typedef struct {
    gint64 mailboxes, messages, segments;
    gint64 bytes; /* of the file */
} SearchStatus;
gboolean search_status(SearchIndex *index, SearchStatus *out, GError **error);
/* Reads everything back, for doctor: finding for each contradiction. */
gboolean search_verify(SearchIndex *index, void (*finding)(const char *text, gpointer data),
                       gpointer data, GError **error);

/* ---- Putting in ---- */

typedef enum { /* as MessageTextKind */
               SEARCH_SUBJECT,
               SEARCH_FROM,
               SEARCH_TO,
               SEARCH_CC,
               SEARCH_BCC,
               SEARCH_FIELD,
               SEARCH_PART,
               SEARCH_BODY,
               SEARCH_TEXTS, /* the kinds up to here make up TEXT */
               /* Addresses of the message's own fields, as mailbox@host: FROM and its like only. */
               SEARCH_FROM_ADDRESS = SEARCH_TEXTS,
               SEARCH_TO_ADDRESS,
               SEARCH_CC_ADDRESS,
               SEARCH_BCC_ADDRESS,
               SEARCH_ALL,
} SearchKind;

/* Of one message; what is beyond is not taken up and the message is read at each search. */
#define SEARCH_MESSAGE_PLACES 1000000
#define SEARCH_MESSAGE_TERMS  30000

typedef struct SearchBatch SearchBatch;
SearchBatch *search_batch_new(SearchIndex *index, gint64 mailbox, guint32 uidvalidity);
void search_batch_free(SearchBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SearchBatch, search_batch_free)
/* UIDs must rise, above what the mailbox's box says. */
void search_batch_message(SearchBatch *batch, guint32 uid);
/* A piece of a text of the message; name: of the header field, or empty. */
void search_batch_text(SearchBatch *batch, SearchKind kind, Bytes name, Bytes utf8, gboolean last);
/* whole FALSE: it could not be read to its end, and is read at each search. */
void search_batch_end(SearchBatch *batch, gboolean whole);
guint search_batch_count(const SearchBatch *batch);
/* It has grown enough: commit it and begin another. */
gboolean search_batch_is_full(const SearchBatch *batch);
/* Puts the batch into the index: every message up to `upto` is covered now. FALSE also when the
 * mailbox went on meanwhile (EXISTS). The batch is spent. */
gboolean search_batch_commit(SearchBatch *batch, guint32 upto, GError **error);
/* Joins small pieces of the mailbox that lie side by side, leaving out what is not there any more
 * (alive NULL: all is). *more: there is more to join. */
gboolean search_merge(SearchIndex *index, gint64 mailbox,
                      gboolean (*alive)(guint32 uid, gpointer data), gpointer data, gboolean *more,
                      GError **error);

/* ---- Asking ---- */

typedef struct SearchQuery SearchQuery;
/* header: a field of the message's own header contains the text (an empty one: it is there).
 * NULL: BODY, or with `everything` TEXT, in RFC 9051's sense (6.4.4). */
SearchQuery *search_query_new(const char *header, gboolean everything, Bytes text);
void search_query_free(SearchQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SearchQuery, search_query_free)
/* FALSE: the index cannot help with this text. */
gboolean search_query_is_useful(const SearchQuery *query);

/* The query put to one mailbox, piece by piece, so that a worker may do other things in between. */
typedef struct {
    guint32 upto;    /* covered; 0: nothing is */
    GArray *yes;     /* guint32, rising: UIDs that match */
    GArray *perhaps; /* guint32, rising: UIDs that have to be read; none of `yes` */
} SearchAnswer;
typedef struct SearchRun SearchRun;
SearchRun *search_run_new(SearchIndex *index, const SearchQuery *query, gint64 mailbox,
                          guint32 uidvalidity);
void search_run_free(SearchRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SearchRun, search_run_free)
/* Works until the monotonic time `until`; TRUE when the answer is complete. Never fails: what
 * cannot be read is not covered. */
gboolean search_run_step(SearchRun *run, gint64 until);
const SearchAnswer *search_run_answer(const SearchRun *run);

#endif
