/* Filter: which e-mails a query is about (RFC 8621 4.4.1), as a program that is judged against a
 * row of the listing, and, where that and the index leave a doubt, against the message. */
#ifndef CV_JMAP_FILTER_H
#define CV_JMAP_FILTER_H

#include "jmap/listing.h"

typedef enum { JMAP_NO, JMAP_YES, JMAP_PERHAPS } JmapTri;

typedef struct JmapFilter JmapFilter;
/* NULL with *type: "invalidArguments" or "unsupportedFilter". filter NULL: everything. */
JmapFilter *jmap_filter_new(const JmapService *service, const JmapAccount *account, json_t *filter,
                            const char **type);
void jmap_filter_free(JmapFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JmapFilter, jmap_filter_free)

/* Of this mailbox: is nothing met, everything, or does it depend on the e-mail? */
JmapTri jmap_filter_wants(const JmapFilter *filter, gint64 mailbox);
/* Gathers what is asked of whole conversations; before the first row is judged. */
void jmap_filter_threads(JmapFilter *filter, const JmapListing *listing);
/* Asks the index about a mailbox, until the monotonic time; FALSE: not done yet. Before its rows
 * are judged. */
gboolean jmap_filter_ask(JmapFilter *filter, SearchIndex *index, const JmapBoxRows *box,
                         gint64 until);

typedef struct {
    Store *store;
    DbConn *conn;
    gint64 mailbox;
    const StoreEmail *email;
    const StoreMessage *message; /* with its meta: judge with everything; NULL: no */
    Buffer bytes;                /* scratch */
    gboolean failed;             /* it could not be read */
} JmapCandidate;
JmapTri jmap_filter_judge(const JmapFilter *filter, JmapCandidate *candidate);

/* Does it look at more than the one e-mail: at its conversation? */
gboolean jmap_filter_is_wide(const JmapFilter *filter);

/* The words that are looked for in subject and body: what snippets mark. Freed with the filter. */
const GPtrArray *jmap_filter_words(const JmapFilter *filter);
/* Bits of a keyword of this account; 0: nobody has it. */
StoreFlags jmap_keyword_bits(const JmapAccount *account, const char *keyword);

#endif
