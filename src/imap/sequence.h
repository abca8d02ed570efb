/* Sequence: sets of message numbers or UIDs (RFC 9051 4.1.1 and "sequence-set"), as they come from
 * a client: "2,4:7,9,12:*" or "$". A set belongs to one command. */
#ifndef CV_IMAP_SEQUENCE_H
#define CV_IMAP_SEQUENCE_H

#include "imap/parser.h"

typedef struct {
    guint32 low, high; /* inclusive */
} ImapRange;

typedef struct {
    GArray *ranges; /* ImapRange; before imap_set_resolve 0 stands for '*' */
    gboolean saved; /* "$": the saved search result instead */
} ImapSet;

void imap_set_clear(ImapSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapSet, imap_set_clear)
/* set must be zeroed. */
gboolean imap_take_set(ImapParser *parser, ImapSet *set);
/* Gives '*' the value `largest`, orders each range, sorts and joins them. */
void imap_set_resolve(ImapSet *set, guint32 largest);
/* Resolves with `most` as the largest and leaves out what is above it; may become empty. */
void imap_set_bound(ImapSet *set, guint32 most);
/* After resolving: the highest number, 0 for an empty set. */
guint32 imap_set_highest(const ImapSet *set);
gboolean imap_set_contains(const ImapSet *set, guint32 number);

#endif
